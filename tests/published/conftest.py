"""The column held against the papers: each file asks the rows of its own paper, with few samples."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from opentraction.mechanics import Row, SpatialBench

Band = tuple[float, float, float]
SAMPLES = 4


@pytest.fixture(scope="session")
def bench() -> SpatialBench:
    """Columns are built once for all papers of a process."""
    from opentraction.mechanics import SpatialBench

    return SpatialBench(samples=SAMPLES)


@pytest.fixture(scope="session")
def answered(bench: SpatialBench) -> Callable[..., dict[str, Band]]:
    """5 %, median and 95 % of rows of the table by id, each held to what must be true of any row.

    The answer is a finite band in order, and the verdict is the one that the row's window gives. Every row's
    verdict is printed by `opentraction validate` and stands in the docs. A file names as `passing` the rows
    whose median lies at least a fifth of the window away from its edges: with few samples the others come
    and go.
    """
    from opentraction.mechanics import Status, validate

    known: dict[tuple[str, ...], tuple[Row, ...]] = {}

    def ask(*identities: str, passing: tuple[str, ...] = ()) -> dict[str, Band]:
        if identities not in known:
            known[identities] = validate(bench, only=identities).rows
        bands = {}
        for row in known[identities]:
            identity, frame = row.target.id, row.window
            assert row.model is not None, (identity, row.note)
            low, middle, high = row.model
            assert -math.inf < low <= middle <= high < math.inf, identity
            inside = frame.low <= middle <= frame.high
            expected = Status.WEAK if frame.weak else Status.PASS if inside else Status.FAIL
            assert row.status is expected, identity
            assert identity not in passing or row.status is Status.PASS, (identity, middle, frame)
            bands[identity] = row.model
        assert set(passing) <= set(bands)
        return bands

    return ask
