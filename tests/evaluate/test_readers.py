"""Reading: the same spine from any axis order, spacing and format; the real cases."""

import itertools
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opentraction.chart import BadInput, Posture
from opentraction.evaluate import read_study
from opentraction.evaluate.phantoms.build import PhantomProtrusion, PhantomSpec, make_phantom
from opentraction.evaluate.phantoms.files import write_dicom, write_nifti
from opentraction.evaluate.phantoms.render import render
from opentraction.evaluate.reading.detection import structures_of

AXES = [
    "".join(pick[axis][sign] for axis, sign in zip(order, signs, strict=True))
    for order in itertools.permutations(range(3))
    for signs in itertools.product((0, 1), repeat=3)
    for pick in [("RL", "AP", "SI")]
]


@pytest.fixture(scope="module")
def straight(make, tmp_path_factory):
    """The made spine and how it reads in RAS order."""
    made = make()
    folder = tmp_path_factory.mktemp("made")
    made.write(folder / "labels.nii.gz")
    made.write(folder / "t2w.nii.gz", made.image, dtype=np.float32)
    return made, folder, read_study(folder)


def test_there_are_48_axis_orders():
    assert len(set(AXES)) == 48


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(axes=st.sampled_from(AXES), stored=st.sampled_from([np.uint8, np.int16, np.float32, np.float64]))
def test_any_axis_order_and_number_type_reads_the_same(straight, tmp_path, axes, stored):
    made, _, expected = straight
    made.write(tmp_path / "t2w.nii.gz", made.image, axes=axes, dtype=np.float32)
    made.write(tmp_path / "labels.nii.gz", axes=axes, dtype=stored)
    study = read_study(tmp_path)
    assert np.array_equal(study.labels, expected.labels)
    assert np.array_equal(study.image, expected.image)
    assert np.allclose(study.affine, expected.affine, atol=1e-4)
    assert study.names == expected.names
    assert study.laterality_known


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(axes=st.sampled_from(AXES), angle=st.floats(-30, 30), about=st.sampled_from([0, 1, 2]))
def test_left_and_right_never_change_places(straight, tmp_path, axes, angle, about):
    """Centres of the structures in world RAS are those of the straight reading, turned as the grid was."""
    made, _, expected = straight
    turn = np.eye(4)
    first, second = [(1, 2), (0, 2), (0, 1)][about]
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    turn[first, first] = turn[second, second] = c
    turn[first, second], turn[second, first] = -s, s
    made.write(tmp_path / "labels.nii.gz", axes=axes, affine=turn @ made.affine)
    study = read_study(tmp_path / "labels.nii.gz")
    here = structures_of(study.labels, study.affine)
    there = structures_of(expected.labels, expected.affine)
    assert set(here) == set(there)
    for number, structure in there.items():
        world = turn[:3, :3] @ np.array(structure.centre_mm)
        assert np.allclose(here[number].centre_mm, world, atol=0.01)


def test_notes_say_what_was_taken(straight):
    _, _, study = straight
    said = " ".join(study.notes)
    assert "t2w.nii.gz and labels.nii.gz" in said
    assert "TotalSpineSeg" in said
    assert study.derived == frozenset()
    assert study.bodies_only
    assert study.modality == "MR"


def test_labels_on_another_grid_pull_the_image_onto_theirs(make, tmp_path):
    """A linear ramp survives linear interpolation exactly, so that the place of the resampling is checked."""
    made = make()
    ramp = np.broadcast_to(np.arange(96, dtype=np.float32), (68, 48, 96)).copy()
    affine = np.diag([1.25, 2.0, 3.0, 1.0])
    affine[:3, 3] = made.affine[:3, 3]
    made.write(tmp_path / "t2w.nii.gz", ramp, dtype=np.float32, affine=affine)
    made.write(tmp_path / "labels.nii.gz")
    study = read_study(tmp_path)
    assert study.image.shape == study.labels.shape
    k = np.arange(5, 120)
    assert np.allclose(study.image[10, 10, k], k * 2.0 / 3.0, atol=1e-3)
    assert any("linear interpolation" in note for note in study.notes)


def test_labels_of_another_place_are_refused(make, tmp_path):
    made = make()
    away = made.affine.copy()
    away[0, 3] += 400.0
    made.write(tmp_path / "t2w.nii.gz", made.image, dtype=np.float32, affine=away)
    made.write(tmp_path / "labels.nii.gz")
    with pytest.raises(BadInput, match="do not lie on each other"):
        read_study(tmp_path)


def test_qform_and_sform_that_disagree_on_the_side_leave_it_unknown(make, tmp_path):
    made = make()
    path = made.write(tmp_path / "labels.nii.gz")
    image = nib.load(path)
    mirrored = np.diag([-1.0, 1.0, 1.0, 1.0]) @ image.affine
    image.set_qform(mirrored, 1)
    nib.save(image, path)
    study = read_study(path)
    assert not study.laterality_known
    assert any("Left and right are not known" in note for note in study.notes)


def test_header_without_orientation_is_refused(make, tmp_path):
    path = make().write(tmp_path / "labels.nii.gz")
    image = nib.load(path)
    image.set_qform(None, 0)
    image.set_sform(None, 0)
    nib.save(image, path)
    with pytest.raises(BadInput, match="says nothing of where head"):
        read_study(path)


def test_folder_with_two_images_asks_which(make, tmp_path):
    made = make()
    made.write(tmp_path / "a_t1w.nii.gz", made.image, dtype=np.float32)
    made.write(tmp_path / "b_t2w.nii.gz", made.image, dtype=np.float32)
    with pytest.raises(BadInput, match="Which one"):
        read_study(tmp_path)


def test_dicom_series_is_read_by_position_and_rescaled(write_series, tmp_path):
    """A series written in shuffled file order, sagittal, with SliceThickness 1 and slices 3 mm apart."""
    rng = np.random.default_rng(0)
    volume = rng.integers(0, 500, (20, 24, 9))
    sagittal = (0, 1, 0, 0, 0, -1)
    write_series(tmp_path / "s", volume, orientation=sagittal)
    study = read_study(tmp_path / "s")
    assert study.labels is None
    assert study.modality == "MR"
    assert study.posture is Posture.SUPINE
    assert study.voxel_mm == pytest.approx((3.0, 2.0, 1.5))
    assert any("3 mm apart by their positions" in note for note in study.notes)
    # LPS: a row runs to the back, a column to the foot, the normal (row x column) to the patient's right
    inverse = np.linalg.inv(study.affine)
    for column, row, slice_number in [(0, 0, 0), (19, 23, 8), (4, 11, 3)]:
        lps = np.array([-30.0, -40.0, 10.0]) + np.array([0, 2.0, 0]) * column + np.array([0, 0, -1.5]) * row
        lps = lps + 3.0 * slice_number * np.cross([0, 1, 0], [0, 0, -1])
        voxel = inverse[:3, :3] @ (lps * [-1, -1, 1]) + inverse[:3, 3]
        i, j, k = (round(float(value)) for value in voxel)
        assert study.image[i, j, k] == pytest.approx(2.0 * volume[column, row, slice_number] - 100)


def _blank(dataset, _):
    for tag in ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID"):
        setattr(dataset, tag, "")


def test_empty_identifiers_are_tolerated_and_said(write_series, tmp_path):
    write_series(tmp_path / "s", np.zeros((8, 8, 5), int) + 7, edit=_blank)
    study = read_study(tmp_path / "s")
    assert any("identifiers are empty" in note for note in study.notes)


def _second_series(dataset, index):
    if index > 2:
        dataset.SeriesInstanceUID = "1.2.3"


def _turned(dataset, index):
    if index == 0:
        dataset.ImageOrientationPatient = [1, 0, 0, 0, 0, -1]


def _gap(dataset, index):
    if index > 2:
        dataset.ImagePositionPatient = [-30.0, -40.0, 10.0 + 3.0 * index + 3.0]


def _twice(dataset, index):
    if index == 3:
        dataset.ImagePositionPatient = [-30.0, -40.0, 10.0 + 3.0 * 2]


def _tilted(dataset, index):
    dataset.ImagePositionPatient = [-30.0, -40.0 + 0.8 * index, 10.0 + 3.0 * index]


def _no_place(dataset, index):
    del dataset.ImagePositionPatient


def _short_place(dataset, index):
    if index == 1:
        dataset.ImagePositionPatient = [-30.0, -40.0]


def _one_spacing(dataset, index):
    dataset.PixelSpacing = "1.5"


def _other_size(dataset, index):
    if index == 2:
        dataset.PixelSpacing = [1.0, 1.0]


def _frames(dataset, index):
    dataset.NumberOfFrames = 4


def _ultrasound(dataset, index):
    dataset.Modality = "US"


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (_second_series, "mixes 2 series"),
        (_turned, "different directions"),
        (_gap, "a slice is missing"),
        (_twice, "without duplicates"),
        (_tilted, "tilted gantry"),
        (_no_place, "lacks ImagePositionPatient"),
        (_short_place, "ImagePositionPatient is no list of 3 numbers"),
        (_one_spacing, "PixelSpacing is no list of 2 numbers"),
        (_other_size, "differ in size or pixel spacing"),
        (_frames, "multi-frame"),
        (_ultrasound, "modality US"),
    ],
)
def test_what_is_no_plain_stack_is_refused_with_the_reason(write_series, tmp_path, edit, words):
    write_series(tmp_path / "s", np.ones((8, 8, 6), int), edit=edit)
    with pytest.raises(BadInput, match=words):
        read_study(tmp_path / "s")


REAL = {
    "lumbar_mri_t2_healthy_a": ("T11", "L5", False),
    "lumbar_mri_t2_healthy_b": ("T11", "L5", False),
    "lumbar_mri_t2_listhesis_s02": ("T11", "S1", True),
    "lumbar_mri_t2_fracture_f02": ("T10", "S1", True),
}


@pytest.mark.parametrize("name", REAL)
def test_real_mri_with_derived_discs(shared_data: Path, name):
    first, last, holds_s1 = REAL[name]
    study = read_study(shared_data / name)
    assert study.modality == "MR"
    assert study.convention == "TotalSpineSeg"
    assert study.image.shape == study.labels.shape
    assert study.image.dtype == np.float32
    assert {first, last} <= set(study.names)
    assert study.derived == {each for each in study.names if "-" in each}
    assert study.bodies_only
    said = " ".join(study.notes)
    assert "vertebral_bodies.nii.gz" in said
    assert ("L5-S1" in study.names) is holds_s1
    assert ("S1 and the L5-S1 disc are not labelled" in said) is not holds_s1


def test_real_ct_mask_without_an_image(shared_data: Path):
    study = read_study(shared_data / "verse004_ct_mask")
    assert study.image is None
    assert study.modality == "CT"
    assert not study.bodies_only
    assert study.labels.dtype == np.int16
    assert {"T9", "L1", "L5"} <= set(study.names)
    assert "S1" not in study.names
    assert study.voxel_mm == pytest.approx((2.0, 1.0, 1.0), abs=1e-3)


def test_real_dicom_ct_holds_no_lumbar_level(shared_data: Path):
    study = read_study(shared_data / "totalsegmentator_ct_dicom")
    assert study.modality == "CT"
    assert study.voxel_mm == pytest.approx((0.9766, 0.9766, 2.0), abs=1e-3)
    assert {"T11", "T12"} <= set(study.names)
    said = " ".join(study.notes)
    assert "holds no lumbar level" in said
    assert "identifiers are empty" in said
    # bone is bright: the labels lie on the vertebrae and not beside them
    assert float(np.median(study.image[study.mask("T12")])) > 80
    assert float(np.median(study.image)) < 50


def test_real_mri_numbered_from_the_top_of_the_picture_is_refused_with_a_question(shared_data: Path):
    folder = shared_data / "tptbox_samples"
    with pytest.raises(
        BadInput, match=r"C5 and C6 would stand 28 mm apart.*Which vertebra is the topmost one\?"
    ):
        read_study(
            folder / "sub-mri_label-6_T2w.nii.gz", labels=folder / "sub-mri_seg-vert_label-6_msk.nii.gz"
        )


def test_real_ct_crop_is_read_by_the_distance_of_its_vertebrae(shared_data: Path):
    folder = shared_data / "tptbox_samples"
    study = read_study(
        folder / "sub-ct_label-22_ct.nii.gz", labels=folder / "sub-ct_seg-vert_label-22_msk.nii.gz"
    )
    assert set(study.names) == {"L2", "L3", "L4"}
    assert any("Cut by the border" in note and "L2" in note for note in study.notes)


@pytest.mark.parametrize("rotation_deg", [0.0, 30.0])
@pytest.mark.parametrize("form", ["nifti", "dicom"])
def test_rendered_phantom_comes_back_from_its_files(tmp_path, form, rotation_deg):
    """Image, labels and place are those that were rendered, and the mark SIMULATED stays."""
    spec = PhantomSpec(seed=2, protrusions=(PhantomProtrusion(level="L4-L5", depth_mm=6, side="left"),))
    rendered = render(make_phantom(spec), voxel_mm=(3.0, 1.5, 1.5), rotation_deg=rotation_deg)
    _, labels = write_nifti(rendered, tmp_path / "nifti")
    if form == "dicom":
        write_dicom(rendered, tmp_path / "dicom")
    study = read_study(tmp_path / form, labels=labels)
    assert np.array_equal(study.labels, rendered.labels)
    assert np.allclose(study.affine, rendered.affine, atol=1e-4)
    assert np.abs(study.image - rendered.image).max() <= 1.0
    assert study.simulated
    assert any(note.startswith("SIMULATED") for note in study.notes)


def test_what_lies_beside_the_scan_is_left_out_and_counted(write_series, tmp_path):
    def segmentation(dataset, index):
        dataset.Modality, dataset.NumberOfFrames = "SEG", 4

    write_series(tmp_path / "s", np.ones((8, 8, 5), int))
    write_series(tmp_path / "other", np.ones((8, 8, 1), int), edit=segmentation)
    next((tmp_path / "other").glob("*.dcm")).rename(tmp_path / "s" / "seg.dcm")
    study = read_study(tmp_path / "s")
    assert study.image.shape == (8, 8, 5)
    assert any(note.startswith("1 DICOM files that are no scan") for note in study.notes)
