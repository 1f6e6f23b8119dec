"""Pressure in the disc by posture, and the back of the disc in full flexion."""

from __future__ import annotations

import numpy as np

from opentraction.chart import BadInput, Level
from opentraction.mechanics.validating.bench import (
    LYING,
    PRONE,
    STANDING,
    Bearing,
    Load,
    Numbers,
    Phase,
    Stance,
    Subject,
    Trace,
)
from opentraction.mechanics.validating.experiment import Group, Runs, experiment
from opentraction.mechanics.validating.readings import day_then, minutes

SITTING = Stance(Bearing.SITTING, lumbar_flexion_deg=20.0)
STANCES = {
    "lying prone": PRONE,
    "lying supine": LYING,
    "standing": STANDING,
    "standing flexed": Stance(Bearing.STANDING, trunk_flexion_deg=36.0, lumbar_flexion_deg=24.0),
    "sitting": SITTING,
    "sitting nonchalant": Stance(
        Bearing.SITTING, trunk_flexion_deg=-20.0, lumbar_flexion_deg=25.0, supported_share=0.3
    ),
    "sitting supported": Stance(
        Bearing.SITTING, trunk_flexion_deg=-10.0, lumbar_flexion_deg=15.0, supported_share=0.3
    ),
    "sitting flexed": Stance(Bearing.SITTING, trunk_flexion_deg=30.0, lumbar_flexion_deg=35.0),
    "lifting, back flexed": Stance(
        Bearing.STANDING, trunk_flexion_deg=60.0, lumbar_flexion_deg=45.0, held_arm_mm=400.0
    ),
    "lifting, knees bent": Stance(
        Bearing.STANDING, trunk_flexion_deg=35.0, lumbar_flexion_deg=15.0, held_arm_mm=350.0
    ),
    "holding close": Stance(Bearing.STANDING, held_arm_mm=220.0),
    "holding away": Stance(Bearing.STANDING, held_arm_mm=600.0),
    "standing fully flexed": Stance(Bearing.STANDING, trunk_flexion_deg=90.0, lumbar_flexion_deg=55.0),
}
"""Postures in words -> what the balance of weight and muscle is asked. Angles and arms are assumed."""
LYING_FIRST_S = minutes(20.0)


def _stance(posture: str, held_kg: float) -> Stance:
    if posture not in STANCES:
        raise BadInput(f"Expected one of the postures {', '.join(STANCES)}; got '{posture}'.")
    known = STANCES[posture]
    return Stance(
        known.bearing,
        known.trunk_flexion_deg,
        known.lumbar_flexion_deg,
        held_kg,
        known.held_arm_mm,
        known.supported_share,
        known.hip_flexion_deg,
    )


def posture_run(runs: Runs, posture: str, held_kg: float, mass_kg: float) -> Trace:
    """Lying: 20 min after 4 h up. Upright: at once from standing, after 4 h up."""
    subject, stance = Subject(mass_kg=mass_kg), _stance(posture, held_kg)
    column = runs.column(subject)

    def run() -> Trace:
        if stance.bearing in (Bearing.SUPINE, Bearing.PRONE):
            return column.march(day_then(Phase(LYING_FIRST_S, Load(stance=stance))))
        morning = runs.once(("morning", subject), lambda: column.march(day_then()).state)
        return column.static(Load(stance=stance), begin=Load(stance=STANDING), start=morning)

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
    """Green strain [%] of a margin of the disc in full flexion, from standing."""
    trace = posture_run(runs, "standing fully flexed", 0.0, 70.0)
    height = trace.height_back_mm if margin == "posterior" else trace.height_front_mm
    stretch = height[-1, level.place] / height[0, level.place]
    return np.asarray(50.0 * (stretch**2 - 1.0))
