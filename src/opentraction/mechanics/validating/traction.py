"""Pulls: pressure, lengthening, stature, hernia and canal."""

from __future__ import annotations

import math

import numpy as np

from opentraction.chart import LEVELS, Level, TableKind
from opentraction.mechanics.loading import Stance
from opentraction.mechanics.loading.posture import GRAVITY_M_S2
from opentraction.mechanics.validating.bench import (
    ABOUT,
    LYING,
    PRONE,
    UNLOADED,
    Bearing,
    Load,
    Numbers,
    Phase,
    Pull,
    Subject,
    Trace,
)
from opentraction.mechanics.validating.experiment import Group, Runs, experiment
from opentraction.mechanics.validating.openings import openings_of
from opentraction.mechanics.validating.readings import (
    FIRST_AFTER_DAY,
    LAST_UP,
    along,
    day_then,
    first_reach,
    hours,
    levels_of,
    minutes,
    within,
)

WATER_AGES = {
    "young": Subject(age_years=30.0, grade=1.5),
    "middle": Subject(age_years=50.0, grade=2.5),
    "old": Subject(age_years=67.0, grade=3.5),
}
"""KURUTZ2010's groups (below 40, 40 to 60, above 60 years); grades of such discs are assumed."""
WATER_N = 11.0
"""Lumbar tension hanging in water without weights (V010)."""
RODACKI_KG = 87.0
RODACKI_SD_MM, RODACKI_MEN, T_95 = 1.89, 15, 2.14
"""Spread of V020, number of men, and Student's t for 14 degrees of freedom at 95 %."""
STATURE_EVERY_MIN = 7.0
SARI_MIN = 15.0
"""Minutes under the pull before the second CT: assumed."""
CROOK = Bearing(Stance.SUPINE, hip_flexion_deg=45.0)
RAMOS_STEP_N = 10.0


def ramos_run(runs: Runs, most_n: float) -> Trace:
    """Prone on a split table, 20 min after lying down: from no pull to a force at once, in steps of 10 N."""
    column = runs.column(Subject())
    lain = day_then(Phase(minutes(20.0), Load(bearing=PRONE)))

    def run() -> Trace:
        state = runs.once("lain prone", lambda: column.march(lain).state)
        pulled = Load(bearing=PRONE, pull=Pull(most_n))
        steps = round(most_n / RAMOS_STEP_N)
        return column.static(pulled, begin=Load(bearing=PRONE), start=state, steps=steps)

    return runs.once(("prone pull", most_n), run)


@experiment(Group.TRACTION, "MPa")
def pull_pressure(runs: Runs, pull_n: float, level: Level = Level.L4_L5) -> Numbers:
    """Pressure [MPa] under a pull, prone on a split table."""
    return ramos_run(runs, pull_n).pressure_mpa[-1, level.place]


@experiment(Group.TRACTION, "N")
def pull_threshold(runs: Runs, level: Level = Level.L4_L5, most_n: float = 450.0) -> Numbers:
    """Pull [N] at which the pressure first passes zero, prone on a split table; the greatest if never."""
    trace = ramos_run(runs, most_n)
    return first_reach(0.0, -trace.pressure_mpa[:, level.place], trace.share * most_n)


def _suspended(runs: Runs, weight_n: float, age: str) -> tuple[Numbers, Numbers]:
    """Time [s] and lengthening [mm] (step, joint, sample) from standing, hung in water."""
    column = runs.column(WATER_AGES[age])
    hung = Load(bearing=Bearing(Stance.IN_WATER, load_kg=weight_n / GRAVITY_M_S2))

    def run() -> Trace:
        return column.march(day_then(Phase(minutes(20.0), hung)))

    trace = runs.once(("water", weight_n, age), run)
    time_s, part = within(trace, FIRST_AFTER_DAY)
    height = trace.height_mm[part]
    return time_s, np.asarray(height - height[0])


@experiment(Group.TRACTION, "mm")
def water_traction(runs: Runs, weight_n: float, age: str, when_s: float, levels: str) -> Numbers:
    """Mean lengthening [mm] of segments hung in water with weights at the ankles, against standing before."""
    time_s, longer = _suspended(runs, weight_n, age)
    mean = longer[:, [level.place for level in levels_of(levels)]].mean(axis=1)
    return along(when_s, time_s, mean)


@experiment(Group.TRACTION, "N/mm")
def water_stiffness(runs: Runs, weight_n: float, age: str, levels: str) -> Numbers:
    """Tension in water over the lengthening of `water_traction` after 30 s [N/mm]."""
    return (WATER_N + weight_n) / water_traction(runs, weight_n, age, 30.0, levels)


@experiment(Group.TRACTION)
def scan_in_traction(runs: Runs, what: str, levels: str, unit: str = "%", pull_n: float = 441.0) -> Numbers:
    """Change [% or mm] from lying to 15 min of pull on a plain table in CT, mean of the levels.

    Discs of grade 3 with protrusions at the levels named; what is measured: see `openings_of`.
    """
    named = levels_of(levels)
    column = runs.column(Subject(grade=3.0, protrusions=named))

    def run() -> Trace:
        lain, pulled = Load(bearing=LYING), Load(bearing=LYING, pull=Pull(pull_n, TableKind.PLAIN))
        return column.march(day_then(Phase(minutes(20.0), lain), Phase(minutes(SARI_MIN), pulled)))

    trace = runs.once(("scan in traction", levels, pull_n), run)
    before, after = trace.end(FIRST_AFTER_DAY), trace.end(FIRST_AFTER_DAY + 1)
    values = openings_of(trace)[what][:, [level.place for level in named]]
    if unit == "mm":
        return np.asarray((values[after] - values[before]).mean(axis=0))
    return np.asarray(100.0 * (values[after] / values[before] - 1.0).mean(axis=0))


def stature_run(
    runs: Runs, total_min: float, percent_bw: float, table: str, mass_kg: float
) -> tuple[Numbers, Numbers]:
    """Time [s] of the pull and gain of stature [mm] over (time, sample).

    A minute lying, the first reading, then the pull (or none): what the pull does at once is in the gain.
    """
    column = runs.column(Subject(age_years=25.0, grade=1.5, mass_kg=mass_kg))
    bearing = CROOK if table == "split table" else LYING
    force = percent_bw / 100.0 * mass_kg * GRAVITY_M_S2
    pull = Pull(force, TableKind(table)) if force else None

    def run() -> Trace:
        down = Phase(minutes(1.0), Load(bearing=bearing))
        return column.march(day_then(down, Phase(minutes(total_min), Load(bearing=bearing, pull=pull))))

    trace = runs.once(("stature", total_min, percent_bw, table, mass_kg), run)
    time_s, part = within(trace, FIRST_AFTER_DAY + 1)
    stature = trace.height_mm[part].sum(axis=1) / column.stature_share
    return time_s, np.asarray(stature - stature[0])


@experiment(Group.TRACTION, "mm")
def stature_gain(
    runs: Runs, at_min: float, percent_bw: float, table: str = "plain table", mass_kg: float = 70.0
) -> Numbers:
    """Gain of stature [mm] in minutes of a pull at a share of body weight; nought is lying only.

    Read lying; the first reading is taken one minute after lying down.
    """
    time_s, gain = stature_run(runs, at_min, percent_bw, table, mass_kg)
    return along(minutes(at_min), time_s, gain)


@experiment(Group.TRACTION, "min")
def traction_tells(runs: Runs, percent_bw: float, total_min: float, table: str = "plain table") -> Numbers:
    """Time [min] of the first reading at which the pull gains clearly more than 0 and 30 % of weight do.

    Readings every 7 min; clearly is what 15 men can show (1.04 mm: t of 2.14 times 1.89 mm over the root of
    15). The last reading if never.
    """
    shown = T_95 * RODACKI_SD_MM / math.sqrt(RODACKI_MEN)
    first = np.full(runs.bench.samples, total_min)
    for reading in np.arange(total_min, 0.0, -STATURE_EVERY_MIN):
        gains = [
            along(minutes(float(reading)), *stature_run(runs, total_min, share, table, RODACKI_KG))
            for share in (percent_bw, 0.0, 30.0)
        ]
        first = np.where(gains[0] - np.maximum(gains[1], gains[2]) > shown, reading, first)
    return np.asarray(first)


@experiment(Group.TRACTION, "min")
def gain_lasts(runs: Runs, percent_bw: float, total_min: float, table: str = "plain table") -> Numbers:
    """Minutes up after a pull until a tenth is left of the gain over the stature up and about before.

    Counted from one minute after rising, up and about again; three hours if it stays, nought if there is
    none.
    """
    subject = Subject(age_years=25.0, grade=1.5, mass_kg=RODACKI_KG)
    column = runs.column(subject)
    pull = Pull(percent_bw / 100.0 * RODACKI_KG * GRAVITY_M_S2, TableKind(table))

    def run() -> Trace:
        pulled, up = Load(bearing=LYING, pull=pull), Load(bearing=ABOUT)
        return column.march(day_then(Phase(minutes(total_min), pulled), Phase(hours(3.0), up)))

    trace = runs.once(("gain lasts", percent_bw, total_min, table), run)
    height = trace.height_mm.sum(axis=1)
    before = height[trace.end(LAST_UP)]
    time_s, part = within(trace, FIRST_AFTER_DAY + 1)
    gain = height[part] - before
    first = along(60.0, time_s, gain)
    left = np.where(time_s[:, None] >= 60.0, gain, first) / np.where(first > 0.0, first, np.nan)
    return np.where(first > 0.0, first_reach(-0.1, -left, time_s) / 60.0, 0.0)


@experiment(Group.TRACTION, "mm")
def hanging(runs: Runs, levels: str = "L2-S1") -> Numbers:
    """Widening [mm] of the space that widens least, 10 min hanging from the chest, against standing."""
    named = [level.place for level in levels_of(levels)]
    column = runs.column(Subject(age_years=40.0))

    def run() -> Trace:
        return column.march(day_then(Phase(minutes(10.0), Load(bearing=Bearing(Stance.HANGING)))))

    trace = runs.once("hanging", run)
    before, after = trace.end(FIRST_AFTER_DAY - 1), trace.end(FIRST_AFTER_DAY)
    wider = trace.height_mm[after, named] - trace.height_mm[before, named]
    return np.asarray(wider[np.argmin(np.nanmedian(wider, axis=-1))])


@experiment(Group.TRACTION, "mm")
def cadaver_traction(runs: Runs, force_n: float, total_min: float) -> Numbers:
    """Lengthening [mm] of L1 to S1 of a specimen under a pull held for some minutes, from no load."""
    subject = Subject(age_years=60.0)
    column = runs.column(subject)

    def run() -> Trace:
        rest = [Phase(hours(8.0), Load(bearing=LYING)), Phase(minutes(30.0), UNLOADED)]
        return column.march([*rest, Phase(minutes(total_min), Load(follower_n=-force_n))])

    trace = runs.once(("cadaver", force_n, total_min), run)
    longer = trace.height_mm[trace.end(2)] - trace.height_mm[trace.end(1)]
    return np.asarray(longer[: len(LEVELS)].sum(axis=0))
