"""Each doubt about a reading has its own name and comes before any use of the number."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opentraction.chart import InterlockKind, Reading
from opentraction.deliver import Distrust, ReadingRules, Still, trusted

RULES = ReadingRules(force_high_n=1125.0, rate_n_per_s=10.0)


def reading(time_s: float = 10.0, force_n: float = 100.0, position_mm: float = 30.0) -> Reading:
    return Reading(time_s=time_s, force_n=force_n, position_mm=position_mm)


def kind_of(verdict: Reading | Distrust) -> InterlockKind | None:
    return verdict.kind if isinstance(verdict, Distrust) else None


def test_a_fresh_plausible_reading_is_returned_as_it_is() -> None:
    good = reading()
    assert trusted((good,), now_s=10.05, rules=RULES) is good


def test_no_reading_at_all_is_missing() -> None:
    assert kind_of(trusted((), now_s=10.0, rules=RULES)) is InterlockKind.READING_MISSING


@pytest.mark.hazard("H6")
def test_silence_is_forgiven_for_a_moment_then_missing() -> None:
    assert kind_of(trusted((reading(),), now_s=10.4, rules=RULES, heard=False)) is None
    assert (
        kind_of(trusted((reading(),), now_s=10.5, rules=RULES, heard=False)) is InterlockKind.READING_MISSING
    )


@pytest.mark.hazard("H4")
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("field", ["force_n", "position_mm"])
def test_what_is_no_number_steers_nothing(field: str, value: float) -> None:
    verdict = trusted((reading(**{field: value}),), now_s=10.05, rules=RULES)
    assert kind_of(verdict) is InterlockKind.READING_NOT_A_NUMBER


@pytest.mark.hazard("H4")
@pytest.mark.parametrize(("age_s", "stale"), [(0.49, False), (0.51, True), (3600.0, True)])
def test_an_old_reading_is_stale(age_s: float, stale: bool) -> None:
    verdict = trusted((reading(),), now_s=10.0 + age_s, rules=RULES)
    assert kind_of(verdict) is (InterlockKind.READING_STALE if stale else None)


@pytest.mark.hazard("H4", "H10")
@pytest.mark.parametrize(("ahead_s", "future"), [(0.04, False), (0.06, True), (3600.0, True)])
def test_a_reading_from_the_future_is_not_believed(ahead_s: float, future: bool) -> None:
    verdict = trusted((reading(),), now_s=10.0 - ahead_s, rules=RULES)
    assert kind_of(verdict) is (InterlockKind.READING_FUTURE if future else None)


def test_a_time_stamp_that_is_no_number_is_not_believed() -> None:
    assert (
        kind_of(trusted((reading(time_s=math.nan),), now_s=10.0, rules=RULES)) is InterlockKind.READING_STALE
    )


@pytest.mark.hazard("H4")
@pytest.mark.parametrize(
    ("since_s", "commanded_n", "position_mm", "readings", "frozen"),
    [
        (8.5, 91.0, 30.0, 15, True),  # the command moved 9 N
        (8.5, 100.0, 27.5, 15, True),  # the actuator moved 2.5 mm
        (8.5, 95.0, 29.0, 15, False),  # nothing moved: a quiet sensor is no frozen one
        (9.2, 80.0, 20.0, 15, False),  # not for long enough
        (8.5, 80.0, 20.0, 4, False),  # too few to be more than chance
    ],
)
def test_the_same_value_while_something_moves_is_frozen(
    since_s: float, commanded_n: float, position_mm: float, readings: int, frozen: bool
) -> None:
    still = Still(
        since_s=since_s, force_n=100.0, commanded_n=commanded_n, position_mm=position_mm, readings=readings
    )
    verdict = trusted((reading(),), now_s=10.05, rules=RULES, commanded_n=100.0, still=still)
    assert kind_of(verdict) is (InterlockKind.READING_FROZEN if frozen else None)


def test_a_sensor_that_moves_again_is_not_frozen() -> None:
    """Quiet through a hold, the newest reading differs: it is alive, however far the command has moved."""
    still = Still(since_s=5.0, force_n=100.0, commanded_n=80.0, position_mm=20.0, readings=50)
    assert kind_of(trusted((reading(force_n=104.4),), now_s=10.05, rules=RULES, still=still)) is None


@pytest.mark.hazard("H4")
@pytest.mark.parametrize("force_n", [-20.1, 1125.1, 1e9])
def test_a_force_the_table_cannot_make_is_implausible(force_n: float) -> None:
    verdict = trusted((reading(force_n=force_n),), now_s=10.05, rules=RULES)
    assert kind_of(verdict) is InterlockKind.READING_IMPLAUSIBLE


@pytest.mark.hazard("H4")
@pytest.mark.parametrize(("jump_n", "trips"), [(61.0, False), (-61.0, False), (63.0, True), (-63.0, True)])
def test_a_jump_no_body_can_make_is_implausible(jump_n: float, trips: bool) -> None:
    """60 N, and twice 10 N/s over the 0.1 s between the readings: 62 N are allowed."""
    verdict = trusted((reading(9.9), reading(10.0, 100.0 + jump_n)), now_s=10.05, rules=RULES)
    assert kind_of(verdict) is (InterlockKind.READING_IMPLAUSIBLE if trips else None)


def test_each_sentence_says_what_was_expected_and_what_came() -> None:
    verdict = trusted((reading(),), now_s=11.25, rules=RULES)
    assert isinstance(verdict, Distrust)
    assert verdict.sentence == "Expected a reading at most 0.5 s old; the newest is 1.25 s old."


@given(
    time_s=st.floats(allow_nan=True, allow_infinity=True),
    force_n=st.floats(allow_nan=True, allow_infinity=True),
    position_mm=st.floats(allow_nan=True, allow_infinity=True),
)
def test_what_is_trusted_is_a_finite_fresh_force(time_s: float, force_n: float, position_mm: float) -> None:
    verdict = trusted((reading(time_s, force_n, position_mm),), now_s=10.0, rules=RULES)
    if isinstance(verdict, Reading):
        assert math.isfinite(verdict.force_n)
        assert math.isfinite(verdict.position_mm)
        assert -0.05 <= 10.0 - verdict.time_s <= 0.5
