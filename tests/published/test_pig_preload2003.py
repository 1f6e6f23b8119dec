"""Preload and stiffness of porcine segments, 2003 (PIGPRELOAD2003 in the table of targets)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytestmark = pytest.mark.full
ROWS = ("V121", "V122", "V123", "V124")
PASSING = ()

Answered = Callable[..., dict[str, tuple[float, float, float]]]


def test_each_row_is_answered_and_those_that_are_no_near_thing_pass(answered: Answered) -> None:
    assert set(answered(*ROWS, passing=PASSING)) == set(ROWS)
