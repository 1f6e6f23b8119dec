"""One textbook column for all tests of the room, built once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from opentraction import mechanics
from opentraction.chart import Family, Hold, Patient, Ramp, Release, Sex, TractionProfile
from opentraction.mechanics.validating.subject import norm_spine

SAMPLES = 8


@pytest.fixture(scope="session", autouse=True)
def nothing_found_earlier() -> Iterator[None]:
    """Every rest shape is searched for: what an earlier run of the tests found would hide the search."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("opentraction.mechanics.patient.build.Earlier.read", lambda _: None)
        yield


@pytest.fixture(scope="session")
def patient() -> Patient:
    return Patient(patient_id="textbook", sex=Sex.MALE, mass_kg=70.0, simulated=True)


@pytest.fixture(scope="session")
def model(patient: Patient) -> mechanics.SpineModel:
    return mechanics.build(norm_spine(), patient, samples=SAMPLES, seed=1)


@pytest.fixture(scope="session")
def rested(model: mechanics.SpineModel) -> mechanics.Rested:
    return mechanics.rest(model)


@pytest.fixture(scope="session")
def static() -> TractionProfile:
    return TractionProfile(
        name="static",
        family=Family.STATIC,
        segments=(Ramp(force_n=300, duration_s=60), Hold(duration_s=900), Release(duration_s=60)),
    )


@pytest.fixture(scope="session")
def pulled(
    model: mechanics.SpineModel, rested: mechanics.Rested, static: TractionProfile
) -> mechanics.Response:
    return mechanics.simulate(model, static, rested=rested, after_s=1800.0)
