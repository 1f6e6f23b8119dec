"""What a patient's history and session put on the chain, step by step."""

from __future__ import annotations

import jax
import numpy as np
from numpy.typing import NDArray

from opentraction.mechanics.arrays import unchecked
from opentraction.mechanics.chain.outside import Load
from opentraction.mechanics.loading import BLOCK, Kind, Layout, Stance, history_durations_s, history_layout
from opentraction.mechanics.loading.grid import refined
from opentraction.mechanics.loading.posture import PostureLoad, Trunk, posture_load

Numbers = NDArray[np.float64]
LYING_BEFORE_SCAN_S = 20 * 60.0
"""Positioning, localisers and the sequence before: assumed."""
JOINTS = 5
CHANGE_STEPS = 4
"""Steps over which a change of posture is spread: the first, short ones of the new posture."""


def tilted(top: Numbers, turn_rad: object) -> Numbers:
    """(3, sample) rotation vector that a posture asks of L1, which the scan found at `top`.

    `turn_rad`: extension positive.
    """
    axis = 0.5 * np.stack([top[2, 1] - top[1, 2], top[0, 2] - top[2, 0], top[1, 0] - top[0, 1]])
    sine, cosine = np.sqrt((axis * axis).sum(0)), 0.5 * (top[0, 0] + top[1, 1] + top[2, 2] - 1.0)
    # below this sine the angle is the sine to the last bit
    small = sine < 1e-9
    vector = axis * np.where(small, 1.0, np.arctan2(sine, cosine) / np.where(small, 1.0, sine))
    vector[1] -= np.asarray(turn_rad)
    return np.asarray(vector)


def steady(
    dt_s: Numbers,
    follower_n: Numbers,
    tilt_rad: Numbers,
    force_n: Numbers | None = None,
    hold: Numbers | None = None,
    body: int = 0,
) -> Load:
    """A load over steps (first axis), with a force (t, 3, s) at the chain's point of a `body`, or none.

    `body`: L1 is 0; `hold`: how firmly the thorax is held, as lying when not said.
    """
    steps, samples = dt_s.shape
    force = np.zeros((steps, 1, 3, JOINTS, samples))
    if force_n is not None:
        force[:, 0, :, body] = force_n
    return unchecked(
        Load,
        dt_s=dt_s,
        follower_n=follower_n,
        force_n=force,
        moment_nmm=np.zeros((steps, 3, JOINTS, samples)),
        tilt_rad=tilt_rad,
        hold=np.ones(dt_s.shape) if hold is None else hold,
    )


def blocks(load: Load) -> list[Load]:
    """Cut into blocks of one length; the last is filled up with steps of no length."""
    load = jax.tree.map(np.asarray, load)
    steps = len(load.dt_s)
    lacking = -steps % BLOCK
    if lacking:
        load = jax.tree.map(lambda x: np.concatenate([x, np.repeat(x[-1:], lacking, 0)]), load)
        np.asarray(load.dt_s)[steps:] = 0.0
    return [jax.tree.map(lambda x, k=k: x[k : k + BLOCK], load) for k in range(0, steps + lacking, BLOCK)]


def history(
    body: Trunk,
    top: Numbers,
    hours_up: Numbers,
    *,
    lying_s: float,
    last: PostureLoad | None = None,
    parts: int = 1,
    filling: int = 2,
) -> list[Load]:
    """Night, a day up and about, night, the hours up, lying `lying_s`; `last`: how the patient lies then.

    `filling`: how many blocks of steps it fills; `parts`: into how many each step is cut, to see what the
    steps cost in accuracy.
    """
    layout = refined(history_layout(blocks=filling), parts)
    lying, up = posture_load(body, Stance.SUPINE), posture_load(body, Stance.ABOUT)
    at_last = lying if last is None else last
    kinds = {Kind.NIGHT: lying, Kind.DAY: up, Kind.LYING: at_last}
    follower = _over(layout, {kind: np.asarray(load.compression_n) for kind, load in kinds.items()}, parts)
    tilt = _over(layout, {kind: tilted(top, load.turn_rad) for kind, load in kinds.items()}, parts)
    dt = np.asarray(layout.dt_s(history_durations_s(hours_up, lying_s=lying_s)))
    hold = _over(layout, {kind: np.full(dt.shape[1], load.hold) for kind, load in kinds.items()}, parts)
    return blocks(steady(dt, follower, tilt, hold=hold))


def _over(layout: Layout, values: dict[Kind, Numbers], parts: int) -> Numbers:
    """A value for each kind of piece over the steps; a change of posture is spread over its first ones."""
    before = values[layout.pieces[0].kind]
    out = []
    for piece in layout.pieces:
        after = values[piece.kind]
        for step in range(piece.steps):
            share = min(1.0, (step + 1) / (CHANGE_STEPS * parts))
            out.append((1.0 - share) * before + share * after)
        before = after
    return np.stack(out)
