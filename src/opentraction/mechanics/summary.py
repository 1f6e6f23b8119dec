"""From arrays to the chart: `summarise` a Response into a Prediction, `replay` a Session into a Dose."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from opentraction.chart import (
    BadInput,
    Band,
    Dose,
    LevelDose,
    LevelPrediction,
    Prediction,
    RecordKind,
    Session,
)
from opentraction.mechanics.column import BLOCK
from opentraction.mechanics.history import Rested
from opentraction.mechanics.load import Grid
from opentraction.mechanics.model import MODEL_NAME, SpineModel
from opentraction.mechanics.response import Response, simulate_grid

_NUMBERS = NDArray[np.float64]

THRESHOLDS_MPA = (-0.05, -0.02, 0.0, 0.02, 0.05, 0.1)
"""Pressures of the decompression-time histogram [MPa]."""
_QUANTILES = (0.05, 0.5, 0.95)
_REPLAY_STEPS = 256
_REPLAY_TOLERANCE_N = 1.0


def summarise(
    response: Response, *, thresholds_mpa: tuple[float, ...] = THRESHOLDS_MPA, seed: int | None = None
) -> Prediction:
    """Quantiles of an ensemble over the session: bands, histogram, dose, pressure against pull.

    The lying after the session, if the Response holds it, is left out.
    """
    keep = response.time_s <= response.session_s + 1e-9
    time, pull = response.time_s[keep], response.pull_n[keep]
    levels = []
    for index, level in enumerate(response.levels):
        pressure = response.pressure_mpa[index][keep]
        front, back = response.height_front_mm[index][keep], response.height_back_mm[index][keep]
        resting = response.rest_pressure_mpa[index]
        levels.append(
            LevelPrediction(
                level=level,
                pressure_mpa=_band(pressure),
                height_front_gain_mm=_band(front - front[0]),
                height_back_gain_mm=_band(back - back[0]),
                net_pull_n=_band(response.axial_force_n[index][keep]),
                seconds_below=_band(seconds_below(time, pressure, thresholds_mpa)),
                unloading_dose_mpa_s=_three(unloading_dose(time, pressure, resting)),
                pressure_by_force_mpa=_by_force(pull, pressure, resting),
                targetable=level in response.targetable,
            )
        )
    return Prediction(
        time_s=tuple(map(float, time)),
        pull_n=tuple(map(float, pull)),
        thresholds_mpa=thresholds_mpa,
        levels=tuple(levels),
        samples=response.samples,
        seed=response.seed if seed is None else seed,
        model=MODEL_NAME,
    )


def seconds_below(time_s: _NUMBERS, pressure_mpa: _NUMBERS, thresholds_mpa: tuple[float, ...]) -> _NUMBERS:
    """(threshold, sample): seconds that the pressure, linear between times, stands below each threshold."""
    low = np.minimum(pressure_mpa[:-1], pressure_mpa[1:])
    high = np.maximum(pressure_mpa[:-1], pressure_mpa[1:])
    length = np.diff(time_s)[:, None]
    rows = []
    for threshold in thresholds_mpa:
        span = np.where(high > low, high - low, 1.0)
        share = np.where(high > low, np.clip((threshold - low) / span, 0.0, 1.0), low < threshold)
        rows.append((share * length).sum(axis=0))
    return np.stack(rows)


def unloading_dose(time_s: _NUMBERS, pressure_mpa: _NUMBERS, resting_mpa: _NUMBERS) -> _NUMBERS:
    """(sample): integral of (pressure lying at rest - pressure) [MPa s]."""
    return np.asarray(np.trapezoid(resting_mpa - pressure_mpa, time_s, axis=0))


def _band(values: _NUMBERS) -> Band:
    low, mid, high = np.quantile(values, _QUANTILES, axis=-1)
    return Band(p05=tuple(low.tolist()), p50=tuple(mid.tolist()), p95=tuple(high.tolist()))


def _three(values: _NUMBERS) -> tuple[float, float, float]:
    low, mid, high = np.quantile(values, _QUANTILES)
    return float(low), float(mid), float(high)


def _by_force(
    pull: _NUMBERS, pressure: _NUMBERS, resting: _NUMBERS
) -> tuple[tuple[float, float, float, float], ...]:
    """Pressure quantiles each time the pull reaches a new height, from rest upwards."""
    rows, highest = [(0.0, *_three(resting))], 0.0
    for force, values in zip(pull, pressure, strict=True):
        if force > highest + 1.0:
            highest = float(force)
            rows.append((highest, *_three(values)))
    return tuple(rows)


def replay(
    model: SpineModel, session: Session, *, angle_deg: float | int = 0.0, rested: Rested | None = None
) -> Dose:
    """Delivered dose per level, from the pull that was measured (typed-in sessions: reported).

    Raises BadInput when the session holds fewer than two samples, NotConverged when there is no balance.
    """
    time, pull = _delivered(session)
    grid = _thinned(time, pull)
    response = simulate_grid(model, grid, angle_deg, session_s=float(grid.time_s[-1]), rested=rested)
    levels = []
    for index, level in enumerate(response.levels):
        pressure, resting = response.pressure_mpa[index], response.rest_pressure_mpa[index]
        levels.append(
            LevelDose(
                level=level,
                pressure_mpa=_band(pressure),
                unloading_dose_mpa_s=_three(unloading_dose(grid.time_s, pressure, resting)),
                seconds_below_zero=_three(seconds_below(grid.time_s, pressure, (0.0,))[0]),
                targetable=level in response.targetable,
            )
        )
    return Dose(
        session_id=session.session_id,
        time_s=tuple(map(float, grid.time_s)),
        pull_n=tuple(map(float, grid.pull_n)),
        levels=tuple(levels),
        model=MODEL_NAME,
        reported_not_measured=session.kind is RecordKind.REPORTED,
    )


def _delivered(session: Session) -> tuple[_NUMBERS, _NUMBERS]:
    """Times from the first sample and the pull then; readings that were not trusted are bridged in a line."""
    samples = sorted(session.samples, key=lambda sample: sample.time_s)
    measured = [(s.time_s, s.measured_n) for s in samples if s.measured_n is not None]
    if session.kind is RecordKind.REPORTED and not measured:
        measured = [(s.time_s, s.commanded_n) for s in samples]
    points = [(t, f) for (t, f), (after, _) in pairwise([*measured, (np.inf, 0.0)]) if after > t]
    if len(points) < 2:
        raise BadInput(
            f"Expected at least two samples of pull in session {session.session_id}, got {len(points)}. "
            "Give the whole record."
        )
    time = np.array([point[0] for point in points], dtype=float)
    return time - time[0], np.maximum(np.array([point[1] for point in points], dtype=float), 0.0)


def _thinned(time: _NUMBERS, pull: _NUMBERS) -> Grid:
    """At most 256 steps that keep the corners of the record (Douglas-Peucker), filled up with even times."""
    tolerance = _REPLAY_TOLERANCE_N
    corners = _corners(time, pull, tolerance)
    while len(corners) > _REPLAY_STEPS // 2:
        tolerance *= 1.5
        corners = _corners(time, pull, tolerance)
    steps = int(np.ceil(2 * len(corners) / BLOCK)) * BLOCK
    steps = max(steps, 4 * BLOCK)
    chosen = np.unique(time[corners])
    while len(chosen) < steps:
        gaps = np.diff(chosen)
        widest = int(np.argmax(gaps))
        chosen = np.insert(chosen, widest + 1, chosen[widest] + 0.5 * gaps[widest])
    return Grid(time_s=chosen, pull_n=np.interp(chosen, time, pull))


def _corners(time: _NUMBERS, pull: _NUMBERS, tolerance_n: float) -> list[int]:
    keep, open_spans = {0, len(time) - 1}, [(0, len(time) - 1)]
    while open_spans:
        a, b = open_spans.pop()
        if b - a < 2:
            continue
        line = np.interp(time[a + 1 : b], [time[a], time[b]], [pull[a], pull[b]])
        off = np.abs(pull[a + 1 : b] - line)
        worst = int(np.argmax(off))
        if off[worst] > tolerance_n:
            middle = a + 1 + worst
            keep.add(middle)
            open_spans += [(a, middle), (middle, b)]
    return sorted(keep)
