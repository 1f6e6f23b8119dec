"""The time grid: constant counts, exact scaling, corners met, and what its steps cost in accuracy."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opentraction.chart import BadInput, Family, Hold, Ramp, RampShape, Release, TractionProfile
from opentraction.mechanics.loading import (
    BLOCK,
    Kind,
    history_layout,
    session_layout,
    session_values,
)


def cycles(
    count: int = 20, high_n: float = 300.0, low_n: float = 75.0, scale: float = 1.0
) -> TractionProfile:
    """Cycles of 60 s of pull and 30 s of rest, ramps of 5 s within them."""
    one = (
        Ramp(force_n=high_n, duration_s=5 * scale),
        Hold(duration_s=55 * scale),
        Ramp(force_n=low_n, duration_s=5 * scale),
        Hold(duration_s=25 * scale),
    )
    return TractionProfile(
        name="c", family=Family.INTERMITTENT, segments=(*one * count, Release(duration_s=10 * scale))
    )


def static(shape: RampShape = RampShape.LINEAR) -> TractionProfile:
    return TractionProfile(
        name="s",
        family=Family.STATIC,
        segments=(
            Ramp(force_n=300, duration_s=60, shape=shape),
            Hold(duration_s=1680),
            Release(duration_s=60),
        ),
    )


def test_twenty_cycles_with_history_stay_below_200_steps() -> None:
    session = session_layout(cycles())
    assert history_layout().steps == 2 * BLOCK
    assert session.steps % BLOCK == 0
    assert history_layout().steps + session.steps <= 200
    assert history_layout().steps + session_layout(static()).steps <= 100


@given(st.floats(0.1, 10), st.floats(100, 800), st.floats(0, 90))
def test_counts_do_not_follow_durations_or_forces(scale: float, high: float, low: float) -> None:
    assert session_layout(cycles(4, high, low, scale)) == session_layout(cycles(4))


@given(st.floats(0.1, 2))
def test_times_scale_exactly_with_the_durations(scale: float) -> None:
    layout = session_layout(cycles(3))
    durations, _ = session_values(cycles(3), after_s=3600.0)
    once = layout.time_s(durations)
    assert (layout.time_s(2.0 * durations) == 2.0 * once).all()
    np.testing.assert_allclose(layout.time_s(scale * durations), scale * once, rtol=1e-14)


@pytest.mark.parametrize(
    "profile", [cycles(), cycles(3, 100.0, 50.0), static(), static(RampShape.LOGARITHMIC)]
)
def test_every_corner_and_every_step_of_the_profile(profile: TractionProfile) -> None:
    layout = session_layout(profile)
    durations, forces = session_values(profile, after_s=3600.0)
    time, pull = np.asarray(layout.time_s(durations)), np.asarray(layout.pull_n(forces))
    assert time.shape == pull.shape == (layout.steps,)
    assert time[0] == 0.0
    assert (np.diff(time) > 0).all()
    np.testing.assert_allclose(layout.dt_s(durations), np.diff(time, prepend=0.0), rtol=1e-9, atol=1e-12)
    for at, force in profile.knots():
        near = int(np.argmin(np.abs(time - at)))
        assert time[near] == pytest.approx(at, abs=1e-9)
        assert pull[near] == pytest.approx(force, abs=1e-9)
    inside = time < profile.duration_s - 1e-6
    expected = [profile.force_at(float(t) + 1e-10) for t in time[inside]]
    np.testing.assert_allclose(pull[inside], expected, atol=1e-6)
    assert pull[~inside].max() == 0.0
    assert time[-1] == pytest.approx(profile.duration_s + 3600.0)


def test_more_blocks_refine_and_too_few_are_refused() -> None:
    assert session_layout(cycles(), blocks=6).steps == 6 * BLOCK
    with pytest.raises(BadInput, match="at least"):
        session_layout(cycles(), blocks=1)
    with pytest.raises(BadInput, match="one number for each"):
        session_layout(cycles()).time_s(jnp.zeros(3))


def test_a_history_has_its_own_hours_in_each_sample() -> None:
    layout = history_layout()
    hours = np.array([0.0, 2.0, 11.0])
    durations = jnp.stack([jnp.broadcast_to(h, (3,)) * 3600.0 for h in (8.0, 16.0, 8.0, hours, 0.75)])
    time = np.asarray(layout.time_s(durations))
    assert time.shape == (2 * BLOCK, 3)
    np.testing.assert_allclose(time[-1], (32.75 + hours) * 3600.0)
    assert (np.asarray(layout.dt_s(durations)) >= 0).all()


def test_times_and_pulls_are_linear_so_that_gradients_are_smooth() -> None:
    layout = session_layout(static())
    durations, forces = session_values(static(), after_s=3600.0)
    slope = jax.jacfwd(layout.time_s)(durations)
    np.testing.assert_allclose(slope @ durations, layout.time_s(durations), rtol=1e-12)
    assert (np.asarray(jax.jacfwd(layout.pull_n)(forces)).sum(axis=1) <= 1.0 + 1e-12).all()


def test_rests_are_told_from_holds() -> None:
    kinds = [piece.kind for piece in session_layout(cycles(2)).pieces]
    assert kinds == [
        Kind.START, Kind.RAMP, Kind.HOLD, Kind.RAMP, Kind.REST, Kind.RAMP, Kind.HOLD, Kind.RAMP, Kind.REST,
        Kind.RAMP, Kind.AFTER,
    ]  # fmt: skip
