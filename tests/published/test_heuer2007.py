"""Heuer F et al., 2007, as read through Gruber 2024: the disc alone under pure moments."""

from __future__ import annotations

from collections.abc import Callable

import pytest

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
PASSING = (
    "V073",
    "V080",
    "V081",
    "V083",
    "V084",
    "V085",
    "V088",
    "V089",
    "V090",
    "V091",
    "V093",
    "V094",
)

Answered = Callable[..., dict[str, tuple[float, float, float]]]


def test_each_row_is_answered_and_those_that_are_no_near_thing_pass(answered: Answered) -> None:
    assert set(answered(*ROWS, passing=PASSING)) == set(ROWS)


def test_pressure_rises_with_the_moment_in_each_direction(answered: Answered) -> None:
    """V071 to V082: three moments in each of four directions."""
    bands = answered(*ROWS)
    for first in range(71, 83, 3):
        medians = [bands[f"V{first + k:03d}"][1] for k in range(3)]
        assert medians == sorted(medians)
