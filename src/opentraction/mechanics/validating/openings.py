"""Foramina, canal and flavum when a person lying is pressed together between shoulders and feet."""

from __future__ import annotations

import numpy as np

from opentraction.mechanics.loading import Stance
from opentraction.mechanics.loading.posture import GRAVITY_M_S2
from opentraction.mechanics.validating.bench import (
    Bearing,
    Load,
    Numbers,
    Phase,
    Pull,
    Subject,
    Trace,
)
from opentraction.mechanics.validating.experiment import Group, Runs, experiment
from opentraction.mechanics.validating.readings import FIRST_AFTER_DAY, day_then, levels_of, minutes

PRESS_SHARE = 0.5
"""Share of body weight of the compression device; not printed in the rows: usual practice, assumed."""
PRESS_MIN = 5.0
"""Minutes pressed before the scan: assumed."""
FLAT = Bearing(Stance.SUPINE, hip_flexion_deg=0.0)
SUBJECTS = {"young": Subject(age_years=27.0, grade=1.5), "patients": Subject(age_years=50.0, grade=3.0)}


def _pressed(runs: Runs, people: str) -> Trace:
    subject = SUBJECTS[people]
    column = runs.column(subject)
    press = Pull(-PRESS_SHARE * subject.mass_kg * GRAVITY_M_S2)

    def run() -> Trace:
        lain, pressed = Load(bearing=FLAT), Load(bearing=FLAT, pull=press)
        return column.march(day_then(Phase(minutes(20.0), lain), Phase(minutes(PRESS_MIN), pressed)))

    return runs.once(("pressed", people), run)


def openings_of(trace: Trace) -> dict[str, Numbers]:
    """What a scan measures on the openings and discs, by name: (step, joint, sample)."""
    return {
        "foramen height": trace.foramen_height_mm,
        "foramen width": trace.foramen_width_mm,
        "foramen least width": trace.foramen_least_width_mm,
        "foramen area": trace.foramen_area_mm2,
        "canal": trace.canal_area_mm2,
        "dural sac": trace.dural_sac_mm2,
        "flavum thickness": trace.flavum_thickness_mm,
        "hernia": trace.protrusion_mm2,
        "front": trace.height_front_mm,
        "disc height": trace.height_mm,
        "back": trace.height_back_mm,
        "disc volume": trace.volume_mm3,
    }


@experiment(Group.FORAMINA, "%")
def pressed_opening(runs: Runs, what: str, levels: str, people: str = "young") -> Numbers:
    """Change [%] from lying flat to 5 min pressed with half of body weight, mean of the levels.

    Of an opening, the flavum, or a disc's height or volume (see `openings_of`).
    """
    trace = _pressed(runs, people)
    before, after = trace.end(FIRST_AFTER_DAY), trace.end(FIRST_AFTER_DAY + 1)
    values = openings_of(trace)[what][:, [level.place for level in levels_of(levels)]]
    return np.asarray(100.0 * (values[after] / values[before] - 1.0).mean(axis=0))
