"""What a patient's history and session put on the chain, step by step."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from opentraction.mechanics.chain.motion import rotation_vector
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
    vector = np.asarray(rotation_vector(jnp.asarray(top))).copy()
    vector[1] -= np.asarray(turn_rad)
    return vector


def steady(dt_s: Numbers, follower_n: Numbers, tilt_rad: Numbers, force_n: Numbers | None = None) -> Load:
    """A load over steps (first axis), with a force (t, 3, s) on L1 at the chain's point, or none."""
    steps, samples = dt_s.shape
    force = np.zeros((steps, 1, 3, JOINTS, samples))
    if force_n is not None:
        force[:, 0, :, 0] = force_n
    return Load(
        dt_s=jnp.asarray(dt_s),
        follower_n=jnp.asarray(follower_n),
        force_n=jnp.asarray(force),
        moment_nmm=jnp.zeros((steps, 3, JOINTS, samples)),
        tilt_rad=jnp.asarray(tilt_rad),
    )


def blocks(load: Load) -> list[Load]:
    """Cut into blocks of one length; the last is filled up with steps of no length."""
    steps = load.dt_s.shape[0]
    lacking = -steps % BLOCK
    if lacking:
        load = jax.tree.map(lambda x: jnp.concatenate([x, jnp.repeat(x[-1:], lacking, 0)]), load)
        load = Load(
            **{**_fields(load), "dt_s": load.dt_s.at[steps:].set(0.0)},
        )
    return [jax.tree.map(lambda x, k=k: x[k : k + BLOCK], load) for k in range(0, steps + lacking, BLOCK)]


def _fields(load: Load) -> dict[str, jax.Array]:
    return {name: getattr(load, name) for name in load.__dataclass_fields__}


def history(
    body: Trunk,
    top: Numbers,
    hours_up: Numbers,
    *,
    lying_s: float,
    last: PostureLoad | None = None,
    parts: int = 1,
) -> list[Load]:
    """Night, day upright, night, the hours up, lying `lying_s`; `last`: how the patient lies then.

    `parts`: into how many each step is cut, to see what the steps cost in accuracy.
    """
    return history_of(body, hours_up, lying_s=lying_s, last=last, parts=parts)(top)


def history_of(
    body: Trunk, hours_up: Numbers, *, lying_s: float, last: PostureLoad | None = None, parts: int = 1
) -> Callable[[Numbers], list[Load]]:
    """As `history`, for any axes of L1 as imaged: what does not depend on them is worked out once."""
    layout = refined(history_layout(blocks=2), parts)
    lying, up = posture_load(body, Stance.SUPINE), posture_load(body, Stance.STANDING)
    at_last = lying if last is None else last
    kinds = {Kind.NIGHT: lying, Kind.DAY: up, Kind.LYING: at_last}
    follower = _over(layout, {kind: np.asarray(load.compression_n) for kind, load in kinds.items()}, parts)
    dt = np.asarray(layout.dt_s(history_durations_s(jnp.asarray(hours_up), lying_s=lying_s)))

    def of(top: Numbers) -> list[Load]:
        tilt = _over(layout, {kind: tilted(top, load.turn_rad) for kind, load in kinds.items()}, parts)
        return blocks(steady(dt, follower, tilt))

    return of


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


def sequence(pieces: Sequence[Load]) -> Load:
    """Loads one after another."""
    return jax.tree.map(lambda *parts: jnp.concatenate(parts), *pieces)
