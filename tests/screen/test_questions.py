"""Few questions: the shortest open list, at most thirty at intake, at most eight at a return visit."""

from __future__ import annotations

from datetime import timedelta
from itertools import combinations

import pytest

from opentraction.chart import (
    Answer,
    BadInput,
    Clinician,
    Concern,
    Eligibility,
    Finding,
    FindingKind,
    Findings,
    FindingSource,
    Override,
    Reply,
    RuleState,
    Verdict,
    VertebraName,
)
from opentraction.screen import (
    MOST_QUESTIONS,
    after_changes,
    answer,
    change_questions,
    follow_up,
    gates,
    intake,
    ladders,
    rescreen,
    return_visit,
    rules,
    screen,
    with_answers,
)

from .people import ADULT, EMPTY, NOW, all_no, says

WEDGE = Finding(
    kind=FindingKind.VERTEBRAL_WEDGING, text="L1 wedged.", source=FindingSource.IMAGE, value=0.3,
    vertebra=VertebraName.L1,
)  # fmt: skip
CHARTS = {
    "two gates unasked": all_no(without=("G02", "G17")),
    "relative gates unasked too": all_no(without=("G01", "G13", "G20")),
    "a gate opened": says(all_no(without=("G09",)), Reply.YES, "G09"),
    "a ladder left open": says(
        says(all_no(without=("G16",)), Reply.YES, "G16"), Reply.NO, "RE05", "AB22", "RE07"
    ),
    "the image raises a doubt": all_no().replace(items=(WEDGE,)),
    "a doubt behind an unasked gate": all_no(without=("G11",)).replace(items=(WEDGE,)),
    "a rule said to be unknown": says(all_no(), Reply.UNKNOWN, "AB14"),
    "an emergency gate said to be unknown": says(all_no(without=("G05",)), Reply.UNKNOWN, "G05"),
}


def blocking(result: Eligibility) -> list[str]:
    blocks = {rule.rule_id for rule in rules() if rule.blocks}
    return [
        one.rule_id
        for one in result.contraindications
        if one.state is RuleState.UNKNOWN and one.rule_id in blocks
    ]


def answered_no(chart: Findings, questions: tuple[tuple[str, ...], ...]) -> Verdict:
    ids = [one for question in questions for one in question]
    return screen(ADULT, says(chart, Reply.NO, *ids), at=NOW).verdict


@pytest.mark.parametrize("name", CHARTS)
def test_no_shorter_list_of_questions_settles_the_verdict(name: str) -> None:
    chart = CHARTS[name]
    result = screen(ADULT, chart, at=NOW)
    assert result.verdict is Verdict.NOT_YET_KNOWN
    listed = tuple(
        question.rule_ids[:1] if question.rule_ids[0].startswith("G") else question.rule_ids
        for question in result.open_questions
    )
    assert answered_no(chart, listed).permits_plan
    open_rules = blocking(result)
    every: list[tuple[str, ...]] = [(one,) for one in open_rules]
    every += [(gate.gate_id,) for gate in gates() if set(gate.rule_ids) & set(open_rules)]
    every += [ladder.rule_ids for ladder in ladders() if set(ladder.rule_ids) & set(open_rules)]
    for size in range(len(listed)):
        for fewer in combinations(every, size):
            assert not answered_no(chart, fewer).permits_plan, fewer


def test_a_blank_chart_asks_each_blocking_gate_once_emergencies_first() -> None:
    result = screen(ADULT, EMPTY, at=NOW)
    first = [question.rule_ids[0] for question in result.open_questions]
    assert first[:6] == [f"G0{number}" for number in range(1, 7)]
    assert len(first) == len(set(first)) == 21
    assert answered_no(EMPTY, tuple((one,) for one in first)).permits_plan


def test_precautions_are_asked_only_once_nothing_blocks() -> None:
    chart = all_no(without=("G22", "G23"))
    result = screen(ADULT, chart, at=NOW)
    assert result.verdict is Verdict.SUITABLE_WITH_PRECAUTIONS
    assert [question.rule_ids[0] for question in result.open_questions] == ["G22", "G23"]
    assert all("Not known" in text for text in result.precautions[:2])
    assert answered_no(chart, (("G22",), ("G23",))) is Verdict.SUITABLE


def test_intake_asks_every_gate_and_then_only_what_is_open() -> None:
    assert [gate.gate_id for gate in intake(ADULT, EMPTY, at=NOW)] == [gate.gate_id for gate in gates()]
    assert len(gates()) <= MOST_QUESTIONS
    assert intake(ADULT, all_no(), at=NOW) == ()
    opened = says(all_no(without=("G11",)), Reply.YES, "G11")
    asked = follow_up(ADULT, opened, at=NOW)
    assert [question.rule_ids for question in asked] == [
        ("RF15", "AB03"), ("RE02", "RE01", "AB09"), ("AB10",), ("RE03",),
    ]  # fmt: skip
    assert all(len(question.ask) > 10 and question.why for question in asked)
    no_birth_date = ADULT.replace(birth_date=None, mass_kg=None)
    assert {one for question in follow_up(no_birth_date, all_no(), at=NOW) for one in question.rule_ids} == {
        "AB25",
        "RE34",
    }


def test_the_worst_case_of_any_single_open_gate_stays_within_thirty() -> None:
    for gate in gates():
        opened = says(all_no(without=(gate.gate_id,)), Reply.YES, gate.gate_id)
        assert len(gates()) + len(follow_up(ADULT, opened, at=NOW)) <= MOST_QUESTIONS, gate.gate_id


def test_a_known_table_spares_its_question_only_in_part() -> None:
    ids = [gate.gate_id for gate in intake(ADULT, EMPTY, at=NOW, table_capacity_kg=150)]
    assert "G25" in ids
    result = screen(ADULT, all_no(without=("G25",)), at=NOW, table_capacity_kg=150)
    assert result.verdict is Verdict.SUITABLE_WITH_PRECAUTIONS


def test_contradictory_answers_the_yes_stands_and_that_is_said() -> None:
    chart = says(says(EMPTY, Reply.NO, "AB14"), Reply.YES, "AB14", by="Dr Second")
    result = screen(ADULT, chart, at=NOW)
    shown = next(one for one in result.contraindications if one.rule_id == "AB14")
    assert shown.state is RuleState.MET
    assert any("The yes stands over this no." in reason for reason in shown.reasons)
    assert any("Dr Second said yes" in reason for reason in shown.reasons)


def test_a_question_that_is_the_rule_counts_as_its_answer() -> None:
    not_sure = says(says(EMPTY, Reply.UNKNOWN, "G18"), Reply.YES, "AB13")
    assert "AB13" in {one.rule_id for one in screen(ADULT, not_sure, at=NOW).met()}
    answers = (answer("AB13", Reply.NO, by="Dr", at=NOW), answer("G18", Reply.UNKNOWN, by="Pt", at=NOW))
    result = screen(ADULT, all_no().replace(answers=(*all_no().answers, *answers)), at=NOW)
    assert blocking(result) == ["AB13"]


def test_a_correction_needs_a_reason_and_then_replaces_the_answer() -> None:
    chart = says(all_no(), Reply.YES, "AB14")
    with pytest.raises(BadInput, match="reason for correcting AB14"):
        with_answers(chart, [answer("AB14", Reply.NO, by="Dr", at=NOW)], correcting=True)
    mended = with_answers(
        chart,
        [answer("AB14", Reply.NO, by="Dr", at=NOW, detail="ultrasound of 1 June: aorta 19 mm")],
        correcting=True,
    )
    assert screen(ADULT, mended, at=NOW).verdict is Verdict.SUITABLE
    asked_again = says(says(all_no(), Reply.UNKNOWN, "AB14"), Reply.NO, "G17")
    assert screen(ADULT, asked_again, at=NOW).verdict is Verdict.SUITABLE
    both = says(says(all_no(without=("G05",)), Reply.UNKNOWN, "G05"), Reply.NO, "RF06", "RF07")
    assert screen(ADULT, both, at=NOW).verdict is Verdict.SUITABLE


LATER = NOW + timedelta(days=3)


def changes(at_reply: Reply = Reply.NO, *others: tuple[str, Reply]) -> list[Answer]:
    special = dict(others)
    return [
        Answer(
            rule_id=change.change_id,
            reply=special.get(change.change_id, at_reply),
            by="Tess Turn",
            at=LATER,
        )
        for change in change_questions()
    ]


def test_eight_times_no_renews_what_stood_for_weeks_of_visits() -> None:
    chart = says(all_no(), Reply.YES, "RE02")
    result = screen(ADULT, chart, at=NOW)
    lapsed = screen(ADULT, chart, at=LATER)
    assert lapsed.verdict is Verdict.NOT_YET_KNOWN
    for visit in range(1, 15):
        at = NOW + timedelta(days=3 * visit)
        said = [one.replace(at=at) for one in changes()]
        chart = after_changes(result, chart, said)
        result = screen(ADULT, chart, at=at)
        assert result.verdict is Verdict.SUITABLE_WITH_PRECAUTIONS, (visit, result.because)
        assert {one.rule_id for one in result.met()} == {"RE02"}
    assert len(chart.answers) < 60


@pytest.mark.hazard("H17")
@pytest.mark.parametrize("change_id", ["C01", "C02", "C03"])
def test_a_yes_to_an_emergency_change_is_an_emergency_at_once(change_id: str) -> None:
    before = screen(ADULT, all_no(), at=NOW)
    after = rescreen(before, ADULT, all_no(), changes(Reply.NO, (change_id, Reply.YES)), at=LATER)
    assert after.verdict is Verdict.EMERGENCY
    assert after.concern is Concern.HIGH


@pytest.mark.hazard("H8", "H17")
@pytest.mark.parametrize("change", change_questions(), ids=lambda change: change.change_id)
def test_a_yes_reopens_exactly_the_rules_it_touches(change) -> None:  # type: ignore[no-untyped-def]
    before = screen(ADULT, all_no(), at=NOW)
    after = rescreen(before, ADULT, all_no(), changes(Reply.NO, (change.change_id, Reply.YES)), at=LATER)
    unknown = {one.rule_id for one in after.contraindications if one.state is RuleState.UNKNOWN}
    assert unknown == set(change.reopens)
    assert {one.rule_id for one in after.met()} == set(change.meets)
    assert not after.verdict.permits_plan


def test_a_reopened_rule_is_settled_by_asking_its_gate_again() -> None:
    before = screen(ADULT, all_no(), at=NOW)
    chart = after_changes(before, all_no(), changes(Reply.NO, ("C05", Reply.YES)))
    result = screen(ADULT, chart, at=LATER)
    assert result.verdict is Verdict.NOT_YET_KNOWN
    for question in result.open_questions:
        chart = says(chart, Reply.NO, question.rule_ids[0], at=LATER)
    assert screen(ADULT, chart, at=LATER).verdict.permits_plan


def test_a_change_question_left_out_reopens_what_it_touches() -> None:
    before = screen(ADULT, all_no(), at=NOW)
    for said in ([], changes(Reply.UNKNOWN), changes()[1:]):
        after = rescreen(before, ADULT, all_no(), said, at=LATER)
        assert after.verdict is Verdict.NOT_YET_KNOWN
    with pytest.raises(BadInput, match="change question"):
        rescreen(before, ADULT, all_no(), [answer("G01", Reply.NO, by="x", at=LATER)], at=LATER)


def test_no_change_does_not_clear_what_was_unknown_or_a_new_doubt() -> None:
    chart = all_no(without=("G18",))
    before = screen(ADULT, chart, at=NOW)
    assert rescreen(before, ADULT, chart, changes(), at=LATER).verdict is Verdict.NOT_YET_KNOWN
    clean = screen(ADULT, all_no(), at=NOW)
    new_image = all_no().replace(items=(WEDGE,))
    after = rescreen(clean, ADULT, new_image, changes(), at=LATER)
    assert after.verdict is Verdict.NOT_YET_KNOWN
    assert set(blocking(after)) == {"AB03", "RF15"}


def test_what_was_met_stays_met_and_its_override_stays_valid() -> None:
    chart = says(all_no(), Reply.YES, "AB11")
    signed = Override(
        rule_id="AB11",
        by=Clinician(name="Anne Aart"),
        second=Clinician(name="Bert Boom"),
        at=NOW,
        reason="One old wire, three levels above the target.",
    )
    before = screen(ADULT, chart, at=NOW, overrides=(signed,))
    assert before.verdict is Verdict.SUITABLE_WITH_PRECAUTIONS
    after = rescreen(before, ADULT, chart, changes(), at=LATER, overrides=(signed,))
    assert after.verdict is Verdict.SUITABLE_WITH_PRECAUTIONS
    assert rescreen(before, ADULT, chart, changes(), at=LATER).verdict is Verdict.NOT_SUITABLE


@pytest.mark.parametrize(
    ("met", "expected"),
    [
        ((), Concern.LOW),
        (("RE03", "RE02", "RE21"), Concern.LOW),
        (("RF10",), Concern.RAISED),
        (("RF10", "RF12"), Concern.HIGH),
        (("RF14", "RE03"), Concern.HIGH),
        (("RF14", "RE08"), Concern.RAISED),
        (("RF02",), Concern.HIGH),
    ],
)
def test_level_of_concern(met: tuple[str, ...], expected: Concern) -> None:
    result = screen(ADULT, says(all_no(), Reply.YES, *met), at=NOW)
    assert result.concern is expected
    assert result.concern_reasons
    if expected is Concern.HIGH and result.verdict is Verdict.SEE_DOCTOR:
        assert "today" in result.send_to


def test_an_answer_stands_as_long_as_its_rule_lets_it_unless_it_says_less() -> None:
    """A form's answer gives no number of days: one to a lasting fact stands for a year."""
    plain = [Answer(rule_id="AB04", reply=Reply.NO, by="Dr A", at=NOW)]
    short = [plain[0].replace(stands_days=10)]

    def state(said: list[Answer], days: int) -> RuleState:
        result = screen(ADULT, EMPTY.replace(answers=tuple(said)), at=NOW + timedelta(days=days))
        return next(one.state for one in result.contraindications if one.rule_id == "AB04")

    assert [state(plain, days) for days in (31, 364, 366)] == [
        RuleState.NOT_MET, RuleState.NOT_MET, RuleState.UNKNOWN,
    ]  # fmt: skip
    assert [state(short, days) for days in (9, 11)] == [RuleState.NOT_MET, RuleState.UNKNOWN]


def test_a_return_visit_joins_the_record_the_changes_and_what_was_asked_anew() -> None:
    first = all_no()
    before = screen(ADULT, first, at=NOW)

    def verdict(today: Findings, said: list[Answer]) -> Verdict:
        chart = return_visit(before, first, today, said)
        return screen(ADULT, chart, at=LATER + timedelta(hours=1)).verdict

    assert verdict(first, changes()) is Verdict.SUITABLE
    assert verdict(EMPTY, changes()) is Verdict.SUITABLE  # a form without answers: those on record stand
    fell = changes(Reply.NO, ("C05", Reply.YES))
    assert verdict(first, fell) is Verdict.NOT_YET_KNOWN
    opened = ("G10", "G11", "G14", "G20")
    asked_before = says(EMPTY, Reply.NO, *opened, at=LATER - timedelta(hours=1))
    asked_after = says(EMPTY, Reply.NO, *opened, at=LATER + timedelta(minutes=5))
    assert verdict(asked_before, fell) is Verdict.NOT_YET_KNOWN
    assert verdict(asked_after, fell).permits_plan
    assert verdict(says(EMPTY, Reply.YES, "AB13", at=LATER), changes()) is Verdict.NOT_SUITABLE


def test_what_was_unknown_is_settled_by_asking_it_since_and_not_by_no_change() -> None:
    first = all_no(without=("G18",))
    before = screen(ADULT, first, at=NOW)
    asked = says(EMPTY, Reply.NO, "G18", at=LATER - timedelta(hours=1))
    for today, expected in ((EMPTY, Verdict.NOT_YET_KNOWN), (asked, Verdict.SUITABLE)):
        chart = return_visit(before, first, today, changes())
        result = screen(ADULT, chart, at=LATER)
        assert result.verdict is expected
        assert not any("Tess Turn said unknown" in reason for reason in result.because), "she said no change"


def test_an_emergency_on_record_is_not_lost_by_no_change() -> None:
    before = screen(ADULT, all_no(), at=NOW)
    chart = after_changes(before, all_no(), changes(Reply.NO, ("C01", Reply.YES)))
    hospital = screen(ADULT, chart, at=LATER)
    assert hospital.verdict is Verdict.EMERGENCY
    weeks = LATER + timedelta(days=20)
    no_change = [one.replace(at=weeks) for one in changes()]
    again = return_visit(hospital, chart, EMPTY, no_change)
    assert screen(ADULT, again, at=weeks).verdict is Verdict.EMERGENCY


def test_change_answers_older_than_the_last_screening_say_nothing_of_what_changed_since() -> None:
    before = screen(ADULT, all_no(), at=NOW)
    old = [one.replace(at=NOW - timedelta(minutes=1)) for one in changes()]
    with pytest.raises(BadInput, match=r"after the last screening \(2025-06-02 10:00\), got C01"):
        after_changes(before, all_no(), old)
