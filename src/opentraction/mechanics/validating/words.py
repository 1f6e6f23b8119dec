"""From a row's words to an experiment: quantity, condition, level and load are read, never the id.

A table of other published values with the same columns is understood as far as its words are those of
`understood()`; a row that is not understood says so and why, and no number is made up for it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from opentraction.chart import LEVELS, BadInput, Level
from opentraction.mechanics.validating.experiment import Asked
from opentraction.mechanics.validating.readings import AXIS, levels_of
from opentraction.mechanics.validating.targets import Target


@dataclass(frozen=True)
class Silent:
    """A row that the model is not asked: an input of it, or outside of it."""

    reason: str
    is_input: bool = False


Reading = Asked | Silent
Reader = Callable[[Target], Reading | None]


@dataclass(frozen=True)
class Rule:
    """One kind of row: the words it is known by, and what is read from them."""

    quantity: str
    conditions: str
    read: Reader


RULES: list[Rule] = []


def rule(quantity: str, conditions: str) -> Callable[[Reader], Reader]:
    """Register a reader; the two texts stand on the page of what is understood."""

    def register(read: Reader) -> Reader:
        RULES.append(Rule(quantity, conditions, read))
        return read

    return register


def read_row(target: Target) -> Reading:
    """What a row asks, by the first rule that knows its words."""
    try:
        for known in RULES:
            found = known.read(target)
            if found is not None:
                return found
    except BadInput as error:
        return Silent(f"not understood: {error}")
    return Silent(
        "not a quantity of the lumbar column, or not in words that are understood (see the page of targets)"
    )


def text_of(target: Target) -> str:
    """Quantity and condition in small letters."""
    return f"{target.quantity}; {target.condition}".lower()


def says(text: str, *words: str) -> bool:
    """Whether one of the words stands in the text."""
    return any(word in text for word in words)


def number_before(unit: str, text: str) -> float | None:
    """The first number that stands before a unit: `42 min`, `9 kg`, `500 N`."""
    found = re.search(rf"(\d+(?:\.\d+)?)\s*{unit}\b", text)
    return float(found.group(1)) if found else None


def load_in(target: Target, unit: str) -> float | None:
    """The load of the row where its unit is this one, else the number before that unit in the condition."""
    if not math.isnan(target.load_value) and target.load_unit.lower().split(" ")[0] == unit.lower():
        return target.load_value
    return number_before(re.escape(unit), target.condition)


def direction_in(text: str) -> str | None:
    """The direction of a moment; flexion and extension together give both, left and right are kept."""
    if re.search(r"flexion\s*(?:-|\+|and|/)\s*extension", text):
        return "flexion + extension"
    text = text.replace("axial torsion", "axial rotation").replace("torsion", "axial rotation")
    for direction in sorted(AXIS, key=len, reverse=True):
        if re.search(rf"\b{direction}\b", text):
            return direction
    return None


def one_level(target: Target, otherwise: Level | None = Level.L4_L5) -> Level:
    """The single level a row names, `otherwise` where it says only lumbar.

    Raises BadInput when there are several.
    """
    if "T12-L2" in target.level:
        return Level.L1_L2
    named = levels_of(target.level)
    if len(named) == 1:
        return named[0]
    if len(named) == len(LEVELS) and otherwise is not None:
        return otherwise
    raise BadInput(f"Expected one level, got '{target.level}'.")


def understood() -> str:
    """The page of quantities and conditions that are understood, in Markdown."""
    lines = [
        "# Targets that are understood",
        "",
        "`opentraction validate --targets FILE` reads a CSV table with the columns of `validation.csv`.",
        "A row is mapped to an experiment by its words alone. The first line that fits counts. A row that no",
        "line fits is answered with `cannot_say` and the reason. Several levels are named as `L4-L5/L5-S1`,",
        "a span as `L1-L5`, all as `lumbar`. A spread is named in the condition: `[spread: SD]`,",
        "`[spread: 95% CI]`, `[spread: min-max]`.",
        "",
        "| quantity | condition, level, load |",
        "|---|---|",
    ]
    return "\n".join([*lines, *(f"| {each.quantity} | {each.conditions} |" for each in RULES)]) + "\n"


# what is outside of the model: tried first

_GEOMETRY = re.compile(
    r"^(disc height (anterior|middle|posterior)|disc antero-posterior|disc width|disc area|.*lordosis"
    r"|lumbosacral angle|vertebral (body|canal)|pedicle|nucleus t2|canal width|.*emg during)",
)


@rule("any", "cervical and thoracic levels: outside of the model")
def _elsewhere(target: Target) -> Reading | None:
    where = target.level.lower()
    if says(where, "cervical", "thoracic") or re.match(r"c\d", where):
        return Silent("not the lumbar spine")
    return None


@rule(
    "disc height anterior, middle, posterior; lengths; lordosis; T2; EMG",
    "norms: inputs of the phantom and load",
)
def _norms(target: Target) -> Reading | None:
    quantity = target.quantity.lower()
    if _GEOMETRY.match(quantity) and "change" not in quantity:
        return Silent("a norm that the phantom or the load takes in", is_input=True)
    return None


@rule("force used, tension given", "inputs")
def _given(target: Target) -> Reading | None:
    if says(target.quantity.lower(), "force used", "tension from"):
        return Silent("a load that the model is given", is_input=True)
    return None


@rule("correlation, herniation index, height after a course", "weeks of treatment: outside of the model")
def _courses(target: Target) -> Reading | None:
    text = text_of(target)
    if says(text, "correlation", "herniation index", "-week", "sessions of", "standardised mean difference"):
        return Silent("a course of weeks, or a statistic between people: the model speaks of one session")
    if says(text, "psoas", "difference of fe median"):
        return Silent("no structure or quantity of the model")
    return None
