"""Rodacki ALF et al., Braz J Phys Ther 2007: stature during and after traction."""

from __future__ import annotations

import pytest

from opentraction.mechanics import ValidationReport
from opentraction.mechanics.validation import Status


@pytest.mark.parametrize("identity", ["V020", "V021", "V023"])
def test_the_median_falls_into_the_window(column_report: ValidationReport, identity: str) -> None:
    row = column_report.row(identity)
    assert row.model is not None
    assert row.window is not None
    assert row.window[0] <= row.model[1] <= row.window[1]
    assert row.status is Status.PASS


def test_most_of_the_gain_comes_from_lying_down(column_report: ValidationReport) -> None:
    """Lying without pull gives more than half of what a pull of 30 % of body weight gives."""
    lying, pulled = column_report.row("V020").model, column_report.row("V021").model
    assert lying is not None
    assert pulled is not None
    assert 0.5 * pulled[1] < lying[1] <= pulled[1]
