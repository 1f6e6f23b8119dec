"""Experiments by name: each takes the runs of a model and says one number per sample, in the row's unit."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar, cast

import numpy as np

from opentraction.chart import BadInput, Level
from opentraction.mechanics.validating.bench import Bench, Column, Numbers, Subject

Value = float | str | Level
Answer = Callable[..., Numbers]
Kept = TypeVar("Kept")


class Group(StrEnum):
    """Groups that are scored apart."""

    DISC_ONLY = "disc only"
    TRACTION = "traction"
    FACETS = "facets"
    CREEP = "creep and diurnal"
    POSTURE = "posture"
    FORAMINA = "foramina"
    STIFFNESS = "stiffness"
    OTHER = "other"


@dataclass(frozen=True)
class Asked:
    """An experiment and its parameters: what a row asks of a model."""

    experiment: str
    parameters: tuple[tuple[str, Value], ...] = ()

    @property
    def words(self) -> str:
        """Parameters as `name=value;name=value`, sorted, as `rows.csv` holds them."""
        return ";".join(f"{name}={_word(value)}" for name, value in sorted(self.parameters))


def asked(experiment: str, **parameters: Value) -> Asked:
    """An experiment with parameters by name."""
    return Asked(experiment, tuple(sorted(parameters.items())))


def _word(value: Value) -> str:
    if isinstance(value, Level):
        return value.value
    return f"{value:g}" if isinstance(value, float | int) else value


@dataclass(frozen=True)
class Experiment:
    """A registered experiment."""

    name: str
    group: Group
    unit: str
    """Unit of the answer; empty where it is that of the row by nature (%, -)."""
    does: str
    """What is done and read, in a sentence."""
    answer: Answer


REGISTRY: dict[str, Experiment] = {}
_FACTOR = {
    ("MPa", "kPa"): 1e3,
    ("MPa", "bar"): 10.0,
    ("MPa", "mmHg"): 7500.6,
    ("mm", "cm"): 0.1,
    ("min", "s"): 60.0,
    ("min", "h"): 1.0 / 60.0,
    ("h", "min"): 60.0,
    ("N/mm", "kN/m"): 1.0,
}


def conversion(found: str, wanted: str) -> float | None:
    """Factor from the unit of an experiment to that of a row; None when they do not fit."""
    return 1.0 if found in ("", wanted) else _FACTOR.get((found, wanted))


def experiment(group: Group, unit: str = "") -> Callable[[Answer], Answer]:
    """Register a function under its name; its docstring says what is done, `unit` what it answers in."""

    def register(function: Answer) -> Answer:
        name = function.__name__
        REGISTRY[name] = Experiment(
            name, group, unit, " ".join((inspect.getdoc(function) or "").split()), function
        )
        return function

    return register


class Runs:
    """A model's runs, each done once: experiments that share a run share its result."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self._kept: dict[Hashable, object] = {}

    def once(self, key: Hashable, run: Callable[[], Kept]) -> Kept:
        """What `run` gives, from memory when the key was asked before."""
        if key not in self._kept:
            self._kept[key] = run()
        return cast(Kept, self._kept[key])

    def column(self, subject: Subject) -> Column:
        """The column of a subject, built once."""
        return self.once(subject, lambda: self.bench.column(subject))

    def answer(self, question: Asked) -> Numbers:
        """One number per sample.

        Raises BadInput when no experiment has that name; NotConverged from the model.
        """
        found = REGISTRY.get(question.experiment)
        if found is None:
            raise BadInput(f"Expected the name of an experiment, got '{question.experiment}'. Mend rows.csv.")
        numbers = found.answer(self, **dict(question.parameters))
        return np.broadcast_to(np.asarray(numbers, dtype=float), (self.bench.samples,))
