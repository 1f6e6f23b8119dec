"""The course on one time axis, as plain data for a figure: pain, function, sessions, events."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from opentraction.chart import (
    AdverseEvent,
    AdverseEventSeverity,
    Course,
    Instrument,
    Score,
    SessionEnd,
    Value,
)
from opentraction.follow.assess import baseline_of, pull_was_applied
from opentraction.follow.clock import check_one_clock
from opentraction.follow.instruments import RULES
from opentraction.follow.scoring import score

SECONDS_PER_DAY = 86400.0


class TimelinePoint(Value):
    """One score on the axis."""

    day: float
    """Days since the start of the axis."""
    value: float
    after_session: int | None = None
    note: str = ""


class TimelineSeries(Value):
    """One instrument over time, with what a change must pass to count; lower is better."""

    instrument: Instrument
    unit: str
    score_max: float
    points: tuple[TimelinePoint, ...]
    unscored_days: tuple[float, ...] = ()
    """Days on which it was given and could not be scored."""
    baseline: float | None = None
    mdc_band: tuple[float, float] | None = None
    """Scores that do not differ from the baseline beyond measurement error (cut at the ends of the scale)."""
    mcid_line: float | None = None
    """Score at which an improvement is important by points; None where it lies below the scale."""


class TimelineSession(Value):
    """One session as a tick."""

    day: float
    number: Annotated[int, Field(ge=1)]
    session_id: str
    end: SessionEnd
    delivered: bool
    peak_n: float | None = None
    """Largest measured pull [N]; None when nothing was measured."""
    simulated: bool = False


class TimelineEvent(Value):
    """An adverse event or a safety trip as a flag."""

    day: float
    what: str
    kind: str
    """'adverse event' or 'trip'."""
    severity: AdverseEventSeverity | None = None


class CourseTimeline(Value):
    """Everything the course figure needs. Empty where nothing was recorded; nothing is filled in between."""

    start: datetime | None
    """Day 0; None when nothing is dated yet."""
    series: tuple[TimelineSeries, ...]
    sessions: tuple[TimelineSession, ...]
    events: tuple[TimelineEvent, ...]
    simulated: bool
    statement: str


def timeline(course: Course) -> CourseTimeline:
    """Lay a course on one axis of days since its first dated entry.

    Scores come from the outcome where there is one, else from the questionnaires by the default rules.
    """
    outcome = course.outcome
    scores = outcome.scores if outcome is not None else tuple(score(item) for item in course.questionnaires)
    adverse = outcome.adverse_events if outcome is not None else ()
    start = _start(course, scores, adverse)
    return CourseTimeline(
        start=start,
        series=tuple(
            _series(instrument, scores, start)
            for instrument in Instrument
            if any(item.instrument is instrument for item in scores)
        ),
        sessions=_sessions(course, start),
        events=_events(course, adverse, start),
        simulated=(
            course.patient.simulated
            or course.spine.simulated
            or (course.plan is not None and course.plan.simulated)
            or (course.approved is not None and course.approved.plan.simulated)
            or any(session.simulated for session in course.sessions)
            or (outcome is not None and outcome.simulated)
        ),
        statement=outcome.statement if outcome is not None else "No outcome recorded.",
    )


def _start(course: Course, scores: tuple[Score, ...], adverse: tuple[AdverseEvent, ...]) -> datetime | None:
    dates = [item.at for item in scores]
    dates += [item.started_at for item in course.sessions]
    dates += [item.at for item in adverse]
    check_one_clock(dates)
    return min(dates) if dates else None


def _day(at: datetime, start: datetime | None) -> float:
    return 0.0 if start is None else (at - start).total_seconds() / SECONDS_PER_DAY


def _series(instrument: Instrument, scores: tuple[Score, ...], start: datetime | None) -> TimelineSeries:
    rule = RULES[instrument]
    own = sorted((item for item in scores if item.instrument is instrument), key=lambda item: item.at)
    first = baseline_of(own, instrument)
    baseline = None if first is None else first.value
    band, line = None, None
    if baseline is not None:
        band = (max(0.0, baseline - rule.mdc), min(rule.score_max, baseline + rule.mdc))
        line = baseline - rule.mcid if baseline >= rule.mcid else None
    return TimelineSeries(
        instrument=instrument,
        unit=rule.unit,
        score_max=rule.score_max,
        points=tuple(
            TimelinePoint(
                day=_day(item.at, start), value=item.value, after_session=item.after_session, note=item.note
            )
            for item in own
            if item.value is not None
        ),
        unscored_days=tuple(_day(item.at, start) for item in own if item.value is None),
        baseline=baseline,
        mdc_band=band,
        mcid_line=line,
    )


def _sessions(course: Course, start: datetime | None) -> tuple[TimelineSession, ...]:
    ordered = sorted(course.sessions, key=lambda item: item.started_at)
    ticks = []
    for number, session in enumerate(ordered, start=1):
        measured = [item.measured_n for item in session.samples if item.measured_n is not None]
        ticks.append(
            TimelineSession(
                day=_day(session.started_at, start),
                number=number,
                session_id=session.session_id,
                end=session.end,
                delivered=pull_was_applied(session),
                peak_n=max(measured) if measured else None,
                simulated=session.simulated,
            )
        )
    return tuple(ticks)


def _events(
    course: Course, adverse: tuple[AdverseEvent, ...], start: datetime | None
) -> tuple[TimelineEvent, ...]:
    flags = [
        TimelineEvent(day=_day(item.at, start), what=item.what, kind="adverse event", severity=item.severity)
        for item in adverse
    ]
    for session in course.sessions:
        begun = _day(session.started_at, start)
        flags += [
            TimelineEvent(
                day=begun + trip.time_s / SECONDS_PER_DAY,
                what=f"{trip.interlock}: {trip.sentence}",
                kind="trip",
            )
            for trip in session.trips
        ]
    return tuple(sorted(flags, key=lambda item: item.day))
