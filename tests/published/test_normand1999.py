"""Normand 1999, Stat Med 18:321: length of stay in 9 studies, tables VIII and IX, and metafor's Hedges g."""

from __future__ import annotations

import numpy as np
import pytest

from opentraction.evidence import Arm, hedges_g, mean_difference, random_effects

# n, mean, sd of specialist care, then of routine care [days]
ROWS = (
    (155, 55, 47, 156, 75, 64),
    (31, 27, 7, 32, 29, 4),
    (75, 64, 17, 71, 119, 29),
    (18, 66, 20, 18, 137, 48),
    (8, 14, 8, 13, 18, 11),
    (57, 19, 7, 52, 18, 4),
    (34, 52, 45, 33, 41, 34),
    (110, 21, 16, 183, 31, 27),
    (60, 30, 27, 52, 23, 20),
)
ARMS = [(Arm(a, b, c), Arm(d, e, f)) for a, b, c, d, e, f in ROWS]
SIZES = [mean_difference(*pair) for pair in ARMS]
Y, V = [size.effect for size in SIZES], [size.variance for size in SIZES]


def test_variances() -> None:
    printed = [40.5863, 2.0468, 15.2809, 150.2222, 20.1923, 1.2235, 95.3756, 8.0321, 20.6936]
    assert np.allclose(V, printed, rtol=0, atol=5e-5)


@pytest.mark.parametrize(
    ("method", "printed"),
    [
        ("equal effects", (-3.4939, -5.0265, -1.9613)),
        ("DerSimonian-Laird", (-14.0972, -24.4454, -3.7490)),
        ("REML", (-15.1217, -32.6716, 2.4282)),
    ],
)
def test_pooled_difference(method: str, printed: tuple[float, float, float]) -> None:
    result = random_effects(Y, V, method=method, interval="wald")
    assert np.allclose((result.estimate, result.low, result.high), printed, rtol=0, atol=5.1e-5)


def test_between_study_variance() -> None:
    assert random_effects(Y, V, method="DerSimonian-Laird").tau2 == pytest.approx(218.7216, abs=5.1e-5)
    assert random_effects(Y, V).tau2 == pytest.approx(685.1965, abs=5.1e-5)


def test_hedges_g() -> None:
    sizes = [hedges_g(*pair) for pair in ARMS[:4]]
    assert np.allclose([s.effect for s in sizes], [-0.3552, -0.3479, -2.3176, -1.8880], rtol=0, atol=5.1e-5)
    assert np.allclose([s.variance for s in sizes], [0.0131, 0.0645, 0.0458, 0.1606], rtol=0, atol=5.1e-5)
