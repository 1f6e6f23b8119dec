"""Effect sizes between two arms, each with its sampling variance, and the E-value.

Only differences between arms live here. There is no function for a change within one arm: a pre-post
change is not an effect of treatment.
"""

import math
from dataclasses import dataclass

from opentraction.chart import BadInput


@dataclass(frozen=True, slots=True)
class EffectSize:
    """An effect and its sampling variance, in the square of the effect's unit."""

    effect: float
    variance: float

    @property
    def se(self) -> float:
        """Standard error, in the effect's unit."""
        return math.sqrt(self.variance)


@dataclass(frozen=True, slots=True)
class Arm:
    """Mean and standard deviation of one arm with its number of people."""

    n: int
    mean: float
    sd: float

    def __post_init__(self) -> None:
        if self.n < 2 or not (math.isfinite(self.mean) and math.isfinite(self.sd) and self.sd > 0):
            raise BadInput(
                f"Expected an arm of at least 2 people with a finite mean and an SD above 0, got n {self.n}, "
                f"mean {self.mean:g}, SD {self.sd:g}. Give the arm as printed."
            )


def pooled_sd(first: Arm, second: Arm) -> float:
    """Standard deviation pooled over two arms."""
    squares = (first.n - 1) * first.sd**2 + (second.n - 1) * second.sd**2
    return math.sqrt(squares / (first.n + second.n - 2))


def mean_difference(first: Arm, second: Arm) -> EffectSize:
    """First minus second, variance from the pooled SD (as in Normand 1999, Stat Med 18:321)."""
    return EffectSize(
        first.mean - second.mean, pooled_sd(first, second) ** 2 * (1.0 / first.n + 1.0 / second.n)
    )


def hedges_g(first: Arm, second: Arm) -> EffectSize:
    """Standardised mean difference with Hedges' exact small-sample factor.

    Variance 1/n1 + 1/n2 + g^2 / (2 (n1 + n2)), the large-sample form (Hedges 1982).
    """
    df = first.n + second.n - 2
    factor = math.exp(math.lgamma(df / 2) - math.lgamma((df - 1) / 2)) / math.sqrt(df / 2)
    g = factor * (first.mean - second.mean) / pooled_sd(first, second)
    return EffectSize(g, 1.0 / first.n + 1.0 / second.n + g**2 / (2.0 * (first.n + second.n)))


@dataclass(frozen=True, slots=True)
class Counts:
    """People with and without an event in one arm; half counts are allowed as a continuity correction."""

    events: float
    no_events: float

    def __post_init__(self) -> None:
        if not (self.events > 0 and self.no_events > 0):
            raise BadInput(
                f"Expected counts above 0, got {self.events:g} with and {self.no_events:g} without the "
                "event. Add a half to all four cells, and say so, or leave the study out."
            )


def log_risk_ratio(first: Counts, second: Counts) -> EffectSize:
    """Natural logarithm of the risk ratio, first over second."""
    n1, n2 = first.events + first.no_events, second.events + second.no_events
    effect = math.log(first.events / n1) - math.log(second.events / n2)
    return EffectSize(effect, 1 / first.events - 1 / n1 + 1 / second.events - 1 / n2)


def log_odds_ratio(first: Counts, second: Counts) -> EffectSize:
    """Natural logarithm of the odds ratio, first over second."""
    effect = math.log(first.events / first.no_events) - math.log(second.events / second.no_events)
    cells = (first.events, first.no_events, second.events, second.no_events)
    return EffectSize(effect, sum(1 / cell for cell in cells))


def e_value(risk_ratio: float) -> float:
    """E-value of a risk ratio: RR + sqrt(RR (RR - 1)), of 1/RR below 1 (VanderWeele and Ding 2017).

    The strength of association that an unmeasured confounder would need with both treatment and outcome to
    explain the ratio away. Raises BadInput unless the ratio is above 0.
    """
    if not (math.isfinite(risk_ratio) and risk_ratio > 0):
        raise BadInput(
            f"Expected a risk ratio above 0, got {risk_ratio:g}. Give the ratio, not its logarithm."
        )
    ratio = max(risk_ratio, 1.0 / risk_ratio)
    return ratio + math.sqrt(ratio * (ratio - 1.0))
