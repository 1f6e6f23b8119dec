"""Ctrl-C or a request to end at any instant: released, and the record replays to the commands that were sent.

Two harshnesses: a signal as the system sends it, and an exception thrown between two lines of the program.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from sessions_by_hand import NOW, make_approved, make_plant, make_profile

import opentraction.deliver
from opentraction.chart import Command, CommandKind, SessionEnd
from opentraction.deliver import SimulatedTable, open_record, replay_record, run, verify_record
from opentraction.deliver.chain import ChainWriter, read_chain
from opentraction.deliver.interruption import HELD_S, HeldSignals

ROOM = Path(opentraction.deliver.__file__).parent
TRACED = {str(ROOM / f"{name}.py") for name in ("loop", "record", "chain", "interruption")}
PROCESS = Path(__file__).with_name("session_process.py")
APPROVED = make_approved(make_profile(60.0, hold_s=5.0))
DECISIONS_BEFORE = 30
"""The count of lines begins in mid-session, with the slack being taken up."""
DECISIONS_LOOKED_AT = 2


class Heard(SimulatedTable):
    """A SIMULATED table that keeps every command it was sent."""

    def __init__(self) -> None:
        super().__init__(make_plant(), seed=1)
        self.heard: list[Command] = []

    def send(self, command: Command) -> bool:
        self.heard.append(command)
        return super().send(command)


class AtLine:
    """A tracer that does something before the n-th line run in the loop, the record, the chain."""

    def __init__(self, number: int, does: Callable[[], None]) -> None:
        self.lines = self.lines_looked_at = 0
        self._number, self._does, self._decisions = number, does, 0

    def __call__(self, frame: FrameType, event: str, argument: object) -> Any:
        if frame.f_code.co_filename not in TRACED:
            return None
        if event == "call" and frame.f_code.co_name == "_decide":
            self._decisions += 1
            if self._decisions == DECISIONS_BEFORE + DECISIONS_LOOKED_AT:
                self.lines_looked_at = self.lines
        if event == "line" and self._decisions >= DECISIONS_BEFORE:
            self.lines += 1
            if self.lines == self._number:
                self._does()
        return self


def thrown() -> None:
    """What Python does with Ctrl-C when nobody holds the signal."""
    raise KeyboardInterrupt


def sent() -> None:
    signal.raise_signal(signal.SIGINT)


def traced(tracer: AtLine, record: Path, *, stop_after: int = 10_000) -> Heard:
    """The table of a session run under a tracer, ended by Ctrl-C or by the operator."""
    table, before, asked = Heard(), sys.gettrace(), iter(range(10_000))
    sys.settrace(tracer)
    try:
        run(APPROVED, table, record=record, started_at=NOW, operator_stop=lambda: next(asked) > stop_after)
    except KeyboardInterrupt:
        pass
    finally:
        sys.settrace(before)
    return table


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> int:
    """How many lines the decisions looked at run through."""
    tracer = AtLine(0, thrown)
    traced(tracer, tmp_path_factory.mktemp("counted") / "record", stop_after=DECISIONS_BEFORE + 5)
    assert tracer.lines_looked_at > 50
    return tracer.lines_looked_at


def fits_and_lets_go(record: Path, table: Heard) -> list[Command]:
    """The commands on record; each was sent as it stands there, but for one interrupted on its way."""
    check = verify_record(record)
    assert check.intact, check.sentence
    assert replay_record(record).same
    opened = open_record(record)
    assert opened.session is not None
    assert opened.session.end is SessionEnd.INTERRUPTED
    told = [
        Command(**line.body["out"]["command"])
        for line in read_chain(record.read_bytes()).lines
        if line.body["kind"] == "decision"
    ]
    never_sent = [command for command in told if command not in table.heard]
    assert len(never_sent) <= 1
    assert all(command in told for command in table.heard if command.sequence < told[-1].sequence)
    assert all(a.sequence < b.sequence for a, b in pairwise(table.heard))
    assert table.heard[-1].kind is CommandKind.STOP
    table.wait(15.0)
    assert table.true_force_n() < 3.0
    assert not table.driven()
    return told


def a_signal_before_line(number: int, record: Path) -> None:
    table = traced(AtLine(number, sent), record)
    told = fits_and_lets_go(record, table)
    opened = open_record(record)
    assert opened.complete
    assert opened.session is not None
    assert opened.session.note == "Interrupted by KeyboardInterrupt; the pull was released."
    assert opened.session.samples[-1].commanded_n == 0.0
    assert told == table.heard[:-1], "the record tells other commands than the table heard"


def test_a_signal_at_some_lines_of_a_decision(lines: int, tmp_path: Path) -> None:
    for number in range(1, lines, 9):
        a_signal_before_line(number, tmp_path / f"record-{number}")


def test_an_exception_at_some_lines_of_a_decision(lines: int, tmp_path: Path) -> None:
    for number in range(2, lines, 5):
        fits_and_lets_go(tmp_path / f"r-{number}", traced(AtLine(number, thrown), tmp_path / f"r-{number}"))


@pytest.mark.full
def test_a_signal_and_an_exception_at_every_line_of_a_decision(lines: int, tmp_path: Path) -> None:
    for number in range(1, lines):
        a_signal_before_line(number, tmp_path / f"signal-{number}")
        fits_and_lets_go(tmp_path / f"r-{number}", traced(AtLine(number, thrown), tmp_path / f"r-{number}"))


@pytest.mark.hazard("H2", "H9")
@pytest.mark.parametrize("word", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_a_process_asked_to_end_in_mid_session_releases_on_record(word: str, tmp_path: Path) -> None:
    """Asked ten times: the first counts, the others do not cut the release short."""
    (tmp_path / "approved.json").write_text(APPROVED.to_json(), encoding="utf-8")
    (tmp_path / "plant.json").write_text(make_plant().to_json(), encoding="utf-8")
    words = [sys.executable, str(PROCESS), str(tmp_path), "record", "5.0", "0"]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    record, until = tmp_path / "record", time.monotonic() + 60.0
    while not record.exists() or b'"state":"ramping"' not in record.read_bytes():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < until, "the session process did not come so far"
        time.sleep(0.01)
    for _ in range(10):
        process.send_signal(signal.Signals[word])
        time.sleep(0.01)
    said = process.communicate(timeout=60)[1]
    number = signal.Signals[word]
    assert process.returncode == (-number if word == "SIGINT" else 128 + number), said
    opened = open_record(record)
    assert opened.complete
    assert opened.session is not None
    assert opened.session.end is SessionEnd.INTERRUPTED
    assert opened.session.samples[-1].commanded_n == 0.0
    assert opened.session.samples[-1].measured_n is not None
    assert opened.session.samples[-1].measured_n < 8.0
    assert replay_record(record).same


class Torn:
    """A disk that takes a part of a line and then no more, while the person presses Ctrl-C."""

    def __init__(self, path: Path, writes: int) -> None:
        self._file, self._left = path.open("xb", buffering=0), writes

    def write(self, data: bytes, /) -> int | None:
        self._left -= 1
        if self._left == 0:
            sent()
            return self._file.write(data[:100])
        return self._file.write(data)

    def fileno(self) -> int:
        return self._file.fileno()

    def close(self) -> None:
        self._file.close()


def test_control_c_on_a_full_disk_adds_nothing_to_a_torn_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line after a torn one would read as if somebody had changed the record."""
    monkeypatch.setattr(ChainWriter, "create", lambda path: ChainWriter(Torn(path, 60)))
    table, record = Heard(), tmp_path / "record"
    with pytest.raises(KeyboardInterrupt):
        run(APPROVED, table, record=record, started_at=NOW)
    check = verify_record(record)
    assert check.damaged_line is None
    assert check.dropped_bytes == 100
    assert replay_record(record).same
    assert open_record(record).decisions == 58
    assert not table.driven()


def test_handlers_are_as_before_afterwards_and_a_strangers_is_left_alone(tmp_path: Path) -> None:
    asked: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: asked.append(number))
    try:
        strangers, own = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
        during: list[Any] = []

        def look() -> bool:
            during.append((signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)))
            signal.raise_signal(signal.SIGTERM)
            return len(during) > 3

        run(APPROVED, Heard(), record=tmp_path / "record", started_at=NOW, operator_stop=look)
        assert all(term is strangers and interrupt is not own for term, interrupt in during)
        assert len(asked) == len(during)
        assert signal.getsignal(signal.SIGINT) is own
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_driver_that_hangs_can_be_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C long after the first one is not held."""
    clock, times = [100.0], []
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])

    def pressed_three_times() -> None:
        with HeldSignals():
            for later_s in (0.0, HELD_S, 0.1):
                clock[0] += later_s
                sent()
                times.append(clock[0])

    with pytest.raises(KeyboardInterrupt):
        pressed_three_times()
    assert times == [100.0, 100.0 + HELD_S]
