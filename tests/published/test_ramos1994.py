"""Ramos G, Martin W, J Neurosurg 1994: pressure at L4-L5 under traction, prone."""

from __future__ import annotations

import pytest

from opentraction.mechanics import ValidationReport
from opentraction.mechanics.validation import Status


@pytest.mark.parametrize("identity", ["V001"])
def test_the_median_falls_into_the_window(column_report: ValidationReport, identity: str) -> None:
    row = column_report.row(identity)
    assert row.model is not None
    assert row.window is not None
    assert row.window[0] <= row.model[1] <= row.window[1]
    assert row.status is Status.PASS
