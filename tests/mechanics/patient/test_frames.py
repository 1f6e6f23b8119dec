"""Seats put every disc where it was imaged, whatever the pose in which the scan found the joints."""

import jax.numpy as jnp
import numpy as np
import pytest

from opentraction.mechanics.chain.motion import absolute, rotation
from opentraction.mechanics.patient.frames import Pose, seats

JOINTS, SAMPLES = 5, 3


def _discs() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(4)
    turn = np.asarray(rotation(jnp.asarray(generator.normal(scale=0.2, size=(3, JOINTS)))))
    place = np.cumsum(np.full((3, JOINTS), [[1.0], [0.5], [-38.0]]), axis=1)
    return turn, place


def _pose(scale: float) -> Pose:
    generator = np.random.default_rng(5)
    shape = (3, JOINTS, SAMPLES)
    return Pose(scale * 0.05 * generator.normal(size=shape), scale * generator.normal(size=shape))


@pytest.mark.parametrize("scale", [0.0, 0.3, 1.0])
def test_each_imaged_disc_lies_half_way_between_its_vertebrae(scale: float) -> None:
    turn, place = _discs()
    height = np.full((JOINTS, SAMPLES), 11.0)
    pose = _pose(scale)
    seat = seats(turn, place, height, pose)
    full = rotation(jnp.asarray(pose.turn_rad))
    turns, places = absolute(
        jnp.asarray(seat.turn), jnp.asarray(seat.shift_mm), full, jnp.asarray(pose.shift_mm)
    )
    # half of the pose's rotation back from the vertebra above is the disc's mid-plane
    back = rotation(jnp.asarray(-0.5 * pose.turn_rad))
    found = jnp.einsum("abjs,bcjs->acjs", turns, back)
    assert np.allclose(found, turn[..., None], atol=1e-12)
    # and its centre the middle of the endplates' centres
    upper = places + jnp.einsum("abjs,b->ajs", turns, jnp.array([0.0, 0.0, 5.5]))
    lower_turn = jnp.einsum("abjs,cbjs->acjs", turns, full)
    origin = places - jnp.einsum("abjs,bjs->ajs", lower_turn, jnp.asarray(pose.shift_mm))
    lower = origin - jnp.einsum("abjs,b->ajs", lower_turn, jnp.array([0.0, 0.0, 5.5]))
    assert np.allclose(0.5 * (upper + lower), place[..., None], atol=1e-12)
    assert np.allclose(seat.top, turns[:, :, 0], atol=1e-12)


def test_unloaded_pose_puts_lower_axes_into_the_discs() -> None:
    turn, place = _discs()
    none = np.zeros((3, JOINTS, SAMPLES))
    seat = seats(turn, place, np.full((JOINTS, SAMPLES), 11.0), Pose(none, none))
    assert np.allclose(seat.turn[:, :, -1], turn[:, :, -1, None])
    assert np.allclose(seat.shift_mm[:, -1], place[:, -1, None])
