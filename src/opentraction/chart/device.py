"""The device contract: what a table can do, what it is told, what it says back."""

from enum import StrEnum
from typing import Annotated, ClassVar, Protocol, runtime_checkable

from pydantic import ConfigDict, Field

from opentraction.chart.level import NonNegative, Positive
from opentraction.chart.profile import Family
from opentraction.chart.value import Value


class NativeUnit(StrEnum):
    """The unit a table shows. Inside, force is always in newtons."""

    NEWTON = "N"
    POUND = "lb"
    KILOGRAM_FORCE = "kgf"


class Capability(Value):
    """What a table declares of itself. What is not known stays None and is asked, never guessed."""

    table_id: str
    maker: str
    simulated: bool
    """Declared by the table itself; a mark for records and pages, never read by the safety code."""
    connected: bool
    """False for a table without an interface: settings are keyed in by a person."""
    force_max_n: Positive
    force_step_n: Positive | None = None
    rate_max_n_per_s: Positive
    angle_range_deg: tuple[float, float] = (0.0, 0.0)
    modes: tuple[Family, ...] = ()
    native_unit: NativeUnit = NativeUnit.NEWTON
    sensor_period_s: Positive = 0.05
    source: str = ""


class CommandKind(StrEnum):
    """What a command asks for."""

    FORCE = "force"
    RELEASE = "release"
    STOP = "stop"


class Command(Value):
    """One bounded order to the table. It expires by itself; without a newer one the table releases."""

    kind: CommandKind
    sequence: Annotated[int, Field(ge=0)]
    issued_s: float
    expires_s: float
    force_n: NonNegative = 0.0
    rate_n_per_s: Positive = 10.0


class TableState(StrEnum):
    """What the table says it is doing."""

    IDLE = "idle"
    PULLING = "pulling"
    RELEASING = "releasing"
    STOPPED = "stopped"


class Reading(Value):
    """One report of the table. It may hold nonsense (a failed sensor): it is checked before it is used."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=True)

    time_s: float
    force_n: float
    position_mm: float
    angle_deg: float = 0.0
    switch_pressed: bool = False
    state: TableState = TableState.IDLE
    sequence: Annotated[int, Field(ge=0)] = 0
    """Sequence of the last command the table accepted."""


@runtime_checkable
class Table(Protocol):
    """The contract every driver fulfils, the simulated one included."""

    def capability(self) -> Capability:
        """What the table can do."""

    def now_s(self) -> float:
        """The table's monotonic clock [s]."""

    def wait(self, duration_s: float) -> None:
        """Let the table's clock advance by `duration_s`."""

    def read(self) -> Reading | None:
        """The newest reading, or None when the link gave none."""

    def send(self, command: Command) -> bool:
        """Give an order; False when the link did not confirm it (then nothing is known)."""


class InterlockKind(StrEnum):
    """Conditions that must hold while a patient is under tension."""

    READING_MISSING = "reading missing"
    READING_NOT_A_NUMBER = "reading not a number"
    READING_STALE = "reading too old"
    READING_FUTURE = "reading from the future"
    READING_FROZEN = "reading frozen"
    READING_IMPLAUSIBLE = "reading implausible"
    OVER_FORCE = "force over limit"
    OVER_RATE = "force rising too fast"
    SLIP = "harness slip"
    SLACK = "slack not taken up"
    TABLE_STOPPED = "table stopped by itself"
    PATIENT_STOP = "patient stop"
    OPERATOR_STOP = "operator stop"
    LINK_LOST = "link lost"
    RECORD_FAILED = "record not writable"
    PAIN_REPORT = "pain reported"


class Trip(Value):
    """The event when an interlock did not hold: kept until a named person clears it."""

    interlock: InterlockKind
    time_s: float
    sentence: str
    """What was expected, what came, which limit."""
    cleared_by: str = ""


class CreepBranch(Value):
    """One Kelvin branch of the patient's slow stretch: x' = (F / stiffness - x) / tau."""

    stiffness_n_per_mm: Positive
    tau_s: Positive


class PatientPlant(Value):
    """The patient as a table feels them: nonlinear spring, creep branches, friction. Fitted by mechanics."""

    extension_mm: Annotated[tuple[float, ...], Field(min_length=2)]
    """Fast extension at `force_n`, both rising from 0."""
    force_n: Annotated[tuple[float, ...], Field(min_length=2)]
    creep: tuple[CreepBranch, ...] = ()
    friction_n: NonNegative = 0.0
    mass_kg: Positive = 35.0
    """Mass of the moved part of the body."""
    fit_rms_mm: NonNegative = 0.0
    """Root mean square error of this plant against the column it was fitted to."""
