"""The outcome of a course: pairs of scores, what was not recorded, adverse events with their denominator."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opentraction.chart import (
    AdverseEvent,
    AdverseEventSeverity,
    BadInput,
    CoIntervention,
    CoInterventionKind,
    Instrument,
    PlannedAgainstMeasured,
    Questionnaire,
    RecordKind,
    Session,
    SessionEnd,
)
from opentraction.follow import assess, pull_was_applied, score

MakeSession = Callable[..., Session]
MakeForm = Callable[..., Questionnaire]


def test_without_questionnaires_no_outcome_is_made_up(make_session: MakeSession) -> None:
    outcome = assess([make_session(1), make_session(2)], [])
    assert not outcome.recorded
    assert outcome.statement.startswith("No outcome recorded: no questionnaire was answered.")
    assert (outcome.scores, outcome.changes, outcome.sessions_delivered) == ((), (), 2)


def test_a_baseline_alone_is_no_outcome(make_session: MakeSession, make_questionnaire: MakeForm) -> None:
    outcome = assess([make_session(1)], [make_questionnaire(Instrument.NRS_LEG, (7,))])
    assert not outcome.recorded
    assert "no instrument has both a baseline and a later score" in outcome.statement
    assert len(outcome.scores) == 1


def test_two_baselines_are_no_change(make_questionnaire: MakeForm) -> None:
    first = make_questionnaire(Instrument.NRS_LEG, (7,))
    second = first.replace(at=first.at + timedelta(hours=1), items=(5,))
    assert not assess([], [first, second]).recorded


def test_an_unscored_form_is_no_outcome(make_questionnaire: MakeForm) -> None:
    outcome = assess([], [make_questionnaire(Instrument.ODI, (None,) * 10)])
    assert not outcome.recorded
    assert "no questionnaire could be scored (0 of 10 sections answered" in outcome.statement


def test_the_pair_is_session_0_and_the_latest(
    make_session: MakeSession, make_questionnaire: MakeForm
) -> None:
    forms = [
        make_questionnaire(Instrument.ODI, (1,) * 10, after=6),
        make_questionnaire(Instrument.ODI, (3,) * 10, after=0),
        make_questionnaire(Instrument.ODI, (2,) * 10, after=3),
        make_questionnaire(Instrument.NRS_LEG, (8,), after=0),
        make_questionnaire(Instrument.NRS_LEG, (None,), after=6),
        make_questionnaire(Instrument.NRS_LEG, (4,), after=3),
    ]
    outcome = assess([make_session(n) for n in range(1, 7)], forms)
    assert outcome.recorded
    pairs = {item.instrument: (item.baseline, item.latest) for item in outcome.changes}
    assert pairs == {Instrument.ODI: (60.0, 20.0), Instrument.NRS_LEG: (8.0, 4.0)}
    assert len(outcome.scores) == 6
    assert "is not an effect of it" in outcome.statement


def test_a_late_first_score_is_said_to_be_no_true_baseline(make_questionnaire: MakeForm) -> None:
    late = [
        make_questionnaire(Instrument.NRS_BACK, (6,), after=2),
        make_questionnaire(Instrument.NRS_BACK, (3,), after=6),
    ]
    (item,) = assess([], late).changes
    assert "after session 2, so it may not be a true baseline" in item.sentence
    unplaced = [late[0].replace(after_session=None), late[1]]
    (item,) = assess([], unplaced).changes
    assert "at an unstated time" in item.sentence


def test_adverse_events_have_their_denominator(make_session: MakeSession) -> None:
    sessions = [make_session(n) for n in range(1, 5)]
    none = assess(sessions, [])
    assert (
        "No adverse event was recorded in 4 sessions delivered; none recorded is not none" in none.statement
    )
    sore = AdverseEvent(
        at=sessions[1].started_at,
        what="sore back for a day",
        severity=AdverseEventSeverity.MILD,
        after_session=2,
    )
    two = assess(sessions, [], adverse_events=[sore, sore.replace(after_session=None)])
    assert "2 adverse events, after 1 of 4 sessions delivered, 1 not tied to a session" in two.statement
    assert two.adverse_events[0] == sore


def test_what_else_was_done_is_named(make_session: MakeSession, make_questionnaire: MakeForm) -> None:
    kinds = (CoInterventionKind.EXERCISE, CoInterventionKind.ACUPUNCTURE, CoInterventionKind.EXERCISE)
    outcome = assess([make_session(1)], [], co_interventions=[CoIntervention(kind=kind) for kind in kinds])
    assert "exercise, acupuncture; a change may come from these too" in outcome.statement


def test_simulated_is_said_and_kept(make_session: MakeSession) -> None:
    assert assess([make_session(1, simulated=True)], []).simulated
    outcome = assess([make_session(1)], [], simulated=True)
    assert outcome.simulated
    assert outcome.statement.startswith("SIMULATED. ")
    assert not assess([make_session(1)], []).simulated


def test_which_sessions_count_as_delivered(make_session: MakeSession) -> None:
    assert pull_was_applied(make_session(1))
    assert not pull_was_applied(make_session(1, pull_n=0.0))
    assert pull_was_applied(make_session(1, pull_n=None))  # commanded, and no reading could be trusted
    assert not pull_was_applied(make_session(1, pull_n=None, commanded_n=0.0))
    typed = PlannedAgainstMeasured(
        planned_impulse_n_s=1.0, delivered_impulse_n_s=None, rms_error_n=None, time_in_band=None
    )
    assert pull_was_applied(make_session(1, kind=RecordKind.REPORTED, samples=(), comparison=typed))
    assert pull_was_applied(make_session(1, end=SessionEnd.STOPPED_BY_PATIENT))


def test_times_on_two_clocks_are_refused(make_questionnaire: MakeForm) -> None:
    form = make_questionnaire(Instrument.NRS_BACK, (6,))
    with pytest.raises(BadInput, match="time zone"):
        assess([], [form, form.replace(at=form.at.replace(tzinfo=None))])


@given(st.lists(st.tuples(st.integers(0, 12), st.one_of(st.none(), st.integers(0, 10))), max_size=8))
def test_recorded_means_two_real_scores(answers: list[tuple[int, int | None]]) -> None:
    from datetime import UTC, datetime

    start = datetime(2024, 1, 1, tzinfo=UTC)
    forms = [
        Questionnaire(
            instrument=Instrument.NRS_BACK,
            at=start + timedelta(days=after),
            items=(item,),
            after_session=after,
        )
        for after, item in answers
    ]
    outcome = assess([], forms)
    given_values = {score(form).value for form in forms} - {None}
    assert outcome.recorded == bool(outcome.changes)
    for item in outcome.changes:
        assert {item.baseline, item.latest} <= given_values
    if not outcome.recorded:
        assert outcome.statement.startswith("No outcome recorded")
