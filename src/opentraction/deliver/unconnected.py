"""A table without an interface: a setting sheet that a person keys in, never asking for more than planned."""

from itertools import pairwise

from opentraction.chart import (
    ApprovedPlan,
    Capability,
    Family,
    Hold,
    Limit,
    NativeUnit,
    NonNegative,
    Positive,
    Ramp,
    RampShape,
    Refused,
    Release,
    TractionProfile,
    Value,
)
from opentraction.deliver.limits import binding_limit, round_down

NEWTON_PER: dict[NativeUnit, float] = {
    NativeUnit.NEWTON: 1.0,
    NativeUnit.POUND: 4.4482216152605,
    NativeUnit.KILOGRAM_FORCE: 9.80665,
}
"""Newtons in one unit of the table: exact by definition (NIST SP 811, appendix B.8)."""


class SettingRow(Value):
    """One thing to set: what the plan asks, what to key in, and why they differ (empty when they do not)."""

    name: str
    planned: str
    set_to: str
    why: str = ""


class SettingStep(Value):
    """One step of the session, in the table's own unit."""

    what: str
    pull: NonNegative
    """Pull at the end of the step, in the sheet's unit."""
    duration_s: Positive


class SettingSheet(Value):
    """One page for the person at the table.

    It carries the plan's digest, so that it cannot be taken for another.
    """

    table_id: str
    maker: str
    patient_id: str
    plan_digest: str
    approved_by: str
    unit: NativeUnit
    rows: tuple[SettingRow, ...]
    steps: tuple[SettingStep, ...]
    differences: tuple[str, ...]
    """What the table cannot do as planned, and what it does instead; every difference is towards less."""
    limit: Limit
    to_check: tuple[str, ...]
    """What to look at before the pull."""
    to_write_down: tuple[str, ...]
    """What to type back afterwards."""
    profile: TractionProfile
    """The plan as this table can do it [N, s]."""
    simulated: bool = False


def setting_sheet(approved: ApprovedPlan, capability: Capability) -> SettingSheet:
    """What to key in so that this table comes as near to the plan as it can without exceeding it.

    Raises Refused when the table does not offer the plan's kind of pull or its angle.
    """
    plan, unit = approved.plan, capability.native_unit
    profile, differences = snapped(plan.profile, capability)
    return SettingSheet(
        table_id=capability.table_id,
        maker=capability.maker,
        patient_id=plan.patient_id,
        plan_digest=approved.approval.plan_digest,
        approved_by=f"{approved.approval.by.name} ({approved.approval.by.role})",
        unit=unit,
        rows=_rows(approved, profile, unit),
        steps=tuple(_steps(profile, unit)),
        differences=differences,
        limit=binding_limit(plan, capability),
        to_check=_to_check(capability),
        to_write_down=(
            f"Highest pull shown [{unit}]",
            "Time from the first pull until it was gone [min:s]",
            "How it ended: done, stopped by the patient, stopped by the operator",
            "Each stop: when, and why",
        ),
        profile=profile,
        simulated=plan.simulated or capability.simulated,
    )


def snapped(profile: TractionProfile, capability: Capability) -> tuple[TractionProfile, tuple[str, ...]]:
    """The profile as the table can do it, always towards less, and each difference in a sentence."""
    family, linear, differences = _family(profile, capability)
    low, high = capability.angle_range_deg
    if not low <= profile.angle_deg <= high:
        raise Refused(
            f"The plan pulls at {profile.angle_deg:g} deg; table {capability.table_id} offers "
            f"{low:g} to {high:g} deg "
            "as far as is known. Plan another angle, or state the table's range."
        )
    step_n = capability.force_step_n or NEWTON_PER[capability.native_unit]
    top_n = round_down(capability.force_max_n, step_n)
    segments: list[Ramp | Hold | Release] = []
    at_n = 0.0
    for segment in profile.segments:
        if isinstance(segment, Ramp):
            force_n = min(round_down(segment.force_n, step_n), top_n)
            lasts_s = max(segment.duration_s, (force_n - at_n) / capability.rate_max_n_per_s)
            if lasts_s > segment.duration_s + 1e-9:
                differences.append(
                    f"The rise to {force_n:.0f} N takes {lasts_s:.0f} s instead of "
                    f"{segment.duration_s:g} s: the table "
                    f"rises by at most {capability.rate_max_n_per_s:g} N/s."
                )
            shape = RampShape.LINEAR if linear else segment.shape
            segments.append(Ramp(force_n=force_n, duration_s=lasts_s, shape=shape))
            at_n = force_n
        else:
            segments.append(segment)
            at_n = 0.0 if isinstance(segment, Release) else at_n
    result = TractionProfile(
        name=profile.name, family=family, segments=tuple(segments), angle_deg=profile.angle_deg
    )
    if result.peak_force_n < profile.peak_force_n - 1e-9:
        unit = capability.native_unit
        differences.append(
            f"The highest pull is {native(result.peak_force_n, unit)} ({result.peak_force_n:.1f} "
            "N) instead of "
            f"{profile.peak_force_n:.1f} N: rounded down to the table's step, and no higher than its rating."
        )
    return result, tuple(differences)


def _family(profile: TractionProfile, capability: Capability) -> tuple[Family, bool, list[str]]:
    """The family the table can do, whether its ramps become straight, and the difference if there is one."""
    modes = capability.modes
    if not modes or profile.family in modes:
        return profile.family, False, []
    if profile.family is Family.LOG_RAMP and Family.STATIC in modes:
        text = (
            "The logarithmic rise becomes a straight one, which pulls less on the way: the table has "
            "no such rise."
        )
        return Family.STATIC, True, [text]
    raise Refused(
        f"The plan is of the family '{profile.family}'; table {capability.table_id} offers "
        f"{', '.join(modes)}. "
        "Plan one of those, or take another table."
    )


def native(force_n: float, unit: NativeUnit) -> str:
    """A force in a table's own unit, to four digits."""
    return f"{force_n / NEWTON_PER[unit]:.4g} {unit}"


def _rows(approved: ApprovedPlan, profile: TractionProfile, unit: NativeUnit) -> tuple[SettingRow, ...]:
    plan, setup = approved.plan, approved.plan.setup
    wanted = plan.profile
    holds = [segment.duration_s for segment in profile.segments if isinstance(segment, Hold)]
    rows = [
        SettingRow(
            name="Mode",
            planned=wanted.family,
            set_to=profile.family,
            why=_differs(wanted.family, profile.family),
        ),
        SettingRow(
            name="Highest pull",
            planned=f"{wanted.peak_force_n:.1f} N",
            set_to=native(profile.peak_force_n, unit),
            why="rounded down" if profile.peak_force_n < wanted.peak_force_n - 1e-9 else "",
        ),
        SettingRow(
            name="Whole time",
            planned=clock(wanted.duration_s),
            set_to=clock(profile.duration_s),
            why=_differs(clock(wanted.duration_s), clock(profile.duration_s)),
        ),
        SettingRow(name="Angle", planned=f"{wanted.angle_deg:g} deg", set_to=f"{profile.angle_deg:g} deg"),
        SettingRow(name="Posture", planned=setup.posture, set_to=setup.posture),
        SettingRow(
            name="Hips and knees",
            planned=f"{setup.hip_flexion_deg:g} and {setup.knee_flexion_deg:g} deg",
            set_to=f"{setup.hip_flexion_deg:g} and {setup.knee_flexion_deg:g} deg",
        ),
    ]
    low_n, planned_n = _lowest_between(profile), _lowest_between(wanted)
    if low_n is not None and planned_n is not None and profile.family is not Family.PROGRESSIVE:
        why = "rounded down" if low_n < planned_n - 1e-9 else ""
        rows.insert(
            2,
            SettingRow(
                name="Lowest pull between", planned=f"{planned_n:.1f} N", set_to=native(low_n, unit), why=why
            ),
        )
    if holds and len(set(holds)) == 1:
        rows.insert(2, SettingRow(name="Each hold", planned=clock(holds[0]), set_to=clock(holds[0])))
    return tuple(rows)


def _lowest_between(profile: TractionProfile) -> float | None:
    """The lowest pull from which the profile rises again [N]; None when there is none."""
    return min((f for (_, f), (_, later) in pairwise(profile.knots()) if 0 < f < later), default=None)


def _differs(planned: str, set_to: str) -> str:
    return "" if planned == set_to else "the table cannot do it as planned"


def clock(seconds: float) -> str:
    """A time as minutes and seconds."""
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d} min"


def _steps(profile: TractionProfile, unit: NativeUnit) -> list[SettingStep]:
    names = {"ramp": "go to", "hold": "stay at", "release": "let go to"}
    forces = [force for _, force in profile.knots()][1:]
    return [
        SettingStep(
            what=names[segment.kind],
            pull=round(force / NEWTON_PER[unit], 2),
            duration_s=segment.duration_s,
        )
        for segment, force in zip(profile.segments, forces, strict=True)
    ]


def _to_check(capability: Capability) -> tuple[str, ...]:
    checks = [
        "Two identifiers of the patient against this sheet.",
        "Patient switch in the hand, and tested.",
        "Nobody and nothing under or beside the moving parts; somebody stays in the room.",
        f"The display shows {capability.native_unit}, not another unit.",
    ]
    if capability.force_step_n is None:
        checks.append(f"The table's step is not known; whole {capability.native_unit} are assumed.")
    if not capability.modes:
        checks.append("The table's modes are not known; see that it offers the mode above.")
    return tuple(checks)
