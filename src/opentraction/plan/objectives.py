"""What the plan is for: which level to unload, which to spare, and how a plan is scored on the ensemble."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from opentraction.chart import (
    BadInput,
    Cause,
    Findings,
    Goal,
    GoalKind,
    Level,
    Refused,
    RootCause,
    TractionProfile,
)

GAIN_QUANTILE, HARM_QUANTILE = 0.10, 0.95
"""Robust measures: the gain that nine samples in ten reach, the harm that only one in twenty exceeds."""

SPARE_WEIGHT = 0.1
"""Weight of all levels to spare together against 1 for the target; a choice of this project, no source.

Small, since no harm of unloading a neighbouring disc is shown, while its 95th percentile is far above the
10th percentile of the gain.
"""

UNLOADED_CAUSES = frozenset(
    {
        Cause.DISC_HERNIATION_RADICULOPATHY,
        Cause.DISC_HERNIATION,
        Cause.DISC_DEGENERATION,
        Cause.FORAMINAL_STENOSIS,
        Cause.CENTRAL_STENOSIS,
        Cause.RADICULOPATHY_NO_IMAGE,
    }
)
"""Causes whose level a plan may set out to unload; a slipped or fractured one only when asked to."""


@dataclass(frozen=True)
class Targets:
    """The target level (None: no level-specific claim), the goals, and why."""

    target: Level | None
    goals: tuple[Goal, ...]
    cause: RootCause | None
    why: tuple[str, ...]
    least_n: float = 0.0
    """Nothing gentler than this pull [N] is proposed: the clinician asked for no less."""

    @property
    def spared(self) -> Mapping[Level, float]:
        """Weight of each level to spare."""
        return {goal.level: goal.weight for goal in self.goals if goal.kind is GoalKind.SPARE}

    @property
    def gain_weight(self) -> float:
        """Weight of the target level."""
        return next((goal.weight for goal in self.goals if goal.kind is GoalKind.UNLOAD), 1.0)

    @property
    def threshold_mpa(self) -> float:
        """The pressure below which seconds are counted at the target [MPa]."""
        return next((goal.pressure_below_mpa for goal in self.goals if goal.kind is GoalKind.UNLOAD), 0.0)


def default_goals(target: Level, levels: tuple[Level, ...]) -> tuple[Goal, ...]:
    """Unload `target` with weight 1; spare the other levels, which share `SPARE_WEIGHT` equally."""
    others = tuple(level for level in levels if level is not target)
    return (
        Goal(kind=GoalKind.UNLOAD, level=target),
        *(Goal(kind=GoalKind.SPARE, level=level, weight=SPARE_WEIGHT / len(others)) for level in others),
    )


def choose_targets(
    findings: Findings,
    *,
    levels: tuple[Level, ...],
    targetable: tuple[Level, ...],
    goals: tuple[Goal, ...] | None = None,
) -> Targets:
    """The goals given by the clinician, or those of the leading root cause.

    Only a level that was seen may be the target. Without one the plan makes no level-specific claim.
    Raises Refused for a goal at a level that was not seen, BadInput for goals that contradict one another.
    """
    cause = findings.leading
    if goals:
        return _given(goals, cause, levels, targetable)
    if cause is None:
        return _none(cause, "No root cause was named, so there is no level to unload.")
    if cause.cause not in UNLOADED_CAUSES:
        return _none(cause, f"The leading cause is {cause.cause}; no level is set out to be unloaded for it.")
    if cause.level is None:
        return _none(cause, f"The leading cause, {cause.cause}, has no level.")
    if cause.level not in targetable:
        return _none(
            cause,
            f"The leading cause, {cause.cause}, is at {cause.level}, which no image shows; a level of "
            "norms is never targeted.",
        )
    because = f"{cause.level} is the target: it is the level of the leading cause, {cause.cause}."
    return Targets(cause.level, default_goals(cause.level, levels), cause, (because,))


def _none(cause: RootCause | None, because: str) -> Targets:
    return Targets(None, (), cause, (because, "The plan makes no level-specific claim."))


def _given(
    goals: tuple[Goal, ...],
    cause: RootCause | None,
    levels: tuple[Level, ...],
    targetable: tuple[Level, ...],
) -> Targets:
    unload = [goal.level for goal in goals if goal.kind is GoalKind.UNLOAD]
    if len(unload) != 1 or len({goal.level for goal in goals}) != len(goals):
        raise BadInput(
            f"Expected one level to unload and every level at most once, got {len(unload)} to unload among "
            f"{len(goals)} goals. Name one target."
        )
    unknown = [goal.level for goal in goals if goal.level not in levels]
    if unknown:
        raise BadInput(
            f"Expected goals at {', '.join(levels)}, got {unknown[0]}, which the model does not hold."
        )
    if unload[0] not in targetable:
        seen = ", ".join(targetable) or "none"
        raise Refused(
            f"{unload[0]} cannot be the target: no image shows it and its shape stands in from norms "
            f"(levels seen: {seen}). Choose a level that was seen, or plan without a target."
        )
    return Targets(unload[0], goals, cause, (f"{unload[0]} is the target: the clinician chose it.",))


@dataclass(frozen=True)
class Candidate:
    """One profile and what the ensemble says of it: arrays over samples, per level."""

    profile: TractionProfile
    dose_mpa_s: Mapping[Level, NDArray[np.float64]]
    """Integral of (pressure lying at rest - pressure) over the session [MPa s]."""
    seconds_below: Mapping[Level, NDArray[np.float64]]
    """Seconds of the session below the goal's pressure."""

    @property
    def impulse_n_s(self) -> float:
        """Integral of the planned pull over the session [N s]: the measure of gentleness."""
        return impulse_n_s(self.profile)


def gain_mpa_s(candidate: Candidate, targets: Targets) -> NDArray[np.float64]:
    """Unloading dose at the target per sample [MPa s]; without a target the mean over all levels."""
    if targets.target is not None:
        return candidate.dose_mpa_s[targets.target]
    return np.mean(np.stack(list(candidate.dose_mpa_s.values())), axis=0)


def gain_seconds(candidate: Candidate, targets: Targets) -> NDArray[np.float64]:
    """Seconds below the goal's pressure at the target per sample, or their mean over all levels."""
    if targets.target is not None:
        return candidate.seconds_below[targets.target]
    return np.mean(np.stack(list(candidate.seconds_below.values())), axis=0)


def spare_mpa_s(candidate: Candidate, targets: Targets) -> NDArray[np.float64]:
    """Unloading dose at the levels to spare, their mean per sample [MPa s]; zero where none is spared."""
    if not targets.spared:
        return np.zeros_like(gain_mpa_s(candidate, targets))
    return np.mean(np.stack([candidate.dose_mpa_s[level] for level in targets.spared]), axis=0)


def score(candidate: Candidate, targets: Targets) -> float:
    """Robust score [MPa s]: weighted 10th percentile of the gain less weighted 95th ones of the harm.

    Harm at a level to spare is the unloading it did not need.
    """
    gain = float(np.quantile(gain_mpa_s(candidate, targets), GAIN_QUANTILE))
    harm = sum(
        weight * float(np.quantile(candidate.dose_mpa_s[level], HARM_QUANTILE))
        for level, weight in targets.spared.items()
    )
    return targets.gain_weight * gain - harm


def band(values: NDArray[np.float64]) -> tuple[float, float, float]:
    """5, 50 and 95 % quantiles of an ensemble."""
    low, mid, high = np.quantile(values, (0.05, 0.5, 0.95))
    return float(low), float(mid), float(high)


def impulse_n_s(profile: TractionProfile) -> float:
    """Integral of the pull over the session [N s], exact for both ramp shapes.

    The logarithmic ramp of the chart rises as log(1 + c s) / log(1 + c), c = 9, whose mean over the ramp is
    (1 + 1/c) - 1 / log(1 + c).
    """
    total, start_n = 0.0, 0.0
    knots = profile.knots()
    for segment, (_, end_n) in zip(profile.segments, knots[1:], strict=True):
        logarithmic = segment.kind == "ramp" and segment.shape == "logarithmic"
        share = _LOG_MEAN if logarithmic else 0.5
        total += segment.duration_s * (start_n + share * (end_n - start_n))
        start_n = end_n
    return total


_LOG_MEAN = (1.0 + 1.0 / 9.0) - 1.0 / float(np.log1p(9.0))
