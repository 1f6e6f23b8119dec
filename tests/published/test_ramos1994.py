"""Ramos G, Martin W, J Neurosurg 1994: pressure at L4-L5 under traction, prone."""

from __future__ import annotations

from collections.abc import Callable

ROWS = ("V001", "V002", "V005")

Answered = Callable[..., dict[str, tuple[float, float, float]]]


def test_each_row_is_answered_and_judged_by_its_window(answered: Answered) -> None:
    assert set(answered(*ROWS)) == set(ROWS)


def test_a_pull_takes_pressure_away(answered: Answered) -> None:
    bands = answered(*ROWS)
    assert bands["V001"][1] < bands["V005"][1]
