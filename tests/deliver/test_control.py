"""The decision as a pure function, the state machine as a table, and each interlock on its own."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from sessions_by_hand import make_approved, make_table

from opentraction.chart import CommandKind, InterlockKind, Reading, TableState
from opentraction.deliver import (
    TRANSITIONS,
    DecisionInput,
    DeliverySettings,
    DeliveryState,
    Memory,
    Occasion,
    decide,
    memory_at_start,
    settings_for,
)

SETTINGS: DeliverySettings = settings_for(make_approved().plan, make_table().capability())
START = 1000.0


def reading(time_s: float, force_n: float, **fields: Any) -> Reading:
    return Reading(
        time_s=time_s, force_n=force_n, **{"position_mm": 40.0, "state": TableState.PULLING, **fields}
    )


def holding(force_n: float = 300.0, **changes: Any) -> Memory:
    """The memory of a session that has held 300 N for five seconds; the profile began at START."""
    now = START + 35.0
    recent = tuple(reading(now - 0.1 * back, force_n) for back in range(9, -1, -1))
    fields: dict[str, Any] = {
        "state": DeliveryState.HOLDING,
        "started_s": START - 10.0,
        "now_s": now,
        "state_since_s": now - 5.0,
        "profile_started_s": START,
        "segment": 1,
        "commanded_n": 300.0,
        "sequence": 450,
        "recent": recent,
    }
    return Memory(**{**fields, **changes})


def given_at(memory: Memory, force_n: float | None = 300.0, **changes: Any) -> DecisionInput:
    now = memory.now_s + 0.1
    read = None if force_n is None else reading(now, force_n)
    return DecisionInput(**{"now_s": now, "reading": read, "memory": memory, "settings": SETTINGS, **changes})


def trip_of(given: DecisionInput) -> InterlockKind | None:
    trips = decide(given).trips
    return trips[0].interlock if trips else None


def test_a_quiet_hold_goes_on() -> None:
    decision = decide(given_at(holding()))
    assert decision.state is DeliveryState.HOLDING
    assert decision.command.kind is CommandKind.FORCE
    assert decision.command.force_n == 300.0
    assert decision.trips == ()


@pytest.mark.hazard("H1", "H5")
def test_a_command_is_bounded_numbered_and_expires() -> None:
    command = decide(given_at(holding())).command
    assert command.sequence == 451
    assert command.expires_s == pytest.approx(command.issued_s + 0.5)
    assert command.force_n <= SETTINGS.limit.force_n


def test_the_same_input_gives_the_same_decision_and_survives_json() -> None:
    given = given_at(holding(), force_n=309.0)
    assert decide(DecisionInput.from_json(given.to_json())) == decide(given)


@pytest.mark.hazard("H1")
@pytest.mark.parametrize(("force_n", "trips"), [(305.9, False), (306.1, True)])
def test_over_force_names_the_limit_that_binds(force_n: float, trips: bool) -> None:
    decision = decide(given_at(holding(force_n - 3.0), force_n))
    assert bool(decision.trips) is trips
    if trips:
        assert decision.trips[0].interlock is InterlockKind.OVER_FORCE
        assert decision.trips[0].sentence == (
            "Expected at most 306.0 N: the lowest limit is 300 N (half of body weight) "
            "and the tolerance 6 N. Came 306.1 N."
        )


@pytest.mark.hazard("H1")
@pytest.mark.parametrize(("rise_n", "trips"), [(18.0, False), (20.0, True)])
def test_over_rate_is_the_rise_over_half_a_second(rise_n: float, trips: bool) -> None:
    """Ramps of 10 N/s are commanded at up to 12 N/s: 1.5 x 12 x 0.5 + 10 = 19 N may come."""
    assert SETTINGS.rise_n_per_s == 12.0
    memory = holding(200.0, commanded_n=205.0)
    assert trip_of(given_at(memory, 200.0 + rise_n)) is (InterlockKind.OVER_RATE if trips else None)


@pytest.mark.hazard("H2")
@pytest.mark.parametrize(
    ("drop_n", "travel_mm", "trips"), [(20.0, 1.5, True), (20.0, 0.5, False), (10.0, 1.5, False)]
)
def test_slip_is_a_drop_of_force_with_travel(drop_n: float, travel_mm: float, trips: bool) -> None:
    given = given_at(holding())
    slipped = reading(given.now_s, 300.0 - drop_n, position_mm=40.0 + travel_mm)
    assert trip_of(given.replace(reading=slipped)) is (InterlockKind.SLIP if trips else None)


@pytest.mark.hazard("H3", "H17")
def test_the_patients_switch_stops_and_is_no_fault() -> None:
    given = given_at(holding())
    pressed = reading(given.now_s, 300.0, switch_pressed=True, state=TableState.RELEASING)
    decision = decide(given.replace(reading=pressed))
    assert [trip.interlock for trip in decision.trips] == [InterlockKind.PATIENT_STOP]
    assert decision.state is DeliveryState.STOPPED
    assert decision.command.kind is CommandKind.RELEASE


@pytest.mark.hazard("H3")
def test_the_switch_is_obeyed_even_when_the_force_is_no_number() -> None:
    given = given_at(holding())
    pressed = reading(given.now_s, float("nan"), switch_pressed=True)
    assert trip_of(given.replace(reading=pressed)) is InterlockKind.PATIENT_STOP


@pytest.mark.hazard("H3")
def test_the_operators_stop() -> None:
    decision = decide(given_at(holding(), operator_stop=True))
    assert decision.state is DeliveryState.STOPPED
    assert decision.trips[0].interlock is InterlockKind.OPERATOR_STOP


@pytest.mark.hazard("H5", "H6")
@pytest.mark.parametrize(("silent_s", "trips"), [(0.15, False), (0.2, True)])
def test_the_link_is_lost_when_nothing_is_confirmed(silent_s: float, trips: bool) -> None:
    memory = holding()
    memory = memory.replace(unconfirmed_since_s=memory.now_s - silent_s)
    assert trip_of(given_at(memory, confirmed=False)) is (InterlockKind.LINK_LOST if trips else None)


def test_a_confirmed_command_ends_the_doubt_about_the_link() -> None:
    memory = holding()
    decision = decide(given_at(memory.replace(unconfirmed_since_s=memory.now_s - 0.2), confirmed=True))
    assert decision.trips == ()
    assert decision.memory.unconfirmed_since_s is None


@pytest.mark.hazard("H14")
def test_a_record_that_cannot_be_written_trips() -> None:
    assert trip_of(given_at(holding(), record_ok=False)) is InterlockKind.RECORD_FAILED


@pytest.mark.parametrize("state", [TableState.RELEASING, TableState.STOPPED])
def test_a_table_that_lets_go_by_itself_trips(state: TableState) -> None:
    given = given_at(holding())
    assert (
        trip_of(given.replace(reading=reading(given.now_s, 300.0, state=state)))
        is InterlockKind.TABLE_STOPPED
    )


@pytest.mark.parametrize(
    ("off_n", "since_s", "trips"), [(40.0, 1.95, True), (40.0, 1.0, False), (25.0, 1.95, False)]
)
def test_a_pull_that_does_not_follow_is_implausible(off_n: float, since_s: float, trips: bool) -> None:
    """At 300 N a tenth, 30 N, is allowed for two seconds."""
    memory = holding(300.0 - off_n)
    memory = memory.replace(off_track_since_s=memory.now_s - since_s)
    wanted = InterlockKind.READING_IMPLAUSIBLE if trips else None
    assert trip_of(given_at(memory, 300.0 - off_n)) is wanted


@pytest.mark.parametrize(
    ("elapsed_s", "travel_mm", "trips"), [(59.0, 100.0, False), (61.0, 100.0, True), (5.0, 260.0, True)]
)
def test_slack_must_be_gone_in_time_and_travel(elapsed_s: float, travel_mm: float, trips: bool) -> None:
    memory = holding(
        2.0,
        state=DeliveryState.TAKING_UP_SLACK,
        profile_started_s=None,
        segment=-1,
        commanded_n=10.0,
        state_since_s=START + 35.0 - elapsed_s,
    )
    given = given_at(memory)
    read = reading(given.now_s, 2.0, position_mm=travel_mm)
    assert trip_of(given.replace(reading=read)) is (InterlockKind.SLACK if trips else None)


@pytest.mark.hazard("H4")
def test_a_distrusted_reading_is_not_used_as_a_number() -> None:
    decision = decide(given_at(holding(), force_n=float("nan")))
    assert decision.measured_n is None
    assert decision.trips[0].interlock is InterlockKind.READING_NOT_A_NUMBER


def test_each_interlock_trips_once_and_is_kept() -> None:
    first = decide(given_at(holding(), operator_stop=True))
    again = decide(given_at(first.memory, operator_stop=True))
    assert again.trips == ()
    assert again.state is DeliveryState.STOPPED
    assert again.memory.tripped == (InterlockKind.OPERATOR_STOP,)


@pytest.mark.hazard("H3")
def test_after_a_trip_the_command_only_falls_and_ends_in_time() -> None:
    """Whatever is read or not read: released, drive off, within 15 s."""
    for read in (300.0, 2.0, None, float("nan"), 1e6):
        memory = decide(given_at(holding(), operator_stop=True)).memory
        commanded, steps, finished = memory.commanded_n, 0, False
        while not finished:
            decision = decide(given_at(memory, read))
            assert decision.command.force_n <= commanded
            assert decision.command.kind in (CommandKind.RELEASE, CommandKind.STOP)
            commanded, finished, memory = decision.command.force_n, decision.finished, decision.memory
            steps += 1
            assert steps <= 151
        assert decision.command.kind is CommandKind.STOP


@pytest.mark.hazard("H2")
def test_a_release_is_neither_sudden_nor_slow() -> None:
    assert SETTINGS.release_rate_n_per_s(400.0) == 50.0
    assert SETTINGS.release_rate_n_per_s(40.0) == 20.0


def test_no_trusted_reading_at_the_end_sends_someone_to_the_patient() -> None:
    memory = decide(given_at(holding(), force_n=float("nan"))).memory
    events: tuple[str, ...] = ()
    while not events:
        decision = decide(given_at(memory, None))
        events, memory = decision.events, decision.memory
    assert "go to the patient" in events[0]


def test_every_state_can_stop_and_trip_and_only_done_cannot_move() -> None:
    for state, occasion in product(DeliveryState, (Occasion.STOP, Occasion.TRIP)):
        if state is DeliveryState.DONE:
            assert TRANSITIONS[state] == {}
        else:
            assert not TRANSITIONS[state][occasion].pulls


@pytest.mark.hazard("H3")
def test_no_transition_leads_from_letting_go_back_to_pulling() -> None:
    for state in (DeliveryState.TRIPPED, DeliveryState.STOPPED):
        assert set(TRANSITIONS[state].values()) == {state}


def test_the_first_decision_takes_up_slack_or_lies_without_pull() -> None:
    rest = reading(START, 0.0, state=TableState.IDLE)
    first = decide(
        DecisionInput(now_s=START, reading=rest, memory=memory_at_start(START, rest), settings=SETTINGS)
    )
    assert first.state is DeliveryState.TAKING_UP_SLACK
    assert first.command.force_n == 0.0
    without = decide(
        DecisionInput(
            now_s=START,
            reading=rest,
            memory=memory_at_start(START, rest),
            settings=SETTINGS.replace(preload_n=0.0),
        )
    )
    assert without.state is DeliveryState.HOLDING
