"""Segments and the lumbar spine in the laboratory: preload, stiffness, shear, pure moments on top."""

from __future__ import annotations

import numpy as np

from opentraction.chart import LEVELS, Level
from opentraction.mechanics.validating.bench import Load, Numbers, Subject, Trace, Wrench
from opentraction.mechanics.validating.discs import BARE, specimen
from opentraction.mechanics.validating.experiment import Group, Runs, experiment
from opentraction.mechanics.validating.readings import levels_of, moment_load, turned_deg

PROBE = (0.5, 0.5, 0.35, np.radians(1.5), np.radians(1.0), np.radians(1.0))
"""Motions of the six-way test [mm, rad]: GARDNERMORSE2004's protocol."""
FIRST_PROBE = (50.0, 50.0, 100.0, 1000.0, 1000.0, 1000.0)
"""Loads [N, N mm] of a first trial, from which the load of each probe is scaled."""
BODY_CENTRE_MM = 20.0
"""Load point of shear above the disc's centre: the middle of the vertebra (half of 27 mm and of the disc)."""
SPINE_STEPS = 20
WHOLE = Subject()
SHEARS = ("anterior", "posterior", "lateral")


def _push(way: int, size: float, level: Level, follower_n: float, at_mm: float = 0.0) -> Load:
    """A load along or about one axis on the vertebra above a level."""
    six = [0.0] * 6
    six[way] = size
    wrench = Wrench((six[0], six[1], six[2]), (six[3], six[4], six[5]), (0.0, 0.0, at_mm))
    return Load(follower_n=follower_n, wrenches={level: wrench})


def _moved(trace: Trace, level: Level) -> Numbers:
    """Motion of a joint since entry 0: (6, sample) in mm and rad."""
    place = level.place
    shift = trace.translation_mm[-1, :, place] - trace.translation_mm[0, :, place]
    turn = trace.rotation_rad[-1, :, place] - trace.rotation_rad[0, :, place]
    return np.concatenate([shift, turn])


def six_way_stiffness(runs: Runs, level: Level, follower_n: float, *, intact: bool) -> Numbers:
    """Stiffness matrix [N, mm, rad] about the disc's centre under a preload: (6, 6, sample).

    Six pairs of small loads, scaled to the motions of `PROBE` in the median sample; the compliance is
    inverted.
    """
    subject = Subject(free=(level,), cuts=frozenset() if intact else BARE)
    column, state = specimen(runs, subject)
    rest = Load(follower_n=follower_n)

    def motion(way: int, size: float) -> Numbers:
        load = _push(way, size, level, follower_n)
        return _moved(column.static(load, begin=rest, start=state, steps=1), level)

    def run() -> Numbers:
        columns = []
        for way, (first, wanted) in enumerate(zip(FIRST_PROBE, PROBE, strict=True)):
            size = first * wanted / float(np.nanmedian(np.abs(motion(way, first)[way])))
            columns.append((motion(way, size) - motion(way, -size)) / (2.0 * size))
        compliance = np.array(columns).transpose(2, 1, 0)
        return np.asarray(np.linalg.inv(compliance)).transpose(1, 2, 0)

    return runs.once(("six-way", level, follower_n, intact), run)


@experiment(Group.STIFFNESS, "-")
def preload_factor(runs: Runs, preload_n: float, structures: str, levels: str) -> Numbers:
    """Stiffness under a preload over that without.

    Geometric mean of the six diagonal terms and of the levels.
    """
    intact = structures == "intact"
    factors = []
    for level in levels_of(levels):
        loaded = six_way_stiffness(runs, level, preload_n, intact=intact)
        free = six_way_stiffness(runs, level, 0.0, intact=intact)
        ratio = np.diagonal(loaded, axis1=0, axis2=1) / np.diagonal(free, axis1=0, axis2=1)
        factors.append(np.exp(np.log(np.abs(ratio)).mean(axis=-1)))
    return np.exp(np.log(np.array(factors)).mean(axis=0))


@experiment(Group.STIFFNESS, "N/mm")
def axial_stiffness(runs: Runs, preload_n: float, levels: str) -> Numbers:
    """Axial stiffness [N/mm] of an intact segment in small motions about a preload, mean of the levels."""
    found = [six_way_stiffness(runs, level, preload_n, intact=True)[2, 2] for level in levels_of(levels)]
    return np.asarray(np.mean(found, axis=0))


@experiment(Group.STIFFNESS, "N/mm")
def shear_stiffness(
    runs: Runs, force_n: float, direction: str = "all", level: Level = Level.L4_L5
) -> Numbers:
    """Secant shear stiffness [N/mm] of an intact segment, loaded at the centre of the vertebra above.

    Read at its endplate; `all` is the geometric mean of anterior, posterior and lateral shear.
    """
    column, state = specimen(runs, Subject(free=(level,)))
    found = []
    for shear in SHEARS if direction == "all" else (direction,):
        way, sign = (1, 1.0) if shear == "lateral" else (0, -1.0 if shear == "posterior" else 1.0)

        def run(way: int = way, sign: float = sign) -> Trace:
            return column.static(_push(way, sign * force_n, level, 0.0, BODY_CENTRE_MM), start=state)

        trace = runs.once(("shear", shear, force_n, level), run)
        found.append(force_n / (sign * _moved(trace, level)[way]))
    return np.exp(np.log(np.abs(np.array(found))).mean(axis=0))


@experiment(Group.STIFFNESS, "Nm/deg")
def turning_stiffness(runs: Runs, direction: str, moment_nm: float, level: Level = Level.L4_L5) -> Numbers:
    """Secant stiffness [N m/deg] of an intact segment under a pure moment, without preload."""
    trace = spine_run(runs, direction, moment_nm, subject=Subject(free=(level,)))
    return moment_nm / turned_deg(trace, direction, level)[-1]


def spine_run(
    runs: Runs,
    direction: str,
    moment_nm: float,
    follower_n: float = 0.0,
    subject: Subject = WHOLE,
) -> Trace:
    """A spine from its preload to a pure moment on top."""
    column, state = specimen(runs, subject)

    def run() -> Trace:
        load, rest = moment_load(direction, moment_nm, follower_n), Load(follower_n=follower_n)
        return column.static(load, begin=rest, start=state, steps=SPINE_STEPS)

    return runs.once(("spine", direction, moment_nm, follower_n, subject), run)


@experiment(Group.STIFFNESS, "deg")
def spine_rotation(
    runs: Runs, direction: str, moment_nm: float, levels: str, follower_n: float = 0.0
) -> Numbers:
    """Turn [deg] of the intact lumbar spine under a pure moment on L1, summed over the levels named.

    Two directions joined by ` + ` are summed.
    """
    named = levels_of(levels)
    subject = Subject(free=LEVELS if len(named) == 1 else named)
    total: Numbers = np.zeros(runs.bench.samples)
    for way in direction.split(" + "):
        trace = spine_run(runs, way, moment_nm, follower_n, subject)
        total = total + sum(turned_deg(trace, way, level)[-1] for level in named)
    return total


@experiment(Group.STIFFNESS, "MPa")
def spine_pressure(
    runs: Runs, moment_nm: float, follower_n: float, level: Level, direction: str = "all"
) -> Numbers:
    """Pressure [MPa] at a level of the intact spine under a follower load and a pure moment.

    `all` is the greatest of flexion, extension, lateral bending and axial rotation.
    """
    ways = (
        ("flexion", "extension", "lateral bending", "axial rotation") if direction == "all" else (direction,)
    )
    ends = [spine_run(runs, way, moment_nm, follower_n).pressure_mpa[-1, level.place] for way in ways]
    return np.asarray(np.max(ends, axis=0))
