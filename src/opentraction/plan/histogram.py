"""The decompression-time histogram: for how many seconds of a session the disc pressure stands below p."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from opentraction.chart import BadInput, Level, Prediction


def seconds_below(time_s: ArrayLike, pressure_mpa: ArrayLike, threshold_mpa: float) -> NDArray[np.float64]:
    """Seconds for which pressure is below the threshold; time on the first axis, any axes after it.

    Pressure is taken as straight between the times given, so that a crossing inside a step counts in part.
    """
    times, above = _curve(time_s, np.asarray(pressure_mpa, dtype=float) - threshold_mpa)
    start, end = above[:-1], above[1:]
    lowest, highest = np.minimum(start, end), np.maximum(start, end)
    span = np.where(highest > lowest, highest - lowest, 1.0)
    share = np.where(highest > lowest, np.clip(-lowest / span, 0.0, 1.0), (lowest < 0).astype(float))
    return np.tensordot(np.diff(times), share, axes=(0, 0))


def unloading_dose(time_s: ArrayLike, pressure_mpa: ArrayLike, rest_mpa: ArrayLike) -> NDArray[np.float64]:
    """Integral of (pressure lying at rest - pressure) over the session [MPa s]; time on the first axis."""
    times, gained = _curve(time_s, np.asarray(rest_mpa, dtype=float) - np.asarray(pressure_mpa, dtype=float))
    return np.tensordot(np.diff(times), 0.5 * (gained[:-1] + gained[1:]), axes=(0, 0))


def _curve(time_s: ArrayLike, values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    times = np.asarray(time_s, dtype=float)
    if times.ndim != 1 or len(times) < 2 or len(times) != len(values) or np.any(np.diff(times) < 0):
        raise BadInput(
            f"Expected two or more rising times and one pressure for each, got {len(times)} times and "
            f"{len(values)} pressures. Check the time grid."
        )
    return times, values


@dataclass(frozen=True)
class HistogramRow:
    """Seconds below one pressure: 5, 50 and 95 % of the ensemble."""

    below_mpa: float
    seconds: tuple[float, float, float]
    share: tuple[float, float, float]
    """The same as a share of the session."""


def histogram(prediction: Prediction, level: Level) -> tuple[HistogramRow, ...]:
    """The decompression-time histogram of one level, lowest pressure first; BadInput for a level not held."""
    at_level = prediction.level(level)
    length_s = prediction.time_s[-1] - prediction.time_s[0]
    below = at_level.seconds_below
    rows = []
    for threshold, low, mid, high in zip(
        prediction.thresholds_mpa, below.p05, below.p50, below.p95, strict=True
    ):
        share = (low / length_s, mid / length_s, high / length_s)
        rows.append(HistogramRow(below_mpa=threshold, seconds=(low, mid, high), share=share))
    return tuple(sorted(rows, key=lambda row: row.below_mpa))
