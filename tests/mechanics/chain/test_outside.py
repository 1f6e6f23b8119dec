"""The outside's forces against automatic differentiation of their energies."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from opentraction.mechanics.chain import Load, motion
from opentraction.mechanics.chain.outside import on_bodies, support_energy


@pytest.mark.parametrize("mirror", [False, True])
def test_forces_support_and_moment_are_derivatives_of_an_energy(mirror: bool) -> None:
    rng = np.random.default_rng(11)
    planar = np.array([0.0, 1.0, 0.0])[:, None, None] if mirror else np.ones((3, 1, 1))
    turning = jnp.asarray(0.3 * rng.normal(size=(3, 5, 1)) * planar)
    points, forces = jnp.asarray(rng.normal(size=(2, 3, 5, 1)) * 9), rng.normal(size=(2, 3, 5, 1)) * 50
    moments, tilt = np.zeros((3, 5, 1)), 0.2 * rng.normal(size=(3, 1)) * planar[:, 0]
    if mirror:
        forces[:, 1], moments[1] = 0.0, 700.0
    stiff = jnp.asarray([[2e4], [3e4], [1.5e4]])
    load = Load(
        dt_s=jnp.zeros(1),
        follower_n=jnp.zeros((5, 1)),
        force_n=jnp.asarray(forces),
        moment_nmm=jnp.asarray(moments),
        tilt_rad=jnp.asarray(tilt),
        hold=jnp.asarray([1.7]),
    )
    turns = motion.rotation(turning)
    count = 3 if mirror else 6

    def energy(small: jax.Array) -> jax.Array:
        v, w = motion.spread(small[..., None], mirror)
        turned, moved = motion.moved(turns, jnp.zeros((3, 5, 1)), v, w)
        places = moved[None] + (turned[None] * points[:, None]).sum(2)
        held = support_energy(load.hold * stiff, turned[:, :, 0], load.tilt_rad)[0]
        return held - (load.force_n * places).sum() - (load.moment_nmm[1] * w[1]).sum()

    gradient, hessian = on_bodies(points, stiff, turns, load, mirror)
    zero = jnp.zeros((count, 5))
    np.testing.assert_allclose(gradient[..., 0], jax.grad(energy)(zero), rtol=1e-12, atol=1e-9)
    exact = jax.hessian(energy)(zero)
    own = np.stack([exact[:, j, :, j] for j in range(5)], axis=-1)
    np.testing.assert_allclose(hessian[..., 0], own, rtol=1e-11, atol=1e-8)


def test_the_support_turns_back_with_its_stiffness_about_each_axis() -> None:
    stiff = jnp.array([2e4, 3e4, 1.5e4])[:, None]
    for axis in range(3):
        turn = motion.rotation(jnp.zeros((3, 1)).at[axis].set(0.4))
        energy = support_energy(stiff, turn, jnp.zeros((3, 1)))
        np.testing.assert_allclose(energy, stiff[axis] * (1 - np.cos(0.4)), rtol=1e-12)
