"""Nagel TM et al., 2014: strain at the back of the disc."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytestmark = pytest.mark.full
ROWS = ("V143",)

Answered = Callable[..., dict[str, tuple[float, float, float]]]


def test_each_row_is_answered_and_judged_by_its_window(answered: Answered) -> None:
    assert set(answered(*ROWS)) == set(ROWS)
