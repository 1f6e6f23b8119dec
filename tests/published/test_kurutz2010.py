"""Kurutz M, Bender T, J Multidiscip Healthc 2010: lengthening in weightbath traction, young and old."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytestmark = pytest.mark.full
ROWS = ("V006", "V007", "V008", "V009")
PASSING = ("V008",)

Answered = Callable[..., dict[str, tuple[float, float, float]]]


def test_each_row_is_answered_and_those_that_are_no_near_thing_pass(answered: Answered) -> None:
    assert set(answered(*ROWS, passing=PASSING)) == set(ROWS)


def test_discs_go_on_lengthening(answered: Answered) -> None:
    """Old ones were measured to lengthen far less than young ones; the column's do not: V007, V009 miss."""
    early, old_early, late, old_late = (middle for _, middle, _ in answered(*ROWS).values())
    assert 0.0 < early < late
    assert 0.0 < old_early < old_late
