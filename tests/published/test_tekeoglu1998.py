"""Tekeoglu I et al., Spine 1998: widening in gravitational traction."""

from __future__ import annotations

import pytest

from opentraction.mechanics import ValidationReport
from opentraction.mechanics.validation import Status


@pytest.mark.parametrize("identity", ["V024"])
def test_known_miss(column_report: ValidationReport, identity: str) -> None:
    """Listed in docs/explanation/not-yet-believed.md; a pass here asks to mend that page."""
    assert column_report.row(identity).status is Status.FAIL
