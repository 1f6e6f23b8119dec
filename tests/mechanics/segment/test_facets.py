"""Facet contacts: open means nothing, exact derivatives, invariance, symmetry, textbook motions."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from opentraction.mechanics.segment import facets as room
from opentraction.mechanics.segment.anatomy import ImagedPose, reference_anatomy, rotation_of, unloaded_pose
from opentraction.mechanics.segment.facets import (
    FacetLaw,
    Facets,
    published_facets,
)
from opentraction.mechanics.segment.laws import toe_law
from opentraction.mechanics.segment.tables import rows

ANATOMY = reference_anatomy(3)
# compiled whole: one operation at a time they take ten times as long
facet_terms = jax.jit(room.facet_terms, static_argnums=3)
facet_state = jax.jit(room.facet_state)
build_facets = jax.jit(room.build_facets, static_argnames="mirror")


def _plain(*, mirror: bool, **changes: float) -> Facets:
    law = published_facets()._replace(**{name: jnp.asarray(value) for name, value in changes.items()})
    return build_facets(ANATOMY, unloaded_pose(ANATOMY), law, mirror=mirror)


def _imaged(*, mirror: bool) -> ImagedPose:
    rng = np.random.default_rng(5)
    turn, shift = 0.08 * rng.normal(size=(3, 5, 3)), 1.5 * rng.normal(size=(3, 5, 3))
    if mirror:
        turn[[0, 2]], shift[1] = 0.0, 0.0
    return ImagedPose(tuple(map(jnp.asarray, turn)), tuple(map(jnp.asarray, shift)), ANATOMY.height_mm + 0.7)


def _motion(
    kit, *, shift: tuple[float, float, float] = (0, 0, 0), turn: tuple[float, float, float] = (0, 0, 0)
):
    spread = jnp.ones((5, 3))
    return kit.Pose(
        jnp.stack([value * spread for value in turn]),
        jnp.stack([value * spread for value in shift]),
        mirror=False,
    )


@pytest.mark.parametrize("mirror", [False, True])
def test_gradient_and_hessian_are_exact(kit, mirror: bool) -> None:
    law = FacetLaw(*(jnp.asarray(x) for x in (0.1, 400.0, 0.7, 0.3, 0.5)))
    facets = build_facets(ANATOMY, _imaged(mirror=mirror), law, mirror=mirror)
    pose = kit.random_pose(3, mirror=mirror)
    energy, gradient, hessian = facet_terms(facets, pose.rt, pose.u, mirror)
    assert energy.shape == (kit.joints, kit.samples)
    assert float((energy > 1.0).mean()) > 0.2
    found_g, found_h = kit.dense(gradient, hessian)
    exact_g, exact_h = kit.derivatives(lambda p: facet_terms(facets, p.rt, p.u, False)[0], pose)
    np.testing.assert_allclose(found_g, exact_g, rtol=1e-12, atol=1e-12 * float(jnp.abs(exact_g).max()))
    np.testing.assert_allclose(found_h, exact_h, rtol=1e-12, atol=1e-12 * float(jnp.abs(exact_h).max()))


@pytest.mark.parametrize("mirror", [False, True])
def test_open_contacts_are_exactly_nothing(kit, mirror: bool) -> None:
    imaged = _imaged(mirror=mirror)
    facets = build_facets(ANATOMY, imaged, published_facets(), mirror=mirror)
    pose = kit.Pose(jnp.stack(imaged.turn_rad), jnp.stack(imaged.shift_mm), mirror=mirror)
    energy, gradient, hessian = facet_terms(facets, pose.rt, pose.u, mirror)
    for entry in [energy, *gradient, *hessian.values(), *facet_state(facets, pose.rt, pose.u)]:
        if entry is not None:
            np.testing.assert_array_equal(entry, 0.0)


def test_contact_begins_after_the_gap_and_then_presses_with_its_stiffness(kit) -> None:
    facets = _plain(mirror=False, gap_mm=0.3, tip_gap_mm=50.0, lean_rad=0.0)
    for way, expected in ((0.29, 0.0), (0.3 + 0.1, 553.0 * 0.1**2 / 0.4), (1.3, 553.0 * 0.9)):
        pose = _motion(kit, shift=(way, 0.0, 0.0))
        angle = np.radians([28.0, 34.0, 40.0, 45.0, 52.0])[:, None] * np.ones(3)
        closed = way * np.sin(angle) - 0.3
        force = 553.0 * np.where(closed > 0.2, closed - 0.1, np.maximum(closed, 0.0) ** 2 / 0.4)
        state = facet_state(facets, pose.rt, pose.u)
        np.testing.assert_allclose(state.normal_n, np.stack([force, force]), rtol=1e-9, atol=1e-12)
        np.testing.assert_array_equal(state.stop_n, 0.0)
        assert float(state.normal_n.max()) <= expected + 1e-9


def test_the_joints_act_as_the_textbook_says(kit) -> None:
    facets = _plain(mirror=False)
    at = {
        "left rotation": _motion(kit, turn=(0.0, 0.0, 0.04)),
        "extension": _motion(kit, turn=(0.0, -0.07, 0.0)),
        "flexion": _motion(kit, turn=(0.0, 0.07, 0.0)),
        "forward shear": _motion(kit, shift=(1.5, 0.0, 0.0)),
        "backward shear": _motion(kit, shift=(-1.5, 0.0, 0.0)),
        "sinking": _motion(kit, shift=(0.0, 0.0, -3.0)),
        "distraction": _motion(kit, shift=(0.0, 0.0, 3.0)),
    }
    state = {name: facet_state(facets, pose.rt, pose.u) for name, pose in at.items()}
    # turning left carries the inferior processes to the right: the right joint closes, the left one opens
    np.testing.assert_array_equal(state["left rotation"].normal_n[0], 0.0)
    assert float(state["left rotation"].normal_n[1].min()) > 50.0
    assert float(state["extension"].stop_n.min()) > 10.0
    assert float(state["forward shear"].normal_n.min()) > 50.0
    assert float(state["sinking"].axial_n.min()) > 50.0
    for name in ("flexion", "distraction", "backward shear"):
        np.testing.assert_array_equal(state[name].stop_n, 0.0)
    for name in ("distraction", "backward shear"):
        np.testing.assert_array_equal(state[name].normal_n, 0.0)


def test_axial_share_balances_the_force_on_the_vertebra(kit) -> None:
    facets = _plain(mirror=False)
    pose = kit.random_pose(9, mirror=False)
    gradient = facet_terms(facets, pose.rt, pose.u, False)[1]
    # dE/dv in upper axes, turned to the lower ones: the force that closes the contacts
    closing = jnp.einsum("ab...,b...->a...", jnp.array(pose.rotation), jnp.stack(gradient[:3]))
    np.testing.assert_allclose(
        facet_state(facets, pose.rt, pose.u).axial_n.sum(0), -closing[2], rtol=1e-11, atol=1e-9
    )


def test_energy_knows_only_the_pose_of_one_vertebra_to_the_other(kit) -> None:
    """Gaps measured in the world, with both vertebrae turned and moved together, give the same energy."""
    facets = _plain(mirror=False)
    pose = kit.random_pose(4, mirror=False)
    whole = np.array(rotation_of(tuple(jnp.asarray([0.7, -0.4, 0.5]))))
    offset = np.array([30.0, -20.0, 50.0])
    place_upper = np.einsum("ab,b...->a...", whole, np.array(pose.shift)) + offset[:, None, None]
    world_upper = np.einsum("ab,bc...->ac...", whole, np.array(pose.rotation))
    a = (
        np.einsum("ab...,b...->a...", world_upper[:, :, None], np.array(facets.upper_mm))
        + place_upper[:, None]
    )
    normal = np.einsum("ab,b...->a...", whole, np.array(facets.normal))
    above = a - offset[:, None, None, None]
    closed = jnp.asarray((above * normal).sum(0)) - facets.reach_mm
    expected = (facets.stiffness_n_per_mm * toe_law(closed, 0.2)[0]).sum(0)
    found = facet_terms(facets, pose.rt, pose.u, False)[0]
    assert float(found.max()) > 1.0
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-10)


def test_a_mirrored_pose_gives_the_mirrored_forces(kit) -> None:
    facets = _plain(mirror=False)
    pose = kit.random_pose(6, mirror=False)
    sign = jnp.array([1.0, -1.0, 1.0])[:, None, None]
    other = kit.Pose(-pose.turn * sign, pose.shift * sign, mirror=False)
    g, h = kit.dense(*facet_terms(facets, pose.rt, pose.u, False)[1:])
    g_other, h_other = kit.dense(*facet_terms(facets, other.rt, other.u, False)[1:])
    odd = np.array([1.0, -1.0, 1.0, -1.0, 1.0, -1.0])
    np.testing.assert_allclose(g_other, g * odd[:, None, None], rtol=1e-9, atol=1e-8)
    np.testing.assert_allclose(
        h_other, h * np.multiply.outer(odd, odd)[..., None, None], rtol=1e-9, atol=1e-6
    )
    for here, there in zip(
        facet_state(facets, pose.rt, pose.u), facet_state(facets, other.rt, other.u), strict=True
    ):
        np.testing.assert_allclose(there, here[::-1], rtol=1e-9, atol=1e-9)


def test_the_symmetric_column_is_the_spatial_one_at_a_symmetric_pose(kit) -> None:
    flat, full = _plain(mirror=True), _plain(mirror=False)
    pose = kit.random_pose(7, mirror=True)
    spatial = kit.Pose(pose.turn, pose.shift, mirror=False)
    energy, gradient, hessian = facet_terms(flat, pose.rt, pose.u, True)
    energy_3d, gradient_3d, hessian_3d = facet_terms(full, spatial.rt, spatial.u, False)
    keep = jnp.array([0, 2, 4])
    g, h = kit.dense(gradient, hessian)
    g_3d, h_3d = kit.dense(gradient_3d, hessian_3d)
    np.testing.assert_allclose(energy, energy_3d, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(g, g_3d[keep], rtol=1e-12, atol=1e-9)
    np.testing.assert_allclose(h, h_3d[keep][:, keep], rtol=1e-12, atol=1e-6)
    for here, there in zip(
        facet_state(flat, pose.rt, pose.u), facet_state(full, spatial.rt, spatial.u), strict=True
    ):
        np.testing.assert_allclose(here, there, rtol=1e-10, atol=1e-10)


def test_a_removed_facet_is_gone_on_its_side_only(kit) -> None:
    pose = kit.random_pose(8, mirror=False)
    present = jnp.array([0.0, 1.0])[:, None, None]
    whole = facet_state(_plain(mirror=False), pose.rt, pose.u)
    cut = build_facets(ANATOMY, unloaded_pose(ANATOMY), published_facets(), mirror=False, present=present)
    found = facet_state(cut, pose.rt, pose.u)
    assert float(whole.normal_n.sum(axis=(1, 2)).min()) > 0.0
    np.testing.assert_array_equal(found.normal_n[0], 0.0)
    np.testing.assert_array_equal(found.normal_n[1], whole.normal_n[1])


def test_a_sinking_vertebra_closes_the_overhang(kit) -> None:
    facets = _plain(mirror=True, gap_mm=0.0, tip_gap_mm=50.0, lean_rad=0.3)
    state = facet_state(facets, *(lambda pose: (pose.rt, pose.u))(_motion(kit, shift=(0.0, 0.0, -3.0))))
    np.testing.assert_allclose(state.normal_n, 553.0 * (3.0 * np.sin(0.3) - 0.1), rtol=1e-9)
    np.testing.assert_allclose(state.axial_n, state.normal_n * np.sin(0.3), rtol=1e-9)


def test_published_values_lie_in_their_ranges_and_name_their_source() -> None:
    value, low, high = (published_facets(column) for column in ("value", "low", "high"))
    for middle, lower, upper in zip(value, low, high, strict=True):
        assert middle.shape == (5, 1)
        assert bool((lower <= middle).all() and (middle <= upper).all() and (lower < upper).all())
    for row in rows("facets.csv"):
        assert row["source"]
        assert row["unit"] in ("deg", "mm", "N/mm")
