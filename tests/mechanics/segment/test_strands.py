"""Ligament strands: the published law, exact derivatives, invariance, the symmetric column, pre-strain."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from opentraction.mechanics.segment import strands as room
from opentraction.mechanics.segment.anatomy import ImagedPose, reference_anatomy, rotation_of, unloaded_pose
from opentraction.mechanics.segment.laws import toe_law
from opentraction.mechanics.segment.strands import GROUPS, LEAST_SHARE, Strands

ANATOMY = reference_anatomy(3)
# compiled whole: one operation at a time they take ten times as long
strand_terms = jax.jit(room.strand_terms, static_argnums=3)
ligament_state = jax.jit(room.ligament_state)
build_strands = jax.jit(room.build_strands, static_argnames="mirror")


def _imaged() -> ImagedPose:
    rng = np.random.default_rng(5)
    turn = tuple(jnp.asarray(0.08 * rng.normal(size=(5, 3))) for _ in range(3))
    shift = tuple(jnp.asarray(1.5 * rng.normal(size=(5, 3))) for _ in range(3))
    return ImagedPose(turn, shift, ANATOMY.height_mm + 0.7)


def _plain(mirror: bool) -> Strands:
    return build_strands(ANATOMY, unloaded_pose(ANATOMY), mirror=mirror)


def test_the_law_is_the_published_one_and_its_integral_is_twice_smooth() -> None:
    x = jnp.array([-0.1, 0.0, 0.04, 0.08, 0.2])
    integral, value, slope = toe_law(x, 0.08)
    np.testing.assert_array_equal(np.array([integral, value, slope])[:, :2], 0.0)
    np.testing.assert_allclose(value[2:], [0.04**2 / 0.16, 0.04, 0.2 - 0.04], rtol=1e-14)
    for part, derivative in ((0, value), (1, slope)):
        found = jax.vmap(jax.grad(lambda y, part=part: toe_law(y, 0.08)[part]))(x[jnp.array([0, 2, 4])])
        np.testing.assert_allclose(found, derivative[jnp.array([0, 2, 4])], rtol=1e-12)
    near = jnp.array([0.08 - 1e-9, 0.08 + 1e-9, -1e-9, 1e-9])
    np.testing.assert_allclose(toe_law(near, 0.08)[2], [1.0, 1.0, 0.0, 0.0], atol=2e-8)


@pytest.mark.parametrize("mirror", [False, True])
def test_gradient_and_hessian_are_exact(kit, mirror: bool) -> None:
    strands = build_strands(ANATOMY, _mirrored_out(_imaged()) if mirror else _imaged(), mirror=mirror)
    pose = kit.random_pose(3, mirror=mirror)
    energy, gradient, hessian = strand_terms(strands, pose.rt, pose.u, mirror)
    assert energy.shape == (kit.joints, kit.samples)
    assert float(energy.min()) > 0.0
    found_g, found_h = kit.dense(gradient, hessian)
    exact_g, exact_h = kit.derivatives(lambda p: strand_terms(strands, p.rt, p.u, False)[0], pose)
    np.testing.assert_allclose(found_g, exact_g, rtol=1e-12, atol=1e-12 * float(jnp.abs(exact_g).max()))
    np.testing.assert_allclose(found_h, exact_h, rtol=1e-12, atol=1e-12 * float(jnp.abs(exact_h).max()))


def test_slack_strands_have_no_energy_and_no_force(kit) -> None:
    strands = _plain(mirror=False)
    near = kit.Pose(jnp.zeros((3, 5, 3)), jnp.zeros((3, 5, 3)).at[2].set(-6.0), mirror=False)
    spread = [jnp.abs(a - b) for a, b in zip(strands.upper_mm, strands.lower_mm, strict=True)]
    steep = np.flatnonzero(np.array((spread[2] > 10.0).all((1, 2)) & (spread[0] < 5.0).all((1, 2))))
    only = jax.tree.map(lambda x: x[steep], strands)
    energy, gradient, hessian = strand_terms(only, near.rt, near.u, False)
    assert steep.size > 5
    for entry in [energy, *gradient, *hessian.values()]:
        np.testing.assert_array_equal(entry, 0.0)


def test_energy_knows_only_the_pose_of_one_vertebra_to_the_other(kit) -> None:
    """Both vertebrae turned and moved together: written in the lower one's axes nothing changes."""
    strands = _plain(mirror=False)
    pose = kit.random_pose(4, mirror=False)
    whole = np.array(rotation_of(tuple(jnp.asarray([0.7, -0.4, 0.5]))))
    offset = np.array([30.0, -20.0, 50.0])
    upper = np.array(pose.rotation)
    world_lower = whole
    world_upper = np.einsum("ab,bc...->ac...", whole, upper)
    place_upper = np.einsum("ab,b...->a...", whole, np.array(pose.shift)) + offset[:, None, None]
    # lengths measured in the world, from the attachments alone
    a = np.einsum("ab...,b...->a...", world_upper[:, :, None], np.array(strands.upper_mm))
    b = np.einsum("ab,b...->a...", world_lower, np.array(strands.lower_mm))
    length = np.linalg.norm(a + place_upper[:, None] - b - offset[:, None, None, None], axis=0)
    over = jnp.asarray(length) / strands.free_mm - 1.0
    expected = (strands.stiffness_n * strands.free_mm * toe_law(over, strands.toe)[0]).sum(0)
    np.testing.assert_allclose(strand_terms(strands, pose.rt, pose.u, False)[0], expected, rtol=1e-12)


def test_a_mirrored_pose_gives_the_mirrored_forces(kit) -> None:
    strands = _plain(mirror=False)
    pose = kit.random_pose(6, mirror=False)
    sign = jnp.array([1.0, -1.0, 1.0])[:, None, None]
    other = kit.Pose(-pose.turn * sign, pose.shift * sign, mirror=False)
    energy, gradient, hessian = strand_terms(strands, pose.rt, pose.u, False)
    energy_other, gradient_other, hessian_other = strand_terms(strands, other.rt, other.u, False)
    odd = np.array([1.0, -1.0, 1.0, -1.0, 1.0, -1.0])
    g, h = kit.dense(gradient, hessian)
    g_other, h_other = kit.dense(gradient_other, hessian_other)
    np.testing.assert_allclose(energy_other, energy, rtol=1e-12)
    np.testing.assert_allclose(g_other, g * odd[:, None, None], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(
        h_other, h * np.multiply.outer(odd, odd)[..., None, None], rtol=1e-9, atol=1e-7
    )


def test_the_symmetric_column_is_the_spatial_one_at_a_symmetric_pose(kit) -> None:
    flat, full = _plain(mirror=True), _plain(mirror=False)
    pose = kit.random_pose(7, mirror=True)
    spatial = kit.Pose(pose.turn, pose.shift, mirror=False)
    energy, gradient, hessian = strand_terms(flat, pose.rt, pose.u, True)
    energy_3d, gradient_3d, hessian_3d = strand_terms(full, spatial.rt, spatial.u, False)
    g, h = kit.dense(gradient, hessian)
    g_3d, h_3d = kit.dense(gradient_3d, hessian_3d)
    keep = jnp.array([0, 2, 4])
    np.testing.assert_allclose(energy, energy_3d, rtol=1e-13)
    np.testing.assert_allclose(g, g_3d[keep], rtol=1e-12, atol=1e-11)
    np.testing.assert_allclose(h, h_3d[keep][:, keep], rtol=1e-12, atol=1e-9)
    np.testing.assert_allclose(g_3d[jnp.array([1, 3, 5])], 0.0, atol=1e-10)
    for part in (0, 1):
        np.testing.assert_allclose(
            ligament_state(flat, pose.rt, pose.u)[part],
            ligament_state(full, spatial.rt, spatial.u)[part],
            rtol=1e-12,
        )


def test_pre_strain_holds_in_the_imaged_shape_and_its_lengths_are_the_imaged_ones(kit) -> None:
    imaged = _imaged()
    strands = build_strands(ANATOMY, imaged, mirror=False)
    pose = kit.Pose(jnp.stack(imaged.turn_rad), jnp.stack(imaged.shift_mm), mirror=False)
    strain = ligament_state(strands, pose.rt, pose.u).strain
    excess = {"ALL": -0.03, "PLL": 0.12, "LF": -0.03, "CL": 0.55, "ISL": -0.02, "SSL": -0.08, "ITL": 0.02}
    for name, zero_force in excess.items():
        np.testing.assert_allclose(strain[GROUPS.index(name)], 1.0 / (1.0 + zero_force) - 1.0, rtol=1e-12)
    plain = build_strands(ANATOMY, unloaded_pose(ANATOMY), mirror=False)
    np.testing.assert_allclose(strands.free_mm, plain.free_mm, rtol=1e-12)


def test_strand_counts_and_stiffness_are_the_published_ones() -> None:
    strands = _plain(mirror=False)
    flat = _plain(mirror=True)
    group = np.array(strands.group)
    total = {g: float(strands.stiffness_n[group == k, 3, 0].sum()) for k, g in enumerate(GROUPS)}
    published = {
        "ALL": 9 * 485,
        "PLL": 5 * 290,
        "LF": 11 * 30,
        "CL": 20 * 40,
        "ISL": 8 * 2.5,
        "SSL": 28,
        "ITL": 600,
    }
    assert total == pytest.approx(published)
    assert float(flat.stiffness_n.sum()) == pytest.approx(float(strands.stiffness_n.sum()))
    assert len(flat.group) < len(strands.group)


def test_a_removed_group_is_gone_and_a_factor_scales_the_rest(kit) -> None:
    present = jnp.ones((len(GROUPS), 1, 1)).at[GROUPS.index("LF")].set(0.0)
    factor = jnp.where(jnp.arange(len(GROUPS)) < 2, 3.0, 0.5)[:, None, None] * jnp.array([1.0, 2.0, 0.5])
    pose = kit.random_pose(8, mirror=False)
    whole = ligament_state(_plain(mirror=False), pose.rt, pose.u)
    changed = build_strands(ANATOMY, unloaded_pose(ANATOMY), mirror=False, factor=factor, present=present)
    found = ligament_state(changed, pose.rt, pose.u)
    np.testing.assert_allclose(found.force_n, whole.force_n * factor * present, rtol=1e-12)
    np.testing.assert_array_equal(found.strain, whole.strain)
    assert float(whole.force_n[GROUPS.index("LF")].max()) > 0.0


@pytest.mark.parametrize("height_mm", [2.5, 5.0, 14.0])
def test_a_thin_disc_leaves_every_strand_a_length(height_mm: float) -> None:
    thin = ANATOMY._replace(height_mm=jnp.full((5, 3), height_mm))
    strands = build_strands(thin, unloaded_pose(thin), mirror=False)
    tall = np.array([GROUPS[g] != "CL" for g in strands.group])
    rise, tabled = (s.upper_mm[2] - s.lower_mm[2] for s in (strands, _plain(mirror=False)))
    assert float((rise / tabled)[tall].min()) > LEAST_SHARE - 1e-9
    assert float(strands.free_mm.min()) > 0.5
    capsule = ~tall
    np.testing.assert_allclose(strands.free_mm[capsule], _plain(mirror=False).free_mm[capsule], rtol=1e-12)


def test_sizes_scale_with_the_patient() -> None:
    wide = ANATOMY._replace(
        half_width_mm=1.2 * ANATOMY.half_width_mm, canal_depth_mm=1.1 * ANATOMY.canal_depth_mm
    )
    here, there = _plain(mirror=False), build_strands(wide, unloaded_pose(wide), mirror=False)
    np.testing.assert_allclose(there.upper_mm[1], 1.2 * here.upper_mm[1], rtol=1e-12)
    supraspinous = here.group.index(GROUPS.index("SSL"))
    assert float((there.upper_mm[0] - here.upper_mm[0])[supraspinous].max()) < -3.0


def _mirrored_out(pose: ImagedPose) -> ImagedPose:
    zero = jnp.zeros_like(pose.height_mm)
    return ImagedPose(
        (zero, pose.turn_rad[1], zero), (pose.shift_mm[0], zero, pose.shift_mm[2]), pose.height_mm
    )
