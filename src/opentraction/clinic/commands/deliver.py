"""`opentraction deliver`: a signed plan on the SIMULATED table, or on paper for a table one owns."""

from pathlib import Path

from opentraction import deliver, mechanics
from opentraction.chart import (
    ApprovedPlan,
    BadInput,
    Capability,
    Clinician,
    NativeUnit,
    Plan,
    Refused,
    Session,
    SessionSample,
)
from opentraction.clinic.case_folder import read_value, write_course
from opentraction.clinic.commands.course import free_record, simulated_table
from opentraction.clinic.commands.recall import known_course, model_of, recall_records, remember, tell
from opentraction.clinic.commands.report import rewrite_report
from opentraction.clinic.console import Steps, print_json, write_whole
from opentraction.clinic.forms import read_yaml, stamped_now
from opentraction.course import consented, reason_to_stop
from opentraction.deliver import SettingSheet, TypedReturn


def deliver_case(
    folder: Path,
    *,
    approve_as: str | None,
    consent_by: str | None,
    despite: str | None,
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
    if sheet is None and reported is not None:
        raise BadInput("Expected --sheet TABLE beside --reported: which table was it? 'list' names them.")
    recall_records(folder, quiet=as_json)
    approved = signed_plan(folder, approve_as=approve_as, consent_by=consent_by, despite=despite)
    say_which_session(folder, approved.plan)
    if sheet is not None:
        capability = table_capability(sheet, rating)
        if reported is None:
            last = last_session(folder, clear_as=clear_as)
            deliver.refuse_unless_signed(approved, at=stamped_now(), previous=last)
            page = deliver.setting_sheet(approved, capability)
            print_json(page) if as_json else print_sheet(page)
            return
        session = typed_back(approved, reported, capability)
    else:
        last = last_session(folder, clear_as=clear_as)
        try:
            session = on_simulated_table(
                folder, approved, real_time=real_time, seed=seed, previous=last, quiet=as_json
            )
        except (KeyboardInterrupt, SystemExit):
            recall_records(folder, quiet=as_json)
            raise
    course = remember(folder, approved, session)
    print_json(session) if as_json else print_session(session)
    if course is not None:
        report = rewrite_report(course, folder)
        if not as_json:
            print(f"  Report: {report}")


def signed_plan(
    folder: Path, *, approve_as: str | None, consent_by: str | None, despite: str | None
) -> ApprovedPlan:
    """The signed plan of a folder; signs the draft when a name is given.

    Where the sessions so far advise to stop, a signature counts only with the reason to go on (`despite`),
    which is kept in the approval.

    Raises:
        Refused: when nobody has signed and no name is given, or the advice to stop is not answered;
            ApprovalRefused when the draft may not be signed.
    """
    signed, halt = folder / "approved.json", advice_to_stop(folder)
    approved = read_value(signed, ApprovedPlan) if signed.is_file() else None
    if approved is not None and (not halt or approved.approval.despite):
        return approved
    draft, why = read_value(folder / "plan.json", Plan), (despite or "").strip()
    if halt and not (approve_as and why):
        raise Refused(
            f"The sessions so far advise to stop. {halt} To go on, a clinician who has judged it signs with "
            '--approve-as NAME and --despite "REASON"; both are kept in the approval.'
        )
    if approve_as is None:
        raise Refused("This plan is a draft: nothing unsigned reaches a table. Sign with --approve-as NAME.")
    at = stamped_now()
    draft = consented(draft, by=consent_by, at=at)
    approved = draft.approve(Clinician(name=approve_as), at=at, despite=why if halt else "")
    write_whole(signed, approved.to_json())
    return approved


def advice_to_stop(folder: Path) -> str:
    """Why the sessions of the folder's course advise to stop; empty when they do not, or none is known."""
    course = known_course(folder)
    if course is None:
        return ""
    return reason_to_stop(course, course.outcome.adverse_events if course.outcome else ())


def say_which_session(folder: Path, plan: Plan) -> None:
    """Say it where the next session is not the one that the plan was made for."""
    course, made_for = known_course(folder), plan.course.steps[0].first
    number = len(course.sessions) + 1 if course is not None else 1
    if number != made_for:
        tell(
            f"This plan was made for session {made_for}, and this is session {number} of the course. "
            f"'opentraction course' with --out {folder.name} makes the plan of the next session.",
            quiet=False,
        )


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
