"""Courses that may be counted together, and adverse events over their denominators."""

from collections.abc import Iterable
from dataclasses import dataclass

from scipy import stats

from opentraction.chart import BadInput, Cohort, Course


def is_simulated(course: Course) -> bool:
    """True when any part of the course is simulated: it then never counts as a patient's."""
    return (
        course.patient.simulated
        or course.spine.simulated
        or (course.plan is not None and course.plan.simulated)
        or (course.approved is not None and course.approved.plan.simulated)
        or any(session.simulated for session in course.sessions)
        or (course.outcome is not None and course.outcome.simulated)
    )


def course_id(course: Course) -> str:
    """Name of a course: patient and plan, or patient and a digest where there is no plan."""
    plan = course.plan if course.plan is not None else course.approved.plan if course.approved else None
    return f"{course.patient.patient_id}/{plan.plan_id if plan is not None else course.digest()[:12]}"


def cohort(courses: Iterable[Course], *, name: str = "courses", criteria: str = "") -> Cohort:
    """Courses of real patients, by id in the order given; simulated ones are left out and counted.

    Raises BadInput when one course is given twice.
    """
    given = tuple(courses)
    kept = tuple(course_id(course) for course in given if not is_simulated(course))
    twice = sorted({item for item in kept if kept.count(item) > 1})
    if twice:
        raise BadInput(
            f"Expected each course once, got {', '.join(twice)} more than once. Give each course one time."
        )
    return Cohort(name=name, course_ids=kept, excluded_simulated=len(given) - len(kept), criteria=criteria)


@dataclass(frozen=True, slots=True)
class AdverseEventRate:
    """Adverse events of real courses with both denominators."""

    patients: int
    """People with at least one session delivered and an outcome record in which events could be written
    down."""
    patients_with_event: int
    low: float
    high: float
    """95 % Clopper-Pearson interval of the share of patients with an event, 0 to 1; 0 to 1 without
    patients."""
    sessions: int
    events: int
    """Events over sessions have no interval: sessions of one person are not independent."""


def adverse_event_rate(courses: Iterable[Course]) -> AdverseEventRate:
    """Count adverse events per patient and per session delivered; simulated courses are left out."""
    sessions = events = 0
    people: dict[str, bool] = {}
    for course in courses:
        outcome = course.outcome
        if is_simulated(course) or outcome is None or outcome.sessions_delivered == 0:
            continue
        sessions += outcome.sessions_delivered
        events += len(outcome.adverse_events)
        known = people.get(course.patient.patient_id, False)
        people[course.patient.patient_id] = known or bool(outcome.adverse_events)
    n, x = len(people), sum(people.values())
    low = float(stats.beta.ppf(0.025, x, n - x + 1)) if x else 0.0
    high = float(stats.beta.ppf(0.975, x + 1, n - x)) if x < n else 1.0
    return AdverseEventRate(n, x, low, high, sessions, events)
