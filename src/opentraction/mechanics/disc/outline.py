"""The outline of a disc in its mid-plane and its points, tangents and normals at the strips.

The outline is an ellipse whose radius is scaled by a short Fourier series of the ellipse's own angle phi
(0 in front, pi/2 to the left): X(phi) = rho(phi) (half depth cos phi, half width sin phi); rho = 1 is an
ellipse. Its origin is the centroid of its area, which is the origin of the joint's axes.
"""

from __future__ import annotations

from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike
from jaxtyping import Float
from numpy.typing import NDArray

ORDER = 3
"""Harmonics kept of a measured outline: with 8 strips the sums over the strips stay exact for its area."""


class Outline(eqx.Module):
    """Outline of each disc; axes of length one stand for all joints or samples."""

    half_depth_mm: Float[Array, "#j #s"]
    half_width_mm: Float[Array, "#j #s"]
    radius_cos: Float[Array, "harmonic #j #s"]
    """Cosine coefficients of rho, from the mean on."""
    radius_sin: Float[Array, "harmonic #j #s"]
    """Sine coefficients of rho; the first is not used. Zero in a laterally symmetric column."""


def ellipse(half_depth_mm: ArrayLike, half_width_mm: ArrayLike) -> Outline:
    """The default outline."""
    none = jnp.zeros((ORDER + 1, 1, 1))
    return Outline(_spread(half_depth_mm), _spread(half_width_mm), none.at[0].set(1.0), none)


def _spread(value: ArrayLike) -> Array:
    """With axes for joint and sample."""
    return jnp.atleast_2d(jnp.asarray(value, float))


def fitted(points_mm: NDArray[np.float64], mirror: bool) -> tuple[Outline, NDArray[np.float64], float]:
    """Outline fitted to a closed curve of points [point, 2], counter-clockwise, in the disc's (x, y).

    Returns the outline about its own centroid (of one joint and one sample), the centroid in the given axes
    [mm], and the root mean square distance of the points from the outline [mm]. For a laterally symmetric
    column (`mirror`) only the symmetric part is kept.
    """
    centroid = _centroid(points_mm)
    x, y = (points_mm - centroid).T
    depth, width = 0.5 * np.ptp(x), 0.5 * np.ptp(y)
    found = np.zeros(0)
    for _ in range(3):
        phi, rho = np.arctan2(y / width, x / depth), np.hypot(x / depth, y / width)
        found = _weighted_fit(_basis(phi, mirror), rho, phi)
        # the smoothed curve has a centroid of its own, a little off that of the points
        at = np.linspace(0.0, 2.0 * np.pi, 256, endpoint=False)
        radius = _basis(at, mirror) @ found
        shift = _centroid(np.stack([radius * depth * np.cos(at), radius * width * np.sin(at)], -1))
        x, y, centroid = x - shift[0], y - shift[1], centroid + shift
    phi, rho = np.arctan2(y / width, x / depth), np.hypot(x / depth, y / width)
    found = _weighted_fit(_basis(phi, mirror), rho, phi)
    residual = (rho - _basis(phi, mirror) @ found) * np.hypot(depth * np.cos(phi), width * np.sin(phi))
    sine = np.zeros(ORDER + 1)
    if not mirror:
        sine[1:] = found[ORDER + 1 :]
    cosine = found[: ORDER + 1]
    outline = Outline(
        _spread(depth),
        _spread(width),
        jnp.asarray(cosine)[:, None, None],
        jnp.asarray(sine)[:, None, None],
    )
    return outline, centroid, float(np.sqrt(np.mean(residual**2)))


def _weighted_fit(
    basis: NDArray[np.float64], rho: NDArray[np.float64], phi: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Least squares; a point weighs by the angle it stands for, as points are spaced along the curve."""
    turn = (np.roll(phi, -1) - np.roll(phi, 1)) % (2.0 * np.pi)
    weight = np.sqrt(np.minimum(turn, 2.0 * np.pi - turn))
    found = np.linalg.lstsq(basis * weight[:, None], rho * weight, rcond=None)[0]
    return np.asarray(found, dtype=np.float64)


def _basis(phi: NDArray[np.float64], mirror: bool) -> NDArray[np.float64]:
    order = np.arange(ORDER + 1)
    cosine = np.cos(phi[:, None] * order)
    return cosine if mirror else np.concatenate([cosine, np.sin(phi[:, None] * order[1:])], 1)


def _centroid(points: NDArray[np.float64]) -> NDArray[np.float64]:
    after = np.roll(points, -1, 0)
    cross = points[:, 0] * after[:, 1] - after[:, 0] * points[:, 1]
    return ((points + after) * cross[:, None]).sum(0) / (3.0 * cross.sum())


class Edge(NamedTuple):
    """The outline at the strips [strip, j, s]; `_p` is d/dphi."""

    x: Array
    y: Array
    x_p: Array
    y_p: Array
    speed: Array
    """Length of the tangent [mm]."""
    speed_p: Array
    normal_x: Array
    normal_y: Array
    normal_x_p: Array
    normal_y_p: Array
    support: Array
    """X . n [mm]; half of support x speed is the area swept per angle."""
    support_p: Array


def edge(outline: Outline, phi: NDArray[np.float64] | Array) -> Edge:
    """Points, tangents and normals of the outline at the angles phi [strip] or [strip, j, s]."""
    phi = jnp.asarray(phi)
    phi = phi[:, None, None] if phi.ndim == 1 else phi
    rho, rho_p, rho_pp = _radius(outline, phi)
    cos, sin = jnp.cos(phi), jnp.sin(phi)
    depth, width = outline.half_depth_mm, outline.half_width_mm
    x, y = depth * rho * cos, width * rho * sin
    x_p, y_p = depth * (rho_p * cos - rho * sin), width * (rho_p * sin + rho * cos)
    x_pp = depth * ((rho_pp - rho) * cos - 2.0 * rho_p * sin)
    y_pp = width * ((rho_pp - rho) * sin + 2.0 * rho_p * cos)
    speed = jnp.hypot(x_p, y_p)
    speed_p = (x_p * x_pp + y_p * y_pp) / speed
    normal_x, normal_y = y_p / speed, -x_p / speed
    normal_x_p = (y_pp - normal_x * speed_p) / speed
    normal_y_p = (-x_pp - normal_y * speed_p) / speed
    support, support_p = x * normal_x + y * normal_y, x * normal_x_p + y * normal_y_p
    return Edge(
        x, y, x_p, y_p, speed, speed_p, normal_x, normal_y, normal_x_p, normal_y_p, support, support_p
    )


def _radius(outline: Outline, phi: Array) -> tuple[Array, Array, Array]:
    """rho and its first two derivatives at phi."""
    k = np.arange(outline.radius_cos.shape[0]).reshape(-1, 1, 1, 1)
    angle = k * phi[None]
    values = [
        (
            k**times * outline.radius_cos[:, None] * jnp.cos(angle + times * np.pi / 2.0)
            + k**times * outline.radius_sin[:, None] * jnp.sin(angle + times * np.pi / 2.0)
        ).sum(0)
        for times in range(3)
    ]
    return values[0], values[1], values[2]


def area_mm2(outline: Outline) -> Array:
    """Area within the outline [mm2], exact for its harmonics."""
    phi = np.arange(32, dtype=np.float64) * (2.0 * np.pi / 32)
    at = edge(outline, phi)
    return 0.5 * (at.support * at.speed).sum(0) * (2.0 * np.pi / 32)
