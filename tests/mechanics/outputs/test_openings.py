"""Foramina and canal: exact on simple shapes, unchanged as imaged, symmetric, of the published size."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opentraction.chart import Level, Measure, Protrusion, ProtrusionKind, Quality, Side
from opentraction.mechanics import outputs
from opentraction.mechanics.outputs import (
    Above,
    Below,
    Deformation,
    Openings,
    Surroundings,
    border_bulge_mm,
    flavum_length_mm,
    imaged_sizes,
    surroundings,
)
from opentraction.mechanics.outputs.attachments import CANAL_HALF_WIDTH_SHARE, PROTRUSION_HALF_WIDTH
from opentraction.mechanics.segment.anatomy import (
    Anatomy,
    ImagedPose,
    reference_anatomy,
    rotation_of,
    unloaded_pose,
)
from opentraction.mechanics.validating.subject import PROTRUSION_MM, norm_spine

J, S = 5, 3

openings = eqx.filter_jit(outputs.openings)


def _deformed(
    turn_rad=(0.0, 0.0, 0.0), place_mm=(0.0, 0.0, 0.0), modes=(0.0,) * 5, stretch=(1.0, 1.0), local_mm=0.0
):
    def full(values):
        return tuple(jnp.broadcast_to(jnp.asarray(value, float), (J, S)) for value in values)

    turn = jnp.stack([jnp.stack(row) for row in rotation_of(full(turn_rad))])
    return Deformation(
        turn,
        jnp.stack(full(place_mm)),
        jnp.stack(full(modes)),
        jnp.stack(full(stretch)),
        jnp.full((J, S), local_mm),
    )


def _box(width: float, chord: float, below: float, above: float) -> Surroundings:
    """A right-angled foramen behind a wall at x = 0, seen in both sides; the disc's chord starts at z = 0."""

    def at(x: float, z: float):
        point = jnp.stack([jnp.full((J, S), value) for value in (x, 10.0, z)])
        return jnp.stack([point, point * jnp.array([1.0, -1.0, 1.0])[:, None, None]], axis=1)

    def of(value: float):
        return jnp.full((J, S), value)

    return Surroundings(
        above=Above(
            corner_mm=at(0, chord),
            roof_front_mm=at(0, chord + above),
            roof_back_mm=at(-width, chord + above),
            border_mm=at(0, chord)[:, 0] * jnp.array([1.0, 0.0, 1.0])[:, None, None],
            flavum_mm=at(-15, chord),
        ),
        below=Below(
            corner_mm=at(0, 0),
            floor_front_mm=at(0, -below),
            floor_back_mm=at(-width, -below),
            tip_mm=at(-width, chord),
            border_mm=at(0, 0)[:, 0] * jnp.array([1.0, 0.0, 1.0])[:, None, None],
            flavum_mm=at(-15, -5),
        ),
        foramen_angle_rad=of(2.4),
        foramen_slant=of(1.2),
        half_width_mm=of(24.0),
        canal_half_width_mm=of(10.0),
        canal_area_mm2=of(200.0),
        dural_share=of(0.75),
        flavum_mm=of(3.0),
        flavum_leg_mm=of(13.0),
        protrusion_mm=of(4.0),
        protrusion_angle_rad=of(np.pi),
        protrusion_half_width=of(0.6),
        weak_width_rad=of(0.4),
        imaged=_deformed(),
    )


def _norm(pose: ImagedPose | None = None, anatomy: Anatomy | None = None) -> tuple[Surroundings, Openings]:
    anatomy = anatomy if anatomy is not None else reference_anatomy(S)
    sizes, _ = imaged_sizes(norm_spine(), anatomy)
    around = surroundings(
        anatomy,
        pose if pose is not None else unloaded_pose(anatomy),
        sizes,
        bulge_mm=jnp.zeros((5, J, S)),
        flavum_stretch=jnp.ones((2, J, S)),
    )
    return around, openings(around, around.imaged)


def _moved(around: Surroundings, **motion) -> Deformation:
    """A pose with the stretch of the flavum that follows from its attachments."""
    pose = _deformed(**motion)
    stretch = flavum_length_mm(around, pose) / flavum_length_mm(around, around.imaged)
    return eqx.tree_at(lambda d: d.flavum_stretch, pose, stretch)


def test_a_right_angled_foramen_has_the_area_of_its_sides():
    seen = openings(_box(8.0, 10.0, 2.0, 6.0), _deformed())
    np.testing.assert_allclose(seen.foramen_area_mm2, 8.0 * 18.0, rtol=1e-14)
    np.testing.assert_allclose(seen.foramen_height_mm, 18.0, rtol=1e-14)
    np.testing.assert_allclose(seen.foramen_width_mm, 8.0, rtol=1e-14)
    np.testing.assert_allclose(seen.foramen_least_width_mm, 8.0, rtol=1e-14)


def test_lifting_and_sliding_change_a_right_angled_foramen_as_geometry_says():
    box = _box(8.0, 10.0, 2.0, 6.0)
    up = openings(box, _deformed(place_mm=(0.0, 0.0, 1.5)))
    np.testing.assert_allclose(up.foramen_area_mm2, 8.0 * 19.5, rtol=1e-14)
    np.testing.assert_allclose(up.foramen_height_mm, 19.5, rtol=1e-14)
    slid = openings(box, _deformed(place_mm=(1.0, 0.0, 0.0)))
    # the wall above moves off the process: 1 mm more width at its tip; front and back corners both shift
    np.testing.assert_allclose(slid.foramen_width_mm, 9.0, rtol=1e-14)
    flat = [(1, 10), (1, 16), (-7, 16), (-7.5, 13), (-8, 10), (-8, -2), (0, -2), (0, 0)]
    area = 0.5 * sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(flat, flat[1:] + flat[:1], strict=True))
    np.testing.assert_allclose(slid.foramen_area_mm2, area, rtol=1e-14)


def test_a_bulge_covers_two_thirds_of_its_height_times_its_depth():
    seen = openings(_box(8.0, 10.0, 2.0, 6.0), _deformed(modes=(0.5, 0, 0, 0, 0)))
    np.testing.assert_allclose(seen.foramen_area_mm2, 8.0 * 18.0 - 2 / 3 * 10 * 0.5 * 1.2, rtol=1e-14)
    np.testing.assert_allclose(seen.foramen_least_width_mm, 8.0 - 0.5 * 1.2, rtol=1e-14)
    np.testing.assert_allclose(seen.canal_area_mm2, 200.0 - 20.0 * 0.5, rtol=1e-14)
    np.testing.assert_allclose(seen.posterior_bulge_mm, 0.5, rtol=1e-14)
    np.testing.assert_allclose(seen.protrusion_mm, 4.5, rtol=1e-14)


def test_a_protrusion_stands_behind_the_wall_with_the_area_of_its_profile():
    seen = openings(_box(8.0, 10.0, 2.0, 6.0), _deformed())
    # integral of depth (1 - u^2)^2 over half widths of 6 mm: 16/15 depth times half width
    np.testing.assert_allclose(seen.protrusion_mm2, 16 / 15 * 4.0 * 6.0, rtol=2e-3)


def test_a_weak_place_bulges_at_its_middle_and_fades_beside_it():
    box = _box(8.0, 10.0, 2.0, 6.0)
    seen, sound = openings(box, _deformed(local_mm=0.5)), openings(box, _deformed())
    np.testing.assert_allclose(seen.protrusion_mm, 4.5, rtol=1e-14)
    np.testing.assert_allclose(seen.posterior_bulge_mm, 0.5, rtol=1e-14)
    fading = 0.5 * np.exp((np.cos(np.pi - 2.4) - 1.0) / 0.4**2)
    lost = sound.foramen_area_mm2 - seen.foramen_area_mm2
    np.testing.assert_allclose(lost, 2 / 3 * 10 * 1.2 * fading, rtol=1e-10)
    assert np.all((seen.canal_area_mm2 < 200.0) & (seen.canal_area_mm2 > 200.0 - 20.0 * 0.5))
    assert np.all(seen.protrusion_mm2 > sound.protrusion_mm2)


def test_the_flavum_keeps_its_volume_and_thickens_inwards():
    box = _box(8.0, 10.0, 2.0, 6.0)
    seen = openings(box, _deformed(stretch=(0.8, 1.25)))
    np.testing.assert_allclose(seen.flavum_thickness_mm[0], 3.0 / 0.8, rtol=1e-14)
    np.testing.assert_allclose(seen.flavum_thickness_mm[1], 3.0 / 1.25, rtol=1e-14)
    np.testing.assert_allclose(seen.canal_area_mm2, 200.0 - 13.0 * (0.75 - 0.6), rtol=1e-13)
    assert np.all(seen.foramen_area_mm2[0] < 8.0 * 18.0)
    assert np.all(seen.foramen_area_mm2[1] > 8.0 * 18.0)


def test_the_imaged_pose_has_the_imaged_sizes_whatever_it_is():
    anatomy = reference_anatomy(S)
    rng = np.random.default_rng(3)
    pose = ImagedPose(
        tuple(jnp.asarray(rng.normal(0, 0.05, (J, S))) for _ in range(3)),
        tuple(jnp.asarray(rng.normal(0, 0.8, (J, S))) for _ in range(3)),
        anatomy.height_mm,
    )
    straight, loaded = _norm()[1], _norm(pose)[1]
    sizes, _ = imaged_sizes(norm_spine(), anatomy)
    np.testing.assert_allclose(loaded.canal_area_mm2, sizes.canal_area_mm2 + np.zeros((J, S)), rtol=1e-13)
    np.testing.assert_allclose(straight.foramen_height_mm[0], sizes.foramen_height_mm, rtol=1e-12)
    np.testing.assert_allclose(straight.foramen_width_mm[0], sizes.foramen_width_mm + 0 * rng.random((J, S)))
    # measured in the lower axes, which a pose turns by half against the imaged sagittal plane: second order
    np.testing.assert_allclose(loaded.foramen_height_mm, straight.foramen_height_mm, rtol=0.01)


def test_no_motion_no_change():
    around, before = _norm()
    change = openings(around, around.imaged).changes_percent(before)
    for name in ("foramen_height_mm", "foramen_area_mm2", "canal_area_mm2", "flavum_thickness_mm"):
        assert float(jnp.abs(getattr(change, name)).max()) < 1e-12


def test_a_mirrored_pose_swaps_the_sides():
    around, _ = _norm()
    one = openings(
        around,
        _moved(around, turn_rad=(0.03, -0.02, 0.05), place_mm=(0.4, 0.6, -0.3), modes=(0.1, 0, 0, 0.2, 0.1)),
    )
    other = openings(
        around,
        _moved(
            around, turn_rad=(-0.03, -0.02, -0.05), place_mm=(0.4, -0.6, -0.3), modes=(0.1, 0, 0, -0.2, -0.1)
        ),
    )
    np.testing.assert_allclose(one.foramen_area_mm2, other.foramen_area_mm2[::-1], rtol=1e-13)
    np.testing.assert_allclose(one.foramen_height_mm, other.foramen_height_mm[::-1], rtol=1e-13)
    np.testing.assert_allclose(one.canal_area_mm2, other.canal_area_mm2, rtol=1e-13)
    assert float(jnp.abs(one.foramen_area_mm2[0] - one.foramen_area_mm2[1]).min()) > 1.0


def test_time_may_stand_before_joint_and_sample():
    around, _ = _norm()
    steps = [_moved(around, place_mm=(0.0, 0.0, dz)) for dz in (0.0, 0.5, 1.0)]
    stacked = Deformation(
        *(
            jnp.stack([getattr(step, name) for step in steps], axis=-3)
            for name in ("turn", "place_mm", "bulge_mm", "flavum_stretch", "local_mm")
        )
    )
    together = openings(around, stacked)
    assert together.foramen_area_mm2.shape == (2, 3, J, S)
    assert together.canal_area_mm2.shape == (3, J, S)
    for index, step in enumerate(steps):
        for name in Openings.__dataclass_fields__:
            np.testing.assert_allclose(
                getattr(together, name)[..., index, :, :], getattr(openings(around, step), name), rtol=1e-13
            )


def test_the_gradient_by_a_motion_is_that_of_finite_differences():
    around, _ = _norm()

    def area(motion):
        pose = _moved(around, turn_rad=(motion[0], motion[1], 0.0), place_mm=(motion[2], 0.0, motion[3]))
        seen = openings(around, pose)
        return seen.foramen_area_mm2.sum() + seen.canal_area_mm2.sum()

    at = jnp.array([0.01, -0.03, 0.2, 0.7])
    slope = jax.grad(area)(at)
    for index, step in enumerate((1e-5, 1e-5, 1e-4, 1e-4)):
        away = jnp.zeros(4).at[index].set(step)
        found = (area(at + away) - area(at - away)) / (2 * step)
        np.testing.assert_allclose(slope[index], found, rtol=1e-6)


@settings(max_examples=25, deadline=None)
@given(
    st.floats(2.5, 15.0),
    st.floats(0.0, 15.0),
    st.floats(22.0, 32.0),
    st.floats(14.0, 20.0),
    st.floats(0.1, 2.0),
)
def test_lifting_and_flexion_open_every_foramen(height, wedge_deg, body, half_depth, motion):
    def of(value):
        return jnp.full((J, S), value)

    anatomy = Anatomy(
        of(half_depth),
        of(1.4 * half_depth),
        of(height),
        of(np.radians(wedge_deg)),
        of(body),
        of(body),
        of(15.0),
    )
    around, before = _norm(anatomy=anatomy)
    for pose in (
        _moved(around, place_mm=(0.0, 0.0, motion)),
        _moved(around, turn_rad=(0.0, 0.02 * motion, 0.0)),
    ):
        after = openings(around, pose)
        assert np.all(after.foramen_height_mm > before.foramen_height_mm)
        assert np.all(after.foramen_area_mm2 > before.foramen_area_mm2)
        assert np.all(after.flavum_thickness_mm < before.flavum_thickness_mm)


def test_the_map_is_of_the_size_seen_under_a_press():
    """V037 to V039 and V045: the loss of height that would give each change is one that lying people show."""
    around, before = _norm()
    change = openings(around, _moved(around, place_mm=(0.0, 0.0, -1.0))).changes_percent(before)
    per_mm = np.asarray(change.foramen_height_mm[0, :, 0])
    for place, target in ((0, -4.0), (1, -6.6), (2, -6.6)):
        assert 0.6 < target / per_mm[place] < 1.8
    thicker = np.asarray(change.flavum_thickness_mm[0, :, 0])
    assert np.all((thicker > 2.5) & (thicker < 5.2))


def test_no_loss_of_height_opens_a_foramen_but_flexion_and_a_slide_do():
    """L5-S1 opens under a press (V041, +23 %): a map of disc height alone cannot say that."""
    around, before = _norm()
    for loss in (0.5, 1.0, 2.0):
        pressed = openings(around, _moved(around, place_mm=(0.0, 0.0, -loss)))
        assert np.all(pressed.foramen_area_mm2 < before.foramen_area_mm2)
    turned = openings(around, _moved(around, turn_rad=(0.0, np.radians(5.0), 0.0), place_mm=(1.2, 0.0, 0.0)))
    assert float(turned.changes_percent(before).foramen_area_mm2[0, 4, 0]) > 20.0


def test_three_modes_are_five_without_the_sides():
    modes = jnp.array([0.2, -0.1, 0.3])
    five = jnp.concatenate([modes, jnp.zeros(2)])
    for angle in (0.0, 1.0, np.pi):
        np.testing.assert_allclose(border_bulge_mm(modes, angle), border_bulge_mm(five, angle), rtol=1e-15)
    np.testing.assert_allclose(border_bulge_mm(modes, np.pi), 0.2 + 0.1 + 0.3, rtol=1e-15)


def test_what_the_scan_shows_is_used_and_what_it_lacks_is_called_assumed():
    spine = norm_spine()
    area = Measure(value=130.0, sd=12.0, quality=Quality.MEASURED)
    depth = Measure(value=5.0, sd=0.5, quality=Quality.MEASURED)
    found = Protrusion(kind=ProtrusionKind.PROTRUSION, depth_mm=depth, side=Side.LEFT)
    discs = tuple(
        disc.model_copy(update={"canal_area_mm2": area, "protrusion": found})
        if disc.level is Level.L4_L5
        else disc
        for disc in spine.discs
    )
    scores = np.zeros((5, J, S))
    scores[2, 3] = [-1.0, 0.0, 1.0]
    sizes, origins = imaged_sizes(spine.model_copy(update={"discs": discs}), reference_anatomy(S), scores)
    np.testing.assert_allclose(sizes.canal_area_mm2[3], [118.0, 130.0, 142.0])
    np.testing.assert_allclose(sizes.protrusion_mm[:, 0], [0, 0, 0, 5.0, 0])
    assert np.sin(sizes.protrusion_angle_rad[3, 0]) > 0.1
    assert [quality is Quality.MEASURED for quality in origins.canal_area] == [
        False,
        False,
        False,
        True,
        False,
    ]
    assert "L4-L5" not in origins.notes[-1]
    assert "L5-S1" in origins.notes[-1]
    assert all(quality is Quality.ASSUMED for quality in origins.flavum)


def test_what_protrudes_is_taken_from_the_norms_canal_and_not_from_a_measured_one():
    spine, anatomy = norm_spine(protrusions=(Level.L4_L5, Level.L5_S1)), reference_anatomy(S)
    area = Measure(value=130.0, sd=12.0, quality=Quality.MEASURED)
    discs = tuple(
        disc.model_copy(update={"canal_area_mm2": area}) if disc.level is Level.L5_S1 else disc
        for disc in spine.discs
    )
    free = imaged_sizes(norm_spine(), anatomy)[0].canal_area_mm2
    seen = imaged_sizes(spine.model_copy(update={"discs": discs}), anatomy)[0].canal_area_mm2
    half = PROTRUSION_HALF_WIDTH * CANAL_HALF_WIDTH_SHARE * np.asarray(anatomy.half_width_mm)[3]
    across = np.linspace(-1.0, 1.0, 20001)
    behind = np.trapezoid(PROTRUSION_MM * (1.0 - across**2) ** 2, across) * half
    np.testing.assert_allclose((free - seen)[3], behind, rtol=1e-6)
    np.testing.assert_allclose(seen[:3], free[:3])
    np.testing.assert_allclose(seen[4], 130.0)


@pytest.mark.parametrize("name", ["foramen_height_mm", "foramen_width_mm", "canal_area_mm2"])
def test_sizes_are_those_of_the_norms(name):
    sizes, _ = imaged_sizes(norm_spine(), reference_anatomy(S))
    low, high = {
        "foramen_height_mm": (15.0, 23.0),
        "foramen_width_mm": (6.0, 8.2),
        "canal_area_mm2": (150.0, 260.0),
    }[name]
    values = np.asarray(getattr(sizes, name))
    assert values.min() >= low
    assert values.max() <= high
