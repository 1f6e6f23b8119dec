"""The folder of one course: a JSON file per part, the session record, the report."""

from pathlib import Path
from typing import TypeVar

from opentraction.chart import BadInput, Course, Patient, Refused, Value
from opentraction.clinic.console import write_whole

V = TypeVar("V", bound=Value)


def write_course(course: Course, folder: Path) -> None:
    """Write every part that was reached as a file of its own, and the whole as course.json."""
    parts: dict[str, Value | None] = {
        "patient": course.patient,
        "spine": course.spine,
        "findings": course.findings,
        "eligibility": course.eligibility,
        "plan": course.plan,
        "approved": course.approved,
        "outcome": course.outcome,
    }
    for name, value in parts.items():
        path = folder / f"{name}.json"
        if value is None:
            path.unlink(missing_ok=True)  # a part of an earlier run must not be taken for this one's
        else:
            write_whole(path, value.to_json())
    for session, dose in zip(course.sessions, course.doses, strict=True):
        write_whole(folder / f"session-{session.session_id}.json", session.to_json())
        write_whole(folder / f"dose-{session.session_id}.json", dose.to_json())
    write_whole(folder / "course.json", course.to_json())


def earlier_course(folder: Path, patient: Patient) -> Course | None:
    """The course a folder already holds, which the next session continues; None when it holds none.

    Raises:
        Refused: when the folder belongs to another patient; nothing of theirs is touched.
    """
    path = folder / "course.json"
    if not path.is_file():
        return None
    course = read_value(path, Course)
    if course.patient.patient_id != patient.patient_id:
        raise Refused(
            f"{folder.name} holds the course of patient {course.patient.patient_id}, the form is of "
            f"{patient.patient_id}. Give another --out folder."
        )
    return course


def last_visit(place: Path) -> Course:
    """The course of a case folder, or of its course.json; raises BadInput when there is none."""
    return read_value(place / "course.json" if place.is_dir() else place, Course)


def read_value(path: Path, kind: type[V]) -> V:
    """Read one chart value from a JSON file; raises BadInput with a sentence."""
    if not path.is_file():
        raise BadInput(f"Expected a {kind.__name__} file at {path}, found none. Check the path.")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise BadInput(f"Expected a {kind.__name__} in JSON, {path.name} is not text.") from None
    return kind.from_json(text)
