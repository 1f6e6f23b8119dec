"""NIfTI images and label maps, of any axis order and spacing, oblique ones included."""

import gzip
import re
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nibabel as nib
import numpy as np
from nibabel.filebasedimages import ImageFileError
from nibabel.imageglobals import logger as nibabel_log
from nibabel.spatialimages import HeaderDataError

from opentraction.chart import BadInput
from opentraction.evaluate.reading.volume import Volume, check_affine, check_shape, to_canonical
from opentraction.evaluate.reading.weighting import nifti_weighting

SIMULATED_MARK = "SIMULATED"
"""Word in the header's description that marks a rendered phantom."""
_HEADER_BYTES = 348
_READ_ERRORS = (
    ImageFileError, HeaderDataError, OSError, EOFError, zlib.error, gzip.BadGzipFile,
    ValueError, TypeError, OverflowError, KeyError, AttributeError,
)  # fmt: skip
"""What nibabel and gzip raise on files that are damaged or of another kind."""


def is_nifti(path: Path) -> bool:
    """True by the file's name; its content is checked on reading."""
    return path.name.lower().endswith((".nii", ".nii.gz"))


def read_nifti(path: Path) -> Volume:
    """Read one NIfTI file in near-RAS order.

    Returns a `Volume` with the file's own number type, scaled where the header asks for it.

    Raises:
        BadInput: one sentence for a file that is empty, cut short, of another kind, not 3-D, without
            orientation, with a voxel size of 0 or a singular matrix, or with values that are not numbers.
    """
    name = path.name
    _refuse_empty(path)
    size_mm = _raw_voxel_size(path)
    try:
        with _quiet():
            image = nib.Nifti1Image.from_filename(str(path))
        header = image.header
        shape = tuple(int(value) for value in image.shape)
    except _READ_ERRORS as error:
        raise BadInput(
            f"{name}: expected a NIfTI file, and it cannot be read as one ({_short(error)})."
        ) from None
    while len(shape) > 3 and shape[-1] == 1:
        shape = shape[:-1]
    check_shape(shape, name)
    if (np.abs(size_mm) < 1e-3).any() or not np.isfinite(size_mm).all():
        shown = " x ".join(f"{value:g}" for value in size_mm)
        raise BadInput(
            f"{name}: the header gives a voxel size of {shown} mm. Export the image again with its true size."
        )
    affine, laterality_known, notes = _orientation(header, name, shape)
    check_affine(affine, name)
    _compare_sizes(affine, size_mm, name)
    try:
        with _quiet():
            data = np.asanyarray(image.dataobj).reshape(shape)
    except _READ_ERRORS as error:
        raise BadInput(
            f"{name}: the file ends too early or is damaged ({_short(error)}). Copy or export it again."
        ) from None
    _refuse_not_finite(data, name)
    described = bytes(header["descrip"]).decode("latin-1", "replace")
    volume = Volume(
        data=data, affine=affine, name=name, weighting=nifti_weighting(path),
        laterality_known=laterality_known, notes=notes, label_names=_embedded_names(header),
        simulated=SIMULATED_MARK in described.upper(),
    )  # fmt: skip
    return to_canonical(volume)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep nibabel's own messages off the screen: what matters of them is checked and said here."""
    before = nibabel_log.disabled
    nibabel_log.disabled = True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        nibabel_log.disabled = before


def _refuse_empty(path: Path) -> None:
    if not path.is_file():
        raise BadInput(f"{path.name}: there is no such file. Give the path of an image or a label map.")
    if path.stat().st_size == 0:
        raise BadInput(f"{path.name}: the file is empty (0 bytes). Copy or export it again.")


def _raw_voxel_size(path: Path) -> np.ndarray:
    """Voxel size as written [mm], before nibabel mends a 0 into a 1.

    Raises:
        BadInput: when the first bytes are no NIfTI-1 header.
    """
    opener = gzip.open if path.name.lower().endswith(".gz") else open
    try:
        with opener(path, "rb") as stream:
            raw = stream.read(_HEADER_BYTES)
    except _READ_ERRORS as error:
        raise BadInput(_no_header(path, _short(error))) from None
    if len(raw) < _HEADER_BYTES or raw[344:347] not in (b"n+1", b"ni1"):
        raise BadInput(_no_header(path, "no NIfTI-1 mark at its beginning"))
    header = nib.Nifti1Header(raw[:_HEADER_BYTES], check=False)
    return np.array(header["pixdim"][1:4], dtype=float)


def _no_header(path: Path, why: str) -> str:
    return (
        f"{path.name}: expected a NIfTI file, and this is none ({why}). "
        "Give an image as .nii or .nii.gz, or a folder of DICOM files."
    )


def _orientation(
    header: nib.Nifti1Header, name: str, shape: tuple[int, ...]
) -> tuple[np.ndarray, bool, tuple[str, ...]]:
    """Affine, whether left and right can be trusted, and what was doubtful."""
    has_s, has_q = int(header["sform_code"]) > 0, int(header["qform_code"]) > 0
    if not has_s and not has_q:
        raise BadInput(
            f"{name}: the header says nothing of where head, front and left are (qform and sform "
            "are both 0). "
            "Export the image again with its orientation."
        )
    if not (has_s and has_q):
        return np.array(header.get_sform() if has_s else _qform(header, name)), True, ()
    sform, qform = np.array(header.get_sform()), _qform(header, name)
    check_affine(sform, name)
    size = np.linalg.norm(sform[:3, :3], axis=0)
    turned = (sform[:3, :3] / size) - (
        qform[:3, :3] / np.maximum(np.linalg.norm(qform[:3, :3], axis=0), 1e-9)
    )
    if np.abs(turned).max() < 0.05:
        return sform, True, ()
    mirrored = np.diag([-1.0, 1.0, 1.0]) @ sform[:3, :3]
    flipped = mirrored / size - qform[:3, :3] / np.linalg.norm(qform[:3, :3], axis=0)
    if np.abs(flipped).max() < 0.05:
        note = (
            f"{name}: the header's two orientations (qform, sform) disagree on left and right: side unknown."
        )
        return sform, False, (note,)
    raise BadInput(
        f"{name}: the header's two orientations (qform and sform) disagree on where head, front or left is. "
        "Which is right? Export the image again with one orientation."
    )


def _qform(header: nib.Nifti1Header, name: str) -> np.ndarray:
    try:
        return np.array(header.get_qform())
    except _READ_ERRORS as error:
        raise BadInput(
            f"{name}: the header's orientation is damaged ({_short(error)}). Export it again."
        ) from None


def _compare_sizes(affine: np.ndarray, size_mm: np.ndarray, name: str) -> None:
    from_affine = np.linalg.norm(affine[:3, :3], axis=0)
    if (np.abs(from_affine - np.abs(size_mm)) > 0.01 + 0.01 * from_affine).any():
        first = " x ".join(f"{value:.4g}" for value in from_affine)
        second = " x ".join(f"{value:.4g}" for value in np.abs(size_mm))
        raise BadInput(
            f"{name}: the header gives two voxel sizes, {first} mm by its matrix and {second} mm "
            "by its spacing. "
            "Which is right? Export the image again."
        )


def _refuse_not_finite(data: np.ndarray, name: str) -> None:
    if data.dtype.kind not in "iufb":
        raise BadInput(f"{name}: expected one grey value or label per voxel, got the type {data.dtype}.")
    if data.dtype.kind != "f":
        return
    bad = int(data.size - np.count_nonzero(np.isfinite(data)))
    if bad:
        raise BadInput(
            f"{name}: {bad:,} of {data.size:,} voxels are not a number. Export the image again without gaps."
        )


def _embedded_names(header: nib.Nifti1Header) -> tuple[tuple[int, str], ...]:
    """Label table that some segmenters write into the header's extension."""
    pattern = re.compile(r'<Label\s+Key="(\d+)"[^>]*><!\[CDATA\[([^\]]*)\]\]>')
    for extension in header.extensions:
        content = extension.get_content()
        text = content.decode("utf-8", "replace") if isinstance(content, bytes) else str(content)
        if found := pattern.findall(text):
            return tuple((int(number), label.strip()) for number, label in found)
    return ()


def _short(error: BaseException) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    text = re.sub(r"[^\s\"']*/[^\s\"']*", "the file", text)
    return text if len(text) <= 90 else text[:87] + "..."
