"""The table as carried in, and every lumbar rule within reach."""

from __future__ import annotations

import csv
from importlib.resources import files

import pytest

from opentraction.chart import Concern, Reply, RuleCategory, RuleState, Verdict
from opentraction.screen import (
    MOST_CHANGE_QUESTIONS,
    NO_FORCE_FIGURE,
    RULESET,
    OnYes,
    Rule,
    change_questions,
    families,
    gates,
    ladders,
    rows,
    rules,
    screen,
    sources,
)

from .people import ADULT, NOW, all_no, says

IDS = {rule.rule_id for rule in rules()}
VERDICT = {
    RuleCategory.ABSOLUTE: Verdict.NOT_SUITABLE,
    RuleCategory.RED_FLAG: Verdict.SEE_DOCTOR,
    RuleCategory.RELATIVE: Verdict.SUITABLE_WITH_PRECAUTIONS,
}


def test_all_rows_of_the_table_are_carried_in_with_codes_and_sources() -> None:
    text = (files("opentraction.screen") / "data" / "contraindications.csv").read_text(encoding="utf-8")
    raw = list(csv.DictReader(text.splitlines()))
    assert len(raw) == len(rows()) == 83
    assert len({row.rule_id for row in rows()}) == 83
    counts = {category: sum(row.category is category for row in rows()) for category in RuleCategory}
    assert counts == {RuleCategory.RED_FLAG: 19, RuleCategory.ABSOLUTE: 28, RuleCategory.RELATIVE: 36}
    for line, row in zip(raw, rows(), strict=True):
        assert row.sources
        assert row.published
        assert "|".join(row.icd10) == line["icd10"]
        assert "|".join(row.snomed) == line["snomed"]
        assert row.lumbar == (line["applies_to"] in ("lumbar", "both"))
    assert next(row for row in rows() if row.rule_id == "RF01").snomed == ("192970008",)
    assert next(row for row in rows() if row.rule_id == "AB08").icd10 == ("M43.16", "M43.12", "M43.10")


def test_only_lumbar_rows_become_rules() -> None:
    assert len(rules()) == 76
    assert {row.rule_id for row in rows()} - IDS == {"RF16", "AB07", "AB18", "RE16", "RE19", "RE22", "RE28"}


def test_every_source_named_is_in_the_list_of_sources() -> None:
    named = {key.split("(")[0] for row in rows() for key in row.published}
    named |= {key for rule in rules() for position in rule.positions for key in position.by}
    assert named - set(sources()) == {"unsourced"}
    assert all(one.weight in "ABC" and one.title and one.address for one in sources().values())


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.rule_id)
def test_every_rule_can_be_met_and_changes_the_verdict(rule: Rule) -> None:
    base = screen(ADULT, all_no(), at=NOW)
    assert base.verdict is Verdict.SUITABLE
    result = screen(ADULT, says(all_no(), Reply.YES, rule.rule_id), at=NOW)
    assert rule.rule_id in {one.rule_id for one in result.met()}
    assert result.verdict is (Verdict.EMERGENCY if rule.emergency else VERDICT[rule.standing])
    assert any(rule.rule_id in sentence for sentence in result.because)
    if result.verdict in (Verdict.EMERGENCY, Verdict.SEE_DOCTOR):
        assert result.send_to
        assert result.concern is not Concern.LOW
    if rule.standing is RuleCategory.RELATIVE:
        assert rule.precaution in result.precautions


def test_the_strictest_reading_is_never_milder_and_shows_its_conflict() -> None:
    order = [RuleCategory.RELATIVE, RuleCategory.ABSOLUTE]
    raised = {rule.rule_id for rule in rules() if rule.standing is not rule.category}
    assert raised == {"RE01", "RE05", "RE06", "RE18"}
    for rule in rules():
        if rule.rule_id in raised:
            assert order.index(rule.standing) > order.index(rule.category)
            assert "strictest" in rule.conflict
    for rule_id, words in (
        ("RE01", "HOLLADAY"), ("AB13", "EPALMER"), ("AB01", "precaution only"), ("AB15", "precaution only"),
        ("AB11", "SANOMED"), ("AB03", "K053223"), ("AB08", "ITRAC"), ("RE17", "PTDRX"), ("RE25", "MACPILOT"),
    ):  # fmt: skip
        result = screen(ADULT, all_no(), at=NOW)
        shown = next(one.conflict for one in result.contraindications if one.rule_id == rule_id)
        assert words in shown


def test_unsourced_cut_offs_are_marked() -> None:
    sourced = {rule.rule_id for rule in rules() if rule.threshold_sourced}
    assert {"AB08", "AB25", "AB26", "RE01", "RE34"} <= sourced
    assert sourced.isdisjoint(
        {"RF06", "RF07", "RF10", "AB06", "AB09", "AB12", "RE02", "RE05", "RE15", "RE17"}
    )


def test_each_rule_stands_behind_one_gate_and_one_change_question() -> None:
    gated = [one for gate in gates() for one in gate.rule_ids]
    changed = [one for change in change_questions() for one in change.rule_ids]
    assert len(gated) == len(set(gated))
    assert len(changed) == len(set(changed))
    assert set(gated) == set(changed) == IDS - {"AB25", "RE34"}
    assert len(change_questions()) <= MOST_CHANGE_QUESTIONS == 8
    assert [gate.gate_id for gate in gates()] == [f"G{number:02d}" for number in range(1, 26)]


def test_emergency_rules_are_never_hidden_among_others() -> None:
    emergency = {rule.rule_id for rule in rules() if rule.emergency}
    assert {f"RF0{number}" for number in range(1, 8)} <= emergency
    for gate in gates():
        urgent = set(gate.rule_ids) & emergency - {"AB05"}
        if urgent:
            assert gate.on_yes is OnYes.MET
            assert set(gate.rule_ids) == urgent
    assert all(set(change.meets) <= emergency for change in change_questions())
    reopened = {one for change in change_questions() for one in change.reopens}
    assert reopened & emergency == {"AB05"}


def test_gate_questions_are_short_and_plain() -> None:
    for gate in gates():
        assert len(gate.ask.split()) <= 32, gate.gate_id
        assert gate.ask.endswith(("?", ")")), gate.gate_id
        longest = max(gate.ask.replace("(", " ").replace(")", " ").split(), key=len)
        assert len(longest.strip("?.,;:")) <= 14, longest


def test_ladders_lie_behind_one_gate_each_and_tick_lists_hold_only_precautions() -> None:
    by_id = {rule.rule_id: rule for rule in rules()}
    for ladder in ladders():
        assert any(set(ladder.rule_ids) <= set(gate.rule_ids) for gate in gates())
        assert set(ladder.choices) == set(ladder.rule_ids)
        if ladder.several:
            assert all(by_id[one].standing is RuleCategory.RELATIVE for one in ladder.rule_ids)


def test_every_rule_is_asked_and_says_how_long_it_stands() -> None:
    for rule in rules():
        assert rule.question.endswith(("?", "."))
        assert 1 <= rule.stands_days <= 365
        assert rule.stands_why
        assert bool(rule.send_to) == rule.emergency
        assert bool(rule.precaution) == (rule.category is RuleCategory.RELATIVE)
    stands = {rule.rule_id: rule.stands_days for rule in rules()}
    assert stands["RF02"] == stands["RF06"] == stands["AB20"] == 1
    assert stands["AB13"] == 28
    assert stands["AB06"] == stands["AB08"] == 365


def test_families_name_red_flags() -> None:
    by_id = {rule.rule_id: rule for rule in rules()}
    for family in families():
        assert all(by_id[one].category is RuleCategory.RED_FLAG for one in family.flags)
        assert all(by_id[one].category is not RuleCategory.RED_FLAG for one in family.supports)


def test_the_ruleset_names_its_version_and_digest() -> None:
    result = screen(ADULT, all_no(), at=NOW)
    assert result.ruleset == RULESET
    assert RULESET.startswith("opentraction-lumbar-screening 1.0 (")
    assert len(result.contraindications) == 76
    assert all(one.state is RuleState.NOT_MET for one in result.contraindications)


def test_a_precaution_that_asks_for_a_low_pull_asks_the_clinician_for_a_figure() -> None:
    """No source gives one: none is invented, and whoever signs is told to name it."""
    for rule in rules():
        words = ("low force", "lower force", "start low", "lower start force")
        assert rule.low_force == any(word in rule.precaution.lower() for word in words), rule.rule_id
        result = screen(ADULT, says(all_no(), Reply.YES, rule.rule_id), at=NOW)
        asked = rule.low_force and rule.standing is RuleCategory.RELATIVE
        assert result.low_force == ((rule.rule_id,) if asked else ())
        assert (NO_FORCE_FIGURE in result.precautions) == asked
        assert result.force_cap_n is None
    unknown = screen(ADULT, says(all_no(), Reply.UNKNOWN, "RE17"), at=NOW)
    assert unknown.low_force == ("RE17",), "an unknown precaution counts as present"
