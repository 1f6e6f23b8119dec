"""What one decision is made from and what comes out: serialisable values, so a record can be replayed."""

from pydantic import Field

from opentraction.chart import Command, InterlockKind, NonNegative, Reading, Trip, Value
from opentraction.deliver.limits import DeliverySettings
from opentraction.deliver.readings import Still
from opentraction.deliver.states import DeliveryState


class Memory(Value):
    """What the controller carries from one decision to the next; nothing else is remembered."""

    state: DeliveryState = DeliveryState.IDLE
    started_s: float
    """Table's clock at the start of the session."""
    now_s: float
    """Table's clock at the last decision."""
    state_since_s: float
    profile_started_s: float | None = None
    """Table's clock when the slack was gone and the plan began."""
    segment: int = -1
    """Index of the segment of the profile last begun."""
    commanded_n: NonNegative = 0.0
    sequence: int = Field(default=0, ge=0)
    recent: tuple[Reading, ...]
    """Trusted readings of the last second, newest last."""
    still: Still | None = None
    slack_from_mm: float = 0.0
    """Position at which the slack take-up began."""
    tight_since_s: float | None = None
    """Since when the pull has been at the preload."""
    unconfirmed_since_s: float | None = None
    off_track_since_s: float | None = None
    tripped: tuple[InterlockKind, ...] = ()
    release_rate_n_per_s: NonNegative = 0.0


def memory_at_start(now_s: float, reading: Reading) -> Memory:
    """The memory of a session that begins now, at rest, with this trusted reading."""
    return Memory(
        started_s=now_s,
        now_s=now_s,
        state_since_s=now_s,
        recent=(reading,),
        slack_from_mm=reading.position_mm,
    )


class DecisionInput(Value):
    """Everything a decision depends on. The same input always gives the same decision."""

    now_s: float
    """The table's monotonic clock."""
    reading: Reading | None
    """What the link gave this time."""
    confirmed: bool = True
    """Whether the table confirmed the command before this one."""
    operator_stop: bool = False
    record_ok: bool = True
    memory: Memory
    settings: DeliverySettings


class Decision(Value):
    """What to do now."""

    state: DeliveryState
    command: Command
    trips: tuple[Trip, ...] = ()
    """Trips that are new with this decision."""
    events: tuple[str, ...] = ()
    planned_n: NonNegative
    measured_n: float | None
    """The trusted pull, None when there is none."""
    position_mm: float | None
    finished: bool = False
    """True when this command, which takes the drive's power off, is the last of the session."""
    memory: Memory
