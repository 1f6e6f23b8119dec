"""A rendered phantom as files: NIfTI or a sagittal DICOM MR series, labelled in TotalSpineSeg numbers.

The label map is NIfTI beside either image, on the image's own grid, under a name that `read_study` finds.
"""

from collections.abc import Mapping
from pathlib import Path

import nibabel
import numpy as np
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, MRImageStorage, generate_uid

from opentraction.chart import BadInput
from opentraction.evaluate.measuring.frames import Array
from opentraction.evaluate.phantoms.render import LABELS
from opentraction.evaluate.study import ImagingStudy

IMAGE_FILE, LABEL_FILE = "t2w.nii.gz", "labels.nii.gz"
_COMMENT = "SIMULATED: phantom from published norms, no patient"
_RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0])


def write_nifti(study: ImagingStudy, folder: Path | str) -> tuple[Path, Path]:
    """Write `t2w.nii.gz` and `labels.nii.gz` (TotalSpineSeg numbers) into a folder, which is made.

    Returns:
        The paths of the image and of the label map.

    Raises:
        BadInput: when the study holds no image, no labels, or a name without a TotalSpineSeg number.
    """
    if study.image is None or study.labels is None:
        raise BadInput("Expected a study with image and labels, got one without. Render a phantom first.")
    labels = _totalspineseg(study, study.labels)
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    image = np.round(study.image).astype(np.int16)
    return (
        _save_nifti(image, study, target / IMAGE_FILE),
        _save_nifti(labels, study, target / LABEL_FILE),
    )


def _totalspineseg(study: ImagingStudy, labels: Array) -> Array:
    """The label map in TotalSpineSeg numbers, int16; raises BadInput for a name that has none."""
    unknown = sorted(set(study.names) - set(LABELS))
    if unknown:
        raise BadInput(f"Expected names that TotalSpineSeg knows, got {', '.join(unknown)}. Leave them out.")
    numbers = np.zeros(int(max(study.names.values(), default=0)) + 1, dtype=np.int16)
    for name, number in study.names.items():
        numbers[number] = LABELS[name]
    return np.asarray(numbers[labels])


def _save_nifti(array: Array, study: ImagingStudy, path: Path) -> Path:
    image = nibabel.Nifti1Image(array, study.affine)
    image.header.set_xyzt_units("mm")
    image.header["descrip"] = b"SIMULATED phantom"
    image.set_sform(study.affine, code=1)
    image.set_qform(study.affine, code=1)
    nibabel.save(image, path)
    return path


def write_dicom(study: ImagingStudy, folder: Path | str) -> tuple[Path, ...]:
    """Write a plain sagittal MR series, one file per slice, from the patient's right to the left.

    Rows run from head to foot, columns from front to back, as a scanner writes sagittal slices. The name, the
    comment and the image type say that it is simulated. Where the study holds labels, `labels.nii.gz` lies
    beside the slices on their grid, so that the folder alone can be measured.

    Returns:
        The paths of the slices.

    Raises:
        BadInput: when the study holds no image, or a name without a TotalSpineSeg number.
    """
    if study.image is None:
        raise BadInput("Expected a study with an image, got one without. Render a phantom first.")
    labels = None if study.labels is None else _totalspineseg(study, study.labels)
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    image = study.image[::-1, ::-1, ::-1]
    axes = study.affine[:3, :3] * -1.0
    last = np.array(study.image.shape) - 1
    origin = study.affine[:3, :3] @ last + study.affine[:3, 3]
    seed = f"opentraction phantom {study.study_id}"
    uids = {part: generate_uid(entropy_srcs=[seed, part]) for part in ("study", "series", "frame")}
    paths = []
    for index in range(image.shape[0])[::-1]:
        number = image.shape[0] - index
        uid = generate_uid(entropy_srcs=[seed, "instance", str(number)])
        position = origin + axes[:, 0] * index
        data = _slice(image[index], position, axes, study, uids, uid, number)
        path = target / f"MR{number:04d}.dcm"
        data.save_as(path, enforce_file_format=True)
        paths.append(path)
    if labels is not None:
        _save_nifti(labels, study, target / LABEL_FILE)
    return tuple(paths)


def _slice(
    pixels: Array,
    position: Array,
    axes: Array,
    study: ImagingStudy,
    uids: Mapping[str, UID],
    uid: UID,
    number: int,
) -> FileDataset:
    """One sagittal slice; `pixels` (front to back, head to foot), `axes` the steps of the array axes."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = MRImageStorage
    meta.MediaStorageSOPInstanceUID = uid
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    data.SOPClassUID, data.SOPInstanceUID = MRImageStorage, uid
    data.StudyInstanceUID, data.SeriesInstanceUID = uids["study"], uids["series"]
    data.FrameOfReferenceUID = uids["frame"]
    data.PatientName, data.PatientID = "SIMULATED^PHANTOM", study.study_id
    data.PatientBirthDate, data.PatientSex = "", ""
    data.StudyDate, data.StudyTime, data.AccessionNumber, data.StudyID = "20000101", "080000", "", "1"
    data.ReferringPhysicianName, data.Manufacturer = "", "OpenTraction (SIMULATED)"
    data.Modality, data.SeriesNumber, data.InstanceNumber = "MR", 1, number
    data.ImageType = ["DERIVED", "SECONDARY", "OTHER", "SIMULATED"]
    data.ImageComments = _COMMENT
    data.StudyDescription = data.SeriesDescription = "SIMULATED lumbar spine, sagittal T2"
    data.BodyPartExamined, data.PatientPosition, data.Laterality = "LSPINE", "HFS", ""
    data.ScanningSequence, data.SequenceVariant, data.ScanOptions = "SE", "NONE", ""
    data.MRAcquisitionType, data.EchoTime, data.RepetitionTime = "2D", "100", "4000"
    data.EchoTrainLength = 1
    step = np.linalg.norm(axes, axis=0)
    lps = _RAS_TO_LPS @ (axes / step)
    data.ImageOrientationPatient = [f"{value:.9g}" for value in (*lps[:, 1], *lps[:, 2])]
    data.ImagePositionPatient = [f"{value:.9g}" for value in _RAS_TO_LPS @ position]
    data.PixelSpacing = [f"{step[2]:.9g}", f"{step[1]:.9g}"]
    data.SliceThickness = data.SpacingBetweenSlices = f"{step[0]:.9g}"
    rows = np.round(pixels.T).clip(0, 32767).astype("<u2")
    data.Rows, data.Columns = rows.shape
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 15, 14, 0
    data.WindowCenter, data.WindowWidth = "500", "1000"
    data.PixelData = np.ascontiguousarray(rows).tobytes()
    return data
