"""Jaramillo HE, as read through Gruber 2024: the disc alone under pure moments."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from opentraction.mechanics import Row

pytestmark = pytest.mark.full
ROWS = ("V095", "V096", "V097", "V098", "V099", "V100", "V101", "V102", "V103", "V104", "V105", "V106")

Answered = Callable[..., dict[str, Row]]


def test_each_row_is_answered_and_judged_by_its_window(answered: Answered) -> None:
    answered(*ROWS)


def test_a_disc_turns_further_under_more_moment(answered: Answered) -> None:
    """V095 to V106: three moments in each of four directions."""
    rows = answered(*ROWS)
    for first in range(95, 107, 3):
        turns = [rows[f"V{first + k:03d}"].model for k in range(3)]
        values = [abs(model[1]) for model in turns if model is not None]
        assert len(values) == 3
        assert values == sorted(values)
