"""Courses that may be counted together: simulated ones never, nobody twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from opentraction.chart import AdverseEvent, AdverseEventSeverity, BadInput, Course, Outcome, Patient
from opentraction.evidence import adverse_event_rate, cohort, course_id, is_simulated

Make = Callable[..., Course]


def test_simulated_courses_are_left_out_and_counted(make_course: Make) -> None:
    real = [make_course(patient="a"), make_course(patient="b")]
    phantom = make_course(patient="c").replace(patient=Patient(patient_id="c", simulated=True))
    pretended = make_course(
        patient="d", outcome=Outcome(recorded=False, statement="", scores=(), changes=(), simulated=True)
    )
    drawn = real[0].replace(spine=real[0].spine.replace(simulated=True))
    assert [is_simulated(course) for course in (*real, phantom, pretended, drawn)] == [False] * 2 + [True] * 3
    found = cohort([real[0], phantom, real[1], pretended, drawn], name="spring", criteria="all of 2024")
    assert found.course_ids == tuple(course_id(course) for course in real)
    assert found.excluded_simulated == 3
    assert (found.name, found.criteria) == ("spring", "all of 2024")


def test_one_course_does_not_count_twice(make_course: Make) -> None:
    course = make_course()
    with pytest.raises(BadInput, match="more than once"):
        cohort([course, course])


def test_an_empty_cohort_is_empty() -> None:
    assert cohort([]).course_ids == ()


def test_a_course_without_a_plan_has_a_name_that_lasts(make_course: Make) -> None:
    first, again, other = make_course(), make_course(), make_course(stopped_because="moved away")
    assert course_id(first) == course_id(again)
    assert course_id(first) != course_id(other)
    assert course_id(first).startswith("p1/")


def outcome_with(events: int, sessions: int, *, simulated: bool = False) -> Outcome:
    sore = AdverseEvent(at=datetime(2024, 1, 1, tzinfo=UTC), what="sore", severity=AdverseEventSeverity.MILD)
    return Outcome(
        recorded=False,
        statement="",
        scores=(),
        changes=(),
        adverse_events=(sore,) * events,
        sessions_delivered=sessions,
        simulated=simulated,
    )


def test_adverse_events_over_patients_and_sessions(make_course: Make) -> None:
    courses = [make_course(patient=f"p{n}", outcome=outcome_with(0, 6)) for n in range(9)]
    courses += [make_course(patient="hurt", outcome=outcome_with(2, 4))]
    courses += [make_course(patient="phantom", outcome=outcome_with(5, 9, simulated=True))]
    courses += [
        make_course(patient="never pulled", outcome=outcome_with(0, 0)),
        make_course(patient="no outcome"),
    ]
    rate = adverse_event_rate(courses)
    assert (rate.patients, rate.patients_with_event, rate.sessions, rate.events) == (10, 1, 58, 2)
    # Clopper-Pearson for 1 of 10, as in every table of it: 0.25 % to 44.5 %
    assert (rate.low, rate.high) == pytest.approx((0.0025, 0.4450), abs=5e-5)


def test_no_event_is_not_no_risk(make_course: Make) -> None:
    """0 of 20: the upper bound solves (1 - p)^20 = 0.025."""
    rate = adverse_event_rate(make_course(patient=f"p{n}", outcome=outcome_with(0, 1)) for n in range(20))
    assert rate.low == 0
    assert (1 - rate.high) ** 20 == pytest.approx(0.025)
    empty = adverse_event_rate([])
    assert (empty.low, empty.high, empty.patients) == (0.0, 1.0, 0)


def test_two_courses_of_one_person_are_one_patient(make_course: Make) -> None:
    pair = [make_course(outcome=outcome_with(1, 3)), make_course(outcome=outcome_with(0, 2))]
    rate = adverse_event_rate(pair)
    assert (rate.patients, rate.patients_with_event, rate.sessions) == (1, 1, 5)
