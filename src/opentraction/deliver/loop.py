"""The session loop: read, decide, write down, then act; ten times a second on the table's own clock."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from opentraction.chart import (
    ApprovedPlan,
    Clinician,
    Command,
    CommandKind,
    InterlockKind,
    Reading,
    Refused,
    Session,
    SessionEnd,
    SessionSample,
    Table,
)
from opentraction.deliver.chain import ChainWriter
from opentraction.deliver.control import decide
from opentraction.deliver.decision import Decision, DecisionInput, Memory, memory_at_start
from opentraction.deliver.interruption import HeldSignals
from opentraction.deliver.limits import DeliverySettings, settings_for
from opentraction.deliver.record import Log, RecordWriter, header_for
from opentraction.deliver.start import PERIODS_PER_SECOND, reading_at_rest, refuse_unless_ready
from opentraction.deliver.states import DeliveryState

STANDSTILL = 20
"""So many decisions without the table's clock advancing, and the table is given up."""
SETTLE_S = 2.0
"""After the last command the table is given this long to take the drive's power off."""

Progress = Callable[[SessionSample], None]
OperatorStop = Callable[[], bool]


def run(
    approved: ApprovedPlan,
    table: Table,
    *,
    record: Path,
    started_at: datetime,
    session_id: str | None = None,
    progress: Progress | None = None,
    operator_stop: OperatorStop | None = None,
    previous: Session | None = None,
) -> Session:
    """Deliver an approved plan on a table and return what happened.

    `record` names a new file for the session record. `progress` gets about one sample a second.
    `operator_stop` is asked at every decision. `previous` is the last session on this table: a trip of it
    that nobody has cleared forbids this one. Raises Refused, with every reason, when the session may not
    begin. Whatever happens later, the pull is released and the drive switched off; an exception out of
    `progress` or `operator_stop` first ends the session as an operator's stop does and is then raised again.
    So does Ctrl-C (KeyboardInterrupt) and, in the main thread, a request to end (SIGTERM, SIGHUP: SystemExit
    of 128 and the signal's number); a second one does not cut the release short.
    """
    capability = table.capability()
    refuse_unless_ready(approved, capability, record=record, started_at=started_at, previous=previous)
    settings = settings_for(approved.plan, capability)
    rest = reading_at_rest(table, settings, capability)
    start = memory_at_start(table.now_s(), rest)
    header = header_for(
        approved,
        capability,
        session_id=session_id or f"{approved.plan.plan_id}-{started_at:%Y%m%dT%H%M%S}",
        started_at=started_at,
        settings=settings,
        start=start,
    )
    try:
        chain = ChainWriter.create(record)
    except OSError as error:
        raise Refused(f"The record cannot be written ({error.strerror}): no record, no session.") from None
    with chain:
        try:
            writer = RecordWriter(chain, header)
        except OSError as error:
            raise Refused(f"The record cannot be written ({error}): no record, no session.") from None
        with HeldSignals() as signals:
            delivery = _Delivery(table, settings, start, writer, Log(header))
            return delivery.run(progress, operator_stop, signals)


def clear_trips(session: Session, *, by: Clinician) -> Session:
    """The session with every trip cleared by a named person, who has looked at its cause."""
    trips = tuple(trip if trip.cleared_by else trip.replace(cleared_by=by.name) for trip in session.trips)
    return session.replace(trips=trips)


class _Delivery:
    """One running session: the table, the record, and the memory between two decisions."""

    def __init__(
        self, table: Table, settings: DeliverySettings, memory: Memory, writer: RecordWriter, log: Log
    ) -> None:
        self._table, self._settings, self._writer, self._log = table, settings, writer, log
        self._memory = memory
        self._confirmed = True
        self._record_ok = True
        self._finished = False
        self._standstill = 0

    def run(
        self, progress: Progress | None, operator_stop: OperatorStop | None, signals: HeldSignals
    ) -> Session:
        try:
            while not self._finished:
                signals.raise_if_any()
                sample = self._decide(operator_stop is not None and operator_stop())
                if progress is not None and len(self._log.samples) % PERIODS_PER_SECOND == 1:
                    progress(sample)
                self._wait()
        except BaseException as error:
            self._let_go(error)
            raise
        finally:
            self._switch_off()
        return self._closed(_how_it_ended(self._log))

    def _decide(self, operator_stop: bool) -> SessionSample:
        given = DecisionInput(
            now_s=self._now(),
            reading=self._read(),
            confirmed=self._confirmed,
            operator_stop=operator_stop,
            record_ok=self._record_ok,
            memory=self._memory,
            settings=self._settings,
        )
        decision = decide(given)
        on_record = self._record_ok
        # until line and memory are one, an exception ends the record: no line may follow that does not fit
        self._record_ok = False
        if on_record and not (on_record := self._written(given, decision)):
            decision = decide(given.replace(record_ok=False))
        # what is on record is remembered before its effect: an interrupted sending goes on from here
        self._memory, self._finished, self._confirmed = decision.memory, decision.finished, False
        self._record_ok = on_record
        sample = self._log.add(given.now_s, decision)
        self._confirmed = self._send(decision.command)
        return sample

    def _written(self, given: DecisionInput, decision: Decision) -> bool:
        """Write the decision down before its effect; a move or a trip waits until it is on disk."""
        weighty = bool(decision.trips or decision.events) or decision.state is not given.memory.state
        try:
            self._writer.decision(given, decision, sync=weighty)
        except OSError:
            return False
        return True

    def _now(self) -> float:
        """The table's clock; raises TimeoutError when it stands still: nothing can be timed by it then."""
        now_s = self._table.now_s()
        self._standstill = 0 if now_s > self._memory.now_s else self._standstill + 1
        if self._standstill > STANDSTILL:
            raise TimeoutError(
                f"Expected the table's clock to advance; it has stood at {now_s:.2f} s for {STANDSTILL} "
                "decisions. Go to the patient: the table releases when the last command expires."
            )
        return now_s

    def _read(self) -> Reading | None:
        try:
            return self._table.read()
        except OSError:
            return None

    def _send(self, command: Command) -> bool:
        try:
            return self._table.send(command)
        except OSError:
            return False

    def _wait(self) -> None:
        if not self._finished:
            self._table.wait(self._settings.period_s)

    def _let_go(self, error: BaseException) -> None:
        """Release as at an operator's stop, on record, before the exception goes on."""
        while not self._finished:
            self._decide(True)
            self._wait()
        if self._record_ok:
            note = f"Interrupted by {type(error).__name__}; the pull was released."
            with suppress(OSError):
                self._writer.end(SessionEnd.INTERRUPTED, note)

    def _switch_off(self) -> None:
        """The last word on every way out: let go and take the drive's power off, even if said before."""
        with suppress(OSError):
            self._stop()

    def _stop(self) -> None:
        now_s = self._table.now_s()
        rate = self._settings.release_rate_n_per_s(self._memory.commanded_n)
        self._send(
            Command(
                kind=CommandKind.STOP,
                sequence=self._memory.sequence + 1,
                issued_s=now_s,
                expires_s=now_s + self._settings.command_life_s,
                rate_n_per_s=rate,
            )
        )
        self._table.wait(SETTLE_S)

    def _closed(self, end: SessionEnd) -> Session:
        note = ""
        if self._record_ok:
            try:
                self._writer.end(end, note)
            except OSError:
                self._record_ok = False
        if not self._record_ok:
            note = "The record on disk is not complete: it could not be written to the end."
        return self._log.session(end, note=note)


def _how_it_ended(log: Log) -> SessionEnd:
    if log.state is DeliveryState.DONE:
        return SessionEnd.DONE
    first = log.trips[0].interlock if log.trips else None
    if first is InterlockKind.PATIENT_STOP:
        return SessionEnd.STOPPED_BY_PATIENT
    if first is InterlockKind.OPERATOR_STOP:
        return SessionEnd.STOPPED_BY_OPERATOR
    return SessionEnd.TRIPPED
