"""Foramina of loaded cadaver spines on CT (FORAMENCT in the table of targets)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytestmark = pytest.mark.full
ROWS = ("V037", "V038", "V039", "V040", "V041", "V042", "V043")
PASSING = ("V037", "V041", "V043")

Answered = Callable[..., dict[str, tuple[float, float, float]]]


def test_each_row_is_answered_and_those_that_are_no_near_thing_pass(answered: Answered) -> None:
    assert set(answered(*ROWS, passing=PASSING)) == set(ROWS)
