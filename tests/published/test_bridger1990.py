"""Bridger RS et al., Spine 1990: stature under traction against lying."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from opentraction.mechanics import Row

pytestmark = pytest.mark.full
ROWS = ("V018", "V019")

Answered = Callable[..., dict[str, Row]]


def test_each_row_is_answered_and_judged_by_its_window(answered: Answered) -> None:
    answered(*ROWS)


def test_a_pull_adds_to_what_lying_gives(answered: Answered) -> None:
    rows = answered(*ROWS)
    pulled, lying = rows["V018"].model, rows["V019"].model
    assert pulled is not None
    assert lying is not None
    assert 0.0 < lying[1] < pulled[1]
