"""The record of a session: every decision's input and output on disk before its effect; opens if cut."""

from collections.abc import Mapping
from datetime import datetime
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any

from opentraction.chart import (
    ApprovedPlan,
    BadInput,
    Capability,
    PlannedAgainstMeasured,
    Reading,
    RecordKind,
    Session,
    SessionEnd,
    SessionEvent,
    SessionSample,
    TractionProfile,
    Trip,
    Value,
)
from opentraction.deliver.chain import Chain, ChainWriter, could_begin_a_chain, read_chain
from opentraction.deliver.comparison import compare
from opentraction.deliver.control import decide
from opentraction.deliver.decision import Decision, DecisionInput, Memory
from opentraction.deliver.limits import DeliverySettings
from opentraction.deliver.states import DeliveryState

FORMAT = 1
"""Version of the record's lines."""
_NO_HEADER = (
    "Line 1 was changed, so no line can be trusted: what the record held is not known. Ask who was there."
)


class RecordHeader(Value):
    """The first line: what was approved, for whom, on which table, and everything a replay starts from."""

    format: int = FORMAT
    software: str
    session_id: str
    patient_id: str
    plan_id: str
    plan_version: int
    plan_digest: str
    approved_by: str
    approved_at: datetime
    started_at: datetime
    table: Capability
    simulated: bool
    """Declared by the table or the plan; a mark for pages and exports, read by no decision."""
    settings: DeliverySettings
    start: Memory


class RecordedSession(Value):
    """What a record file holds, whole or not."""

    session: Session | None
    """None when the first line is not whole: cut off there (nothing had been delivered), or changed."""
    complete: bool
    """True when the record says itself how the session ended and every byte fits the chain."""
    decisions: int
    ended_at_s: float
    """Session time of the last decision on record."""
    ended_state: str
    dropped_bytes: int
    damaged_line: int | None
    head: str
    """Hash of the last whole line; keep it elsewhere to prove later that no line is missing."""
    sentence: str


class RecordCheck(Value):
    """Whether every byte of a record fits its chain."""

    intact: bool
    lines: int
    damaged_line: int | None
    dropped_bytes: int
    complete: bool
    head: str
    sentence: str


class ReplayReport(Value):
    """Whether every decision of a record comes out again."""

    decisions: int
    same: bool
    first_difference: str = ""


def header_for(
    approved: ApprovedPlan,
    capability: Capability,
    *,
    session_id: str,
    started_at: datetime,
    settings: DeliverySettings,
    start: Memory,
) -> RecordHeader:
    """The header of a session about to begin."""
    plan = approved.plan
    return RecordHeader(
        software=f"opentraction {version('opentraction')}",
        session_id=session_id,
        patient_id=plan.patient_id,
        plan_id=plan.plan_id,
        plan_version=plan.version,
        plan_digest=approved.approval.plan_digest,
        approved_by=f"{approved.approval.by.name} ({approved.approval.by.role})",
        approved_at=approved.approval.at,
        started_at=started_at,
        table=capability,
        simulated=capability.simulated or plan.simulated,
        settings=settings,
        start=start,
    )


class Log:
    """What a session has gone through so far: the same account, whether written live or read from a file."""

    def __init__(self, header: RecordHeader) -> None:
        self.header = header
        self.samples: list[SessionSample] = []
        self.events: list[SessionEvent] = []
        self.trips: list[Trip] = []
        self.state = DeliveryState.IDLE
        self.time_s = 0.0

    def add(self, now_s: float, decision: Decision | Mapping[str, Any]) -> SessionSample:
        """Take in one decision; returns its sample."""
        told = output_of(decision) if isinstance(decision, Decision) else decision
        self.time_s = round(now_s - self.header.start.started_s, 6)
        self.state = DeliveryState(told["state"])
        self.samples.append(
            SessionSample(
                time_s=self.time_s,
                planned_n=told["planned_n"],
                commanded_n=told["command"]["force_n"],
                measured_n=told["measured_n"],
                position_mm=told["position_mm"],
                state=self.state.value,
            )
        )
        self.events.extend(SessionEvent(time_s=self.time_s, what=what) for what in told["events"])
        self.trips.extend(Trip(**trip) for trip in told["trips"])
        return self.samples[-1]

    def session(self, end: SessionEnd, *, note: str = "") -> Session:
        """The session as far as it is known."""
        header = self.header
        samples = tuple(self.samples)
        return Session(
            session_id=header.session_id,
            patient_id=header.patient_id,
            plan_digest=header.plan_digest,
            table_id=header.table.table_id,
            started_at=header.started_at,
            kind=RecordKind.MEASURED,
            samples=samples,
            events=tuple(self.events),
            trips=tuple(self.trips),
            end=end,
            comparison=self._comparison(samples, end),
            note=note,
            simulated=header.simulated,
        )

    def _comparison(self, samples: tuple[SessionSample, ...], end: SessionEnd) -> PlannedAgainstMeasured:
        profile: TractionProfile = self.header.settings.profile
        return compare(profile, samples, end=end, trips=tuple(self.trips))


def output_of(decision: Decision) -> dict[str, Any]:
    """A decision as its line in the record, without the memory (a replay makes it anew)."""
    return decision.model_dump(mode="json", exclude={"memory"})


class RecordWriter:
    """Writes a session's record through a hash chain; raises OSError when the disk refuses."""

    def __init__(self, chain: ChainWriter, header: RecordHeader) -> None:
        self._chain = chain
        chain.append({"kind": "header", **header.model_dump(mode="json")}, sync=True)

    def decision(self, given: DecisionInput, decision: Decision, *, sync: bool) -> None:
        """Write one decision, input and output, before its effect."""
        reading = given.reading
        self._chain.append(
            {
                "kind": "decision",
                "in": {
                    "now_s": given.now_s,
                    "reading": None if reading is None else reading.model_dump(mode="json"),
                    "confirmed": given.confirmed,
                    "operator_stop": given.operator_stop,
                    "record_ok": given.record_ok,
                },
                "out": output_of(decision),
            },
            sync=sync,
        )

    def end(self, end: SessionEnd, note: str) -> None:
        """Write the last line: how the session ended."""
        self._chain.append({"kind": "end", "end": end.value, "note": note}, sync=True)


def open_record(path: Path) -> RecordedSession:
    """Open any record, whole or cut anywhere, and say where it ended.

    Raises BadInput when the file cannot be read or is no session record at all.
    """
    chain = _chain_of(path)
    if not chain.lines:
        return _empty(chain)
    log, _ = _header_of(path, chain)
    end, note = SessionEnd.INTERRUPTED, ""
    closed = False
    for line in chain.lines[1:]:
        if line.body["kind"] == "decision":
            log.add(line.body["in"]["now_s"], line.body["out"])
        elif line.body["kind"] == "end":
            end, note, closed = SessionEnd(line.body["end"]), line.body["note"], True
    complete = closed and chain.damaged_line is None and chain.torn_bytes == 0
    sentence = f"The session ended at {log.time_s:.1f} s: {end}."
    if not complete:
        end = end if closed else SessionEnd.INTERRUPTED
        sentence = _where_it_ended(log, chain, closed=closed)
        note = note or sentence
    return RecordedSession(
        session=log.session(end, note=note),
        complete=complete,
        decisions=len(log.samples),
        ended_at_s=log.time_s,
        ended_state=log.state.value,
        dropped_bytes=chain.torn_bytes,
        damaged_line=chain.damaged_line,
        head=chain.head,
        sentence=sentence,
    )


def session_id_of(path: Path) -> str | None:
    """The session a record is of, from its first line alone; None when that line is not whole.

    Raises BadInput when the file cannot be read or is no session record at all.
    """
    chain = _chain_of(path, lines=1)
    return _header_of(path, chain)[0].header.session_id if chain.lines else None


def verify_record(path: Path) -> RecordCheck:
    """Check every byte of a record against its chain and name the first line that does not fit.

    Raises BadInput when the file cannot be read or is no session record at all.
    """
    chain = _chain_of(path)
    closed = bool(chain.lines) and chain.lines[-1].body.get("kind") == "end"
    if chain.damaged_line is not None:
        sentence = f"Line {chain.damaged_line} was changed, or a line before it was taken out."
    elif chain.torn_bytes:
        sentence = f"{len(chain.lines)} whole lines fit; {chain.torn_bytes} bytes of a torn last line follow."
    elif not closed:
        sentence = f"All {len(chain.lines)} lines fit, but the record does not say how the session ended."
    else:
        sentence = f"All {len(chain.lines)} lines fit."
    return RecordCheck(
        intact=chain.damaged_line is None and chain.torn_bytes == 0,
        lines=len(chain.lines),
        damaged_line=chain.damaged_line,
        dropped_bytes=chain.torn_bytes,
        complete=closed and chain.damaged_line is None and chain.torn_bytes == 0,
        head=chain.head,
        sentence=sentence,
    )


def replay_record(path: Path) -> ReplayReport:
    """Decide everything in a record again; the same inputs must give the same commands, trips and events.

    Raises BadInput when the file cannot be read or is no session record at all.
    """
    chain = _chain_of(path)
    if not chain.lines:
        changed = chain.damaged_line is not None
        return ReplayReport(decisions=0, same=not changed, first_difference=_NO_HEADER if changed else "")
    log, memory = _header_of(path, chain)
    settings, count = log.header.settings, 0
    for line in chain.lines[1:]:
        if line.body["kind"] != "decision":
            continue
        told = line.body["in"]
        given = DecisionInput(
            now_s=told["now_s"],
            reading=None if told["reading"] is None else Reading(**told["reading"]),
            confirmed=told["confirmed"],
            operator_stop=told["operator_stop"],
            record_ok=told["record_ok"],
            memory=memory,
            settings=settings,
        )
        decision = decide(given)
        if (again := output_of(decision)) != line.body["out"]:
            keys = [key for key, value in again.items() if value != line.body["out"].get(key)]
            return ReplayReport(
                decisions=count,
                same=False,
                first_difference=f"Line {line.number}: {', '.join(keys)} came out differently.",
            )
        memory, count = decision.memory, count + 1
    return ReplayReport(decisions=count, same=True)


def _chain_of(path: Path, *, lines: int | None = None) -> Chain:
    try:
        with path.open("rb") as file:
            data = file.read() if lines is None else b"".join(islice(file, lines))
    except OSError as error:
        raise BadInput(
            f"Expected a session record at {path}; it cannot be read ({error.strerror}). Give its path."
        ) from None
    if not could_begin_a_chain(data):
        raise BadInput(f"Expected a session record at {path}; this file is none. Give the record's path.")
    return read_chain(data)


def _header_of(path: Path, chain: Chain) -> tuple[Log, Memory]:
    body = dict(chain.lines[0].body)
    if body.pop("kind", None) != "header" or body.get("format") != FORMAT:
        raise BadInput(
            f"Expected a session record of format {FORMAT} at {path}; its first line says otherwise. "
            "Update OpenTraction to read newer records."
        )
    header = RecordHeader(**body)
    return Log(header), header.start


def _empty(chain: Chain) -> RecordedSession:
    return RecordedSession(
        session=None,
        complete=False,
        decisions=0,
        ended_at_s=0.0,
        ended_state=DeliveryState.IDLE.value,
        dropped_bytes=chain.torn_bytes,
        damaged_line=chain.damaged_line,
        head=chain.head,
        sentence="The record ends inside its first line: no command had been given."
        if chain.damaged_line is None
        else _NO_HEADER,
    )


def _where_it_ended(log: Log, chain: Chain, *, closed: bool) -> str:
    last = log.samples[-1] if log.samples else None
    pull = "" if last is None or last.measured_n is None else f", {last.measured_n:.0f} N measured"
    what = "holds the session's end" if closed else "was interrupted"
    sentence = f"The record {what} at {log.time_s:.1f} s, {log.state.value}{pull}."
    if chain.damaged_line is not None:
        sentence += f" Line {chain.damaged_line} was changed; nothing from there on is used."
    if chain.torn_bytes:
        sentence += f" {chain.torn_bytes} bytes of a torn last line were dropped."
    if not closed:
        sentence += (
            " Measure the pull and look after the patient before anything else; the table releases by itself."
        )
    return sentence
