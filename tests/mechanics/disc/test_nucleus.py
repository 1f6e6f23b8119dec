"""The nucleus: volume against an integral, derivatives against automatic differentiation."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

from opentraction.mechanics.disc import Core, Slow, centre_terms, core, ellipse, volume_terms
from opentraction.mechanics.segment.points import motion_axes

from . import surface

HEIGHT, WEDGE, INNER = 13.7, np.radians(8.0), 0.696


def textbook(mirror: bool, strips: int = 8, path_x: float = 0.0) -> Core:
    height = HEIGHT * jnp.ones((1, 1))
    return core(ellipse(17.5, 25.0), height, WEDGE, INNER, 0.014, mirror, strips=strips, path_x_mm=path_x)


def volume(
    rotation: Array, t: Array, modes: Array, mirror: bool, strips: int = 8
) -> tuple[Array, Array, Array]:
    spread = lambda x: x[..., None, None]  # noqa: E731
    value, gradient, hessian = volume_terms(
        surface.rows(spread(rotation), mirror),
        surface.components(spread(rotation.T @ t), mirror),
        list(spread(modes)),
        textbook(mirror, strips),
        mirror,
    )
    return value[0, 0], *dense(gradient[:-1], hessian)


def dense(gradient: list[Array | None], hessian: dict[tuple[int, int], Array | None]) -> tuple[Array, Array]:
    n = len(gradient)
    entry = lambda x: jnp.zeros(()) if x is None else x[0, 0]  # noqa: E731
    full = [[entry(hessian.get((min(i, j), max(i, j)))) for j in range(n)] for i in range(n)]
    return jnp.stack([entry(g) for g in gradient]), jnp.asarray(full)


def pose(mirror: bool) -> tuple[Array, Array, Array]:
    t = jnp.array([0.5, 0.0 if mirror else -0.3, -0.7])
    w = jnp.array([0.0, 0.06, 0.0] if mirror else [0.03, 0.06, -0.04])
    modes = jnp.array([0.4, -0.1, 0.2] if mirror else [0.4, -0.1, 0.2, 0.15, -0.05])
    return jax.scipy.linalg.expm(surface.skew(w)), t, modes


def moved(rotation: Array, t: Array, modes: Array, step: Array, mirror: bool) -> tuple[Array, Array, Array]:
    motions = sum(map(len, motion_axes(mirror)))
    return *surface.small(rotation, t, step[:motions], mirror), modes + step[motions:]


@pytest.mark.parametrize("mirror", [False, True])
def test_volume_derivatives(mirror: bool) -> None:
    rotation, t, modes = pose(mirror)
    of = lambda step: volume(*moved(rotation, t, modes, step, mirror), mirror)[0]  # noqa: E731
    zero = jnp.zeros(sum(map(len, motion_axes(mirror))) + modes.size)
    value, gradient, hessian = volume(rotation, t, modes, mirror)
    np.testing.assert_allclose(gradient, jax.jit(jax.grad(of))(zero), rtol=1e-12, atol=1e-10)
    np.testing.assert_allclose(hessian, jax.jit(jax.hessian(of))(zero), rtol=1e-12, atol=1e-9)
    assert float(value) > 0.0


@pytest.mark.parametrize("mirror", [False, True])
def test_volume_is_that_of_an_integral(mirror: bool) -> None:
    """Height between two planes over the ellipse, plus the parabolic bulge along its rim."""
    rotation, t, modes = pose(mirror)
    depth, width, incline = 17.5 * INNER, 25.0 * INNER, 2.0 * np.tan(0.5 * WEDGE)
    # the moved upper endplate over points of the lower one, along the normal of the disc
    radius, weight = np.polynomial.legendre.leggauss(12)
    radius, weight = 0.5 * (radius + 1.0), 0.5 * weight
    phi = np.arange(96) * (2.0 * np.pi / 96)
    x, y = depth * np.outer(radius, np.cos(phi)), width * np.outer(radius, np.sin(phi))
    lower = np.stack([x, y, -0.5 * (HEIGHT + incline * x)])
    upper = np.asarray(t)[:, None, None] + np.einsum(
        "ab,bij->aij", np.asarray(rotation), lower * [[[1]], [[1]], [[-1]]]
    )
    height = (upper - lower)[2]
    plain = (height * (radius * weight)[:, None]).sum() * depth * width * 2.0 * np.pi / 96
    at_rim = np.stack(
        [depth * np.cos(phi), width * np.sin(phi), -0.5 * (HEIGHT + incline * depth * np.cos(phi))]
    )
    up_rim = np.asarray(t)[:, None] + np.asarray(rotation) @ (at_rim * [[1], [1], [-1]])
    speed = np.hypot(depth * np.sin(phi), width * np.cos(phi))
    series = [np.ones_like(phi), np.cos(phi), np.cos(2 * phi), np.sin(phi), np.sin(2 * phi)][: modes.size]
    bulge = (np.asarray(modes)[:, None] * np.stack(series)).sum(0)
    bulged = 2.0 / 3.0 * (bulge * speed * (up_rim - at_rim)[2]).sum() * 2.0 * np.pi / 96
    np.testing.assert_allclose(volume(rotation, t, modes, mirror, 24)[0], plain + bulged, rtol=1e-10)
    # eight strips: the length along an ellipse is no short series
    np.testing.assert_allclose(volume(rotation, t, modes, mirror)[0], plain + bulged, rtol=1e-4)


@pytest.mark.parametrize("path_x", [0.0, -4.0])
@pytest.mark.parametrize("mirror", [False, True])
def test_centre_terms_are_derivatives_of_their_energy(mirror: bool, path_x: float) -> None:
    rotation, t, _ = pose(mirror)
    slow, follower = Slow(jnp.full((1, 1), 120.0), jnp.full((1, 1), 13.2)), jnp.full((1, 1), 400.0)
    spread = lambda x: x[..., None, None]  # noqa: E731

    def whole(
        rotation: Array, t: Array
    ) -> tuple[Array, list[Array | None], dict[tuple[int, int], Array | None]]:
        rows, u = surface.rows(spread(rotation), mirror), surface.components(spread(rotation.T @ t), mirror)
        return centre_terms(rows, u, textbook(mirror, path_x=path_x), follower, slow, mirror)

    of = lambda step: whole(*surface.small(rotation, t, step, mirror))[0][0, 0]  # noqa: E731
    zero = jnp.zeros(sum(map(len, motion_axes(mirror))))
    energy, gradient, hessian = whole(rotation, t)
    g, h = dense(gradient, hessian)
    np.testing.assert_allclose(g, jax.jit(jax.grad(of))(zero), rtol=1e-12, atol=1e-9)
    np.testing.assert_allclose(h, jax.jit(jax.hessian(of))(zero), rtol=1e-12, atol=1e-8)
    # in words: solid, branch, follower
    d = t + rotation @ jnp.array([0.0, 0.0, HEIGHT / 2]) + jnp.array([0.0, 0.0, HEIGHT / 2])
    solid = np.pi * 17.5 * 25.0 * INNER**2 * HEIGHT * 0.014
    by_hand = solid * (d @ d / HEIGHT**2 + 2 * HEIGHT / d[2] - 3) + 60.0 * (d[2] - 13.2) ** 2
    half = 0.5 * HEIGHT + path_x * np.tan(0.5 * WEDGE)
    path = t + rotation @ jnp.array([path_x, 0.0, half]) - jnp.array([path_x, 0.0, -half])
    np.testing.assert_allclose(energy, by_hand + 400.0 * jnp.linalg.norm(path), rtol=1e-13)
