"""Meta-analysis of k studies: tau2 by REML and others, Hartung-Knapp and Wald intervals, prediction interval.

Model: y_i = mu + u_i + e_i, u_i ~ N(0, tau2), e_i ~ N(0, v_i) with v_i known; weights w_i = 1 / (v_i + tau2).
Formulas as in Viechtbauer 2005 (J Educ Behav Stat 30:261) for tau2, Hartung and Knapp 2001 (Stat Med
20:3875), Roever 2015 (doi 10.1186/s12874-015-0091-1) for the never-narrower form, Viechtbauer 2007 (Stat
Med 26:37) for the Q-profile interval.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, stats

from opentraction.chart import BadInput, NotConverged

Floats = NDArray[np.float64]
NamedChoice = TypeVar("NamedChoice", bound=StrEnum)


class Tau2Method(StrEnum):
    """How the between-study variance is estimated."""

    REML = "REML"
    ML = "ML"
    DL = "DerSimonian-Laird"
    PM = "Paule-Mandel"
    HE = "Hedges"
    """Unweighted moments: the variance of the effects less the mean sampling variance."""
    EE = "equal effects"
    """tau2 is taken as zero: one common effect."""


class IntervalMethod(StrEnum):
    """How the confidence interval of the mean is made."""

    HARTUNG_KNAPP = "hartung-knapp"
    HARTUNG_KNAPP_AD_HOC = "hartung-knapp, never narrower"
    """The factor of Hartung and Knapp is not let below 1."""
    WALD = "wald"


class PredictionMethod(StrEnum):
    """Distribution of the prediction interval mu +- q sqrt(tau2 + se^2)."""

    AS_INTERVAL = "as the interval"
    """t with k - 1 degrees of freedom beside Hartung-Knapp, normal beside Wald."""
    HTS = "t(k - 2)"
    """Higgins, Thompson and Spiegelhalter 2009; needs k of 3 or more."""


@dataclass(frozen=True, slots=True)
class MetaAnalysis:
    """Result of `random_effects`; intervals are 95 %."""

    estimate: float
    se: float
    low: float
    high: float
    statistic: float
    """estimate / se: a t value with `df` degrees of freedom, a z value when `df` is None."""
    df: int | None
    p_value: float
    """Two-sided, of the difference between arms."""
    prediction_low: float | None
    prediction_high: float | None
    tau2: float
    tau2_se: float | None
    """Large-sample standard error; for REML and ML only."""
    tau2_low: float
    tau2_high: float
    """Q-profile 95 % interval."""
    q: float
    q_df: int
    q_p_value: float
    i2_percent: float
    h2: float
    weights: tuple[float, ...]
    """Per study, summing to 1."""


def random_effects(
    effects: ArrayLike,
    variances: ArrayLike,
    *,
    method: Tau2Method | str = Tau2Method.REML,
    interval: IntervalMethod | str = IntervalMethod.HARTUNG_KNAPP,
    prediction: PredictionMethod | str = PredictionMethod.AS_INTERVAL,
) -> MetaAnalysis:
    """Pool k effects [any one unit] with their sampling variances [unit squared].

    I2 and H2 compare tau2 with the typical sampling variance (Higgins and Thompson 2002).

    Raises BadInput for fewer than 2 studies, unequal lengths, values that are not finite, variances not
    above 0, or an unknown method; NotConverged when tau2 cannot be found.
    """
    y, v = _checked(effects, variances)
    how, ci, pi = (
        _named(Tau2Method, method),
        _named(IntervalMethod, interval),
        _named(PredictionMethod, prediction),
    )
    k = y.size
    tau2 = between_study_variance(y, v, method=how)
    w = 1.0 / (v + tau2)
    mu = float(w @ y / w.sum())
    se, df = _standard_error(y, w, mu, ci)
    quantile = float(stats.norm.ppf(0.975) if df is None else stats.t.ppf(0.975, df))
    statistic = mu / se if se > 0 else math.copysign(math.inf, mu) if mu else 0.0
    tail = stats.norm.sf(abs(statistic)) if df is None else stats.t.sf(abs(statistic), df)
    low_p, high_p = _prediction(mu, se, tau2, k, quantile, pi, how)
    q = generalised_q(y, v, 0.0)
    typical = _typical_variance(v)
    return MetaAnalysis(
        estimate=mu,
        se=se,
        low=mu - quantile * se,
        high=mu + quantile * se,
        statistic=statistic,
        df=df,
        p_value=float(2.0 * tail),
        prediction_low=low_p,
        prediction_high=high_p,
        tau2=tau2,
        tau2_se=_tau2_se(v, tau2, how),
        tau2_low=_q_profile(y, v, 0.975),
        tau2_high=_q_profile(y, v, 0.025),
        q=q,
        q_df=k - 1,
        q_p_value=float(stats.chi2.sf(q, k - 1)),
        i2_percent=_i2(tau2, typical, q, k, how),
        h2=q / (k - 1) if how is Tau2Method.EE else tau2 / typical + 1.0,
        weights=tuple(float(x) for x in w / w.sum()),
    )


def between_study_variance(
    effects: ArrayLike, variances: ArrayLike, *, method: Tau2Method | str = Tau2Method.REML
) -> float:
    """tau2 [effect unit squared], never below 0. Raises as `random_effects`."""
    y, v = _checked(effects, variances)
    how = _named(Tau2Method, method)
    if how is Tau2Method.EE:
        return 0.0
    if how is Tau2Method.DL:
        w = 1.0 / v
        c = w.sum() - (w @ w) / w.sum()
        return max(0.0, float((generalised_q(y, v, 0.0) - (y.size - 1)) / c))
    if how is Tau2Method.HE:
        return max(0.0, float(y.var(ddof=1) - v.mean()))
    if how is Tau2Method.PM:
        return _decreasing_root(lambda t: generalised_q(y, v, t) - (y.size - 1), y, v)
    return _likelihood_tau2(y, v, restricted=how is Tau2Method.REML)


def generalised_q(effects: ArrayLike, variances: ArrayLike, tau2: float) -> float:
    """Generalised Q: sum of w (y - mu)^2 with w = 1 / (v + tau2); at tau2 = 0 it is Cochran's Q."""
    y, v = np.asarray(effects, dtype=np.float64), np.asarray(variances, dtype=np.float64)
    w = 1.0 / (v + tau2)
    mu = w @ y / w.sum()
    return float(w @ (y - mu) ** 2)


def restricted_log_likelihood(effects: ArrayLike, variances: ArrayLike, tau2: float) -> float:
    """REML log-likelihood of tau2, without its constant."""
    return _log_likelihood(
        np.asarray(effects, dtype=np.float64), np.asarray(variances, dtype=np.float64), tau2, restricted=True
    )


def _checked(effects: ArrayLike, variances: ArrayLike) -> tuple[Floats, Floats]:
    y, v = (
        np.atleast_1d(np.asarray(effects, dtype=np.float64)),
        np.atleast_1d(np.asarray(variances, np.float64)),
    )
    if y.ndim != 1 or y.shape != v.shape:
        raise BadInput(
            f"Expected as many variances as effects, got shapes {y.shape} and {v.shape}. Give one of each "
            "per study."
        )
    if y.size < 2:
        raise BadInput(f"Expected at least 2 studies to pool, got {y.size}. Quote the one study as it is.")
    if not (np.isfinite(y).all() and np.isfinite(v).all() and (v > 0).all()):
        raise BadInput(
            "Expected finite effects and variances above 0, got one that is not. Leave that study out and "
            "say so."
        )
    return y, v


def _named(kind: type[NamedChoice], name: NamedChoice | str) -> NamedChoice:
    try:
        return kind(name)
    except ValueError:
        known = ", ".join(f"'{item.value}'" for item in kind)
        raise BadInput(f"Expected one of {known}, got '{name}'. Choose one of these.") from None


def _standard_error(y: Floats, w: Floats, mu: float, ci: IntervalMethod) -> tuple[float, int | None]:
    if ci is IntervalMethod.WALD:
        return math.sqrt(1.0 / w.sum()), None
    factor = float(w @ (y - mu) ** 2) / (y.size - 1)
    if ci is IntervalMethod.HARTUNG_KNAPP_AD_HOC:
        factor = max(1.0, factor)
    return math.sqrt(factor / w.sum()), y.size - 1


def _prediction(
    mu: float, se: float, tau2: float, k: int, quantile: float, pi: PredictionMethod, how: Tau2Method
) -> tuple[float | None, float | None]:
    if how is Tau2Method.EE:
        return None, None
    if pi is PredictionMethod.HTS:
        if k < 3:
            return None, None
        quantile = float(stats.t.ppf(0.975, k - 2))
    half = quantile * math.sqrt(tau2 + se**2)
    return mu - half, mu + half


def _typical_variance(v: Floats) -> float:
    w = 1.0 / v
    return float((v.size - 1) * w.sum() / (w.sum() ** 2 - w @ w))


def _i2(tau2: float, typical: float, q: float, k: int, how: Tau2Method) -> float:
    if how is Tau2Method.EE:
        return max(0.0, 100.0 * (q - (k - 1)) / q) if q > 0 else 0.0
    return 100.0 * tau2 / (tau2 + typical)


def _log_likelihood(y: Floats, v: Floats, tau2: float, *, restricted: bool) -> float:
    w = 1.0 / (v + tau2)
    mu = w @ y / w.sum()
    value = 0.5 * np.log(w).sum() - 0.5 * float(w @ (y - mu) ** 2)
    return float(value - 0.5 * math.log(w.sum())) if restricted else float(value)


def _score(y: Floats, v: Floats, tau2: float, *, restricted: bool) -> float:
    """Derivative of the log-likelihood, times 2."""
    w = 1.0 / (v + tau2)
    mu = w @ y / w.sum()
    value = float((w**2) @ (y - mu) ** 2) - w.sum()
    return float(value + (w @ w) / w.sum()) if restricted else float(value)


def _likelihood_tau2(y: Floats, v: Floats, *, restricted: bool) -> float:
    """The global maximum: a grid brackets it, so that a second, lower peak is not taken; the score is its
    root."""
    top = _upper(y, v)
    grid = np.concatenate(([0.0], np.geomspace(1e-9 * top, top, 240)))
    values = [_log_likelihood(y, v, t, restricted=restricted) for t in grid]
    best = int(np.argmax(values))
    left, right = grid[max(0, best - 1)], grid[min(grid.size - 1, best + 1)]

    def slope(t: float) -> float:
        return _score(y, v, t, restricted=restricted)

    if best == 0 and slope(0.0) <= 0:
        return 0.0
    if slope(left) <= 0 or slope(right) >= 0:  # more than one stationary point between the neighbours
        found = optimize.minimize_scalar(
            lambda t: -_log_likelihood(y, v, t, restricted=restricted),
            bounds=(left, right),
            method="bounded",
            options={"xatol": 1e-12 * max(1.0, top)},
        )
        return float(found.x)
    return float(optimize.brentq(slope, left, right, xtol=1e-15 * max(1.0, top), rtol=1e-14))


def _upper(y: Floats, v: Floats) -> float:
    """A tau2 above any estimate: beyond it the scores of all methods are negative."""
    return float(10.0 * (np.ptp(y) ** 2 + v.max()))


def _decreasing_root(function: Callable[[float], float], y: Floats, v: Floats) -> float:
    """Root of a function that falls with tau2; 0 when it is already at or below zero there."""
    if function(0.0) <= 0:
        return 0.0
    top = _upper(y, v)
    for _ in range(200):
        if function(top) < 0:
            return float(optimize.brentq(function, 0.0, top, xtol=1e-15 * max(1.0, top), rtol=1e-14))
        top *= 4.0
    raise NotConverged(
        f"No tau2 was found below {top:.3g} for {y.size} studies. Check effects and variances."
    )


def _q_profile(y: Floats, v: Floats, probability: float) -> float:
    target = float(stats.chi2.ppf(probability, y.size - 1))
    return _decreasing_root(lambda t: generalised_q(y, v, t) - target, y, v)


def _tau2_se(v: Floats, tau2: float, how: Tau2Method) -> float | None:
    w = 1.0 / (v + tau2)
    if how is Tau2Method.REML:
        information = w @ w - 2.0 * (w**3).sum() / w.sum() + ((w @ w) / w.sum()) ** 2
    elif how is Tau2Method.ML:
        information = w @ w
    else:
        return None
    return float(math.sqrt(2.0 / information))
