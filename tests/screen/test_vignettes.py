"""Whole patients: ordinary, trial-eligible ones are not refused, unsuitable ones never pass."""

from __future__ import annotations

import pytest

from opentraction.chart import RuleState, Verdict
from opentraction.screen import MOST_QUESTIONS, screen

from .people import NOW, Vignette, vignettes, walk_intake

ORDINARY, UNSUITABLE = vignettes("ok"), vignettes("no")
FITTING = {Verdict.SUITABLE, Verdict.SUITABLE_WITH_PRECAUTIONS}


def test_there_are_twelve_of_each() -> None:
    assert len(ORDINARY) == 12
    assert len(UNSUITABLE) == 12
    assert all(set(person.expect) <= FITTING for person in ORDINARY)
    assert not any(set(person.expect) & FITTING for person in UNSUITABLE)


@pytest.mark.parametrize("person", ORDINARY, ids=lambda person: person.name)
def test_an_ordinary_patient_may_be_treated(person: Vignette) -> None:
    findings, asked = walk_intake(person)
    result = screen(person.patient, findings, at=NOW)
    assert result.verdict in person.expect, result.because
    assert result.verdict.permits_plan
    assert person.rule_ids("met") <= {rule.rule_id for rule in result.met()}
    assert asked <= MOST_QUESTIONS


@pytest.mark.parametrize("person", UNSUITABLE, ids=lambda person: person.name)
def test_an_unsuitable_patient_never_passes(person: Vignette) -> None:
    findings, _ = walk_intake(person)
    result = screen(person.patient, findings, at=NOW)
    assert result.verdict in person.expect, result.because
    assert not result.verdict.permits_plan
    assert person.rule_ids("met") <= {rule.rule_id for rule in result.met()}
    assert person.fields.get("send_to", "") in result.send_to
    if "concern" in person.fields:
        assert result.concern == person.fields["concern"]
    if "open" in person.fields:
        assert {one for question in result.open_questions for one in question.rule_ids} == person.rule_ids(
            "open"
        )


@pytest.mark.parametrize("person", UNSUITABLE, ids=lambda person: person.name)
def test_an_emergency_has_no_open_question_and_says_where_to_go(person: Vignette) -> None:
    result = screen(person.patient, walk_intake(person)[0], at=NOW)
    if result.verdict is Verdict.EMERGENCY:
        assert result.send_to.startswith("Emergency department now")
        assert result.open_questions == ()
    else:
        blocking = {rule.rule_id for rule in result.contraindications if rule.state is RuleState.UNKNOWN}
        listed = {one for question in result.open_questions for one in question.rule_ids}
        assert listed <= blocking | {one for one in listed if one.startswith("G")}
