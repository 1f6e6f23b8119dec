"""Bridger RS et al., Spine 1990: stature under traction against lying."""

from __future__ import annotations

import pytest

from opentraction.mechanics import ValidationReport
from opentraction.mechanics.validation import Status


@pytest.mark.parametrize("identity", ["V018", "V019"])
def test_the_median_falls_into_the_window(column_report: ValidationReport, identity: str) -> None:
    row = column_report.row(identity)
    assert row.model is not None
    assert row.window is not None
    assert row.window[0] <= row.model[1] <= row.window[1]
    assert row.status is Status.PASS
