"""Martin JT et al., Eur Spine J 2022: disc height and volume from morning to evening."""

from __future__ import annotations

import pytest

from opentraction.mechanics import ValidationReport
from opentraction.mechanics.validation import Status


@pytest.mark.parametrize("identity", ["V048", "V049", "V050"])
def test_the_median_falls_into_the_window(column_report: ValidationReport, identity: str) -> None:
    row = column_report.row(identity)
    assert row.model is not None
    assert row.window is not None
    assert row.window[0] <= row.model[1] <= row.window[1]
    assert row.status is Status.PASS
