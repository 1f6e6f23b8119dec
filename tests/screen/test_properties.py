"""What must hold whatever is answered: unknown is never no, and a yes never helps."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opentraction.chart import (
    Answer,
    Finding,
    FindingKind,
    Findings,
    FindingSource,
    Level,
    Patient,
    Reply,
    RuleState,
    Side,
    Verdict,
    VertebraName,
)
from opentraction.screen import after_changes, change_questions, gates, rules, screen

from .people import ADULT, NOW

IDS = [rule.rule_id for rule in rules()] + [gate.gate_id for gate in gates()]
GATE_IDS = [gate.gate_id for gate in gates()]
PERMISSIVE = {Verdict.SUITABLE: 2, Verdict.SUITABLE_WITH_PRECAUTIONS: 1}


def permissive(verdict: Verdict) -> int:
    """2 suitable, 1 with precautions, 0 where no plan may be signed."""
    return PERMISSIVE.get(verdict, 0)


def one_answer(rule_id: str, reply: Reply, days_ago: float, stands: float) -> Answer:
    return Answer(
        rule_id=rule_id, reply=reply, by="Dr Reader", at=NOW - timedelta(days=days_ago), stands_days=stands
    )


def answers(ids: list[str]) -> st.SearchStrategy[Answer]:
    """Answers of any kind and age to some of the questions."""
    return st.builds(
        one_answer,
        st.sampled_from(ids),
        st.sampled_from(list(Reply)),
        st.sampled_from([0.0, 0.0, 0.0, 0.5, 3.0, 20.0, 100.0]),
        st.sampled_from([0.4, 30.0, 365.0]),
    )


items = st.sampled_from(
    [
        Finding(kind=FindingKind.MYOTOME, text="L5 left.", source=FindingSource.EXAMINATION, value=4,
                side=Side.LEFT, vertebra=VertebraName.L5),
        Finding(kind=FindingKind.LISTHESIS, text="Slip.", source=FindingSource.IMAGE, value=12, sd=3,
                level=Level.L4_L5, unit="%"),
        Finding(kind=FindingKind.LISTHESIS, text="Slip.", source=FindingSource.IMAGE, value=24, sd=3,
                level=Level.L5_S1, unit="%"),
        Finding(kind=FindingKind.VERTEBRAL_WEDGING, text="L1 wedged.", source=FindingSource.IMAGE, value=0.3,
                vertebra=VertebraName.L1),
        Finding(kind=FindingKind.BONE_DENSITY, text="T -1.5.", source=FindingSource.REPORT, value=-1.5),
        Finding(kind=FindingKind.PAIN_LEG, text="Both legs.", source=FindingSource.PATIENT, value=5,
                side=Side.BOTH),
        Finding(kind=FindingKind.HISTORY, text="breast cancer 2019", source=FindingSource.PATIENT),
    ]
)  # fmt: skip
patients = st.builds(
    Patient,
    patient_id=st.just("p"),
    birth_date=st.sampled_from([None, date(1985, 5, 5), date(1950, 5, 5), date(2012, 5, 5)]),
    mass_kg=st.sampled_from([None, 70.0, 120.0, 200.0]),
    stature_mm=st.sampled_from([None, 1750.0]),
)


@st.composite
def charts(draw: st.DrawFn) -> Findings:
    """All gates answered no (or all but a few), then a few answers on top, several about one gate."""
    skipped = draw(st.sets(st.sampled_from(GATE_IDS), max_size=2))
    base = [one_answer(gate_id, Reply.NO, 0, 30) for gate_id in GATE_IDS if gate_id not in skipped]
    gate = draw(st.sampled_from(gates()))
    extra = draw(st.lists(answers([gate.gate_id, *gate.rule_ids]), max_size=4))
    extra += draw(st.lists(answers(IDS), max_size=2))
    return Findings(items=tuple(draw(st.lists(items, max_size=2))), answers=(*base, *extra))


@pytest.mark.hazard("H8")
@given(charts(), patients | st.just(ADULT), st.data())
@settings(max_examples=200, deadline=None)
def test_replacing_any_answer_by_unknown_never_makes_the_verdict_more_permissive(
    findings: Findings, patient: Patient, data: st.DataObject
) -> None:
    before = screen(patient, findings, at=NOW).verdict
    last = len(findings.answers) - 1
    index = data.draw(st.integers(0, last) | st.integers(max(0, last - 5), last))
    old = findings.answers[index]
    changed = list(findings.answers)
    changed[index] = old.replace(reply=Reply.UNKNOWN)
    after = screen(patient, findings.replace(answers=tuple(changed)), at=NOW).verdict
    assert permissive(after) <= permissive(before)
    if old.reply is Reply.NO:
        assert after.restrictiveness >= before.restrictiveness


@given(charts(), patients | st.just(ADULT), st.sampled_from(IDS))
@settings(max_examples=200, deadline=None)
def test_adding_a_yes_never_makes_the_verdict_more_permissive(
    findings: Findings, patient: Patient, rule_id: str
) -> None:
    before = screen(patient, findings, at=NOW).verdict
    more = findings.replace(answers=(*findings.answers, one_answer(rule_id, Reply.YES, 0, 30)))
    after = screen(patient, more, at=NOW).verdict
    assert after.restrictiveness >= before.restrictiveness


@pytest.mark.hazard("H8")
@given(charts(), patients | st.just(ADULT))
@settings(max_examples=200, deadline=None)
def test_no_plan_under_an_unknown_red_flag_or_absolute_rule(findings: Findings, patient: Patient) -> None:
    result = screen(patient, findings, at=NOW)
    blocking = {rule.rule_id for rule in rules() if rule.blocks}
    open_or_met = [
        one
        for one in result.contraindications
        if one.rule_id in blocking and one.state is not RuleState.NOT_MET
    ]
    assert result.verdict.permits_plan == (not open_or_met)
    relative = [one for one in result.contraindications if one.state is not RuleState.NOT_MET]
    assert (result.verdict is Verdict.SUITABLE) == (not relative)


@given(charts(), st.data())
@settings(max_examples=100, deadline=None)
def test_change_answers_never_make_the_verdict_more_permissive(
    findings: Findings, data: st.DataObject
) -> None:
    before = screen(ADULT, findings, at=NOW)
    later = NOW + timedelta(hours=2)
    changes = [
        Answer(rule_id=change.change_id, reply=data.draw(st.sampled_from(list(Reply))), by="Th", at=later)
        for change in change_questions()
        if data.draw(st.booleans())
    ]
    after = screen(ADULT, after_changes(before, findings, changes), at=later)
    assert permissive(after.verdict) <= permissive(before.verdict)


@given(charts(), patients | st.just(ADULT))
@settings(max_examples=60, deadline=None)
def test_the_order_of_answers_does_not_matter(findings: Findings, patient: Patient) -> None:
    turned = findings.replace(answers=tuple(reversed(findings.answers)))
    first, second = screen(patient, findings, at=NOW), screen(patient, turned, at=NOW)
    assert first.verdict == second.verdict
    assert [one.state for one in first.contraindications] == [one.state for one in second.contraindications]


@pytest.mark.hazard("H8")
def test_an_answer_stands_until_it_lapses_and_not_longer() -> None:
    for rule in rules():
        given_at = NOW - timedelta(days=rule.stands_days)
        said = Answer(rule_id=rule.rule_id, reply=Reply.NO, by="Dr", at=given_at, stands_days=400)
        just_before = screen(
            Patient(patient_id="x"), Findings(items=(), answers=(said,)), at=NOW - timedelta(seconds=1)
        )
        at_lapse = screen(Patient(patient_id="x"), Findings(items=(), answers=(said,)), at=NOW)
        before, after = (
            next(one for one in result.contraindications if one.rule_id == rule.rule_id)
            for result in (just_before, at_lapse)
        )
        assert before.state is RuleState.NOT_MET
        assert after.state is RuleState.UNKNOWN
        assert "lapsed" in " ".join(after.reasons)
