"""A plan keeps its prediction on a coarse grid of time: no more times than its curves need."""

import numpy as np
from numpy.typing import NDArray

from opentraction.chart import Band, LevelPrediction, Prediction

PULL_TOLERANCE_N = 1.0
"""How far straight lines between the times kept may leave the planned pull [N]."""

PRESSURE_TOLERANCE_MPA = 0.002
"""The same for the pressure [MPa]: less than half of the last place that is shown, 0.01 MPa."""

HEIGHT_TOLERANCE_MM = 0.05
"""The same for the heights [mm]: a tenth of the 0.5 mm that a scan tells apart."""

NET_PULL_TOLERANCE_N = 5.0
"""The same for the axial force at a level [N]."""

_BANDS = {
    "pressure_mpa": PRESSURE_TOLERANCE_MPA,
    "height_front_gain_mm": HEIGHT_TOLERANCE_MM,
    "height_back_gain_mm": HEIGHT_TOLERANCE_MM,
    "net_pull_n": NET_PULL_TOLERANCE_N,
}


def on_coarse_grid(prediction: Prediction) -> Prediction:
    """The same prediction at fewer times, of which straight lines miss no curve by more than a tolerance.

    The start, the end and the time of the least median pressure of every level are kept, so that what is
    said of them in words stays the same. Seconds below, doses and the pressures by pull were counted on the
    full grid and are not touched.
    """
    time_s = np.array(prediction.time_s)
    least = {int(np.argmin(item.pressure_mpa.p50)) for item in prediction.levels}
    kept = _times_needed(time_s, _curves(prediction), least)
    return prediction.replace(
        time_s=_at(prediction.time_s, kept),
        pull_n=_at(prediction.pull_n, kept),
        levels=tuple(_level_at(item, kept) for item in prediction.levels),
    )


def _curves(prediction: Prediction) -> NDArray[np.float64]:
    """(curve, time): every curve of the prediction in parts of its tolerance."""
    rows = [np.array(prediction.pull_n) / PULL_TOLERANCE_N]
    for item in prediction.levels:
        for name, tolerance in _BANDS.items():
            band: Band = getattr(item, name)
            rows += [np.array(values) / tolerance for values in (band.p05, band.p50, band.p95)]
    return np.stack(rows)


def _times_needed(time_s: NDArray[np.float64], curves: NDArray[np.float64], first: set[int]) -> list[int]:
    """Places of the times to keep: from `first` and both ends on, the worst missed one is taken in turn."""
    places = np.arange(len(time_s))
    kept = sorted(first | {0, len(time_s) - 1})
    while len(kept) < len(time_s):
        right = np.clip(np.searchsorted(kept, places), 1, len(kept) - 1)
        before, after = np.array(kept)[right - 1], np.array(kept)[right]
        length_s = time_s[after] - time_s[before]
        share = np.where(length_s > 0, (time_s - time_s[before]) / np.where(length_s > 0, length_s, 1.0), 0.0)
        lines = curves[:, before] + share * (curves[:, after] - curves[:, before])
        missed = np.abs(curves - lines).max(axis=0)
        missed[kept] = 0.0
        worst = int(np.argmax(missed))
        if missed[worst] <= 1.0:
            break
        kept = sorted([*kept, worst])
    return kept


def _at(values: tuple[float, ...], kept: list[int]) -> tuple[float, ...]:
    return tuple(values[place] for place in kept)


def _level_at(item: LevelPrediction, kept: list[int]) -> LevelPrediction:
    def band_at(band: Band) -> Band:
        return Band(p05=_at(band.p05, kept), p50=_at(band.p50, kept), p95=_at(band.p95, kept))

    return item.replace(**{name: band_at(getattr(item, name)) for name in _BANDS})
