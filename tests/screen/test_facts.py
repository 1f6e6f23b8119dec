"""Facts that answer a rule: beyond a cut-off they meet it; on the safe side only a published one clears."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from opentraction.chart import (
    LEVELS,
    BadInput,
    Finding,
    FindingKind,
    Findings,
    FindingSource,
    Level,
    Patient,
    Quality,
    Reply,
    RuleState,
    Side,
    Verdict,
    VertebraName,
)
from opentraction.screen import rules, screen
from opentraction.screen.fact import cleared

from .people import ADULT, EMPTY, NOW, all_no, says

K = FindingKind
MET, NOT_MET, UNKNOWN = RuleState.MET, RuleState.NOT_MET, RuleState.UNKNOWN


def finding(
    kind: FindingKind,
    text: str = "Seen.",
    *,
    value: float | None = None,
    unit: str = "",
    sd: float | None = None,
    side: Side | None = None,
    level: Level | None = None,
    vertebra: VertebraName | None = None,
    source: FindingSource = FindingSource.IMAGE,
    positive: bool = True,
    quality: Quality = Quality.MEASURED,
) -> Finding:
    return Finding(
        kind=kind, text=text, value=value, unit=unit, sd=sd, side=side, level=level, vertebra=vertebra,
        source=source, positive=positive, quality=quality,
    )  # fmt: skip


def state(rule_id: str, *items: Finding, base: Findings = EMPTY, patient: Patient = ADULT) -> RuleState:
    result = screen(patient, base.replace(items=items), at=NOW)
    return next(one.state for one in result.contraindications if one.rule_id == rule_id)


def test_age_decides_from_the_birth_date_and_not_from_its_absence() -> None:
    assert state("AB25") is NOT_MET
    assert state("AB25", patient=ADULT.replace(birth_date=date(2007, 6, 3))) is MET
    assert state("AB25", patient=ADULT.replace(birth_date=date(2007, 6, 1))) is NOT_MET
    assert state("AB25", patient=ADULT.replace(birth_date=None)) is UNKNOWN
    nobody_knows = screen(ADULT.replace(birth_date=None), all_no(), at=NOW)
    assert nobody_knows.verdict is Verdict.NOT_YET_KNOWN
    assert [question.rule_ids for question in nobody_knows.open_questions] == [("AB25",)]


def test_older_age_is_a_precaution_and_youth_clears_nothing() -> None:
    assert state("RE21", patient=ADULT.replace(birth_date=date(1960, 1, 1))) is MET
    assert state("RE21") is UNKNOWN
    assert state("RE21", base=all_no()) is NOT_MET


def test_an_age_is_never_rounded_up() -> None:
    nearly_47 = ADULT.replace(birth_date=NOW.date() - timedelta(days=int(46.9 * 365.25)))
    rules = screen(nearly_47, all_no(), at=NOW).contraindications
    assert "Age 46 years." in next(rule.reasons for rule in rules if rule.rule_id == "AB25")


@pytest.mark.parametrize(
    ("mass_kg", "capacity_kg", "expected"),
    [(80, None, UNKNOWN), (182, None, MET), (182, 220, NOT_MET), (136, 135, MET), (80, 135, NOT_MET)],
)
def test_weight_is_held_against_this_table(
    mass_kg: float, capacity_kg: float | None, expected: RuleState
) -> None:
    patient = ADULT.replace(mass_kg=mass_kg)
    result = screen(patient, EMPTY, at=NOW, table_capacity_kg=capacity_kg)
    assert next(one.state for one in result.contraindications if one.rule_id == "AB26") is expected


def test_an_ordinary_weight_is_cleared_by_the_staff_question_without_a_table() -> None:
    assert state("AB26", base=all_no()) is NOT_MET
    heavy = ADULT.replace(mass_kg=190)
    assert state("AB26", base=all_no(), patient=heavy) is MET


def test_body_mass_index() -> None:
    assert state("RE34") is NOT_MET
    assert state("RE34", patient=ADULT.replace(mass_kg=100)) is MET
    assert state("RE34", patient=ADULT.replace(mass_kg=None)) is UNKNOWN


def slip(value: float, sd: float | None = 2.0, level: Level = Level.L4_L5, positive: bool = True) -> Finding:
    return finding(K.LISTHESIS, value=value, sd=sd, unit="%", level=level, positive=positive)


def test_a_slip_beyond_a_quarter_is_met_and_one_near_it_is_never_cleared() -> None:
    assert state("AB08", slip(31), base=all_no()) is MET
    assert state("AB08", slip(-31), base=all_no()) is MET
    assert state("AB08", slip(23), base=all_no()) is UNKNOWN
    assert state("AB08", slip(12, sd=None), base=all_no()) is UNKNOWN
    assert state("AB08", slip(12), base=all_no()) is NOT_MET
    assert state("RE17", slip(12), base=all_no()) is MET
    assert state("AB08", slip(23), base=says(all_no(), Reply.NO, "AB08")) is NOT_MET


IMAGED = EMPTY.replace(imaged_at=NOW - timedelta(days=30))


def test_an_image_clears_grade_two_only_when_it_shows_every_level() -> None:
    some = [slip(1, level=level, positive=False) for level in LEVELS]
    assert state("AB08", *some, base=IMAGED) is NOT_MET
    assert state("AB08", *some[:4], base=IMAGED) is UNKNOWN
    assert state("AB08", *some[:4], slip(22, level=Level.L5_S1), base=IMAGED) is UNKNOWN
    assert state("RE17", *some, base=IMAGED) is UNKNOWN


def test_an_old_image_or_one_of_unknown_age_clears_nothing_however_new_the_examination() -> None:
    some = [slip(1, level=level, positive=False) for level in LEVELS]
    old = EMPTY.replace(examined_at=NOW, imaged_at=NOW - timedelta(days=400))
    undated = EMPTY.replace(examined_at=NOW, imaged_at=None)
    for base in (old, undated):
        assert state("AB08", *some, base=base) is UNKNOWN
        assert state("AB08", *some, base=base.replace(answers=all_no().answers)) is NOT_MET


def test_a_slip_in_millimetres_or_words_leaves_its_grade_open() -> None:
    plain = finding(K.LISTHESIS, "Slip of 5 mm.", value=5, unit="mm", level=Level.L5_S1)
    assert state("AB08", plain, base=all_no()) is UNKNOWN
    assert state("RE17", plain, base=all_no()) is MET
    both = finding(K.LISTHESIS, "Slip of 5 mm (14 %).", value=5, unit="mm", sd=1, level=Level.L5_S1)
    assert state("AB08", both, base=all_no()) is NOT_MET
    worded = finding(K.LISTHESIS, "Grade II slip.", level=Level.L5_S1, source=FindingSource.REPORT)
    assert state("AB08", worded, base=all_no()) is MET
    first = finding(K.LISTHESIS, "Grade I slip.", level=Level.L5_S1, source=FindingSource.REPORT)
    assert state("AB08", first, base=all_no()) is NOT_MET
    for words in ("Grade I-II slip.", "Slip, grade 1 to 2.", "grade I or grade II"):
        between = first.replace(text=words)
        assert state("RE17", between, base=all_no()) is MET
        assert state("AB08", between, base=all_no()) is UNKNOWN


def test_a_slip_that_its_spread_does_not_tell_from_normal_is_unknown_and_not_met() -> None:
    """An image that reads 3.1 mm with a spread of 0.9 mm neither shows a slip nor the lack of one."""
    maybe = slip(-8.8, sd=2.6).replace(certainty=0.535)
    assert state("RE17", maybe, base=all_no()) is UNKNOWN
    assert state("RE17", maybe.replace(certainty=0.29), base=all_no()) is UNKNOWN
    assert state("RE17", maybe.replace(certainty=0.9), base=all_no()) is MET
    assert state("RE17", maybe, base=says(all_no(), Reply.NO, "RE17")) is NOT_MET
    assert state("RE17", maybe, base=says(all_no(), Reply.YES, "RE17")) is MET
    assert state("AB08", maybe, base=all_no()) is NOT_MET
    result = screen(ADULT, all_no().replace(items=(maybe,)), at=NOW)
    assert result.verdict is Verdict.SUITABLE_WITH_PRECAUTIONS
    assert [question.rule_ids for question in result.open_questions] == [("RE17",)]
    read = maybe.replace(source=FindingSource.REPORT)
    assert state("RE17", read, base=all_no()) is MET  # a person read that image


def test_a_wedged_body_asks_until_a_person_answers_the_rule_itself() -> None:
    wedge = finding(K.VERTEBRAL_WEDGING, "L1 has lost 30 %.", value=0.3, vertebra=VertebraName.L1)
    for rule_id in ("RF15", "AB03"):
        assert state(rule_id, wedge, base=all_no()) is UNKNOWN
        assert state(rule_id, wedge, base=says(all_no(), Reply.NO, rule_id)) is NOT_MET
    result = screen(ADULT, all_no().replace(items=(wedge,)), at=NOW)
    assert result.verdict is Verdict.NOT_YET_KNOWN
    assert "L1 has lost 30 %" in result.open_questions[0].why
    seen_normal = finding(K.VERTEBRAL_WEDGING, "No wedge.", positive=False)
    assert state("AB03", seen_normal) is UNKNOWN


def myotome(grade: float, side: Side, root: VertebraName = VertebraName.L5) -> Finding:
    text = f"Strength of root {root} {side}: MRC {grade:g}."
    return finding(K.MYOTOME, text, value=grade, side=side, vertebra=root, source=FindingSource.EXAMINATION)


def test_severe_weakness_is_an_emergency_and_normal_strength_clears_nothing() -> None:
    result = screen(ADULT, all_no().replace(items=(myotome(3, Side.LEFT),)), at=NOW)
    assert result.verdict is Verdict.EMERGENCY
    assert {"RF06", "RF07"} <= {one.rule_id for one in result.met()}
    assert "surgical opinion" in result.send_to
    knee = screen(ADULT, all_no().replace(items=(myotome(2, Side.LEFT, VertebraName.L3),)), at=NOW)
    assert {one.rule_id for one in knee.met()} == {"RF06"}
    assert state("RF06", myotome(5, Side.LEFT), myotome(5, Side.RIGHT)) is UNKNOWN
    assert state("RF06", myotome(4, Side.LEFT), base=all_no()) is NOT_MET


def test_a_muscle_weaker_by_a_grade_since_the_last_visit_is_an_emergency() -> None:
    before = EMPTY.replace(items=(myotome(5, Side.LEFT), myotome(5, Side.RIGHT)))
    now = all_no().replace(items=(myotome(4, Side.LEFT), myotome(5, Side.RIGHT)))
    assert screen(ADULT, now, at=NOW).verdict is Verdict.SUITABLE
    assert screen(ADULT, now, at=NOW, baseline=before).verdict is Verdict.EMERGENCY
    assert screen(ADULT, now, at=NOW, baseline=now).verdict is Verdict.SUITABLE


def test_signs_on_both_sides() -> None:
    raises = [
        finding(K.STRAIGHT_LEG_RAISE, side=side, value=40, source=FindingSource.EXAMINATION)
        for side in (Side.LEFT, Side.RIGHT)
    ]
    assert state("RF05", *raises, base=all_no()) is MET
    assert state("RF05", raises[0], base=all_no()) is NOT_MET
    assert state("RF01", myotome(4, Side.LEFT), myotome(4, Side.RIGHT), base=all_no()) is MET
    legs = finding(K.PAIN_LEG, side=Side.BOTH, value=5, source=FindingSource.PATIENT)
    assert state("RF05", legs, base=all_no(without=("G04",))) is UNKNOWN
    assert state("RF05", legs, base=all_no()) is NOT_MET  # G04 asks just that: is it new or getting worse?


@pytest.mark.parametrize(
    ("rule_id", "item"),
    [
        ("RE13", finding(K.DISC_DISPLACEMENT, "Sequestration L5-S1.", side=Side.LEFT)),
        ("RE14", finding(K.DISC_DISPLACEMENT, "Extrusion.", value=8, unit="mm", side=Side.CENTRE)),
        ("RE15", finding(K.CANAL_STENOSIS, "Canal 80 mm2.", value=80, unit="mm2")),
        ("RE15", finding(K.CANAL_STENOSIS, "Report: severe canal stenosis.")),
        ("RE01", finding(K.BONE_DENSITY, value=-2.6)),
        ("RE02", finding(K.BONE_DENSITY, value=-1.4)),
        ("RE23", finding(K.DISC_DEGENERATION, value=5.0)),
        ("RF08", finding(K.REFLEX, "Clonus left.", side=Side.LEFT)),
        ("AB16", finding(K.DURATION, value=48, unit="hours")),
        ("AB17", finding(K.PERIPHERALISATION, "Pain moved down during the trial pull.")),
        ("RE03", finding(K.MEDICATION, "prednisolone 10 mg for a year")),
        ("RE04", finding(K.MEDICATION, "no opioids, warfarin by INR")),
        ("RF13", finding(K.MEDICATION, "methotrexate weekly")),
    ],
)
def test_facts_beyond_a_cut_off_meet_the_rule_even_against_a_no(rule_id: str, item: Finding) -> None:
    assert state(rule_id, item, base=says(all_no(), Reply.NO, rule_id)) is MET
    assert state(rule_id, item.replace(positive=False), base=all_no()) is NOT_MET


def test_roots_and_recent_prolapse_are_precautions() -> None:
    two = (myotome(4, Side.LEFT), myotome(4, Side.LEFT, VertebraName.S1))
    assert state("RE24", *two, base=all_no()) is MET
    assert state("RE24", two[0], base=all_no()) is NOT_MET
    recent = (finding(K.DURATION, value=2, unit="weeks"), finding(K.PAIN_LEG, value=6, side=Side.LEFT))
    assert state("RE35", *recent, base=all_no()) is MET


@pytest.mark.parametrize(
    ("rule_id", "item"),
    [
        ("RE15", finding(K.CANAL_STENOSIS, value=180, unit="mm2")),
        ("RE02", finding(K.BONE_DENSITY, value=0.4, sd=0.1)),
        ("AB09", finding(K.BONE_DENSITY, value=0.4, sd=0.1)),
        ("RE14", finding(K.DISC_DISPLACEMENT, value=1.0, unit="mm", side=Side.LEFT)),
        ("RF07", myotome(5, Side.LEFT)),
        ("RE35", finding(K.DURATION, value=300, unit="days")),
        ("RE23", finding(K.DISC_DEGENERATION, value=1.0)),
    ],
)
def test_a_fact_on_the_safe_side_of_an_unsourced_cut_off_clears_nobody(rule_id: str, item: Finding) -> None:
    assert state(rule_id, item) is UNKNOWN
    assert state(rule_id, item, base=says(EMPTY, Reply.NO, rule_id)) is NOT_MET


def test_no_fact_may_ever_be_written_that_clears_by_an_unsourced_cut_off() -> None:
    for rule in rules():
        assert bool(cleared(rule.rule_id, "A number on the safe side.")) == rule.threshold_sourced


def test_a_published_cut_off_may_clear_when_its_spread_allows() -> None:
    assert state("RE01", finding(K.BONE_DENSITY, value=-1.4, sd=0.2), base=IMAGED) is NOT_MET
    assert state("RE01", finding(K.BONE_DENSITY, value=-2.3, sd=0.2), base=IMAGED) is UNKNOWN
    assert state("RE01", finding(K.BONE_DENSITY, value=-1.4), base=IMAGED) is UNKNOWN


def test_assumed_values_say_nothing() -> None:
    guessed = finding(K.LISTHESIS, value=40, sd=1, unit="%", level=Level.L4_L5, quality=Quality.ASSUMED)
    assert state("AB08", guessed, base=all_no()) is NOT_MET


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("breast cancer 2019, treated", UNKNOWN),
        ("no cancer, fracture or fusion", NOT_MET),
        ("family history of cancer", NOT_MET),
        ("stopped working after breast cancer in 2019", UNKNOWN),
        ("first episode of leg pain", NOT_MET),
    ],
)
def test_history_words_raise_a_question_and_respect_a_denial(text: str, expected: RuleState) -> None:
    assert state("RF09", finding(K.HISTORY, text), base=all_no()) is expected


def test_a_misspelt_or_cervical_rule_is_refused_in_a_sentence() -> None:
    def with_id(rule_id: str) -> Findings:
        answers = (all_no().answers[0].replace(rule_id=rule_id),)
        return EMPTY.replace(answers=answers)

    with pytest.raises(BadInput, match=r"got 'rf01'\. Did you mean 'RF01'"):
        screen(ADULT, with_id("rf01"), at=NOW)
    with pytest.raises(BadInput, match="rule for the neck"):
        screen(ADULT, with_id("RF16"), at=NOW)
    with pytest.raises(BadInput, match="dated"):
        screen(ADULT, all_no(at=NOW + timedelta(hours=1)), at=NOW)


def test_times_without_a_zone_are_read_as_utc() -> None:
    plain = NOW.replace(tzinfo=None)
    result = screen(ADULT, all_no(at=plain), at=plain)
    assert result.verdict is Verdict.SUITABLE
    assert result.stands_until == plain + timedelta(days=1)
    assert screen(ADULT, all_no(at=plain), at=NOW).stands_until == NOW + timedelta(days=1)
