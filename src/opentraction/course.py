"""The main path on one page: one patient, start to finish. Open this first.

Each step is a function of the values before it. A step that may not go on says why in
`Course.stopped_because` and the course ends there, with all that was reached.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from opentraction import deliver, evaluate, follow, mechanics, plan, screen
from opentraction.chart import (
    AdverseEvent,
    Answer,
    ApprovalRefused,
    ApprovedPlan,
    BadInput,
    Capability,
    Clinician,
    CoIntervention,
    Course,
    Dose,
    Findings,
    Override,
    Patient,
    PatientPlant,
    Plan,
    Questionnaire,
    Refused,
    Session,
    Setup,
    Spine,
    Table,
    Verdict,
)
from opentraction.evaluate import Examination


class Watch(Protocol):
    """Someone who watches long work and may stop it by raising."""

    def step(self, name: str) -> AbstractContextManager[None]:
        """Enter a named step."""

    def progress(self, done: int, total: int, text: str) -> None:
        """How far a step is."""


class Silent:
    """A watch that shows nothing."""

    def step(self, name: str) -> AbstractContextManager[None]:
        """Enter a named step."""
        return nullcontext()

    def progress(self, done: int, total: int, text: str) -> None:
        """How far a step is."""


TableMaker = Callable[[PatientPlant, ApprovedPlan], Table]
"""Makes the table of a session, set up by hand as the signed plan says."""


@dataclass(frozen=True, kw_only=True)
class CourseOptions:
    """What a clinic decides; the defaults suit a first look."""

    at: datetime
    setup: Setup = field(default_factory=Setup)
    capability: Capability | None = None
    clinician_cap_n: float | None = None
    minutes: float = 20.0
    overrides: tuple[Override, ...] = ()
    changes: tuple[Answer, ...] = ()
    """Answers to the change questions of a return visit; they renew or reopen what stands on record."""
    consent_by: str | None = None
    """Who gave consent to the text of the draft. None: consent is not recorded and nobody can sign."""
    co_interventions: tuple[CoIntervention, ...] = ()
    approver: Clinician | None = None
    """Who signs. None: the course stops at a draft."""
    samples: int = 64
    seed: int = 1


def run_course(
    patient: Patient,
    examination: Examination,
    *,
    options: CourseOptions,
    spine: Spine,
    table: TableMaker | None = None,
    record: Path | None = None,
    questionnaires: Sequence[Questionnaire] = (),
    adverse_events: Sequence[AdverseEvent] = (),
    earlier: Course | None = None,
    watch: Watch | None = None,
    before_session: Callable[[Course], None] | None = None,
) -> Course:
    """Walk one patient from a measured spine to an outcome.

    `table` makes the table for this patient (the simulated one feels like the patient's own plant);
    without it, or without a signature, nothing is delivered. `record` is the session record's file.
    `earlier` is the course so far: its sessions and questionnaires count, and this is its next session.
    `before_session` is given the course with its signed plan just before that is delivered.
    """
    watch = watch or Silent()
    spine = evaluate.with_posture(spine, examination)
    with watch.step("findings and causes"):
        findings = evaluate.examine(spine, examination)
    with watch.step("screening"):
        if options.changes:
            findings = changed(findings, earlier, options.changes)
        eligibility = screen.screen(patient, findings, at=options.at, overrides=options.overrides)
    course = Course(
        patient=patient, spine=spine, findings=findings, eligibility=eligibility,
        questionnaires=tuple(questionnaires),
    )  # fmt: skip
    if earlier is not None:
        course, adverse_events = continued(course, earlier, adverse_events)
    if eligibility.verdict in (Verdict.EMERGENCY, Verdict.NOT_SUITABLE):
        reason = f"No plan: screening says '{eligibility.verdict}'. {eligibility.because[0]}"
        return with_outcome(course.replace(stopped_because=reason), adverse_events)

    model, course = planned(course, options, watch)
    halt = stop_advised(course, adverse_events)
    if halt:
        return with_outcome(course.replace(stopped_because=halt), adverse_events)
    course = sign(course, by=options.approver, at=options.at)
    if course.approved is not None and table is not None and record is not None:
        if before_session is not None:
            before_session(course)
        course = delivered(course, model, table=table, record=record, at=options.at, watch=watch)
    return with_outcome(course, adverse_events)


def changed(findings: Findings, earlier: Course | None, changes: tuple[Answer, ...]) -> Findings:
    """Today's findings with the answers on record and what changed; BadInput without an earlier visit."""
    if earlier is None:
        raise BadInput(
            "Expected an earlier visit on record beside the change answers, found none. Screen with the "
            "whole form first."
        )
    return screen.return_visit(earlier.eligibility, earlier.findings, findings, changes)


def continued(
    course: Course, earlier: Course, adverse_events: Sequence[AdverseEvent]
) -> tuple[Course, tuple[AdverseEvent, ...]]:
    """The course with what came before it: sessions, doses, questionnaires and adverse events."""
    asked = (*earlier.questionnaires, *(q for q in course.questionnaires if q not in earlier.questionnaires))
    happened = earlier.outcome.adverse_events if earlier.outcome is not None else ()
    events = (*happened, *(event for event in adverse_events if event not in happened))
    course = course.replace(sessions=earlier.sessions, doses=earlier.doses, questionnaires=asked)
    return course, events


def planned(course: Course, options: CourseOptions, watch: Watch) -> tuple[mechanics.SpineModel, Course]:
    """The model of this spine, and the course with the draft of its next session."""
    plan.refuse_impossible(
        course.eligibility, patient=course.patient, capability=options.capability,
        clinician_cap_n=options.clinician_cap_n, minutes=options.minutes,
        session_number=len(course.sessions) + 1,
    )  # fmt: skip
    with watch.step("model of this spine"):
        column = evaluate.assume_missing(course.spine, course.patient)
        model = mechanics.build(
            column, course.patient, setup=options.setup, samples=options.samples, seed=options.seed
        )
    with watch.step("plan"):
        draft = plan.optimise(
            model, course.eligibility, patient=course.patient, findings=course.findings,
            spine_digest=course.spine.digest(), setup=options.setup, capability=options.capability,
            clinician_cap_n=options.clinician_cap_n, minutes=options.minutes,
            session_number=len(course.sessions) + 1, co_interventions=options.co_interventions,
            at=options.at, progress=watch.progress,
        )  # fmt: skip
    return model, course.replace(plan=consented(draft, by=options.consent_by, at=options.at))


def delivered(
    course: Course,
    model: mechanics.SpineModel,
    *,
    table: TableMaker,
    record: Path,
    at: datetime,
    watch: Watch,
) -> Course:
    """The course with its signed plan delivered and replayed, or with the reason why the table refused."""
    assert course.approved is not None
    with watch.step("session"):
        the_table = table(mechanics.plant(model), course.approved)
        last = course.sessions[-1] if course.sessions else None
        try:
            session = deliver.run(course.approved, the_table, record=record, started_at=at, previous=last)
        except Refused as refusal:
            return course.replace(stopped_because=f"Not delivered: {refusal}")
    with watch.step("delivered dose"):
        dose = delivered_dose(model, course.approved.plan, session)
    return course.replace(sessions=(*course.sessions, session), doses=(*course.doses, dose))


def stop_advised(course: Course, adverse_events: Sequence[AdverseEvent]) -> str:
    """Why no next session is signed here: what came so far advises to stop. Empty when it does not."""
    reason = reason_to_stop(course, adverse_events)
    if not reason:
        return ""
    return (
        f"The plan is a draft: the sessions so far advise to stop. {reason} A clinician who has judged it "
        "may sign the draft."
    )


def reason_to_stop(course: Course, adverse_events: Sequence[AdverseEvent]) -> str:
    """The first reason of an advice to stop after the sessions so far; empty when they advise no stop."""
    if course.plan is None or not course.sessions:
        return ""
    outcome = with_outcome(course, adverse_events).outcome
    if outcome is None or outcome.advice is None or not outcome.advice.stop:
        return ""
    return outcome.advice.reasons[0] if outcome.advice.reasons else "See the outcome."


def consented(draft: Plan, *, by: str | None, at: datetime) -> Plan:
    """The draft with the consent to its own text recorded, or unchanged when nobody gave it."""
    if by is None:
        return draft
    return draft.replace(consent=draft.consent.replace(given=True, by=by, at=at))


def sign(course: Course, *, by: Clinician | None, at: datetime) -> Course:
    """The course with its plan signed, or with the reason why it is not."""
    if course.plan is None:
        return course
    if by is None:
        return course.replace(stopped_because="The plan is a draft: no clinician has signed it.")
    try:
        return course.replace(approved=course.plan.approve(by, at=at))
    except ApprovalRefused as refusal:
        return course.replace(stopped_because=str(refusal))


def delivered_dose(model: mechanics.SpineModel, draft: Plan, session: Session) -> Dose:
    """The model's dose for the pull that was measured, beside what the plan had foreseen at its target."""
    dose = mechanics.replay(model, session, angle_deg=draft.profile.angle_deg)
    if draft.target is None:
        return dose
    return dose.replace(planned_dose_mpa_s=draft.prediction.level(draft.target).unloading_dose_mpa_s)


def with_outcome(course: Course, adverse_events: Sequence[AdverseEvent] = ()) -> Course:
    """The course with its outcome: scores and changes where questionnaires exist, and advice."""
    outcome = follow.assess(
        course.sessions,
        course.questionnaires,
        adverse_events=adverse_events,
        co_interventions=course.plan.course.co_interventions if course.plan else (),
        simulated=course.patient.simulated or any(session.simulated for session in course.sessions),
    )
    if course.plan is not None and course.sessions:
        outcome = outcome.replace(advice=follow.advise(outcome, course.sessions, course.plan.course))
    return course.replace(outcome=outcome)
