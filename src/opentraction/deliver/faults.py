"""Faults to inject into the simulated table, by time, as a script."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from opentraction.chart import Positive, Value


class FaultKind(StrEnum):
    """What goes wrong.

    The first four fail at the load cell itself, so the table's own servo is fed with them too.
    """

    NAN = "load cell gives no number"
    FROZEN = "load cell frozen"
    SPIKE = "load cell spike"
    OFFSET = "load cell offset"
    MISSING = "readings missing"
    STALE = "readings stale"
    FUTURE = "readings stamped in the future"
    LINK_LOSS = "link lost both ways"
    SLIP = "harness slips"
    SWITCH = "patient presses the switch"
    RUNAWAY = "servo runs away"
    GUARD_LOST = "servo runs away and the table's own guard is dead"


class Fault(Value):
    """One fault: from when [s on the table's clock since it was switched on], how long, how large.

    `size` is in N for spike and offset, mm for slip, s for the future stamp, and unused otherwise.
    """

    kind: FaultKind
    at_s: Annotated[float, Field(ge=0)]
    lasts_s: Positive | None = None
    """None: it stays."""
    size: float = 0.0

    def active(self, elapsed_s: float) -> bool:
        """Whether it is there at this time."""
        return self.at_s <= elapsed_s and (self.lasts_s is None or elapsed_s < self.at_s + self.lasts_s)


class FaultScript:
    """The faults of a run, asked for by kind; times without any fault cost next to nothing."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self._by_kind: dict[FaultKind, list[Fault]] = {}
        for fault in faults:
            self._by_kind.setdefault(fault.kind, []).append(fault)

    def __bool__(self) -> bool:
        return bool(self._by_kind)

    def now(self, kind: FaultKind, elapsed_s: float) -> Fault | None:
        """The first active fault of this kind, or None."""
        for fault in self._by_kind.get(kind, ()):
            if fault.active(elapsed_s):
                return fault
        return None
