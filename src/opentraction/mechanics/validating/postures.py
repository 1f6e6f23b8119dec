"""Pressure in the disc by posture, and the back of the disc in full flexion."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from opentraction.chart import BadInput, Level
from opentraction.mechanics.loading import POSES, Pose, Stance
from opentraction.mechanics.outputs.shape import EDGE_SHARE
from opentraction.mechanics.validating.bench import (
    LYING,
    PRONE,
    STANDING,
    Bearing,
    Load,
    Numbers,
    Phase,
    Subject,
    Trace,
)
from opentraction.mechanics.validating.experiment import Group, Runs, experiment
from opentraction.mechanics.validating.readings import day_then, minutes

_STANDING_DEG = POSES[Stance.STANDING].lordosis_deg
STANCES = {
    "lying prone": PRONE,
    "lying supine": LYING,
    "standing": STANDING,
    "standing flexed": Bearing(Stance.FLEXED),
    "standing extended": Bearing(
        Stance.STANDING, pose=Pose(0.0, -15.0, _STANDING_DEG + 12.0, "trunk 15 deg back: assumed")
    ),
    "standing fully flexed": Bearing(
        Stance.FLEXED,
        pose=Pose(45.0, 100.0, _STANDING_DEG - 55.0, "55 deg of lumbar flexion: assumed"),
    ),
    "sitting": Bearing(Stance.SITTING),
    "sitting straight": Bearing(
        Stance.SITTING,
        pose=Pose(-10.0, 0.0, _STANDING_DEG - 8.0, "8 deg flatter: assumed", seated=True),
    ),
    "sitting flexed": Bearing(
        Stance.SITTING, pose=Pose(-18.7, 30.0, _STANDING_DEG - 45.0, "trunk 30 deg forward: assumed")
    ),
    "sitting slouched": Bearing(Stance.SLOUCHED),
    "lifting, back flexed": Bearing(Stance.LIFTING),
    "lifting, knees bent": Bearing(
        Stance.LIFTING, pose=Pose(20.0, 45.0, _STANDING_DEG - 20.0, "load 350 mm ahead: assumed", 350.0)
    ),
    "holding close": Bearing(Stance.HOLDING),
    "holding away": Bearing(
        Stance.HOLDING, pose=Pose(0.0, 0.0, _STANDING_DEG, "load 600 mm ahead", 600.0, "loaded_coactivation")
    ),
}
"""Postures in words -> stances of the load path, or poses of their own where it has none."""
LYING_FIRST_S = minutes(20.0)


def _bearing(posture: str, held_kg: float) -> Bearing:
    if posture not in STANCES:
        raise BadInput(f"Expected one of the postures {', '.join(STANCES)}; got '{posture}'.")
    return replace(STANCES[posture], load_kg=held_kg)


def posture_run(runs: Runs, posture: str, held_kg: float, mass_kg: float) -> Trace:
    """Lying: 20 min after 4 h up. Upright: at once from standing, after 4 h up."""
    subject, bearing = Subject(mass_kg=mass_kg), _bearing(posture, held_kg)
    column = runs.column(subject)

    def run() -> Trace:
        if bearing.stance in (Stance.SUPINE, Stance.PRONE):
            return column.march(day_then(Phase(LYING_FIRST_S, Load(bearing=bearing))))
        morning = runs.once(("morning", subject), lambda: column.march(day_then()).state)
        return column.static(Load(bearing=bearing), begin=Load(bearing=STANDING), start=morning)

    return runs.once(("posture", posture, held_kg, mass_kg), run)


@experiment(Group.POSTURE, "MPa")
def posture_pressure(
    runs: Runs, posture: str, held_kg: float = 0.0, level: Level = Level.L4_L5, mass_kg: float = 70.0
) -> Numbers:
    """Pressure [MPa] in a posture: lying, after 20 min; upright, 4 h after rising."""
    return posture_run(runs, posture, held_kg, mass_kg).pressure_mpa[-1, level.place]


@experiment(Group.POSTURE, "%")
def posture_pressure_change(
    runs: Runs, posture: str, against: str = "standing", level: Level = Level.L4_L5
) -> Numbers:
    """How much higher [%] the pressure is in one posture than in another."""
    ends = [posture_run(runs, each, 0.0, 70.0).pressure_mpa[-1, level.place] for each in (posture, against)]
    return 100.0 * (ends[0] / ends[1] - 1.0)


@experiment(Group.POSTURE, "%")
def back_strain(runs: Runs, level: Level, margin: str = "posterior") -> Numbers:
    """Green strain [%] of a margin of the disc in full flexion, from standing.

    The margin lies farther out than where front and back heights are read; the endplates are plane.
    """
    trace = posture_run(runs, "standing fully flexed", 0.0, 70.0)
    edge = trace.height_back_mm if margin == "posterior" else trace.height_front_mm
    height = trace.height_mm + (edge - trace.height_mm) / EDGE_SHARE
    stretch = height[-1, level.place] / height[0, level.place]
    return np.asarray(50.0 * (stretch**2 - 1.0))
