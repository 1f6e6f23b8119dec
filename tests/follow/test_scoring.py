"""Scores by hand, the missing-item rules, and the properties that hold for every form."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opentraction.chart import BadInput, Instrument, Questionnaire
from opentraction.follow import (
    RULES,
    OdiRule,
    RmdqForm,
    instrument_row,
    instrument_sources,
    instrument_table,
    score,
)

AT = datetime(2024, 1, 1, tzinfo=UTC)


def form(
    instrument: Instrument, items: list[int | None] | tuple[int | None, ...], **other: object
) -> Questionnaire:
    return Questionnaire(instrument=instrument, at=AT, items=tuple(items), **other)  # type: ignore[arg-type]


def odi(*items: int | None) -> Questionnaire:
    return form(Instrument.ODI, items)


@st.composite
def complete(draw: st.DrawFn) -> Questionnaire:
    instrument = draw(st.sampled_from(list(Instrument)))
    rule = RULES[instrument]
    items = draw(st.lists(st.integers(0, rule.item_max), min_size=rule.item_count, max_size=rule.item_count))
    return form(instrument, items)


@st.composite
def gappy(draw: st.DrawFn) -> Questionnaire:
    whole = draw(complete())
    keep = draw(st.lists(st.booleans(), min_size=len(whole.items), max_size=len(whole.items)))
    return whole.replace(
        items=tuple(item if kept else None for item, kept in zip(whole.items, keep, strict=True))
    )


def test_odi_by_hand() -> None:
    result = score(odi(3, 2, 4, 1, 2, 3, 1, 0, 2, 4))
    assert (result.value, result.unit, result.missing_items, result.note) == (44.0, "percent", 0, "")


def test_odi_with_one_section_left_out_as_on_the_scoring_sheet() -> None:
    """16 of a possible 45 is 35.5 % on the sheet; stored unrounded, and flagged."""
    result = score(odi(2, 2, 2, 2, 2, 2, 2, None, 1, 1))
    assert result.value == pytest.approx(100 * 16 / 45)
    assert result.missing_items == 1
    assert "1 of 10 sections not answered" in result.note


def test_odi_strict_is_rounded_to_a_whole_percent() -> None:
    items = (2, 2, 2, 2, 2, 2, 2, None, 1, 1)
    assert score(odi(*items), odi_rule=OdiRule.STRICT).value == 36
    assert "Rounded" in score(odi(*items), odi_rule=OdiRule.STRICT).note


def test_odi_with_two_sections_left_out() -> None:
    items = (2, 2, 2, 2, 2, 2, 2, None, None, 2)
    for rule in (OdiRule.NINE_PROPORTIONAL, OdiRule.STRICT):
        result = score(odi(*items), odi_rule=rule)
        assert result.value is None
        assert "8 of 10 sections answered" in result.note
    sheet = score(odi(*items), odi_rule=OdiRule.PROPORTIONAL)
    assert sheet.value == 40
    assert "2 of 10 sections not answered" in sheet.note


def test_rmdq_blank_is_not_ticked_and_is_said() -> None:
    result = score(form(Instrument.RMDQ, [1] * 7 + [None] * 17))
    assert (result.value, result.unit, result.missing_items) == (7.0, "points", 17)
    assert "17 of 24 left blank, counted as not ticked" in result.note


def test_rmdq_asked_as_yes_or_no_is_proportional_and_is_said() -> None:
    result = score(form(Instrument.RMDQ, [1] * 6 + [0] * 12 + [None] * 6), rmdq_form=RmdqForm.YES_NO)
    assert result.value == pytest.approx(24 * 6 / 18)
    assert "not a standard rule" in result.note


@pytest.mark.parametrize("rmdq_form", list(RmdqForm))
def test_a_blank_rmdq_form_is_no_score_of_zero(rmdq_form: RmdqForm) -> None:
    result = score(form(Instrument.RMDQ, [None] * 24), rmdq_form=rmdq_form)
    assert result.value is None
    assert "cannot be told" in result.note


def test_nrs_keeps_its_recall_and_a_missing_rating_stays_missing() -> None:
    result = score(form(Instrument.NRS_LEG, [7], recall="average of the last week"))
    assert (result.value, result.unit) == (7.0, "points")
    assert "average of the last week" in result.note
    assert score(form(Instrument.NRS_BACK, [None])).value is None


@pytest.mark.parametrize(
    ("instrument", "items", "says"),
    [
        (Instrument.NRS_BACK, [11], "item 1 must be a whole number from 0 to 10, got 11"),
        (Instrument.NRS_BACK, [-1], "from 0 to 10, got -1"),
        (Instrument.ODI, [0] * 9 + [6], "item 10 must be a whole number from 0 to 5, got 6"),
        (Instrument.ODI, [0] * 9, "has 10 items, got 9"),
        (Instrument.RMDQ, [0] * 23 + [2], "item 24 must be a whole number from 0 to 1, got 2"),
        (Instrument.RMDQ, [0] * 18, "has 24 items, got 18"),
        (Instrument.NRS_LEG, [], "has 1 item, got 0"),
    ],
)
def test_a_wrong_form_is_one_sentence(instrument: Instrument, items: list[int | None], says: str) -> None:
    with pytest.raises(BadInput, match=says):
        score(form(instrument, items))


@given(complete())
def test_a_score_stays_on_its_scale(questionnaire: Questionnaire) -> None:
    value = score(questionnaire).value
    assert value is not None
    assert 0 <= value <= RULES[questionnaire.instrument].score_max


@given(gappy(), st.sampled_from(list(OdiRule)), st.sampled_from(list(RmdqForm)))
def test_a_gappy_form_stays_on_its_scale_or_says_why_not(
    questionnaire: Questionnaire, odi_rule: OdiRule, rmdq_form: RmdqForm
) -> None:
    result = score(questionnaire, odi_rule=odi_rule, rmdq_form=rmdq_form)
    assert result.missing_items == sum(item is None for item in questionnaire.items)
    if result.value is None:
        assert result.note
    else:
        assert 0 <= result.value <= RULES[questionnaire.instrument].score_max
    if result.missing_items:
        assert result.note


@given(gappy(), st.integers(0, 23), st.sampled_from(list(OdiRule)), st.sampled_from(list(RmdqForm)))
def test_one_worse_answer_never_lowers_the_score(
    questionnaire: Questionnaire, place: int, odi_rule: OdiRule, rmdq_form: RmdqForm
) -> None:
    items = list(questionnaire.items)
    place %= len(items)
    item = items[place]
    if item is None or item == RULES[questionnaire.instrument].item_max:
        return
    items[place] = item + 1
    before = score(questionnaire, odi_rule=odi_rule, rmdq_form=rmdq_form).value
    after = score(questionnaire.replace(items=tuple(items)), odi_rule=odi_rule, rmdq_form=rmdq_form).value
    assert (before is None) == (after is None)
    if before is not None and after is not None:
        assert after > before or (odi_rule is OdiRule.STRICT and after >= before)


@given(st.lists(st.integers(0, 5), min_size=10, max_size=10), st.integers(0, 9))
def test_leaving_out_one_odi_section_moves_the_score_no_further_than_its_weight(
    items: list[int], out: int
) -> None:
    """s9 = (50 s10 - 5 x) / 45 in parts of 5: dropping item x changes the percentage by at most 100/9 +
    tiny."""
    whole = score(odi(*items)).value
    part = score(odi(*(None if i == out else item for i, item in enumerate(items)))).value
    assert whole is not None
    assert part is not None
    assert part - whole == pytest.approx((whole - 20.0 * items[out]) / 9)


def test_the_numbers_in_code_are_those_of_the_table() -> None:
    assert {row["instrument"] for row in instrument_table()} >= {"NRS pain", "ODI 2.1a", "RMDQ-24"}
    odi_row, rmdq, nrs = (instrument_row(i) for i in (Instrument.ODI, Instrument.RMDQ, Instrument.NRS_BACK))
    assert odi_row["mdc"].startswith("10 points")
    assert RULES[Instrument.ODI].mdc == 10
    assert "10 points or 30%" in odi_row["mcid"]
    assert (RULES[Instrument.ODI].mcid, RULES[Instrument.ODI].mcid_fraction) == (10, 0.3)
    assert rmdq["mdc"].startswith("4-5 points")
    assert (RULES[Instrument.RMDQ].mdc_low, RULES[Instrument.RMDQ].mdc) == (4, 5)
    assert "<4" in rmdq["mdc"]
    assert ">20" in rmdq["mdc"]
    assert rmdq["mcid"].startswith("5 points or 30%")
    assert "2 points or 30%" in nrs["mcid"]
    for instrument, rule in RULES.items():
        row = instrument_row(instrument)
        assert (int(row["items"]), float(row["max"])) == (rule.item_count, rule.score_max)


def test_no_licensed_wording_travels_with_the_scoring() -> None:
    assert "LICENSED" in instrument_row(Instrument.ODI)["licence"]
    assert "not the wording" in instrument_row(Instrument.ODI)["licence"]


@pytest.mark.parametrize("instrument", list(Instrument))
def test_every_source_key_is_spelt_out(instrument: Instrument) -> None:
    named = instrument_sources(instrument)
    assert any(item.startswith("I-OST08: Ostelo, Spine 2008") for item in named)
    assert any("Childs" in item for item in named) == instrument.value.startswith("NRS")
