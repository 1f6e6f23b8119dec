"""Jaumard NV et al., J Biomech Eng 2011: forces in facets, gathered from many laboratories."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytestmark = pytest.mark.full
ROWS = ("V107", "V108", "V109", "V110", "V111", "V112", "V113", "V114")
PASSING = ("V114",)

Answered = Callable[..., dict[str, tuple[float, float, float]]]


def test_each_row_is_answered_and_those_that_are_no_near_thing_pass(answered: Answered) -> None:
    assert set(answered(*ROWS, passing=PASSING)) == set(ROWS)


def test_facets_press_and_never_pull(answered: Answered) -> None:
    for low, _, _ in answered(*ROWS).values():
        assert low >= 0.0
