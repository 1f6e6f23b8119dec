"""Friction that only opposes, line of pull, guarding, soft tissue."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opentraction.chart import (
    BadInput,
    Family,
    Hold,
    Posture,
    Ramp,
    Release,
    Setup,
    TableKind,
    TractionProfile,
)
from opentraction.mechanics.loading import (
    PULL_NUMBERS,
    Line,
    components,
    friction_n,
    guarding_n,
    harness_line,
    harness_stroke_mm,
    line_of_pull,
    session_layout,
    session_load,
    session_values,
    tissue,
    transmitted_n,
)

PULLS = st.lists(st.floats(0, 800), min_size=1, max_size=24)


def one(*values: float) -> jax.Array:
    return jnp.array(values)[:, None]


def passes(pull: list[float], friction: float) -> np.ndarray:
    """Transmitted pull, run at one length of list: the last pull repeated changes nothing before it."""
    padded = pull + pull[-1:] * (48 - len(pull))
    return np.asarray(_jitted(one(*padded), one(friction)))[: len(pull), 0]


_jitted = jax.jit(transmitted_n)


def line(**changes: float) -> Line:
    given_mm = {
        "forward_mm": 0.0, "below_mm": 80.0, "l1_forward_mm": 0.0, "l1_height_mm": 170.0, "chest_mm": 150.0,
        "tilt_rad": 0.0, "lateral_mm": 0.0, "lateral_rad": 0.0,
    } | changes  # fmt: skip
    return Line(**{name: jnp.array([value]) for name, value in given_mm.items()})


def test_friction_opposes_loading_and_release() -> None:
    """Loading loses the friction, a small release gives nothing back, a full one keeps the friction."""
    pull = one(0.0, 100.0, 300.0, 250.0, 150.0, 50.0, 0.0, 200.0)
    passed = transmitted_n(pull, one(50.0))[:, 0]
    assert passed.tolist() == [0.0, 50.0, 250.0, 250.0, 200.0, 100.0, 50.0, 150.0]


@given(PULLS, st.floats(0, 300))
def test_never_more_passes_than_was_pulled(pull: list[float], friction: float) -> None:
    passed = passes(pull, friction)
    assert (passed >= 0).all()
    assert (passed <= np.maximum.accumulate(pull) + 1e-9).all()
    assert (passed <= np.array(pull) + friction + 1e-9).all()
    assert (passed >= np.array(pull) - friction - 1e-9).all()
    # where the pull is at its highest so far, no more than max(pull - friction, 0) arrives
    highest = np.array(pull) >= np.maximum.accumulate(pull)
    assert (passed <= np.maximum(np.array(pull) - friction, 0.0) + 1e-9)[highest].all()


@given(PULLS, st.floats(0, 300), st.floats(5, 500))
def test_friction_never_does_work_on_the_body(pull: list[float], friction: float, spring: float) -> None:
    """On an elastic body of any stiffness each step turns work into heat: friction x travel >= 0."""
    passed = passes(pull, friction)
    travel = np.diff(passed, prepend=0.0) / spring
    against = np.array(pull) - passed
    assert (against * travel >= -1e-9).all()


@given(st.lists(st.floats(0, 800), min_size=2, max_size=12), st.floats(0, 300))
def test_the_loop_of_loading_and_release_closes(pull: list[float], friction: float) -> None:
    """Once round any loop of pulls, the next round is the same one, and its area is heat."""
    rounds = passes(pull * 3, friction).reshape(3, -1)
    np.testing.assert_allclose(rounds[2], rounds[1], atol=1e-9)
    travel = np.diff(np.append(rounds[1], rounds[2][0]))
    against = np.roll(np.array(pull), -1) - np.append(rounds[1][1:], rounds[2][0])
    assert (against * travel).sum() >= -1e-9


@given(PULLS, st.floats(0, 300))
def test_steps_between_change_nothing(pull: list[float], friction: float) -> None:
    coarse = passes(pull, friction)
    ends = np.concatenate([[0.0], pull])
    fine = np.stack([0.5 * (ends[:-1] + ends[1:]), ends[1:]], axis=1).ravel()
    np.testing.assert_allclose(passes(fine.tolist(), friction)[1::2], coarse, atol=1e-9)


def test_friction_of_tables() -> None:
    weight, flat = jnp.array([700.0]), one(0.0, 0.0)
    assert friction_n(Setup(table=TableKind.SPLIT), weight, flat).max() == 0.0
    plain = Setup(table=TableKind.PLAIN, friction=0.5)
    # half of the weight times 0.5 is the quarter of body weight that the rule asks for (P199)
    assert friction_n(plain, weight, flat)[0, 0] == pytest.approx(175.0)
    assert friction_n(plain, weight, one(50.0))[0, 0] == pytest.approx(150.0)
    assert friction_n(plain, weight, one(900.0))[0, 0] == 0.0


def test_guarding_fades() -> None:
    time, maximum = jnp.array([0.0, 100.0, 300.0, 3000.0]), jnp.array([2500.0])
    passed = one(200.0, 200.0, 200.0, 200.0)
    pain = guarding_n(time, passed, maximum, first_percent=4.0)[:, 0]
    well = guarding_n(time, passed, maximum)[:, 0]
    reached = 200.0 / 225.0 * 25.0
    assert pain[0] == pytest.approx(4.0 * reached)
    assert well == pytest.approx(1.06 * reached)
    assert (np.diff(pain) < 0).all()
    # back at the baseline within 4 to 6 minutes (V031)
    assert (pain[2] - well[2]) < 0.06 * (pain[0] - well[0])
    assert pain[3] == pytest.approx(well[3])
    assert guarding_n(time, 0.0 * passed, maximum).max() == 0.0


def test_straight_pull_through_l1_makes_no_moment() -> None:
    unit, lever, own = line_of_pull(line(), jnp.zeros(1), Posture.SUPINE)
    np.testing.assert_allclose(unit[:, 0], [0, 0, 1])
    np.testing.assert_allclose(lever[:, 0], [0, 0, 150])
    np.testing.assert_allclose(own[:, 0], [0, 0, 150])


def test_moments_by_hand() -> None:
    """Offsets of a straight pull turn about L1 by pull x offset; behind the discs it bends forward."""
    time, pull = jnp.array([0.0, 1.0]), jnp.array([0.0, 400.0])
    flat = Setup()
    load = session_load(
        time, pull, flat, line(forward_mm=-10.0, lateral_mm=5.0), angle_rad=0.0, weight_n=jnp.array([700.0]),
        lost_share=jnp.array([0.25]), lying_n=jnp.array([90.0]), turn_rad=jnp.zeros(1),
    )  # fmt: skip
    assert load.transmitted_n[1, 0] == pytest.approx(300.0)
    # r x f with r = (-10, 5, 150), f = (0, 0, 300)
    np.testing.assert_allclose(load.moment_nmm[1, :, 0], [1500.0, 3000.0, 0.0], atol=1e-9)
    assert load.moment_nmm[1, 1, 0] > 0  # about the axis to the left: forward
    np.testing.assert_allclose(load.compression_n, 90.0)
    assert load.compression_n.shape == (2, 5, 1)


def test_open_straps_let_go_what_friction_held() -> None:
    time, pull = jnp.arange(5.0), jnp.array([0.0, 600.0, 0.0, 0.0, 0.0])

    def passed(opened_s: float | None) -> list[float]:
        load = session_load(
            time, pull, Setup(table=TableKind.PLAIN), line(), angle_rad=0.0, weight_n=jnp.array([700.0]),
            lost_share=jnp.zeros(1), lying_n=jnp.array([90.0]), turn_rad=jnp.zeros(1), opened_s=opened_s,
        )  # fmt: skip
        return load.transmitted_n[:, 0].tolist()

    assert passed(None) == [0.0, 425.0, 175.0, 175.0, 175.0]
    assert passed(2.0) == [0.0, 425.0, 175.0, 0.0, 0.0]


@pytest.mark.parametrize(("posture", "sign"), [(Posture.SUPINE, -1.0), (Posture.PRONE, 1.0)])
def test_an_angle_lifts_the_pelvis_to_the_ceiling(posture: Posture, sign: float) -> None:
    unit, lever, _ = line_of_pull(line(tilt_rad=0.1), jnp.zeros(1), posture)
    np.testing.assert_allclose(unit[:, 0], [sign * np.sin(0.1), 0.0, np.cos(0.1)], atol=1e-12)
    # from 80 mm below L5-S1 to 150 mm above L1 at 170 mm: 400 mm along the table
    assert lever[0, 0] == pytest.approx(sign * 400.0 * np.tan(0.1))


@given(st.floats(-0.6, 0.6), st.floats(-0.3, 0.3), st.floats(-40, 40))
def test_the_line_passes_both_holds(turn: float, tilt: float, forward: float) -> None:
    given_line = line(tilt_rad=tilt, forward_mm=forward, lateral_rad=0.1, lateral_mm=7.0, l1_forward_mm=12.0)
    found = line_of_pull(given_line, jnp.array([turn]), Posture.PRONE)
    unit, lever, own = (np.asarray(x)[:, 0] for x in found)
    assert np.linalg.norm(unit) == pytest.approx(1.0)
    assert np.linalg.norm(lever) == pytest.approx(np.linalg.norm(own))
    chord = np.sinc(turn / 2 / np.pi)
    c, s = chord * np.cos(turn / 2), chord * np.sin(turn / 2)
    l1 = np.array([c * 12.0 - s * 170.0, 0.0, s * 12.0 + c * 170.0])
    away = l1 + lever - np.array([forward, 7.0, -80.0])
    np.testing.assert_allclose(np.cross(away, unit), 0.0, atol=1e-9)
    # turned back into the table's axes, L1 and hold are 150 mm apart along it
    table = np.array([-np.sin(turn), 0.0, np.cos(turn)])
    assert lever @ table == pytest.approx(150.0)


def test_the_harness_slips_once() -> None:
    travel = harness_stroke_mm(jnp.array([0.0, 200.0, 100.0, 0.0, 200.0]), 20.0, 0.05)[:, 0]
    np.testing.assert_allclose(travel, [0.0, 20.0, 15.0, 10.0, 20.0])


def test_soft_tissue_is_the_slope_of_its_energy() -> None:
    for length in (-5.0, 0.0, 4.0, 10.0, 25.0):
        energy, force, stiffness = tissue(jnp.array(length))
        assert jax.grad(lambda x: tissue(x)[0])(length) == pytest.approx(float(force), abs=1e-12)
        assert jax.grad(lambda x: tissue(x)[1])(length) == pytest.approx(float(stiffness), abs=1e-12)
        assert energy >= 0
    assert tissue(jnp.array(-1.0)) == (0.0, 0.0, 0.0)
    # toe to 10.8 mm, then 16.7 N/mm: 16.7 x (20.8 - 5.4)
    assert tissue(jnp.array(20.8))[1] == pytest.approx(257.18)


def test_a_gradient_goes_through_the_friction() -> None:
    def heat(scale: jax.Array) -> jax.Array:
        return transmitted_n(scale * one(0.0, 300.0, 250.0, 100.0), one(50.0)).sum()

    slope = float(jax.grad(heat)(1.0))
    step = float((heat(1.0 + 1e-5) - heat(1.0 - 1e-5)) / 2e-5)
    assert slope == pytest.approx(step, rel=1e-8)


def test_a_mirrored_spine_is_loaded_in_its_plane() -> None:
    unit, lever, _ = line_of_pull(line(forward_mm=-10.0, tilt_rad=0.2), jnp.array([-0.1]), Posture.SUPINE)
    moment = jnp.cross(lever, unit, axis=0)
    assert unit[1, 0] == moment[0, 0] == moment[2, 0] == 0.0
    force, turning = unit[None], moment[None]
    assert [part is None for part in components(force, mirror=True)] == [False, True, False]
    assert [part is None for part in components(turning, mirror=True, turning=True)] == [True, False, True]
    assert None not in components(force, mirror=False)


def test_a_patients_line_takes_the_numbers() -> None:
    own = harness_line(12.0, [160.0, 180.0], angle_rad=0.2, samples=2, numbers={"hold_below": [70.0, 90.0]})
    assert own.below_mm.tolist() == [70.0, 90.0]
    np.testing.assert_allclose(own.tilt_rad, 0.15 * 0.2)
    assert own.forward_mm.tolist() == [-10.0, -10.0]
    with pytest.raises(BadInput, match="belt"):
        harness_line(0.0, 170.0, numbers={"belt": 1.0})


def test_every_number_has_range_and_source() -> None:
    for number in PULL_NUMBERS.values():
        assert number.low <= number.value <= number.high
        assert number.source


@jax.jit
def session(values: jax.Array) -> jax.Array:
    """All that a plain-table session puts on the column, for peak pull, hold, angle and friction-free
    share."""
    peak, hold, angle, lost = values
    profile = TractionProfile(
        name="s", family=Family.STATIC,
        segments=(Ramp(force_n=300, duration_s=60), Hold(duration_s=600), Release(duration_s=60)),
    )  # fmt: skip
    layout = session_layout(profile)
    durations, forces = session_values(profile, after_s=600.0)
    time = layout.time_s(jnp.asarray(durations).at[2].set(hold))
    pull = layout.pull_n(forces * peak / 300.0)
    guarding = guarding_n(time, pull[:, None], jnp.array([2500.0]), first_percent=4.0)
    load = session_load(
        time, pull, Setup(table=TableKind.PLAIN), line(tilt_rad=0.0), angle_rad=angle,
        weight_n=jnp.array([700.0]), lost_share=jnp.atleast_1d(lost), lying_n=jnp.array([90.0]),
        guarding_share_n=guarding, turn_rad=jnp.array([-0.1]),
    )  # fmt: skip
    parts = (load.time_s, load.force_n, load.moment_nmm, load.compression_n)
    return jnp.concatenate([part.ravel() for part in parts])


def test_gradients_by_the_plan_agree_with_differences() -> None:
    at = jnp.array([310.0, 600.0, 0.15, 0.3])
    slopes = np.asarray(jax.jacfwd(session)(at))
    assert np.isfinite(slopes).all()
    for k, step in enumerate((1e-3, 1e-2, 1e-6, 1e-6)):
        move = jnp.zeros(4).at[k].set(step)
        difference = (session(at + move) - session(at - move)) / (2.0 * step)
        np.testing.assert_allclose(slopes[:, k], difference, rtol=1e-6, atol=1e-5)
    assert np.abs(slopes).max(axis=0).min() > 0
