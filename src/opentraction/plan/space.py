"""What the search may choose from: pulls, angles, families and presets, all inside the limits."""

from dataclasses import dataclass

from opentraction.chart import BadInput, Capability, Family, Patient, TractionProfile
from opentraction.plan.families import FAMILY_SETTINGS, family_profile, profile_name
from opentraction.plan.guardrails import ANGLE
from opentraction.plan.limits import body_weight_n, raised, snap

LOWEST_SHARE = 0.20
"""The gentlest pull searched over body weight: the lowest working pull published (KDTCALC, class C)."""

CONVENTIONAL_SHARE = 1.0 / 3.0
"""The conventional preset pulls a third of body weight (BRIDGER1990; as a starting pull KDTCALC, class C)."""

GENTLE_SHARE = 0.25
"""Pull without a target level, as a share of body weight: the low end of what trials commonly used."""

SEARCHED = (Family.INTERMITTENT, Family.STATIC, Family.LOG_RAMP)
"""Families the search tries when it is not told others; the first one carries the grid of pull and angle."""


@dataclass(frozen=True)
class Space:
    """What the search may choose from."""

    peaks_n: tuple[float, ...]
    angles_deg: tuple[float, ...]
    families: tuple[Family, ...]
    minutes: float
    rate_n_per_s: float
    conventional_n: float
    """Pull of the conventional preset, inside the limits."""
    step_n: float | None
    """The table's step of force; None where it is not known."""
    gentle_n: float
    """Pull of the gentle preset, for a plan without a target level."""

    def profile(self, family: Family, peak_n: float, angle_deg: float, name: str = "") -> TractionProfile:
        """One point of the space as a profile."""
        return family_profile(
            family,
            peak_n=peak_n,
            minutes=self.minutes,
            angle_deg=angle_deg,
            name=name,
            rate_n_per_s=self.rate_n_per_s,
        )


def space(
    *,
    limit_n: float,
    patient: Patient,
    capability: Capability | None,
    minutes: float,
    families: tuple[Family, ...] | None = None,
    least_n: float | None = None,
) -> Space:
    """The points the search may choose from, none above `limit_n`.

    Pulls are evenly spaced from 20 % of body weight (half the limit where the mass is not known or that is
    above it) to the limit, rounded down to the table's step; angles evenly over the table's range, 0 only
    where no table is named. `least_n` is the pull to start from instead, and the presets pull no less.
    Raises BadInput when it lies above the limit or is no force.
    """
    step_n = capability.force_step_n if capability else None
    angles = _angles(capability)
    weight_n = body_weight_n(patient)
    top_n = snap(limit_n, step_n)
    low_n = LOWEST_SHARE * weight_n if weight_n is not None else top_n
    low_n = low_n if low_n < top_n else 0.5 * top_n
    floor_n = 0.0
    if least_n is not None:
        if not 0 < least_n <= top_n:
            raise BadInput(
                f"Expected a least pull above 0 and up to {top_n:.0f} N, the lowest limit in steps of the "
                f"table, got {least_n:g} N. Lower it."
            )
        low_n = floor_n = raised(least_n, step_n)
    count = 5 if len(angles) > 1 else 8
    grid = (low_n + (top_n - low_n) * number / (count - 1) for number in range(count))
    peaks = tuple(sorted({peak for peak in (snap(force_n, step_n) for force_n in grid) if peak > 0}))
    conventional_n = top_n if weight_n is None else min(top_n, snap(CONVENTIONAL_SHARE * weight_n, step_n))
    gentle_share = 0.5 * top_n if weight_n is None else GENTLE_SHARE * weight_n
    gentle_n = snap(min(gentle_share, 0.75 * top_n), step_n)
    default_rate = next(s.value for s in FAMILY_SETTINGS[Family.STATIC] if s.name == "rate_n_per_s")
    return Space(
        peaks_n=peaks,
        angles_deg=angles,
        families=_families(capability, families),
        minutes=minutes,
        rate_n_per_s=min(default_rate, capability.rate_max_n_per_s) if capability else default_rate,
        conventional_n=max(floor_n, conventional_n),
        step_n=step_n,
        gentle_n=max(floor_n, gentle_n),
    )


def _angles(capability: Capability | None) -> tuple[float, ...]:
    if capability is None:
        return (0.0,)
    low, high = capability.angle_range_deg
    low, high = max(low, ANGLE.absolute[0]), min(high, ANGLE.absolute[1])
    if low > high:
        raise BadInput(
            f"Expected a table whose angle lies in {ANGLE.absolute[0]:g} to {ANGLE.absolute[1]:g} deg, got "
            f"{capability.angle_range_deg[0]:g} to {capability.angle_range_deg[1]:g} deg. Check the "
            "table's page."
        )
    return tuple(sorted({low, 0.5 * (low + high), high}))


def _families(capability: Capability | None, asked: tuple[Family, ...] | None) -> tuple[Family, ...]:
    wanted = tuple(family for family in (asked or SEARCHED) if family is not Family.LYING)
    if capability is None or not capability.modes:
        return wanted
    able = tuple(family for family in wanted if family in capability.modes)
    if able:
        return able
    able = tuple(family for family in capability.modes if family is not Family.LYING)
    if not able or asked:
        raise BadInput(
            f"Expected a table that offers {' or '.join(wanted)}, got one that offers "
            f"{', '.join(capability.modes)}. Ask for a family the table has."
        )
    return able


def grid_of(room: Space) -> list[TractionProfile]:
    """Every pull at every angle, in the first family."""
    family = room.families[0]
    return [room.profile(family, peak, angle) for angle in room.angles_deg for peak in room.peaks_n]


def presets_of(room: Space, *, with_gentle: bool) -> list[TractionProfile]:
    """Lying without pull, the conventional preset, and where no level is targeted a gentler pull."""
    family = Family.INTERMITTENT if Family.INTERMITTENT in room.families else room.families[0]
    flat = room.angles_deg[0]
    presets = [family_profile(Family.LYING, peak_n=0.0, minutes=room.minutes, angle_deg=flat)]
    if room.conventional_n > 0:
        told = f"Conventional preset: {_lowered(profile_name(family, room.conventional_n, flat))}"
        presets.append(room.profile(family, room.conventional_n, flat, told))
    if with_gentle and room.gentle_n > 0:
        told = f"Gentle preset: {_lowered(profile_name(family, room.gentle_n, flat))}"
        presets.append(room.profile(family, room.gentle_n, flat, told))
    return presets


def _lowered(name: str) -> str:
    return name[0].lower() + name[1:]
