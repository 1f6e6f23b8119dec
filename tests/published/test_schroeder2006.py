"""Schroeder Y et al., Eur Spine J 2006: swelling pressure of the unloaded disc."""

from __future__ import annotations

from collections.abc import Callable

from opentraction.mechanics import Row

ROWS = ("V070",)

Answered = Callable[..., dict[str, Row]]


def test_each_row_is_answered_and_judged_by_its_window(answered: Answered) -> None:
    answered(*ROWS)


def test_an_unloaded_disc_swells(answered: Answered) -> None:
    rows = answered(*ROWS)
    model = rows["V070"].model
    assert model is not None
    assert model[0] > 0.0
