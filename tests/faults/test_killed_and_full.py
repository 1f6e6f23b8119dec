"""A second process, killed with SIGKILL in every state or out of disk: its record says where it ended."""

from __future__ import annotations

import errno
import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sessions_by_hand import NOW, make_approved, make_plant, make_profile, make_table

from opentraction.chart import InterlockKind, Refused, SessionEnd
from opentraction.deliver import open_record, replay_record, run, verify_record
from opentraction.deliver.chain import ChainWriter

PROCESS = Path(__file__).with_name("session_process.py")
PACE = 20.0
STATES = ("taking up slack", "ramping", "holding", "releasing")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a plan of some 45 s and a plant, as files for the other process."""
    approved = make_approved(make_profile(150.0, hold_s=12.0))
    (tmp_path / "approved.json").write_text(approved.to_json(), encoding="utf-8")
    (tmp_path / "plant.json").write_text(make_plant().to_json(), encoding="utf-8")
    return tmp_path


def started(folder: Path, record: str, *, pace: float = PACE, largest: int = 0) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(PROCESS), str(folder), record, str(pace), str(largest)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_until(
    condition: Callable[[], bool], process: subprocess.Popen[str], *, seconds: float = 60.0
) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline, "the session process did not come so far"
        time.sleep(0.002)


def is_in(record: Path, state: str) -> Callable[[], bool]:
    """Whether the record's last few lines show this state."""

    def look() -> bool:
        if not record.exists():
            return False
        with record.open("rb") as file:
            file.seek(max(0, record.stat().st_size - 2000))
            return f'"state":"{state}","trips"'.encode() in file.read()

    return look


def killed(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL


def says_where_it_ended(record: Path) -> str:
    """The record opens, fits, replays and is said to be interrupted; returns the state it ended in."""
    opened = open_record(record)
    assert not opened.complete
    assert opened.damaged_line is None
    assert opened.session is not None
    assert opened.session.end is SessionEnd.INTERRUPTED
    assert f"interrupted at {opened.ended_at_s:.1f} s, {opened.ended_state}" in opened.session.note
    assert opened.ended_at_s == opened.session.samples[-1].time_s
    assert verify_record(record).damaged_line is None
    replay = replay_record(record)
    assert replay.same
    assert replay.decisions == opened.decisions
    return opened.ended_state


@pytest.mark.hazard("H2", "H9")
def test_killed_in_each_state(folder: Path) -> None:
    """Four sessions side by side, one killed in each state."""
    processes = {state: started(folder, state.replace(" ", "-")) for state in STATES}
    for state, process in processes.items():
        record = folder / state.replace(" ", "-")
        wait_until(is_in(record, state), process)
        killed(process)
        assert says_where_it_ended(record) == state


@pytest.mark.hazard("H2", "H9")
def test_killed_at_random_points(folder: Path) -> None:
    chance = random.Random(11)
    for number in range(4):
        record = folder / f"random-{number}"
        process = started(folder, record.name, pace=100.0)
        wait_until(record.exists, process)
        time.sleep(chance.uniform(0.05, 0.4))
        killed(process)
        if open_record(record).decisions:
            says_where_it_ended(record)


def test_a_process_left_alone_ends_with_a_whole_record(folder: Path) -> None:
    process = started(folder, "whole", pace=0.0)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert json.loads(out)["end"] == "done"
    assert open_record(folder / "whole").complete


@pytest.mark.hazard("H14")
def test_a_disk_that_fills_up_releases_the_patient(folder: Path) -> None:
    """A real limit on the file's size: the kernel refuses the write in mid-session."""
    process = started(folder, "full", pace=0.0, largest=120_000)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    told = json.loads(out)
    assert told["trips"] == ["record not writable"]
    assert told["end"] == "tripped"
    assert "not complete" in told["note"]
    assert told["true_force_n"] < 3.0
    assert told["driven"] is False
    record = folder / "full"
    assert 110_000 < record.stat().st_size <= 120_000
    opened = open_record(record)
    assert opened.session is not None
    assert opened.session.end is SessionEnd.INTERRUPTED
    assert replay_record(record).same


class FailingSink:
    """A file on a disk that fails after so many writes, in one of three ways."""

    def __init__(self, path: Path, writes: int, how: str) -> None:
        self._file = path.open("xb", buffering=0)
        self._left, self._how = writes, how

    def write(self, data: bytes, /) -> int | None:
        self._left -= 1
        if self._left < 0 and self._how == "refuses":
            raise OSError(errno.EIO, "made up")
        return self._file.write(data if self._left >= 0 else data[:100])

    def fileno(self) -> int:
        if self._left < 0 and self._how == "never reaches the disk":
            raise OSError(errno.EIO, "made up")
        return self._file.fileno()

    def close(self) -> None:
        self._file.close()


@pytest.mark.hazard("H14")
@pytest.mark.parametrize("how", ["refuses", "takes a part"])
@pytest.mark.parametrize("writes", [2, 60, 350, 700])
def test_a_record_that_fails_trips_and_releases(
    how: str, writes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ChainWriter, "create", lambda path: ChainWriter(FailingSink(path, writes, how)))
    table, record = make_table(), tmp_path / "record"
    session = run(make_approved(), table, record=record, started_at=NOW)
    assert [trip.interlock for trip in session.trips] == [InterlockKind.RECORD_FAILED]
    assert session.end is SessionEnd.TRIPPED
    assert table.true_force_n() < 3.0
    assert not table.driven()
    opened = open_record(record)
    assert opened.decisions == writes - 1
    assert opened.session is not None
    assert opened.session.samples == session.samples[: writes - 1]


def test_a_record_that_never_reaches_the_disk_trips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    how = "never reaches the disk"
    monkeypatch.setattr(ChainWriter, "create", lambda path: ChainWriter(FailingSink(path, 300, how)))
    table = make_table()
    session = run(make_approved(), table, record=tmp_path / "record", started_at=NOW)
    assert [trip.interlock for trip in session.trips] == [InterlockKind.RECORD_FAILED]
    assert table.true_force_n() < 3.0


@pytest.mark.hazard("H14")
def test_a_full_disk_forbids_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """/dev/full is a disk that is always full."""
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    full = Path("/dev/full").open("wb", buffering=0)  # noqa: SIM115
    monkeypatch.setattr(ChainWriter, "create", lambda path: ChainWriter(full))
    table = make_table()
    with pytest.raises(Refused, match="No space left on device"):
        run(make_approved(), table, record=tmp_path / "record", started_at=NOW)
    assert table.true_force_n() == 0.0


def test_killed_before_the_first_line_is_whole(tmp_path: Path) -> None:
    record = tmp_path / "record"
    record.write_bytes(b"")
    opened: Any = open_record(record)
    assert opened.session is None
    assert "no command had been given" in opened.sentence
