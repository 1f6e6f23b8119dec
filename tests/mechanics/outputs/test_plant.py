"""The patient as a table feels them is the column's middle sample behind its harness."""

from __future__ import annotations

import numpy as np
import pytest

from opentraction import mechanics
from opentraction.chart import PatientPlant, Setup, TableKind


@pytest.fixture(scope="module")
def plant(model: mechanics.SpineModel, rested: mechanics.Rested) -> PatientPlant:
    return mechanics.plant(model, rested=rested)


def test_the_plant_feels_like_the_column(model: mechanics.SpineModel, plant: PatientPlant) -> None:
    assert plant.extension_mm[0] == 0.0
    assert (np.diff(plant.extension_mm) > 0).all()
    stretch = plant.extension_mm[6] - 300.0 / model.setup.harness_stiffness_n_per_mm
    assert 0.5 < stretch < 6.0
    assert plant.creep
    assert plant.fit_rms_mm < 0.1
    assert plant.friction_n == 0.0


def test_a_plain_table_adds_half_of_the_weight_times_its_friction(
    model: mechanics.SpineModel, rested: mechanics.Rested, plant: PatientPlant
) -> None:
    setup = Setup(table=TableKind.PLAIN, friction=0.4)
    plain = mechanics.plant(model.with_setup(setup), rested=rested)
    assert plain.friction_n == pytest.approx(0.4 * 0.5 * 70.0 * 9.81)
    # the table's friction is told once: the spring and the creep behind it are those of a split table
    assert plain.replace(friction_n=0.0) == plant
