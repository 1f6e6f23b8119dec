"""What each row of the package's own table is for and is taken to mean.

Fixed before any fit; where it was changed later, the row's reason says so.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

from opentraction.mechanics.validating.acceptance import Shape
from opentraction.mechanics.validating.experiment import REGISTRY, Asked, Group
from opentraction.mechanics.validating.targets import Target, read_targets
from opentraction.mechanics.validating.words import Silent, read_row


class Role(StrEnum):
    """What a row is for."""

    CALIBRATION = "calibration"
    """May set a parameter; shown apart, never counted."""
    CHECK = "check"
    INPUT = "input"
    CANNOT_SAY = "cannot say"


@dataclass(frozen=True)
class Duty:
    """The part a row plays: role, group, experiment, and the meaning and reason that were decided."""

    role: Role
    group: Group
    shape: Shape
    question: Asked | None
    """What is asked of a model; None where it is not asked."""
    bound: str
    """`at most` or `at least` where the value is read as a limit."""
    conflicts: tuple[str, ...]
    """Ids of rows of other papers that contradict this one."""
    meaning: str
    reason: str


@cache
def _own() -> dict[tuple[str, ...], tuple[str, Duty]]:
    """The package's own rows by what they measured: (id, duty)."""
    with files("opentraction.mechanics.validating").joinpath("rows.csv").open(encoding="utf-8") as table:
        written = {row["id"]: row for row in csv.DictReader(table)}
    return {target.what: (target.id, _duty(target, written[target.id])) for target in read_targets()}


def _duty(target: Target, row: dict[str, str]) -> Duty:
    reading = read_row(target)
    return Duty(
        role=Role(row["role"]),
        group=Group(row["group"]),
        shape=Shape(row["shape"]),
        question=reading if isinstance(reading, Asked) else None,
        bound=row["bound"],
        conflicts=tuple(row["conflicts"].split()),
        meaning=row["meaning"],
        reason=row["reason"],
    )


def duty(target: Target) -> Duty:
    """The duty of a row: that of `rows.csv` where the same was measured there, else read from its words."""
    known = _own().get(target.what)
    return known[1] if known is not None else from_words(target)


def from_words(target: Target) -> Duty:
    """The duty of a row that `rows.csv` does not hold: a check, if its words are understood."""
    reading = read_row(target)
    if isinstance(reading, Silent):
        role = Role.INPUT if reading.is_input else Role.CANNOT_SAY
        return Duty(role, Group.OTHER, Shape.SCALAR, None, "", (), "", reading.reason)
    known = REGISTRY[reading.experiment]
    shape = Shape.CURVE if known.group is Group.DISC_ONLY else Shape.SCALAR
    return Duty(
        Role.CHECK, known.group, shape, reading, "", (), known.does, "not among the package's own rows"
    )
