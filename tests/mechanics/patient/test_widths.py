"""Prior against posterior, parameter by parameter, for any table that calibration writes."""

from __future__ import annotations

import numpy as np
import pytest

from opentraction import mechanics
from opentraction.mechanics.patient.posterior import Posterior, posterior
from opentraction.mechanics.patient.priors import draw, priors


def test_every_parameter_is_told_inside_its_range() -> None:
    found = {one.name: one for one in mechanics.widths()}
    assert list(found) == list(priors())
    for name, one in found.items():
        assert one.published == (priors()[name].low, priors()[name].high)
        for low, middle, high in (one.prior, one.posterior):
            assert one.published[0] <= low <= middle <= high <= one.published[1]
        assert one.calibrated is (name in posterior().names)
        assert 0.0 < one.share <= 1.0 + 1e-6


def test_bands_are_those_of_the_draws() -> None:
    drawn = draw(3, 20_000)
    for one in mechanics.widths():
        low, high = one.posterior[0], one.posterior[2]
        values = drawn[one.name]
        # edges of the range may hold more than their share
        assert np.mean(values < low) <= 0.055, one.name
        assert np.mean(values > high) <= 0.055, one.name
        if low > one.published[0] and high < one.published[1]:
            assert np.mean((values >= low) & (values <= high)) == pytest.approx(0.9, abs=0.01), one.name


def test_a_narrowed_a_wide_and_an_untouched_parameter(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Posterior(("facet_lean", "facet_tip"), np.array([1.0, 0.0]), np.array([[0.5, 0.0], [0.57, 0.76]]))
    monkeypatch.setattr("opentraction.mechanics.patient.widths.posterior", lambda: made)
    found = {one.name: one for one in mechanics.widths()}
    lean, tip, angle = found["facet_lean"], found["facet_tip"], found["facet_angle"]
    assert lean.share == pytest.approx(0.5)
    assert not lean.dominated
    assert lean.posterior[1] > lean.prior[1]
    assert lean.posterior[2] - lean.posterior[0] < lean.prior[2] - lean.prior[0]
    assert tip.share == pytest.approx(0.95)
    assert tip.calibrated
    assert tip.dominated
    assert angle.dominated
    assert not angle.calibrated
    assert angle.posterior == pytest.approx(angle.prior)
