"""`opentraction deliver`: a signed plan on the SIMULATED table, or on paper for a table one owns."""

import sys
from pathlib import Path

from opentraction import deliver, evaluate, mechanics
from opentraction.chart import (
    ApprovedPlan,
    BadInput,
    Capability,
    Clinician,
    Course,
    Dose,
    NativeUnit,
    Patient,
    Plan,
    Refused,
    Session,
    SessionSample,
    Spine,
)
from opentraction.clinic.case_folder import read_value, write_course
from opentraction.clinic.commands.course import free_record, simulated_table
from opentraction.clinic.commands.report import rewrite_report
from opentraction.clinic.console import Steps, print_json, write_whole
from opentraction.clinic.forms import read_yaml, stamped_now
from opentraction.course import consented, delivered_dose, with_outcome
from opentraction.deliver import SettingSheet, TypedReturn


def deliver_case(
    folder: Path,
    *,
    approve_as: str | None,
    consent_by: str | None,
    sheet: str | None,
    rating: list[str],
    reported: Path | None,
    real_time: bool,
    seed: int,
    clear_as: str | None,
    as_json: bool,
) -> None:
    """Deliver the plan of a case folder, print its setting sheet, or take a typed return."""
    if sheet == "list":
        print_tables(as_json=as_json)
        return
    approved = signed_plan(folder, approve_as=approve_as, consent_by=consent_by)
    if sheet is not None:
        capability = table_capability(sheet, rating)
        if reported is None:
            last = last_session(folder, clear_as=clear_as)
            deliver.refuse_unless_signed(approved, at=stamped_now(), previous=last)
            page = deliver.setting_sheet(approved, capability)
            print_json(page) if as_json else print_sheet(page)
            return
        session = typed_back(approved, reported, capability)
    elif reported is not None:
        raise BadInput("Expected --sheet TABLE beside --reported: which table was it? 'list' names them.")
    else:
        recall_records(folder, approved, quiet=as_json)
        last = last_session(folder, clear_as=clear_as)
        try:
            session = on_simulated_table(
                folder, approved, real_time=real_time, seed=seed, previous=last, quiet=as_json
            )
        except (KeyboardInterrupt, SystemExit):
            recall_records(folder, approved, quiet=as_json)
            raise
    course = remember(folder, approved, session)
    print_json(session) if as_json else print_session(session)
    if course is not None:
        report = rewrite_report(course, folder)
        if not as_json:
            print(f"  Report: {report}")


def recall_records(folder: Path, approved: ApprovedPlan, *, quiet: bool) -> None:
    """Remember the sessions that a record of the folder tells of and its course does not hold.

    Such a session was cut off: by Ctrl-C, or by the death of the program. What was pulled then counts in the
    course, its report and the next session. A record of another plan is named and left alone: its dose
    cannot be computed with this one. A record in which nothing was commanded is no session.
    """
    for path in sorted(folder.glob("session-*.record")):
        course = known_course(folder)
        known = {session.session_id for session in course.sessions} if course is not None else set()
        if course is None or deliver.session_id_of(path) in known:
            continue
        session = deliver.open_record(path).session
        if session is None or all(sample.commanded_n <= 0.0 for sample in session.samples):
            continue
        if session.plan_digest != approved.approval.plan_digest:
            tell(f"{path.name} holds a session of another plan, which the course does not count.", quiet)
            continue
        tell(f"{path.name} holds a session that was {session.end}: it counts in the course now.", quiet)
        course = remember(folder, approved, session)
        if course is not None:
            rewrite_report(course, folder)


def tell(sentence: str, quiet: bool) -> None:
    """Say a sentence on standard error, unless machines listen."""
    if not quiet:
        print(f"opentraction: {sentence}", file=sys.stderr)


def signed_plan(folder: Path, *, approve_as: str | None, consent_by: str | None) -> ApprovedPlan:
    """The signed plan of a folder; signs the draft when a name is given.

    Raises:
        Refused: when nobody has signed and no name is given; ApprovalRefused when it may not be signed.
    """
    if (folder / "approved.json").is_file():
        return read_value(folder / "approved.json", ApprovedPlan)
    draft = read_value(folder / "plan.json", Plan)
    if approve_as is None:
        raise Refused("This plan is a draft: nothing unsigned reaches a table. Sign with --approve-as NAME.")
    at = stamped_now()
    approved = consented(draft, by=consent_by, at=at).approve(Clinician(name=approve_as), at=at)
    write_whole(folder / "approved.json", approved.to_json())
    return approved


def known_course(folder: Path) -> Course | None:
    """The course of a folder, or None when it holds none."""
    path = folder / "course.json"
    return read_value(path, Course) if path.is_file() else None


def last_session(folder: Path, *, clear_as: str | None) -> Session | None:
    """The last session of the folder's course, its trips cleared when a name is given, or None."""
    course = known_course(folder)
    if course is None or not course.sessions:
        return None
    last = course.sessions[-1]
    if clear_as is not None and any(not trip.cleared_by for trip in last.trips):
        last = deliver.clear_trips(last, by=Clinician(name=clear_as))
        course = course.replace(sessions=(*course.sessions[:-1], last))
        write_course(course, folder)
        rewrite_report(course, folder)
    return last


def on_simulated_table(
    folder: Path,
    approved: ApprovedPlan,
    *,
    real_time: bool,
    seed: int,
    previous: Session | None,
    quiet: bool,
) -> Session:
    """Run a session on the SIMULATED table, felt like the patient of the folder; Ctrl-C stops it safely."""
    steps = Steps(quiet=quiet)
    duration_s = approved.plan.profile.duration_s

    def show(sample: SessionSample) -> None:
        measured = "no reading" if sample.measured_n is None else f"{sample.measured_n:.0f} N"
        steps.progress(round(sample.time_s), round(duration_s), f"s  {sample.state}: {measured}")

    with steps.step("model of this spine"):
        plant = mechanics.plant(model_of(folder, approved.plan))
    table = simulated_table(seed, pace=1.0 if real_time else None)(plant, approved)
    with steps.step("session"):
        return deliver.run(
            approved,
            table,
            record=free_record(folder),
            started_at=stamped_now(),
            progress=show,
            previous=previous,
        )


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


def table_capability(table_id: str, rating: list[str]) -> Capability:
    """A known table's capability, with what its plate says where no source does (`name=value`)."""
    given: dict[str, float | NativeUnit] = {}
    for word in rating:
        name, _, value = word.partition("=")
        try:
            given[name] = NativeUnit(value) if name == "native_unit" else float(value)
        except ValueError:
            raise BadInput(f"Expected --rating name=value such as force_max_n=890, got '{word}'.") from None
    known = {"force_max_n", "rate_max_n_per_s", "force_step_n", "native_unit"}
    if unknown := set(given) - known:
        raise BadInput(f"Expected --rating of {', '.join(sorted(known))}; got {', '.join(sorted(unknown))}.")
    return deliver.find_table(table_id).capability(**given)  # type: ignore[arg-type]


def typed_back(approved: ApprovedPlan, reported: Path, capability: Capability) -> Session:
    """A session typed back from an unconnected table: reported, not measured."""
    fields = read_yaml(reported, "a typed return")
    return deliver.reported_session(approved, capability, TypedReturn(**fields), started_at=stamped_now())


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


def print_tables(*, as_json: bool) -> None:
    """Print the tables that are known by name."""
    profiles = deliver.list_tables()
    if as_json:
        print_json([{"table_id": profile.table_id, "name": profile.name} for profile in profiles])
    else:
        for profile in profiles:
            print(f"{profile.table_id:24} {profile.name}")


def print_session(session: Session) -> None:
    """Print how a session went."""
    print(f"{'SIMULATED  ' if session.simulated else ''}Session {session.session_id}: {session.end}")
    comparison = session.comparison
    if comparison.rms_error_n is not None and comparison.time_in_band is not None:
        print(
            f"  {comparison.time_in_band:.0%} of the time in band, error {comparison.rms_error_n:.1f} N rms"
        )
    for line in (*comparison.missed, *(trip.sentence for trip in session.trips)):
        print(f"  {line}")


def print_sheet(sheet: SettingSheet) -> None:
    """Print the page a person keys in from."""
    mark = "SIMULATED  " if sheet.simulated else ""
    print(
        f"{mark}Setting sheet for {sheet.table_id} ({sheet.maker}); patient {sheet.patient_id}; "
        f"signed by {sheet.approved_by}"
    )
    for row in sheet.rows:
        print(
            f"  {row.name}: set {row.set_to}" + (f"   (planned {row.planned}; {row.why})" if row.why else "")
        )
    for number, step in enumerate(sheet.steps, 1):
        print(f"  {number:3}. {step.what}: {step.pull:g} {sheet.unit}, {step.duration_s:.0f} s")
    for title, lines in (
        ("Differs", sheet.differences),
        ("Check", sheet.to_check),
        ("Write down", sheet.to_write_down),
    ):
        for line in lines:
            print(f"  {title}: {line}")
    print(f"  Never above {sheet.limit.force_n:.0f} N: {sheet.limit.reason}. Plan {sheet.plan_digest[:12]}.")
