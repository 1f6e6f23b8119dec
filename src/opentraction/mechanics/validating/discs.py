"""One disc in the laboratory: ligaments, facets and arch taken away, the other joints held."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from opentraction.chart import LEVELS, Level
from opentraction.mechanics.validating.bench import (
    LYING,
    UNLOADED,
    Column,
    Cut,
    Load,
    Numbers,
    Part,
    Phase,
    Subject,
    Trace,
)
from opentraction.mechanics.validating.experiment import Group, Runs, experiment
from opentraction.mechanics.validating.readings import (
    along,
    hours,
    minutes,
    moment_load,
    since_start,
    turned_deg,
)

BARE = frozenset({Cut(Part.LIGAMENTS), Cut(Part.FACETS)})
MM3_PER_GRAM = 1000.0
"""Nucleus taken as water."""
BRINCKMANN_N = 1000.0
"""Compression at which height and pressure are read; the rows print no load: assumed."""
STEP_NM = 0.5


def specimen(runs: Runs, subject: Subject) -> tuple[Column, object]:
    """A specimen and its state: the fluid of a night lying in the whole spine, then cut out, 5 min unloaded.

    The night is not that of the cut spine: held by the thorax, the one joint left would take up all of the
    posture's turn.
    """
    body = replace(subject, free=LEVELS, cuts=frozenset())
    whole, column = runs.column(body), runs.column(subject)
    night = [Phase(hours(8.0), Load(bearing=LYING))]
    lain = runs.once(("night before", body), lambda: whole.march(night).state)
    bench = [Phase(minutes(5.0), UNLOADED)]
    return column, runs.once(("specimen", subject), lambda: column.march(bench, start=lain).state)


def moment_run(runs: Runs, direction: str, level: Level, most_nm: float) -> tuple[Numbers, Trace]:
    """A bare disc from no load to a moment in steps of 0.5 N m: moments [N m] and the trace."""
    most = max(8.0, math.ceil(most_nm / STEP_NM) * STEP_NM)
    column, state = specimen(runs, Subject(free=(level,), cuts=BARE))

    def run() -> Trace:
        return column.static(moment_load(direction, most), start=state, steps=round(most / STEP_NM))

    trace = runs.once(("disc moment", direction, level, most), run)
    return np.asarray(trace.share * most), trace


def moment_curve(
    runs: Runs, what: str, direction: str, level: Level, most_nm: float
) -> tuple[Numbers, Numbers]:
    """The curve that `disc_rotation` (deg) or `disc_pressure` (MPa) reads: moments, values (step, sample)."""
    moments, trace = moment_run(runs, direction, level, most_nm)
    if what == "disc_pressure":
        return moments, since_start(trace.pressure_mpa[:, level.place])
    return moments, turned_deg(trace, direction, level)


@experiment(Group.DISC_ONLY, "deg")
def disc_rotation(runs: Runs, direction: str, moment_nm: float, level: Level = Level.L4_L5) -> Numbers:
    """Turn [deg] of a bare disc under a pure moment, from the swollen and unloaded state, no fluid moving."""
    return along(moment_nm, *moment_curve(runs, "disc_rotation", direction, level, moment_nm))


@experiment(Group.DISC_ONLY, "MPa")
def disc_pressure(runs: Runs, direction: str, moment_nm: float, level: Level = Level.L4_L5) -> Numbers:
    """Change of pressure [MPa] in a bare disc under a pure moment, from the swollen and unloaded state."""
    return along(moment_nm, *moment_curve(runs, "disc_pressure", direction, level, moment_nm))


def _grams(runs: Runs, grams: float, level: Level) -> Trace:
    column, state = specimen(runs, Subject(free=(level,), cuts=BARE))

    def run() -> Trace:
        load = Load(follower_n=BRINCKMANN_N)
        return column.static(load, start=state, volume_removed_mm3=grams * MM3_PER_GRAM)

    return runs.once(("grams", grams, level), run)


@experiment(Group.STIFFNESS, "mm")
def gram_height(runs: Runs, grams: float, level: Level = Level.L4_L5) -> Numbers:
    """Change of height [mm] per gram of nucleus removed, read at 1000 N on a bare disc."""
    whole, less = _grams(runs, 0.0, level), _grams(runs, grams, level)
    return (less.height_mm[-1, level.place] - whole.height_mm[-1, level.place]) / grams


@experiment(Group.STIFFNESS, "mm")
def gram_bulge(runs: Runs, grams: float, level: Level = Level.L4_L5) -> Numbers:
    """Change of the posterior bulge [mm] per gram of nucleus removed, read at 1000 N on a bare disc."""
    whole, less = _grams(runs, 0.0, level), _grams(runs, grams, level)
    return (less.posterior_bulge_mm[-1, level.place] - whole.posterior_bulge_mm[-1, level.place]) / grams


@experiment(Group.STIFFNESS, "%")
def gram_pressure(runs: Runs, grams: float, level: Level = Level.L4_L5) -> Numbers:
    """Pressure [% of intact] at 1000 N after grams of nucleus were removed from a bare disc."""
    whole, less = _grams(runs, 0.0, level), _grams(runs, grams, level)
    return 100.0 * less.pressure_mpa[-1, level.place] / whole.pressure_mpa[-1, level.place]
