"""From arrays to the chart: bands, histogram and dose, and what becomes of a sample without a result."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from opentraction import mechanics
from opentraction.chart import Level, TractionProfile
from opentraction.mechanics.outputs.summary import seconds_below, unloading_dose


def test_histogram_and_dose_are_exact_for_straight_lines() -> None:
    time = np.array([0.0, 10.0, 20.0])
    pressure = np.array([[0.1], [-0.1], [0.1]])
    below = seconds_below(time, pressure, (-0.2, 0.0, 0.05, 0.1))
    assert below[:, 0].tolist() == pytest.approx([0.0, 10.0, 15.0, 20.0])
    assert unloading_dose(time, pressure, np.array([0.1]))[0] == pytest.approx(2.0)


def test_a_prediction_holds_the_session_and_no_more(
    pulled: mechanics.Response, static: TractionProfile
) -> None:
    prediction = mechanics.summarise(pulled)
    assert prediction.time_s[-1] == pytest.approx(static.duration_s)
    assert prediction.samples == pulled.samples
    assert prediction.model == mechanics.MODEL_NAME
    level = prediction.level(Level.L4_L5)
    assert list(level.seconds_below.p50) == sorted(level.seconds_below.p50)
    assert level.unloading_dose_mpa_s[1] > 0
    force = [row[0] for row in level.pressure_by_force_mpa]
    assert force == sorted(force)
    assert force[-1] == pytest.approx(300.0, abs=1.0)
    assert not level.targetable  # the norm subject is nobody's scan: no level of it is a target
    assert level.height_front_gain_mm.p50[0] == 0.0


def test_a_missed_sample_is_left_out_and_not_counted(pulled: mechanics.Response) -> None:
    """With one sample NaN the bands are those of the others alone."""
    names = [
        name for name, value in vars(pulled).items() if isinstance(value, np.ndarray) and value.ndim == 3
    ]
    holed = {name: getattr(pulled, name).copy() for name in (*names, "rest_pressure_mpa")}
    for values in holed.values():
        values[..., 2] = np.nan
    kept = [k for k in range(pulled.samples) if k != 2]
    others = {name: getattr(pulled, name)[..., kept] for name in (*names, "rest_pressure_mpa")}
    found = mechanics.summarise(replace(pulled, **holed))
    assert found == mechanics.summarise(replace(pulled, **others))
    assert found.samples == pulled.samples - 1
