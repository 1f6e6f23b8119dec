"""Schroeder Y et al., Eur Spine J 2006: swelling pressure of the unloaded disc."""

from __future__ import annotations

from collections.abc import Callable

ROWS = ("V070",)
PASSING = ("V070",)

Answered = Callable[..., dict[str, tuple[float, float, float]]]


def test_each_row_is_answered_and_those_that_are_no_near_thing_pass(answered: Answered) -> None:
    assert set(answered(*ROWS, passing=PASSING)) == set(ROWS)


def test_an_unloaded_disc_swells(answered: Answered) -> None:
    assert answered(*ROWS)["V070"][0] > 0.0
