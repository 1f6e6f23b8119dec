"""Gate questions: a few plain questions that stand before the rules, so that an ordinary patient answers
few.
"""

from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from opentraction.chart import Value


class AskedOf(StrEnum):
    """Who answers a gate question."""

    PATIENT = "patient"
    STAFF = "staff"


class OnYes(StrEnum):
    """What a "yes" to a gate does: meets all its rules at once, or has them asked one by one."""

    MET = "met"
    ASK = "ask"


class Gate(Value):
    """One plain question before a group of rules. "no" answers no for all of them."""

    gate_id: str
    ask: str
    rule_ids: tuple[str, ...]
    asked_of: AskedOf
    on_yes: OnYes


class Ladder(Value):
    """A question with choices that answers several rules of an opened gate at once."""

    rule_ids: tuple[str, ...]
    ask: str
    choices: dict[str, str]
    """Words of the choice that answers "yes" for the rule of that id; "none of these" answers no for all."""
    several: bool = False
    """True when more than one choice may be ticked."""


@cache
def _loaded() -> dict[str, Any]:
    text = (files("opentraction.screen") / "data" / "gates.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


@cache
def gates() -> tuple[Gate, ...]:
    """All gates, in the order they are asked."""
    return tuple(
        Gate(
            gate_id=gate["id"],
            ask=gate["ask"],
            rule_ids=tuple(gate["rules"]),
            asked_of=AskedOf(gate["of"]),
            on_yes=OnYes(gate["on_yes"]),
        )
        for gate in _loaded()["gates"]
    )


@cache
def ladders() -> tuple[Ladder, ...]:
    """All graded questions."""
    return tuple(
        Ladder(
            rule_ids=tuple(part["rules"]),
            ask=part["ask"],
            choices=part["choices"],
            several=part.get("several", False),
        )
        for part in _loaded()["ladders"]
    )


@cache
def gate_of() -> dict[str, Gate]:
    """The gate of each rule id; AB25 and RE34 have none, they follow from birth date, weight and height."""
    return {rule_id: gate for gate in gates() for rule_id in gate.rule_ids}
