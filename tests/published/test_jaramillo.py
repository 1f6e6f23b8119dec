"""Jaramillo HE, as read through Gruber 2024: the disc alone under pure moments."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytestmark = pytest.mark.full
ROWS = ("V095", "V096", "V097", "V098", "V099", "V100", "V101", "V102", "V103", "V104", "V105", "V106")
PASSING = ("V096", "V097", "V098", "V099", "V100", "V104", "V105", "V106")

Answered = Callable[..., dict[str, tuple[float, float, float]]]


def test_each_row_is_answered_and_those_that_are_no_near_thing_pass(answered: Answered) -> None:
    assert set(answered(*ROWS, passing=PASSING)) == set(ROWS)


def test_a_disc_turns_further_under_more_moment(answered: Answered) -> None:
    """V095 to V106: three moments in each of four directions."""
    bands = answered(*ROWS)
    for first in range(95, 107, 3):
        turns = [abs(bands[f"V{first + k:03d}"][1]) for k in range(3)]
        assert turns == sorted(turns)
