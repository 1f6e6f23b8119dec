"""What a person typed back after a session on a table without an interface: reported, not measured."""

from datetime import datetime

from pydantic import Field

from opentraction.chart import (
    ApprovedPlan,
    BadInput,
    Capability,
    Clinician,
    InterlockKind,
    NonNegative,
    PlannedAgainstMeasured,
    Positive,
    RecordKind,
    Session,
    SessionEnd,
    SessionEvent,
    SessionSample,
    TractionProfile,
    Trip,
    Value,
)
from opentraction.deliver.comparison import planned_impulse_n_s
from opentraction.deliver.limits import binding_limit
from opentraction.deliver.unconnected import NEWTON_PER, clock, native, snapped

_GRID_S = 1.0


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
    end: SessionEnd
    """Always typed: what nobody said is not taken for done."""
    stops: tuple[TypedStop, ...] = ()
    by: Clinician
    note: str = ""


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


def _refuse_impossible(
    profile: TractionProfile, capability: Capability, typed: TypedReturn, reported_n: float
) -> None:
    unit = capability.native_unit
    if (
        reported_n > capability.force_max_n + NEWTON_PER[unit] / 2.0
    ):  # a plate of 200 lb may be kept as 889.6 N
        raise BadInput(
            f"Expected a highest pull up to the table's {native(capability.force_max_n, unit)}, got "
            f"{typed.highest_pull:g} {unit}. Is it in another unit? Type it in {unit}."
        )
    if typed.duration_s > 2.0 * profile.duration_s + 600.0:
        raise BadInput(
            f"Expected about {clock(profile.duration_s)}, got {clock(typed.duration_s)}. Type "
            "the time in seconds."
        )
    if typed.end is SessionEnd.DONE and typed.duration_s < 0.95 * profile.duration_s:
        raise BadInput(
            f"The session is typed as done, yet it lasted {clock(typed.duration_s)} of "
            f"{clock(profile.duration_s)}. "
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
        missed.append(f"It lasted {clock(typed.duration_s)} of {clock(planned.duration_s)}: {typed.end}.")
    return missed
