"""The decompression-time histogram and the unloading dose against numbers worked out by hand."""

import numpy as np
import pytest
from analytic_spine import ENGINE, REST_MPA, AnalyticModel
from hypothesis import given
from hypothesis import strategies as st

from opentraction.chart import BadInput, Family, Level
from opentraction.plan import family_profile, histogram, seconds_below, unloading_dose


def test_seconds_below_count_a_crossing_in_part():
    # 0.10 to -0.10 in 20 s crosses zero at 10 s; flat at -0.10 for 30 s; back up, crossing after 10 s
    time_s, pressure = [0, 20, 50, 70], [0.10, -0.10, -0.10, 0.10]
    assert seconds_below(time_s, pressure, 0.0) == pytest.approx(10 + 30 + 10)
    # below -0.05: last quarter of the fall, the flat, first quarter of the rise
    assert seconds_below(time_s, pressure, -0.05) == pytest.approx(5 + 30 + 5)
    assert seconds_below(time_s, pressure, -0.10) == pytest.approx(0)
    assert seconds_below(time_s, pressure, 0.2) == pytest.approx(70)


def test_the_unloading_dose_is_the_area_between_rest_and_pressure():
    # rest 0.10: triangle 20 s * 0.2 / 2, rectangle 30 * 0.2, triangle 20 * 0.2 / 2
    dose = unloading_dose([0, 20, 50, 70], [0.10, -0.10, -0.10, 0.10], 0.10)
    assert dose == pytest.approx(2 + 6 + 2)


def test_samples_and_their_own_rest_pressures_are_kept_apart():
    pressure = np.array([[0.1, 0.2], [0.0, 0.2]])
    assert unloading_dose([0, 10], pressure, np.array([0.1, 0.2])) == pytest.approx([0.5, 0.0])
    assert seconds_below([0, 10], pressure, 0.05) == pytest.approx([5.0, 0.0])


@given(st.lists(st.floats(-1, 1), min_size=2, max_size=30), st.floats(-1, 1), st.floats(-1, 1))
def test_more_pressure_allowed_is_never_less_time(pressure, one, other):
    time_s = np.arange(len(pressure), dtype=float)
    low, high = sorted((one, other))
    assert 0 <= seconds_below(time_s, pressure, low) <= seconds_below(time_s, pressure, high) + 1e-9
    assert seconds_below(time_s, pressure, high) <= time_s[-1] + 1e-9


def test_times_that_do_not_fit_are_refused():
    with pytest.raises(BadInput, match="one pressure for each, got 3 times and 2 pressures"):
        seconds_below([0, 1, 2], [0.1, 0.1], 0.0)
    with pytest.raises(BadInput, match="rising times"):
        unloading_dose([0, 2, 1], [0.1, 0.1, 0.1], 0.1)


def test_the_histogram_of_a_static_pull_by_hand():
    """Pressure 0.10 - 0.0006 * 300 = -0.08 on the plateau; zero is crossed at 166.7 N, -0.05 at 250 N."""
    model = AnalyticModel(samples=4, spread=0.0)
    profile = family_profile(Family.STATIC, peak_n=300.0, minutes=20)
    prediction = ENGINE.summarise(ENGINE.simulate(model, profile, None))
    rows = histogram(prediction, Level.L4_L5)
    assert [row.below_mpa for row in rows] == [-0.05, 0.0, 0.05]
    ramp_rate = 10.0
    for row in rows:
        crossing_n = (REST_MPA - row.below_mpa) / 0.0006
        by_hand = 1200 - 2 * crossing_n / ramp_rate
        assert row.seconds == pytest.approx((by_hand,) * 3, abs=1.0)
        assert row.share == pytest.approx((by_hand / 1200,) * 3, abs=1e-3)


def test_a_level_the_prediction_does_not_hold_is_refused():
    model = AnalyticModel(samples=2, levels=(Level.L4_L5,), targetable=(Level.L4_L5,))
    prediction = ENGINE.summarise(ENGINE.simulate(model, family_profile(Family.STATIC, peak_n=100.0), None))
    with pytest.raises(BadInput, match=r"Expected a level of the prediction \(L4-L5\), got L5-S1"):
        histogram(prediction, Level.L5_S1)
