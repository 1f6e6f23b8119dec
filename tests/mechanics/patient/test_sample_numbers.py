"""A sample is its number: how many others there are, its place in a chunk and the workers do not count.

The size of a chunk is a constant of the model. Another size is another compiled program, which may round the
last place differently; how near its numbers stay is tested too.
"""

from __future__ import annotations

import sys

import jax
import numpy as np
import pytest

from opentraction import mechanics
from opentraction.chart import Family, Hold, Patient, Ramp, Release, TractionProfile
from opentraction.mechanics.chain import CHUNK
from opentraction.mechanics.patient import chunks
from opentraction.mechanics.validating.subject import norm_spine

PROFILE = TractionProfile(
    name="short",
    family=Family.STATIC,
    segments=(Ramp(force_n=300, duration_s=30), Hold(duration_s=60), Release(duration_s=30)),
)
MANY = CHUNK + 3
"""Two chunks, the second filled up."""


def whole_way(patient: Patient, samples: int) -> mechanics.SpineModel:
    return mechanics.build(norm_spine(), patient, samples=samples, seed=1)


def results(response: mechanics.Response) -> dict[str, np.ndarray]:
    """What a session says, samples last."""
    found = {name: value for name, value in vars(response).items() if isinstance(value, np.ndarray)}
    found |= {
        name: getattr(response, name) for name in ("canal_area_mm2", "fibre_strain", "posterior_bulge_mm")
    }
    assert {"pressure_mpa", "height_mid_mm", "axial_force_n", "fluid_volume_mm3"} <= set(found)
    return {name: value for name, value in found.items() if value.shape[-1] == response.samples}


def numbers(model: mechanics.SpineModel) -> list[np.ndarray]:
    """Everything that build, rest and simulate hand out, samples last."""
    rested = mechanics.rest(model)
    response = mechanics.simulate(model, PROFILE, rested=rested, after_s=600.0)
    built = (model.chain, model.found, model.sizes, model.rest, model.scanned, model.openings, model.top)
    leaves = jax.tree.leaves((built, rested.state, rested.pressure_mpa, results(response)))
    return [np.asarray(leaf) for leaf in leaves if np.shape(leaf)[-1:] == (model.samples,)]


def assert_same_bits(found: list[np.ndarray], wanted: list[np.ndarray]) -> None:
    assert len(found) == len(wanted) > 50
    for one, other in zip(found, wanted, strict=True):
        assert np.array_equal(one, other, equal_nan=True)


@pytest.fixture(scope="module")
def many(patient: Patient) -> mechanics.SpineModel:
    return whole_way(patient, MANY)


@pytest.fixture(scope="module")
def all_numbers(many: mechanics.SpineModel) -> list[np.ndarray]:
    return numbers(many)


def test_the_first_samples_of_more_are_those_of_fewer(
    patient: Patient, many: mechanics.SpineModel, all_numbers: list[np.ndarray]
) -> None:
    assert many.missed == ()
    few = numbers(whole_way(patient, 3))
    assert_same_bits(few, [values[..., :3] for values in all_numbers])


def test_a_sample_s_place_in_its_chunk_changes_no_bit(
    many: mechanics.SpineModel, all_numbers: list[np.ndarray]
) -> None:
    """Samples of the second chunk, and one of the first, run as the first three of one chunk."""
    pick = [MANY - 1, 5, CHUNK]
    assert_same_bits(numbers(many.picked(pick)), [values[..., pick] for values in all_numbers])


def test_one_worker_gives_the_bits_of_many(
    patient: Patient, all_numbers: list[np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    assert_same_bits(numbers(whole_way(patient, MANY)), all_numbers)


@pytest.mark.full
@pytest.mark.parametrize("size", [8, 64])
def test_another_size_of_chunk_changes_no_more_than_the_last_places(
    patient: Patient, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    def session() -> dict[str, np.ndarray]:
        return results(mechanics.simulate(whole_way(patient, 10), PROFILE, after_s=600.0))

    usual = session()
    monkeypatch.setattr(sys.modules["opentraction.mechanics.chain.march"], "CHUNK", size)
    monkeypatch.setattr(chunks, "CHUNK", size)
    other = session()
    assert set(other) == set(usual)
    for name, values in usual.items():
        assert np.abs(other[name] - values).max() <= 1e-9 * np.abs(values).max(), name
