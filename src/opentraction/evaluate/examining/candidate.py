"""A candidate cause while its reasons are gathered.

A candidate collects points: each reason is worth its points times the certainty of its finding. The weight is
points / (points + 3), so that it orders the candidates; it is no probability, and no cut-off of it decides
anything.
"""

from dataclasses import dataclass, field

from opentraction.chart import Cause, Level, RootCause, Side

_FEWEST_POINTS, _HALF_WEIGHT_POINTS = 0.15, 3.0


@dataclass
class Candidate:
    """One cause at one place, with its points and its reasons for and against."""

    cause: Cause
    level: Level | None = None
    side: Side | None = None
    points: float = 0.0
    pro: list[str] = field(default_factory=list)
    con: list[str] = field(default_factory=list)
    settle: list[str] = field(default_factory=list)

    def add(self, points: float, reason: str) -> None:
        """A reason for."""
        self.points += points
        self.pro.append(reason)

    def take(self, points: float, reason: str) -> None:
        """A reason against."""
        self.points -= points
        self.con.append(reason)

    def done(self) -> RootCause:
        """The candidate with its weight, 0 to 1."""
        points = max(self.points, _FEWEST_POINTS)
        return RootCause(
            cause=self.cause,
            level=self.level,
            side=self.side,
            weight=round(points / (points + _HALF_WEIGHT_POINTS), 3),
            reasons_for=tuple(self.pro),
            reasons_against=tuple(dict.fromkeys(self.con)),
            would_settle=tuple(dict.fromkeys(self.settle)),
        )
