"""The simulated table is a full driver with a controller that a bad commander cannot talk round."""

from __future__ import annotations

import random

import pytest
from sessions_by_hand import make_plant, make_table

from opentraction.chart import Command, CommandKind, Table, TableState
from opentraction.deliver import Fault, FaultKind, SimulatedTable


def pull(
    table: SimulatedTable, force_n: float, *, sequence: int, life_s: float = 0.5, rate: float = 40.0
) -> bool:
    now = table.now_s()
    return table.send(
        Command(
            kind=CommandKind.FORCE,
            sequence=sequence,
            issued_s=now,
            expires_s=now + life_s,
            force_n=force_n,
            rate_n_per_s=rate,
        )
    )


def pulled(table: SimulatedTable, force_n: float, seconds: float, *, start: int = 1) -> int:
    """Keep asking for a pull; returns the last sequence used."""
    sequence = start
    for sequence in range(start, start + round(seconds * 10)):
        pull(table, force_n, sequence=sequence)
        table.wait(0.1)
    return sequence


@pytest.mark.hazard("H18")
def test_it_fulfils_the_contract_and_declares_itself_simulated() -> None:
    table = make_table()
    assert isinstance(table, Table)
    assert table.capability().simulated


def test_it_tracks_the_force_it_is_asked_for() -> None:
    table = make_table()
    pulled(table, 250.0, 30.0)
    tail = [force for time_s, force in table.true_trace() if time_s > table.now_s() - 10.0]
    assert sum(tail) / len(tail) == pytest.approx(250.0, rel=0.02)
    assert max(tail) < 250.0 * 1.05


def test_twenty_bodies_are_tracked_within_two_percent_and_five_percent_of_overshoot() -> None:
    chance = random.Random(7)
    for seed in range(20):
        plant = make_plant(
            stiffness=chance.uniform(0.4, 3.0),
            friction_n=chance.uniform(0.0, 150.0),
            mass_kg=chance.uniform(20.0, 60.0),
        )
        table = make_table(plant=plant, seed=seed)
        pulled(table, 300.0, 30.0)
        trace = table.true_trace()
        tail = [force for time_s, force in trace if time_s > table.now_s() - 10.0]
        assert sum(tail) / len(tail) == pytest.approx(300.0, rel=0.02)
        assert max(force for _, force in trace) <= 315.0


@pytest.mark.hazard("H2", "H6")
def test_a_command_that_expires_is_a_release() -> None:
    table = make_table()
    pulled(table, 200.0, 20.0)
    table.wait(0.7)
    reading = table.read()
    assert reading is not None
    assert reading.state is TableState.RELEASING
    table.wait(10.0)
    assert table.true_force_n() < 3.0
    assert not table.driven()


@pytest.mark.hazard("H6")
def test_nothing_but_a_person_ends_a_release() -> None:
    table = make_table()
    last = pulled(table, 200.0, 20.0)
    table.wait(1.0)
    assert not pull(table, 200.0, sequence=last + 1)


@pytest.mark.hazard("H5")
@pytest.mark.parametrize("sequence", [10, 9, 1])
def test_a_doubled_or_reordered_command_is_not_taken(sequence: int) -> None:
    table = make_table()
    assert pull(table, 50.0, sequence=10)
    assert not pull(table, 50.0, sequence=sequence)


@pytest.mark.hazard("H5", "H10")
def test_an_expired_command_and_one_from_the_future_are_not_taken() -> None:
    table = make_table()
    now = table.now_s()
    late = Command(kind=CommandKind.FORCE, sequence=1, issued_s=now - 2.0, expires_s=now - 1.5, force_n=50.0)
    early = Command(kind=CommandKind.FORCE, sequence=2, issued_s=now + 5.0, expires_s=now + 5.5, force_n=50.0)
    assert not table.send(late)
    assert not table.send(early)


@pytest.mark.hazard("H1")
def test_a_command_beyond_its_rating_is_bounded() -> None:
    table = make_table(plant=make_plant(stiffness=3.0))
    pulled(table, 2000.0, 60.0)
    assert max(force for _, force in table.true_trace()) <= 900.0 * 1.02


@pytest.mark.hazard("H3")
def test_stop_is_a_controlled_release_and_then_the_power_is_off() -> None:
    table = make_table()
    last = pulled(table, 300.0, 20.0)
    now = table.now_s()
    table.send(
        Command(
            kind=CommandKind.STOP, sequence=last + 1, issued_s=now, expires_s=now + 0.5, rate_n_per_s=40.0
        )
    )
    table.wait(1.0)
    assert 240.0 < table.true_force_n() < 280.0
    table.wait(9.0)
    assert table.true_force_n() < 3.0
    assert not table.driven()


@pytest.mark.hazard("H3")
def test_the_patients_switch_is_wired_straight_into_the_table() -> None:
    """Nobody decides: commands go on as if nothing had happened."""
    table = make_table(faults=[Fault(kind=FaultKind.SWITCH, at_s=20.0)])
    pulled(table, 200.0, 35.0)
    assert table.true_force_n() < 3.0


def test_the_same_seed_gives_the_same_readings() -> None:
    one, two, other = make_table(seed=3), make_table(seed=3), make_table(seed=4)
    for table in (one, two, other):
        pulled(table, 100.0, 10.0)
    assert one.read() == two.read()
    assert one.read() != other.read()


def test_readings_are_a_little_old_never_ahead() -> None:
    table = make_table()
    for _ in range(20):
        table.wait(0.1)
        reading = table.read()
        assert reading is not None
        assert 0.0 < table.now_s() - reading.time_s <= 0.1
