"""Sessions on record: taken into the course of their folder, those that were cut off too."""

import sys
from pathlib import Path

from opentraction import deliver, evaluate, mechanics
from opentraction.chart import ApprovedPlan, Course, Dose, Patient, Plan, Session, Spine
from opentraction.clinic.case_folder import read_value, write_course
from opentraction.clinic.commands.report import rewrite_report
from opentraction.clinic.console import write_whole
from opentraction.course import delivered_dose, with_outcome


def recall_records(folder: Path, *, quiet: bool) -> None:
    """Remember the sessions that a record of the folder tells of and its course does not hold.

    Such a session was cut off: by Ctrl-C, or by the death of the program. What was pulled then counts in the
    course, its report and the next session. A record of another plan than the signed one of the folder is
    named and left alone: its dose cannot be computed without that plan. A record in which nothing was
    commanded is no session.
    """
    signed = folder / "approved.json"
    approved = read_value(signed, ApprovedPlan) if signed.is_file() else None
    for path in sorted(folder.glob("session-*.record")):
        course = known_course(folder)
        if course is not None and deliver.session_id_of(path) in {s.session_id for s in course.sessions}:
            continue
        session = deliver.open_record(path).session
        if session is None or all(sample.commanded_n <= 0.0 for sample in session.samples):
            continue
        if course is None or approved is None or session.plan_digest != approved.approval.plan_digest:
            tell(
                f"{path.name} holds a session that was {session.end}, of a plan that is not signed in this "
                "folder: the course does not count it.",
                quiet,
            )
            continue
        tell(f"{path.name} holds a session that was {session.end}: it counts in the course now.", quiet)
        remembered = remember(folder, approved, session)
        if remembered is not None:
            rewrite_report(remembered, folder)


def tell(sentence: str, quiet: bool) -> None:
    """Say a sentence on standard error, unless machines listen."""
    if not quiet:
        print(f"opentraction: {sentence}", file=sys.stderr)


def remember(folder: Path, approved: ApprovedPlan, session: Session) -> Course | None:
    """Write the session and its dose, and add both to the folder's course, when it holds one.

    The outcome counts the session too. Returns the course as it is now.
    """
    write_whole(folder / f"session-{session.session_id}.json", session.to_json())
    dose = dose_of(folder, approved.plan, session)
    write_whole(folder / f"dose-{session.session_id}.json", dose.to_json())
    course = known_course(folder)
    if course is None:
        return None
    course = course.replace(
        approved=approved,
        plan=approved.plan,
        sessions=(*(s for s in course.sessions if s.session_id != session.session_id), session),
        doses=(*(d for d in course.doses if d.session_id != session.session_id), dose),
        stopped_because="",
    )
    course = with_outcome(course, course.outcome.adverse_events if course.outcome else ())
    write_course(course, folder)
    return course


def known_course(folder: Path) -> Course | None:
    """The course of a folder, or None when it holds none."""
    path = folder / "course.json"
    return read_value(path, Course) if path.is_file() else None


def model_of(folder: Path, plan: Plan) -> mechanics.SpineModel:
    """The mechanical model of the folder's spine and patient, with the samples of the plan."""
    spine, patient = read_value(folder / "spine.json", Spine), read_value(folder / "patient.json", Patient)
    column = evaluate.assume_missing(spine, patient)
    return mechanics.build(
        column, patient, setup=plan.setup, samples=plan.prediction.samples, seed=plan.prediction.seed
    )


def dose_of(folder: Path, plan: Plan, session: Session) -> Dose:
    """The model's dose for what was measured or reported."""
    return delivered_dose(model_of(folder, plan), plan, session)
