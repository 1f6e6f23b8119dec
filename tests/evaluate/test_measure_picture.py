"""What the grey image adds: it decides where labels leave an endplate open, and nowhere else."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from opentraction.evaluate import ImagingStudy
from opentraction.evaluate.measuring.bodies import fit_body
from opentraction.evaluate.measuring.frames import Axes
from opentraction.evaluate.measuring.occupancy import crops, label_mask, occupancy
from opentraction.evaluate.measuring.picture import clues

UPRIGHT = Axes(np.zeros(3), np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]))
FRONT = np.array([0.0, 1.0, 0.0])
MARROW, DISC = 340.0, 50.0


def block(top_mm: float, *, lean_deg: float = 0.0, image_top_mm: float | None = None) -> ImagingStudy:
    """A bone 24 mm and more high, on 1 mm voxels, its image the mean over each voxel, blurred, with noise.

    Args:
        top_mm: height of the upper endplate above the voxel centres at 12 mm.
        lean_deg: how far both endplates lean to the front.
        image_top_mm: the same in the image, when that is to disagree with the label.
    """
    affine = np.eye(4)
    affine[:3, 3] = -28.0
    world = np.stack(np.meshgrid(*(np.arange(57.0) - 28.0,) * 3, indexing="ij"), axis=-1)
    x, y, z = np.moveaxis(world, -1, 0)
    z = z - np.tan(np.radians(lean_deg)) * y
    wall = (x / 22.0) ** 4 + (y / 17.0) ** 4 < 1.0
    labels = (wall & (z < 12.0 + top_mm) & (z > -12.5)).astype(np.int16)
    seen = 12.0 + (top_mm if image_top_mm is None else image_top_mm)
    share = wall * np.clip(seen + 0.5 - z, 0.0, 1.0) * np.clip(z + 13.0, 0.0, 1.0)
    share = ndimage.gaussian_filter(share, 0.45)
    noise = np.random.default_rng(3).normal(0.0, 20.0, share.shape)
    image = (DISC + (MARROW - DISC) * share + noise).astype(np.float32)
    return ImagingStudy(
        study_id="s", image=image, labels=labels, affine=affine, names={"L3": 1}, modality="MR"
    )


def height(study: ImagingStudy) -> float:
    """Height in the middle [mm]."""
    box = crops(study)["L3"]
    slab = fit_body(occupancy(study, label_mask(study, "L3", box), box), UPRIGHT, FRONT)
    assert slab is not None
    return slab.height(0.0, 10.0)


@pytest.mark.parametrize("top_mm", [0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95])
def test_image_finds_an_endplate_along_the_grid_within_its_voxel(top_mm):
    """Labels alone are the same for all of these; the lower endplate lies half way between two voxels."""
    study = block(top_mm)
    np.testing.assert_array_equal(study.labels, block(0.5).labels)
    assert height(study) == pytest.approx(24.5 + top_mm, abs=0.1)


def test_labels_alone_stay_half_a_voxel_off():
    assert height(replace(block(0.95), image=None)) == pytest.approx(25.0, abs=0.05)


@pytest.mark.parametrize(
    "change",
    [
        {"modality": "CT"},
        {"modality": "unknown"},
        {"image": np.full((57, 57, 57), np.nan, dtype=np.float32)},
        {"image": np.random.default_rng(1).normal(300.0, 60.0, (57, 57, 57)).astype(np.float32)},
    ],
    ids=["CT", "unknown", "not a number", "no contrast"],
)
def test_without_a_clear_mr_image_nothing_changes(change):
    study = block(0.9)
    assert height(replace(study, **change)) == height(replace(study, image=None))


@pytest.mark.parametrize("lean_deg", [8.0, 15.0, 25.0])
def test_leaning_endplates_are_left_to_the_labels(lean_deg):
    study = block(0.9, lean_deg=lean_deg)
    assert height(study) == pytest.approx(height(replace(study, image=None)), abs=0.03)


@pytest.mark.parametrize("image_top_mm", [-2.0, -0.4, 1.4, 3.0])
def test_an_image_that_disagrees_never_moves_an_endplate_off_its_labels(image_top_mm):
    """The image's edge lies outside of the slack between two layers of voxels, 0 to 1 mm."""
    assert 24.5 <= height(block(0.5, image_top_mm=image_top_mm)) <= 25.5


@pytest.mark.parametrize("blur", [0.0, 0.45, 0.7])
@pytest.mark.parametrize("truth", [-0.4, -0.1, 0.3])
def test_clues_are_as_good_as_they_say(blur, truth):
    """Places of single cells under the blur they expect, and under none and more."""
    x, y, off = np.meshgrid(*(np.arange(-14.0, 15.0),) * 2, np.arange(-6.0, 7.0) - 0.5)
    share = ndimage.gaussian_filter1d(np.clip(truth + 0.5 - off, 0.0, 1.0), max(blur, 1e-3), axis=2)
    grey = DISC + (MARROW - DISC) * share + np.random.default_rng(5).normal(0.0, 20.0, off.shape)
    found = clues(*(each.ravel() for each in (x, y, off, off > truth, grey)), 1.0)
    assert found.x.size > 20
    error = found.offset_mm - truth
    assert abs(error.mean()) < 0.07
    assert np.mean(np.abs(error) < 2.0 * found.sd_mm) > 0.9
