"""Wilke HJ et al., Spine 1999;24:755: pressure in one living L4-L5 disc, by posture."""

from __future__ import annotations

from collections.abc import Callable

from opentraction.mechanics import Row

ROWS = ("V052", "V058", "V059", "V060", "V061", "V062", "V063", "V064")

Answered = Callable[..., dict[str, Row]]


def test_each_row_is_answered_and_judged_by_its_window(answered: Answered) -> None:
    answered(*ROWS)


def test_standing_presses_more_than_lying(answered: Answered) -> None:
    rows = answered(*ROWS)
    lying, standing = rows["V058"].model, rows["V059"].model
    assert lying is not None
    assert standing is not None
    assert 0.0 < lying[2] < standing[0]
