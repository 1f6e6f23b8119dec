"""A protrusion: a weaker place that bulges more when pressed and is drawn in by a pull."""

from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from opentraction.chart import Side
from opentraction.mechanics.disc import WallMaterial, core, wall
from opentraction.mechanics.outputs.over_trace import openings_over, protrusion_change_mm
from opentraction.mechanics.outputs.weak_place import local_bulge_mm, weak_joints
from opentraction.mechanics.patient.assembly import discs, inner_scale, outline_of
from opentraction.mechanics.patient.imaged import imaged
from opentraction.mechanics.validating.subject import norm_spine

from .conftest import LYING, PRESSED, PULLED, Run, protruded

L4_L5 = 3


def change_mm(run: Run) -> np.ndarray:
    return protrusion_change_mm(run.model, openings_over(run.model, run.trace, run.at))


def test_a_protrusion_bulges_more_when_pressed_and_is_drawn_in_by_a_pull(sound: Run, weak: Run) -> None:
    sized = [openings_over(run.model, run.trace, run.at) for run in (sound, weak)]
    # against the shape without load, in the middle at the back
    without, having = (np.asarray(one.posterior_bulge_mm)[:, L4_L5] for one in sized)
    assert np.all(having[PRESSED] > without[PRESSED] + 0.05)
    assert np.all(having[LYING] > without[LYING] + 0.05)
    change = change_mm(weak)[:, L4_L5]
    np.testing.assert_allclose(change[PULLED] - change[LYING], having[PULLED] - having[LYING], rtol=1e-9)
    assert np.all(change[PRESSED] > change[LYING])
    assert np.all(change[PULLED] < change[LYING])
    # how far each comes back depends on the fluid; under the pull too the weak place stands out further
    assert np.all(having[PULLED] > without[PULLED])


def test_its_depth_is_the_imaged_one_as_imaged(weak: Run) -> None:
    """The last step before the loads is the scan's own state."""
    assert np.abs(change_mm(weak)[0, L4_L5]).max() < 1e-4


def test_only_the_disc_with_a_protrusion_has_a_local_bulge(sound: Run, weak: Run) -> None:
    assert weak_joints(sound.model) == []
    assert weak_joints(weak.model) == [L4_L5]
    now, then = local_bulge_mm(weak.model, weak.trace, weak.at)
    others = [0, 1, 2, 4]
    assert not now[:, others].any()
    assert not then[others].any()
    assert np.all(now[:, L4_L5] != 0.0)


def test_without_a_protrusion_the_disc_is_the_plain_one(sound: Run) -> None:
    model = sound.model
    made = discs(model.image, model.sizes, model.found, model.rest, mirror=True)
    outline = outline_of(model.image, model.sizes)
    rest, inner = model.rest, inner_scale(model.found, model.sizes)
    height = jnp.asarray(rest.height_mm)
    shell = wall(outline, height, rest.wedge_rad, inner, WallMaterial(), True)
    for name in ("x_mm", "y_mm", "height_mm", "thick", "carry", "volume_mm3", "per_around"):
        np.testing.assert_allclose(getattr(made[0], name), getattr(shell, name), rtol=1e-12, atol=1e-12)
    middle = core(outline, height, rest.wedge_rad, inner, 0.0, True)
    np.testing.assert_allclose(made[1].area_mm2, middle.area_mm2, rtol=1e-12)
    # the matrix has one constant all around the sound disc
    matrix = np.asarray(made[0].c10_mpa)
    np.testing.assert_allclose(matrix, matrix[:1, :1] + 0.0 * matrix, rtol=1e-12)
    np.testing.assert_array_equal(model.image.weak.loss, 0.0)


@pytest.mark.parametrize("side", [Side.LEFT, Side.RIGHT])
def test_a_place_beside_the_middle_stands_on_its_side_or_on_both_at_half(sound: Run, side: Side) -> None:
    model, image = sound.model, imaged(protruded(norm_spine(), side))
    whole, half = (
        np.asarray(discs(image, model.sizes, model.found, model.rest, mirror=mirror)[0].c10_mpa)[
            0, :, L4_L5, 0
        ]
        for mirror in (False, True)
    )
    kept = whole / whole.max()
    weakest = int(np.argmin(kept))
    assert weakest == (3 if side is Side.LEFT else 4)
    np.testing.assert_allclose(half / whole.max(), 0.5 * (kept[:4] + kept[:3:-1]), rtol=1e-12)


def test_a_protrusion_on_the_other_side_swaps_the_foramina(left: Run, sound: Run) -> None:
    model = left.model
    angle = 2.0 * np.pi - model.openings.protrusion_angle_rad
    other = replace(
        model,
        image=imaged(protruded(norm_spine(), Side.RIGHT)),
        openings=model.openings._replace(protrusion_angle_rad=angle),
    )
    here, there, even = (
        np.asarray(openings_over(one, run.trace, run.at).foramen_area_mm2)
        for one, run in ((model, left), (other, left), (sound.model, sound))
    )
    np.testing.assert_allclose(here, there[::-1], rtol=1e-9)
    np.testing.assert_allclose(even[0], even[1], rtol=1e-12)
    assert np.all(np.abs(here[0] - here[1])[PRESSED, L4_L5] > 1e-3)


def test_a_subset_has_the_same_local_bulge(weak: Run) -> None:
    first = weak.model.subset(1)
    trace, at = jax.tree.map(lambda x: x[..., :1], (weak.trace, vars(weak.at)))
    now, _ = local_bulge_mm(first, trace, type(weak.at)(**at))
    np.testing.assert_allclose(
        now, local_bulge_mm(weak.model, weak.trace, weak.at)[0][..., :1], rtol=1e-9, atol=1e-12
    )
