"""Height of discs after 45 minutes lying (SUPINE45 in the table of targets)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from opentraction.mechanics import Row

pytestmark = pytest.mark.full
ROWS = ("V051",)

Answered = Callable[..., dict[str, Row]]


def test_each_row_is_answered_and_judged_by_its_window(answered: Answered) -> None:
    answered(*ROWS)
