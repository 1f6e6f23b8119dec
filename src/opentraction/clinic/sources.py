"""Where a spine comes from: a scan with labels, a landmark file, or, with neither, published norms."""

from dataclasses import dataclass
from pathlib import Path

from opentraction import evaluate
from opentraction.chart import BadInput, Patient, Spine
from opentraction.evaluate import Examination, ImagingStudy

LANDMARK_FILES = ("landmarks.yaml", "landmarks.yml", "landmarks.json")
_NO_IMAGE = {".yaml", ".yml", ".json", ".md", ".txt", ".csv", ".html", ".record", ".part"}


@dataclass(frozen=True, kw_only=True)
class Case:
    """One patient's input: who, what was found, and the spine that was measured or assumed."""

    patient: Patient
    examination: Examination
    study: ImagingStudy | None
    spine: Spine


def read_spine(
    place: Path, *, labels: Path | None, convention: str | None = None
) -> tuple[ImagingStudy | None, Spine]:
    """Read and measure a scan, or a landmark file; raises BadInput when the place holds neither."""
    landmarks = landmark_file(place)
    if landmarks is not None:
        return None, evaluate.read_landmarks(landmarks)
    study = evaluate.read_study(place, labels=labels, convention=convention)
    return study, evaluate.measure(study)


def read_case(folder: Path, *, form: Path | None, labels: Path | None, convention: str | None = None) -> Case:
    """Read the form and the spine of a folder; a folder without any image gives a spine of norms."""
    if not folder.exists():
        raise BadInput(f"Expected a folder with a scan at {folder}, found none. Check the path.")
    form_path = form or (folder if folder.is_dir() else folder.parent) / "examination.yaml"
    examination = evaluate.read_examination(form_path)
    patient = patient_of(examination, form_path)
    if labels is None and folder.is_dir() and not holds_image(folder) and landmark_file(folder) is None:
        spine = evaluate.spine_of_norms(patient, examination.report)
        return Case(patient=patient, examination=examination, study=None, spine=spine)
    study, spine = read_spine(folder, labels=labels, convention=convention)
    return Case(patient=patient, examination=examination, study=study, spine=spine)


def patient_of(examination: Examination, form: Path) -> Patient:
    """The patient on the form; raises BadInput when the form names none."""
    if examination.patient is None:
        raise BadInput(f"{form.name}: expected the patient on the form, found none. Fill in 'patient'.")
    return examination.patient


def landmark_file(place: Path) -> Path | None:
    """The landmark file at a place: the file itself, or the one of that name in a folder."""
    if place.is_file() and place.suffix.lower() in (".yaml", ".yml", ".json"):
        return place
    if place.is_dir():
        return next((place / name for name in LANDMARK_FILES if (place / name).is_file()), None)
    return None


def holds_image(folder: Path) -> bool:
    """True when a folder holds any file that could be an image: not a form, a note or a result."""
    return any(path.is_file() and path.suffix.lower() not in _NO_IMAGE for path in folder.iterdir())
