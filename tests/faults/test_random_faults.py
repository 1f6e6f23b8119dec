"""Any script of faults: the true pull stays under its limit, never rises after a stop, and ends."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sessions_by_hand import NOW, make_approved, make_plant, make_profile, make_table

from opentraction.deliver import Fault, FaultKind, open_record, replay_record, run

LIMIT_N = 200.0
BREATH_N = 5.0
APPROVED = make_approved(make_profile(LIMIT_N, hold_s=10.0), limit_n=LIMIT_N)

SIZES = {
    FaultKind.SPIKE: st.floats(-400.0, 400.0),
    FaultKind.OFFSET: st.floats(-400.0, 400.0),
    FaultKind.SLIP: st.floats(1.0, 60.0),
    FaultKind.FUTURE: st.floats(0.01, 100.0),
}


@st.composite
def faults(draw: st.DrawFn) -> Fault:
    kind = draw(st.sampled_from([kind for kind in FaultKind if kind is not FaultKind.GUARD_LOST]))
    return Fault(
        kind=kind,
        at_s=draw(st.floats(1.0, 50.0)),
        lasts_s=draw(st.none() | st.floats(0.005, 30.0)),
        size=draw(SIZES.get(kind, st.just(0.0))),
    )


def holds_whatever_happens(script: list[Fault], seed: int, stiffness: float, friction_n: float) -> None:
    plant = make_plant(stiffness=stiffness, friction_n=friction_n)
    table = make_table(faults=script, seed=seed, plant=plant)
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder) / "record"
        session = run(APPROVED, table, record=record, started_at=NOW)
        opened = open_record(record)
        assert opened.complete
        assert opened.session == session
        assert replay_record(record).same
    assert max(force for _, force in table.true_trace()) <= 1.02 * LIMIT_N
    if session.trips:
        start_s = session.trips[0].time_s + 1000.6 + 0.7  # a lost link's last command lives 0.5 s
        lowest = float("inf")
        for time_s, force in table.true_trace():
            if time_s <= start_s:
                continue
            swings = slips_at(time_s, script)  # the body swings back on the cord; no drive winds in
            assert swings or force <= lowest + BREATH_N
            lowest = force if swings else min(lowest, force)
    table.wait(15.0)
    assert table.true_force_n() < 3.0
    assert not table.driven()


def slips_at(time_s: float, script: list[Fault]) -> bool:
    """Whether the harness slides now, or did within the last second (25 mm/s in this simulation)."""
    return any(
        fault.kind is FaultKind.SLIP and 0.0 <= time_s - 1000.0 - fault.at_s <= fault.size / 25.0 + 1.0
        for fault in script
    )


SCRIPTS = st.lists(faults(), min_size=1, max_size=3)
SEEDS = st.integers(0, 2**31)
STIFFNESS = st.floats(0.4, 3.0)
FRICTION = st.floats(0.0, 150.0)


@pytest.mark.hazard("H1", "H4", "H5")
@settings(max_examples=40, deadline=None)
@given(script=SCRIPTS, seed=SEEDS, stiffness=STIFFNESS, friction_n=FRICTION)
def test_forty_random_scripts(script: list[Fault], seed: int, stiffness: float, friction_n: float) -> None:
    holds_whatever_happens(script, seed, stiffness, friction_n)


@pytest.mark.hazard("H1", "H4", "H5")
@pytest.mark.full
@settings(max_examples=500, deadline=None)
@given(script=SCRIPTS, seed=SEEDS, stiffness=STIFFNESS, friction_n=FRICTION)
def test_five_hundred_random_scripts(
    script: list[Fault], seed: int, stiffness: float, friction_n: float
) -> None:
    holds_whatever_happens(script, seed, stiffness, friction_n)
