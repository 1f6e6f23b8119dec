"""Advice for the next session: what stops, what holds, and when the force may rise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from opentraction.chart import (
    AdverseEvent,
    AdverseEventSeverity,
    Advice,
    CoursePlan,
    CourseStep,
    Instrument,
    Questionnaire,
    Reply,
    Session,
    SessionEnd,
)
from opentraction.follow import AdviceAction, advise, assess

MakeSession = Callable[..., Session]
MakeForm = Callable[..., Questionnaire]

PLAN = CoursePlan(
    steps=(
        CourseStep(first=1, last=3, peak_force_n=200, sessions_per_week=3),
        CourseStep(first=4, last=12, peak_force_n=280, sessions_per_week=3, condition="no new leg symptoms"),
    ),
    reassess_at=(6, 12),
    stop_rules=("new weakness", "leg pain spreads down"),
)
KNOWN = {"new_deficit": Reply.NO, "peripheralised": Reply.NO}


@pytest.fixture
def advice_after(make_session: MakeSession, make_questionnaire: MakeForm) -> Callable[..., Advice]:
    def advice(
        delivered: int,
        *,
        odi: tuple[int, int] | None = (3, 2),
        leg: tuple[int, int] | None = None,
        events: tuple[AdverseEvent, ...] = (),
        last: dict[str, Any] | None = None,
        **today: Reply,
    ) -> Advice:
        sessions = [make_session(n) for n in range(1, delivered + 1)]
        if last and sessions:
            sessions[-1] = make_session(delivered, **last)
        forms = []
        if odi:
            forms += [make_questionnaire(Instrument.ODI, (odi[0],) * 10)]
            forms += [make_questionnaire(Instrument.ODI, (odi[1],) * 10, after=delivered)]
        if leg:
            forms += [make_questionnaire(Instrument.NRS_LEG, (leg[0],))]
            forms += [make_questionnaire(Instrument.NRS_LEG, (leg[1],), after=delivered)]
        outcome = assess(sessions, forms, adverse_events=events)
        return advise(outcome, sessions, PLAN, **today)

    return advice


def event(make_session: MakeSession, what: str, severity: AdverseEventSeverity) -> AdverseEvent:
    return AdverseEvent(at=make_session(1).started_at, what=what, severity=severity, after_session=1)


def test_the_plan_goes_on(advice_after: Callable[..., Advice]) -> None:
    advice = advice_after(2, **KNOWN)
    assert (advice.action, advice.stop) == (AdviceAction.CONTINUE, False)
    assert advice.reasons[-1] == "The stop rules of the plan hold."
    assert not any(rule in reason for rule in PLAN.stop_rules for reason in advice.reasons)


def test_the_next_step_begins_only_when_today_was_asked(advice_after: Callable[..., Advice]) -> None:
    up = advice_after(3, **KNOWN)
    assert up.action == AdviceAction.PROGRESS
    assert "Session 4 begins a step of up to 280 N" in up.reasons[0]
    assert "no new leg symptoms" in up.reasons[0]
    for today in ({}, {"new_deficit": Reply.NO}, {"peripheralised": Reply.NO}):
        waits = advice_after(3, **today)
        assert waits.action == AdviceAction.CONTINUE
        assert any("not asked is not no" in reason for reason in waits.reasons)
        assert any("waits for today's answers" in reason for reason in waits.reasons)


@pytest.mark.parametrize("today", ["new_deficit", "peripheralised"])
def test_a_yes_today_stops(advice_after: Callable[..., Advice], today: str) -> None:
    advice = advice_after(3, **{**KNOWN, today: Reply.YES})
    assert (advice.action, advice.stop) == (AdviceAction.STOP, True)


@pytest.mark.parametrize(
    "what", ["weakness of the left foot", "numb saddle", "lost control of bladder", "foot drop"]
)
def test_an_event_that_speaks_of_a_deficit_stops(
    advice_after: Callable[..., Advice], make_session: MakeSession, what: str
) -> None:
    advice = advice_after(2, events=(event(make_session, what, AdverseEventSeverity.MILD),), **KNOWN)
    assert advice.stop
    assert what in advice.reasons[0]


def test_a_word_that_only_looks_like_a_deficit_does_not_stop(
    advice_after: Callable[..., Advice], make_session: MakeSession
) -> None:
    harmless = event(make_session, "sore a number of times this week", AdverseEventSeverity.MILD)
    assert not advice_after(2, events=(harmless,), **KNOWN).stop


def test_a_severe_event_stops_a_moderate_one_holds_a_mild_one_does_neither(
    advice_after: Callable[..., Advice], make_session: MakeSession
) -> None:
    actions = [
        advice_after(2, events=(event(make_session, "sore back", severity),), **KNOWN).action
        for severity in (
            AdverseEventSeverity.SEVERE,
            AdverseEventSeverity.MODERATE,
            AdverseEventSeverity.MILD,
        )
    ]
    assert actions == [AdviceAction.STOP, AdviceAction.HOLD, AdviceAction.CONTINUE]


def test_worse_leg_pain_stops(advice_after: Callable[..., Advice]) -> None:
    assert advice_after(2, leg=(5, 7), **KNOWN).stop
    assert not advice_after(2, leg=(5, 6), **KNOWN).stop


def test_leg_pain_that_rises_again_after_a_fall_stops(
    make_session: MakeSession, make_questionnaire: MakeForm
) -> None:
    forms = [
        make_questionnaire(Instrument.NRS_LEG, (pain,), after=after)
        for after, pain in ((0, 7), (1, 3), (2, 6))
    ]
    sessions = [make_session(1), make_session(2)]
    advice = advise(assess(sessions, forms), sessions, PLAN, **KNOWN)
    assert advice.stop
    assert "rose by 3 points since the last rating (3 to 6)" in advice.reasons[0]


def test_leg_pain_that_creeps_up_stops(make_session: MakeSession, make_questionnaire: MakeForm) -> None:
    forms = [
        make_questionnaire(Instrument.NRS_LEG, (pain,), after=after)
        for after, pain in ((0, 5), (1, 6), (2, 7))
    ]
    advice = advise(assess([], forms), [], PLAN, **KNOWN)
    assert advice.stop
    assert "2 points worse than at the start (5 to 7)" in advice.reasons[0]


def test_worse_function_holds(advice_after: Callable[..., Advice]) -> None:
    advice = advice_after(2, odi=(2, 3), **KNOWN)
    assert advice.action == AdviceAction.HOLD
    assert "worse beyond measurement error" in advice.reasons[0]


def test_ten_sessions_without_change_stop(advice_after: Callable[..., Advice]) -> None:
    advice = advice_after(10, odi=(3, 3), **KNOWN)
    assert advice.stop
    assert "no validated rule exists" in advice.reasons[0]
    assert not advice_after(9, odi=(3, 3), **KNOWN).stop
    assert not advice_after(10, odi=(3, 2), **KNOWN).stop


def test_ten_sessions_without_a_new_score_are_not_ten_without_change(
    make_session: MakeSession, make_questionnaire: MakeForm
) -> None:
    """The last score is from session 3: nobody knows what ten sessions changed, so ask before stopping."""
    sessions = [make_session(n) for n in range(1, 11)]
    forms = [make_questionnaire(Instrument.ODI, (3,) * 10, after=after) for after in (0, 3)]
    for plan in (PLAN, PLAN.replace(reassess_at=())):
        advice = advise(assess(sessions, forms), sessions, plan, **KNOWN)
        assert advice.action == AdviceAction.HOLD
        assert "Reassessment was due after session 10" in advice.reasons[0]


def test_a_missed_reassessment_holds(advice_after: Callable[..., Advice]) -> None:
    advice = advice_after(7, odi=None, **KNOWN)
    assert advice.action == AdviceAction.HOLD
    assert "Reassessment was due after session 6" in advice.reasons[0]


def test_a_session_that_ended_early_holds(advice_after: Callable[..., Advice]) -> None:
    for end in (SessionEnd.TRIPPED, SessionEnd.STOPPED_BY_PATIENT, SessionEnd.INTERRUPTED):
        advice = advice_after(3, last={"end": end}, **KNOWN)
        assert advice.action == AdviceAction.HOLD
        assert str(end) in advice.reasons[0]
    assert advice_after(3, last={"pull_n": 0.0}, **KNOWN).action == AdviceAction.HOLD


def test_a_finished_course_stops(advice_after: Callable[..., Advice]) -> None:
    advice = advice_after(12, odi=(3, 1), **KNOWN)
    assert advice.stop
    assert "All 12 planned sessions are delivered" in advice.reasons[0]


def test_nothing_recorded_and_nothing_asked_is_said(advice_after: Callable[..., Advice]) -> None:
    advice = advice_after(1, odi=None)
    assert advice.action == AdviceAction.CONTINUE
    assert "No outcome is recorded yet." in advice.reasons
    assert any("not asked is not no" in reason for reason in advice.reasons)
