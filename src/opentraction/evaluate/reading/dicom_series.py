"""One DICOM series of single-frame CT or MR slices as a volume in near-RAS order.

Positions come from ImagePositionPatient along the slice normal; SliceThickness is never used as a spacing.
What is not one plain stack (several series, mixed orientation, gaps, duplicates, a tilted gantry) is refused
with the reason.
"""

import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pydicom
from pydicom.errors import InvalidDicomError

from opentraction.chart import BadInput, Posture
from opentraction.evaluate.reading.volume import MIN_SLICES, Volume, check_affine, check_shape, to_canonical
from opentraction.evaluate.reading.weighting import header_weighting

LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
_POSTURE = {"HFS": Posture.SUPINE, "FFS": Posture.SUPINE, "HFP": Posture.PRONE, "FFP": Posture.PRONE}
"""Patient Position, PS3.3 C.7.3.1.1.2."""
_NEEDED = ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "Rows", "Columns")
_NUMBERS = {"ImagePositionPatient": 3, "ImageOrientationPatient": 6, "PixelSpacing": 2}
"""How many numbers each holds, PS3.3 C.7.6.2."""
_NO_SCAN = ("SEG", "SR", "PR", "KO", "RTSTRUCT", "DOC")
"""Kinds of object that lie beside a scan and hold no image of the patient."""
_UIDS = ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID")
_DECODE_ERRORS = (
    RuntimeError,
    ValueError,
    TypeError,
    AttributeError,
    NotImplementedError,
    KeyError,
    OSError,
    EOFError,
)


def is_dicom(path: Path) -> bool:
    """True for a file with the DICOM mark at byte 128, or named .dcm."""
    if path.name.lower().endswith((".dcm", ".dicom", ".ima")):
        return True
    if path.suffix and not path.suffix[1:].isdigit():
        return False
    with path.open("rb") as stream:
        return stream.read(132)[128:] == b"DICM"


def read_dicom_series(files: Sequence[Path], name: str) -> Volume:
    """Read the slices of one series.

    Args:
        files: the DICOM files of a folder, in any order; those without pixels are left out and counted.
        name: name of the folder, for sentences.

    Raises:
        BadInput: one sentence saying why these files are no plain stack of slices.
    """
    slices, notes = _headers(files, name)
    notes += _one_series(slices, name)
    _one_shape(slices, name)
    order, normal_step = _stack(slices, name)
    slices = [slices[index] for index in order]
    affine = LPS_TO_RAS @ _affine_lps(slices[0], normal_step)
    check_affine(affine, name)
    check_shape((int(slices[0].Columns), int(slices[0].Rows), len(slices)), name)
    data = _pixels(slices, name)
    notes += _facts(slices[0], float(np.linalg.norm(normal_step)))
    volume = Volume(
        data=data, affine=affine, name=name, notes=tuple(notes),
        modality=str(slices[0].get("Modality", "unknown")) or "unknown",
        weighting="" if slices[0].get("Modality") != "MR" else header_weighting(slices[0]),
        posture=_POSTURE.get(str(slices[0].get("PatientPosition", "")), Posture.UNKNOWN),
        simulated=_says_simulated(slices[0]),
    )  # fmt: skip
    return to_canonical(volume)


def _headers(files: Sequence[Path], name: str) -> tuple[list[pydicom.Dataset], list[str]]:
    slices: list[pydicom.Dataset] = []
    without = 0
    for path in files:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                dataset = pydicom.dcmread(path)
        except (InvalidDicomError, *_DECODE_ERRORS) as error:
            kind = (
                "empty (0 bytes)"
                if path.stat().st_size == 0
                else f"not readable as DICOM ({str(error)[:60]})"
            )
            raise BadInput(f"{path.name}: the file is {kind}. Copy the series again.") from None
        if "PixelData" in dataset and str(dataset.get("Modality", "")) not in _NO_SCAN:
            slices.append(dataset)
        else:
            without += 1
    if not slices:
        raise BadInput(
            f"{name}: none of the {len(files)} DICOM files holds an image. Give the folder of the series."
        )
    notes = [f"{without} DICOM files that are no scan were left out."] if without else []
    return slices, notes


def _one_series(slices: list[pydicom.Dataset], name: str) -> list[str]:
    for dataset in slices:
        if int(dataset.get("NumberOfFrames", 1) or 1) > 1:
            raise BadInput(f"{name}: multi-frame DICOM is not read yet. Export the series as single slices.")
        if int(dataset.get("SamplesPerPixel", 1) or 1) != 1:
            raise BadInput(f"{name}: a colour picture is no scan. Give the original series.")
        missing = [tag for tag in _NEEDED if dataset.get(tag) in (None, "")]
        if missing:
            raise BadInput(
                f"{name}: a slice lacks {', '.join(missing)}. Export the series again with its geometry."
            )
        for tag, count in _NUMBERS.items():
            if np.size(dataset.get(tag)) != count or not np.isfinite(np.array(dataset.get(tag), float)).all():
                raise BadInput(
                    f"{name}: a slice's {tag} is no list of {count} numbers. Export the series again."
                )
    series = Counter(str(dataset.get("SeriesInstanceUID", "") or "") for dataset in slices)
    if len(series) > 1:
        names = Counter(str(dataset.get("SeriesDescription", "") or "unnamed") for dataset in slices)
        shown = ", ".join(f"'{text}' ({count})" for text, count in names.most_common(5))
        raise BadInput(
            f"{name}: the folder mixes {len(series)} series: {shown}. Give a folder with one of them."
        )
    modality = {str(dataset.get("Modality", "")) for dataset in slices}
    if len(modality) > 1 or not modality <= {"CT", "MR"}:
        shown = ", ".join(sorted(value or "none" for value in modality))
        raise BadInput(f"{name}: expected one series of CT or MR slices, got the modality {shown}.")
    empty = [tag for tag in _UIDS if any(str(dataset.get(tag, "") or "") == "" for dataset in slices)]
    if empty:
        return [
            f"These DICOM identifiers are empty, perhaps removed to hide the patient: {', '.join(empty)}."
        ]
    return []


def _one_shape(slices: list[pydicom.Dataset], name: str) -> None:
    first = slices[0]
    for dataset in slices[1:]:
        if (dataset.Rows, dataset.Columns) != (first.Rows, first.Columns) or not np.allclose(
            np.array(dataset.PixelSpacing, float), np.array(first.PixelSpacing, float), atol=1e-4
        ):
            raise BadInput(f"{name}: the slices differ in size or pixel spacing. Give one series only.")
        if not np.allclose(_directions(dataset), _directions(first), atol=1e-3):
            raise BadInput(
                f"{name}: the slices point in different directions (a localiser?). Give one stack only."
            )
    if (np.array(first.PixelSpacing, float) < 1e-3).any():
        raise BadInput(f"{name}: the pixel spacing is 0 mm. Export the series again.")
    row, column = _directions(first)
    if (
        abs(np.linalg.norm(row) - 1) > 1e-2
        or abs(np.linalg.norm(column) - 1) > 1e-2
        or abs(row @ column) > 1e-2
    ):
        raise BadInput(
            f"{name}: ImageOrientationPatient is not two perpendicular directions. Export it again."
        )


def _stack(slices: list[pydicom.Dataset], name: str) -> tuple[np.ndarray, np.ndarray]:
    """Order of the slices along their normal, and the step [mm, LPS] from one to the next."""
    if len(slices) < MIN_SLICES:
        raise BadInput(
            f"{name}: expected at least {MIN_SLICES} slices, got {len(slices)}. Give the whole series."
        )
    normal = np.cross(*_directions(slices[0]))
    places = np.array([np.array(dataset.ImagePositionPatient, float) for dataset in slices])
    along = places @ normal
    order = np.argsort(along, kind="stable")
    steps = np.diff(along[order])
    if (steps < 1e-3).any():
        count = int((steps < 1e-3).sum())
        raise BadInput(
            f"{name}: {count} slices lie at the place of another one. Give a series without duplicates."
        )
    usual = float(np.median(steps))
    if np.abs(steps - usual).max() > max(0.05 * usual, 0.05):
        at = int(np.abs(steps - usual).argmax())
        raise BadInput(
            f"{name}: the slices are {usual:.3g} mm apart, but {steps[at]:.3g} mm between number "
            f"{at + 1} and "
            f"{at + 2}: a slice is missing or the spacing varies. Give the whole series."
        )
    step = (places[order[-1]] - places[order[0]]) / (len(slices) - 1)
    sideways = float(np.linalg.norm(step - normal * (step @ normal)))
    if sideways > 0.02 * usual:
        raise BadInput(
            f"{name}: the slices shift sideways by {sideways:.2g} mm each (a tilted gantry). "
            "Resample the series to a straight stack first."
        )
    return order, step


def _directions(dataset: pydicom.Dataset) -> np.ndarray:
    """Direction along a row and along a column, shape (2, 3), LPS."""
    return np.array(dataset.ImageOrientationPatient, float).reshape(2, 3)


def _affine_lps(first: pydicom.Dataset, step: np.ndarray) -> np.ndarray:
    """Array index (column, row, slice) to LPS [mm], PS3.3 C.7.6.2.1.1; PixelSpacing is row spacing first."""
    row, column = _directions(first)
    between_rows, between_columns = (float(value) for value in first.PixelSpacing)
    affine = np.eye(4)
    affine[:3, 0], affine[:3, 1], affine[:3, 2] = row * between_columns, column * between_rows, step
    affine[:3, 3] = np.array(first.ImagePositionPatient, float)
    return affine


def _pixels(slices: list[pydicom.Dataset], name: str) -> np.ndarray:
    """Rescaled grey values, float32, shape (columns, rows, slices)."""
    data = np.empty((int(slices[0].Columns), int(slices[0].Rows), len(slices)), dtype=np.float32)
    for index, dataset in enumerate(slices):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                plane = np.asarray(dataset.pixel_array, dtype=np.float32)
        except _DECODE_ERRORS as error:
            raise BadInput(
                f"{name}: the pixels of slice {index + 1} cannot be decoded "
                f"({' '.join(str(error).split())[:90]}). "
                "Export the series uncompressed or as lossless JPEG 2000."
            ) from None
        slope = float(1 if dataset.get("RescaleSlope") in (None, "") else dataset.RescaleSlope)
        if slope == 0.0:
            raise BadInput(
                f"{name}: slice {index + 1} has a rescale slope of 0, which makes every grey value the same. "
                "Export the series again."
            )
        data[:, :, index] = plane.T * slope + float(dataset.get("RescaleIntercept", 0) or 0)
    if not np.isfinite(data).all():
        raise BadInput(f"{name}: the rescaled grey values are not all numbers. Export the series again.")
    return data


def _facts(first: pydicom.Dataset, step_mm: float) -> list[str]:
    notes = []
    thickness = first.get("SliceThickness")
    if thickness not in (None, "") and abs(float(thickness) - step_mm) > 0.05 * step_mm:
        notes.append(
            f"Slices are {step_mm:.3g} mm apart by their positions; the stated slice thickness "
            f"({float(thickness):g} mm) is not the spacing."
        )
    day, time = str(first.get("AcquisitionDate", "") or ""), str(first.get("AcquisitionTime", "") or "")
    if len(day) == 8 and len(time) >= 4:
        notes.append(f"Acquired {day[:4]}-{day[4:6]}-{day[6:]} at {time[:2]}:{time[2:4]}.")
    return notes


def _says_simulated(first: pydicom.Dataset) -> bool:
    texts = (
        first.get(tag, "")
        for tag in ("SeriesDescription", "ImageComments", "PatientName", "StudyDescription")
    )
    return any("SIMULATED" in str(text).upper() for text in texts)
