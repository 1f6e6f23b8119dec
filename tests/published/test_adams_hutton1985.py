"""Adams MA, Hutton WC: share of the load that facets take."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytestmark = pytest.mark.full
ROWS = ("V115", "V116")

Answered = Callable[..., dict[str, tuple[float, float, float]]]


def test_each_row_is_answered_and_judged_by_its_window(answered: Answered) -> None:
    assert set(answered(*ROWS)) == set(ROWS)
