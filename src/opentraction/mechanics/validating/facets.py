"""Facet joints: contact force, share of the compression, and what happens without them."""

from __future__ import annotations

import numpy as np

from opentraction.chart import LEVELS, Level
from opentraction.mechanics.validating.bench import Cut, Load, Numbers, Part, Subject, Trace
from opentraction.mechanics.validating.discs import specimen
from opentraction.mechanics.validating.experiment import Group, Runs, experiment
from opentraction.mechanics.validating.readings import along, first_reach, moment_load, turned_deg
from opentraction.mechanics.validating.segments import spine_run

L1_TO_L5 = LEVELS[:4]
ERECT_DEG = 2.0
"""Extension of a segment that stands for erect posture: assumed, from memory of the paper's protocol."""
ERECT_N = 1000.0
NARROW_GRADE, NARROW_SCALE = 5.0, 0.5
"""A severely narrowed disc: assumed."""
ZENG_N, ZENG_NM = 500.0, 7.5
"""Preload and moment of the facetectomy model; not printed in the rows: assumed."""
L3_TO_L5 = (Level.L3_L4, Level.L4_L5)
_DRIVE_NM = 20.0


def _of_sides(force: Numbers, side: str, direction: str) -> Numbers:
    """Facet force (2, sample) of a side: left, right, mean, ipsilateral or contralateral."""
    if side == "mean":
        return np.asarray(force.mean(axis=0))
    near = 0 if direction.startswith("left") else 1
    if direction == "axial rotation":
        near = 0
    place = {"left": 0, "right": 1, "ipsilateral": near, "contralateral": 1 - near}[side]
    return np.asarray(force[place])


@experiment(Group.FACETS, "N")
def facet_force(
    runs: Runs,
    level: Level,
    side: str = "mean",
    follower_n: float = 0.0,
    direction: str = "flexion",
    moment_nm: float = 0.0,
    segment: str = "spine",
) -> Numbers:
    """Contact force [N] of a facet under a follower load and a pure moment; a segment alone, or L1 to L5."""
    free = (level,) if segment == "alone" else L1_TO_L5
    subject = Subject(free=free)
    if moment_nm:
        trace = spine_run(runs, direction, moment_nm, follower_n, subject)
    else:
        column, state = specimen(runs, subject)
        trace = runs.once(
            ("press", follower_n, subject), lambda: column.static(Load(follower_n=follower_n), start=state)
        )
    return _of_sides(trace.facet_n[-1, :, level.place], side, direction)


@experiment(Group.FACETS, "N")
def facet_force_at_angle(
    runs: Runs,
    level: Level,
    follower_n: float,
    angle_deg: float,
    direction: str = "extension",
    side: str = "mean",
) -> Numbers:
    """Contact force [N] of a facet when L1 to L5 under a follower load has turned by an angle.

    A moment drives it, 20 N m at most.
    """
    trace = spine_run(runs, direction, _DRIVE_NM, follower_n, Subject(free=L1_TO_L5))
    total = sum(turned_deg(trace, direction, joint) for joint in L1_TO_L5)
    share = first_reach(angle_deg, np.asarray(total), trace.share)
    force = np.array([_of_sides(step[:, level.place], side, direction) for step in trace.facet_n])
    return along(share, trace.share, force)


@experiment(Group.FACETS, "%")
def facet_share(runs: Runs, disc: str = "normal", level: Level = Level.L4_L5) -> Numbers:
    """Share [%] of 1000 N of compression that the facets of a segment take in 2 deg of extension, at once."""
    narrow = disc == "narrowed"
    subject = Subject(
        free=(level,),
        grade=NARROW_GRADE if narrow else 2.0,
        height_scale=NARROW_SCALE if narrow else 1.0,
    )
    column, state = specimen(runs, subject)

    def run() -> Trace:
        return column.static(
            moment_load("extension", _DRIVE_NM, ERECT_N),
            begin=Load(follower_n=ERECT_N),
            start=state,
            steps=40,
        )

    trace = runs.once(("facet share", disc, level), run)
    share = first_reach(ERECT_DEG, turned_deg(trace, "extension", level), trace.share)
    taken = 100.0 * trace.facet_axial_n[:, level.place] / ERECT_N
    return along(share, trace.share, taken)


@experiment(Group.FACETS, "%")
def facetectomy(
    runs: Runs, what: str, sides: str, direction: str = "extension", level: Level = Level.L4_L5
) -> Numbers:
    """Increase [%] of rotation or pressure in L3 to L5 when the left facet or both of a level are gone.

    Under 500 N and 7.5 N m; pressure counts from no load.
    """
    parts = {
        "unilateral": frozenset({Cut(Part.LEFT_FACET, level)}),
        "bilateral": frozenset({Cut(Part.FACETS, level)}),
    }
    values = []
    for cuts in (frozenset[Cut](), parts[sides]):
        trace = spine_run(runs, direction, ZENG_NM, ZENG_N, Subject(free=L3_TO_L5, cuts=cuts))
        if what == "rotation":
            values.append(along(1.0, trace.share, turned_deg(trace, direction, level)))
        else:
            values.append(trace.pressure_mpa[-1, level.place])
    return 100.0 * (values[1] / values[0] - 1.0)
