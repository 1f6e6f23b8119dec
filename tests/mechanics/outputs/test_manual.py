"""Flexion-distraction by hand on the column."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from opentraction import mechanics
from opentraction.chart import BadInput, Level, ManualProfile, Posture, Setup
from opentraction.mechanics.loading import rhythm
from opentraction.mechanics.outputs.session import simulate_pull

HAND = {"name": "by hand", "contact_level": Level.L4_L5, "hand_force_n": 100.0, "flexion_deg": 0.0, "sets": 1}


def profile(**changes: Any) -> ManualProfile:
    return ManualProfile(**(HAND | changes))


@pytest.fixture(scope="module")
def prone(model: mechanics.SpineModel) -> mechanics.SpineModel:
    return model.subset(4).with_setup(Setup(posture=Posture.PRONE))


@pytest.fixture(scope="module")
def rested_prone(prone: mechanics.SpineModel) -> mechanics.Rested:
    return mechanics.rest(prone)


def test_without_hand_and_flexion_it_is_lying(
    prone: mechanics.SpineModel, rested_prone: mechanics.Rested
) -> None:
    found = mechanics.simulate_manual(prone, profile(hand_force_n=0.0), rested=rested_prone)
    nothing = np.zeros(len(found.time_s))
    lying = simulate_pull(prone, found.time_s, nothing, session_s=found.session_s, rested=rested_prone)
    np.testing.assert_allclose(found.pressure_mpa, lying.pressure_mpa, rtol=1e-9)
    np.testing.assert_allclose(found.height_mid_mm, lying.height_mid_mm, rtol=1e-9)
    assert found.pull_n.max() == found.transmitted_n.max() == 0.0


def test_the_hand_opens_what_is_below_it_in_its_rhythm(
    prone: mechanics.SpineModel, rested_prone: mechanics.Rested
) -> None:
    found = mechanics.simulate_manual(prone, profile(), rested=rested_prone)
    share = np.asarray(rhythm(profile()))
    none = mechanics.simulate_manual(prone, profile(hand_force_n=0.0), rested=rested_prone)
    # between 20 and 70 degrees off the spine's axis, 34 to 94 N of the hand's 100 pull along it
    more = found.axial_force_n - none.axial_force_n
    assert found.session_s == 20.0
    top = share == 1.0
    assert top.sum() == 5
    assert (more[3][top] > 20.0).all()
    assert (more[3][top] < 100.0).all()
    # the joint above the hand bears nothing of it
    assert np.abs(more[2]).max() < 0.1 * more[3][top].min()
    opened = found.height_mid_mm - none.height_mid_mm
    assert (opened[3][top] > np.abs(opened[2][top])).all()
    # five rises and falls
    for sample in range(prone.samples):
        assert opened[3][top, sample].min() > opened[3][np.isclose(share, 0.5), sample].max()
    assert np.abs(opened[3][-1]).max() < 0.1 * opened[3][top].min()


def test_the_falling_table_bends_the_spine_forward(
    prone: mechanics.SpineModel, rested_prone: mechanics.Rested
) -> None:
    bent = profile(hand_force_n=0.0, flexion_deg=15.0)
    found = mechanics.simulate_manual(prone, bent, rested=rested_prone, after_s=60.0)
    whole = found.flexion_deg.sum(axis=0)
    turned = (whole - whole[0])[np.asarray(rhythm(bent)) == 1.0]
    # 0.3 to 0.9 of 15 degrees are asked of the lumbar spine, against its own stiffness
    assert (turned > 1.0).all()
    assert (turned < 0.9 * 15.0).all()
    assert found.time_s[-1] == 80.0


def test_nobody_is_pressed_on_lying_on_the_back(model: mechanics.SpineModel) -> None:
    with pytest.raises(BadInput, match="prone"):
        mechanics.simulate_manual(model, profile())
