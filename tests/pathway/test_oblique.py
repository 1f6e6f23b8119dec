"""Oblique acquisitions through files and the command line: the same numbers, within their spread."""

from itertools import product

import nibabel as nib
import numpy as np
import pytest
from scipy import ndimage

from opentraction import evaluate
from opentraction.chart import LEVELS, Spine

TURNS = [
    (10.0, (0.3, 0.5, 0.8)),
    (20.0, (0.3, 0.5, 0.8)),
    (30.0, (0.3, 0.5, 0.8)),
    (30.0, (1.0, 0.0, 0.0)),
    (30.0, (0.0, 1.0, 0.0)),
    (30.0, (0.0, 0.0, 1.0)),
    (-30.0, (0.5, -0.7, 0.2)),
]
"""How far the grid is turned against the patient [deg], and about which axis (right, front, head)."""
NAMES = (
    "height_front_mm", "height_mid_mm", "height_back_mm", "depth_mm", "width_mm", "wedge_deg", "area_mm2",
    "volume_mm3",
)  # fmt: skip


@pytest.fixture(scope="module")
def straight(opentraction, phantom_specs, tmp_path_factory):
    """The three phantoms measured where the grid lies straight."""
    folder = tmp_path_factory.mktemp("straight")
    return {
        name: measured(opentraction, evaluate.make_phantom(spec), folder / name)
        for name, spec in phantom_specs.items()
    }


def measured(opentraction, phantom, folder, **how):
    evaluate.write_nifti(evaluate.render(phantom, **how), folder)
    out = folder / "spine.json"
    done = opentraction.run("evaluate", folder, "--out", out)
    assert done.code == 0, done.err
    return Spine.from_json(out.read_text())


def differences(turned, other):
    """Each difference over the spread of both together, with its name."""
    for level, name in product(LEVELS, NAMES):
        mine, theirs = getattr(turned.disc(level), name), getattr(other.disc(level), name)
        yield abs(mine.value - theirs.value) / (mine.sd**2 + theirs.sd**2) ** 0.5, f"{level} {name}"
    slips = [(turned.disc(level).listhesis, other.disc(level).listhesis, level) for level in LEVELS]
    for mine, theirs, level in slips:
        sd = (mine.slip_mm.sd**2 + theirs.slip_mm.sd**2) ** 0.5
        yield abs(mine.slip_mm.value - theirs.slip_mm.value) / sd, f"{level} slip"
    mine, theirs = turned.lordosis_deg, other.lordosis_deg
    yield abs(mine.value - theirs.value) / (mine.sd**2 + theirs.sd**2) ** 0.5, "lordosis"


@pytest.mark.full
@pytest.mark.parametrize(("turn_deg", "axis"), TURNS, ids=str)
@pytest.mark.parametrize("name", ["phantom_p1", "phantom_p2", "phantom_p3"])
def test_a_turned_acquisition_measures_the_same_within_the_stated_spread(
    opentraction, phantom_specs, straight, tmp_path, capsys, name, turn_deg, axis
):
    phantom = evaluate.make_phantom(phantom_specs[name])
    turned = measured(opentraction, phantom, tmp_path, rotation_deg=turn_deg, rotation_axis=axis)
    worst, where = max(differences(turned, straight[name]))
    with capsys.disabled():
        print(f"\n{name} turned {turn_deg:g} deg about {axis}: worst {worst:.2f} spreads, {where}")
    assert worst < 2.0
    for level in LEVELS:
        here, there = turned.disc(level).protrusion, straight[name].disc(level).protrusion
        assert (here is None) == (there is None), level
        if here is not None:
            assert (here.side, here.kind) == (there.side, there.kind)


@pytest.mark.full
def test_an_oblique_dicom_series_measures_the_same(opentraction, phantom_specs, straight, tmp_path):
    """The series' own oblique axes, with the label map of its grid beside it."""
    study = evaluate.render(evaluate.make_phantom(phantom_specs["phantom_p1"]), rotation_deg=25.0)
    evaluate.write_dicom(study, tmp_path / "dicom")
    _, labels = evaluate.write_nifti(study, tmp_path / "labels")
    out = tmp_path / "spine.json"
    done = opentraction.run("evaluate", tmp_path / "dicom", "--labels", labels, "--out", out)
    assert done.code == 0, done.err
    worst, where = max(differences(Spine.from_json(out.read_text()), straight["phantom_p1"]))
    assert worst < 2.0, where


def resampled(path, to, turn_deg):
    """A label map on a grid of the same voxel size, turned about an oblique axis through its middle."""
    source = nib.load(path)
    size = np.linalg.norm(source.affine[:3, :3], axis=0)
    axes = source.affine[:3, :3] / size @ rotation(turn_deg, (0.3, 0.5, 0.8)) * size
    last = np.array(source.shape) - 1
    corners = np.array(list(product(*((0, end) for end in last)))) @ source.affine[:3, :3].T
    reach = np.linalg.solve(axes, corners.T)
    count = np.ceil(np.ptp(reach, axis=1)).astype(int) + 1
    affine = np.eye(4)
    affine[:3, :3] = axes
    affine[:3, 3] = source.affine[:3, 3] + axes @ reach.min(axis=1)
    back = np.linalg.inv(source.affine) @ affine
    labels = ndimage.affine_transform(
        np.asarray(source.dataobj).astype(np.int16), back[:3, :3], back[:3, 3], tuple(count), order=0
    )
    nib.save(nib.Nifti1Image(labels, affine), to)
    return to


def rotation(angle_deg, axis):
    x, y, z = np.asarray(axis) / np.linalg.norm(axis)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    angle = np.radians(angle_deg)
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


@pytest.mark.full
@pytest.mark.parametrize("turn_deg", [15.0, 30.0])
def test_a_real_label_map_on_a_turned_grid_measures_the_same(
    opentraction, shared_data, tmp_path, capsys, turn_deg
):
    """Nearest neighbour moves each edge by up to half a voxel; that is what the stated spread is for."""
    path = shared_data / "lumbar_mri_t2_listhesis_s02" / "derived_bodies_and_discs.nii.gz"
    turned_path = resampled(path, tmp_path / "derived_bodies_and_discs.nii.gz", turn_deg)
    spines = []
    for number, place in enumerate((turned_path, path)):
        out = tmp_path / f"{number}.json"
        done = opentraction.run("evaluate", place, "--out", out)
        assert done.code == 0, done.err
        spines.append(Spine.from_json(out.read_text()))
    worst, where = max(differences(*spines))
    with capsys.disabled():
        print(f"\nlisthesis_s02 turned {turn_deg:g} deg: worst {worst:.2f} spreads, {where}")
    assert worst < 2.0
    grades = [[disc.listhesis.grade for disc in spine.discs] for spine in spines]
    assert grades[0] == grades[1]
