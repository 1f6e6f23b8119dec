"""The chain: tangents against automatic differentiation, exact solutions, signs, repeatability."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from opentraction import mechanics
from opentraction.chart import (
    BadInput,
    Family,
    Hold,
    NotConverged,
    Patient,
    Ramp,
    Release,
    Setup,
    TractionProfile,
)
from opentraction.mechanics import column as chain
from opentraction.mechanics.column import BLOCK, JOINTS, start_state
from opentraction.mechanics.elimination import block_solve
from opentraction.mechanics.fluid import mean_swelling
from opentraction.mechanics.history import phase
from opentraction.mechanics.joint import energy, forces
from opentraction.mechanics.march import march
from opentraction.mechanics.subject import norm_spine


def _random_body(seed: int, samples: int) -> jnp.ndarray:
    scale = np.array([0.3, 0.3, 0.02])[None, :, None]
    return jnp.asarray(np.random.default_rng(seed).normal(size=(JOINTS, 3, samples)) * scale)


def _total_energy(column: chain.Column, load: chain.Load, body: jnp.ndarray, fill: float) -> jnp.ndarray:
    """Energy of the whole chain at given fillings, one sample."""
    at = chain.pose(column, body)
    one, zero = jnp.full_like(at.shear_mm, fill), jnp.zeros_like(at.shear_mm)
    stretch = at.gap_mm - column.joint.height_mm
    held = energy(column.joint, at.shear_mm, stretch, at.opening_rad, one, one, zero, zero + 1.0)
    follower = load.compression_n * jnp.sqrt(at.shear_mm**2 + at.gap_mm**2)
    c, s = jnp.cos(body[0, 2]), jnp.sin(body[0, 2])
    x = body[0, 0] + c * column.thorax_arm_mm[0] - s * column.thorax_arm_mm[1]
    z = body[0, 1] + s * column.thorax_arm_mm[0] + c * column.thorax_arm_mm[1]
    pull = -load.pull_n * (load.pull_x * x + load.pull_z * z)
    thorax = 0.5 * column.thorax_stiffness_nmm * (body[0, 2] - load.tilt_rad) ** 2
    return (held + follower).sum() + pull.sum() + thorax.sum()


@pytest.fixture(scope="module")
def loaded(model: mechanics.SpineModel) -> tuple[chain.Column, chain.Load]:
    one = model.subset(1)
    load = jax.tree.map(lambda leaf: leaf[0], phase(one, 60.0, 150.0))
    pulled = (jnp.array([200.0]), jnp.array([-0.1]), jnp.array([0.99]), jnp.array([-0.05]))
    return one.column, eqx.tree_at(lambda x: (x.pull_n, x.pull_x, x.pull_z, x.tilt_rad), load, pulled)


@pytest.mark.parametrize("seed", range(3))
def test_gradient_and_tangent_are_those_of_the_energy(
    loaded: tuple[chain.Column, chain.Load], seed: int
) -> None:
    column, load = loaded
    body, fill = _random_body(seed, 1), 0.97

    def flat(v: jnp.ndarray) -> jnp.ndarray:
        return _total_energy(column, load, v.reshape(JOINTS, 3, 1), fill)

    at = chain.pose(column, body)
    one, zero = jnp.full_like(at.shear_mm, fill), jnp.zeros_like(at.shear_mm)
    inner = forces(
        column.joint,
        at.shear_mm,
        at.gap_mm - column.joint.height_mm,
        at.opening_rad,
        one,
        one,
        zero,
        zero + 1,
    )
    gradient = chain._gradient(column, at, body, inner.axial_n, inner, load)
    exact = jax.jit(jax.grad(flat))(body.reshape(-1))
    assert np.allclose(gradient[..., 0].reshape(-1), exact, rtol=1e-9, atol=1e-7)
    diagonal, coupling = chain._tangent(column, at, body, inner, inner.axial_h, load)
    tangent = np.zeros((15, 15))
    for i in range(JOINTS):
        a = slice(3 * i, 3 * i + 3)
        tangent[a, a] = diagonal[i, :, :, 0]
        if i + 1 < JOINTS:
            b = slice(3 * i + 3, 3 * i + 6)
            tangent[a, b], tangent[b, a] = coupling[i, :, :, 0], coupling[i, :, :, 0].T
    hessian = np.asarray(jax.jit(jax.hessian(flat))(body.reshape(-1)))
    assert np.abs(tangent - hessian).max() < 1e-9 * np.abs(hessian).max()
    right = jnp.arange(15.0).reshape(JOINTS, 3, 1)
    solved = np.asarray(block_solve(diagonal, coupling, right))[..., 0].reshape(-1)
    assert np.allclose(tangent @ solved, np.arange(15.0), atol=1e-8)


def test_pressures_are_derivatives_of_the_joint_energy(loaded: tuple[chain.Column, chain.Load]) -> None:
    joint = loaded[0].joint
    z = jnp.zeros((JOINTS, 1))
    n, a = z + 0.96, z + 0.99

    def held(nucleus: jnp.ndarray, annulus: jnp.ndarray) -> jnp.ndarray:
        return energy(joint, z, z + 0.2, z + 0.01, nucleus, annulus, z, z + 1).sum()

    found = forces(joint, z, z + 0.2, z + 0.01, n, a, z, z + 1)
    volume = joint.area_mm2 * joint.height_mm
    core = jax.grad(held, argnums=0)(n, a) / (volume * joint.nucleus_share)
    wall = jax.grad(held, argnums=1)(n, a) / (volume * (1 - joint.nucleus_share))
    assert np.allclose(core, found.core_mpa, rtol=1e-12)
    assert np.allclose(wall, found.wall_mpa, rtol=1e-12)


def test_small_pull_on_frozen_fluid_gives_the_condensed_stiffness(model: mechanics.SpineModel) -> None:
    """One more newton of compression shortens each joint by 1 N over its axial stiffness."""
    one = model.subset(1)
    column = one.column
    height = column.joint.height_mm
    straight = eqx.tree_at(
        lambda c: (c.axis_rad, c.arm_upper_mm, c.arm_lower_mm, c.joint.ligament_n, c.joint.strip_height_mm),
        column,
        (
            0 * column.axis_rad,
            column.arm_upper_mm.at[:, 0].set(0.0),
            column.arm_lower_mm.at[:, 0].set(0.0),
            0 * column.joint.ligament_n,
            jnp.broadcast_to(height, column.joint.strip_height_mm.shape),
        ),
    )
    straight = eqx.tree_at(lambda c: c.joint.rest_moment_nmm, straight, 0 * height)
    settled, _ = march(straight, start_state(straight), [phase(one, 3600.0, 100.0)], what="rest")
    heights = []
    for compression in (100.0, 101.0):
        held = phase(one, 1.0, compression)
        _, trace = march(
            straight, settled, [eqx.tree_at(lambda x: x.dt_s, held, 0.0 * held.dt_s)], what="step"
        )
        heights.append(np.asarray(trace.stretch_mm[-1, :, 0]))
    joint = straight.joint
    at = jnp.asarray(heights[0])[:, None]
    zero = jnp.zeros_like(at)
    n, a = mean_swelling(jnp.asarray(settled.nucleus)), mean_swelling(jnp.asarray(settled.annulus))
    stiffness = forces(joint, zero, at, zero, n, a, jnp.asarray(settled.slow_mm), zero + 1.0).axial_h[:, 0]
    assert np.allclose(heights[0] - heights[1], 1.0 / stiffness, rtol=5e-3)


def test_follower_load_does_not_bend_but_a_fixed_load_does(model: mechanics.SpineModel) -> None:
    one = model.subset(1)
    rest_state = mechanics.rest(one).state
    more = phase(one, 1.0, np.asarray(one.body.lying_n) + 100.0)
    fixed = phase(one, 1.0, np.asarray(one.body.lying_n))
    fixed = eqx.tree_at(lambda x: x.pull_n, fixed, fixed.pull_n - 100.0)
    turns = []
    for load in (phase(one, 1.0, one.body.lying_n), more, fixed):
        still = eqx.tree_at(lambda x: x.dt_s, load, 0.0 * load.dt_s)
        _, trace = march(one.column, rest_state, [still], what="follower")
        turns.append(np.degrees(np.asarray(trace.opening_rad[-1, :, 0])))
    follower, vertical = np.abs(turns[1] - turns[0]).max(), np.abs(turns[2] - turns[0]).max()
    assert follower < 0.3 * vertical


def test_the_imaged_shape_is_in_balance_after_the_imaging_history(model: mechanics.SpineModel) -> None:
    from opentraction.mechanics.history import LYING_BEFORE_SCAN_S, until_lying

    loads = [*until_lying(model), phase(model, LYING_BEFORE_SCAN_S, model.body.lying_n)]
    _, trace = march(model.column, start_state(model.column), loads, what="the imaging history")
    height = np.asarray(model.column.joint.height_mm) + trace.stretch_mm[-1]
    assert np.abs(height - np.asarray(model.imaged_mm)).max() < 1e-6
    assert np.abs(np.degrees(trace.opening_rad[-1])).max() < 1e-6
    assert np.abs(trace.shear_mm[-1]).max() < 1e-6


def test_the_same_load_gives_no_change(model: mechanics.SpineModel) -> None:
    """In fluid balance under the reference load nothing moves, for days."""
    joint = model.column.joint
    zero = jnp.zeros_like(joint.height_mm)
    inner = forces(joint, zero, zero, zero, zero + 1, zero + 1, zero, zero + 1)
    load = phase(model, 1e6, -np.asarray(inner.axial_n))
    still = eqx.tree_at(
        lambda m: (m.column.joint.rest_moment_nmm,), model, (joint.rest_moment_nmm + inner.moment_nmm,)
    )
    _, trace = march(still.column, start_state(still.column), [load], what="the reference load")
    assert np.abs(trace.stretch_mm).max() < 1e-9
    assert np.abs(trace.filling - 1.0).max() < 1e-9


def test_forces_balance_on_every_cut(model: mechanics.SpineModel, rested: mechanics.Rested) -> None:
    """Free body: shear and axial force of each joint, in its own axes, add up to the pull on the thorax."""
    load = phase(model, 60.0, model.body.lying_n)
    pulled = (load.pull_n + 180.0, load.pull_x - np.sin(0.1), load.pull_z - 1.0 + np.cos(0.1))
    load = eqx.tree_at(lambda x: (x.pull_n, x.pull_x, x.pull_z), load, pulled)
    _, trace = march(model.column, rested.state, [load], what="a pull")
    joint = model.column.joint
    turn = np.cumsum(trace.opening_rad[-1][::-1], axis=0)[::-1]
    angle = np.asarray(model.column.axis_rad) + turn - 0.5 * trace.opening_rad[-1]
    shear, gap = trace.shear_mm[-1], trace.stretch_mm[-1] + np.asarray(joint.height_mm)
    length = np.hypot(shear, gap)
    follower = np.asarray(model.body.lying_n)
    along = np.asarray(joint.shear_n_per_mm) * shear + follower * shear / length
    across = trace.axial_n[-1] + follower * gap / length
    x = np.cos(angle) * along - np.sin(angle) * across
    z = np.sin(angle) * along + np.cos(angle) * across
    assert np.allclose(x, -180.0 * np.sin(0.1), atol=1e-6)
    assert np.allclose(z, 180.0 * np.cos(0.1), atol=1e-6)


def test_seeds_repeat_and_chunks_do_not_matter(patient: Patient, static: TractionProfile) -> None:
    spine = norm_spine()
    large = mechanics.build(spine, patient, samples=70, seed=5)
    small = mechanics.build(spine, patient, samples=40, seed=5)
    other = mechanics.build(spine, patient, samples=40, seed=6)
    a = mechanics.simulate(large.subset(40), static).pressure_mpa
    b = mechanics.simulate(small, static).pressure_mpa
    c = mechanics.simulate(large, static, rested=mechanics.rest(large)).pressure_mpa
    assert np.array_equal(a, b)
    assert np.array_equal(a, c[..., :40])
    assert not np.array_equal(b, mechanics.simulate(other, static).pressure_mpa)


def test_pressure_falls_with_pull_in_every_sample(
    model: mechanics.SpineModel, rested: mechanics.Rested
) -> None:
    least = []
    for force in (0.0, 100.0, 200.0, 300.0, 400.0, 500.0):
        segments = (Ramp(force_n=force, duration_s=30), Hold(duration_s=60), Release(duration_s=30))
        profile = TractionProfile(name="p", family=Family.STATIC, segments=segments)
        response = mechanics.simulate(model, profile, rested=rested)
        at = int(np.searchsorted(response.time_s, 30.0))
        least.append(response.pressure_mpa[:, at])
    # below zero the wall has given up most of what it can give, and slope may be flat; it never rises
    assert (np.diff(np.array(least), axis=0) < 1e-9).all()
    assert np.median(least[-1][3]) < -0.0133


def test_pull_lengthens_and_opens_the_back(patient: Patient, static: TractionProfile) -> None:
    """Lying flat, the back of the middle levels opens more than the front (LEE2001, SARI2005)."""
    model = mechanics.build(norm_spine(), patient, samples=32, setup=Setup(hip_flexion_deg=15.0))
    response = mechanics.simulate(model, static)
    end = int(np.searchsorted(response.time_s, 950.0))
    assert (response.height_mid_mm[:, end] > response.height_mid_mm[:, 0]).all()
    back = np.median(response.height_back_mm[:, end] - response.height_back_mm[:, 0], axis=-1)
    front = np.median(response.height_front_mm[:, end] - response.height_front_mm[:, 0], axis=-1)
    assert (back[1:4] > front[1:4]).all()


def test_a_steeper_pull_flexes_more(
    model: mechanics.SpineModel, rested: mechanics.Rested, static: TractionProfile
) -> None:
    turns = []
    for angle in (0.0, 15.0, 30.0):
        response = mechanics.simulate(model, static.replace(angle_deg=angle), rested=rested)
        end = int(np.searchsorted(response.time_s, 900.0))
        turns.append(float(np.median(response.flexion_deg[:, end].sum(axis=0))))
    assert turns[0] < turns[1] < turns[2]


def test_profiles_of_any_family_share_one_compilation(
    model: mechanics.SpineModel, rested: mechanics.Rested
) -> None:
    mechanics.simulate(
        model, TractionProfile(name="a", family=Family.LYING, segments=(Hold(duration_s=60),)), rested=rested
    )
    before = chain.advance._cached._cache_size()
    for cycles in (1, 7, 30):
        segments: tuple = (
            Ramp(force_n=250, duration_s=10),
            Hold(duration_s=30),
            Ramp(force_n=100, duration_s=10),
        ) * cycles
        profile = TractionProfile(
            name="c", family=Family.INTERMITTENT, segments=(*segments, Release(duration_s=10))
        )
        response = mechanics.simulate(model, profile, rested=rested)
        assert len(response.time_s) % BLOCK == 0
    assert chain.advance._cached._cache_size() == before


def test_a_pull_without_balance_is_named(model: mechanics.SpineModel) -> None:
    impossible = eqx.tree_at(
        lambda m: (m.column.joint.strip_soft_mpa, m.column.joint.strip_stiff_mpa, m.column.joint.ligament_n),
        model,
        (
            0.0 * model.column.joint.strip_soft_mpa,
            0.0 * model.column.joint.strip_stiff_mpa,
            0.0 * model.column.joint.ligament_n,
        ),
    )
    with pytest.raises(NotConverged, match="samples did not reach it"):
        march(impossible.column, start_state(impossible.column), [phase(model, 60.0, -3000.0)], what="a test")


def test_bad_requests_are_refused(patient: Patient, model: mechanics.SpineModel) -> None:
    with pytest.raises(BadInput, match="samples"):
        mechanics.build(norm_spine(), patient, samples=0)
    with pytest.raises(BadInput, match="samples"):
        model.subset(33)
    with pytest.raises(BadInput, match=r"priors\.csv"):
        mechanics.build(norm_spine(), patient, overrides={"colour": 1.0})
