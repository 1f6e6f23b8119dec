"""What happened on the table: every sample and event, and the comparison with the plan."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from opentraction.chart.device import Trip
from opentraction.chart.level import Fraction, Level, NonNegative
from opentraction.chart.plan import Band
from opentraction.chart.value import Value


class RecordKind(StrEnum):
    """How the numbers of a session came about."""

    MEASURED = "measured"
    REPORTED = "reported, not measured"


class SessionEnd(StrEnum):
    """How a session ended."""

    DONE = "done"
    STOPPED_BY_PATIENT = "stopped by the patient"
    STOPPED_BY_OPERATOR = "stopped by the operator"
    TRIPPED = "tripped"
    INTERRUPTED = "interrupted"


class SessionSample(Value):
    """Planned, commanded and measured at one time. `measured_n` is None when no reading could be trusted."""

    time_s: float
    planned_n: NonNegative
    commanded_n: NonNegative
    measured_n: float | None
    position_mm: float | None = None
    state: str = ""


class SessionEvent(Value):
    """A transition, decision or note, in plain words."""

    time_s: float
    what: str


class PlannedAgainstMeasured(Value):
    """How well the session followed its plan."""

    planned_impulse_n_s: NonNegative
    delivered_impulse_n_s: NonNegative | None
    """Integral of the measured pull [N s], None when nothing was measured."""
    rms_error_n: NonNegative | None
    time_in_band: Fraction | None
    """Share of the planned time in which the measured pull was within max(10 N, 5 %) of the plan."""
    missed: tuple[str, ...] = ()
    """What was not delivered and why, in sentences."""


class Session(Value):
    """One session: approved, commanded, measured; with every trip and how it ended."""

    session_id: str
    patient_id: str
    plan_digest: str
    table_id: str
    started_at: datetime
    kind: RecordKind
    samples: tuple[SessionSample, ...]
    events: tuple[SessionEvent, ...]
    trips: tuple[Trip, ...] = ()
    end: SessionEnd
    comparison: PlannedAgainstMeasured
    note: str = ""
    simulated: bool = False


class LevelDose(Value):
    """Model pressure at a level for the pull that was really measured."""

    level: Level
    pressure_mpa: Band
    unloading_dose_mpa_s: tuple[float, float, float]
    seconds_below_zero: tuple[float, float, float]
    targetable: bool


class Dose(Value):
    """Delivered dose per level, replayed by the model from the session's measured pull."""

    session_id: str
    time_s: tuple[float, ...]
    pull_n: tuple[float, ...]
    levels: tuple[LevelDose, ...]
    planned_dose_mpa_s: Annotated[tuple[float, float, float] | None, Field()] = None
    """The plan's dose at the target level, for comparison."""
    model: str
    samples: Annotated[int, Field(ge=1)] | None = None
    """How many samples of the model the bands are taken over."""
    reported_not_measured: bool = False
