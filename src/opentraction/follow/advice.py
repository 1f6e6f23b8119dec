"""Advice for the next session from the outcome so far, the sessions delivered and the course plan.

No published, validated stopping rule for traction was found. The rules here are: new neurological deficit
and sudden worse leg pain stop (case report: Deen 2003, Mayo Clin Proc 78:1554; peripheralisation is a stop
sign in clinics' own rules), and about ten sessions without change stop (two independent clinic sources,
neither a study with a comparison). The advice is for a clinician to weigh.
"""

import re
from collections.abc import Sequence
from enum import StrEnum

from opentraction.chart import (
    AdverseEvent,
    AdverseEventSeverity,
    Advice,
    Change,
    CoursePlan,
    CourseStep,
    Instrument,
    Outcome,
    Reply,
    Session,
    SessionEnd,
)
from opentraction.follow.assess import pull_was_applied
from opentraction.follow.change import is_responder

SESSIONS_WITHOUT_CHANGE = 10
"""Sessions after which no important change means stop: about 10 in two vendors' pages (Kennedy technique on
intradiscal pressure, kdttechnique.com; North American Medical's IDD compendium); no study behind either."""
LEG_PAIN_WORSE = 2.0
"""Worsening of leg pain [NRS points] that stops the course: the MCID of the NRS, taken as the cautious
bound."""
STOP_RULES_HOLD = "The stop rules of the plan hold."
_DEFICIT = re.compile(
    r"bladder|bowel|\burin|incontinen|retention|saddle|\bnumb(?!er)|\bweak|paresis|palsy|foot drop|cauda"
)
_ASK = (
    "Before the next session ask about new weakness, numbness, saddle numbness, bladder or bowel change, "
    "and leg pain that spreads further down: not asked is not no."
)


class AdviceAction(StrEnum):
    """What is advised."""

    CONTINUE = "continue"
    PROGRESS = "progress"
    HOLD = "hold"
    STOP = "stop"


def advise(
    outcome: Outcome,
    sessions: Sequence[Session],
    course_plan: CoursePlan,
    *,
    new_deficit: Reply = Reply.UNKNOWN,
    peripheralised: Reply = Reply.UNKNOWN,
) -> Advice:
    """Continue, progress, hold or stop, with the reasons; the first of stop, hold, progress that applies
    wins.

    `new_deficit` and `peripheralised` are the answers of today's change questions; while either is unknown
    the force is never advised to rise.
    """
    stops = [
        *_deficit_reasons(outcome, new_deficit, peripheralised),
        *_course_reasons(outcome, course_plan),
    ]
    if stops:
        return Advice(action=AdviceAction.STOP, reasons=tuple(stops), stop=True)
    holds = _hold_reasons(outcome, sessions, course_plan)
    if holds:
        return Advice(action=AdviceAction.HOLD, reasons=(*holds, _plan_rules(course_plan)))
    reasons = [*_change_reasons(outcome)]
    asked = Reply.UNKNOWN not in (new_deficit, peripheralised)
    step = _next_step(outcome, course_plan)
    if step is not None and asked:
        condition = f" Condition of this step: {step.condition.rstrip('.')}." if step.condition else ""
        reasons.insert(
            0,
            f"Session {step.first} begins a step of up to {step.peak_force_n:.0f} N in the plan.{condition}",
        )
        return Advice(action=AdviceAction.PROGRESS, reasons=(*reasons, _plan_rules(course_plan)))
    if step is not None:
        reasons.append("The plan's next step would raise the force; it waits for today's answers.")
    if not asked:
        reasons.append(_ASK)
    return Advice(action=AdviceAction.CONTINUE, reasons=(*reasons, _plan_rules(course_plan)))


def _deficit_reasons(outcome: Outcome, new_deficit: Reply, peripheralised: Reply) -> list[str]:
    reasons = []
    if new_deficit is Reply.YES:
        reasons.append(
            "A new neurological deficit was reported: stop, and have a doctor see the patient today."
        )
    if peripheralised is Reply.YES:
        reasons.append("Leg symptoms spread further down (peripheralisation): stop and examine again.")
    for event in outcome.adverse_events:
        if event.severity is AdverseEventSeverity.SEVERE:
            reasons.append(
                f"A severe adverse event was recorded ({event.what}): stop until a doctor has judged it."
            )
        elif _speaks_of_deficit(event):
            reasons.append(
                f"An adverse event speaks of a possible nerve deficit ({event.what}): stop until it is "
                "examined."
            )
    return [*reasons, *_leg_pain_reasons(outcome)]


def _leg_pain_reasons(outcome: Outcome) -> list[str]:
    """Worse than at the start, or worse since the last rating: a rise after a fall is a rise all the same."""
    ratings = [
        (item.at, item.value)
        for item in outcome.scores
        if item.instrument is Instrument.NRS_LEG and item.value is not None
    ]
    values = [value for _, value in sorted(ratings, key=lambda item: item[0])]
    reasons = []
    if len(values) >= 2 and values[-1] - values[-2] >= LEG_PAIN_WORSE:
        reasons.append(
            f"Leg pain rose by {values[-1] - values[-2]:.3g} points since the last rating ({values[-2]:g} to "
            f"{values[-1]:g}): stop and examine again."
        )
    leg = _change_of(outcome, Instrument.NRS_LEG)
    if not reasons and leg is not None and leg.change >= LEG_PAIN_WORSE:
        reasons.append(
            f"Leg pain is {leg.change:.3g} points worse than at the start ({leg.baseline:g} to "
            f"{leg.latest:g}): stop and examine again."
        )
    return reasons


def _speaks_of_deficit(event: AdverseEvent) -> bool:
    """Words only; a sentence such as 'no weakness' also stops, which a person then clears."""
    return _DEFICIT.search(event.what.lower()) is not None


def _course_reasons(outcome: Outcome, plan: CoursePlan) -> list[str]:
    delivered = outcome.sessions_delivered
    reasons = []
    if delivered >= plan.sessions:
        reasons.append(f"All {plan.sessions} planned sessions are delivered; more would need a new plan.")
    if delivered >= SESSIONS_WITHOUT_CHANGE and _reassessed_since(outcome, SESSIONS_WITHOUT_CHANGE):
        verdicts = [is_responder(item) for item in outcome.changes]
        if (
            verdicts
            and not any(verdicts)
            and all(item.important is not True or item.change > 0 for item in outcome.changes)
        ):
            reasons.append(
                f"No important improvement on any questionnaire after {delivered} sessions (about "
                f"{SESSIONS_WITHOUT_CHANGE} is where clinics stop; no validated rule exists)."
            )
    return reasons


def _hold_reasons(outcome: Outcome, sessions: Sequence[Session], plan: CoursePlan) -> list[str]:
    delivered = outcome.sessions_delivered
    reasons = [
        f"{item.instrument} is worse beyond measurement error ({item.baseline:.3g} to {item.latest:.3g}): "
        "examine first."
        for item in outcome.changes
        if item.change > 0 and item.beyond_error
    ]
    reasons += [
        f"A moderate adverse event was recorded ({event.what}): settle it before the next session."
        for event in outcome.adverse_events
        if event.severity is AdverseEventSeverity.MODERATE
    ]
    due = [number for number in (*plan.reassess_at, SESSIONS_WITHOUT_CHANGE) if number <= delivered]
    if due and not _reassessed_since(outcome, max(due)):
        reasons.append(
            f"Reassessment was due after session {max(due)} and no later score is recorded: do it first."
        )
    if sessions:
        last = max(sessions, key=lambda item: item.started_at)
        if last.end is not SessionEnd.DONE:
            reasons.append(f"The last session ended early ({last.end}): find out why first.")
        elif not pull_was_applied(last):
            reasons.append("The last session applied no pull: find out why first.")
    return reasons


def _reassessed_since(outcome: Outcome, session_number: int) -> bool:
    return any(
        item.value is not None and item.after_session is not None and item.after_session >= session_number
        for item in outcome.scores
    )


def _change_reasons(outcome: Outcome) -> list[str]:
    if not outcome.changes:
        return ["No outcome is recorded yet."]
    return [item.sentence for item in outcome.changes]


def _next_step(outcome: Outcome, plan: CoursePlan) -> CourseStep | None:
    """The step that begins with the next session and raises the force, if there is one."""
    upcoming = outcome.sessions_delivered + 1
    starting = [step for step in plan.steps if step.first == upcoming]
    running = [step for step in plan.steps if step.first <= outcome.sessions_delivered <= step.last]
    if not starting or not running or starting[0].peak_force_n <= running[0].peak_force_n:
        return None
    return starting[0]


def _plan_rules(plan: CoursePlan) -> str:
    """A pointer: the rules themselves stand in the plan, and once is enough."""
    return STOP_RULES_HOLD if plan.stop_rules else "The plan states no stop rule of its own."


def _change_of(outcome: Outcome, instrument: Instrument) -> Change | None:
    return next((item for item in outcome.changes if item.instrument is instrument), None)
