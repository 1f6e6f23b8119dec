"""The draft on the real column: repeatable, unloading, and the same numbers by two ways."""

import numpy as np
import pytest
from analytic_spine import AT, FINDINGS, PATIENT, eligibility, table

from opentraction import mechanics
from opentraction.chart import Level
from opentraction.evaluate import PhantomSpec, make_phantom
from opentraction.plan import histogram, on_coarse_grid, optimise, seconds_below, unloading_dose


@pytest.fixture(scope="module")
def model():
    return mechanics.build(make_phantom(PhantomSpec()).spine, PATIENT, samples=8, seed=3)


def draft(model, **other):
    return optimise(
        model,
        eligibility(),
        patient=PATIENT,
        findings=FINDINGS,
        at=AT,
        minutes=10.0,
        capability=table(),
        **other,
    )


@pytest.fixture(scope="module")
def made(model):
    return draft(model)


def test_the_same_spine_gives_the_same_plan_bit_for_bit(model, made):
    assert draft(model).to_json() == made.to_json()
    assert made.spine_digest == make_phantom(PhantomSpec()).spine.digest()


def test_pulling_unloads_the_target_more_than_lying(made):
    lying, strongest = made.alternatives[0], made.alternatives[-1]
    assert lying.peak_force_n == 0.0
    assert strongest.target_dose_mpa_s[0] > lying.target_dose_mpa_s[2]
    doses = [item.target_dose_mpa_s[1] for item in made.alternatives]
    assert doses == sorted(doses)


def test_plan_and_mechanics_count_the_same_dose_and_seconds(model, made):
    response = mechanics.simulate(model, made.profile, rested=mechanics.rest(model))
    full = mechanics.summarise(response)
    assert made.prediction == on_coarse_grid(full)
    assert len(made.prediction.time_s) <= 60 < len(full.time_s)
    at = response.levels.index(Level.L4_L5)
    dose = unloading_dose(response.time_s, response.pressure_mpa[at], response.rest_pressure_mpa[at])
    predicted = made.prediction.level(Level.L4_L5)
    assert predicted.unloading_dose_mpa_s == pytest.approx(np.quantile(dose, (0.05, 0.5, 0.95)), rel=1e-6)
    for row in histogram(made.prediction, Level.L4_L5):
        seconds = seconds_below(response.time_s, response.pressure_mpa[at], row.below_mpa)
        assert row.seconds == pytest.approx(np.quantile(seconds, (0.05, 0.5, 0.95)), abs=1.0)
    chosen = next(item for item in made.alternatives if item.chosen)
    assert chosen.target_dose_mpa_s == pytest.approx(predicted.unloading_dose_mpa_s, rel=1e-6)
