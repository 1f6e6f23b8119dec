"""Miller JAA et al., 1986: shear of lumbar segments."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from opentraction.mechanics import Row

pytestmark = pytest.mark.full
ROWS = ("V125",)

Answered = Callable[..., dict[str, Row]]


def test_each_row_is_answered_and_judged_by_its_window(answered: Answered) -> None:
    answered(*ROWS)


def test_a_segment_resists_shear(answered: Answered) -> None:
    rows = answered(*ROWS)
    model = rows["V125"].model
    assert model is not None
    assert model[0] > 0.0
