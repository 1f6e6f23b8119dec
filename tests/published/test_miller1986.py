"""Miller JAA et al., 1986: shear of lumbar segments."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytestmark = pytest.mark.full
ROWS = ("V125",)

Answered = Callable[..., dict[str, tuple[float, float, float]]]


def test_each_row_is_answered_and_judged_by_its_window(answered: Answered) -> None:
    assert set(answered(*ROWS)) == set(ROWS)


def test_a_segment_resists_shear(answered: Answered) -> None:
    assert answered(*ROWS)["V125"][0] > 0.0
