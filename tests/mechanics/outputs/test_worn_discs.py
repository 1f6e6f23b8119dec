"""What a grade does under a pull: the pages say that a worn disc lengthens less and is unloaded no less."""

from __future__ import annotations

import numpy as np
import pytest

from opentraction import mechanics
from opentraction.chart import Level, Patient, TractionProfile
from opentraction.mechanics.validating.subject import norm_spine

pytestmark = pytest.mark.full
SAMPLES = 32
"""As many as the validation has: a grade between sound and worn changes the gain by a twentieth."""
END_S = 959.0
"""Just before the release."""


def test_a_worn_disc_holds_less_lengthens_less_and_is_unloaded_no_less(
    patient: Patient, static: TractionProfile
) -> None:
    resting, gains, falls = [], [], []
    for grade in (2.0, 3.0, 5.0):
        model = mechanics.build(norm_spine(pfirrmann=grade), patient, samples=SAMPLES)
        found = mechanics.simulate(model, static)
        end = int(np.searchsorted(found.time_s, END_S))
        height, pressure = found.height_mid_mm[Level.L4_L5.place], found.pressure_mpa[Level.L4_L5.place]
        at_rest = found.rest_pressure_mpa[Level.L4_L5.place]
        resting.append(float(np.median(at_rest)))
        gains.append(float(np.median(height[end] - height[0])))
        falls.append(float(np.median(at_rest - pressure[end])))
    assert resting[0] > resting[1] > resting[2] > 0.0
    assert gains[0] > gains[1] > gains[2] > 0.0
    assert falls[0] < min(falls[1:])
