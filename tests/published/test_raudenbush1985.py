"""Raudenbush and Bryk 1985, J Educ Stat 10:75: teacher expectancy in 19 experiments, as metafor prints it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from opentraction.evidence import between_study_variance, random_effects

# standardised mean difference and its variance, both as published (two and four decimals)
ROWS = (
    (0.03, 0.0156),
    (0.12, 0.0216),
    (-0.14, 0.0279),
    (1.18, 0.1391),
    (0.26, 0.1362),
    (-0.06, 0.0106),
    (-0.02, 0.0106),
    (-0.32, 0.0484),
    (0.27, 0.0269),
    (0.80, 0.0630),
    (0.54, 0.0912),
    (0.18, 0.0497),
    (-0.02, 0.0835),
    (0.23, 0.0841),
    (-0.18, 0.0253),
    (-0.06, 0.0279),
    (0.30, 0.0193),
    (0.07, 0.0088),
    (-0.07, 0.0303),
)
Y, V = [row[0] for row in ROWS], [row[1] for row in ROWS]
FOUR = 5.1e-5


def test_equal_effects() -> None:
    result = random_effects(Y, V, method="equal effects", interval="wald")
    assert np.allclose(
        (result.estimate, result.statistic, result.q), (0.0604, 1.6553, 35.8295), rtol=0, atol=FOUR
    )


def test_random_effects() -> None:
    wald = random_effects(Y, V, interval="wald")
    assert (wald.estimate, wald.tau2) == pytest.approx((0.0837, 0.0188), abs=FOUR)
    assert wald.statistic == pytest.approx(1.6208, abs=FOUR)
    assert wald.prediction_low == pytest.approx(-0.2036, abs=FOUR)
    # Printed 0.3711, here 0.37099: metafor ends its search when tau2 moves by less than 1e-5, which is worth
    # 1.96 / (2 sqrt(tau2 + se^2)) times as much in the interval; ours is the root to 1e-14.
    one_step = 1e-5 * 1.96 / (2.0 * math.sqrt(wald.tau2 + wald.se**2))
    assert wald.prediction_high == pytest.approx(0.3711, abs=5e-5 + one_step)
    knapp = random_effects(Y, V)
    assert (knapp.low, knapp.high) == pytest.approx((-0.0457, 0.2131), abs=FOUR)


@pytest.mark.parametrize(
    ("method", "printed"),
    [("ML", 0.0126), ("REML", 0.0188), ("DerSimonian-Laird", 0.0259), ("Hedges", 0.0804)],
)
def test_between_study_variance(method: str, printed: float) -> None:
    assert between_study_variance(Y, V, method=method) == pytest.approx(printed, abs=FOUR)
