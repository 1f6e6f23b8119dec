"""A session by the command line in a second process, killed or interrupted: what its record says."""

import json
import os
import re
import shutil
import signal
import time
from datetime import datetime

import pytest

from opentraction.chart import ApprovedPlan, Clinician, Course, PatientPlant, SessionEnd
from opentraction.deliver import SimulatedTable, open_record, replay_record, run, verify_record

WAIT_S = 240
PULLING_AFTER_S = 13.0
"""The slack is taken up in less; then the ramp begins."""
READINGS_AT_REST = 6
"""The table is read so often before the session, and its record, begin."""


@pytest.fixture(scope="module")
def signed_case(opentraction, tmp_path_factory):
    """A case folder whose plan is signed and has not been delivered."""
    folder = tmp_path_factory.mktemp("killed")
    opentraction.rewritten("phantom_p1", folder / "examination.yaml")
    draft = opentraction.walk(folder, folder / "examination.yaml", folder / "case").course.plan
    at = datetime.now().astimezone()
    consent = draft.consent.replace(given=True, by="the patient", at=at)
    approved = draft.replace(consent=consent).approve(Clinician(name="Dr Test"), at=at)
    (folder / "case" / "approved.json").write_text(approved.to_json())
    return folder / "case"


def begun(opentraction, signed_case, folder, *more):
    """A session that has begun in a process of its own, and its record."""
    case = folder / "case"
    shutil.copytree(signed_case, case)
    with (folder / "out").open("w") as out, (folder / "err").open("w") as err:
        process = opentraction.start("deliver", case, *more, out=out, err=err)
    return process, case / "session-01.record"


def wait_for(process, ready, folder):
    until = time.monotonic() + WAIT_S
    while not ready():
        assert process.poll() is None, (folder / "err").read_text()
        assert time.monotonic() < until, "the session did not come so far"
        time.sleep(0.01)


def size_of(record):
    return record.stat().st_size if record.exists() else 0


def last_s(record):
    """Session time of the last decision on the record [s]: ten commands a second, numbered."""
    if not record.exists():
        return 0.0
    with record.open("rb") as file:
        file.seek(max(0, record.stat().st_size - 4000))
        numbers = re.findall(rb'"sequence":([0-9]+)[,}]', file.read())
    return int(numbers[-1]) / 10.0 if numbers else 0.0


def where_it_ended(opentraction, record):
    """What the command says of a record that was cut off."""
    said = opentraction.run("record", record)
    assert said.code == 0, said.err
    told = json.loads(opentraction.run("record", record, "--json").out)
    assert told["check"]["damaged_line"] is None
    assert told["replay"]["same"]
    assert not told["record"]["complete"]
    return said.out, told["record"]


@pytest.mark.full
@pytest.mark.parametrize("after_s", [0.0, 0.7, 3.0, 9.0])
def test_a_session_at_the_pace_of_the_clock_is_killed(opentraction, signed_case, tmp_path, after_s):
    process, record = begun(opentraction, signed_case, tmp_path, "--real-time")
    wait_for(process, lambda: size_of(record) > 0, tmp_path)
    time.sleep(after_s)
    process.kill()
    process.wait()
    assert process.returncode == -signal.SIGKILL
    said, told = where_it_ended(opentraction, record)
    assert told["session"]["end"] == SessionEnd.INTERRUPTED
    assert f"interrupted at {told['ended_at_s']:.1f} s, {told['ended_state']}" in said
    assert told["ended_at_s"] == pytest.approx(after_s, abs=1.5)
    assert not list((tmp_path / "case").glob("session-*.json"))


@pytest.mark.full
@pytest.mark.parametrize("reached_s", [90.0, 500.0, 900.0, 1190.0])
def test_a_session_is_killed_late(opentraction, signed_case, tmp_path, reached_s):
    """Faster than the clock, to reach the holds and the end of a session of twenty minutes."""
    process, record = begun(opentraction, signed_case, tmp_path)
    wait_for(process, lambda: last_s(record) > reached_s, tmp_path)
    process.kill()
    process.wait()
    assert process.returncode == -signal.SIGKILL
    said, told = where_it_ended(opentraction, record)
    assert told["session"]["end"] == SessionEnd.INTERRUPTED
    assert told["ended_at_s"] > reached_s - 1.0
    assert f"interrupted at {told['ended_at_s']:.1f} s, {told['ended_state']}" in said


@pytest.mark.hazard("H9", "H15")
@pytest.mark.full
def test_a_session_that_was_killed_counts_when_the_next_one_is_delivered(opentraction, signed_case, tmp_path):
    """What was pulled is in the course, its dose and the report, marked as interrupted."""
    process, record = begun(opentraction, signed_case, tmp_path)
    wait_for(process, lambda: last_s(record) > 200.0, tmp_path)
    process.kill()
    process.wait()
    case = tmp_path / "case"
    assert Course.from_json((case / "course.json").read_text()).sessions == ()
    done = opentraction.run("deliver", case)
    assert done.code == 0, done.err
    assert "session-01.record holds a session that was interrupted" in done.err
    course = Course.from_json((case / "course.json").read_text())
    assert [session.end for session in course.sessions] == [SessionEnd.INTERRUPTED, SessionEnd.DONE]
    assert course.sessions[0] == open_record(record).session
    assert [dose.session_id for dose in course.doses] == [s.session_id for s in course.sessions]
    page = (case / "report.html").read_text()
    assert all(f"Record {session.session_id}." in page for session in course.sessions)


@pytest.mark.hazard("H9", "H15")
@pytest.mark.full
def test_a_session_killed_inside_course_counts_in_the_next_run(opentraction, tmp_path):
    """Its course file had not been written at the end: the signed plan and the record are enough."""
    visit, case = tmp_path / "visit", tmp_path / "case"
    visit.mkdir()
    form = opentraction.rewritten("phantom_p1", visit / "examination.yaml")
    words = ("course", visit, "--form", form, "--out", case)
    signed = ("--approve-as", "Dr Test", "--consent-by", "the patient")
    with (tmp_path / "err").open("w") as err:
        process = opentraction.start(*words, *signed, err=err)
        record = case / "session-01.record"
        wait_for(process, lambda: last_s(record) > 200.0, tmp_path)
        process.kill()
        process.wait()
    assert Course.from_json((case / "course.json").read_text()).sessions == ()
    done = opentraction.run(*words)
    assert done.code == 0, done.err
    assert "session-01.record holds a session that was interrupted: it counts" in done.err
    course = Course.from_json((case / "course.json").read_text())
    assert course.sessions == (open_record(record).session,)
    assert [dose.session_id for dose in course.doses] == [course.sessions[0].session_id]
    assert course.plan.course.steps[0].first == 2
    assert f"Record {course.sessions[0].session_id}." in (case / "report.html").read_text()


@pytest.mark.full
def test_killed_before_the_session_began_leaves_no_record_and_no_session(opentraction, signed_case, tmp_path):
    process, record = begun(opentraction, signed_case, tmp_path, "--real-time")
    time.sleep(1.0)
    process.kill()
    process.wait()
    assert not record.exists()
    assert not list((tmp_path / "case").glob("session-*"))


@pytest.mark.full
def test_control_c_releases_with_a_whole_record_and_exit_code_130(opentraction, signed_case, tmp_path):
    process, record = begun(opentraction, signed_case, tmp_path, "--real-time")
    wait_for(process, lambda: size_of(record) > 0, tmp_path)
    time.sleep(PULLING_AFTER_S)
    process.send_signal(signal.SIGINT)
    process.wait(timeout=60)
    said = (tmp_path / "err").read_text()
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert "Stopped" in said
    opened = open_record(record)
    assert opened.complete
    assert opened.session.end is SessionEnd.INTERRUPTED
    assert "KeyboardInterrupt" in opened.session.note
    assert "released" in opened.session.note
    assert opened.session.samples[-1].commanded_n == 0.0
    assert opened.session.samples[-1].measured_n < 5.0
    course = Course.from_json((tmp_path / "case" / "course.json").read_text())
    assert course.sessions == (opened.session,)
    assert f"Record {opened.session.session_id}." in (tmp_path / "case" / "report.html").read_text()
    most = max(sample.measured_n for sample in opened.session.samples)
    assert most > 5.0, "nothing was pulled when the stop came, so no release was tested"
    assert verify_record(record).damaged_line is None
    assert replay_record(record).same


@pytest.mark.full
def test_control_c_twice_does_not_cut_the_release_short(opentraction, signed_case, tmp_path):
    process, record = begun(opentraction, signed_case, tmp_path, "--real-time")
    wait_for(process, lambda: size_of(record) > 0, tmp_path)
    time.sleep(PULLING_AFTER_S)
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    process.wait(timeout=60)
    assert process.returncode == 130, (tmp_path / "err").read_text()
    assert "Traceback" not in (tmp_path / "err").read_text()
    opened = open_record(record)
    assert opened.complete
    assert opened.session.end is SessionEnd.INTERRUPTED
    assert opened.session.samples[-1].commanded_n == 0.0
    assert opened.session.samples[-1].measured_n < 8.0
    assert replay_record(record).same


@pytest.mark.full
def test_control_c_while_the_model_is_built_ends_with_130_and_nothing_half_written(opentraction, tmp_path):
    scan = tmp_path / "no-scan"
    scan.mkdir()
    opentraction.rewritten("phantom_p1", scan / "examination.yaml")
    with (tmp_path / "out").open("w") as out, (tmp_path / "err").open("w") as err:
        process = opentraction.start("course", scan, "--out", tmp_path / "case", out=out, err=err)
    wait_for(process, lambda: "screening" in (tmp_path / "err").read_text(), tmp_path)
    os.kill(process.pid, signal.SIGINT)
    process.wait(timeout=120)
    said = (tmp_path / "err").read_text()
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert not (tmp_path / "case").exists() or not list((tmp_path / "case").iterdir())


class StoppedAt:
    """A SIMULATED table at whose n-th command, or n-th reading, the person presses Ctrl-C."""

    def __init__(self, call, number):
        anyone = PatientPlant(extension_mm=(0.0, 10.0), force_n=(0.0, 100.0))
        self._table = SimulatedTable(anyone, seed=1, pace=None)
        self._call, self._left = call, number

    def __getattr__(self, name):
        known = getattr(self._table, name)
        if name != self._call:
            return known

        def counted(*words):
            self._left -= 1
            if self._left == 0:
                raise KeyboardInterrupt
            return known(*words)

        return counted


@pytest.mark.full
@pytest.mark.parametrize("number", [1, 2, 40, 200])
@pytest.mark.parametrize("call", ["read", "send", "wait"])
def test_control_c_in_the_middle_of_a_decision_leaves_a_record_that_replays(
    signed_case, tmp_path, call, number
):
    """Ctrl-C comes at any line of the program: also after a decision is written and before it is sent."""
    approved = ApprovedPlan.from_json((signed_case / "approved.json").read_text())
    table, record = StoppedAt(call, number), tmp_path / "session.record"
    try:
        run(approved, table, record=record, started_at=approved.approval.at)
    except KeyboardInterrupt:
        pass
    else:
        pytest.fail("the stop did not come through")
    if call != "send" and number <= READINGS_AT_REST:
        assert not record.exists(), "nothing was commanded, so there is nothing to record"
        return
    opened = open_record(record)
    assert opened.complete
    assert verify_record(record).damaged_line is None
    sequences = re.findall(r'"kind":"[a-z ]+","rate_n_per_s":[0-9.]+,"sequence":([0-9]+)', record.read_text())
    assert len(set(sequences)) == len(sequences), "a number of a command was given out twice"
    assert replay_record(record).same
