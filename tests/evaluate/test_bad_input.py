"""Bad input: each gives one clear sentence as BadInput, and never another exception."""

import gzip
import struct
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opentraction.chart import BadInput
from opentraction.evaluate import parse_examination, read_examination, read_landmarks, read_study


def _empty(folder: Path, made) -> Path:
    path = folder / "labels.nii.gz"
    path.write_bytes(b"")
    return path


def _truncated(folder: Path, made) -> Path:
    path = made.write(folder / "labels.nii.gz")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


def _truncated_plain(folder: Path, made) -> Path:
    path = made.write(folder / "labels.nii")
    path.write_bytes(path.read_bytes()[:5000])
    return path


def _text(folder: Path, made) -> Path:
    path = folder / "labels.nii.gz"
    path.write_text("this is a text and no image\n" * 50)
    return path


def _zipped_text(folder: Path, made) -> Path:
    path = folder / "labels.nii.gz"
    path.write_bytes(gzip.compress(b"this is a text and no image\n" * 50))
    return path


def _four_dimensional(folder: Path, made) -> Path:
    path = folder / "labels.nii.gz"
    nib.save(nib.Nifti1Image(np.stack([made.labels] * 3, axis=-1), made.affine), path)
    return path


def _two_dimensional(folder: Path, made) -> Path:
    path = folder / "labels.nii.gz"
    nib.save(nib.Nifti1Image(made.labels[16], made.affine), path)
    return path


def _one_slice(folder: Path, made) -> Path:
    return made.write(folder / "labels.nii.gz", made.labels[16:17])


def _renumbered(table):
    def write(folder: Path, made) -> Path:
        labels = np.zeros_like(made.labels)
        for old, new in table.items():
            labels[made.labels == old] = new
        return made.write(folder / "labels.nii.gz", labels)

    return write


SPIDER = {45: 1, 44: 2, 43: 3, 42: 4, 41: 5, 32: 6, 100: 201, 95: 202, 94: 203, 93: 204, 92: 205, 91: 206}
UNKNOWN = {41: 301, 42: 302, 43: 303, 44: 304, 45: 305}
ARCHES = {41: 48, 42: 49, 43: 60, 44: 61}


def _zeros(folder: Path, made) -> Path:
    return made.write(folder / "labels.nii.gz", np.zeros_like(made.labels))


def _with_sform(matrix):
    def write(folder: Path, made) -> Path:
        path = made.write(folder / "labels.nii.gz")
        image = nib.load(path)
        image.header["srow_x"], image.header["srow_y"], image.header["srow_z"] = matrix
        image.header["sform_code"], image.header["qform_code"] = 2, 0
        raw = image.header.binaryblock + b"\0" * 4 + np.asarray(image.dataobj).tobytes(order="F")
        path.write_bytes(gzip.compress(raw))
        return path

    return write


SINGULAR = [[2.5, 2.5, 0, 0], [0, 0, 0, 0], [0, 0, 2.0, 0]]
TWO_ALIKE = [[2.5, 0, 2.0, 0], [0, 2.0, 0, 0], [0, 0, 0, 0]]
NOT_FINITE = [[float("nan"), 0, 0, 0], [0, 2.0, 0, 0], [0, 0, 2.0, 0]]


def _pixdim_zero(folder: Path, made) -> Path:
    path = made.write(folder / "labels.nii.gz")
    raw = bytearray(gzip.decompress(path.read_bytes()))
    raw[76 + 4 * 2 : 76 + 4 * 3] = struct.pack("<f", 0.0)
    path.write_bytes(gzip.compress(bytes(raw)))
    return path


def _pixdim_other(folder: Path, made) -> Path:
    path = made.write(folder / "labels.nii.gz")
    raw = bytearray(gzip.decompress(path.read_bytes()))
    raw[76 + 4 * 2 : 76 + 4 * 3] = struct.pack("<f", 3.7)
    path.write_bytes(gzip.compress(bytes(raw)))
    return path


def _nan_labels(folder: Path, made) -> Path:
    labels = made.labels.astype(np.float32)
    labels[0, 0, 0] = np.nan
    return made.write(folder / "labels.nii.gz", labels, dtype=np.float32)


def _nan_image(folder: Path, made) -> Path:
    image = made.image.copy()
    image[3, 4, 5] = np.inf
    made.write(folder / "x_t2w.nii.gz", image, dtype=np.float32)
    made.write(folder / "labels.nii.gz")
    return folder


def _interpolated(folder: Path, made) -> Path:
    soft = made.labels.astype(np.float32)
    soft[1:] = (soft[1:] + soft[:-1]) / 2
    return made.write(folder / "labels.nii.gz", soft, dtype=np.float32)


def _negative(folder: Path, made) -> Path:
    return made.write(folder / "labels.nii.gz", made.labels - 1)


def _coarse(axis):
    def write(folder: Path, made) -> Path:
        affine = made.affine.copy()
        affine[:3, axis] *= 10.0 / np.linalg.norm(affine[:3, axis])
        return made.write(folder / "labels.nii.gz", affine=affine)

    return write


def _nothing(folder: Path, made) -> Path:
    (folder / "notes.md").write_text("no image here")
    (folder / "picture.png").write_bytes(b"\x89PNG")
    return folder


def _other_file(folder: Path, made) -> Path:
    path = folder / "report.pdf"
    path.write_bytes(b"%PDF-1.7")
    return path


def _image_as_labels(folder: Path, made) -> Path:
    rng = np.random.default_rng(1)
    return made.write(folder / "labels.nii.gz", rng.integers(0, 900, made.labels.shape))


def _absent(folder: Path, made) -> Path:
    return folder / "nowhere"


def _empty_dicom(folder: Path, made) -> Path:
    (folder / "1.dcm").write_bytes(b"")
    return folder


def _text_dicom(folder: Path, made) -> Path:
    (folder / "1.dcm").write_text("no DICOM" * 100)
    return folder


CASES = {
    "empty file": (_empty, "is empty"),
    "truncated gzip": (_truncated, "ends too early"),
    "truncated file": (_truncated_plain, "ends too early"),
    "text named .nii.gz": (_text, "expected a NIfTI file"),
    "zipped text named .nii.gz": (_zipped_text, "expected a NIfTI file"),
    "four dimensions": (_four_dimensional, "three dimensions, got 4"),
    "two dimensions": (_two_dimensional, "three dimensions, got 2"),
    "one slice": (_one_slice, "at least 3 slices"),
    "labels of SPIDER": (_renumbered(SPIDER), "SPIDER"),
    "labels of nobody": (_renumbered(UNKNOWN), "Which program wrote the map"),
    "parts of vertebrae": (_renumbered(ARCHES), "parts of vertebrae"),
    "all-zero labels": (_zeros, "all zeros"),
    "singular affine": (_with_sform(SINGULAR), "singular|voxel size"),
    "affine with two axes alike": (_with_sform(TWO_ALIKE), "singular"),
    "affine not finite": (_with_sform(NOT_FINITE), "not finite"),
    "voxel size 0": (_pixdim_zero, "voxel size of"),
    "two voxel sizes": (_pixdim_other, "two voxel sizes"),
    "NaN in labels": (_nan_labels, "not a number"),
    "infinity in the image": (_nan_image, "not a number"),
    "interpolated labels": (_interpolated, "interpolated"),
    "negative labels": (_negative, "from 0 to"),
    "10 mm between sagittal slices": (_coarse(0), "left to right"),
    "10 mm between axial slices": (_coarse(2), "head to foot"),
    "folder with nothing usable": (_nothing, "no image that can be read"),
    "another kind of file": (_other_file, "another kind of file"),
    "image given as labels": (_image_as_labels, "more than 250"),
    "no such path": (_absent, "no such file or folder"),
    "empty DICOM": (_empty_dicom, "empty"),
    "text named .dcm": (_text_dicom, "not readable as DICOM"),
}


@pytest.fixture(scope="module")
def damaged(make, tmp_path_factory) -> bytes:
    """A sound label map as bytes, to be damaged."""
    return make().write(tmp_path_factory.mktemp("sound") / "labels.nii").read_bytes()


@pytest.mark.parametrize("name", CASES)
def test_one_sentence_and_no_other_exception(name, make, tmp_path):
    write, words = CASES[name]
    path = write(tmp_path, make())
    with pytest.raises(BadInput, match=words) as caught:
        read_study(path)
    said = str(caught.value)
    assert 20 < len(said) < 330
    assert "\n" not in said
    assert said.endswith((".", "?"))
    assert str(tmp_path) not in said


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    bytes_at=st.lists(st.tuples(st.integers(0, 359), st.integers(0, 255)), min_size=1, max_size=6),
    kept=st.floats(0.0, 1.0) | st.just(1.0),
    zipped=st.booleans(),
)
def test_damaged_headers_read_or_are_refused_and_stay_quiet(damaged, tmp_path, capfd, bytes_at, kept, zipped):
    raw = bytearray(damaged)
    for place, value in bytes_at:
        raw[place] = value
    raw = raw[: int(kept * len(raw))]
    path = tmp_path / ("labels.nii.gz" if zipped else "labels.nii")
    path.write_bytes(gzip.compress(bytes(raw), 1) if zipped else bytes(raw))
    said, study = "", None
    try:
        study = read_study(path)
    except BadInput as refusal:
        said = str(refusal)
    assert (study is None) == bool(said)
    assert "\n" not in said
    assert study is None or np.isfinite(study.affine).all()
    assert capfd.readouterr() == ("", "")


def test_coarse_image_beside_fine_labels_is_refused(make, tmp_path):
    made = make()
    coarse = made.affine.copy()
    coarse[:3, 0] *= 4
    made.write(tmp_path / "x_t2w.nii.gz", made.image[::4], dtype=np.float32, affine=coarse)
    made.write(tmp_path / "labels.nii.gz")
    with pytest.raises(BadInput, match="10 mm apart left to right"):
        read_study(tmp_path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("pain: {bakc_nrs: 3}", "bakc_nrs is not a known field. Did you mean 'back_nrs'"),
        ("paint: {}", "paint is not a known field. Did you mean 'pain'"),
        ("myotomes: {left: {L6: 4}}", "L6 is not a known field"),
        ("pain: {back_nrs: 11}", "less than or equal to 10, got 11"),
        ("myotomes: {left: {L5: 6}}", "less than or equal to 5"),
        ("straight_leg_raise: {left_deg: steep}", "got 'steep'"),
        ("report: [{kind: disc displacement, level: C5-C6}]", "got 'C5-C6'"),
        ("report: [{kind: disc displacement}]", "needs a level"),
        ("report: [{kind: pain}]", "A report finding is one of|expected"),
        ("screening: {G01: maybe}", "'yes', 'no' or 'unknown', got 'maybe'"),
        ("pain: {back_nrs: .nan}", "finite number"),
        ("pain: {}\npain: {}", "given twice"),
        ("pain: [", "cannot be read at line 1"),
        ("- 1", "form with named lines"),
        ("", "form with named lines"),
        ("examined_at: yesterday", "examined_at"),
        ("patient: {patient_id: x, stature_mm: 172}", "stature_mm"),
        ("patient: {patient_id: x, sex: femal}", "got 'femal'"),
    ],
)
def test_wrong_forms_are_refused_with_the_line_or_field(text, words):
    with pytest.raises(BadInput, match=words) as caught:
        parse_examination(text, name="form.yaml")
    assert str(caught.value).startswith("form.yaml: ")
    assert "\n" not in str(caught.value)


def test_forms_that_are_no_text_or_not_there(tmp_path):
    (tmp_path / "form.yaml").write_bytes(b"\xff\xfe\x00\x80")
    with pytest.raises(BadInput, match="not text"):
        read_examination(tmp_path / "form.yaml")
    with pytest.raises(BadInput, match="no such examination form"):
        read_examination(tmp_path / "none.yaml")
    with pytest.raises(BadInput, match="not text"):
        read_landmarks(tmp_path / "form.yaml")
    with pytest.raises(BadInput, match="no such landmark file"):
        read_landmarks(tmp_path / "none.yaml")
    with pytest.raises(BadInput, match="a form is no image"):
        read_study(tmp_path / "form.yaml")
