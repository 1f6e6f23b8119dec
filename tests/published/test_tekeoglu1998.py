"""Tekeoglu I et al., Spine 1998: widening in gravitational traction."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytestmark = pytest.mark.full
ROWS = ("V024",)

Answered = Callable[..., dict[str, tuple[float, float, float]]]


def test_each_row_is_answered_and_judged_by_its_window(answered: Answered) -> None:
    assert set(answered(*ROWS)) == set(ROWS)


def test_hanging_widens_every_level(answered: Answered) -> None:
    assert answered(*ROWS)["V024"][0] > 0.0
