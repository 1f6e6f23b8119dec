"""The column's validation report, run once for all papers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from opentraction.mechanics import ValidationReport


@pytest.fixture(scope="session")
def column_report() -> ValidationReport:
    """Every row of the table of published values, 32 samples, seed 1."""
    from opentraction.mechanics import validate

    return validate()
