"""Rodacki ALF et al., Braz J Phys Ther 2007: stature during and after traction."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from opentraction.mechanics import Row

pytestmark = pytest.mark.full
ROWS = ("V020", "V021", "V022", "V023")

Answered = Callable[..., dict[str, Row]]


def test_each_row_is_answered_and_judged_by_its_window(answered: Answered) -> None:
    answered(*ROWS)


def test_lying_alone_gives_stature_and_a_pull_no_less(answered: Answered) -> None:
    rows = answered(*ROWS)
    lying, pulled = rows["V020"].model, rows["V021"].model
    assert lying is not None
    assert pulled is not None
    assert 0.0 < lying[1] <= pulled[1]
