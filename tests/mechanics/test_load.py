"""What reaches the spine: friction with hysteresis, time grids, posture."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opentraction import mechanics
from opentraction.chart import (
    Family,
    Hold,
    Patient,
    Ramp,
    Release,
    Setup,
    TableKind,
    TractionProfile,
)
from opentraction.mechanics.load import friction_n, graded, hip_turn_rad, session_grid, transmitted
from opentraction.mechanics.subject import norm_spine


def test_friction_only_opposes() -> None:
    """Loading loses the friction, a small release gives nothing back, a full one keeps the friction."""
    pull = np.array([0.0, 100.0, 300.0, 250.0, 150.0, 50.0, 0.0, 200.0])
    passed = transmitted(pull, np.array([50.0]))[:, 0]
    assert passed.tolist() == [0.0, 50.0, 250.0, 250.0, 200.0, 100.0, 50.0, 150.0]


@given(st.lists(st.floats(0, 800), min_size=1, max_size=30), st.floats(0, 300))
def test_friction_is_a_play_of_the_pull(pull: list[float], friction: float) -> None:
    passed = transmitted(np.array(pull), np.array([friction]))[:, 0]
    assert (passed >= np.maximum(np.array(pull) - friction, 0) - 1e-9).all()
    assert (passed <= np.array(pull) + friction + 1e-9).all()
    same = transmitted(np.array(pull + pull[-1:]), np.array([friction]))[:, 0]
    assert same[-1] == same[-2]


def test_a_split_table_has_no_friction() -> None:
    weight = np.array([700.0])
    assert friction_n(Setup(table=TableKind.SPLIT), weight)[0] == 0.0
    assert friction_n(Setup(table=TableKind.PLAIN, friction=0.5), weight)[0] == pytest.approx(175.0)


def test_bent_hips_flatten_the_spine() -> None:
    assert hip_turn_rad(Setup(hip_flexion_deg=90), np.array([0.2]))[0] < 0
    assert hip_turn_rad(Setup(hip_flexion_deg=15), np.array([0.2]))[0] == 0


@given(st.floats(10, 1e6), st.floats(0.01, 60), st.integers(2, 40))
def test_graded_times_rise_to_the_end(duration: float, first: float, steps: int) -> None:
    times = graded(duration, first, steps)
    assert len(times) == steps
    assert (np.diff(times, prepend=0.0) > 0).all()
    assert times[-1] == pytest.approx(duration, rel=1e-9)


def test_the_grid_meets_every_corner_of_the_profile() -> None:
    segments = (Ramp(force_n=200, duration_s=33), Hold(duration_s=77), Ramp(force_n=80, duration_s=9)) * 6
    profile = TractionProfile(name="c", family=Family.CYCLIC, segments=(*segments, Release(duration_s=20)))
    grid = session_grid(profile, after_s=600.0)
    for time, force in profile.knots():
        near = int(np.argmin(np.abs(grid.time_s - time)))
        assert grid.time_s[near] == pytest.approx(time, abs=1e-6)
        assert grid.pull_n[near] == pytest.approx(force, abs=1e-6)
    assert grid.time_s[-1] == pytest.approx(profile.duration_s + 600.0)


def test_a_plain_table_unloads_less(patient: Patient, static: TractionProfile) -> None:
    split = mechanics.build(norm_spine(), patient, samples=8)
    plain = split.with_setup(Setup(table=TableKind.PLAIN))
    less, more = mechanics.simulate(plain, static), mechanics.simulate(split, static)
    middle = int(np.searchsorted(more.time_s, 500.0))
    assert (less.pressure_mpa[3, middle] > more.pressure_mpa[3, middle]).all()
    assert less.transmitted_n[-1].max() > 0  # what friction keeps after the release


def test_time_steps_of_a_session_converge(model: mechanics.SpineModel, rested: mechanics.Rested) -> None:
    """Against four times the steps: gain of height in the session within 1 %, pressure within 2 kPa."""
    from opentraction.mechanics.load import session_steps
    from opentraction.mechanics.response import simulate_grid

    cycle = (
        Ramp(force_n=300, duration_s=10),
        Hold(duration_s=60),
        Ramp(force_n=100, duration_s=10),
        Hold(duration_s=30),
    )
    profile = TractionProfile(
        name="i", family=Family.INTERMITTENT, segments=(*cycle * 8, Release(duration_s=20))
    )
    lengths, kinds = [s.duration_s for s in profile.segments], [s.kind for s in profile.segments]
    coarse = mechanics.simulate(model, profile, rested=rested)
    ends = []
    for minimum in (24, 48):
        fine = simulate_grid(
            model,
            session_steps(profile, lengths, kinds, minimum=minimum),
            0.0,
            session_s=profile.duration_s,
            rested=rested,
        )
        ends.append(fine)

    def gain(response: mechanics.Response) -> np.ndarray:
        return np.median(response.height_mid_mm[:, -1] - response.height_mid_mm[:, 0], axis=-1)

    exact = 2 * gain(ends[1]) - gain(ends[0])
    assert np.allclose(gain(coarse), exact, rtol=0.01)
    at = [float(np.interp(870.0, r.time_s, np.median(r.pressure_mpa[3], axis=-1))) for r in (coarse, ends[1])]
    assert abs(at[0] - at[1]) < 0.002
