"""The hardest load of the validation: joints that hang give way sideways until ligaments and facets hold."""

from __future__ import annotations

import numpy as np
import pytest

from opentraction.mechanics.loading import Stance
from opentraction.mechanics.validating.bench import Bearing, Load, Phase, Subject
from opentraction.mechanics.validating.column import SpatialBench
from opentraction.mechanics.validating.readings import FIRST_AFTER_DAY, day_then, minutes


@pytest.mark.full
def test_every_sample_hangs_by_the_chest_within_the_iterations() -> None:
    column = SpatialBench(samples=32).column(Subject(age_years=40.0))
    trace = column.march(day_then(Phase(minutes(10.0), Load(bearing=Bearing(Stance.HANGING)))))
    assert np.isfinite(trace.height_mm).all()
    before, after = trace.end(FIRST_AFTER_DAY - 1), trace.end(FIRST_AFTER_DAY)
    assert (trace.height_mm[after] > trace.height_mm[before]).all()
