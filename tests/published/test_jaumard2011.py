"""Jaumard NV et al., J Biomech Eng 2011: forces in facets, gathered from many laboratories."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from opentraction.mechanics import Row

pytestmark = pytest.mark.full
ROWS = ("V107", "V108", "V109", "V110", "V111", "V112", "V113", "V114")

Answered = Callable[..., dict[str, Row]]


def test_each_row_is_answered_and_judged_by_its_window(answered: Answered) -> None:
    answered(*ROWS)


def test_facets_press_and_never_pull(answered: Answered) -> None:
    rows = answered(*ROWS)
    for row in rows.values():
        assert row.model is not None
        assert row.model[0] >= 0.0
