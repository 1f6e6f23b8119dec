"""Where the joints sit on the vertebrae, from the imaged places of the discs and the pose then."""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from numpy.typing import NDArray

from opentraction.mechanics.chain.motion import rotation

Numbers = NDArray[np.float64]


class Pose(NamedTuple):
    """Pose of the joints, upper axes in lower ones, from the stress-free shape."""

    turn_rad: Float[Numbers | Array, "3 j s"]
    """Rotation vector."""
    shift_mm: Float[Numbers | Array, "3 j s"]


class Seats(NamedTuple):
    """Lower axes of each joint in the axes of the body below (the spine's own axes for the sacrum)."""

    turn: Float[Array, "3 3 j s"]
    shift_mm: Float[Array, "3 j s"]
    top: Float[Array, "3 3 s"]
    """Axes of L1 in the spine's own axes, as imaged."""


def seats(
    disc_turn: Float[Numbers | Array, "3 3 j"],
    disc_mm: Float[Numbers | Array, "3 j"],
    height_mm: Float[Numbers | Array, "j s"],
    pose: Pose,
) -> Seats:
    """Seats with which the joints, in this pose, put every disc where it was imaged.

    `disc_turn`, `disc_mm`: axes and centre of each disc's mid-plane in the spine's own axes (x forward, y
    left, z up). The imaged disc's axes stand half-way between the two vertebrae: turned by half of the pose,
    with the origin midway between the centres of the endplates, `height_mm` apart when stress-free.
    """
    half, full = rotation(0.5 * jnp.asarray(pose.turn_rad)), rotation(jnp.asarray(pose.turn_rad))
    up = jnp.zeros_like(half[0]).at[2].set(0.5 * height_mm)
    # midway between the endplates' centres, in the lower axes
    shifted = jnp.asarray(pose.shift_mm)
    middle = 0.5 * (shifted + _applied(full, up) - up)
    lower_turn = _times(jnp.asarray(disc_turn)[..., None], _back(half))
    lower_mm = jnp.asarray(disc_mm)[..., None] - _applied(lower_turn, middle)
    upper_turn = _times(lower_turn, full)
    upper_mm = lower_mm + _applied(lower_turn, shifted)
    below = _back(upper_turn[:, :, 1:])
    turn = lower_turn.at[:, :, :-1].set(_times(below, lower_turn[:, :, :-1]))
    shift = lower_mm.at[:, :-1].set(_applied(below, lower_mm[:, :-1] - upper_mm[:, 1:]))
    return Seats(turn, shift, upper_turn[:, :, 0])


def _times(a: Array, b: Array) -> Array:
    return (a[:, :, None] * b[None]).sum(1)


def _applied(a: Array, x: Array) -> Array:
    return (a * x[None]).sum(1)


def _back(a: Array) -> Array:
    return jnp.swapaxes(a, 0, 1)
