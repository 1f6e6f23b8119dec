"""Kurutz M, Bender T, J Multidiscip Healthc 2010: lengthening in weightbath traction, young and old."""

from __future__ import annotations

import pytest

from opentraction.mechanics import ValidationReport
from opentraction.mechanics.validation import Status


@pytest.mark.parametrize("identity", ["V006", "V007", "V008", "V009"])
def test_the_median_falls_into_the_window(column_report: ValidationReport, identity: str) -> None:
    row = column_report.row(identity)
    assert row.model is not None
    assert row.window is not None
    assert row.window[0] <= row.model[1] <= row.window[1]
    assert row.status is Status.PASS


def test_old_discs_lengthen_less(column_report: ValidationReport) -> None:
    young, old = column_report.row("V008").model, column_report.row("V009").model
    assert young is not None
    assert old is not None
    assert old[1] < young[1]
