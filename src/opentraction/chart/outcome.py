"""Questionnaires, scores and change; adverse events; the course they belong to."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from opentraction.chart.finding import Findings
from opentraction.chart.patient import Patient
from opentraction.chart.plan import ApprovedPlan, CoIntervention, Plan
from opentraction.chart.screening import Eligibility
from opentraction.chart.session import Dose, Session
from opentraction.chart.spine import Spine
from opentraction.chart.value import Value


class Instrument(StrEnum):
    """Questionnaires that are scored."""

    NRS_BACK = "NRS back pain"
    NRS_LEG = "NRS leg pain"
    ODI = "ODI 2.1a"
    RMDQ = "RMDQ-24"


class Questionnaire(Value):
    """Answered items of one instrument at one time; an unanswered item is None."""

    instrument: Instrument
    at: datetime
    items: tuple[int | None, ...]
    recall: str = ""
    after_session: Annotated[int, Field(ge=0)] | None = None
    """Number of sessions done when it was answered; 0 is the baseline."""


class Score(Value):
    """The score of one questionnaire; None with the reason when its missing-item rule forbids one."""

    instrument: Instrument
    at: datetime
    value: float | None
    unit: str
    missing_items: Annotated[int, Field(ge=0)] = 0
    note: str = ""
    after_session: int | None = None


class Change(Value):
    """Change from baseline against measurement error (MDC) and importance (MCID); lower scores are better."""

    instrument: Instrument
    baseline: float
    latest: float
    change: float
    """Latest minus baseline; negative is better."""
    mdc: float | None
    mcid: float | None
    beyond_error: bool | None
    """None when it cannot be assessed, with the reason in `sentence`."""
    important: bool | None
    sentence: str
    """The change in words. It is a change after treatment, never called an effect of it."""


class AdverseEventSeverity(StrEnum):
    """Severity of an adverse event."""

    MILD = "mild"
    MODERATE = "moderate"
    SEVERE = "severe"


class AdverseEvent(Value):
    """Something unwanted in the course."""

    at: datetime
    what: str
    severity: AdverseEventSeverity
    after_session: int | None = None
    action: str = ""


class Advice(Value):
    """Advice for the next session, with its reasons."""

    action: str
    reasons: tuple[str, ...]
    stop: bool = False


class Outcome(Value):
    """Scores, changes, adverse events with their denominator, and advice."""

    recorded: bool
    """False when there is no pair of scores: 'no outcome recorded', never an invented one."""
    statement: str
    scores: tuple[Score, ...]
    changes: tuple[Change, ...]
    adverse_events: tuple[AdverseEvent, ...] = ()
    sessions_delivered: Annotated[int, Field(ge=0)] = 0
    co_interventions: tuple[CoIntervention, ...] = ()
    advice: Advice | None = None
    simulated: bool = False


class Course(Value):
    """All of one indication: from scan to outcome. Parts not reached yet are None or empty."""

    patient: Patient
    spine: Spine
    findings: Findings
    eligibility: Eligibility
    plan: Plan | None = None
    approved: ApprovedPlan | None = None
    sessions: tuple[Session, ...] = ()
    doses: tuple[Dose, ...] = ()
    questionnaires: tuple[Questionnaire, ...] = ()
    outcome: Outcome | None = None
    stopped_because: str = ""
    """Where and why the course stopped short of an outcome."""
