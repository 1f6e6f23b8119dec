"""The coarse grid of a plan's prediction: fewer times, and nothing that is shown moves."""

import numpy as np
import pytest
from analytic_spine import ENGINE, AnalyticModel
from hypothesis import given
from hypothesis import strategies as st

from opentraction.chart import Band, Family, Level
from opentraction.plan import family_profile, on_coarse_grid
from opentraction.plan.coarse_grid import (
    HEIGHT_TOLERANCE_MM,
    NET_PULL_TOLERANCE_N,
    PRESSURE_TOLERANCE_MPA,
    PULL_TOLERANCE_N,
)

BANDS = {
    "pressure_mpa": PRESSURE_TOLERANCE_MPA,
    "height_front_gain_mm": HEIGHT_TOLERANCE_MM,
    "height_back_gain_mm": HEIGHT_TOLERANCE_MM,
    "net_pull_n": NET_PULL_TOLERANCE_N,
}


def predicted(family, peak_n=200.0):
    profile = family_profile(family, peak_n=0.0 if family is Family.LYING else peak_n)
    return ENGINE.summarise(ENGINE.simulate(AnalyticModel(samples=6), profile, None))


def missed(full, coarse):
    """Largest distance of each curve from the lines between the times kept, in parts of its tolerance."""

    def off(before, after):
        return np.max(np.abs(np.interp(full.time_s, coarse.time_s, after) - before))

    yield off(full.pull_n, coarse.pull_n) / PULL_TOLERANCE_N
    for one, other in zip(full.levels, coarse.levels, strict=True):
        for name, tolerance in BANDS.items():
            for quantile in ("p05", "p50", "p95"):
                yield off(getattr(getattr(one, name), quantile), getattr(getattr(other, name), quantile)) / (
                    tolerance
                )


@pytest.mark.parametrize("family", list(Family))
def test_no_curve_is_missed_by_more_than_its_tolerance(family):
    full = predicted(family)
    coarse = on_coarse_grid(full)
    assert len(coarse.time_s) < 0.4 * len(full.time_s)
    assert max(missed(full, coarse)) <= 1.0 + 1e-9
    assert (coarse.time_s[0], coarse.time_s[-1]) == (full.time_s[0], full.time_s[-1])


def test_what_was_counted_on_the_full_grid_is_not_touched():
    full = predicted(Family.INTERMITTENT)
    coarse = on_coarse_grid(full)
    for one, other in zip(full.levels, coarse.levels, strict=True):
        assert other.seconds_below == one.seconds_below
        assert other.unloading_dose_mpa_s == one.unloading_dose_mpa_s
        assert other.pressure_by_force_mpa == one.pressure_by_force_mpa
    assert (coarse.thresholds_mpa, coarse.samples, coarse.seed) == (
        full.thresholds_mpa, full.samples, full.seed,
    )  # fmt: skip


@given(st.lists(st.floats(-0.2, 0.3), min_size=2, max_size=40), st.data())
def test_any_curve_keeps_its_least_and_its_tolerance(pressure, data):
    """A curve without any rule in it, on uneven times: the least median stays to the last digit."""
    steps = data.draw(st.lists(st.floats(0.1, 60), min_size=len(pressure), max_size=len(pressure)))
    flat = Band(p05=(0.0,) * len(steps), p50=(0.0,) * len(steps), p95=(0.0,) * len(steps))
    whole = predicted(Family.STATIC)
    at_level = whole.level(Level.L4_L5).replace(
        pressure_mpa=Band(p05=tuple(p - 0.01 for p in pressure), p50=tuple(pressure), p95=tuple(pressure)),
        height_front_gain_mm=flat,
        height_back_gain_mm=flat,
        net_pull_n=flat,
    )
    times = tuple(np.cumsum(steps).tolist())
    full = whole.replace(time_s=times, pull_n=(0.0,) * len(steps), levels=(at_level,))
    coarse = on_coarse_grid(full)
    assert max(missed(full, coarse)) <= 1.0 + 1e-9
    assert set(coarse.time_s) <= set(full.time_s)
    assert list(coarse.time_s) == sorted(coarse.time_s)
    assert min(coarse.levels[0].pressure_mpa.p50) == min(pressure)
