"""A point's energy over the body's small motion: gradient and Hessian against automatic differentiation."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from opentraction.mechanics.segment.algebra import (
    add,
    cross,
    dot,
    minus,
    mul,
    permutation,
    plus,
    scale,
    turned,
)
from opentraction.mechanics.segment.points import motion_axes, point_terms, summed


def test_none_is_zero_in_sums_and_products() -> None:
    assert add(None, None) is None
    assert add(None, 2.0, 3.0) == 5.0
    assert mul(2.0, None) is None
    assert mul(2.0, 3.0) == 6.0
    assert dot([1.0, None, 2.0], [3.0, 4.0, None]) == 3.0
    assert plus([1.0, None, None], [None, None, 2.0]) == [1.0, None, 2.0]
    assert minus([1.0, None, None], [1.0, None, 2.0]) == [0.0, None, -2.0]
    assert scale(2.0, [1.0, None, 3.0]) == [2.0, None, 6.0]


def test_cross_and_turned_are_those_of_the_textbook() -> None:
    rng = np.random.default_rng(0)
    a, b, m = rng.normal(size=3), rng.normal(size=3), rng.normal(size=(3, 3))
    np.testing.assert_allclose(cross(list(a), list(b)), np.cross(a, b), rtol=1e-15)
    np.testing.assert_allclose(turned([list(r) for r in m], list(a)), m @ a, rtol=1e-14)
    in_plane = cross([a[0], None, a[2]], [None, b[1], None])
    assert in_plane[1] is None
    np.testing.assert_allclose([in_plane[0], 0.0, in_plane[2]], np.cross([a[0], 0, a[2]], [0, b[1], 0]))


def test_permutation_is_the_cross_product_with_an_axis() -> None:
    a = np.array([0.3, -1.2, 2.5])
    for j in range(3):
        expected = np.cross(np.eye(3)[j], a)
        for i in range(3):
            found = permutation(i, j)
            assert (0.0 if found is None else found[1] * a[found[0]]) == expected[i]


@pytest.mark.parametrize("mirror", [False, True])
def test_point_terms_are_the_derivatives_of_the_moved_point(mirror: bool) -> None:
    rng = np.random.default_rng(1)
    r, low, t = (jnp.asarray(rng.normal(size=3)) for _ in range(3))
    rotation = jax.scipy.linalg.expm(_skew(jnp.array([0.0, 0.3, 0.0] if mirror else [0.2, 0.3, -0.1])))
    quadratic, cubic = jnp.asarray(rng.normal(size=(3, 3))), jnp.asarray(rng.normal(size=3))
    along, about = motion_axes(mirror)

    def energy_of(d: jax.Array) -> jax.Array:
        return d @ quadratic @ d + (cubic @ d) ** 3

    def moved(q: jax.Array) -> jax.Array:
        twist = jnp.zeros(6).at[jnp.array([*along, *(3 + k for k in about)])].set(q)
        turn = _skew(twist[3:])
        # exp of the motion to second order: all that a Hessian at its origin knows
        after = r + twist[:3] + turn @ r + 0.5 * turn @ (twist[:3] + turn @ r)
        # the law's own vectors stay fixed in the lower vertebra, hence in the upper axes held still
        return energy_of(rotation.T @ (t - low) + after)

    d = rotation.T @ (t - low) + r
    y, hd = jax.jit(jax.grad(energy_of))(d), jax.jit(jax.hessian(energy_of))(d)
    gradient, hessian = point_terms(
        list(np.array(r)), list(np.array(y)), [list(row) for row in np.array(hd)], mirror
    )
    zero = jnp.zeros(len(gradient))
    expected = jax.jit(jax.hessian(moved))(zero)
    np.testing.assert_allclose(np.array(gradient), jax.jit(jax.grad(moved))(zero), rtol=1e-12, atol=1e-12)
    for (i, j), value in hessian.items():
        np.testing.assert_allclose(
            value, expected[i, j], rtol=1e-12, atol=1e-12 * float(jnp.abs(expected).max())
        )
    assert len(hessian) == len(gradient) * (len(gradient) + 1) // 2


def test_linear_energy_needs_no_second_derivative_and_points_are_summed() -> None:
    r, y = [jnp.ones(4), None, 2 * jnp.ones(4)], [None, None, jnp.arange(4.0)]
    gradient, hessian = summed(*point_terms(r, y, None, True))
    assert gradient[0] is None
    assert float(gradient[1]) == 6.0
    # turning about y lowers a point ahead of the axis and carries one above it backwards
    assert float(gradient[2]) == -6.0
    assert float(hessian[2, 2]) == -12.0


def _skew(w: jax.Array) -> jax.Array:
    return jnp.array([[0.0, -w[2], w[1]], [w[2], 0.0, -w[0]], [-w[1], w[0], 0.0]])
