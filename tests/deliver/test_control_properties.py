"""The decision under any input at all: never above the limit, never up after a stop, always an end."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sessions_by_hand import make_approved, make_profile, make_table

from opentraction.chart import CommandKind, Reading, TableState
from opentraction.deliver import DecisionInput, DeliveryState, decide, memory_at_start, settings_for

SETTINGS = settings_for(make_approved(make_profile(60.0, hold_s=2.0)).plan, make_table().capability())
NOISE = st.one_of(st.just(0.0), st.floats(-8.0, 8.0), st.floats(allow_nan=True, allow_infinity=True))
STEPS = st.lists(
    st.fixed_dictionaries(
        {
            "heard": st.sampled_from([True] * 8 + [False]),
            "noise_n": st.sampled_from([0.0] * 6) | NOISE,
            "age_s": st.sampled_from([0.05] * 8) | st.floats(-1.0, 2.0),
            "pressed": st.sampled_from([False] * 30 + [True]),
            "confirmed": st.sampled_from([True] * 6 + [False]),
            "stop": st.sampled_from([False] * 30 + [True]),
            "record_ok": st.sampled_from([True] * 30 + [False]),
            "state": st.sampled_from([TableState.PULLING] * 20 + list(TableState)),
            "elapsed_s": st.sampled_from([0.1] * 10) | st.floats(-0.5, 5.0),
        }
    ),
    min_size=5,
    max_size=150,
)


def reading(step: dict[str, Any], now_s: float, commanded_n: float) -> Reading | None:
    if not step["heard"]:
        return None
    return Reading(
        time_s=now_s - step["age_s"],
        force_n=commanded_n + step["noise_n"],
        position_mm=20.0 + commanded_n / 12.0,
        switch_pressed=step["pressed"],
        state=step["state"],
    )


@pytest.mark.hazard("H1", "H3")
@settings(max_examples=150, deadline=None)
@given(steps=STEPS)
def test_whatever_comes_in(steps: list[dict[str, Any]]) -> None:
    now_s = 500.0
    memory = memory_at_start(now_s, Reading(time_s=now_s, force_n=0.0, position_mm=20.0))
    stopped_at = math.inf
    for step in steps:
        now_s += step["elapsed_s"]
        decision = decide(
            DecisionInput(
                now_s=now_s,
                reading=reading(step, now_s, memory.commanded_n),
                confirmed=step["confirmed"],
                operator_stop=step["stop"],
                record_ok=step["record_ok"],
                memory=memory,
                settings=SETTINGS,
            )
        )
        command = decision.command
        assert 0.0 <= command.force_n <= min(SETTINGS.limit.force_n, stopped_at)
        assert command.sequence == memory.sequence + 1
        assert command.expires_s > command.issued_s
        if decision.trips or memory.state.lets_go:
            assert decision.state.lets_go
            assert command.kind in (CommandKind.RELEASE, CommandKind.STOP)
            stopped_at = command.force_n
        if step["pressed"] and step["heard"]:
            assert not decision.state.pulls or memory.state is DeliveryState.DONE
        if step["stop"] or not step["record_ok"]:
            assert not decision.state.pulls
        assert all(trip.sentence.endswith(".") for trip in decision.trips)
        memory = decision.memory
        if decision.finished:
            break
