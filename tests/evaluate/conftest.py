"""A made spine of boxes on a small grid, written as NIfTI in any axis order, and as a DICOM series."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import nibabel as nib
import numpy as np
import pydicom
import pytest
from nibabel.orientations import apply_orientation, axcodes2ornt, inv_ornt_aff
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, MRImageStorage, generate_uid

BODIES = ("T12", "L1", "L2", "L3", "L4", "L5", "S1")
TSS = {
    "T12": 32, "L1": 41, "L2": 42, "L3": 43, "L4": 44, "L5": 45, "S1": 50,
    "T12-L1": 91, "L1-L2": 92, "L2-L3": 93, "L3-L4": 94, "L4-L5": 95, "L5-S1": 100,
}  # fmt: skip
VERSE = {
    "T12": 19, "L1": 20, "L2": 21, "L3": 22, "L4": 23, "L5": 24, "S1": 26,
    "T12-L1": 119, "L1-L2": 120, "L2-L3": 121, "L3-L4": 122, "L4-L5": 123, "L5-S1": 124,
}  # fmt: skip
VOXEL_MM = (2.5, 2.0, 2.0)


@dataclass(frozen=True)
class Made:
    """Labels and image in RAS order, and how to write them."""

    labels: np.ndarray
    image: np.ndarray
    affine: np.ndarray

    def write(
        self, path: Path, data: np.ndarray | None = None, *, axes: str = "RAS", dtype: type = np.int16,
        affine: np.ndarray | None = None,
    ) -> Path:  # fmt: skip
        """Write an array (the labels by default) as NIfTI with its axes in the order `axes`."""
        array = self.labels if data is None else data
        turn = nib.orientations.ornt_transform(axcodes2ornt("RAS"), axcodes2ornt(axes))
        turned = apply_orientation(array, turn)
        base = self.affine if affine is None else affine
        image = nib.Nifti1Image(turned.astype(dtype), base @ inv_ornt_aff(turn, array.shape))
        image.set_qform(image.affine, 1)
        image.set_sform(image.affine, 1)
        nib.save(image, path)
        return path


def _paint(numbers: Mapping[str, int], shape: tuple[int, int, int]) -> np.ndarray:
    """Bodies 40 x 32 x 24 mm and discs 35 x 28 x 10 mm, head to foot, bent like a lumbar spine.

    From L3 down they lie a little to the patient's left, so that a mirrored reading is seen.
    """
    labels = np.zeros(shape, dtype=np.int16)
    top = shape[2] - 4
    for index, name in enumerate(BODIES):
        high = top - index * 17
        forward = 12 + round(5 * np.sin(index / 6 * np.pi))
        left = 9 - (index >= 3)
        if name in numbers:
            labels[left : left + 16, forward : forward + 16, high - 12 : high] = numbers[name]
        below = f"{name}-{BODIES[index + 1]}" if index + 1 < len(BODIES) else ""
        if below in numbers:
            labels[left + 1 : left + 15, forward + 1 : forward + 15, high - 17 : high - 12] = numbers[below]
    return labels


@pytest.fixture(scope="session")
def numbers_of() -> dict[str, dict[str, int]]:
    """Name to number in the two conventions that are read."""
    return {"totalspineseg": dict(TSS), "verse": dict(VERSE)}


@pytest.fixture(scope="session")
def make() -> Callable[..., Made]:
    """Make a labelled spine from a name-to-number table."""

    def build(numbers: Mapping[str, int] = TSS) -> Made:
        shape = (34, 48, 128)
        labels = _paint(numbers, shape)
        rng = np.random.default_rng(5)
        image = (
            rng.normal(20, 3, shape) + 100 * (labels > 0) + 5 * np.arange(shape[0])[:, None, None]
        ).round()
        affine = np.diag([*VOXEL_MM, 1.0])
        affine[:3, 3] = (-40.0, -60.0, -120.0)
        return Made(labels, image.astype(np.float32), affine)

    return build


@pytest.fixture
def write_series() -> Callable[..., Path]:
    """Write a volume (columns, rows, slices) as a DICOM series of single slices; `edit` changes each one."""

    def write(
        folder: Path,
        volume: np.ndarray,
        *,
        orientation: tuple[float, ...] = (1, 0, 0, 0, 1, 0),
        origin: tuple[float, float, float] = (-30.0, -40.0, 10.0),
        pixel_mm: tuple[float, float] = (1.5, 2.0),
        step_mm: float = 3.0,
        modality: str = "MR",
        edit: Callable[[FileDataset, int], None] | None = None,
    ) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        row, column = np.array(orientation[:3], float), np.array(orientation[3:], float)
        normal = np.cross(row, column)
        series, study = generate_uid(), generate_uid()
        for index in range(volume.shape[2]):
            meta = FileMetaDataset()
            meta.MediaStorageSOPClassUID = MRImageStorage if modality == "MR" else CTImageStorage
            meta.MediaStorageSOPInstanceUID = generate_uid()
            meta.TransferSyntaxUID = ExplicitVRLittleEndian
            dataset = FileDataset(str(folder / f"{index}.dcm"), {}, file_meta=meta, preamble=b"\0" * 128)
            dataset.SOPClassUID, dataset.SOPInstanceUID = (
                meta.MediaStorageSOPClassUID,
                meta.MediaStorageSOPInstanceUID,
            )
            dataset.StudyInstanceUID, dataset.SeriesInstanceUID = study, series
            dataset.Modality, dataset.SeriesDescription, dataset.PatientPosition = modality, "made", "HFS"
            dataset.Rows, dataset.Columns = volume.shape[1], volume.shape[0]
            dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
            dataset.BitsAllocated = dataset.BitsStored = 16
            dataset.HighBit, dataset.PixelRepresentation = 15, 1
            dataset.PixelSpacing = [pixel_mm[0], pixel_mm[1]]
            dataset.SliceThickness = 1.0
            dataset.ImageOrientationPatient = list(orientation)
            dataset.ImagePositionPatient = [float(v) for v in np.array(origin) + index * step_mm * normal]
            dataset.RescaleSlope, dataset.RescaleIntercept = 2, -100
            dataset.PixelData = np.ascontiguousarray(volume[:, :, index].T.astype("<i2")).tobytes()
            if edit is not None:
                edit(dataset, index)
            pydicom.dcmwrite(folder / f"z{(index * 7) % volume.shape[2]:03d}_{index}.dcm", dataset)
        return folder

    return write
