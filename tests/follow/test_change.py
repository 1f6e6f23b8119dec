"""Change against measurement error and importance: known cases, edges of the scale, and what it never
says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opentraction.chart import BadInput, Change, Instrument, Score
from opentraction.follow import RULES, change, is_responder, minimal_detectable_change

AT = datetime(2024, 1, 1, tzinfo=UTC)


def scored(instrument: Instrument, value: float | None, *, day: int = 0) -> Score:
    return Score(instrument=instrument, at=AT + timedelta(days=day), value=value, unit=RULES[instrument].unit)


def changed(instrument: Instrument, before: float, after: float, **own: float) -> Change:
    return change(scored(instrument, before), scored(instrument, after, day=30), **own)


@pytest.mark.parametrize(
    ("instrument", "before", "after", "beyond", "important"),
    [
        (Instrument.ODI, 44, 28, True, True),
        (Instrument.ODI, 44, 34, True, True),
        (Instrument.ODI, 44, 36, False, False),
        (Instrument.ODI, 24, 16, False, True),  # a third of the baseline, and within error
        (Instrument.ODI, 60, 49, True, True),
        (Instrument.ODI, 40, 52, True, True),  # worse
        (Instrument.ODI, 12, 17, False, False),  # worse by 42 %, which counts only for improvement
        (Instrument.RMDQ, 14, 8, True, True),
        (Instrument.RMDQ, 14, 9, True, True),
        (Instrument.RMDQ, 14, 10, None, False),  # 4 points: the published errors of 4 and 5 disagree
        (Instrument.RMDQ, 12, 9, False, False),
        (Instrument.RMDQ, 3, 0, None, None),
        (Instrument.RMDQ, 3, 9, True, True),
        (Instrument.RMDQ, 22, 24, None, None),
        (Instrument.RMDQ, 22, 15, True, True),
        (Instrument.NRS_LEG, 7, 6, False, False),
        (Instrument.NRS_LEG, 7, 5, None, True),  # 2 points: important, error not settled
        (Instrument.NRS_LEG, 7, 4, True, True),
        (Instrument.NRS_BACK, 1, 0, None, None),
    ],
)
def test_known_cases(
    instrument: Instrument, before: float, after: float, beyond: bool | None, important: bool | None
) -> None:
    item = changed(instrument, before, after)
    assert (item.beyond_error, item.important) == (beyond, important)
    assert item.change == after - before


def test_the_sentence_says_the_numbers_the_sources_and_what_it_is_not() -> None:
    sentence = changed(Instrument.ODI, 44, 28).sentence
    for part in (
        "44 to 28 percent",
        "better",
        "MDC 10",
        "MCID 10",
        "Ostelo 2008",
        "how much of it the treatment caused",
    ):
        assert part in sentence
    assert "not assessable" in changed(Instrument.RMDQ, 3, 1).sentence
    assert "Childs 2005" in changed(Instrument.NRS_LEG, 7, 5).sentence
    assert "important worsening" in changed(Instrument.ODI, 40, 52).sentence
    assert (
        "important only as 30 % of the baseline, not by 10 points" in changed(Instrument.ODI, 24, 16).sentence
    )


def test_own_spread_sets_the_error() -> None:
    item = changed(Instrument.ODI, 44, 30, sd=15, reliability=0.9)
    assert item.mdc == pytest.approx(1.959964 * 2**0.5 * 15 * 0.1**0.5, rel=1e-6)
    assert item.beyond_error is True
    assert changed(Instrument.ODI, 44, 32, sd=15, reliability=0.9).beyond_error is False
    assert "SD 15 and reliability 0.9" in item.sentence


def test_a_responder_passes_both() -> None:
    assert is_responder(changed(Instrument.ODI, 44, 28)) is True
    assert is_responder(changed(Instrument.ODI, 24, 16)) is False
    assert is_responder(changed(Instrument.ODI, 28, 44)) is False
    assert is_responder(changed(Instrument.RMDQ, 3, 0)) is None
    assert is_responder(changed(Instrument.NRS_LEG, 7, 5)) is None


def test_who_is_surely_no_responder_is_not_left_open() -> None:
    """4 points of RMDQ from 14 are not important, whichever published error holds; a worsening never is."""
    small = changed(Instrument.RMDQ, 14, 10)
    assert (small.beyond_error, small.important) == (None, False)
    assert is_responder(small) is False
    worse = changed(Instrument.NRS_LEG, 5, 7)
    assert worse.beyond_error is None
    assert is_responder(worse) is False
    top = changed(Instrument.RMDQ, 22, 24)
    assert (top.beyond_error, is_responder(top)) == (None, False)
    assert is_responder(changed(Instrument.RMDQ, 22, 22)) is None


@pytest.mark.parametrize(
    ("own", "says"),
    [
        ({"sd": 15.0}, "both sd and reliability"),
        ({"reliability": 0.9}, "both sd and reliability"),
        ({"sd": 0.0, "reliability": 0.9}, "above 0"),
        ({"sd": 10.0, "reliability": 1.0}, "below 1"),
    ],
)
def test_a_wrong_spread_is_a_sentence(own: dict[str, float], says: str) -> None:
    with pytest.raises(BadInput, match=says):
        changed(Instrument.ODI, 44, 28, **own)


def test_unlike_scores_are_refused() -> None:
    with pytest.raises(BadInput, match="one instrument"):
        change(scored(Instrument.ODI, 40), scored(Instrument.RMDQ, 12))
    with pytest.raises(BadInput, match="without a value"):
        change(scored(Instrument.ODI, None), scored(Instrument.ODI, 12))
    with pytest.raises(BadInput, match="in order"):
        change(scored(Instrument.ODI, 40, day=9), scored(Instrument.ODI, 12))
    naive = Score(instrument="ODI 2.1a", at=datetime(2024, 5, 1), value=10, unit="percent")
    with pytest.raises(BadInput, match="time zone"):
        change(scored(Instrument.ODI, 40), naive)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Instrument, float, float]:
    instrument = draw(st.sampled_from(list(Instrument)))
    top = RULES[instrument].score_max
    return instrument, draw(st.floats(0, top)), draw(st.floats(0, top))


@given(pairs())
def test_no_sentence_calls_a_change_an_effect(pair: tuple[Instrument, float, float]) -> None:
    sentence = changed(*pair).sentence.lower()
    assert "how much of it the treatment caused cannot be told" in sentence
    for word in ("effect of", "worked", "thanks to", "due to", "responded to"):
        assert word not in sentence


@given(pairs(), st.floats(0, 24))
def test_a_larger_improvement_is_never_less(pair: tuple[Instrument, float, float], more: float) -> None:
    """Order: False < None < True, for the error and for importance, at one baseline."""
    instrument, before, after = pair
    if after > before:
        before, after = after, before
    rank = {False: 0, None: 1, True: 2}
    small, large = changed(instrument, before, after), changed(instrument, before, max(0.0, after - more))
    if small.beyond_error is None and before < RULES[instrument].improvement_needs:
        assert large.beyond_error is None
        return
    assert rank[large.beyond_error] >= rank[small.beyond_error]
    assert rank[large.important] >= rank[small.important]


@given(st.floats(0.1, 50), st.floats(0, 0.99), st.floats(0, 0.99))
def test_a_more_reliable_instrument_detects_less(sd: float, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert minimal_detectable_change(sd, high) <= minimal_detectable_change(sd, low)
    assert minimal_detectable_change(sd, low, confidence=0.9) < minimal_detectable_change(sd, low)
