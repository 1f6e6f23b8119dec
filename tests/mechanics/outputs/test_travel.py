"""What the table feels of a session, and muscles that guard less as it goes on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from opentraction import mechanics
from opentraction.chart import TractionProfile
from opentraction.mechanics.loading.pull import GUARDING_AT_N, GUARDING_TIME_S


def test_the_stroke_is_column_harness_and_slip(
    model: mechanics.SpineModel, pulled: mechanics.Response
) -> None:
    longer = pulled.height_mid_mm.sum(axis=0)
    left = pulled.stroke_mm - (longer - longer[0])
    stretch = pulled.pull_n / model.setup.harness_stiffness_n_per_mm
    highest = np.maximum.accumulate(pulled.pull_n)
    np.testing.assert_allclose(left, stretch[:, None] + highest[:, None] * model.found["slip"], atol=1e-9)
    assert (pulled.stroke_mm[0] == 0.0).all()
    # with no pull the stretch is back, the slip is not
    assert pulled.pull_n[-1] == 0.0
    np.testing.assert_allclose(left[-1], 300.0 * model.found["slip"], atol=1e-9)


def test_soft_tissue_bears_a_part_of_what_is_lost(pulled: mechanics.Response) -> None:
    """Else the share that is lost could not hold it, and it would have to be taken off the pull."""
    lost = pulled.pull_n[:, None] - pulled.transmitted_n
    high = pulled.pull_n >= 100.0
    assert high.any()
    assert (pulled.tissue_n[high] < 0.5 * lost[high]).all()
    assert (pulled.tissue_n[pulled.pull_n == 300.0] > 0.0).all()


def test_guarding_fades_within_a_session(
    model: mechanics.SpineModel, rested: mechanics.Rested, static: TractionProfile
) -> None:
    """A patient's joints bear more at first than those of one who guards as the healthy all through."""
    found = model.found
    even = replace(model, found=found | {"guarding_in_pain": found["guarding"]})
    pain, well = (mechanics.simulate(one, static, rested=rested) for one in (model, even))
    more = (well.axial_force_n - pain.axial_force_n)[3]
    above = np.maximum(found["guarding_in_pain"] - found["guarding"], 0.0) / 100.0 * found["muscle_maximum"]
    passed = pain.transmitted_n
    fading = np.exp(-pain.time_s / GUARDING_TIME_S)[:, None]
    expected = above * passed / (passed + GUARDING_AT_N) * fading
    np.testing.assert_allclose(more, expected, rtol=0.1, atol=1.0)
    assert expected.max() > 30.0
    # back at the baseline after 4 to 6 min (V031)
    late = (pain.time_s > 360.0) & (pain.time_s < 900.0)
    assert (more[late] <= 0.05 * above).all()
    assert pain.height_mid_mm[:, -1] == pytest.approx(well.height_mid_mm[:, -1], abs=0.1)
