"""A patient's whole column: the imaged shape is kept, a pull unloads and opens, symmetry holds."""

import jax
import numpy as np
import pytest

from opentraction.chart import Family, Hold, Patient, Ramp, Release, Sex, TractionProfile
from opentraction.mechanics.chain.march import march
from opentraction.mechanics.chain.model import start_state
from opentraction.mechanics.outputs.response import Response
from opentraction.mechanics.outputs.session import rest, simulate
from opentraction.mechanics.outputs.shape import moved
from opentraction.mechanics.patient.build import build
from opentraction.mechanics.patient.loads import LYING_BEFORE_SCAN_S, history
from opentraction.mechanics.patient.model import SpineModel
from opentraction.mechanics.validating.subject import norm_spine

pytestmark = pytest.mark.full
SAMPLES = 4


def _built(samples: int) -> SpineModel:
    patient = Patient(patient_id="norms", sex=Sex.MALE, mass_kg=70.0, simulated=True)
    return build(norm_spine(), patient, samples=samples)


@pytest.fixture(scope="module")
def model() -> SpineModel:
    return _built(SAMPLES)


@pytest.fixture(scope="module")
def pulled(model: SpineModel) -> Response:
    profile = TractionProfile(
        name="hold",
        family=Family.STATIC,
        segments=(
            Ramp(force_n=300.0, duration_s=60.0),
            Hold(duration_s=1200.0),
            Release(duration_s=30.0),
        ),
    )
    return simulate(model, profile, after_s=1800.0)


def test_the_imaging_history_ends_in_the_imaged_shape(model: SpineModel) -> None:
    loads = history(model.trunk, model.top, model.found["hours_up"], lying_s=LYING_BEFORE_SCAN_S)
    _, trace = march(model.chain, start_state(model.chain), loads, what="the history before the scan")
    last = moved(jax.tree.map(lambda x: x[-1:], trace), model.rest)
    assert np.abs(last.height_mm[0] - model.sizes.height_mm).max() < 1e-6
    assert 20.0 * np.abs(last.wedge_rad[0] - model.sizes.wedge_rad).max() < 1e-6


def test_a_column_with_all_six_motions_moves_in_its_plane_alike(model: SpineModel) -> None:
    loads = history(model.trunk, model.top, model.found["hours_up"], lying_s=LYING_BEFORE_SCAN_S)[:1]
    ends = [
        march(chain, start_state(chain), loads, what="a night")[1]
        for chain in (model.chain, model.spatial().chain)
    ]
    flat, full = (np.asarray(trace.shift_mm[-1]) for trace in ends)
    assert np.allclose(flat, full, atol=1e-6)
    assert np.abs(full[1]).max() < 1e-6


def test_a_pull_unloads_every_disc_and_opens_the_spine(pulled: Response) -> None:
    top = int(np.argmax(pulled.pull_n))
    assert np.all(pulled.pressure_mpa[:, top] < pulled.rest_pressure_mpa)
    assert np.all(pulled.height_mid_mm[:, top] > pulled.height_mid_mm[:, 0])
    for opening in (pulled.foramen_height_mm, pulled.foramen_area_mm2, pulled.canal_area_mm2):
        assert opening is not None
        assert np.all(opening[:, top].mean(axis=0) > opening[:, 0].mean(axis=0))


def test_net_axial_force_is_the_pull_less_the_load_lying(pulled: Response) -> None:
    top = int(np.argmax(pulled.pull_n))
    lying = pulled.axial_force_n[:, 0]
    assert np.all(lying < 0.0)
    gained = pulled.axial_force_n[:, top] - lying
    assert np.all(gained < pulled.transmitted_n[top] + 1.0)
    assert np.all(gained > 0.5 * pulled.transmitted_n[top])


def test_what_a_pull_gained_is_mostly_gone_half_an_hour_later(pulled: Response) -> None:
    height = pulled.height_mid_mm.sum(axis=0)
    end = int(np.searchsorted(pulled.time_s, 1260.0))
    assert np.all(height[-1] - height[0] < 0.5 * (height[end] - height[0]))


def test_a_sample_does_not_depend_on_the_others(model: SpineModel) -> None:
    alone = _built(2)
    assert np.array_equal(alone.rest.height_mm[:, 1], model.rest.height_mm[:, 1])
    state, few = rest(alone), rest(model)
    assert np.array_equal(state.pressure_mpa[:, 1], few.pressure_mpa[:, 1])
