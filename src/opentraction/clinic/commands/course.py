"""`opentraction course`: scan to report for one patient."""

from pathlib import Path

from opentraction import deliver
from opentraction.chart import (
    ApprovedPlan,
    Capability,
    Clinician,
    Course,
    Patient,
    PatientPlant,
    Refused,
    Role,
    Table,
)
from opentraction.clinic.case_folder import earlier_course, write_course
from opentraction.clinic.commands.recall import recall_records
from opentraction.clinic.commands.report import write_course_report
from opentraction.clinic.console import Steps, print_json
from opentraction.clinic.forms import FollowForm, moment, read_changes, read_follow_form, read_overrides
from opentraction.clinic.report import is_simulated
from opentraction.clinic.sources import Case, read_case
from opentraction.course import CourseOptions, TableMaker, run_course


def run_folder(
    folder: Path,
    *,
    form: Path | None,
    labels: Path | None,
    convention: str | None,
    out: Path,
    approve_as: str | None,
    consent_by: str | None,
    questionnaires: Path | None,
    cap_n: float | None,
    override_file: Path | None,
    changes_file: Path | None,
    at: str | None,
    as_json: bool,
) -> None:
    """Run the course of a folder and write everything into `out`."""
    steps = Steps(quiet=as_json)
    follow_form = read_follow_form(questionnaires) if questionnaires else FollowForm()
    overrides, changes = read_overrides(override_file), read_changes(changes_file)
    with steps.step("reading and measuring"):
        case = read_case(folder, form=form, labels=labels, convention=convention)
    moment_at = moment(at)
    if at is not None and approve_as is not None and not case.patient.simulated:
        raise Refused("A plan is signed now, not at an earlier moment: give --at or --approve-as, not both.")
    approver = Clinician(name=approve_as, role=Role.CLINICIAN) if approve_as else None
    options = CourseOptions(
        at=moment_at,
        approver=approver,
        clinician_cap_n=cap_n,
        consent_by=consent_by,
        overrides=overrides,
        changes=changes,
        capability=simulated_capability(),
    )
    earlier = course_so_far(out, case.patient, quiet=as_json)
    course = run_case(case, options=options, follow_form=follow_form, out=out, steps=steps, earlier=earlier)
    if as_json:
        print_json(course)
    else:
        print_course(course, out)


def run_case(
    case: Case,
    *,
    options: CourseOptions,
    follow_form: FollowForm,
    out: Path,
    steps: Steps,
    seed: int = 1,
    earlier: Course | None = None,
) -> Course:
    """Run the course, then write its parts and its report; the session record is written as it happens.

    The signed plan is written before the session begins: a session that is cut off there is taken into the
    course by the next run.
    """
    out.mkdir(parents=True, exist_ok=True)
    course = run_course(
        case.patient,
        case.examination,
        options=options,
        spine=case.spine,
        table=simulated_table(seed),
        record=free_record(out),
        questionnaires=follow_form.questionnaires,
        adverse_events=follow_form.adverse_events,
        earlier=earlier,
        watch=steps,
        before_session=lambda signed: write_course(signed, out),
    )
    with steps.step("report"):
        write_course(course, out)
        write_course_report(course, out / "report.html", study=case.study)
    steps.total()
    return course


def course_so_far(folder: Path, patient: Patient, *, quiet: bool) -> Course | None:
    """The course of a folder with the sessions that only its records tell of; None when it holds none.

    Raises:
        Refused: when the folder belongs to another patient.
    """
    earlier_course(folder, patient)  # whose it is, before anything is written
    recall_records(folder, quiet=quiet)
    return earlier_course(folder, patient)


def simulated_table(seed: int, *, pace: float | None = None) -> TableMaker:
    """What makes the SIMULATED table for a patient's plant, set to the angle of the plan."""

    def make(plant: PatientPlant, approved: ApprovedPlan) -> Table:
        angle_deg = approved.plan.profile.angle_deg
        return deliver.SimulatedTable(plant, seed=seed, angle_deg=angle_deg, pace=pace)

    return make


def simulated_capability() -> Capability:
    """What the SIMULATED table can do; it is the same whoever lies on it."""
    anyone = PatientPlant(extension_mm=(0.0, 10.0), force_n=(0.0, 100.0))
    return deliver.SimulatedTable(anyone, seed=0).capability()


def free_record(folder: Path) -> Path:
    """A record file that does not exist yet: a record is never overwritten."""
    number = 1
    while (path := folder / f"session-{number:02d}.record").exists():
        number += 1
    return path


def print_course(course: Course, out: Path) -> None:
    """Print where the course stands, in a few lines."""
    mark = "SIMULATED  " if is_simulated(course) else ""
    print(f"{mark}{course.patient.name or course.patient.patient_id}")
    leading = course.findings.leading
    if leading:
        print(f"  Leading candidate cause: {leading.cause}{f' at {leading.level}' if leading.level else ''}")
    print(f"  Screening: {course.eligibility.verdict}. {course.eligibility.because[0]}")
    if course.eligibility.send_to:
        print(f"  {course.eligibility.send_to}")
    for question in course.eligibility.open_questions[:5]:
        print(f"    to settle: {question.ask}")
    if course.plan:
        profile = course.plan.profile
        state = "signed" if course.approved else "draft"
        print(f"  Plan ({state}): {profile.name}, {profile.duration_s / 60:.0f} min")
    for session in course.sessions:
        print(f"  Session: {session.end}")
    if course.outcome:
        print(f"  Outcome: {course.outcome.statement}")
    if course.stopped_because:
        print(f"  {course.stopped_because}")
    print(f"  Report: {out / 'report.html'}")
