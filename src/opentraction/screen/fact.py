"""One fact that bears on one rule: it meets the rule, clears it, or puts it in doubt."""

from dataclasses import dataclass
from enum import IntEnum

from opentraction.screen.rules import by_id


class Bearing(IntEnum):
    """What a fact does to a rule; the higher one wins where facts disagree."""

    CLEARS = 1
    DOUBTS = 2
    MEETS = 3


@dataclass(frozen=True)
class Fact:
    """A fact with its bearing on a rule and the reason in a sentence."""

    rule_id: str
    bearing: Bearing
    reason: str
    from_image: bool = False
    """True for a fact of the image: it clears only while the image is known to be fresh enough."""


def met(rule_id: str, reason: str) -> Fact:
    """A fact beyond the cut-off, or the thing itself."""
    return Fact(rule_id, Bearing.MEETS, reason)


def doubt(rule_id: str, reason: str) -> Fact:
    """A fact that makes the rule possible; only a person's answer to the rule itself settles it."""
    return Fact(rule_id, Bearing.DOUBTS, reason)


def cleared(rule_id: str, reason: str, *, from_image: bool = False) -> tuple[Fact, ...]:
    """A fact on the safe side of a cut-off: it counts only where that cut-off has a published source."""
    if not by_id()[rule_id].threshold_sourced:
        return ()
    return (Fact(rule_id, Bearing.CLEARS, reason, from_image),)
