"""The first twenty seconds: who, what was found, verdict, plan, delivered, outcome, what comes next."""

from dataclasses import dataclass

from markupsafe import Markup

from opentraction.chart import Course, Patient, RuleCategory, RuleState, Sex, Verdict
from opentraction.clinic.report.numbers import NOT_KNOWN, dose_cell, force, plain
from opentraction.clinic.report.sentences import listed

TONE = {
    Verdict.EMERGENCY: "stop",
    Verdict.NOT_SUITABLE: "stop",
    Verdict.SEE_DOCTOR: "ask",
    Verdict.NOT_YET_KNOWN: "ask",
    Verdict.SUITABLE_WITH_PRECAUTIONS: "good",
    Verdict.SUITABLE: "good",
}
_SHAPE = {
    "good": '<circle cx="14" cy="14" r="11" fill="currentColor"/>',
    "ask": '<path d="M14 3 27 25H1z" fill="currentColor"/>',
    "stop": '<path d="M9 2h10l7 7v10l-7 7H9l-7-7V9z" fill="currentColor"/>',
}


@dataclass(frozen=True)
class Line:
    """One line of the summary; `tone` (good, ask, stop) gives it a shape and a colour."""

    name: str
    text: str | Markup
    tone: str = ""

    @property
    def shape(self) -> Markup:
        """The shape that goes with the tone, so that it is not said by colour alone."""
        return shape(self.tone, 16) if self.tone else Markup()


@dataclass(frozen=True)
class Step:
    """One of the five steps: done, due or blocked; `anchor` is its section."""

    name: str
    state: str
    anchor: str


def shape(tone: str, size: int) -> Markup:
    """Circle for good, triangle for ask, octagon for stop."""
    drawn = f'<svg class="shape" width="{size}" height="{size}" viewBox="0 0 28 28" aria-hidden="true">'
    return Markup(f"{drawn}{_SHAPE[tone]}</svg>")


def steps(course: Course) -> list[Step]:
    """The five steps with what is done, due and blocked."""
    verdict = course.eligibility.verdict
    refused = verdict in (Verdict.EMERGENCY, Verdict.NOT_SUITABLE)
    rows = [
        ("Evaluate", "spine", True, False),
        ("Screen", "screen", verdict.permits_plan or refused, False),
        ("Plan", "plan", course.approved is not None, not verdict.permits_plan),
        ("Deliver", "session", bool(course.sessions), course.approved is None),
        ("Follow", "outcome", course.outcome is not None and course.outcome.recorded, not course.sessions),
    ]
    return [
        Step(name, "done" if done else "blocked" if blocked else "due", anchor)
        for name, anchor, done, blocked in rows
    ]


def warnings(course: Course) -> list[Line]:
    """What the patient bar warns of: allergies, and red flags that are met or open."""
    return [_allergies(course.patient), _red_flags(course)]


def _allergies(patient: Patient) -> Line:
    if patient.allergies is None:
        return Line("allergies", NOT_KNOWN)
    if not patient.allergies:
        return Line("allergies", "none known")
    return Line("allergies", listed(patient.allergies), "ask")


def _red_flags(course: Course) -> Line:
    flags = [rule for rule in course.eligibility.contraindications if rule.category is RuleCategory.RED_FLAG]
    met = [rule.rule_id for rule in flags if rule.state is RuleState.MET]
    unknown = [rule.rule_id for rule in flags if rule.state is RuleState.UNKNOWN]
    parts = [f"{words} ({_few(ids)})" for words, ids in (("met", met), (NOT_KNOWN, unknown)) if ids]
    return Line("red flags", "; ".join(parts) or "none met", "stop" if met else "ask" if unknown else "")


def _few(ids: list[str]) -> str:
    return ", ".join(ids) if len(ids) <= 4 else f"{', '.join(ids[:3])} and {len(ids) - 3} more"


def summary(course: Course) -> list[Line]:
    """The seven lines at the top of the page."""
    verdict = course.eligibility.verdict
    because = course.eligibility.because[0] if course.eligibility.because else ""
    return [
        Line("Who", _who(course)),
        Line("Found", _found(course)),
        Line("Screening", f"{verdict}. {because}", TONE[verdict]),
        Line("Plan", _plan(course), "" if course.approved else "ask"),
        Line("Delivered", _delivered(course)),
        Line("Outcome", _outcome(course)),
        Line("Next", _next(course), "stop" if verdict is Verdict.EMERGENCY else ""),
    ]


def _who(course: Course) -> str:
    patient = course.patient
    age = patient.age_years(course.eligibility.decided_at.date())
    sex = f"sex {NOT_KNOWN}" if patient.sex is Sex.UNKNOWN else str(patient.sex)
    mass = f"mass {NOT_KNOWN}" if patient.mass_kg is None else f"{patient.mass_kg:.0f} kg"
    stature = f"height {NOT_KNOWN}" if patient.stature_mm is None else f"{patient.stature_mm / 10:.0f} cm"
    return f"{'age ' + NOT_KNOWN if age is None else f'{int(age)} years'}, {sex}, {mass}, {stature}"


def _found(course: Course) -> str:
    leading = course.findings.leading
    if leading is None:
        return "No candidate cause: the examination is missing or empty."
    place = f" at {leading.level}" if leading.level else ""
    side = f", {leading.side}" if leading.side else ""
    reason = leading.reasons_for[0] if leading.reasons_for else ""
    return f"Leading candidate: {leading.cause}{place}{side}. {reason}".rstrip()


def _plan(course: Course) -> str:
    plan = course.plan
    if plan is None:
        return no_plan(course)
    state = f"Signed by {course.approved.approval.by.name}" if course.approved else "Draft, not signed"
    target = f"target {plan.target}" if plan.target else "no target level"
    return (
        f"{state}: {plan.profile.family} pull, at most {force(plan.profile.peak_force_n)} for "
        f"{plan.profile.duration_s / 60:.0f} min at {plan.profile.angle_deg:g}°, {target}, "
        f"{plan.course.sessions} sessions."
    )


def no_plan(course: Course) -> str:
    """Why there is no plan, beginning with those words."""
    reason = course.stopped_because or "Screening does not permit one."
    return reason if reason.startswith("No plan") else f"No plan. {reason}"


def _delivered(course: Course) -> str | Markup:
    if not course.sessions:
        return "Nothing was delivered."
    last = course.sessions[-1]
    planned = f" of {course.plan.course.sessions} planned" if course.plan else ""
    count = f"{len(course.sessions)} {'session' if len(course.sessions) == 1 else 'sessions'}{planned}"
    text = Markup("{}; the last one: {}. {}").format(count, last.end, impulse_sentence(course))
    dose = next((dose for dose in course.doses if dose.session_id == last.session_id), None)
    target = course.plan.target if course.plan else None
    level = next((item for item in dose.levels if item.level is target), None) if dose else None
    if level is not None:
        text += Markup(" Unloading at {}: {} MPa s by the model.").format(
            level.level, dose_cell(level.unloading_dose_mpa_s)
        )
    return text


def impulse_sentence(course: Course, session_index: int = -1) -> str:
    """How much of the planned impulse a session gave."""
    comparison = course.sessions[session_index].comparison
    if comparison.delivered_impulse_n_s is None:
        return f"Planned impulse {comparison.planned_impulse_n_s / 1000:.1f} kN·s; delivered: not measured."
    planned = comparison.planned_impulse_n_s
    share = f" ({comparison.delivered_impulse_n_s / planned:.0%})" if planned > 0 else ""
    return (
        f"Impulse {comparison.delivered_impulse_n_s / 1000:.1f} of {planned / 1000:.1f} kN·s planned{share}."
    )


def _outcome(course: Course) -> str:
    outcome = course.outcome
    if outcome is None:
        return "No outcome recorded."
    if not outcome.recorded or not outcome.changes:
        return outcome.statement
    error = {True: "beyond error", False: "within error", None: "not known to be beyond error"}
    scores = [
        f"{item.instrument} {plain(item.baseline)} to {plain(item.latest)} ({error[item.beyond_error]})"
        for item in outcome.changes
    ]
    count = len(outcome.adverse_events)
    events = "no adverse event recorded" if not count else f"adverse events recorded: {count}"
    mark = "SIMULATED. " if outcome.simulated else ""
    return f"{mark}{listed(scores)}; {events}. A change after treatment, not an effect of it."


def _next(course: Course) -> str:
    eligibility = course.eligibility
    verdict = eligibility.verdict
    if verdict is Verdict.EMERGENCY:
        return f"{eligibility.send_to or 'Send to an emergency department now.'} No traction."
    if verdict is Verdict.NOT_SUITABLE:
        return f"No traction. {eligibility.send_to or 'Look for another way of treating.'}"
    if verdict is Verdict.SEE_DOCTOR:
        return eligibility.send_to or "A doctor's opinion first; nothing is delivered before it."
    if verdict is Verdict.NOT_YET_KNOWN:
        asked = eligibility.open_questions
        more = f" (and {len(asked) - 1} more, section 3)" if len(asked) > 1 else ""
        return f"Settle what is open: {asked[0].ask}{more}" if asked else "Settle what is open in section 3."
    if course.plan is None:
        return "Draft a plan."
    if course.approved is None:
        wanted = [] if course.plan.consent.given else ["record the patient's consent"]
        return f"{listed([*wanted, 'have a clinician read and sign the draft']).capitalize()}."
    if not course.sessions:
        return "Deliver session 1, after the change questions are answered."
    return _after_sessions(course)


def _after_sessions(course: Course) -> str:
    advice = course.outcome.advice if course.outcome else None
    done, planned = len(course.sessions), course.plan.course.sessions if course.plan else 0
    if advice is None:
        return "No advice was drawn up."
    if advice.stop:
        return f"Stop the course. {advice.reasons[0] if advice.reasons else ''}".rstrip()
    if done >= planned:
        return "The planned sessions are done: reassess."
    return f"{advice.action.capitalize()}: session {done + 1} of {planned}, after its change questions."
