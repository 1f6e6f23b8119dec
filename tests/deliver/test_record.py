"""The record: append-only, chained, opened whole or cut anywhere, replayed to the same commands."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sessions_by_hand import make_approved

from opentraction.chart import BadInput, Family, Ramp, Release, SessionEnd, TractionProfile
from opentraction.deliver import open_record, replay_record, verify_record
from opentraction.deliver.chain import FIRST, ChainWriter, encode, link, read_chain

Deliver = Callable[..., Any]

SHORT = TractionProfile(
    name="short",
    family=Family.STATIC,
    segments=(Ramp(force_n=12.0, duration_s=1.0), Release(duration_s=0.6)),
)


@pytest.fixture
def short(deliver: Deliver) -> Path:
    """The record of a session of a few seconds."""
    record: Path = deliver(make_approved(SHORT)).record
    return record


def test_the_hash_of_a_line_is_what_the_page_says() -> None:
    body = encode({"b": 1, "a": "ä"})
    assert body == b'{"a":"\xc3\xa4","b":1}'
    assert link(FIRST, body) == hashlib.sha256(b"0" * 64 + body).hexdigest()


def test_what_is_no_number_has_a_name() -> None:
    assert encode({"x": [math.nan, math.inf, -math.inf]}) == b'{"x":["nan","inf","-inf"]}'


def test_every_line_is_json_and_holds_one_decision(short: Path) -> None:
    lines = [json.loads(line)["body"] for line in short.read_bytes().splitlines()]
    assert lines[0]["kind"] == "header"
    assert lines[0]["patient_id"] == "patient-1"
    assert lines[0]["plan_digest"] == make_approved(SHORT).approval.plan_digest
    assert lines[0]["simulated"] is True
    assert {line["kind"] for line in lines[1:-1]} == {"decision"}
    assert lines[-1] == {"kind": "end", "end": "done", "note": ""}


@pytest.mark.hazard("H9")
def test_a_record_cut_at_every_byte_opens_and_says_where_it_ended(deliver: Deliver, tmp_path: Path) -> None:
    """The shortest session there is: stopped by the operator at its first decision."""
    record: Path = deliver(make_approved(SHORT), operator_stop=lambda: True).record
    data, whole, cut = record.read_bytes(), open_record(record), tmp_path / "cut"
    assert whole.session is not None
    ends = [i + 1 for i, byte in enumerate(data) if byte == 10]
    assert len(ends) == 4
    for place in range(len(data)):
        cut.write_bytes(data[:place])
        opened = open_record(cut)
        lines = sum(end <= place for end in ends)
        assert not opened.complete
        assert opened.damaged_line is None
        assert opened.dropped_bytes == place - max((end for end in ends if end <= place), default=0)
        assert opened.decisions == max(0, lines - 1)
        if lines == 0:
            assert opened.session is None
            assert "no command" in opened.sentence
        else:
            assert opened.session is not None
            assert opened.session.end is SessionEnd.INTERRUPTED
            assert opened.session.samples == whole.session.samples[: lines - 1]
            assert f"interrupted at {opened.ended_at_s:.1f} s, {opened.ended_state}" in opened.sentence


@pytest.mark.hazard("H9")
def test_a_record_cut_in_mid_session_says_the_state_it_was_in(short: Path, tmp_path: Path) -> None:
    data, whole, cut = short.read_bytes(), open_record(short), tmp_path / "cut"
    assert whole.session is not None
    states = set()
    for place in range(0, len(data), len(data) // 40):
        cut.write_bytes(data[:place])
        opened = open_record(cut)
        if opened.decisions:
            last = whole.session.samples[opened.decisions - 1]
            assert (opened.ended_at_s, opened.ended_state) == (last.time_s, last.state)
            states.add(opened.ended_state)
    assert {"taking up slack", "ramping", "releasing"} <= states


@pytest.mark.hazard("H16")
def test_a_changed_byte_is_found_and_its_line_named(short: Path, tmp_path: Path) -> None:
    data, changed = short.read_bytes(), tmp_path / "changed"
    for place in range(10, len(data) - 1, 307):
        line = data[:place].count(b"\n") + 1
        changed.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        try:
            check = verify_record(changed)
        except BadInput:
            assert place < 100  # the first line's own frame is broken: it is no record any more
            continue
        assert not check.intact
        assert check.damaged_line == line or data[place] == 10
        assert check.damaged_line is not None or check.dropped_bytes > 0


def test_a_changed_first_line_is_not_taken_for_a_session_that_never_began(short: Path) -> None:
    """A whole session follows it: nothing may be said of what had been commanded."""
    short.write_bytes(short.read_bytes().replace(b'"patient-1"', b'"patient-2"', 1))
    opened = open_record(short)
    assert opened.session is None
    assert opened.damaged_line == 1
    assert "no command" not in opened.sentence
    assert "Line 1 was changed" in opened.sentence
    assert not replay_record(short).same


@pytest.mark.hazard("H16")
def test_a_line_taken_out_is_found(short: Path) -> None:
    lines = short.read_bytes().splitlines(keepends=True)
    short.write_bytes(b"".join(lines[:5] + lines[6:]))
    check = verify_record(short)
    assert check.damaged_line == 6
    assert "taken out" in check.sentence
    opened = open_record(short)
    assert opened.session is not None
    assert opened.session.end is SessionEnd.INTERRUPTED
    assert opened.decisions == 4


def test_a_tail_taken_out_shows_in_the_head(short: Path) -> None:
    before = verify_record(short)
    lines = short.read_bytes().splitlines(keepends=True)
    short.write_bytes(b"".join(lines[:-1]))
    after = verify_record(short)
    assert after.intact
    assert not after.complete
    assert after.head != before.head


@pytest.mark.hazard("H16")
def test_a_decision_that_was_made_up_does_not_replay(short: Path) -> None:
    """Whoever can make the chain anew is still found by the replay."""
    lines = [dict(line.body) for line in read_chain(short.read_bytes()).lines]
    lines[20]["out"] = {**lines[20]["out"], "command": {**lines[20]["out"]["command"], "force_n": 400.0}}
    short.unlink()
    with ChainWriter.create(short) as chain:
        for line in lines:
            chain.append(line)
    assert verify_record(short).intact
    report = replay_record(short)
    assert not report.same
    assert report.first_difference == "Line 21: command came out differently."


def test_a_cut_record_replays_as_far_as_it_goes(short: Path) -> None:
    data = short.read_bytes()
    short.write_bytes(data[: len(data) // 2])
    report = replay_record(short)
    assert report.same
    assert report.decisions > 10


@pytest.mark.parametrize("content", [b"not a record", b'{"a": 1}\n', b"\x00" * 500, b'{"hash":"XYZ'])
def test_another_file_is_no_record(content: bytes, tmp_path: Path) -> None:
    place = tmp_path / "file"
    place.write_bytes(content)
    for reader in (open_record, verify_record, replay_record):
        with pytest.raises(BadInput, match="Expected a session record"):
            reader(place)


def test_a_record_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        open_record(tmp_path / "nothing")


@pytest.mark.hazard("H9", "H14")
def test_a_weighty_decision_is_on_disk_before_its_effect(
    deliver: Deliver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every fsync is noted with the number of commands sent so far; each move of the state has its own."""
    synced: list[int] = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda descriptor: (synced.append(1), real(descriptor))[1])
    session = deliver(make_approved(SHORT)).session
    moves = sum(bool(event) for event in session.events)
    assert moves >= 3
    assert len(synced) >= moves + 2
