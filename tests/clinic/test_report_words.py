"""Numbers, joined sentences and numbered sources, as the report writes them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opentraction.chart import LEVELS, Measure, Quality
from opentraction.clinic.report.citations import Citations
from opentraction.clinic.report.numbers import (
    clock,
    digits,
    dose_cell,
    force,
    interval,
    measure_cell,
    number,
    plain,
    row_places,
    signed,
)
from opentraction.clinic.report.sentences import likewise, listed, without_common_end


def test_a_measure_shows_value_mark_and_band_together() -> None:
    cell = str(measure_cell(Measure(value=8.63, sd=0.3, quality=Quality.DERIVED)))
    assert cell.startswith("8.6&nbsp;")
    assert '<abbr class="q" title="derived">D</abbr>' in cell
    assert "(8.1-9.1)" in cell


def test_an_unknown_measure_is_not_known_and_never_a_dash_or_zero() -> None:
    assert measure_cell(None) == "not known"
    assert number(None, 1) == "not known"
    assert number(float("nan"), 1) == "not known"
    assert plain(None) == "not known"


@pytest.mark.parametrize(("half", "places"), [(10.0, 0), (3.0, 0), (2.9, 1), (0.12, 1), (0.11, 2), (0.0, 2)])
def test_digits_follow_the_spread(half: float, places: int) -> None:
    assert digits(half) == places


def test_a_row_is_compared_with_the_digits_of_its_widest_band() -> None:
    sharp, wide = (Measure(value=10.0, sd=sd, quality=Quality.ASSUMED) for sd in (0.01, 4.0))
    assert (row_places([sharp]), row_places([sharp, None, wide]), row_places([None])) == (2, 0, 2)
    assert str(measure_cell(sharp, places=row_places([sharp, wide]))).startswith("10&nbsp;")


def test_signs() -> None:
    assert number(-0.04, 1) == "0.0"
    assert number(-4.25, 1) == "−4.2"
    assert interval(-1.4, 0.5, 1) == "−1.4 to 0.5"
    assert interval(1.0, 2.0, 1) == "1.0-2.0"
    assert (signed(-4.44), signed(2.0), signed(0.0), signed(0.01)) == ("−4.4", "+2", "0", "+0.0")


def test_times_doses_and_forces() -> None:
    assert (clock(0), clock(59.6), clock(1200)) == ("0:00", "1:00", "20:00")
    assert "10 " in str(dose_cell((5.0, 10.0, 26.0)))
    assert "(5-26)" in str(dose_cell((5.0, 10.0, 26.0)))
    assert "(−13.8 to −11.2)" in str(dose_cell((-13.8, -12.4, -11.2)))
    assert force(133.0) == "133 N (14 kgf)"


def test_likewise_joins_only_sentences_that_name_one_place() -> None:
    said = [
        "L1-L2 is derived.",
        "Levels held: L1, L2.",
        "L2-L3 is derived.",
        "Raising the left leg hurts the right leg.",
        "Raising the right leg hurts the left leg.",
        "No slip at L1-L2: 0.3 mm.",
        "No slip at L2-L3: 0.4 mm.",
    ]
    assert likewise(said) == ["L1-L2 is derived. Likewise L2-L3.", *said[1:2], *said[3:]]


def test_likewise_says_nothing_twice() -> None:
    assert likewise(["L1-L2 is thin", "L1-L2 is thin", "L2-L3 is thin"]) == ["L1-L2 is thin. Likewise L2-L3."]


@given(st.lists(st.sampled_from([f"{level} is {word}." for level in LEVELS for word in ("thin", "worn")])))
def test_likewise_loses_no_level_and_invents_none(said: list[str]) -> None:
    shown = likewise(said)
    pairs = {
        (str(level), word) for level in LEVELS for word in ("thin", "worn") if f"{level} is {word}." in said
    }
    found = {
        (str(level), word)
        for sentence in shown
        for word in ("thin", "worn")
        for level in LEVELS
        if f"is {word}." in sentence and str(level) in sentence
    }
    assert found == pairs
    assert len(shown) <= 2


def test_listed() -> None:
    assert (listed([]), listed(["a"]), listed(["a", "b", "c"])) == ("", "a", "a, b and c")


def test_a_shared_ending_is_split_off_and_the_rest_kept() -> None:
    assert without_common_end(["One. Same. End.", "Two. Same. End."]) == (["One.", "Two."], "Same. End.")
    assert without_common_end(["Same."]) == (["Same."], "")
    assert without_common_end(["Same.", "Same."]) == (["Same.", "Same."], "")
    assert without_common_end([]) == ([], "")


A = "Schimmel 2009, trial, 18:1843 [SCHIMMEL, class A]"
B = "KDT, part 2 (a vendor's rule) [KDT2, class C]"


def test_a_source_becomes_a_linked_number_and_keeps_its_text_in_the_list() -> None:
    texts = [f"At most 178 N ({B}); then 377 N ({A}).", f"Stop (points assumed; sudden pain: {A})."]
    citations = Citations(texts)
    assert [(c.number, c.key, c.text) for c in citations.listed] == [
        (1, "KDT2", "KDT, part 2 (a vendor's rule)"),
        (2, "SCHIMMEL", "Schimmel 2009, trial, 18:1843"),
    ]
    first, second = (str(citations.cite(text)) for text in texts)
    assert first.startswith('At most 178 N <a class="cite" href="#source-1"')
    assert ">[1]</a>; then 377 N <a" in first
    assert first.endswith(">[2]</a>.")
    assert second.startswith("Stop (points assumed; sudden pain: <a")
    assert second.endswith(">[2]</a>).")


def test_a_text_without_sources_is_only_escaped() -> None:
    assert str(Citations([]).cite("a <b> & c [X, class Z]")) == "a &lt;b&gt; &amp; c [X, class Z]"


def test_a_hostile_source_is_escaped() -> None:
    text = 'so <i>"x" [KEY1, class B]'
    citations = Citations([text])
    assert "<i>" not in str(citations.cite(text))
    assert "<i>" not in str(citations.in_full(text))


@given(st.lists(st.sampled_from(["so it is", f"so ({A})", f"so ({A}; {B})", f"{B}", f"x: {A}. Then ({B})."])))
def test_every_number_that_is_shown_is_in_the_list(texts: list[str]) -> None:
    citations = Citations(texts)
    for text in texts:
        shown = str(citations.cite(text))
        assert "class A]" not in shown
        assert "class C]" not in shown
        assert shown.count("</a>") == text.count(", class ")
