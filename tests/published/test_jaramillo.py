"""Jaramillo HE, as read through Gruber 2024: the disc alone under pure moments."""

from __future__ import annotations

import pytest

from opentraction.mechanics import ValidationReport
from opentraction.mechanics.validation import Status


@pytest.mark.parametrize("identity", ["V098", "V099", "V100"])
def test_the_median_falls_into_the_window(column_report: ValidationReport, identity: str) -> None:
    row = column_report.row(identity)
    assert row.model is not None
    assert row.window is not None
    assert row.window[0] <= row.model[1] <= row.window[1]
    assert row.status is Status.PASS


@pytest.mark.parametrize("identity", ["V095", "V096", "V097"])
def test_known_miss(column_report: ValidationReport, identity: str) -> None:
    """Listed in docs/explanation/not-yet-believed.md; a pass here asks to mend that page."""
    assert column_report.row(identity).status is Status.FAIL
