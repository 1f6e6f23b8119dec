"""The bounds of one session: the binding limit, its tolerance, and whether a table covers a plan."""

import math
from itertools import pairwise

from opentraction.chart import (
    Capability,
    Limit,
    NonNegative,
    Plan,
    Positive,
    TractionProfile,
    Value,
    lowest,
)
from opentraction.deliver.readings import ReadingRules

TOLERANCE_SHARE = 0.02
"""A measured pull may lie this share above the lowest limit before it trips."""
TOLERANCE_FLOOR_N = 5.0
"""Noise and breathing move a load cell by some newtons whatever the limit is."""
PERIOD_S = 0.1
RELEASE_WITHIN_S = 8.0
"""A release after a trip takes this long from any force, unless the slowest rate takes less."""
RELEASE_SLOWEST_N_PER_S = 20.0
GONE_N = 8.0
"""Below this measured pull the patient counts as released."""


class DeliverySettings(Value):
    """Everything constant in one session; it stands in the record's header, so a replay needs no more."""

    profile: TractionProfile
    limit: Limit
    """The lowest of the plan's limits and the table's rating."""
    ceiling_n: Positive
    """The measured pull above which the session trips."""
    rise_n_per_s: Positive
    """Fastest rise that is ever commanded."""
    fall_n_per_s: Positive
    """Fastest fall that is commanded while following the plan."""
    rules: ReadingRules
    preload_n: NonNegative = 10.0
    """Pull at which the slack counts as taken up; 0 for a plan without pull."""
    slack_rate_n_per_s: Positive = 5.0
    slack_time_s: Positive = 60.0
    slack_travel_mm: Positive = 250.0
    period_s: Positive = PERIOD_S
    command_life_s: Positive = 0.5
    """Each command expires after this; a table without a newer one releases by itself."""
    link_silent_s: Positive = 0.3
    """Commands may stay unconfirmed this long."""
    rate_allowance_n: Positive = 10.0
    """Noise and breathing allowed on top of 1.5 times the commanded rate, over half a second."""
    slip_drop_n: Positive = 12.0
    slip_drop_share: Positive = 0.05
    slip_travel_mm: Positive = 1.0
    follow_n: Positive = 20.0
    follow_share: Positive = 0.1
    follow_s: Positive = 2.0
    """The pull may differ from the command by more than `follow_n` and `follow_share` only this long."""

    gone_within_s: Positive = 5.0
    """After the plan's end the pull must be gone within this, on top of the time its fall takes."""

    def release_rate_n_per_s(self, force_n: float) -> float:
        """Rate of the controlled release from a force [N/s]: neither sudden nor slow."""
        return max(RELEASE_SLOWEST_N_PER_S, force_n / RELEASE_WITHIN_S)


def settings_for(plan: Plan, capability: Capability) -> DeliverySettings:
    """The settings of a session of this plan on this table."""
    binding = binding_limit(plan, capability)
    profile = plan.profile
    rise = min(capability.rate_max_n_per_s, max(5.0, 1.2 * profile.steepest_n_per_s))
    fall = min(capability.rate_max_n_per_s, max(5.0, 1.2 * steepest_fall_n_per_s(profile)))
    return DeliverySettings(
        profile=profile,
        limit=binding,
        ceiling_n=binding.force_n + max(TOLERANCE_FLOOR_N, TOLERANCE_SHARE * binding.force_n),
        rise_n_per_s=rise,
        fall_n_per_s=fall,
        rules=ReadingRules(
            force_high_n=1.25 * capability.force_max_n,
            rate_n_per_s=max(rise, fall),
            frozen_move_n=max(8.0, 2.0 * (capability.force_step_n or 0.0)),
        ),
        preload_n=min(10.0, 0.5 * profile.peak_force_n),
    )


def binding_limit(plan: Plan, capability: Capability) -> Limit:
    """The lowest of the plan's limits and the table's own rating."""
    rating = Limit(
        force_n=capability.force_max_n,
        reason=f"rating of table {capability.table_id}",
        source=capability.source or capability.maker,
    )
    return lowest((*plan.limits, rating))


def steepest_fall_n_per_s(profile: TractionProfile) -> float:
    """Largest rate at which the plan lets go [N/s], from the ends of its segments."""
    knots = profile.knots()
    return max((max(0.0, (f0 - f1) / (t1 - t0)) for (t0, f0), (t1, f1) in pairwise(knots)), default=0.0)


def not_covered(profile: TractionProfile, capability: Capability) -> tuple[str, ...]:
    """What this table cannot do of this profile, one sentence each; empty when it can do all of it."""
    problems = []
    if profile.peak_force_n > capability.force_max_n + 1e-9:
        problems.append(
            f"The plan pulls {profile.peak_force_n:.0f} N; table {capability.table_id} pulls at most "
            f"{capability.force_max_n:.0f} N. Plan less, or take another table."
        )
    if profile.steepest_n_per_s > capability.rate_max_n_per_s + 1e-9:
        problems.append(
            f"The plan rises by {profile.steepest_n_per_s:.1f} N/s; table {capability.table_id} "
            "rises by at most "
            f"{capability.rate_max_n_per_s:.1f} N/s. Plan longer ramps."
        )
    low, high = capability.angle_range_deg
    if not low - 1e-9 <= profile.angle_deg <= high + 1e-9:
        problems.append(
            f"The plan pulls at {profile.angle_deg:g} deg; table {capability.table_id} offers {low:g} to "
            f"{high:g} deg. Plan another angle."
        )
    if capability.modes and profile.family not in capability.modes and profile.peak_force_n > 0:
        offered = ", ".join(capability.modes)
        problems.append(
            f"The plan is of the family '{profile.family}'; table {capability.table_id} offers {offered}. "
            "Plan one of those."
        )
    return tuple(problems)


def round_down(value: float, step: float | None) -> float:
    """The largest multiple of `step` not above `value`: rounding is always towards less."""
    if step is None:
        return value
    return math.floor(value / step + 1e-9) * step
