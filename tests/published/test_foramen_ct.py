"""Foramina of loaded cadaver spines on CT (FORAMENCT in the table of targets)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from opentraction.mechanics import Row

pytestmark = pytest.mark.full
ROWS = ("V037", "V038", "V039", "V040", "V041", "V042", "V043")

Answered = Callable[..., dict[str, Row]]


def test_each_row_is_answered_and_judged_by_its_window(answered: Answered) -> None:
    answered(*ROWS)
