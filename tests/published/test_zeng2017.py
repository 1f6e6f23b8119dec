"""Zeng ZL et al., 2017: turning after the facets are taken away."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytestmark = pytest.mark.full
ROWS = ("V117", "V118", "V119")

Answered = Callable[..., dict[str, tuple[float, float, float]]]


def test_each_row_is_answered_and_judged_by_its_window(answered: Answered) -> None:
    assert set(answered(*ROWS)) == set(ROWS)
