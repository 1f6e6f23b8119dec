"""The parts of measuring against exact solutions: planes, ellipsoids, angles, and what each rule refuses."""

import numpy as np
import pytest

from opentraction.chart import Measure, Quality, Vertebra, VertebraName
from opentraction.evaluate import ImagingStudy, genant
from opentraction.evaluate.measuring.bodies import body_core, without_arch
from opentraction.evaluate.measuring.endplates import (
    ANGLES,
    Outlines,
    Side,
    edges,
    fit_slab,
    fit_surface,
    ray_radius,
)
from opentraction.evaluate.measuring.frames import Axes, axes_from, tangents
from opentraction.evaluate.measuring.occupancy import crops, label_mask, occupancy
from opentraction.evaluate.measuring.signal import grade_to_ratio, ratio_and_grade, ratio_to_grade
from opentraction.evaluate.measuring.spread import DERIVED_EDGE_MM, Spread

UPRIGHT = Axes(np.zeros(3), np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]))


def study_of(inside, *, size=(1.0, 1.0, 1.0), half=32.0, offset=(0.2, 0.4, 0.3)) -> ImagingStudy:
    """A study with one structure "L3", given by a function of world points."""
    counts = [int(2 * half / step) for step in size]
    affine = np.diag([*size, 1.0])
    affine[:3, 3] = [-half + shift for shift in offset]
    index = np.stack(np.meshgrid(*(np.arange(n) for n in counts), indexing="ij"), axis=-1)
    world = index * np.array(size) + affine[:3, 3]
    labels = inside(world).astype(np.int16)
    return ImagingStudy(study_id="s", image=None, labels=labels, affine=affine, names={"L3": 1})


def soft(study: ImagingStudy):
    box = crops(study)["L3"]
    return occupancy(study, label_mask(study, "L3", box), box)


def test_surface_fit_is_exact_for_a_quadratic_and_forgives_outliers():
    rng = np.random.default_rng(1)
    x, y = rng.uniform(-15, 15, (2, 600))
    truth = np.array([3.0, 0.1, -0.05, 0.004, 0.001, -0.003])
    z = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=1) @ truth
    exact = fit_surface(x, y, z)
    assert exact is not None
    np.testing.assert_allclose(exact.coefficients, truth, atol=1e-10)
    z[::12] += 6.0
    spiked = fit_surface(x, y, z)
    assert spiked is not None
    np.testing.assert_allclose(spiked.coefficients, truth, atol=1e-6)


def test_too_few_columns_give_no_surface():
    x = np.arange(30.0)
    assert fit_surface(x, x, x) is None


@pytest.mark.parametrize("tilt", [4.0, 11.0, 23.0])
def test_slab_between_two_tilted_planes(tilt):
    """Planes at +-6 mm, both leaning; height 12 mm along the bisector, wedge 0, the frame leans with them."""
    lean = np.tan(np.radians(tilt))
    reach = 6.0 / np.cos(np.radians(tilt))

    def inside(p):
        off = p[..., 2] - lean * p[..., 1]
        return (np.abs(off) < reach) & ((p[..., 0] / 22) ** 2 + (p[..., 1] / 17) ** 2 < 1)

    bone = soft(study_of(inside))

    def outline(axes, upper, lower):
        radius = ray_radius(bone.at, axes, lambda x, y: 0.5 * (upper.z(x, y) + lower.z(x, y)), np.zeros(3))
        return Outlines(radius, radius, radius)

    slab = fit_slab(Side(bone, True), Side(bone, True), outline, UPRIGHT, 20.0, np.array([0.0, 1.0, 0.0]))
    assert slab is not None
    assert slab.height(0.0, 10.0) == pytest.approx(12.0, abs=0.12)
    assert slab.wedge_deg == pytest.approx(0.0, abs=0.4)
    leaned = np.degrees(np.arccos(slab.axes.matrix[2, 2]))
    assert leaned == pytest.approx(tilt, abs=0.4)
    assert slab.width_mm == pytest.approx(44.0, abs=0.4)


def test_outline_of_a_circle_and_its_edges():
    radius = np.full_like(ANGLES, 20.0)
    front, back = edges(radius, 0.0)
    assert front == pytest.approx(20.0, abs=0.02)
    assert back == pytest.approx(-20.0, abs=0.02)


def test_occupancy_volume_and_border():
    study = study_of(lambda p: (p**2).sum(axis=-1) < 15.0**2)
    ball = soft(study)
    assert ball.volume_mm3 == pytest.approx(4 / 3 * np.pi * 15**3, rel=0.005)
    assert not ball.touches_border
    assert ball.at(np.array([[15.0, 0.0, 0.0]]))[0] == pytest.approx(0.5, abs=0.2)
    assert soft(study_of(lambda p: p[..., 2] > 20.0)).touches_border


def test_tangents_follow_a_bent_chain():
    """Points on a circle, head first: the tangent at an inner one is that of the circle."""
    angle = np.radians([30.0, 20.0, 10.0, 0.0])
    centres = {f"n{i}": 100 * np.array([0, np.cos(a), np.sin(a)]) for i, a in enumerate(angle)}
    up = tangents(list(centres), centres)
    np.testing.assert_allclose(up["n1"], [0, -np.sin(angle[1]), np.cos(angle[1])], atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(up["n3"]), 1.0)
    assert tangents(["only"], {"only": np.zeros(3)})["only"][2] == 1.0


def test_axes_are_right_handed_and_orthonormal():
    axes = axes_from(np.zeros(3), np.array([0.1, -0.2, 0.9]), np.array([0.0, 1.0, 0.3]))
    np.testing.assert_allclose(axes.matrix.T @ axes.matrix, np.eye(3), atol=1e-12)
    assert np.linalg.det(axes.matrix) == pytest.approx(1.0)
    assert axes.value().z_axis[2] > 0.9


def test_arch_is_cut_from_the_body():
    """A body 34 x 46 x 26 mm, a canal of 18 mm, pedicles at the sides and a lamina behind."""

    def body(p):
        return ((p[..., 0] / 23) ** 4 + (p[..., 1] / 17) ** 4 < 1) & (np.abs(p[..., 2]) < 13.0)

    def vertebra(p):
        pedicles = (np.abs(np.abs(p[..., 0]) - 13) < 3.5) & (p[..., 1] < -10) & (p[..., 1] > -34)
        lamina = (np.abs(p[..., 0]) < 16) & (p[..., 1] < -31) & (p[..., 1] > -37)
        return body(p) | ((pedicles | lamina) & (np.abs(p[..., 2] - 4) < 6))

    study = study_of(vertebra, half=40.0)
    box = crops(study)["L3"]
    mask = label_mask(study, "L3", box)
    affine = study.affine.copy()
    affine[:3, 3] += [each.start for each in box]
    core = body_core(mask, affine)
    assert np.linalg.norm(core) < 4.0
    kept = without_arch(mask, affine, axes_from(core, np.array([0, 0, 1.0]), np.array([0, 1.0, 0])))
    alone = label_mask(study_of(body, half=40.0), "L3", box)
    overlap = 2 * (kept & alone).sum() / (kept.sum() + alone.sum())
    assert overlap > 0.98


def test_transverse_processes_are_cut_from_a_body_that_they_spring_from():
    """At L5 they stand out from the body's own sides: 46 mm wide it is, 90 mm with them."""

    def vertebra(p):
        body = ((p[..., 0] / 23) ** 4 + (p[..., 1] / 17) ** 4 < 1) & (np.abs(p[..., 2]) < 13.0)
        beside = (np.abs(p[..., 0]) < 45) & (np.abs(p[..., 1] + 9) < 7) & (np.abs(p[..., 2] - 6) < 6)
        lamina = (np.abs(p[..., 0]) < 16) & (p[..., 1] < -31) & (p[..., 1] > -37) & (np.abs(p[..., 2]) < 8)
        return body | beside | lamina

    study = study_of(vertebra, half=48.0)
    box = crops(study)["L3"]
    mask = label_mask(study, "L3", box)
    affine = study.affine.copy()
    affine[:3, 3] += [each.start for each in box]
    frame = axes_from(body_core(mask, affine), np.array([0, 0, 1.0]), np.array([0, 1.0, 0]))
    kept = np.argwhere(without_arch(mask, affine, frame)) @ affine[:3, :3].T + affine[:3, 3]
    assert np.ptp(np.argwhere(mask)[:, 0]) == pytest.approx(89.0, abs=1.0)
    assert 44.0 <= np.ptp(kept[:, 0]) <= 50.0
    assert np.ptp(kept[:, 1]) == pytest.approx(33.0, abs=1.5)


def body_with(front: float, mid: float, back: float) -> Vertebra:
    def mm(value: float) -> Measure:
        return Measure(value=value, sd=0.3, quality=Quality.MEASURED)

    return Vertebra(
        name=VertebraName.L1, frame=UPRIGHT.value(), depth_mm=mm(34), width_mm=mm(44),
        height_front_mm=mm(front), height_mid_mm=mm(mid), height_back_mm=mm(back),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("front", "grade"), [(26.0, 0), (21.1, 0), (20.5, 1), (19.0, 2), (15.7, 2), (15.5, 3)]
)
def test_genant_grades_at_their_limits(front, grade):
    """Genant 1993: from 20, 25 and 40 % of height lost."""
    assert genant(body_with(front, 26.0, 26.0), (1.0, 1.0, 1.0)) == grade


def test_genant_compares_with_the_back_and_with_the_neighbours():
    """A wedge that is open to the front is lordosis; a body low all over shows against its neighbours."""
    assert genant(body_with(33.0, 25.0, 23.0), (1.0, 1.0, 1.0)) == 0
    crushed, whole = body_with(17.0, 16.5, 17.5), body_with(26.0, 25.0, 26.0)
    assert genant(crushed, (1.0, 1.0, 1.0)) == 0
    assert genant(crushed, (1.0, 1.0, 1.0), (whole, whole)) == 2
    low_behind = body_with(15.0, 20.0, 20.0)
    assert genant(low_behind, (1.0, 1.0, 1.0)) == 2
    assert genant(low_behind, (1.0, 1.0, 1.0), (whole, whole)) == 3
    natural = body_with(25.0, 20.0, 20.0).replace(name=VertebraName.L5)
    assert genant(natural, (1.0, 1.0, 1.0), (whole,)) == 0


def test_genant_is_refused_on_coarse_voxels_and_without_heights():
    assert genant(body_with(15.0, 26.0, 26.0), (3.0, 3.0, 3.0)) is None
    assert genant(body_with(15.0, 26.0, 26.0), (1.0, 1.0, 3.0)) is None
    assert genant(body_with(15.0, 26.0, 26.0), (4.0, 1.0, 1.0)) == 3
    assert genant(body_with(15.0, 26.0, 26.0).replace(height_mid_mm=None), (1.0, 1.0, 1.0)) is None


def test_signal_and_grade_are_inverse_and_monotonic():
    for grade in (1.0, 2.4, 3.0, 4.5, 5.0):
        assert ratio_to_grade(grade_to_ratio(grade)) == pytest.approx(grade, abs=0.03)
    assert ratio_to_grade(2.0) == 1.0
    assert ratio_to_grade(0.0) == 5.0
    assert ratio_and_grade(100.0, 0.0, 0.0) is None
    with_fluid = ratio_and_grade(300.0, 900.0, 500.0)
    without = ratio_and_grade(300.0, None, 500.0)
    assert with_fluid is not None
    assert without is not None
    assert without[1].sd > with_fluid[1].sd
    assert "brightest disc" in without[0].note


def test_spread_grows_with_the_voxel_across_and_with_derived_labels():
    fine = Spread.of(study_of(lambda p: p[..., 2] > 0))
    thick = Spread.of(study_of(lambda p: p[..., 2] > 0, size=(10.0, 1.0, 1.0)))
    across, along = np.array([1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0])
    assert thick.outline(across) > 5 * fine.outline(across) * 0.5
    assert thick.length(along) == pytest.approx(fine.length(along))
    assert fine.length(along, derived=True) == pytest.approx(
        np.hypot(fine.length(along), np.sqrt(2) * DERIVED_EDGE_MM)
    )
