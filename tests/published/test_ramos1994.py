"""Ramos G, Martin W, J Neurosurg 1994: pressure at L4-L5 under traction, prone."""

from __future__ import annotations

from collections.abc import Callable

from opentraction.mechanics import Row

ROWS = ("V001", "V002", "V005")

Answered = Callable[..., dict[str, Row]]


def test_each_row_is_answered_and_judged_by_its_window(answered: Answered) -> None:
    answered(*ROWS)


def test_a_pull_takes_pressure_away(answered: Answered) -> None:
    rows = answered(*ROWS)
    pulled, lying = rows["V001"].model, rows["V005"].model
    assert pulled is not None
    assert lying is not None
    assert pulled[1] < lying[1]
