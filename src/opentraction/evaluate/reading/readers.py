"""Reading an imaging study: a DICOM folder, a NIfTI image, a label map, or a folder that holds them."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from opentraction.chart import BadInput, Posture
from opentraction.evaluate.reading.checks import check_anatomy, check_spacing, lumbar_names, whole_vertebrae
from opentraction.evaluate.reading.conventions import OWN_NUMBER
from opentraction.evaluate.reading.detection import Naming, detect, structures_of
from opentraction.evaluate.reading.dicom_series import is_dicom, read_dicom_series
from opentraction.evaluate.reading.nifti import is_nifti, read_nifti
from opentraction.evaluate.reading.volume import Volume, onto_labels
from opentraction.evaluate.study import ImagingStudy

_IMAGE_SUFFIX = re.compile(
    r"(^|[_-])(t1w?|t2w?|stir|ct|mri?|flair|image|dixon)(\.nii(\.gz)?)$", re.IGNORECASE
)
_LABEL_WORDS = ("labels", "dseg", "seg", "msk", "mask", "discs", "bodies", "step2_output")
_PREFERENCE = ("bodies_and_discs", "labels", "dseg", "seg-vert", "seg", "msk", "mask", "discs", "bodies")
"""Among several label maps of a folder the first of these words decides."""
_FORM_SUFFIX = (".yaml", ".yml", ".json", ".md", ".txt", ".png", ".jpg", ".csv", ".html")
_DERIVED_WORD = "derived"
SIMULATED_NOTE = "SIMULATED: the file says that it is a rendered phantom, no patient."


def read_study(
    path: Path | str, *, labels: Path | str | None = None, convention: str | None = None
) -> ImagingStudy:
    """Read an image and its label map, whatever the format and the axis order.

    Args:
        path: a NIfTI file (image or label map), a DICOM file, or a folder. In a folder the image and the
            label map are found by name and the notes of the study say which were taken.
        labels: the label map, when it lies elsewhere or a folder holds several.
        convention: key of the label convention, when the numbers alone leave it open.

    Raises:
        BadInput: one sentence with the reason and what to do.
    """
    place = Path(path)
    if not place.exists():
        raise BadInput(
            f"{place.name}: there is no such file or folder. Give the path of an image or its folder."
        )
    given = None if labels is None else Path(labels)
    if given is not None and not given.exists():
        raise BadInput(f"{given.name}: there is no such file. Give the path of the label map.")
    image, label_map, notes = _from_folder(place, given) if place.is_dir() else _from_file(place, given)
    name = _study_name(place)
    if label_map is None:
        assert image is not None
        return _image_only(image, name, place, notes)
    return _named_study(image, label_map, name, place, notes, convention)


def _from_folder(folder: Path, given: Path | None) -> tuple[Volume | None, Volume | None, list[str]]:
    files = sorted(each for each in folder.iterdir() if each.is_file() and not each.name.startswith("."))
    niftis = [each for each in files if is_nifti(each)]
    dicoms = [
        each
        for each in files
        if each.suffix.lower() not in _FORM_SUFFIX and not is_nifti(each) and is_dicom(each)
    ]
    label_files = [each for each in niftis if _named_as_labels(each)]
    image_files = [each for each in niftis if each not in label_files and each != given]
    if not niftis and not dicoms:
        raise BadInput(
            f"{folder.name}: the folder holds no image that can be read (NIfTI or DICOM). Give the "
            "folder of a scan."
        )
    if len(image_files) + bool(dicoms) > 1:
        shown = ", ".join([*(each.name for each in image_files[:4]), *(["a DICOM series"] if dicoms else [])])
        raise BadInput(
            f"{folder.name}: the folder holds several images ({shown}). Which one? Give that file."
        )
    chosen, notes = (given, []) if given else _choose_labels(label_files, folder)
    image = _read_image(image_files, dicoms, folder)
    label_map = None if chosen is None else _read_labels(chosen)
    taken = [each.name for each in (image, label_map) if each is not None]
    notes.insert(0, f"Read from the folder: {' and '.join(taken)}.")
    return image, label_map, notes


def _read_image(image_files: list[Path], dicoms: list[Path], folder: Path) -> Volume | None:
    if image_files:
        return read_nifti(image_files[0])
    return read_dicom_series(dicoms, folder.name) if dicoms else None


def _from_file(place: Path, given: Path | None) -> tuple[Volume | None, Volume | None, list[str]]:
    if is_nifti(place):
        volume = read_nifti(place)
        if given is None and _is_label_map(volume, place):
            return None, volume, []
        return volume, None if given is None else _read_labels(given), []
    if place.suffix.lower() in (".yaml", ".yml", ".json"):
        raise BadInput(
            f"{place.name}: a form is no image. Read landmarks with read_landmarks, or give an image."
        )
    if place.stat().st_size == 0:
        raise BadInput(f"{place.name}: the file is empty (0 bytes). Copy or export it again.")
    if is_dicom(place):
        series = [each for each in sorted(place.parent.iterdir()) if each.is_file() and is_dicom(each)]
        volume = read_dicom_series(series, place.parent.name)
        return volume, None if given is None else _read_labels(given), []
    raise BadInput(f"{place.name}: expected NIfTI (.nii, .nii.gz) or DICOM, got another kind of file.")


def _choose_labels(candidates: list[Path], folder: Path) -> tuple[Path | None, list[str]]:
    if not candidates:
        return None, []
    ranked = sorted(candidates, key=_preference)
    best = [each for each in ranked if _preference(each) == _preference(ranked[0])]
    if len(best) > 1:
        shown = ", ".join(each.name for each in best[:4])
        raise BadInput(
            f"{folder.name}: the folder holds several label maps ({shown}). Which one? Give it as labels."
        )
    others = [each.name for each in ranked[1:]]
    return ranked[0], ([f"Label maps that were not used: {', '.join(others)}."] if others else [])


def _preference(path: Path) -> int:
    text = path.name.lower()
    return next((index for index, word in enumerate(_PREFERENCE) if word in text), len(_PREFERENCE))


def _named_as_labels(path: Path) -> bool:
    text = path.name.lower()
    return not _IMAGE_SUFFIX.search(text) and any(word in text for word in _LABEL_WORDS)


def _is_label_map(volume: Volume, path: Path) -> bool:
    """By its name, else by its values: whole numbers, few of them, mostly background."""
    if _named_as_labels(path):
        return True
    if _IMAGE_SUFFIX.search(path.name.lower()):
        return False
    sample = volume.data.ravel()[:: max(1, volume.data.size // 200_000)]
    whole = (
        bool(np.all(sample == np.round(sample))) and float(sample.min()) >= 0 and float(sample.max()) <= 300
    )
    return whole and len(np.unique(sample)) <= 64 and float(np.mean(sample == 0)) > 0.5


def _read_labels(path: Path) -> Volume:
    """A label map with whole numbers, int16, also where the file stored them as floating point."""
    if not is_nifti(path):
        raise BadInput(f"{path.name}: expected the label map as NIfTI (.nii or .nii.gz). Convert it.")
    return _whole_numbers(read_nifti(path))


def _whole_numbers(volume: Volume) -> Volume:
    data = volume.data
    rounded = np.round(data)
    if data.dtype.kind == "f" and np.abs(data - rounded).max() > 1e-3:
        share = float(np.mean(np.abs(data - rounded) > 1e-3))
        raise BadInput(
            f"{volume.name}: {100 * share:.2g} % of the labels are no whole numbers; the map was "
            "interpolated. "
            "Resample labels by nearest neighbour."
        )
    if rounded.min() < 0 or rounded.max() > 32_000:
        raise BadInput(
            f"{volume.name}: expected labels from 0 to 32000, got {rounded.min():g} to {rounded.max():g}. "
            "Is this the image instead of the label map?"
        )
    if rounded.max() == 0:
        raise BadInput(
            f"{volume.name}: the label map is empty (all zeros). Give one with vertebrae or discs in it."
        )
    if len(np.unique(rounded)) > 250:
        raise BadInput(
            f"{volume.name}: more than 250 different values are no labels. Is this the image "
            "instead of the label map?"
        )
    return replace(volume, data=rounded.astype(np.int16))


def _image_only(image: Volume, name: str, place: Path, notes: list[str]) -> ImagingStudy:
    check_spacing(image.voxel_mm, image.name)
    study = ImagingStudy(
        study_id=name, image=image.data.astype(np.float32), labels=None, affine=image.affine,
        modality=_modality(image, place), weighting=image.weighting, posture=image.posture,
        laterality_known=image.laterality_known, source=place, simulated=image.simulated,
    )  # fmt: skip
    simulated = (SIMULATED_NOTE,) if study.simulated else ()
    return replace(study, notes=(*notes, *image.notes, *simulated, *check_anatomy(study)))


def _named_study(
    image: Volume | None, label_map: Volume, name: str, place: Path, notes: list[str], convention: str | None
) -> ImagingStudy:
    label_map = _whole_numbers(label_map)
    check_spacing(label_map.voxel_mm, label_map.name)
    if image is not None:
        check_spacing(image.voxel_mm, image.name)
        image = onto_labels(image, label_map)
    found = structures_of(label_map.data, label_map.affine)
    naming = detect(found, label_map.name, asked=convention, embedded=label_map.label_names)
    labels, names = _renumbered(label_map.data, naming)
    derived = _DERIVED_WORD in label_map.name.lower()
    bodies_only = not whole_vertebrae(labels, label_map.affine, names)
    study = ImagingStudy(
        study_id=name, image=None if image is None else image.data.astype(np.float32), labels=labels,
        affine=label_map.affine, names=names, modality=_modality(image, place, label_map),
        weighting="" if image is None else image.weighting,
        convention=naming.convention.title, posture=Posture.UNKNOWN if image is None else image.posture,
        laterality_known=label_map.laterality_known and (image is None or image.laterality_known),
        derived=frozenset(each for each in names if "-" in each) if derived else frozenset(),
        bodies_only=bodies_only, source=place,
        simulated=label_map.simulated or (image is not None and image.simulated),
    )  # fmt: skip
    said = [
        *notes,
        f"Label convention: {naming.convention.title} ({'; '.join(naming.reasons)}).",
        *naming.notes,
    ]
    if image is None:
        said.append("Only a label map was given, no image: signal and grey values are unknown.")
    said += [*label_map.notes, *(image.notes if image is not None else ())]
    if study.simulated:
        said.append(SIMULATED_NOTE)
    if not bodies_only:
        said.append("The vertebra labels take in the arch; the bodies have to be separated first.")
    return replace(study, notes=(*said, *_lumbar_note(study), *check_anatomy(study)))


def _lumbar_note(study: ImagingStudy) -> tuple[str, ...]:
    lumbar = lumbar_names(study)
    return (f"Lumbar levels held: {', '.join(lumbar)}.",) if lumbar else ()


def _renumbered(labels: np.ndarray, naming: Naming) -> tuple[np.ndarray, dict[str, int]]:
    """Labels in our own numbering, what is not of the spine set to 0."""
    table = np.zeros(int(labels.max()) + 1, dtype=np.int16)
    for number, name in naming.names.items():
        table[number] = OWN_NUMBER[name]
    return table[labels], {name: OWN_NUMBER[name] for name in naming.names.values()}


def _modality(image: Volume | None, place: Path, label_map: Volume | None = None) -> str:
    """MR, CT or unknown: from the DICOM header, else from Hounsfield-like values, else from file names."""
    if image is not None and image.modality != "unknown":
        return image.modality
    if image is not None and float(image.data.min()) < -200:
        return "CT"
    text = (
        " ".join(each.name for each in (image, label_map) if each is not None).lower()
        + " "
        + place.name.lower()
    )
    words = set(re.split(r"[^a-z0-9]+", text))
    if words & {"ct", "verse"} or any(word.startswith("verse") for word in words) or "sub-verse" in text:
        return "CT"
    return "MR" if words & {"mr", "mri", "t1w", "t2w", "t1", "t2", "stir"} else "unknown"


def _study_name(place: Path) -> str:
    return re.sub(r"\.(nii(\.gz)?|dcm)$", "", place.name, flags=re.IGNORECASE) or "study"
