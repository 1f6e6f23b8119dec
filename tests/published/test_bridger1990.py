"""Bridger RS et al., Spine 1990: stature under traction against lying."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytestmark = pytest.mark.full
ROWS = ("V018", "V019")

Answered = Callable[..., dict[str, tuple[float, float, float]]]


def test_each_row_is_answered_and_judged_by_its_window(answered: Answered) -> None:
    assert set(answered(*ROWS)) == set(ROWS)


def test_a_pull_adds_to_what_lying_gives(answered: Answered) -> None:
    bands = answered(*ROWS)
    assert 0.0 < bands["V019"][1] < bands["V018"][1]
