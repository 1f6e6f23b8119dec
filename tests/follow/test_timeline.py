"""The course on one axis: days, bands, ticks and flags as plain numbers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from opentraction.chart import (
    AdverseEvent,
    AdverseEventSeverity,
    Course,
    Instrument,
    InterlockKind,
    Questionnaire,
    Session,
    Trip,
)
from opentraction.follow import CourseTimeline, assess, timeline

MakeSession = Callable[..., Session]
MakeForm = Callable[..., Questionnaire]
MakeCourse = Callable[..., Course]


def test_an_empty_course_is_an_empty_axis(make_course: MakeCourse) -> None:
    axis = timeline(make_course())
    assert axis.start is None
    assert (axis.series, axis.sessions, axis.events) == ((), (), ())
    assert axis.statement == "No outcome recorded."


def test_scores_sessions_and_events_share_one_axis(
    make_course: MakeCourse, make_session: MakeSession, make_questionnaire: MakeForm
) -> None:
    trip = Trip(interlock=next(iter(InterlockKind)), time_s=43200.0, sentence="Expected less, got more.")
    sessions = (make_session(1), make_session(2, trips=(trip,)), make_session(3, pull_n=None))
    forms = (
        make_questionnaire(Instrument.ODI, (3,) * 10),
        make_questionnaire(Instrument.ODI, (2,) * 10, after=3),
        make_questionnaire(Instrument.ODI, (None,) * 10, after=2),
        make_questionnaire(Instrument.NRS_LEG, (1,)),
    )
    sore = AdverseEvent(
        at=sessions[0].started_at + timedelta(days=1), what="sore back", severity=AdverseEventSeverity.MILD
    )
    outcome = assess(sessions, forms, adverse_events=[sore])
    axis = timeline(make_course(sessions=sessions, questionnaires=forms, outcome=outcome))
    assert axis.start == forms[0].at
    leg, odi = axis.series
    assert (leg.instrument, odi.instrument) == (Instrument.NRS_LEG, Instrument.ODI)
    assert [(round(p.day, 6), p.value) for p in odi.points] == [(0.0, 60.0), (6.0, 40.0)]
    assert odi.unscored_days == (pytest.approx(4.0),)
    assert (odi.baseline, odi.mdc_band, odi.mcid_line) == (60.0, (50.0, 70.0), 50.0)
    assert leg.mdc_band == (0.0, pytest.approx(3.8))
    assert leg.mcid_line is None  # from 1 point an improvement of 2 points is off the scale
    hours = 2 / 24  # questionnaires are answered two hours after the start of the first day
    assert [tick.day for tick in axis.sessions] == pytest.approx([2 - hours, 4 - hours, 6 - hours])
    assert [(tick.number, tick.peak_n, tick.delivered) for tick in axis.sessions] == [
        (1, 200.0, True),
        (2, 200.0, True),
        (3, None, True),
    ]
    assert [(flag.kind, pytest.approx(flag.day)) for flag in axis.events] == [
        ("adverse event", 3 - hours),
        ("trip", 4.5 - hours),
    ]
    assert axis.statement == outcome.statement
    assert not axis.simulated


def test_without_an_outcome_the_forms_are_scored(
    make_course: MakeCourse, make_questionnaire: MakeForm
) -> None:
    axis = timeline(make_course(questionnaires=(make_questionnaire(Instrument.NRS_BACK, (6,)),)))
    assert [point.value for point in axis.series[0].points] == [6.0]


def test_simulated_is_carried(make_course: MakeCourse, make_session: MakeSession) -> None:
    assert timeline(make_course(sessions=(make_session(1, simulated=True),))).simulated


def test_it_goes_to_json_and_back(make_course: MakeCourse, make_questionnaire: MakeForm) -> None:
    axis = timeline(make_course(questionnaires=(make_questionnaire(Instrument.NRS_BACK, (6,)),)))
    assert CourseTimeline.from_json(axis.to_json()) == axis
