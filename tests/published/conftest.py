"""The column held against the papers: each file asks the rows of its own paper, with few samples."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from opentraction.mechanics import Row, SpatialBench

Answered = Callable[..., dict[str, "Row"]]
SAMPLES = 4


@pytest.fixture(scope="session")
def bench() -> SpatialBench:
    """Columns are built once for all papers of a process."""
    from opentraction.mechanics import SpatialBench

    return SpatialBench(samples=SAMPLES)


@pytest.fixture(scope="session")
def answered(bench: SpatialBench) -> Answered:
    """Rows of the table by id, each held to what must be true of any row that is asked.

    The answer is a finite band in order, and the verdict is the one that the row's window gives. Which rows
    pass is printed by `opentraction validate` and stands in the docs; a file here asserts it only where the
    pass is not a near thing.
    """
    from opentraction.mechanics import Status, validate

    known: dict[tuple[str, ...], dict[str, Row]] = {}

    def ask(*identities: str) -> dict[str, Row]:
        if identities not in known:
            report = validate(bench, only=identities)
            known[identities] = {row.target.id: row for row in report.rows}
        rows = known[identities]
        assert set(rows) == set(identities)
        for identity, row in rows.items():
            assert row.model is not None, (identity, row.note)
            low, middle, high = row.model
            assert -math.inf < low <= middle <= high < math.inf, identity
            inside = row.window.low <= middle <= row.window.high
            expected = Status.WEAK if row.window.weak else Status.PASS if inside else Status.FAIL
            assert row.status is expected, identity
        return rows

    return ask
