"""Whole sessions on the simulated table: as planned, released on every way out, refused when not ready."""

from __future__ import annotations

import ast
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sessions_by_hand import NOW, make_approved, make_long_profile, make_plant, make_profile, make_table

import opentraction.deliver
from opentraction.chart import (
    ApprovedPlan,
    Clinician,
    Command,
    CommandKind,
    Family,
    Hold,
    InterlockKind,
    Ramp,
    Reading,
    RecordKind,
    Refused,
    Role,
    SessionEnd,
    SessionSample,
    TractionProfile,
)
from opentraction.deliver import (
    Fault,
    FaultKind,
    ServoDesign,
    SimulatedTable,
    clear_trips,
    open_record,
    replay_record,
    run,
    verify_record,
)

Deliver = Callable[..., Any]


def test_a_session_as_planned(deliver: Deliver) -> None:
    done = deliver()
    session, table = done.session, done.table
    assert session.end is SessionEnd.DONE
    assert session.kind is RecordKind.MEASURED
    assert session.trips == ()
    assert session.simulated
    assert session.comparison.rms_error_n < 5.0
    assert session.comparison.time_in_band > 0.99
    assert session.comparison.delivered_impulse_n_s == pytest.approx(
        session.comparison.planned_impulse_n_s, rel=0.02
    )
    assert session.comparison.missed == ()
    assert max(force for _, force in table.true_trace()) <= 306.0
    assert table.true_force_n() < 3.0
    assert not table.driven()


def test_twenty_minutes_of_cycles(deliver: Deliver) -> None:
    done = deliver(make_approved(make_long_profile()))
    assert done.session.end is SessionEnd.DONE
    assert done.session.comparison.time_in_band > 0.99
    assert max(force for _, force in done.table.true_trace()) <= 306.0


def test_a_coarse_and_quiet_load_cell_is_not_taken_for_a_frozen_one(deliver: Deliver) -> None:
    """Steps of a pound and no noise at all: the value stays for seconds, then moves with the pull."""
    design = ServoDesign(cell_step_n=4.4482216152605, cell_noise_n=0.0, drive_noise_n=0.0)
    table = make_table(design=design, breath_mm=0.0)
    done = deliver(make_approved(make_long_profile(5.0)), table=table)
    assert done.session.trips == ()
    assert done.session.end is SessionEnd.DONE


def test_the_states_come_in_order(deliver: Deliver) -> None:
    states = [sample.state for sample in deliver().session.samples]
    seen = [state for i, state in enumerate(states) if i == 0 or state != states[i - 1]]
    assert seen == ["taking up slack", "ramping", "holding", "releasing", "done"]


def test_lying_without_pull_is_a_session_too(deliver: Deliver) -> None:
    lying = TractionProfile(name="lying", family=Family.LYING, segments=(Hold(duration_s=30.0),))
    done = deliver(make_approved(lying))
    assert done.session.end is SessionEnd.DONE
    assert max(force for _, force in done.table.true_trace()) < 1.0
    assert all(sample.commanded_n == 0.0 for sample in done.session.samples)


def test_a_plan_may_end_with_a_ramp_to_zero(deliver: Deliver) -> None:
    down = TractionProfile(
        name="up and down",
        family=Family.STATIC,
        segments=(Ramp(force_n=100.0, duration_s=10.0), Ramp(force_n=0.0, duration_s=10.0)),
    )
    assert deliver(make_approved(down)).session.end is SessionEnd.DONE


def test_the_session_and_its_record_are_one(deliver: Deliver) -> None:
    done = deliver()
    opened = open_record(done.record)
    assert opened.complete
    assert opened.session == done.session
    assert verify_record(done.record).intact
    replay = replay_record(done.record)
    assert replay.same
    assert replay.decisions == len(done.session.samples)


def test_the_same_seed_gives_the_same_session(deliver: Deliver) -> None:
    assert deliver(seed=5).session == deliver(seed=5).session


@pytest.mark.hazard("H1")
def test_every_command_is_within_the_lowest_limit_and_expires(deliver: Deliver) -> None:
    class Listening(SimulatedTable):
        heard: list[Command]

        def send(self, command: Command) -> bool:
            self.heard.append(command)
            return super().send(command)

    table = Listening(make_plant(), seed=1)
    table.heard = []
    deliver(table=table)
    assert len(table.heard) > 600
    assert max(command.force_n for command in table.heard) <= 300.0
    assert all(0 < command.expires_s - command.issued_s <= 0.5 + 1e-9 for command in table.heard)
    assert table.heard[-1].kind is CommandKind.STOP


@pytest.mark.hazard("H3")
def test_the_operator_stops_and_the_pull_is_let_go(deliver: Deliver) -> None:
    asked = iter(range(10_000))
    done = deliver(operator_stop=lambda: next(asked) > 400)
    assert done.session.end is SessionEnd.STOPPED_BY_OPERATOR
    assert [trip.interlock for trip in done.session.trips] == [InterlockKind.OPERATOR_STOP]
    assert done.table.true_force_n() < 3.0
    assert "stopped by the operator" in done.session.comparison.missed[0]


@pytest.mark.hazard("H2")
@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError, ZeroDivisionError])
def test_an_exception_lets_go_first(error: type[BaseException], tmp_path: Path) -> None:
    table, record = make_table(), tmp_path / "record"

    def fail(sample: SessionSample) -> None:
        if sample.time_s > 40.0:
            raise error("made up")

    with pytest.raises(error, match="made up"):
        run(make_approved(), table, record=record, started_at=NOW, progress=fail)
    assert table.true_force_n() < 3.0
    assert not table.driven()
    opened = open_record(record)
    assert opened.session is not None
    assert opened.session.end is SessionEnd.INTERRUPTED
    assert opened.session.note == f"Interrupted by {error.__name__}; the pull was released."
    assert replay_record(record).same


@pytest.mark.hazard("H2", "H6")
def test_a_driver_that_breaks_still_gets_the_last_word(tmp_path: Path) -> None:
    class Breaking(SimulatedTable):
        sent: list[Command]

        def read(self) -> Reading | None:
            if self.now_s() > 1040.0:
                raise ValueError("a defect in a driver")
            return super().read()

        def send(self, command: Command) -> bool:
            self.sent.append(command)
            return super().send(command)

    table = Breaking(make_plant(), seed=1)
    table.sent = []
    with pytest.raises(ValueError, match="defect"):
        run(make_approved(), table, record=tmp_path / "record", started_at=NOW)
    assert table.sent[-1].kind is CommandKind.STOP
    table.wait(15.0)
    assert table.true_force_n() < 3.0


@pytest.mark.hazard("H6")
def test_a_link_error_is_a_lost_link_not_a_crash(tmp_path: Path) -> None:
    class Unplugged(SimulatedTable):
        def read(self) -> Reading | None:
            if self.now_s() > 1040.0:
                raise ConnectionError("unplugged")
            return super().read()

        def send(self, command: Command) -> bool:
            if self.now_s() > 1040.0:
                raise TimeoutError("unplugged")
            return super().send(command)

    table = Unplugged(make_plant(), seed=1)
    session = run(make_approved(), table, record=tmp_path / "record", started_at=NOW)
    assert [trip.interlock for trip in session.trips] == [InterlockKind.LINK_LOST]
    assert table.true_force_n() < 3.0


@pytest.mark.hazard("H10")
def test_a_clock_that_stands_still_gives_the_table_up(tmp_path: Path) -> None:
    class Stopped(SimulatedTable):
        sent: list[Command]

        def now_s(self) -> float:
            return min(super().now_s(), 1040.0)

        def send(self, command: Command) -> bool:
            self.sent.append(command)
            return super().send(command)

    table = Stopped(make_plant(), seed=1)
    table.sent = []
    with pytest.raises(TimeoutError, match="has stood at 1040"):
        run(make_approved(), table, record=tmp_path / "record", started_at=NOW)
    assert table.sent[-1].kind is CommandKind.STOP
    opened = open_record(tmp_path / "record")
    assert opened.session is not None
    assert opened.session.end is SessionEnd.INTERRUPTED


@pytest.mark.hazard("H6")
def test_a_loop_that_hung_finds_the_table_released(deliver: Deliver) -> None:
    """As after SIGSTOP: three seconds without a decision, while the commands expire."""

    class Hanging(SimulatedTable):
        def wait(self, duration_s: float) -> None:
            hangs = 1040.0 <= self.now_s() < 1040.1
            super().wait(3.0 if hangs else duration_s)

    table = Hanging(make_plant(), seed=1)
    done = deliver(table=table)
    assert done.session.trips[0].interlock is InterlockKind.TABLE_STOPPED
    assert max(force for _, force in table.true_trace()) <= 306.0
    assert table.true_force_n() < 3.0


def test_progress_comes_about_once_a_second(deliver: Deliver) -> None:
    seen: list[SessionSample] = []
    done = deliver(progress=seen.append)
    assert len(seen) == pytest.approx(done.session.samples[-1].time_s, abs=2.0)


def refused(approved: ApprovedPlan, table: SimulatedTable, record: Path, **options: Any) -> str:
    """The sentence of the refusal; nothing was written and nothing moved."""
    with pytest.raises(Refused) as error:
        run(approved, table, record=record, started_at=options.pop("started_at", NOW), **options)
    assert table.true_force_n() == 0.0
    return str(error.value)


@pytest.mark.hazard("H1")
def test_a_plan_beyond_the_table_is_refused_with_every_reason(tmp_path: Path) -> None:
    table = make_table(design=ServoDesign(force_max_n=250.0, rate_max_n_per_s=5.0))
    sentence = refused(make_approved(), table, tmp_path / "record")
    assert "The plan pulls 300 N; table simulated-table pulls at most 250 N." in sentence
    assert "rises by 10.0 N/s" in sentence
    assert not (tmp_path / "record").exists()


@pytest.mark.hazard("H7", "H16")
def test_a_changed_plan_is_refused(tmp_path: Path) -> None:
    approved = make_approved()
    forged = ApprovedPlan.model_construct(
        plan=approved.plan.replace(patient_id="another"), approval=approved.approval
    )
    assert "changed after it was signed" in refused(forged, make_table(), tmp_path / "record")


@pytest.mark.hazard("H7", "H8")
def test_a_lapsed_screening_is_refused(tmp_path: Path) -> None:
    plan = make_approved().plan
    eligibility = plan.eligibility.replace(stands_until=NOW + timedelta(days=7))
    approved = make_approved(eligibility=eligibility)
    sentence = refused(approved, make_table(), tmp_path / "record", started_at=NOW + timedelta(days=8))
    assert "lapsed on 2026-03-09" in sentence


@pytest.mark.hazard("H18")
def test_a_demonstration_moves_no_real_table(tmp_path: Path) -> None:
    class Real(SimulatedTable):
        def capability(self) -> Any:
            return super().capability().replace(simulated=False)

    shown = make_approved(by=Clinician(name="Demo", role=Role.DEMONSTRATION))
    assert "signed as a demonstration" in refused(shown, Real(make_plant(), seed=1), tmp_path / "record")
    made_up = make_approved(simulated=True)
    assert "simulated patient" in refused(made_up, Real(make_plant(), seed=1), tmp_path / "record")


@pytest.mark.hazard("H14")
def test_an_existing_record_is_never_written_over(tmp_path: Path) -> None:
    record = tmp_path / "record"
    record.write_text("precious")
    assert "never written over" in refused(make_approved(), make_table(), record)
    assert record.read_text() == "precious"
    assert "does not exist" in refused(make_approved(), make_table(), tmp_path / "nowhere" / "record")


@pytest.mark.hazard("H14")
def test_too_little_room_on_the_disk_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import shutil
    from types import SimpleNamespace

    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=1_000_000))
    assert "the disk has 1 MB" in refused(make_approved(), make_table(), tmp_path / "record")


@pytest.mark.hazard("H4")
@pytest.mark.parametrize(
    ("fault", "word"),
    [
        (Fault(kind=FaultKind.OFFSET, at_s=0.0, size=15.0), "zero"),
        (Fault(kind=FaultKind.NAN, at_s=0.0), "not a number"),
        (Fault(kind=FaultKind.MISSING, at_s=0.0), "missing"),
        (Fault(kind=FaultKind.LINK_LOSS, at_s=0.0), "missing"),
        (Fault(kind=FaultKind.FUTURE, at_s=0.0, size=1.0), "future"),
        (Fault(kind=FaultKind.SWITCH, at_s=0.0), "switch"),
    ],
)
def test_a_table_that_is_not_at_rest_is_refused(fault: Fault, word: str, tmp_path: Path) -> None:
    assert word in refused(make_approved(), make_table(faults=[fault]), tmp_path / "record")
    assert not (tmp_path / "record").exists()


def test_the_angle_is_set_before_the_pull(tmp_path: Path, deliver: Deliver) -> None:
    approved = make_approved(make_profile(angle_deg=18.0))
    assert "pulls at 18 deg" in refused(approved, make_table(), tmp_path / "record")
    assert deliver(approved, table=make_table(angle_deg=18.0)).session.end is SessionEnd.DONE


def test_a_trip_forbids_the_next_session_until_a_person_clears_it(tmp_path: Path, deliver: Deliver) -> None:
    tripped = deliver(faults=[Fault(kind=FaultKind.NAN, at_s=30.0)]).session
    assert "is not cleared" in refused(make_approved(), make_table(), tmp_path / "again", previous=tripped)
    cleared = clear_trips(tripped, by=Clinician(name="Dr Test"))
    assert [trip.cleared_by for trip in cleared.trips] == ["Dr Test"]
    assert deliver(previous=cleared).session.end is SessionEnd.DONE


@pytest.mark.hazard("H18")
@pytest.mark.parametrize(
    "module", ["loop", "control", "decision", "interlocks", "limits", "readings", "states"]
)
def test_what_decides_never_asks_whether_a_table_is_simulated(module: str) -> None:
    path = Path(opentraction.deliver.__file__).with_name(f"{module}.py")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    names |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert "simulated" not in names
    assert "opentraction.deliver.simulated" not in modules
    assert len(names) > 5
