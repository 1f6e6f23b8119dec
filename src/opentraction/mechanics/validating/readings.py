"""How published numbers are read off a trace: along a load, along time, at a level."""

from __future__ import annotations

import re

import numpy as np

from opentraction.chart import LEVELS, BadInput, Level
from opentraction.mechanics.validating.bench import (
    ABOUT,
    LYING,
    STANDING,
    Load,
    Numbers,
    Phase,
    Trace,
    Wrench,
)

AXIS = {
    "flexion": (1, 1.0),
    "extension": (1, -1.0),
    "lateral bending": (0, 1.0),
    "right lateral bending": (0, 1.0),
    "left lateral bending": (0, -1.0),
    "axial rotation": (2, 1.0),
    "left axial rotation": (2, 1.0),
    "right axial rotation": (2, -1.0),
}
"""Direction in words -> axis of the turn (x, y, z) and its sign."""


def axis_of(direction: str) -> tuple[int, float]:
    """Axis and sign of a direction in words. Raises BadInput for another word."""
    if direction not in AXIS:
        raise BadInput(f"Expected one of the directions {', '.join(AXIS)}; got '{direction}'.")
    return AXIS[direction]


def pure_moment(direction: str, moment_nm: float, at: Level = Level.L1_L2) -> dict[Level, Wrench]:
    """A pure moment on the vertebra above a level, the same in every joint below."""
    axis, sign = axis_of(direction)
    moment = [0.0, 0.0, 0.0]
    moment[axis] = sign * moment_nm * 1e3
    return {at: Wrench(moment_nmm=(moment[0], moment[1], moment[2]))}


def moment_load(direction: str, moment_nm: float, follower_n: float = 0.0) -> Load:
    """A specimen under a follower load and a pure moment on top."""
    return Load(follower_n=follower_n, wrenches=pure_moment(direction, moment_nm))


def turned_deg(trace: Trace, direction: str, level: Level) -> Numbers:
    """Turn [deg] of a joint since entry 0, positive in the direction: (step, sample)."""
    axis, sign = axis_of(direction)
    turn = trace.rotation_rad[:, axis, level.place]
    return np.degrees(sign * (turn - turn[0]))


def since_start(values: Numbers) -> Numbers:
    """Change since entry 0."""
    return np.asarray(values - values[0])


def along(at: float | Numbers, places: Numbers, values: Numbers) -> Numbers:
    """Values (step, sample) at a place between the steps, one or (sample): (sample)."""
    each = np.broadcast_to(at, values.shape[1:])
    return np.array([np.interp(x, places, column) for x, column in zip(each, values.T, strict=True)])


def first_reach(level: float, rising: Numbers, places: Numbers) -> Numbers:
    """Place where each sample of `rising` (step, sample) first reaches a level; the last if never."""
    found = []
    for column in rising.T:
        above = np.flatnonzero(column >= level)
        k = int(above[0]) if above.size else -1
        if k <= 0:
            found.append(float(places[k]))
        else:
            found.append(float(np.interp(level, column[k - 1 : k + 1], places[k - 1 : k + 1])))
    return np.array(found)


def within(trace: Trace, phase: int) -> tuple[Numbers, slice]:
    """Time since the start of a phase [s] at its steps, and the steps; the step before it is the first."""
    steps = np.flatnonzero(trace.phase == phase)
    part = slice(int(steps[0]) - 1, int(steps[-1]) + 1)
    return np.asarray(trace.time_s[part] - trace.time_s[part][0]), part


def minutes(count: float) -> float:
    """Minutes as seconds."""
    return 60.0 * count


def hours(count: float) -> float:
    """Hours as seconds."""
    return 3600.0 * count


_BONES = ("L1", "L2", "L3", "L4", "L5", "S1")
_PAIR = re.compile(r"\b(L[1-5]) ?[-/–] ?(L[1-5]|S1)\b")


def levels_of(words: str) -> tuple[Level, ...]:
    """The levels that a table's words name: `L4-L5`, `L4/L5`, `L4-L5/L5-S1`, a span `L1-L5`, `lumbar`.

    A span is meant when its ends are no neighbours. Raises BadInput when no lumbar level is named.
    """
    named: set[Level] = set()
    for above, below in _PAIR.findall(words):
        named.update(LEVELS[_BONES.index(above) : _BONES.index(below)])
    if named:
        return tuple(level for level in LEVELS if level in named)
    if re.search("lumbar|spine|disc", words.lower()):
        return LEVELS
    raise BadInput(f"Expected a lumbar level or span of levels, got '{words}'.")


NIGHT = 8.0
UP_BEFORE = 4.0
"""Hours up when no hour of the day is printed; assumed."""


STOOD_MIN = 5.0
"""Standing before what is measured: walking in and waiting; assumed."""


def day_then(*phases: Phase, up_h: float = UP_BEFORE) -> list[Phase]:
    """Night, 16 h up and about, night, some hours up, standing, then the phases; their first is phase 5."""
    return [
        Phase(hours(NIGHT), Load(bearing=LYING)),
        Phase(hours(24.0 - NIGHT), Load(bearing=ABOUT)),
        Phase(hours(NIGHT), Load(bearing=LYING)),
        Phase(hours(up_h), Load(bearing=ABOUT)),
        Phase(minutes(STOOD_MIN), Load(bearing=STANDING)),
        *phases,
    ]


FIRST_AFTER_DAY = 5
"""Index of the first phase that follows `day_then`."""
LAST_UP = 3
"""Index of its last phase up and about."""
