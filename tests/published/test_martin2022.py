"""Martin JT et al., Eur Spine J 2022: disc height and volume from morning to evening."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytestmark = pytest.mark.full
ROWS = ("V048", "V049", "V050")
PASSING = ("V050",)

Answered = Callable[..., dict[str, tuple[float, float, float]]]


def test_each_row_is_answered_and_those_that_are_no_near_thing_pass(answered: Answered) -> None:
    assert set(answered(*ROWS, passing=PASSING)) == set(ROWS)
