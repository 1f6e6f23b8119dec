"""Bad input at the command line: one sentence, exit code 2, no traceback, nothing half-written."""

import gzip
import shutil
import subprocess
import sys

import nibabel as nib
import numpy as np
import pytest
import yaml
from command_line import form, one_sentence, say

from opentraction import evaluate

TSS_OF_PERSON = {"L1": 41, "L5": 45}
SPIDER = {41: 5, 42: 4, 43: 3, 44: 2, 45: 1, 92: 205, 93: 204, 94: 203, 95: 202, 100: 201}
"""The numbers of the SPIDER data set: bodies from the lowest up, discs from 201."""


@pytest.fixture(scope="module")
def phantom_files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("phantom")
    study = evaluate.render(evaluate.make_phantom(evaluate.PhantomSpec(seed=2)), voxel_mm=2.0)
    evaluate.write_nifti(study, folder)
    return folder


def saved(array, path, affine=None):
    nib.save(nib.Nifti1Image(array, np.eye(4) if affine is None else affine), path)
    return path


def labels_of(folder):
    return nib.load(folder / "labels.nii.gz")


def numbers_of(folder):
    return np.asarray(labels_of(folder).dataobj).astype(np.int16)


def with_affine(folder, phantom, affine, *, qform=None):
    """The phantom's labels under another affine, as a damaged header would state it."""
    image = nib.Nifti1Image(numbers_of(phantom), None)
    image.header.set_sform(affine, code=1)
    image.header.set_qform(qform, code=0 if qform is None else 1)
    nib.save(image, folder / "labels.nii.gz")
    return folder / "labels.nii.gz"


def empty_image(folder, _):
    (folder / "t2w.nii.gz").write_bytes(b"")
    return folder / "t2w.nii.gz"


def empty_labels_beside_an_image(folder, phantom):
    shutil.copy(phantom / "t2w.nii.gz", folder)
    (folder / "labels.nii.gz").write_bytes(b"")
    return folder


def truncated_gzip(folder, phantom):
    whole = (phantom / "labels.nii.gz").read_bytes()
    (folder / "labels.nii.gz").write_bytes(whole[: len(whole) // 2])
    return folder / "labels.nii.gz"


def truncated_image_beside_labels(folder, phantom):
    whole = (phantom / "t2w.nii.gz").read_bytes()
    (folder / "t2w.nii.gz").write_bytes(whole[: len(whole) // 3])
    shutil.copy(phantom / "labels.nii.gz", folder)
    return folder


def truncated_after_the_header(folder, phantom):
    whole = gzip.decompress((phantom / "labels.nii.gz").read_bytes())
    (folder / "labels.nii").write_bytes(whole[:400])
    return folder / "labels.nii"


def text_named_nifti(folder, _):
    (folder / "labels.nii.gz").write_text("not an image\n")
    return folder / "labels.nii.gz"


def gzipped_text(folder, _):
    (folder / "labels.nii.gz").write_bytes(gzip.compress(b"not an image\n" * 100))
    return folder / "labels.nii.gz"


def four_dimensions(folder, _):
    return saved(np.ones((8, 8, 8, 2), dtype=np.int16), folder / "labels.nii.gz")


def two_dimensions(folder, _):
    return saved(np.ones((8, 8), dtype=np.int16), folder / "labels.nii.gz")


def one_slice(folder, phantom):
    source = labels_of(phantom)
    middle = numbers_of(phantom).shape[0] // 2
    return saved(numbers_of(phantom)[middle : middle + 1], folder / "labels.nii.gz", source.affine)


def all_zero_labels(folder, phantom):
    source = labels_of(phantom)
    return saved(np.zeros(source.shape, dtype=np.int16), folder / "labels.nii.gz", source.affine)


def unknown_convention(folder, phantom):
    source = labels_of(phantom)
    return saved((numbers_of(phantom) > 0).astype(np.int16) * 777, folder / "labels.nii.gz", source.affine)


def spider_convention(folder, phantom):
    source = numbers_of(phantom)
    turned = np.zeros_like(source)
    for mine, theirs in SPIDER.items():
        turned[source == mine] = theirs
    return saved(turned, folder / "labels.nii.gz", labels_of(phantom).affine)


def levels_out_of_order(folder, phantom):
    source = numbers_of(phantom)
    swapped = source.copy()
    swapped[source == TSS_OF_PERSON["L1"]] = TSS_OF_PERSON["L5"]
    swapped[source == TSS_OF_PERSON["L5"]] = TSS_OF_PERSON["L1"]
    return saved(swapped, folder / "labels.nii.gz", labels_of(phantom).affine)


def missing_middle_level(folder, phantom):
    source = numbers_of(phantom)
    source[np.isin(source, (43, 93, 94))] = 0
    return saved(source, folder / "labels.nii.gz", labels_of(phantom).affine)


def image_given_as_labels(folder, phantom):
    shutil.copy(phantom / "t2w.nii.gz", folder / "labels.nii.gz")
    return folder / "labels.nii.gz"


def interpolated_labels(folder, phantom):
    blurred = numbers_of(phantom).astype(np.float32)
    blurred[1:] = 0.5 * (blurred[1:] + blurred[:-1])
    return saved(blurred, folder / "labels.nii.gz", labels_of(phantom).affine)


def singular_affine(folder, phantom):
    affine = labels_of(phantom).affine.copy()
    affine[:3, 1] = affine[:3, 0]
    return with_affine(folder, phantom, affine)


def zero_voxel(folder, phantom):
    affine = labels_of(phantom).affine.copy()
    affine[:3, 2] = 0.0
    return with_affine(folder, phantom, affine)


def zero_voxel_in_the_header(folder, phantom):
    """Voxel size 0 in pixdim, and no affine of its own: only the sizes say how large it is."""
    path = with_affine(folder, phantom, labels_of(phantom).affine)
    raw = bytearray(gzip.decompress(path.read_bytes()))
    raw[80:92] = np.zeros(3, dtype="<f4").tobytes()
    raw[252:256] = np.zeros(2, dtype="<i2").tobytes()
    path.write_bytes(gzip.compress(bytes(raw)))
    return path


def affine_not_a_number(folder, phantom):
    affine = labels_of(phantom).affine.copy()
    affine[0, 3] = np.nan
    return with_affine(folder, phantom, affine)


def voxels_a_thousand_times_too_large(folder, phantom):
    affine = labels_of(phantom).affine.copy()
    affine[:3] *= 1000.0
    return with_affine(folder, phantom, affine)


def image_not_a_number(folder, phantom):
    image = nib.load(phantom / "t2w.nii.gz")
    shutil.copy(phantom / "labels.nii.gz", folder / "labels.nii.gz")
    saved(np.full(image.shape, np.nan, dtype=np.float32), folder / "t2w.nii.gz", image.affine)
    return folder


def labels_not_a_number(folder, phantom):
    spoilt = numbers_of(phantom).astype(np.float32)
    spoilt[::7] = np.nan
    return saved(spoilt, folder / "labels.nii.gz", labels_of(phantom).affine)


def infinite_labels(folder, phantom):
    spoilt = numbers_of(phantom).astype(np.float32)
    spoilt[0, 0, 0] = np.inf
    return saved(spoilt, folder / "labels.nii.gz", labels_of(phantom).affine)


def ten_millimetre_slices(folder, _):
    study = evaluate.render(evaluate.make_phantom(evaluate.PhantomSpec(seed=2)), voxel_mm=(10.0, 2.0, 2.0))
    evaluate.write_nifti(study, folder)
    return folder


def labels_of_another_place(folder, phantom):
    """Image and labels that share no point of the body."""
    shutil.copy(phantom / "t2w.nii.gz", folder)
    far = labels_of(phantom).affine.copy()
    far[:3, 3] += 2000.0
    saved(numbers_of(phantom), folder / "labels.nii.gz", far)
    return folder


def nothing_usable(folder, _):
    (folder / "notes.txt").write_text("no image here\n")
    return folder


def no_such_place(folder, _):
    return folder / "absent"


def landmarks_of_the_neck(folder, _):
    fields = yaml.safe_load(evaluate.landmark_template())
    fields["bodies"]["C5"] = fields["bodies"].pop("L3")
    (folder / "landmarks.yaml").write_text(yaml.safe_dump(fields))
    return folder / "landmarks.yaml"


def landmarks_misspelt(folder, _):
    fields = yaml.safe_load(evaluate.landmark_template())
    fields["mm_per_pixle"] = fields.pop("mm_per_pixel")
    (folder / "landmarks.yaml").write_text(yaml.safe_dump(fields))
    return folder / "landmarks.yaml"


CASES = [
    empty_image, empty_labels_beside_an_image, truncated_gzip, truncated_image_beside_labels,
    truncated_after_the_header, text_named_nifti, gzipped_text, four_dimensions, two_dimensions, one_slice,
    all_zero_labels, unknown_convention, spider_convention, levels_out_of_order, missing_middle_level,
    image_given_as_labels, interpolated_labels, singular_affine, zero_voxel, zero_voxel_in_the_header,
    affine_not_a_number, voxels_a_thousand_times_too_large, image_not_a_number, labels_not_a_number,
    infinite_labels, ten_millimetre_slices, labels_of_another_place, nothing_usable, no_such_place,
    landmarks_of_the_neck, landmarks_misspelt,
]  # fmt: skip


@pytest.mark.parametrize("make", CASES, ids=lambda make: make.__name__)
def test_a_bad_scan_gives_one_sentence_and_nothing_is_written(make, tmp_path, phantom_files):
    folder = tmp_path / "in"
    folder.mkdir()
    place = make(folder, phantom_files)
    before = sorted(folder.iterdir())
    one_sentence(
        say("evaluate", place, "--out", tmp_path / "spine.json", "--picture", tmp_path / "s.png", "--json")
    )
    (tmp_path / "form.yaml").write_text(form())
    if make is not nothing_usable:  # a folder without any image is the way in without a scan
        one_sentence(
            say("course", place, "--form", tmp_path / "form.yaml", "--out", tmp_path / "case", "--json")
        )
    assert sorted(folder.iterdir()) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["form.yaml", "in"]


PROGRAM = "from opentraction.clinic.cli import main; main()"


@pytest.mark.full
@pytest.mark.parametrize("make", CASES, ids=lambda make: make.__name__)
def test_a_process_of_its_own_says_no_more_than_the_sentence(make, tmp_path, phantom_files):
    """Warnings of libraries and what they print at the end of a process would show here."""
    folder = tmp_path / "in"
    folder.mkdir()
    place = make(folder, phantom_files)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "evaluate", str(place), "--json"],
        capture_output=True, text=True, cwd=tmp_path, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1, done.stderr
