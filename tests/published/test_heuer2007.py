"""Heuer F et al., 2007, as read through Gruber 2024: the disc alone under pure moments."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from opentraction.mechanics import Row

pytestmark = pytest.mark.full
ROWS = (
    "V071",
    "V072",
    "V073",
    "V074",
    "V075",
    "V076",
    "V077",
    "V078",
    "V079",
    "V080",
    "V081",
    "V082",
    "V083",
    "V084",
    "V085",
    "V087",
    "V088",
    "V089",
    "V090",
    "V091",
    "V092",
    "V093",
    "V094",
)

Answered = Callable[..., dict[str, Row]]


def test_each_row_is_answered_and_judged_by_its_window(answered: Answered) -> None:
    answered(*ROWS)


def test_pressure_rises_with_the_moment_in_each_direction(answered: Answered) -> None:
    """V071 to V082: three moments in each of four directions."""
    rows = answered(*ROWS)
    for first in range(71, 83, 3):
        medians = [rows[f"V{first + k:03d}"].model for k in range(3)]
        assert all(model is not None for model in medians)
        values = [model[1] for model in medians if model is not None]
        assert values == sorted(values)
