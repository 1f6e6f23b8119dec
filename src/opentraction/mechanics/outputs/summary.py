"""From arrays to the chart: `summarise` makes a Prediction of a Response."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from opentraction.chart import Band, LevelPrediction, Prediction
from opentraction.mechanics.outputs.response import Response
from opentraction.mechanics.patient.model import MODEL_NAME

Numbers = NDArray[np.float64]

THRESHOLDS_MPA = (-0.05, -0.02, 0.0, 0.02, 0.05, 0.1)
"""Pressures of the decompression-time histogram [MPa]."""
_QUANTILES = (0.05, 0.5, 0.95)


def summarise(
    response: Response, *, thresholds_mpa: tuple[float, ...] = THRESHOLDS_MPA, seed: int | None = None
) -> Prediction:
    """Quantiles of an ensemble over the session: bands, histogram, dose, pressure against pull.

    The lying after the session, if the Response holds it, is left out; so are samples that were missed:
    `Prediction.samples` says how many were used.
    """
    keep, used = response.time_s <= response.session_s + 1e-9, response.answered
    chosen = np.ix_(keep, used)
    time, pull = response.time_s[keep], response.pull_n[keep]
    levels = []
    for index, level in enumerate(response.levels):
        pressure = response.pressure_mpa[index][chosen]
        front, back = (
            response.height_front_mm[index][chosen],
            response.height_back_mm[index][chosen],
        )
        resting = response.rest_pressure_mpa[index][used]
        levels.append(
            LevelPrediction(
                level=level,
                pressure_mpa=band_of(pressure),
                height_front_gain_mm=band_of(front - front[0]),
                height_back_gain_mm=band_of(back - back[0]),
                net_pull_n=band_of(response.axial_force_n[index][chosen]),
                seconds_below=band_of(seconds_below(time, pressure, thresholds_mpa)),
                unloading_dose_mpa_s=quantiles_of(unloading_dose(time, pressure, resting)),
                pressure_by_force_mpa=_by_force(pull, pressure, resting),
                targetable=level in response.targetable,
            )
        )
    return Prediction(
        time_s=tuple(map(float, time)),
        pull_n=tuple(map(float, pull)),
        thresholds_mpa=thresholds_mpa,
        levels=tuple(levels),
        samples=int(used.sum()),
        seed=response.seed if seed is None else seed,
        model=MODEL_NAME,
    )


def seconds_below(time_s: Numbers, pressure_mpa: Numbers, thresholds_mpa: tuple[float, ...]) -> Numbers:
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


def unloading_dose(time_s: Numbers, pressure_mpa: Numbers, resting_mpa: Numbers) -> Numbers:
    """(sample): integral of (pressure lying at rest - pressure) [MPa s]."""
    return np.asarray(np.trapezoid(resting_mpa - pressure_mpa, time_s, axis=0))


def band_of(values: Numbers) -> Band:
    """Quantiles over the samples, last axis, at each time."""
    low, mid, high = np.quantile(values, _QUANTILES, axis=-1)
    return Band(p05=tuple(low.tolist()), p50=tuple(mid.tolist()), p95=tuple(high.tolist()))


def quantiles_of(values: Numbers) -> tuple[float, float, float]:
    """5, 50 and 95 % of one number of each sample."""
    low, mid, high = np.quantile(values, _QUANTILES)
    return float(low), float(mid), float(high)


def _by_force(
    pull: Numbers, pressure: Numbers, resting: Numbers
) -> tuple[tuple[float, float, float, float], ...]:
    """Pressure quantiles each time the pull reaches a new height, from rest upwards."""
    rows, highest = [(0.0, *quantiles_of(resting))], 0.0
    for force, values in zip(pull, pressure, strict=True):
        if force > highest + 1.0:
            highest = float(force)
            rows.append((highest, *quantiles_of(values)))
    return tuple(rows)
