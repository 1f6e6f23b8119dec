"""Bad input at the command line: one sentence, exit code 2, no traceback, nothing half-written."""

import gzip
import shutil
import subprocess
import sys
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from opentraction import evaluate


@pytest.fixture(scope="module")
def phantom_files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("phantom")
    study = evaluate.render(evaluate.make_phantom(evaluate.PhantomSpec(seed=2)), voxel_mm=2.0)
    evaluate.write_nifti(study, folder)
    return folder


def run(*words, cwd):
    return subprocess.run(
        [sys.executable, "-c", "from opentraction.clinic.cli import main; main()", *map(str, words)],
        capture_output=True, text=True, cwd=cwd, timeout=120, check=False,
    )  # fmt: skip


def saved(array, path, affine=None):
    nib.save(nib.Nifti1Image(array, np.eye(4) if affine is None else affine), path)
    return path


def labels_of(folder):
    return nib.load(folder / "labels.nii.gz")


def empty_file(folder, _):
    (folder / "t2w.nii.gz").write_bytes(b"")
    return folder / "t2w.nii.gz"


def truncated_gzip(folder, phantom):
    whole = (phantom / "labels.nii.gz").read_bytes()
    (folder / "labels.nii.gz").write_bytes(whole[: len(whole) // 2])
    return folder / "labels.nii.gz"


def text_named_nifti(folder, _):
    (folder / "labels.nii.gz").write_text("not an image\n")
    return folder / "labels.nii.gz"


def gzipped_text(folder, _):
    (folder / "labels.nii.gz").write_bytes(gzip.compress(b"not an image\n"))
    return folder / "labels.nii.gz"


def four_dimensions(folder, _):
    return saved(np.ones((8, 8, 8, 2), dtype=np.int16), folder / "labels.nii.gz")


def two_dimensions(folder, _):
    return saved(np.ones((8, 8), dtype=np.int16), folder / "labels.nii.gz")


def all_zero_labels(folder, phantom):
    source = labels_of(phantom)
    return saved(np.zeros(source.shape, dtype=np.int16), folder / "labels.nii.gz", source.affine)


def other_convention(folder, phantom):
    source = labels_of(phantom)
    numbers = np.asarray(source.dataobj)
    return saved((numbers > 0).astype(np.int16) * 777, folder / "labels.nii.gz", source.affine)


def singular_affine(folder, phantom):
    source = labels_of(phantom)
    affine = source.affine.copy()
    affine[:3, 1] = affine[:3, 0]
    image = nib.Nifti1Image(np.asarray(source.dataobj).astype(np.int16), None)
    image.header.set_sform(affine, code=1)
    image.header.set_qform(None, code=0)
    nib.save(image, folder / "labels.nii.gz")
    return folder / "labels.nii.gz"


def zero_voxel(folder, phantom):
    source = labels_of(phantom)
    affine = source.affine.copy()
    affine[:3, 2] = 0.0
    image = nib.Nifti1Image(np.asarray(source.dataobj).astype(np.int16), None)
    image.header.set_sform(affine, code=1)
    nib.save(image, folder / "labels.nii.gz")
    return folder / "labels.nii.gz"


def not_a_number(folder, phantom):
    image = nib.load(phantom / "t2w.nii.gz")
    grey = np.asarray(image.dataobj, dtype=np.float32).copy()
    grey[:] = np.nan
    shutil.copy(phantom / "labels.nii.gz", folder / "labels.nii.gz")
    saved(grey, folder / "t2w.nii.gz", image.affine)
    return folder


def ten_millimetre_slices(folder, _):
    study = evaluate.render(evaluate.make_phantom(evaluate.PhantomSpec(seed=2)), voxel_mm=(10.0, 2.0, 2.0))
    evaluate.write_nifti(study, folder)
    return folder


def nothing_usable(folder, _):
    (folder / "notes.txt").write_text("no image here\n")
    return folder


def no_such_place(folder, _):
    return folder / "absent"


CASES = [
    empty_file, truncated_gzip, text_named_nifti, gzipped_text, four_dimensions, two_dimensions,
    all_zero_labels, other_convention, singular_affine, zero_voxel, not_a_number, ten_millimetre_slices,
    nothing_usable, no_such_place,
]  # fmt: skip


@pytest.mark.parametrize("make", CASES, ids=lambda make: make.__name__)
def test_a_bad_image_gives_one_sentence_and_exit_code_2(make, tmp_path, phantom_files):
    folder = tmp_path / "in"
    folder.mkdir()
    image = make(folder, phantom_files)
    result = run("evaluate", image, "--out", tmp_path / "spine.json", cwd=tmp_path)
    said = [line for line in result.stderr.splitlines() if line.startswith("opentraction:")]
    assert result.returncode == 2, result.stderr
    assert len(said) == 1, result.stderr
    assert "Traceback" not in result.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in"]


def form(**changes):
    text = (
        "examined_at: 2026-05-04T09:00:00+00:00\nexamined_by: Dr A\n"
        "patient: {patient_id: p1, mass_kg: 70, sex: male}\npain: {back_nrs: 5}\n"
    )
    return text + "".join(f"{name}: {value}\n" for name, value in changes.items())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (form(pian="{back_nrs: 5}"), "pian"),
        (form(fingertip_floor_cm="1e9"), "fingertip_floor_cm"),
        (form(screening="{XX99: no}"), "XX99"),
        ("just words", "form"),
        ("patient: [", "line"),
        ("", "form"),
    ],
)
def test_a_bad_form_names_the_field(text, words, tmp_path):
    path = tmp_path / "form.yaml"
    path.write_text(text)
    result = run("screen", "--form", path, cwd=tmp_path)
    assert result.returncode == 2, result.stderr
    assert words in result.stderr
    assert "Traceback" not in result.stderr


def test_a_force_of_a_billion_is_refused(tmp_path):
    path = tmp_path / "form.yaml"
    path.write_text(form())
    result = run("plan", "--form", path, "--cap-n", "1e9", "--out", tmp_path / "case", cwd=tmp_path)
    assert result.returncode == 2, result.stderr
    assert "1e+09" in result.stderr or "1000000000" in result.stderr
    assert not (tmp_path / "case").exists()


@pytest.mark.parametrize(
    "words",
    [
        ["report", "absent.json"],
        ["deliver", "absent"],
        ["follow", "absent.yaml"],
        ["record", "absent.record"],
        ["phantom", "out", "--protrusion", "C5-C6=4"],
        ["phantom", "out", "--grade", "L4-L5=nine"],
        ["course", "absent"],
        ["no-such-command"],
    ],
    ids=" ".join,
)
def test_wrong_words_give_exit_code_2(words, tmp_path):
    result = run(*words, cwd=tmp_path)
    assert result.returncode == 2, result.stderr
    assert "Traceback" not in result.stderr
    assert not list(Path(tmp_path).iterdir())
