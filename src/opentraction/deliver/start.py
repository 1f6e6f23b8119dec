"""Before anything moves: may this plan run on this table now? Every reason against it, one sentence each."""

import shutil
from datetime import datetime
from pathlib import Path

from opentraction.chart import (
    ApprovedPlan,
    BadInput,
    Capability,
    Reading,
    Refused,
    Role,
    Session,
    Table,
    TableState,
)
from opentraction.deliver.limits import PERIOD_S, DeliverySettings, not_covered
from opentraction.deliver.readings import Distrust, trusted

ZERO_N = 5.0
"""At rest the load cell must read within this of zero."""
ZERO_SPREAD_N = 5.0
"""At rest its readings must lie within this of each other."""
ANGLE_DEG = 2.0
"""The table must stand within this of the planned angle."""
BYTES_PER_SECOND = 20_000
"""Room asked for on the disk: some 1 kB a decision at 10 Hz, and twice that to spare."""
_ZERO_READINGS = 6


def refuse_unless_ready(
    approved: ApprovedPlan,
    capability: Capability,
    *,
    record: Path,
    started_at: datetime,
    previous: Session | None = None,
) -> None:
    """Raise Refused with every reason why this session may not begin."""
    problems = [
        *_signature(approved, started_at),
        *_marks(approved, capability),
        *not_covered(approved.plan.profile, capability),
        *_place(record, approved.plan.profile.duration_s),
        *_uncleared(previous),
    ]
    if problems:
        raise Refused(" ".join(problems))


def refuse_unless_signed(approved: ApprovedPlan, *, at: datetime, previous: Session | None = None) -> None:
    """Raise Refused with every reason why nobody may be treated by this plan now, on whatever table.

    The signature, the screening and what has lapsed of it, and the trips of the session before.
    """
    if problems := [*_signature(approved, at), *_uncleared(previous)]:
        raise Refused(" ".join(problems))


def reading_at_rest(table: Table, settings: DeliverySettings, capability: Capability) -> Reading:
    """The table at rest: load cell at zero, switch open, drive idle, angle as planned.

    Raises Refused with the reason otherwise. Nothing is commanded.
    """
    readings = []
    for _ in range(_ZERO_READINGS):
        reading = table.read()
        verdict = trusted(() if reading is None else (reading,), now_s=table.now_s(), rules=settings.rules)
        if isinstance(verdict, Distrust):
            raise Refused(
                f"The session cannot begin: {verdict.kind}. {verdict.sentence} Mend the table first."
            )
        readings.append(verdict)
        table.wait(settings.period_s)
    forces = [reading.force_n for reading in readings]
    mean, spread = sum(forces) / len(forces), max(forces) - min(forces)
    last = readings[-1]
    if abs(mean) > ZERO_N or spread > ZERO_SPREAD_N:
        raise Refused(
            f"The session cannot begin: expected the load cell within {ZERO_N:g} N of zero and "
            "steady at rest; "
            f"it reads {mean:.1f} N, spread {spread:.1f} N. Loosen the harness, then zero the sensor."
        )
    if any(reading.switch_pressed for reading in readings):
        raise Refused(
            "The session cannot begin: the patient switch is pressed or broken. Release and test it."
        )
    if last.state is not TableState.IDLE:
        raise Refused(
            f"The session cannot begin: expected an idle table, it says '{last.state}'. Clear it first."
        )
    low, high = capability.angle_range_deg
    if high > low and abs(last.angle_deg - settings.profile.angle_deg) > ANGLE_DEG:
        raise Refused(
            f"The session cannot begin: the plan pulls at {settings.profile.angle_deg:g} deg, the "
            "table stands at "
            f"{last.angle_deg:g} deg. Set the angle before the patient is under tension."
        )
    return last


def _signature(approved: ApprovedPlan, started_at: datetime) -> list[str]:
    plan, approval = approved.plan, approved.approval
    if started_at.tzinfo is None or approval.at.tzinfo is None:
        raise BadInput("Expected times with a time zone for the approval and the start. Give them one.")
    problems = []
    if plan.digest() != approval.plan_digest:
        problems.append(
            "The plan was changed after it was signed; the approval is void. Have it signed again."
        )
    if not plan.eligibility.verdict.permits_plan:
        problems.append(
            f"The screening says '{plan.eligibility.verdict}', which permits no session. Settle it first."
        )
    if approval.at > started_at:
        problems.append(
            f"The plan is signed at {approval.at:%Y-%m-%d %H:%M}, after this start. Check the clock."
        )
    until = plan.eligibility.stands_until
    if until is not None and started_at > until:
        problems.append(
            f"An answer of the screening lapsed on {until:%Y-%m-%d %H:%M}. Ask again before this session."
        )
    return problems


def _marks(approved: ApprovedPlan, capability: Capability) -> list[str]:
    """A plan for a made-up patient, or one signed as a demonstration, moves no real table."""
    problems = []
    if not capability.connected:
        problems.append(
            f"Table {capability.table_id} has no connection: print its setting sheet and type back "
            "what happened."
        )
    if capability.simulated:
        return problems
    if approved.approval.by.role is Role.DEMONSTRATION:
        problems.append("The plan is signed as a demonstration; on a real table a clinician must sign.")
    if approved.plan.simulated:
        problems.append("The plan is made for a simulated patient; it moves no real table.")
    return problems


def _place(record: Path, duration_s: float) -> list[str]:
    if record.exists():
        return [f"The record {record.name} exists already; a record is never written over. Give a new name."]
    if not record.parent.is_dir():
        return [f"The folder {record.parent} for the record does not exist. Make it first."]
    free, needed = shutil.disk_usage(record.parent).free, int((duration_s + 300.0) * BYTES_PER_SECOND)
    if free < needed:
        return [
            f"Expected {needed / 1e6:.0f} MB free for the record, the disk has {free / 1e6:.0f} "
            "MB. Make room first: "
            "no record, no session."
        ]
    return []


def _uncleared(previous: Session | None) -> list[str]:
    if previous is None:
        return []
    return [
        f"The trip '{trip.interlock}' of session {previous.session_id} is not cleared. Look at its "
        "cause and clear it."
        for trip in previous.trips
        if not trip.cleared_by
    ]


PERIODS_PER_SECOND = round(1.0 / PERIOD_S)
"""Decisions in a second."""
