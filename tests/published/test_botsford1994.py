"""Botsford DJ et al., Spine 1994: disc volume over a simulated day."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytestmark = pytest.mark.full
ROWS = ("V046", "V047")

Answered = Callable[..., dict[str, tuple[float, float, float]]]


def test_each_row_is_answered_and_judged_by_its_window(answered: Answered) -> None:
    assert set(answered(*ROWS)) == set(ROWS)


def test_a_day_upright_takes_volume(answered: Answered) -> None:
    for low, _, _ in answered(*ROWS).values():
        assert low > 0.0
