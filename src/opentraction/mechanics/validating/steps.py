"""What the column's steps in time and cells cost in accuracy, against the same column on finer ones."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from opentraction.chart import TractionProfile
from opentraction.mechanics.chain.march import march
from opentraction.mechanics.chain.model import start_state
from opentraction.mechanics.fluid import CELLS
from opentraction.mechanics.loading import (
    Kind,
    Layout,
    posture_load,
    session_layout,
    session_values,
    setup_stance,
)
from opentraction.mechanics.loading.grid import LYING_BEFORE_SESSION_S, refined
from opentraction.mechanics.outputs.response import Response
from opentraction.mechanics.outputs.session import Rested, simulate_pull
from opentraction.mechanics.patient.loads import history
from opentraction.mechanics.patient.model import SpineModel

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Accuracy:
    """A history and a session on one grid; errors in % of the finest, the largest of all samples."""

    parts: int
    """Steps of the model cut into so many."""
    cells: int
    """Of each fluid path."""
    steps: int
    """Of history and session."""
    seconds: float
    """Processor time of history and session."""
    gain: float
    """Of the height gained at the end of the last hold."""
    creep: float
    """Of the height gained between the ends of the first and the last hold; nan where there is one hold."""
    after: float
    """Of the height left at the end of the lying after the session, against the gain."""


def accuracies(
    model: SpineModel,
    profile: TractionProfile,
    *,
    grids: Sequence[tuple[int, int]] = ((1, CELLS), (2, CELLS), (4, CELLS)),
    finest: tuple[int, int] = (16, CELLS),
    after_s: float = 3600.0,
) -> tuple[Accuracy, ...]:
    """Errors of `grids`, pairs of parts and cells, against the finest grid.

    Height is the sum of the five discs'. A grid with another number of cells is compiled anew.
    """
    exact = _run(model, profile, *finest, after_s)
    return tuple(_compared(_run(model, profile, *grid, after_s), exact, grid) for grid in grids)


@dataclass(frozen=True)
class _Run:
    gain: Numbers
    creep: Numbers
    after: Numbers
    steps: int
    seconds: float


def _run(model: SpineModel, profile: TractionProfile, parts: int, cells: int, after_s: float) -> _Run:
    begun = time.process_time()
    lying = posture_load(model.trunk, setup_stance(model.setup), hip_flexion_deg=model.setup.hip_flexion_deg)
    loads = history(
        model.trunk,
        model.top,
        model.found["hours_up"],
        lying_s=LYING_BEFORE_SESSION_S,
        last=lying,
        parts=parts,
    )
    state, trace = march(model.chain, start_state(model.chain, cells=cells), loads, what="a history")
    rested = Rested(state, np.asarray(trace.pressure_mpa[-1]))
    plain = session_layout(profile, after=after_s > 0)
    layout = refined(plain, parts)
    durations, forces = session_values(profile, after_s=after_s)
    response = simulate_pull(
        model,
        np.asarray(layout.time_s(durations)),
        np.asarray(layout.pull_n(forces)),
        angle_deg=profile.angle_deg,
        session_s=profile.duration_s,
        rested=rested,
    )
    spent = time.process_time() - begun
    return replace(_read(response, layout), steps=trace.pressure_mpa.shape[0] + layout.steps, seconds=spent)


def _read(response: Response, layout: Layout) -> _Run:
    height = np.asarray(response.height_mid_mm).sum(axis=0)
    ends = np.cumsum([piece.steps for piece in layout.pieces]) - 1
    holds = [end for end, piece in zip(ends, layout.pieces, strict=True) if piece.kind is Kind.HOLD]
    return _Run(
        gain=height[holds[-1]] - height[0],
        creep=height[holds[-1]] - height[holds[0]],
        after=height[ends[-1]] - height[0],
        steps=0,
        seconds=0.0,
    )


def _compared(run: _Run, exact: _Run, grid: tuple[int, int]) -> Accuracy:
    def worst(found: Numbers, wanted: Numbers, size: Numbers) -> float:
        return float(100.0 * np.abs((found - wanted) / size).max()) if np.all(size != 0) else float("nan")

    return Accuracy(
        parts=grid[0],
        cells=grid[1],
        steps=run.steps,
        seconds=run.seconds,
        gain=worst(run.gain, exact.gain, exact.gain),
        creep=worst(run.creep, exact.creep, exact.creep),
        after=worst(run.after, exact.after, exact.gain),
    )
