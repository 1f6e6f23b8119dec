"""Wilke HJ et al., Spine 1999;24:755: pressure in one living L4-L5 disc, by posture."""

from __future__ import annotations

import pytest

from opentraction.mechanics import ValidationReport
from opentraction.mechanics.validation import Status


@pytest.mark.parametrize("identity", ["V058", "V059", "V052"])
def test_the_median_falls_into_the_window(column_report: ValidationReport, identity: str) -> None:
    row = column_report.row(identity)
    assert row.model is not None
    assert row.window is not None
    assert row.window[0] <= row.model[1] <= row.window[1]
    assert row.status is Status.PASS
