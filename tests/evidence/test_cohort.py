"""Courses that may be counted together: simulated ones never, nobody twice."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from opentraction.chart import BadInput, Course, Outcome, Patient
from opentraction.evidence import cohort, course_id, is_simulated

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
