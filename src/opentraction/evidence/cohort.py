"""Courses that may be counted together."""

from collections.abc import Iterable

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
