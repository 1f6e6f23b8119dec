"""Fluid: days and nights, lying, creep and recovery of discs in the laboratory."""

from __future__ import annotations

import numpy as np

from opentraction.chart import Level
from opentraction.mechanics.loading import Stance
from opentraction.mechanics.validating.bench import (
    ABOUT,
    LYING,
    STANDING,
    UNLOADED,
    Bearing,
    Load,
    Numbers,
    Phase,
    Subject,
    Trace,
)
from opentraction.mechanics.validating.discs import BARE
from opentraction.mechanics.validating.experiment import Group, Runs, experiment
from opentraction.mechanics.validating.readings import (
    FIRST_AFTER_DAY,
    day_then,
    first_reach,
    hours,
    levels_of,
    minutes,
    within,
)

YOUNG = Subject(age_years=25.0, grade=1.5)
SCAN_LYING_S = minutes(20.0)
"""Lying between walking in and the scan: assumed."""
UP_H = 10.0
"""Hours up between the morning's and the evening's scan (8 to 18 o'clock): assumed."""
REST_N = 20.0
"""Compression that stands for no load in a rig: assumed."""
DISC = Subject(free=(Level.L4_L5,), cuts=BARE)
RIG = DISC.free[0].place


def _share(values: Numbers, before: int, after: int) -> Numbers:
    """Change [%] between two steps: (joint, sample)."""
    return np.asarray(100.0 * (values[after] / values[before] - 1.0))


def _chosen(change: Numbers, level: str) -> Numbers:
    """Mean of the levels named, or the level that changes least (`smallest`) or most (`largest`)."""
    size = np.abs(np.nanmedian(change, axis=-1))
    if level in ("smallest", "largest"):
        return np.asarray(change[int(np.argmin(size) if level == "smallest" else np.argmax(size))])
    return np.asarray(change[[each.place for each in levels_of(level)]].mean(axis=0))


@experiment(Group.CREEP, "%")
def day_change(runs: Runs, what: str, level: str) -> Numbers:
    """Change [%] of a disc's height or volume from morning to evening.

    Ten hours up between the two scans, each after 20 min lying.
    """
    column = runs.column(YOUNG)
    lain, up = Load(bearing=LYING), Load(bearing=ABOUT)

    def run() -> Trace:
        morning, day, evening = Phase(SCAN_LYING_S, lain), Phase(hours(UP_H), up), Phase(SCAN_LYING_S, lain)
        return column.march(day_then(morning, day, evening, up_h=0.5))

    trace = runs.once("day", run)
    values = trace.height_mm if what == "height" else trace.volume_mm3
    return _chosen(_share(values, trace.end(FIRST_AFTER_DAY), trace.end(FIRST_AFTER_DAY + 2)), level)


@experiment(Group.CREEP, "%")
def simulated_day(runs: Runs, level: str) -> Numbers:
    """Decrease [%] of disc volume over 4 h standing and 3 h sitting after 6 h lying."""
    column = runs.column(YOUNG)
    sitting = Bearing(Stance.SITTING)
    parts = [
        Phase(hours(6.0), Load(bearing=LYING)),
        Phase(hours(4.0), Load(bearing=STANDING)),
        Phase(hours(3.0), Load(bearing=sitting)),
    ]
    trace = runs.once("simulated day", lambda: column.march(day_then(*parts)))
    return -_chosen(
        _share(trace.volume_mm3, trace.end(FIRST_AFTER_DAY), trace.end(FIRST_AFTER_DAY + 2)), level
    )


@experiment(Group.CREEP, "mm")
def day_stature(runs: Runs) -> Numbers:
    """Loss of stature [mm] over 16 h up and about, read standing one minute after rising and at the end."""
    column = runs.column(YOUNG)
    read, day = Phase(60.0, Load(bearing=STANDING)), Phase(hours(16.0), Load(bearing=ABOUT))
    trace = runs.once("stature day", lambda: column.march([*day_then()[:3], read, day, read]))
    height = trace.height_mm[[trace.end(3), trace.end(5)]].sum(axis=1)
    return np.asarray((height[0] - height[1]) / column.stature_share)


@experiment(Group.CREEP, "mm")
def supine_repeat(runs: Runs) -> Numbers:
    """Difference of height [mm] after 45 min lying that 4 h more up and about leave, RMS of the levels."""
    column = runs.column(YOUNG)
    lain = Phase(minutes(45.0), Load(bearing=LYING))

    def run(up_h: float) -> Trace:
        return runs.once(("repeat", up_h), lambda: column.march(day_then(lain, up_h=up_h)))

    ends = [run(up_h).height_mm[-1] for up_h in (2.0, 6.0)]
    return np.sqrt(((ends[1] - ends[0]) ** 2).mean(axis=0))


@experiment(Group.CREEP, "MPa")
def night_pressure(runs: Runs, lying_h: float, level: Level = Level.L4_L5) -> Numbers:
    """Pressure [MPa] after hours of lying that follow a day of 16 h up."""
    column = runs.column(Subject())
    night = day_then(Phase(hours(lying_h), Load(bearing=LYING)), up_h=16.0)
    trace = runs.once(("night", lying_h), lambda: column.march(night))
    return trace.pressure_mpa[-1, level.place]


@experiment(Group.CREEP, "MPa")
def swelling_pressure(runs: Runs) -> Numbers:
    """Pressure [MPa] in a bare disc after three days in a bath without load."""
    column = runs.column(DISC)
    trace = runs.once("bath", lambda: column.march([Phase(hours(72.0), UNLOADED)]))
    return trace.pressure_mpa[-1, RIG]


def creep_run(runs: Runs, load_n: float, creep_h: float, recovery_h: float) -> Trace:
    """A bare disc: a day at 20 N, creep at a load, recovery at 20 N."""
    column = runs.column(DISC)
    rest = Load(follower_n=REST_N)
    phases = [
        Phase(hours(24.0), rest),
        Phase(hours(creep_h), Load(follower_n=load_n)),
        Phase(hours(recovery_h), rest),
    ]
    return runs.once(("creep", load_n, creep_h, recovery_h), lambda: column.march(phases))


def two_exponentials(time_s: Numbers, height_mm: Numbers) -> Numbers:
    """Least-squares fit of h(t) = h_end + fast exp(-t / t_fast) + slow exp(-t / t_slow), as OCONNELL2011.

    `height_mm` is (step, sample). Returns (3, sample): fast and slow parts [mm] and the slow time [s]; NaN
    where the height does not move. The times lie on a grid, 30 s to 30 min and up to three times the window;
    the parts follow by linear least squares at 200 even times.
    """
    even = np.linspace(0.0, time_s[-1], 200)
    height = np.array([np.interp(even, time_s, one) - one[-1] for one in height_mm.T]).T
    times = [
        (fast_s, slow_s)
        for fast_s in np.geomspace(30.0, 1800.0, 24)
        for slow_s in np.geomspace(max(3.0 * fast_s, 1800.0), 3.0 * time_s[-1], 32)
    ]
    shapes = np.array([[np.ones_like(even), np.exp(-even / f), np.exp(-even / s)] for f, s in times])
    bases, corners = np.linalg.qr(shapes.transpose(0, 2, 1))
    met = bases.transpose(0, 2, 1) @ height
    best = np.argmax((met**2).sum(axis=1), axis=0)
    found = np.full((3, height.shape[1]), np.nan)
    for sample, place in enumerate(best):
        if np.ptp(height[:, sample]) > 1e-9:
            parts = np.linalg.solve(corners[place], met[place, :, sample])
            found[:, sample] = parts[1], parts[2], times[place][1]
    return found


def _fits(trace: Trace, phase: int) -> Numbers:
    """Fits of a phase from its first step under the load on: (3, sample)."""
    time_s, part = within(trace, phase)
    return two_exponentials(time_s[1:] - time_s[1], trace.height_mm[part, RIG][1:])


@experiment(Group.CREEP, "-")
def recovery_ratio(
    runs: Runs, load_n: float = 1000.0, creep_h: float = 4.0, recovery_h: float = 24.0
) -> Numbers:
    """Slow time of recovery over that of creep, each of a fit of two exponentials over its own window."""
    trace = creep_run(runs, load_n, creep_h, recovery_h)
    return _fits(trace, 2)[2] / _fits(trace, 1)[2]


@experiment(Group.CREEP, "%")
def fast_share(runs: Runs, load_n: float = 1000.0, creep_h: float = 4.0) -> Numbers:
    """Share [%] of creep's fast exponential in the displacement at equilibrium, elastic part included."""
    trace = creep_run(runs, load_n, creep_h, 24.0)
    fast, slow, slow_s = _fits(trace, 1)
    time_s, part = within(trace, 1)
    height = trace.height_mm[part, RIG]
    at_end = slow * np.exp(-(time_s[-1] - time_s[1]) / slow_s)
    return 100.0 * fast / (height[0] - height[-1] + at_end)


@experiment(Group.CREEP, "h")
def recovery_hours(runs: Runs, load_n: float = 2000.0) -> Numbers:
    """Hours unloaded until 95 % of the displacement of a ramp (10 min) is regained; 24 h if never."""
    column = runs.column(DISC)
    rest = Load(follower_n=REST_N)
    ramp = [Phase(minutes(1.0), Load(follower_n=load_n * k / 10.0)) for k in range(1, 11)]
    phases = [Phase(hours(24.0), rest), *ramp, Phase(hours(24.0), rest)]
    trace = runs.once(("ramp", load_n), lambda: column.march(phases))
    height = trace.height_mm[:, RIG]
    before, loaded = height[trace.end(0)], height[trace.end(10)]
    time_s, part = within(trace, 11)
    whole = before - loaded
    back = (height[part] - loaded) / np.where(np.abs(whole) > 1e-12, whole, np.nan)
    return first_reach(0.95, back, time_s) / 3600.0


@experiment(Group.CREEP, "%")
def creep_fluid(runs: Runs, load_n: float = 1000.0, creep_h: float = 4.0) -> Numbers:
    """Water lost [% of the disc's water] in hours of creep."""
    trace = creep_run(runs, load_n, creep_h, 24.0)
    return -_share(trace.fluid_mm3, trace.end(0), trace.end(1))[RIG]
