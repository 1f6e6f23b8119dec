"""Running blocks of steps: samples in chunks of one shape, side by side on the cores, results checked."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from opentraction.chart import NotConverged
from opentraction.mechanics.chain.elimination import carried_down
from opentraction.mechanics.chain.equilibrium import (
    ITERATIONS,
    TOLERANCE,
    joint_pose,
    settle,
    slow_share,
)
from opentraction.mechanics.chain.model import Chain, State, Trace
from opentraction.mechanics.chain.motion import absolute, carried, rotation_vector, spread
from opentraction.mechanics.chain.outside import Load, follower_gradient, on_bodies
from opentraction.mechanics.fluid import mean_swelling
from opentraction.mechanics.kept import kept
from opentraction.mechanics.segment.algebra import Entry
from opentraction.mechanics.segment.facets import facet_state
from opentraction.mechanics.segment.matrices import times
from opentraction.mechanics.segment.segment import Pose, centre_height
from opentraction.mechanics.segment.strands import ligament_state

CHUNK = 32
"""Samples of one compiled block; more samples are several chunks."""

_Tree = TypeVar("_Tree")


def step(chain: Chain, before: State, load: Load) -> tuple[State, Trace]:
    """One implicit Euler step; one of length 0 balances the forces and moves no fluid."""
    end = settle(chain, before, load)
    pose = joint_pose(end.place, chain.mirror)
    share = slow_share(chain.segments, load)
    height = centre_height(pose, chain.segments.height_mm)
    state = State(
        place=end.place,
        slow_mm=share * before.slow_mm + (1.0 - share) * height,
        hessian=end.hessian,
        age=end.age,
        residual=jnp.maximum(before.residual, end.residual),
        iterations=before.iterations + end.iterations,
    )
    trace = Trace(
        rotation_rad=rotation_vector(end.place.turn),
        shift_mm=end.place.shift_mm,
        modes_mm=end.place.modes_mm,
        pressure_mpa=end.place.pressure_mpa,
        nucleus=mean_swelling(end.place.nucleus),
        annulus=mean_swelling(end.place.annulus),
        nucleus_cells=end.place.nucleus,
        wrench=wrench(chain, state, pose, load),
        ligaments=ligament_state(chain.segments.strands, pose.rows, pose.u),
        facets=facet_state(chain.segments.facets, pose.rows, pose.u),
        iterations=end.iterations,
        residual=end.residual,
    )
    return state, trace


def wrench(chain: Chain, state: State, pose: Pose, load: Load) -> Float[Array, "6 j s"]:
    """Force [N] and moment [N mm] that each joint's tissues bear, from the free body above; see `Trace`."""
    place, mirror = state.place, chain.mirror
    turns, _ = absolute(chain.seat_turn, chain.seat_mm, place.turn, place.shift_mm)
    outside, _ = on_bodies(chain.points_mm, chain.support_nmm, turns, load, mirror)
    carrier = times(
        carried(place.turn, place.shift_mm, mirror), carried(chain.seat_turn, chain.seat_mm, mirror)
    )
    borne = carried_down(outside, carrier)
    along = follower_gradient(pose.rows, pose.u, chain.segments.core, load.follower_n, mirror)
    total = jnp.stack([_plain(a, b) for a, b in zip(borne, along, strict=True)])
    return jnp.concatenate(spread(-total, mirror))


def _plain(outside: Array, along: Entry) -> Array:
    return outside if along is None else outside + along


@kept
def advance(chain: Chain, state: State, load: Load) -> tuple[State, Trace]:
    """March one block of steps; compiled once for each length of the block and number of samples."""
    return jax.lax.scan(lambda before, now: step(chain, before, now), state, load)


def march(
    chain: Chain, state: State, loads: Sequence[Load], *, what: str, strict: bool = True
) -> tuple[State, Trace]:
    """Advance all samples through the blocks. Returns the end state and the trace as numpy arrays.

    Every chunk has the same shape (the last one is filled up with its last sample), so there is one
    compilation for blocks of one length, and a sample's numbers do not depend on who else is computed. Raises
    NotConverged, naming `what`, the samples and their loads; not `strict`: never, see `missing`.
    """
    samples = state.age.shape[-1]
    starts = range(0, samples, CHUNK)

    def one(start: int) -> tuple[State, Trace]:
        pick = np.minimum(np.arange(start, start + CHUNK), samples - 1)
        part, here, traces = _picked(chain, pick), _picked(state, pick), []
        for load in loads:
            here, trace = advance(part, here, _picked(load, pick))
            traces.append(trace)
        keep = min(CHUNK, samples - start)
        joined = jax.tree.map(
            lambda *blocks: np.concatenate([np.asarray(b) for b in blocks])[..., :keep], *traces
        )
        return jax.tree.map(lambda leaf: np.asarray(leaf)[..., :keep], here), joined

    with ThreadPoolExecutor(max_workers=min(len(starts), os.cpu_count() or 1)) as pool:
        parts = list(pool.map(one, starts))
    end = jax.tree.map(lambda *leaves: np.concatenate(leaves, axis=-1), *[part[0] for part in parts])
    trace = jax.tree.map(lambda *leaves: np.concatenate(leaves, axis=-1), *[part[1] for part in parts])
    if strict:
        _check(trace, loads, what)
    return end, trace


def missing(trace: Trace) -> Bool[np.ndarray, "s"]:
    """Samples that did not reach their balance in some step: their numbers mean nothing."""
    return np.asarray(~(np.asarray(trace.residual) <= TOLERANCE).all(axis=0))


def _picked(tree: _Tree, pick: np.ndarray) -> _Tree:
    return jax.tree.map(lambda leaf: jnp.asarray(np.asarray(leaf)[..., pick]), tree)  # type: ignore[no-any-return]


def _check(trace: Trace, loads: Sequence[Load], what: str) -> None:
    missed = ~(np.asarray(trace.residual) <= TOLERANCE)
    if not missed.any():
        return
    samples = np.flatnonzero(missed.any(axis=0))
    sample = int(samples[0])
    at = int(np.argmax(missed[:, sample]))
    load = jax.tree.map(lambda *blocks: np.concatenate(blocks)[at, ..., sample], *loads)
    force, moment = load.force_n.sum(axis=(0, 2)), load.moment_nmm.sum(axis=1)
    raise NotConverged(
        f"Expected a balance within {TOLERANCE:g} of the forces in {ITERATIONS} iterations in {what}, but "
        f"{samples.size} of {missed.shape[1]} samples did not reach it (sample {sample} at step {at}: "
        f"{float(np.asarray(trace.residual)[at, sample]):.3g}, under a step of {float(load.dt_s):g} s, "
        f"follower load up to {float(load.follower_n.max()):.4g} N, forces {np.round(force, 2).tolist()} N, "
        f"moments {np.round(moment, 1).tolist()} N mm). Check the discs' heights, load in smaller steps, "
        "or pull less."
    )
