"""Running blocks of steps: samples in chunks of one shape, side by side on the cores, results checked."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import jax
import jax.numpy as jnp
import numpy as np

from opentraction.chart import NotConverged
from opentraction.mechanics.column import (
    CHUNK,
    FLUID_TOLERANCE,
    FORCE_TOLERANCE_N,
    Column,
    Load,
    State,
    Trace,
    advance,
)

_Tree = TypeVar("_Tree")


def march(column: Column, state: State, loads: Sequence[Load], *, what: str) -> tuple[State, Trace]:
    """Advance all samples through the blocks. Returns the end state and the trace as numpy arrays.

    Every chunk has the same shape (the last one is filled up with its last sample), so there is one
    compilation and a sample's numbers do not depend on who else is computed. Raises NotConverged, naming
    the samples and `what`.
    """
    samples = column.axis_rad.shape[-1]
    starts = range(0, samples, CHUNK)

    def one(start: int) -> tuple[State, Trace]:
        pick = np.minimum(np.arange(start, start + CHUNK), samples - 1)
        part, here, traces = _pick(column, pick), _pick(state, pick), []
        for load in loads:
            here, trace = advance(part, here, _pick(load, pick))
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
    _check(end, what)
    return end, trace


def _pick(tree: _Tree, pick: np.ndarray) -> _Tree:
    return jax.tree.map(lambda leaf: jnp.asarray(np.asarray(leaf)[..., pick]), tree)  # type: ignore[no-any-return]


def _check(end: State, what: str) -> None:
    bad = ~(
        (np.asarray(end.residual_n) < FORCE_TOLERANCE_N) & (np.asarray(end.residual_fluid) < FLUID_TOLERANCE)
    )
    if bad.any():
        first = int(np.argmax(bad))
        raise NotConverged(
            f"Expected a balance within {FORCE_TOLERANCE_N:g} N in {what}, but {int(bad.sum())} of "
            f"{bad.size} samples did not reach it (sample {first}: {float(end.residual_n[first]):.3g} N, "
            f"fluid {float(end.residual_fluid[first]):.3g}). Check the discs' heights, or pull less."
        )
