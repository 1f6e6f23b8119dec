"""Tekeoglu I et al., Spine 1998: widening in gravitational traction."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from opentraction.mechanics import Row

pytestmark = pytest.mark.full
ROWS = ("V024",)

Answered = Callable[..., dict[str, Row]]


def test_each_row_is_answered_and_judged_by_its_window(answered: Answered) -> None:
    answered(*ROWS)


def test_hanging_widens_every_level(answered: Answered) -> None:
    rows = answered(*ROWS)
    model = rows["V024"].model
    assert model is not None
    assert model[0] > 0.0
