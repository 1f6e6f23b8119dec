"""Traction profiles: force over time by hand-computed numbers and properties."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opentraction.chart import BadValue, Family, Hold, Ramp, RampShape, Release, TractionProfile


def profile(*segments, **other):
    return TractionProfile(name="test", family=Family.STATIC, segments=segments, **other)


def test_force_over_a_ramp_a_hold_and_a_release():
    static = profile(Ramp(force_n=300, duration_s=60), Hold(duration_s=120), Release(duration_s=30))
    assert static.duration_s == 210
    assert static.peak_force_n == 300
    assert static.steepest_n_per_s == 5
    assert [static.force_at(t) for t in (-1, 0, 30, 60, 179, 195, 210, 999)] == [
        0,
        0,
        150,
        300,
        300,
        150,
        0,
        0,
    ]


def test_a_logarithmic_ramp_rises_fast_then_slowly():
    ramp = profile(Ramp(force_n=100, duration_s=10, shape=RampShape.LOGARITHMIC), Release(duration_s=5))
    assert ramp.force_at(5) == pytest.approx(100 * math.log(5.5) / math.log(10))
    slope = (ramp.force_at(1e-6) - ramp.force_at(0)) / 1e-6
    assert ramp.steepest_n_per_s == pytest.approx(slope, rel=1e-4)


def test_a_profile_that_does_not_end_at_zero_is_refused():
    with pytest.raises(BadValue, match="must end at zero force; add a Release"):
        profile(Ramp(force_n=300, duration_s=60), Hold(duration_s=120))


def test_a_force_of_a_billion_is_refused_in_one_sentence():
    with pytest.raises(BadValue, match=r"force_n: expected less than or equal to 2000, got 1000000000\.0"):
        Ramp(force_n=1e9, duration_s=60)


def test_a_session_of_three_hours_is_refused():
    with pytest.raises(BadValue, match="at most 7200 s"):
        profile(Ramp(force_n=10, duration_s=60), Hold(duration_s=10800), Release(duration_s=10))


segments = st.lists(
    st.builds(Ramp, force_n=st.floats(0, 500), duration_s=st.floats(1, 60), shape=st.sampled_from(RampShape))
    | st.builds(Hold, duration_s=st.floats(1, 60)),
    min_size=1,
    max_size=8,
)


@given(segments, st.floats(0, 1))
def test_force_never_passes_the_peak_nor_falls_below_zero(parts, share):
    any_profile = profile(*parts, Release(duration_s=5))
    force = any_profile.force_at(share * any_profile.duration_s)
    assert -1e-9 <= force <= any_profile.peak_force_n + 1e-9


@given(segments)
def test_force_is_continuous(parts):
    any_profile = profile(*parts, Release(duration_s=5))
    for time_s, force_n in any_profile.knots()[:-1]:
        assert any_profile.force_at(time_s + 1e-9) == pytest.approx(force_n, abs=1e-3)
