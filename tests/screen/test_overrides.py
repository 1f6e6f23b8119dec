"""Who may go on although a rule is met, and how far that goes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from opentraction.chart import BadInput, Clinician, Findings, Override, Refused, Reply, Role, Verdict
from opentraction.screen import rules, screen

from .people import ADULT, EMPTY, NOW, all_no, says

ANNE, BERT = Clinician(name="Anne Aart"), Clinician(name="Bert Boom")


def override(rule_id: str, *people: Clinician, hours_ago: float = 0.0) -> Override:
    second = people[1] if len(people) > 1 else None
    at = NOW - timedelta(hours=hours_ago)
    return Override(
        rule_id=rule_id, by=people[0], second=second, at=at, reason="Imaging seen, risk discussed."
    )


def with_yes(rule_id: str) -> Findings:
    return says(all_no(), Reply.YES, rule_id)


@pytest.mark.hazard("H8")
@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.rule_id)
def test_two_people_lift_any_rule_to_precautions_at_best_and_nobody_an_emergency(rule) -> None:  # type: ignore[no-untyped-def]
    chart, both = with_yes(rule.rule_id), (override(rule.rule_id, ANNE, BERT),)
    if rule.emergency:
        with pytest.raises(Refused, match="no override exists"):
            screen(ADULT, chart, at=NOW, overrides=both)
        return
    result = screen(ADULT, chart, at=NOW, overrides=both)
    assert result.verdict is Verdict.SUITABLE_WITH_PRECAUTIONS
    shown = next(one for one in result.contraindications if one.rule_id == rule.rule_id)
    assert shown.override == both[0]
    assert any("Anne Aart and Bert Boom" in text for text in result.precautions)
    assert any("Imaging seen" in text for text in result.because)


@pytest.mark.hazard("H8")
def test_one_name_is_enough_for_a_red_flag_or_a_relative_rule_and_not_for_an_absolute_one() -> None:
    for rule_id in ("RF10", "RE02"):
        result = screen(ADULT, with_yes(rule_id), at=NOW, overrides=(override(rule_id, ANNE),))
        assert result.verdict is Verdict.SUITABLE_WITH_PRECAUTIONS
    for people in ((ANNE,), (ANNE, Clinician(name=" anne  AART"))):
        with pytest.raises(Refused, match="two different people"):
            screen(ADULT, with_yes("AB13"), at=NOW, overrides=(override("AB13", *people),))
    with pytest.raises(Refused, match="two different people"):
        screen(ADULT, with_yes("RE01"), at=NOW, overrides=(override("RE01", ANNE),))


def test_an_override_of_one_rule_leaves_the_others_standing() -> None:
    chart = says(all_no(), Reply.YES, "AB13", "AB14")
    result = screen(ADULT, chart, at=NOW, overrides=(override("AB13", ANNE, BERT),))
    assert result.verdict is Verdict.NOT_SUITABLE


@pytest.mark.hazard("H8")
def test_an_override_does_not_count_while_the_rule_is_unknown() -> None:
    chart = all_no(without=("G18",))
    result = screen(ADULT, chart, at=NOW, overrides=(override("AB13", ANNE, BERT),))
    assert result.verdict is Verdict.NOT_YET_KNOWN
    shown = next(one for one in result.contraindications if one.rule_id == "AB13")
    assert shown.override is None
    assert "does not count while it is unknown" in shown.reasons[-1]


@pytest.mark.hazard("H8")
def test_an_override_lapses_and_a_newer_yes_outdates_it() -> None:
    chart = says(all_no(), Reply.YES, "AB13")
    older = (override("AB13", ANNE, BERT, hours_ago=1),)
    assert screen(ADULT, chart, at=NOW, overrides=older).verdict is Verdict.NOT_SUITABLE
    heavy, signed = ADULT.replace(mass_kg=100), (override("RE34", ANNE),)
    for days, counts in ((0, True), (89, True), (90, False)):
        at = NOW + timedelta(days=days)
        result = screen(heavy, all_no(at=at), at=at, overrides=signed)
        shown = next(one for one in result.contraindications if one.rule_id == "RE34")
        assert (shown.override is not None) == counts
        assert ("has lapsed" in " ".join(shown.reasons)) != counts


def test_who_may_sign() -> None:
    therapist = Clinician(name="Tess Turn", role=Role.THERAPIST)
    demo = Clinician(name="Demo Person", role=Role.DEMONSTRATION)
    with pytest.raises(Refused, match="therapist"):
        screen(ADULT, with_yes("RE02"), at=NOW, overrides=(override("RE02", therapist),))
    with pytest.raises(Refused, match="simulated"):
        screen(ADULT, with_yes("RE02"), at=NOW, overrides=(override("RE02", demo),))
    made_up = ADULT.replace(simulated=True)
    assert screen(made_up, with_yes("RF10"), at=NOW, overrides=(override("RF10", demo),)).verdict.permits_plan
    with pytest.raises(BadInput, match="Did you mean"):
        screen(ADULT, EMPTY, at=NOW, overrides=(override("RE2", ANNE),))
    with pytest.raises(Refused, match="after this screening"):
        screen(ADULT, with_yes("RE02"), at=NOW, overrides=(override("RE02", ANNE, hours_ago=-2),))
