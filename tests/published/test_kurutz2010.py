"""Kurutz M, Bender T, J Multidiscip Healthc 2010: lengthening in weightbath traction, young and old."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from opentraction.mechanics import Row

pytestmark = pytest.mark.full
ROWS = ("V006", "V007", "V008", "V009")

Answered = Callable[..., dict[str, Row]]


def test_each_row_is_answered_and_judged_by_its_window(answered: Answered) -> None:
    answered(*ROWS)


def test_discs_go_on_lengthening_and_old_ones_lengthen_less(answered: Answered) -> None:
    rows = answered(*ROWS)
    early, old_early, late, old_late = (row.model for row in rows.values())
    assert early is not None
    assert old_early is not None
    assert late is not None
    assert old_late is not None
    assert 0.0 < early[1] < late[1]
    assert 0.0 < old_early[1] < old_late[1]
    assert old_early[1] < early[1]
    assert old_late[1] < late[1]
