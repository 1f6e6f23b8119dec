"""Jacobson and Truax 1991, J Consult Clin Psychol 59:12: reliable change, and Claus 2020 on the HAM-D."""

from __future__ import annotations

import pytest

from opentraction.follow import (
    ReliableChange,
    classify_reliable_change,
    functional_cut_off,
    minimal_detectable_change,
    reliable_change_index,
    standard_error_of_difference,
    standard_error_of_measurement,
)


def test_marital_adjustment_scale() -> None:
    """SD 7.5, reliability 0.88; the first couple rose by 6.5 points."""
    assert standard_error_of_measurement(7.5, 0.88) == pytest.approx(2.5981, abs=5e-5)
    assert standard_error_of_difference(7.5, 0.88) == pytest.approx(3.6742, abs=5e-5)
    assert reliable_change_index(90.5, 97.0, sd=7.5, reliability=0.88) == pytest.approx(1.769, abs=5e-4)
    first = classify_reliable_change(90.5, 97.0, sd=7.5, reliability=0.88, lower_is_better=False)
    assert first is ReliableChange.UNCHANGED
    assert minimal_detectable_change(7.5, 0.88) == pytest.approx(1.96 * 3.6742, abs=5e-4)


def test_sem_of_the_hamilton_scale() -> None:
    """Claus 2020: SD 3.3401 before treatment, reliability 0.80."""
    assert standard_error_of_measurement(3.3401, 0.80) == pytest.approx(1.4937, abs=5.1e-5)


def test_cut_off_between_two_populations() -> None:
    """With equal spread the cut-off lies midway; the wider population pushes it away from itself."""
    assert functional_cut_off(mean_patients=40, sd_patients=7.5, mean_functional=60, sd_functional=7.5) == 50
    narrow = functional_cut_off(mean_patients=40, sd_patients=5, mean_functional=60, sd_functional=15)
    assert narrow == pytest.approx(45)


def test_the_five_classes() -> None:
    """SD 5, reliability 0.8: reliable beyond 6.198; lower is better; cut-off 20."""

    def named(before: float, after: float) -> ReliableChange:
        return classify_reliable_change(before, after, sd=5, reliability=0.8, cut_off=20)

    assert named(25, 18) is ReliableChange.RECOVERED
    assert named(35, 28) is ReliableChange.IMPROVED
    assert named(25, 19) is ReliableChange.UNCHANGED
    assert named(25, 32) is ReliableChange.DETERIORATED
    assert named(15, 22) is ReliableChange.HARMED
