"""Wilke HJ et al., Spine 1999;24:755: pressure in one living L4-L5 disc, by posture."""

from __future__ import annotations

from collections.abc import Callable

ROWS = ("V052", "V058", "V059", "V060", "V061", "V062", "V063", "V064")
PASSING = ("V052", "V058", "V060", "V062", "V063")

Answered = Callable[..., dict[str, tuple[float, float, float]]]


def test_each_row_is_answered_and_those_that_are_no_near_thing_pass(answered: Answered) -> None:
    assert set(answered(*ROWS, passing=PASSING)) == set(ROWS)


def test_standing_presses_more_than_lying(answered: Answered) -> None:
    bands = answered(*ROWS)
    assert 0.0 < bands["V058"][2] < bands["V059"][0]
