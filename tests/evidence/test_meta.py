"""Meta-analysis: exact cases, invariances, and PyMARE as a second opinion."""

from __future__ import annotations

import math

import numpy as np
import pymare  # noqa: TID251 - the second opinion
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymare.estimators import (  # noqa: TID251
    DerSimonianLaird,
    VarianceBasedLikelihoodEstimator,
)

from opentraction.chart import BadInput
from opentraction.evidence import (
    Tau2Method,
    between_study_variance,
    generalised_q,
    random_effects,
    restricted_log_likelihood,
)


@st.composite
def studies(draw: st.DrawFn) -> tuple[list[float], list[float]]:
    k = draw(st.integers(2, 15))
    effects = draw(st.lists(st.floats(-5, 5), min_size=k, max_size=k))
    variances = draw(st.lists(st.floats(0.01, 4), min_size=k, max_size=k))
    return effects, variances


def drawn(seed: int, k: int, tau: float) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    v = rng.uniform(0.05, 0.6, k)
    return 0.3 + tau * rng.standard_normal(k) + np.sqrt(v) * rng.standard_normal(k), v


def test_two_equal_variances_by_hand() -> None:
    """k = 2, v equal: every estimator gives tau2 = (y1 - y2)^2 / 2 - v, and ML half the square over 2 - v."""
    for method in ("REML", "DerSimonian-Laird", "Paule-Mandel"):
        assert between_study_variance([1.0, 4.0], [0.5, 0.5], method=method) == pytest.approx(4.0, rel=1e-12)
    assert between_study_variance([1.0, 4.0], [0.5, 0.5], method="ML") == pytest.approx(1.75, rel=1e-12)


def test_equal_variances_are_a_t_test() -> None:
    """With one common variance the Hartung-Knapp interval is the one-sample t interval of the k effects."""
    y = np.array([0.2, -0.1, 0.5, 0.9, 0.3])
    result = random_effects(y, np.full(5, 0.01))
    assert result.estimate == pytest.approx(y.mean(), rel=1e-12)
    assert result.se == pytest.approx(y.std(ddof=1) / math.sqrt(5), rel=1e-9)
    assert result.tau2 == pytest.approx(y.var(ddof=1) - 0.01, rel=1e-9)


def test_identical_studies_have_no_spread() -> None:
    result = random_effects([0.4, 0.4, 0.4], [0.1, 0.2, 0.3], interval="wald")
    assert result.tau2 == 0
    assert result.q == pytest.approx(0, abs=1e-15)
    assert result.i2_percent == 0
    assert result.estimate == pytest.approx(0.4)


@pytest.mark.parametrize("seed", range(12))
def test_pymare_agrees(seed: int) -> None:
    y, v = drawn(seed, k=4 + seed, tau=(0.0, 0.5, 1.5)[seed % 3])
    dataset = pymare.Dataset(y=y[:, None], v=v[:, None], X=np.ones((y.size, 1)), add_intercept=False)
    theirs = DerSimonianLaird().fit_dataset(dataset)
    ours = random_effects(y, v, method="DerSimonian-Laird", interval="wald")
    assert ours.tau2 == pytest.approx(float(np.ravel(theirs.params_["tau2"])[0]), abs=1e-6)
    assert ours.estimate == pytest.approx(float(np.ravel(theirs.params_["fe_params"])[0]), abs=1e-6)

    estimator = VarianceBasedLikelihoodEstimator(method="REML", xtol=1e-9, ftol=0.0, maxiter=200).fit_dataset(
        dataset
    )
    tau2 = float(np.ravel(estimator.params_["tau2"])[0])
    ours = random_effects(y, v, interval="wald")
    assert restricted_log_likelihood(y, v, ours.tau2) >= restricted_log_likelihood(y, v, tau2) - 1e-12
    assert ours.tau2 == pytest.approx(tau2, abs=1e-6)
    assert ours.estimate == pytest.approx(float(np.ravel(estimator.params_["fe_params"])[0]), abs=1e-6)


@given(studies())
@settings(max_examples=60, deadline=None)
def test_reml_is_the_maximum(data: tuple[list[float], list[float]]) -> None:
    y, v = data
    best = between_study_variance(y, v)
    top = restricted_log_likelihood(y, v, best)
    others = [0.0, *np.geomspace(1e-6, 1e3, 60), best * 0.999, best * 1.001]
    assert all(restricted_log_likelihood(y, v, t) <= top + 1e-9 for t in others)


@given(studies(), st.floats(-3, 3), st.sampled_from([0.1, 10.0]))
@settings(max_examples=40, deadline=None)
def test_a_change_of_unit_or_origin_changes_nothing_else(
    data: tuple[list[float], list[float]], shift: float, factor: float
) -> None:
    y, v = np.array(data[0]), np.array(data[1])
    plain = random_effects(y, v)
    moved = random_effects(factor * (y + shift), factor**2 * v)
    scale = factor * (1.0 + np.abs(y).max())
    assert moved.estimate == pytest.approx(factor * (plain.estimate + shift), abs=1e-6 * scale)
    assert moved.high - moved.low == pytest.approx(factor * (plain.high - plain.low), abs=1e-6 * scale)
    assert moved.tau2 == pytest.approx(factor**2 * plain.tau2, abs=1e-6 * scale**2)


@given(studies())
@settings(max_examples=60, deadline=None)
def test_intervals_are_in_order(data: tuple[list[float], list[float]]) -> None:
    y, v = data
    wald = random_effects(y, v, interval="wald")
    never_narrower = random_effects(y, v, interval="hartung-knapp, never narrower")
    assert never_narrower.low <= wald.low + 1e-9
    assert never_narrower.high >= wald.high - 1e-9
    assert wald.prediction_low is not None
    assert wald.prediction_low <= wald.low + 1e-12
    assert min(y) - 1e-9 <= wald.estimate <= max(y) + 1e-9
    assert wald.tau2_low <= wald.tau2_high
    assert sum(wald.weights) == pytest.approx(1.0)
    assert 0 <= wald.i2_percent <= 100


@given(studies())
@settings(max_examples=40, deadline=None)
def test_q_profile_solves_its_equation(data: tuple[list[float], list[float]]) -> None:
    y, v = data
    result = random_effects(y, v)
    if result.tau2_high > 0:
        from scipy.stats import chi2

        assert generalised_q(y, v, result.tau2_high) == pytest.approx(chi2.ppf(0.025, len(y) - 1), rel=1e-6)


def test_hartung_knapp_covers_where_wald_does_not() -> None:
    """300 simulated meta-analyses of 5 unequal studies: Hartung-Knapp near 95 %, Wald well below."""
    rng = np.random.default_rng(1)
    v = np.array([0.05, 0.1, 0.2, 0.4, 0.8])
    hits = {"hartung-knapp": 0, "wald": 0}
    for _ in range(300):
        y = 1.0 + rng.normal(0, 0.5, 5) + rng.normal(0, np.sqrt(v))
        for interval in hits:
            result = random_effects(y, v, interval=interval)
            hits[interval] += result.low <= 1.0 <= result.high
    three_se = 3 * math.sqrt(0.95 * 0.05 / 300)
    assert abs(hits["hartung-knapp"] / 300 - 0.95) <= three_se
    assert hits["wald"] < hits["hartung-knapp"]


@pytest.mark.parametrize(
    ("effects", "variances", "says"),
    [
        ([1.0], [0.1], "at least 2 studies"),
        ([1.0, 2.0], [0.1], "as many variances"),
        ([1.0, math.nan], [0.1, 0.1], "finite"),
        ([1.0, 2.0], [0.1, 0.0], "above 0"),
    ],
)
def test_bad_input_is_a_sentence(effects: list[float], variances: list[float], says: str) -> None:
    with pytest.raises(BadInput, match=says):
        random_effects(effects, variances)


def test_an_unknown_method_names_the_known_ones() -> None:
    with pytest.raises(BadInput, match="REML"):
        random_effects([1.0, 2.0], [0.1, 0.1], method="magic")


def test_every_method_gives_a_result() -> None:
    y, v = drawn(3, 9, 0.7)
    for method in Tau2Method:
        assert random_effects(y, v, method=method).low < random_effects(y, v, method=method).high
