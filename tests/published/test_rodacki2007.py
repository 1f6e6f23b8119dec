"""Rodacki ALF et al., Braz J Phys Ther 2007: stature during and after traction."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytestmark = pytest.mark.full
ROWS = ("V020", "V021", "V022", "V023")
PASSING = ("V020", "V021", "V023")

Answered = Callable[..., dict[str, tuple[float, float, float]]]


def test_each_row_is_answered_and_those_that_are_no_near_thing_pass(answered: Answered) -> None:
    assert set(answered(*ROWS, passing=PASSING)) == set(ROWS)


def test_most_of_the_gain_comes_from_lying_down(answered: Answered) -> None:
    """Lying without pull gives more than half of what a pull of 30 % of body weight gives."""
    bands = answered(*ROWS)
    lying, pulled = bands["V020"][1], bands["V021"][1]
    assert 0.5 * pulled < lying <= pulled
