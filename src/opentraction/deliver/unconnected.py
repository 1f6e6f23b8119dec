"""A table without an interface: a setting sheet that a person keys in, and what happened typed back."""

from datetime import datetime
from itertools import pairwise

from pydantic import Field

from opentraction.chart import (
    ApprovedPlan,
    BadInput,
    Capability,
    Clinician,
    Family,
    Hold,
    InterlockKind,
    Limit,
    NativeUnit,
    NonNegative,
    PlannedAgainstMeasured,
    Positive,
    Ramp,
    RampShape,
    RecordKind,
    Refused,
    Release,
    Session,
    SessionEnd,
    SessionEvent,
    SessionSample,
    TractionProfile,
    Trip,
    Value,
)
from opentraction.deliver.comparison import planned_impulse_n_s
from opentraction.deliver.limits import binding_limit, round_down

NEWTON_PER: dict[NativeUnit, float] = {
    NativeUnit.NEWTON: 1.0,
    NativeUnit.POUND: 4.4482216152605,
    NativeUnit.KILOGRAM_FORCE: 9.80665,
}
"""Newtons in one unit of the table: exact by definition (NIST SP 811, appendix B.8)."""
_GRID_S = 1.0


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


class TypedStop(Value):
    """One interruption that a person saw."""

    at_s: NonNegative
    why: str = Field(min_length=3)


class TypedReturn(Value):
    """What a person typed back after a session on an unconnected table.

    `highest_pull` is in the table's unit.
    """

    highest_pull: NonNegative
    duration_s: Positive
    """From the first pull until it was gone."""
    end: SessionEnd = SessionEnd.DONE
    stops: tuple[TypedStop, ...] = ()
    by: Clinician
    note: str = ""


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
            f"The highest pull is {_native(result.peak_force_n, unit)} ({result.peak_force_n:.1f} "
            "N) instead of "
            f"{profile.peak_force_n:.1f} N: rounded down to the table's step, and no higher than its rating."
        )
    return result, tuple(differences)


def reported_session(
    approved: ApprovedPlan,
    capability: Capability,
    typed: TypedReturn,
    *,
    started_at: datetime,
    session_id: str | None = None,
) -> Session:
    """A session on an unconnected table from what a person typed back: reported, not measured.

    The samples hold the planned pull and, as `commanded_n`, the keyed-in profile scaled to the reported
    highest pull and cut at the reported time; `measured_n` is None throughout. A reported pull above the
    lowest limit is kept, as a trip that a person has to clear. Raises BadInput when the typed numbers
    cannot be.
    """
    plan = approved.plan
    profile, _ = snapped(plan.profile, capability)
    reported_n = typed.highest_pull * NEWTON_PER[capability.native_unit]
    _refuse_impossible(profile, capability, typed, reported_n)
    limit = binding_limit(plan, capability)
    trips = []
    if reported_n > limit.force_n + NEWTON_PER[capability.native_unit] / 2.0:
        trips.append(
            Trip(
                interlock=InterlockKind.OVER_FORCE,
                time_s=typed.duration_s,
                sentence=(
                    f"Expected at most {limit.force_n:.0f} N ({limit.reason}); {reported_n:.0f} N "
                    "was reported. "
                    "Look after the patient and the table's settings."
                ),
            )
        )
    events = [SessionEvent(time_s=stop.at_s, what=f"Stop: {stop.why}") for stop in typed.stops]
    events.append(
        SessionEvent(
            time_s=typed.duration_s, what=f"Typed by {typed.by.name} ({typed.by.role}): {typed.end}."
        )
    )
    return Session(
        session_id=session_id or f"{plan.plan_id}-{started_at:%Y%m%dT%H%M%S}",
        patient_id=plan.patient_id,
        plan_digest=approved.approval.plan_digest,
        table_id=capability.table_id,
        started_at=started_at,
        kind=RecordKind.REPORTED,
        samples=_reported_samples(plan.profile, profile, typed, reported_n),
        events=tuple(events),
        trips=tuple(trips),
        end=typed.end,
        comparison=PlannedAgainstMeasured(
            planned_impulse_n_s=planned_impulse_n_s(plan.profile),
            delivered_impulse_n_s=None,
            rms_error_n=None,
            time_in_band=None,
            missed=tuple(_reported_missed(plan.profile, typed, reported_n)),
        ),
        note=typed.note,
        simulated=plan.simulated or capability.simulated,
    )


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


def _native(force_n: float, unit: NativeUnit) -> str:
    return f"{force_n / NEWTON_PER[unit]:.4g} {unit}"


def _rows(approved: ApprovedPlan, profile: TractionProfile, unit: NativeUnit) -> tuple[SettingRow, ...]:
    plan, setup = approved.plan, approved.plan.setup
    wanted = plan.profile
    holds = [segment.duration_s for segment in profile.segments if isinstance(segment, Hold)]
    lows = [force for (_, force), (_, later) in pairwise(profile.knots()) if 0 < force < later]
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
            set_to=_native(profile.peak_force_n, unit),
            why="rounded down" if profile.peak_force_n < wanted.peak_force_n - 1e-9 else "",
        ),
        SettingRow(
            name="Whole time",
            planned=_clock(wanted.duration_s),
            set_to=_clock(profile.duration_s),
            why=_differs(_clock(wanted.duration_s), _clock(profile.duration_s)),
        ),
        SettingRow(name="Angle", planned=f"{wanted.angle_deg:g} deg", set_to=f"{profile.angle_deg:g} deg"),
        SettingRow(name="Posture", planned=setup.posture, set_to=setup.posture),
        SettingRow(
            name="Hips and knees",
            planned=f"{setup.hip_flexion_deg:g} and {setup.knee_flexion_deg:g} deg",
            set_to=f"{setup.hip_flexion_deg:g} and {setup.knee_flexion_deg:g} deg",
        ),
    ]
    if lows and profile.family is not Family.PROGRESSIVE:
        low = _native(min(lows), unit)
        rows.insert(2, SettingRow(name="Lowest pull between", planned=low, set_to=low))
    if holds and len(set(holds)) == 1:
        rows.insert(2, SettingRow(name="Each hold", planned=_clock(holds[0]), set_to=_clock(holds[0])))
    return tuple(rows)


def _differs(planned: str, set_to: str) -> str:
    return "" if planned == set_to else "the table cannot do it as planned"


def _clock(seconds: float) -> str:
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


def _refuse_impossible(
    profile: TractionProfile, capability: Capability, typed: TypedReturn, reported_n: float
) -> None:
    unit = capability.native_unit
    if reported_n > capability.force_max_n + 1e-6:
        raise BadInput(
            f"Expected a highest pull up to the table's {_native(capability.force_max_n, unit)}, got "
            f"{typed.highest_pull:g} {unit}. Is it in another unit? Type it in {unit}."
        )
    if typed.duration_s > 2.0 * profile.duration_s + 600.0:
        raise BadInput(
            f"Expected about {_clock(profile.duration_s)}, got {_clock(typed.duration_s)}. Type "
            "the time in seconds."
        )
    if typed.end is SessionEnd.DONE and typed.duration_s < 0.95 * profile.duration_s:
        raise BadInput(
            f"The session is typed as done, yet it lasted {_clock(typed.duration_s)} of "
            f"{_clock(profile.duration_s)}. "
            "Say how it ended."
        )
    late = [stop for stop in typed.stops if stop.at_s > typed.duration_s]
    if late:
        raise BadInput(
            f"A stop is typed at {late[0].at_s:g} s, after the end at {typed.duration_s:g} s. Mend "
            "one of them."
        )


def _reported_samples(
    planned: TractionProfile, keyed: TractionProfile, typed: TypedReturn, reported_n: float
) -> tuple[SessionSample, ...]:
    peak_n = keyed.peak_force_n
    share = reported_n / peak_n if peak_n > 0 else 0.0
    times = [index * _GRID_S for index in range(int(typed.duration_s / _GRID_S) + 1)]
    if times[-1] < typed.duration_s:
        times.append(typed.duration_s)
    return tuple(
        SessionSample(
            time_s=time_s,
            planned_n=planned.force_at(time_s),
            commanded_n=0.0 if time_s >= typed.duration_s else share * keyed.force_at(time_s),
            measured_n=None,
            state="reported",
        )
        for time_s in times
    )


def _reported_missed(planned: TractionProfile, typed: TypedReturn, reported_n: float) -> list[str]:
    missed = [f"Reported by {typed.by.name}, not measured: no error and no time in band can be given."]
    if reported_n < 0.95 * planned.peak_force_n:
        missed.append(
            f"The highest pull reported is {reported_n:.0f} N, planned were {planned.peak_force_n:.0f} N."
        )
    if typed.duration_s < 0.95 * planned.duration_s:
        missed.append(f"It lasted {_clock(typed.duration_s)} of {_clock(planned.duration_s)}: {typed.end}.")
    return missed
