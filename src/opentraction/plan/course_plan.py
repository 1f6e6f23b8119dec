"""The course of sessions: progression when tolerated and delivered, reassessment, stop rules."""

from collections.abc import Sequence
from dataclasses import dataclass

from opentraction.chart import (
    BadInput,
    CoIntervention,
    CoInterventionKind,
    CoursePlan,
    CourseStep,
    Refused,
)
from opentraction.plan.families import LBF_N
from opentraction.plan.guardrails import SESSIONS_PER_WEEK
from opentraction.plan.limits import FIRST_SESSIONS, snap
from opentraction.plan.sources import cite

SESSIONS, PER_WEEK = 12, 3.0
"""12 sessions in 4 weeks, as in the trial AMJAD (class A)."""

INCREMENT_N = 5.0 * LBF_N
"""The smallest published step up, 5 lb (KDT1, class C)."""

DELIVERED_SHARE = 0.9
"""A step up needs this share of the planned pull over time to have been delivered; assumed."""

STOP_RULES: tuple[str, ...] = (
    "Any new weakness, numbness or loss of reflex: stop at once and examine; a large protrusion once grew "
    f"suddenly during decompression and needed urgent surgery ({cite('DEEN03')}).",
    "Any change of bladder, bowel or sexual function, or numbness between the legs: stop and send to an "
    "emergency department now.",
    f"Leg pain that moves further down (peripheralisation): stop the session ({cite('ITRAC', 'EPALMER')}).",
    "Pain 2 or more points (0 to 10) above the start of the session, or sudden severe leg pain: release "
    f"and stop (points assumed; sudden pain: {cite('DEEN03')}).",
    f"Severe pain that vanishes entirely under pull: pause and examine before going on ({cite('BRAINSC')}).",
    f"No gain by session 10: stop the course ({cite('KDTIDP', 'NAMCOBS')}; no published rule is validated).",
    "The patient may stop at any time, without a reason.",
)
"""When to stop a session or the course."""


def course_plan(
    peak_n: float,
    *,
    ceiling_n: float,
    sessions: int = SESSIONS,
    sessions_per_week: float = PER_WEEK,
    co_interventions: Sequence[CoIntervention | CoInterventionKind] = (),
    step_n: float | None = None,
    first: int = 1,
) -> CoursePlan:
    """A course that starts at session `first` with the plan's pull [N] and may rise, never above `ceiling_n`.

    It rises by the smallest published step; `ceiling_n` is the lowest limit after the first sessions and
    `step_n` the table's step. A raise is what the course allows at most: each one is drafted and signed
    anew. Lying without pull stays without pull. Raises BadInput for a number of sessions that cannot be,
    BadValue for too many a week.
    """
    if not 1 <= sessions <= 40:
        raise BadInput(f"Expected 1 to 40 sessions in a course, got {sessions}. Check the number.")
    SESSIONS_PER_WEEK.question(sessions_per_week)
    if not 1 <= first <= sessions:
        raise BadInput(
            f"Expected a session of the course, 1 to {sessions}, got session {first}. "
            "Plan a longer course, or reassess."
        )
    starts = [first, *(start for start in (FIRST_SESSIONS + 1, 6) if first < start <= sessions)]
    pulls = [_raised(peak_n, number * INCREMENT_N, ceiling_n, step_n) for number in range(len(starts))]
    steps: list[CourseStep] = []
    for start, pull_n in zip(starts, pulls, strict=True):
        if steps and abs(pull_n - steps[-1].peak_force_n) < 1e-9:
            continue
        condition = _START if not steps else _RAISE
        steps.append(
            CourseStep(
                first=start,
                last=sessions,
                peak_force_n=pull_n,
                sessions_per_week=sessions_per_week,
                condition=condition,
            )
        )
    closed = [
        step.replace(last=steps[number + 1].first - 1) if number + 1 < len(steps) else step
        for number, step in enumerate(steps)
    ]
    return CoursePlan(
        steps=tuple(closed),
        reassess_at=tuple(session for session in reassessments(sessions) if session >= first),
        stop_rules=STOP_RULES,
        co_interventions=tuple(
            item if isinstance(item, CoIntervention) else CoIntervention(kind=item)
            for item in co_interventions
        ),
    )


def reassessments(sessions: int) -> tuple[int, ...]:
    """Sessions after which questionnaires are due: half way [CLINIT], 10 [KDTIDP, NAMCOBS], and the last."""
    due = {max(1, sessions // 2), sessions} | ({10} if sessions >= 10 else set())
    return tuple(sorted(due))


_START = "Consent is given, the screening stands, and the change questions were answered before each session."
_RAISE = (
    "Only where wanted gain has not come: at least 2 sessions at the step before were tolerated without "
    f"worse pain ({cite('KDT1')}), at least {DELIVERED_SHARE:.0%} of the planned pull was really "
    "delivered, and the plan was drafted and signed anew from that pull. Trials found no clear difference "
    f"between doses ({cite('VANTI')}), so a raise is a choice, not a duty."
)


def _raised(peak_n: float, by_n: float, ceiling_n: float, step_n: float | None) -> float:
    if peak_n <= 0:
        return 0.0
    return max(peak_n, snap(min(peak_n + by_n, ceiling_n), step_n))


@dataclass(frozen=True)
class Progression:
    """The largest pull [N] of the next session, and why."""

    peak_n: float
    because: str


def next_pull(
    course: CoursePlan,
    *,
    sessions_done: int,
    last_peak_n: float,
    tolerated: bool | None,
    delivered_share: float | None,
) -> Progression:
    """The largest pull the course allows next, from what was tolerated and really delivered.

    `tolerated` and `delivered_share` (delivered over planned impulse of the last session) are None when not
    known: unknown never raises the pull. A session not tolerated goes one step back. Raises Refused after
    the last session.
    """
    if sessions_done >= course.sessions:
        raise Refused(
            f"The course of {course.sessions} sessions is done. Reassess, then plan anew if it helps."
        )
    step = next(item for item in course.steps if item.last > sessions_done)
    if tolerated is False:
        back_n = max(0.0, last_peak_n - INCREMENT_N)
        return Progression(
            min(back_n, step.peak_force_n), "The last session was not tolerated: one step back."
        )
    if step.peak_force_n <= last_peak_n:
        return Progression(step.peak_force_n, "The course asks for no more.")
    if tolerated is None:
        return Progression(last_peak_n, "It is not known whether the last session was tolerated: no raise.")
    if delivered_share is None:
        return Progression(last_peak_n, "What was delivered was not measured: no raise.")
    if not delivered_share >= DELIVERED_SHARE:  # said this way round so that not-a-number gives no raise
        return Progression(
            last_peak_n,
            f"Only {delivered_share:.0%} of the planned pull was delivered (needed {DELIVERED_SHARE:.0%}): "
            "no raise.",
        )
    raised_n = min(step.peak_force_n, last_peak_n + INCREMENT_N)
    return Progression(raised_n, "Tolerated and delivered: one step up at most; draft and sign anew.")
