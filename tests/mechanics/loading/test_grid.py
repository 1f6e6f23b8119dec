"""The time grid: constant counts, exact scaling, corners met, and what its steps cost in accuracy."""

from __future__ import annotations

from dataclasses import dataclass

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
    history_durations_s,
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
    assert history_layout().steps == BLOCK
    assert session.steps == 3 * BLOCK
    assert history_layout().steps + session.steps <= 200
    assert session_layout(static()).steps == 2 * BLOCK


def test_cycles_after_the_first_have_the_same_steps() -> None:
    for blocks in (None, 4, 5, 7):
        steps = [piece.steps for piece in session_layout(cycles(), blocks=blocks).pieces]
        assert all(steps[k : k + 4] == steps[5:9] for k in range(5, 81, 4))


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
    durations = history_durations_s(jnp.asarray(hours))
    time = np.asarray(layout.time_s(durations))
    assert time.shape == (BLOCK, 3)
    assert history_layout(blocks=2).steps == 2 * BLOCK
    np.testing.assert_allclose(time[-1], (32.75 + hours) * 3600.0)
    assert (np.asarray(layout.dt_s(durations)) >= 0).all()


def test_compiled_derivatives_of_the_times() -> None:
    """Running sums in the times must be products: JAX 0.10.2 compiles `cumsum` of an array filled at its
    middle to a constant, which made every step's time follow the duration of a later piece.
    """
    layout = session_layout(static())
    durations, _ = session_values(static(), after_s=3600.0)
    for place in range(len(layout.pieces)):
        compiled = jax.jacfwd(
            jax.jit(lambda d, place=place: layout.time_s(jnp.asarray(durations).at[place].set(d)))
        )
        slope = np.asarray(compiled(durations[place]))
        steps = [piece.steps for piece in layout.pieces]
        assert (slope[: sum(steps[:place])] == 0.0).all()
        assert (slope[sum(steps[: place + 1]) :] == 1.0).all()


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
        Kind.RELEASE, Kind.AFTER,
    ]  # fmt: skip


@dataclass(frozen=True)
class Layer:
    """A drained layer: length, consolidation coefficient k H, and resistance of its face over H [s/mm]."""

    length_mm: float
    mm2_per_s: float
    face_s_per_mm: float

    def strain(self, dt_s: np.ndarray, load: np.ndarray) -> np.ndarray:
        """Mean strain of 12 graded cells under a load over time, implicit Euler."""
        width = 1.4 ** np.arange(12)
        width *= self.length_mm / width.sum()
        flow = self.mm2_per_s / (0.5 * (width[1:] + width[:-1]))
        sides = np.append(flow, 0.0) + np.insert(flow, 0, 0.0)
        matrix = np.diag(sides) - np.diag(flow, 1) - np.diag(flow, -1)
        face = 1.0 / (0.5 * width[0] / self.mm2_per_s + self.face_s_per_mm)
        matrix[0, 0] += face
        state, means = np.full(12, load[0]), []
        for step, now in zip(dt_s, load, strict=True):
            right = width * state
            right[0] += step * face * now
            state = np.linalg.solve(np.diag(width) + step * matrix, right)
            means.append(width @ state / self.length_mm)
        return np.array(means)


# half of a nucleus behind 0.6 mm of cartilage (2e-3 mm4/Ns), an annulus open at its rim; H 0.19, 0.066 MPa
NUCLEUS = Layer(6.0, 8.2e-4 * 0.19, 0.6 / 2e-3 / 0.19)
ANNULUS = Layer(11.0, 5.3e-4 * 0.066, 0.0)


def solved(layer: Layer, profile: TractionProfile, parts: int) -> tuple[np.ndarray, int, list[int]]:
    """History, session and the hour after, each step cut into `parts`; places of the rested state and
    holds."""
    history, session = history_layout(), session_layout(profile)
    durations, forces = session_values(profile, after_s=3600.0)
    hours = history_durations_s(jnp.array([4.0]))[:, 0]
    dt = np.concatenate([history.dt_s(hours), session.dt_s(durations)])
    lying = np.repeat([100.0, 500.0, 100.0, 500.0, 100.0], [piece.steps for piece in history.pieces])
    load = np.concatenate([lying, 100.0 - 0.7 * np.asarray(session.pull_n(forces))])
    moving = [piece.kind in (Kind.RAMP, Kind.RELEASE) for piece in session.pieces]
    ramp = np.concatenate(
        [np.zeros(history.steps, bool), np.repeat(moving, [piece.steps for piece in session.pieces])]
    )
    before = np.concatenate([load[:1], load[:-1]])
    share = (np.arange(parts) + 1) / parts
    fine = np.where(ramp[:, None], before[:, None] + share * (load - before)[:, None], load[:, None])
    means = layer.strain(np.repeat(dt / parts, parts), fine.ravel())[parts - 1 :: parts]
    at = history.steps - 1
    ends = at + np.cumsum([piece.steps for piece in session.pieces])
    holds = [int(end) for end, piece in zip(ends, session.pieces, strict=True) if piece.kind is Kind.HOLD]
    return means, at, holds


@pytest.mark.parametrize("profile", [cycles(), static()], ids=["cycles", "static"])
@pytest.mark.parametrize("layer", [NUCLEUS, ANNULUS], ids=["nucleus", "annulus"])
def test_steps_resolve_a_session_of_a_consolidating_layer(layer: Layer, profile: TractionProfile) -> None:
    """Gain within 1 % and creep from first to last cycle within 3 % of steps cut into 16."""
    coarse, rested, holds = solved(layer, profile, 1)
    fine, *_ = solved(layer, profile, 16)
    exact = fine[rested] - fine[holds[-1]]
    assert exact > 5.0
    assert coarse[rested] - coarse[holds[-1]] == pytest.approx(exact, rel=0.01)
    creep = fine[holds[0]] - fine[holds[-1]]
    assert coarse[holds[0]] - coarse[holds[-1]] == pytest.approx(creep, rel=0.03)
