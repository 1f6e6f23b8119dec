"""Families reach exactly what they say, keep their rates, and end at zero."""

import math
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opentraction.chart import BadInput, Family, Hold, Ramp, RampShape, Release
from opentraction.plan import FAMILY_SETTINGS, SOURCES, cite, family_profile, impulse_n_s
from opentraction.plan.families import LOG_START_SLOPE

PULLING = [family for family in Family if family is not Family.LYING]


@given(st.sampled_from(PULLING), st.floats(1, 600), st.floats(12, 60), st.floats(0, 30), st.floats(2, 40))
def test_a_family_reaches_its_pull_exactly_within_its_time_and_rate(family, peak_n, minutes, angle_deg, rate):
    wanted = partial(family_profile, family, peak_n=peak_n, angle_deg=angle_deg, rate_n_per_s=rate)
    # Time enough for the longest start of any family: four progressive steps, or a slow logarithmic rise.
    if minutes * 60 < 600 + 10 * peak_n / rate:
        minutes = min(120.0, (600 + 10 * peak_n / rate) / 60)
    profile = wanted(minutes=minutes)
    assert profile.peak_force_n == peak_n
    assert isinstance(profile.segments[-1], Release)
    assert profile.knots()[-1][1] == 0.0
    assert profile.duration_s == pytest.approx(minutes * 60, abs=1e-6)
    assert profile.steepest_n_per_s <= rate * (1 + 1e-9)
    assert profile.family is family
    assert profile.angle_deg == angle_deg
    for segment, (before, after) in zip(
        profile.segments, zip(profile.knots(), profile.knots()[1:], strict=False), strict=True
    ):
        if isinstance(segment, Ramp | Release):
            assert abs(after[1] - before[1]) / segment.duration_s <= rate * (1 + 1e-9)


def test_the_intermittent_default_is_sixty_seconds_on_and_thirty_off():
    profile = family_profile(Family.INTERMITTENT, peak_n=200.0, minutes=25.5)
    holds = [segment.duration_s for segment in profile.segments if isinstance(segment, Hold)]
    # 1530 s: a first cycle of 20 + 60 + ramp + 30 s, more of 90 s and two ramps of (200 - 88.96) N at 10 N/s,
    # and a last pull cut short by its release of 20 s
    ramp = (200 - 20 * 4.4482216152605) / 10
    whole = 1 + math.floor((1530 - 8.8964432 - 110 - ramp) / (90 + 2 * ramp))
    assert holds[: 2 * whole] == [60.0, 30.0] * whole
    rests = [force for _, force in profile.knots()[3::4]]
    assert rests[0] == pytest.approx(20 * 4.4482216)
    left = 1530 - (110 + ramp) - (whole - 1) * (90 + 2 * ramp)
    assert len(holds) == 2 * whole + 1
    assert holds[-1] == pytest.approx(left - ramp - 20)
    assert profile.duration_s == pytest.approx(1530)


def test_a_last_pull_too_short_to_count_is_not_begun():
    """One cycle is 20 + 60 + 10 + 20 s; another pull needs 10 s of ramp, 10 s or more, 20 s of release."""
    fixed = {"peak_n": 100.0, "rate_n_per_s": 5.0, "hold_s": 60.0, "rest_s": 20.0}
    one = family_profile(Family.INTERMITTENT, minutes=2.49, **fixed)
    assert [segment.kind for segment in one.segments] == ["ramp", "hold", "ramp", "hold", "release"]
    assert one.segments[-1].duration_s == pytest.approx(39.4)
    two = family_profile(Family.INTERMITTENT, minutes=2.7, **fixed)
    assert [segment.kind for segment in two.segments][-3:] == ["ramp", "hold", "release"]
    assert two.segments[-2].duration_s == pytest.approx(22.0)


def test_the_rest_force_is_at_most_half_the_pull():
    profile = family_profile(Family.INTERMITTENT, peak_n=100.0)
    assert profile.knots()[3][1] == 50.0


def test_progressive_steps_rise_evenly_and_rest_at_half_of_each():
    profile = family_profile(Family.PROGRESSIVE, peak_n=400.0, minutes=30)
    forces = [force for _, force in profile.knots()]
    tops = forces[1::4][:5]
    rests = forces[3::4][:4]
    assert tops == [100.0, 200.0, 300.0, 400.0, 400.0]
    assert rests == [50.0, 100.0, 150.0, 200.0]


def test_a_static_session_lasts_exactly_its_minutes():
    profile = family_profile(Family.STATIC, peak_n=300.0, minutes=20, rate_n_per_s=5)
    assert profile.duration_s == pytest.approx(1200)
    assert [segment.duration_s for segment in profile.segments] == pytest.approx([60, 1080, 60])


def test_the_logarithmic_ramp_is_slow_enough_at_its_steep_start():
    profile = family_profile(Family.LOG_RAMP, peak_n=500.0, minutes=30, rate_n_per_s=5)
    logs = [s for s in profile.segments if isinstance(s, Ramp) and s.shape is RampShape.LOGARITHMIC]
    rise = 500.0 - 20 * 4.4482216152605
    assert logs[0].duration_s == pytest.approx(LOG_START_SLOPE * rise / 5)
    assert 9.0 / math.log(10) == pytest.approx(LOG_START_SLOPE)
    assert profile.steepest_n_per_s == pytest.approx(5.0)


def test_lying_without_pull_pulls_nothing_for_its_whole_time():
    profile = family_profile(Family.LYING, peak_n=0.0, minutes=25)
    assert profile.peak_force_n == 0.0
    assert profile.duration_s == pytest.approx(1500)
    assert impulse_n_s(profile) == 0.0


@pytest.mark.parametrize(
    ("family", "wrong", "says"),
    [
        (
            Family.STATIC,
            {"peak_n": 1e9},
            r"Expected a pull of 0 to 2000 N, got 1000000000\.0 N\. Check its unit\.",
        ),
        (Family.STATIC, {"peak_n": -1.0}, r"Expected a pull of 0 to 2000 N, got -1\.0"),
        (Family.STATIC, {"peak_n": math.nan}, "got nan N"),
        (Family.STATIC, {"peak_n": 0.0}, "Expected a pull above 0 N for a static profile"),
        (Family.LYING, {"peak_n": 10.0}, "0 N for lying without pull, got 10 N"),
        (Family.STATIC, {"peak_n": 900.0, "minutes": 2.0}, "for the ramp to 900 N and its release"),
        (Family.INTERMITTENT, {"peak_n": 100.0, "minutes": 1.0}, "long enough for one cycle"),
        (Family.PROGRESSIVE, {"peak_n": 100.0, "minutes": 4.0}, "time enough for the progressive profile"),
        (Family.STATIC, {"peak_n": 100.0, "hold_s": 4.0}, "got 'hold_s'. Leave it out"),
        (Family.INTERMITTENT, {"peak_n": 100.0, "hold_s": math.inf}, "Expected a hold_s of 1 to 3600 s"),
        (Family.STATIC, {"peak_n": 100.0, "minutes": 1e9}, "Expected a session length of 1 to 120 min"),
        (Family.STATIC, {"peak_n": "a"}, "Expected a pull of 0 to 2000 N, got a N"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(family, wrong, says):
    with pytest.raises(BadInput, match=says) as refusal:
        family_profile(family, **wrong)
    assert "\n" not in str(refusal.value)


def test_every_default_of_a_family_has_a_source_or_says_assumed():
    keys = set(SOURCES)
    for family in PULLING:
        assert FAMILY_SETTINGS[family]
        for setting in FAMILY_SETTINGS[family]:
            assert setting.assumed or any(f"[{key}, class" in setting.source for key in keys), setting.name
            assert setting.unit


def test_a_source_that_is_not_there_is_not_cited():
    with pytest.raises(KeyError):
        cite("NOBODY1999")


@given(st.sampled_from(PULLING), st.floats(20, 500))
def test_the_impulse_is_the_integral_of_the_pull(family, peak_n):
    profile = family_profile(family, peak_n=peak_n, minutes=20)
    steps = 4000
    width = profile.duration_s / steps
    middle = sum(profile.force_at((number + 0.5) * width) for number in range(steps)) * width
    assert impulse_n_s(profile) == pytest.approx(middle, rel=2e-3)
