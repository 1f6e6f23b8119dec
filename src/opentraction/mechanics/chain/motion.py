"""Rigid motions, samples in the last axis: rotations, small motions, and how one body's carries another's.

A pose is a rotation R [3, 3, ...] (its columns are the moved axes) and a place t [3, ...]. A small motion is
(v, w): translation [mm] and rotation [rad] of a body in its own axes; R becomes R exp(w) and t becomes
t + R (v + w x v / 2), exact to second order. In a laterally symmetric column ("mirror") only v_x, v_z and w_y
are carried.
"""

from __future__ import annotations

from math import factorial

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from opentraction.mechanics.segment.matrices import applied, identity, times, transposed

_SERIES_BELOW = 0.25
"""Square of an angle [rad^2] or of its sine below which a series stands for the closed form."""
_SERIES_TERMS = 9
_KEPT = np.array([0, 2, 4])
"""v_x, v_z and w_y among the six components."""


def skew(a: Float[Array, "3 *s"]) -> Float[Array, "3 3 *s"]:
    """The matrix of the product a x."""
    zero = jnp.zeros_like(a[0])
    rows = [[zero, -a[2], a[1]], [a[2], zero, -a[0]], [-a[1], a[0], zero]]
    return jnp.stack([jnp.stack(row) for row in rows])


def rotation(vector: Float[Array, "3 *s"]) -> Float[Array, "3 3 *s"]:
    """exp of a rotation vector [rad], by Rodrigues' formula; smooth at zero with all derivatives."""
    square = (vector * vector).sum(0)
    small = square < _SERIES_BELOW
    angle = jnp.sqrt(jnp.where(small, 1.0, square))
    first = jnp.where(small, _alternating(square, 1), jnp.sin(angle) / angle)
    second = jnp.where(small, _alternating(square, 2), (1.0 - jnp.cos(angle)) / angle**2)
    turn = skew(vector)
    return identity(3, square.shape) + first * turn + second * times(turn, turn)


def _alternating(square: Float[Array, "*s"], start: int) -> Float[Array, "*s"]:
    """Sum over k of (-square)^k / (2 k + start)!: sin(x)/x for start 1, (1 - cos x)/x^2 for start 2."""
    total = jnp.zeros_like(square)
    for k in reversed(range(_SERIES_TERMS)):
        total = 1.0 / factorial(2 * k + start) - square * total
    return total


def rotation_vector(turn: Float[Array, "3 3 *s"]) -> Float[Array, "3 *s"]:
    """The rotation vector [rad] of a rotation of less than half a turn; smooth at zero."""
    axis = 0.5 * jnp.stack([turn[2, 1] - turn[1, 2], turn[0, 2] - turn[2, 0], turn[1, 0] - turn[0, 1]])
    square = (axis * axis).sum(0)
    cosine = 0.5 * (turn[0, 0] + turn[1, 1] + turn[2, 2] - 1.0)
    small = (square < 0.04) & (cosine > 0.0)
    sine = jnp.sqrt(jnp.where(small, 1.0, square))
    # asin(x)/x = sum of (2k)! / (4^k k!^2 (2k + 1)) x^2k
    series = jnp.zeros_like(square)
    for k in reversed(range(11)):
        series = factorial(2 * k) / (4**k * factorial(k) ** 2 * (2 * k + 1)) + square * series
    return axis * jnp.where(small, series, jnp.arctan2(sine, cosine) / sine)


def moved(
    turn: Float[Array, "3 3 *s"],
    place: Float[Array, "3 *s"],
    v: Float[Array, "3 *s"],
    w: Float[Array, "3 *s"],
) -> tuple[Float[Array, "3 3 *s"], Float[Array, "3 *s"]]:
    """The pose after a small motion of the body in its own axes."""
    return times(turn, rotation(w)), place + applied(turn, v + 0.5 * crossed(w, v))


def crossed(a: Float[Array, "3 *s"], b: Float[Array, "3 *s"]) -> Float[Array, "3 *s"]:
    """a x b."""
    return jnp.stack([a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]])


def spread(motion: Float[Array, "n *s"], mirror: bool) -> tuple[Float[Array, "3 *s"], Float[Array, "3 *s"]]:
    """The carried components of a small motion as the vectors v and w."""
    if not mirror:
        return motion[:3], motion[3:]
    zero = jnp.zeros_like(motion[0])
    return jnp.stack([motion[0], zero, motion[1]]), jnp.stack([zero, motion[2], zero])


def kept(six: Float[Array, "6 *s"], mirror: bool) -> Float[Array, "n *s"]:
    """The carried ones of six components (v, w)."""
    return six[_KEPT] if mirror else six


def carried(
    turn: Float[Array, "3 3 *s"], place: Float[Array, "3 *s"], mirror: bool
) -> Float[Array, "n n *s"]:
    """Matrix that gives a small motion of frame 0, in frame 0, as one of frame 1 in frame 1.

    `turn`, `place` are the pose of frame 1 in frame 0. Its transposed carries forces from 1 to 0.
    """
    back = transposed(turn)
    lever = -times(back, skew(place))
    if mirror:
        zero = jnp.zeros_like(place[0])
        rows = [
            [back[0, 0], back[0, 2], lever[0, 1]],
            [back[2, 0], back[2, 2], lever[2, 1]],
            [zero, zero, jnp.ones_like(zero)],
        ]
        return jnp.stack([jnp.stack(row) for row in rows])
    upper = jnp.concatenate([back, lever], axis=1)
    lower = jnp.concatenate([jnp.zeros_like(back), back], axis=1)
    return jnp.concatenate([upper, lower], axis=0)


def bracketed(force: Float[Array, "n *s"], mirror: bool) -> Float[Array, "n n *s"]:
    """B[a, b] = force . [e_a, e_b], the bracket of two small motions; antisymmetric.

    By Baker, Campbell and Hausdorff exp(-a) exp(b) = exp(b - a - [a, b] / 2 + ...), so that the work of a
    joint's force has this second order in the motions of its two bodies.
    """
    f, m = spread(force, mirror)
    # [(v, w), (v', w')] = (w x v' - w' x v, w x w')
    by_force, by_moment = -skew(f), -skew(m)
    upper = jnp.concatenate([jnp.zeros_like(by_force), by_force], axis=1)
    lower = jnp.concatenate([by_force, by_moment], axis=1)
    six = jnp.concatenate([upper, lower], axis=0)
    return six[_KEPT][:, _KEPT] if mirror else six


def absolute(
    seat_turn: Float[Array, "3 3 j s"],
    seat_place: Float[Array, "3 j s"],
    turn: Float[Array, "3 3 j s"],
    place: Float[Array, "3 j s"],
) -> tuple[Float[Array, "3 3 j s"], Float[Array, "3 j s"]]:
    """Poses of the bodies in the sacrum's axes, top body first.

    `seat_*`: pose of each joint's lower axes in the body below; `turn`, `place`: pose of its upper axes (the
    body above) in the lower ones.
    """
    count, samples = turn.shape[2:]
    below, origin = identity(3, (samples,)), jnp.zeros((3, samples))
    turns: list[Array] = []
    places: list[Array] = []
    for j in reversed(range(count)):
        seat = times(below, seat_turn[:, :, j])
        origin = origin + applied(below, seat_place[:, j]) + applied(seat, place[:, j])
        below = times(seat, turn[:, :, j])
        turns.insert(0, below)
        places.insert(0, origin)
    return jnp.stack(turns, axis=2), jnp.stack(places, axis=1)
