"""Any spine runs: extremes of the phantoms, random ones, and the real scans; and all by the same programs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from opentraction import mechanics
from opentraction.chart import Family, Hold, Patient, Ramp, Release, Spine, TractionProfile
from opentraction.evaluate import measure, read_study
from opentraction.evaluate.phantoms.build import PhantomSpec, make_phantom
from opentraction.mechanics.chain.march import advance
from opentraction.mechanics.patient import assembly, settle

EXTREMES = {
    "young and sound": PhantomSpec(seed=1, age_years=20.0, pfirrmann=(1, 1, 1, 1, 1), mass_kg=45.0),
    "old, all discs collapsed": PhantomSpec(seed=2, age_years=90.0, pfirrmann=(5, 5, 5, 5, 5), mass_kg=110.0),
    "slipped forward": PhantomSpec(seed=3, age_years=60.0, slip_mm=(0.0, 0.0, 0.0, 9.0, 0.0)),
    "slipped back on worn discs": PhantomSpec(
        seed=4, age_years=70.0, pfirrmann=(3, 4, 5, 5, 4), slip_mm=(-4.0, 0.0, -4.0, 0.0, 0.0)
    ),
    "steep": PhantomSpec(seed=5, age_years=40.0, lordosis_deg=75.0),
    "flat": PhantomSpec(seed=6, age_years=50.0, lordosis_deg=5.0, pfirrmann=(1, 5, 1, 5, 1)),
}
FORCES_N = (150.0, 200.0, 250.0, 300.0, 350.0, 400.0)
RANDOM = 140
SCANS = ("fracture_f02", "healthy_a", "healthy_b", "listhesis_s02")


def profile(force_n: float, cycles: int = 1) -> TractionProfile:
    one = (Ramp(force_n=force_n, duration_s=20.0), Hold(duration_s=10.0 * force_n / 100.0))
    low = (Ramp(force_n=0.4 * force_n, duration_s=20.0), Hold(duration_s=30.0))
    segments = (*(*one, *low) * cycles, Release(duration_s=30.0))
    return TractionProfile(name="any", family=Family.INTERMITTENT, segments=segments)


def runs(spine: Spine, mass_kg: float, way: TractionProfile) -> None:
    """Build, history and session; the pull unloads the discs, and no number is missing."""
    patient = Patient(patient_id="any", mass_kg=mass_kg, simulated=True)
    model = mechanics.build(spine, patient, samples=2)
    response = mechanics.simulate(model, way, after_s=600.0)
    assert model.missed == response.missed == ()
    for values in (response.pressure_mpa, response.height_mid_mm, response.axial_force_n):
        assert np.isfinite(values).all()
    most = int(np.argmax(response.pull_n))
    change = response.pressure_mpa[:, most] - response.rest_pressure_mpa
    assert (change.mean(axis=0) < 0.0).all()


def random_spec(seed: int) -> PhantomSpec:
    """A random phantom of 20 to 90 years; every tenth with all its discs alike or collapsed next to sound."""
    spec = PhantomSpec.random(seed)
    age = round(float(np.random.default_rng([seed, 11]).uniform(20.0, 90.0)), 1)
    grades = ((1, 1, 1, 1, 1), (5, 5, 5, 5, 5), (5, 5, 1, 5, 5))[seed // 10 % 3]
    found = spec.pfirrmann if seed % 10 else grades
    return spec.model_copy(update={"age_years": age, "pfirrmann": found})


def test_six_unlike_patients_and_profiles_run_by_the_programs_of_the_first() -> None:
    programs = (advance, assembly._chain, settle._asked, settle._rest_now)
    after_the_first: list[int] = []
    for number, (spec, force) in enumerate(zip(EXTREMES.values(), FORCES_N, strict=True)):
        runs(make_phantom(spec).spine, spec.mass_kg, profile(force, cycles=1 + number))
        after_the_first = after_the_first or [program.shapes for program in programs]
    assert all(count > 0 for count in after_the_first)
    assert [program.shapes for program in programs] == after_the_first


@pytest.mark.full
@pytest.mark.parametrize("seed", range(RANDOM))
def test_random_phantoms_run(seed: int) -> None:
    spec = random_spec(seed)
    runs(make_phantom(spec).spine, spec.mass_kg, profile(300.0))


@pytest.mark.full
@pytest.mark.parametrize("name", SCANS)
def test_real_spines_run(shared_data: Path, name: str) -> None:
    runs(measure(read_study(shared_data / f"lumbar_mri_t2_{name}")), 75.0, profile(300.0))
