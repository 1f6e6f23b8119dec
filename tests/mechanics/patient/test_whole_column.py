"""A patient's whole column: the imaged shape is kept, symmetry holds."""

import jax
import numpy as np
import pytest

from opentraction.mechanics.chain.march import march
from opentraction.mechanics.chain.model import start_state
from opentraction.mechanics.outputs.shape import moved
from opentraction.mechanics.patient.loads import LYING_BEFORE_SCAN_S, history
from opentraction.mechanics.patient.model import SpineModel


def test_the_imaging_history_ends_in_the_imaged_shape(model: SpineModel) -> None:
    loads = history(model.trunk, model.top, model.found["hours_up"], lying_s=LYING_BEFORE_SCAN_S)
    _, trace = march(model.chain, start_state(model.chain), loads, what="the history before the scan")
    last = moved(jax.tree.map(lambda x: x[-1:], trace), model.rest)
    assert np.abs(last.height_mm[0] - model.sizes.height_mm).max() < 1e-6
    assert 20.0 * np.abs(last.wedge_rad[0] - model.sizes.wedge_rad).max() < 1e-6


@pytest.mark.full
def test_a_column_with_all_six_motions_moves_in_its_plane_alike(model: SpineModel) -> None:
    loads = history(model.trunk, model.top, model.found["hours_up"], lying_s=LYING_BEFORE_SCAN_S)[:1]
    ends = [
        march(chain, start_state(chain), loads, what="a night")[1]
        for chain in (model.chain, model.spatial().chain)
    ]
    flat, full = (np.asarray(trace.shift_mm[-1]) for trace in ends)
    assert np.allclose(flat, full, atol=1e-6)
    assert np.abs(full[1]).max() < 1e-6
