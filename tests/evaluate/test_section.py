"""The mid-sagittal picture: head up, front left, through the middle of the spine, outlines where the labels
are."""

import numpy as np
import pytest

from opentraction.chart import BadInput, Level, Patient, Quality
from opentraction.evaluate import mid_sagittal, read_study, spine_of_norms
from opentraction.evaluate.phantoms.build import PhantomSpec, make_phantom
from opentraction.evaluate.phantoms.render import render
from opentraction.evaluate.section import contours


@pytest.fixture(scope="module")
def phantom():
    return make_phantom(PhantomSpec(seed=4))


@pytest.fixture(scope="module", params=[0.0, 25.0], ids=["straight", "oblique"])
def picture(request, phantom):
    study = render(phantom, voxel_mm=1.5, rotation_deg=request.param)
    return study, mid_sagittal(study, phantom.spine)


def centre(outlines, name):
    points = max((o.points_mm for o in outlines if o.name == name), key=len)
    return points.mean(axis=0)


def test_head_is_up_and_the_front_left(picture):
    _, cut = picture
    left, right, bottom, top = cut.extent_mm
    assert left < right
    assert bottom < top
    heights = [centre(cut.outlines, name)[1] for name in ("T12", "L1", "L2", "L3", "L4", "L5", "S1")]
    assert heights == sorted(heights, reverse=True)
    assert centre(cut.outlines, "canal")[0] > centre(cut.outlines, "L3")[0] + 15, (
        "the canal lies behind, to the right"
    )
    assert cut.up[2] > 0.99
    assert cut.across[1] < -0.8


def test_levels_stand_in_one_column_behind_the_spine(picture):
    _, cut = picture
    assert [label.name for label in cut.levels] == [level.value for level in Level]
    columns = {label.at_mm[0] for label in cut.levels}
    assert len(columns) == 1
    bodies = [o.points_mm[:, 0].max() for o in cut.outlines if o.name not in ("canal", "cord")]
    assert max(bodies) < columns.pop() < cut.extent_mm[1] - 15
    for label in cut.levels:
        assert label.at_mm[1] == label.centre_mm[1]


def test_outlines_close_about_their_labels(picture):
    """The outline's area is the label's area in the cut."""
    study, cut = picture
    points = max((o.points_mm for o in cut.outlines if o.name == "L3"), key=len)
    nxt = np.roll(points, -1, axis=0)
    area = abs(0.5 * np.sum(points[:, 0] * nxt[:, 1] - points[:, 1] * nxt[:, 0]))
    columns = np.arange(cut.extent_mm[0], cut.extent_mm[1], 0.5)
    rows = np.arange(cut.extent_mm[2], cut.extent_mm[3], 0.5)
    across, up = np.meshgrid(columns, rows)
    world = np.array(cut.origin_mm) + across[..., None] * cut.across + up[..., None] * cut.up
    inverse = np.linalg.inv(study.affine)
    index = np.round(world @ inverse[:3, :3].T + inverse[:3, 3]).astype(int)
    inside = ((index >= 0) & (index < study.labels.shape)).all(axis=-1)
    hit = np.zeros(inside.shape, bool)
    hit[inside] = study.labels[tuple(index[inside].T)] == study.names["L3"]
    assert area == pytest.approx(hit.sum() * 0.25, rel=0.03)


def test_endplates_lie_on_the_edges_of_the_discs(picture):
    _, cut = picture
    assert len(cut.endplates) == 10
    for line in cut.endplates:
        assert line.quality is Quality.MEASURED
        assert line.points_mm[0, 0] < line.points_mm[-1, 0], "front to back runs left to right"
        outline = max((o.points_mm for o in cut.outlines if o.name == line.level), key=len)
        middle = line.points_mm[5:-5]
        gap = np.linalg.norm(middle[:, None] - outline[None], axis=-1).min(axis=1)
        assert gap.mean() < 1.2


def test_picture_samples_the_image_where_it_says(picture):
    """The nucleus of L2-L3 is bright and its body above is dark at the places the picture gives them."""
    _, cut = picture

    def grey(point):
        column = int((point[0] - cut.extent_mm[0]) / cut.pixel_mm)
        row = int((cut.extent_mm[3] - point[1]) / cut.pixel_mm)
        return float(cut.image[row - 1 : row + 2, column - 1 : column + 2].mean())

    disc = next(label for label in cut.levels if label.name == "L2-L3")
    assert grey(disc.centre_mm) > grey(centre(cut.outlines, "L2")) + 0.1
    assert cut.image.dtype == np.float32
    assert 0.0 <= float(cut.image.min()) < float(cut.image.max()) <= 1.0
    assert cut.simulated


def test_cut_runs_through_the_middle_of_each_disc(picture, phantom):
    _, cut = picture
    normal = np.cross(cut.across, cut.up)
    for disc in phantom.spine.discs:
        assert abs((np.array(disc.frame.origin_mm) - cut.origin_mm) @ normal) < 1.5


def test_without_image_outlines_remain(phantom):
    from dataclasses import replace

    study = replace(render(phantom, voxel_mm=2.0), image=None)
    cut = mid_sagittal(study, phantom.spine)
    assert cut.image is None
    assert cut.outlines
    assert cut.notes


def test_nothing_to_cut_is_refused(phantom):
    from dataclasses import replace

    study = replace(render(phantom, voxel_mm=3.0), labels=None, names={})
    with pytest.raises(BadInput, match="no plane to cut"):
        mid_sagittal(study, spine_of_norms(Patient(patient_id="x")).replace(vertebrae=()))


def test_contour_of_a_circle():
    y, x = np.mgrid[0:41, 0:61].astype(float)
    field = 15.0 - np.hypot(x - 30, y - 20)
    (curve,) = contours(field, 0.0)
    assert np.allclose(np.hypot(curve[:, 1] - 30, curve[:, 0] - 20), 15.0, atol=0.05)
    assert len(contours(np.zeros((5, 5)), 0.5)) == 0


def test_contours_of_two_pieces_and_a_piece_at_the_border():
    field = np.zeros((20, 20))
    field[0:4, 0:4] = 1
    field[10:16, 9:18] = 1
    first, second = contours(field, 0.5)
    assert len(first) > len(second)
    assert second.min() == pytest.approx(-0.5)


@pytest.mark.parametrize("name", ["lumbar_mri_t2_healthy_b", "lumbar_mri_t2_listhesis_s02"])
def test_real_scan_is_cut_along_its_spine(shared_data, name):
    """Every labelled body and disc is met by the cut, and the bright fluid of the canal lies behind L3."""
    study = read_study(shared_data / name)
    bare = spine_of_norms(Patient(patient_id="x")).replace(vertebrae=())
    cut = mid_sagittal(study, bare)
    assert {outline.name for outline in cut.outlines} == set(study.names)
    assert all(outline.derived == ("-" in outline.name) for outline in cut.outlines)
    heights = [centre(cut.outlines, each)[1] for each in ("T12", "L1", "L2", "L3", "L4", "L5")]
    assert heights == sorted(heights, reverse=True)
    back = max((o.points_mm for o in cut.outlines if o.name == "L3"), key=len)
    row = int((cut.extent_mm[3] - back[:, 1].mean()) / cut.pixel_mm)
    column = int((back[:, 0].max() - cut.extent_mm[0]) / cut.pixel_mm)
    behind, before = cut.image[row, column : column + 22], cut.image[row, column - 25 : column - 5]
    assert float(behind.max()) > 1.5 * float(before.mean())
