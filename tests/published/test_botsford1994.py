"""Botsford DJ et al., Spine 1994: disc volume over a simulated day."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from opentraction.mechanics import Row

pytestmark = pytest.mark.full
ROWS = ("V046", "V047")

Answered = Callable[..., dict[str, Row]]


def test_each_row_is_answered_and_judged_by_its_window(answered: Answered) -> None:
    answered(*ROWS)


def test_a_day_upright_takes_volume(answered: Answered) -> None:
    rows = answered(*ROWS)
    for row in rows.values():
        assert row.model is not None
        assert row.model[0] > 0.0
