"""Curves of the report: published points with their windows, and the model along the same load."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from opentraction.chart import Level, NotConverged
from opentraction.mechanics.validating.acceptance import Status, Window
from opentraction.mechanics.validating.bench import Numbers
from opentraction.mechanics.validating.discs import moment_curve
from opentraction.mechanics.validating.experiment import Asked, Runs
from opentraction.mechanics.validating.targets import Target

_NAMES = {"disc_rotation": ("rotation", "deg"), "disc_pressure": ("change of pressure", "MPa")}


@dataclass(frozen=True)
class Point:
    """A published point of a curve."""

    id: str
    source: str
    load: float
    value: float
    low: float
    high: float
    """Window in which the median passes."""
    status: Status


@dataclass(frozen=True)
class Curve:
    """A model's curve with the points that were published on it."""

    title: str
    load_label: str
    value_label: str
    load: tuple[float, ...]
    p05: tuple[float, ...]
    p50: tuple[float, ...]
    p95: tuple[float, ...]
    linear: tuple[float, ...]
    """The linear disc at the same loads."""
    points: tuple[Point, ...]


def curves_of(
    answered: Sequence[tuple[Target, Asked, Window, Status]], ours: Runs, theirs: Runs
) -> tuple[Curve, ...]:
    """One curve for each quantity, direction and level; left and right of one direction share a curve."""
    kept: dict[tuple[str, str, str], list[tuple[Target, Asked, Window, Status]]] = {}
    for each in answered:
        asked = dict(each[1].parameters)
        side = re.sub("^(left|right) ", "", str(asked["direction"]))
        kept.setdefault((each[1].experiment, side, str(asked["level"])), []).append(each)
    found = [
        _curve(what, side, Level(level), rows, ours, theirs) for (what, side, level), rows in kept.items()
    ]
    return tuple(curve for curve in found if curve is not None)


def _curve(
    what: str,
    side: str,
    level: Level,
    rows: Sequence[tuple[Target, Asked, Window, Status]],
    ours: Runs,
    theirs: Runs,
) -> Curve | None:
    loads = [float(str(dict(asked.parameters)["moment_nm"])) for _, asked, _, _ in rows]
    name, unit = _NAMES[what]
    direction = str(dict(rows[0][1].parameters)["direction"])
    try:
        load, values = moment_curve(ours, what, direction, level, max(loads))
        along, other = moment_curve(theirs, what, direction, level, max(loads))
    except NotConverged:
        return None
    low, mid, high = (_tuple(row) for row in np.nanquantile(values, (0.05, 0.5, 0.95), axis=1))
    points = [
        Point(target.id, target.source, moment, target.value, frame.low, frame.high, status)
        for (target, _, frame, status), moment in zip(rows, loads, strict=True)
    ]
    return Curve(
        title=f"{level.value}, disc only: {name} in {side}",
        load_label="moment, N m",
        value_label=f"{name}, {unit}",
        load=_tuple(load),
        p05=low,
        p50=mid,
        p95=high,
        linear=_tuple(np.interp(load, along, np.median(other, axis=1))),
        points=tuple(sorted(points, key=lambda point: (point.load, point.id))),
    )


def _tuple(numbers: Numbers) -> tuple[float, ...]:
    return tuple(float(number) for number in numbers)
