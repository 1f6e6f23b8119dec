"""Rotations and small motions against the matrix exponential and automatic differentiation."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.linalg import expm

from opentraction.mechanics.chain import motion
from opentraction.mechanics.segment.matrices import applied, times


@pytest.mark.parametrize("angle_rad", [0.0, 1e-9, 1e-3, 0.49, 0.51, 1.5, 3.0])
def test_a_rotation_is_the_exponential_and_its_vector_comes_back(angle_rad: float) -> None:
    vector = angle_rad * np.array([0.36, -0.48, 0.8])
    turn = motion.rotation(jnp.asarray(vector))
    np.testing.assert_allclose(turn, expm(np.asarray(motion.skew(jnp.asarray(vector)))), rtol=0, atol=3e-15)
    np.testing.assert_allclose(motion.rotation_vector(turn), vector, rtol=0, atol=2e-14)


def test_rotations_are_smooth_at_zero() -> None:
    there_and_back = jax.jacfwd(lambda w: motion.rotation_vector(motion.rotation(w)))(jnp.zeros(3))
    np.testing.assert_allclose(there_and_back, np.eye(3), rtol=0, atol=1e-15)
    curved = jax.jacfwd(jax.jacfwd(motion.rotation))(jnp.zeros(3))
    # exp(w) = 1 + W + W W / 2: the second derivative along the first axis twice is W W
    generator = np.asarray(motion.skew(jnp.array([1.0, 0.0, 0.0])))
    np.testing.assert_allclose(curved[:, :, 0, 0], generator @ generator, rtol=0, atol=1e-14)


@pytest.mark.parametrize("mirror", [False, True])
def test_two_bodies_move_their_joint_as_carrier_and_bracket_say(mirror: bool) -> None:
    """The joint's own motion log(exp(-a) exp(x)) to second order, by differentiating it."""
    rng = np.random.default_rng(3)
    turning, place = 0.3 * rng.normal(size=3), rng.normal(size=3) * 10
    if mirror:
        turning[[0, 2]], place[1] = 0.0, 0.0
    turn, where = motion.rotation(jnp.asarray(turning)), jnp.asarray(place)
    count = 3 if mirror else 6
    force = jnp.asarray(rng.normal(size=count))

    def pose(small: jax.Array) -> jax.Array:
        v, w = motion.spread(small, mirror)
        step = jnp.zeros((4, 4)).at[:3, :3].set(motion.skew(w)).at[:3, 3].set(v)
        return jax.scipy.linalg.expm(step)

    joint = jnp.eye(4).at[:3, :3].set(turn).at[:3, 3].set(where)

    def work(above: jax.Array, below: jax.Array) -> jax.Array:
        moved = jnp.linalg.inv(joint) @ jnp.linalg.inv(pose(below)) @ joint @ pose(above)
        w = motion.rotation_vector(moved[:3, :3])
        half = motion.skew(w)
        # inverse of the left Jacobian of the exponential, to second order
        v = (jnp.eye(3) - half / 2 + half @ half / 12) @ moved[:3, 3]
        return force @ motion.kept(jnp.concatenate([v, w]), mirror)

    zero = jnp.zeros(count)
    carrier = motion.carried(turn, where, mirror)
    np.testing.assert_allclose(jax.grad(work, 1)(zero, zero), -carrier.T @ force, rtol=1e-12, atol=1e-12)
    mixed = jax.jacfwd(jax.grad(work, 1), 0)(zero, zero)
    expected = -0.5 * carrier.T @ motion.bracketed(force, mirror)
    np.testing.assert_allclose(mixed, expected, rtol=1e-11, atol=1e-11)


def test_small_motions_move_a_body_in_its_own_axes() -> None:
    rng = np.random.default_rng(5)
    turn, place = motion.rotation(jnp.asarray(rng.normal(size=3))), jnp.asarray(rng.normal(size=3))
    v, w = jnp.array([0.0, 0.0, 2.0]), jnp.array([0.0, 0.0, 0.3])
    turned, there = motion.moved(turn, place, v, w)
    np.testing.assert_allclose(there, place + applied(turn, v), atol=1e-15)
    np.testing.assert_allclose(turned, times(turn, motion.rotation(w)), atol=1e-15)
