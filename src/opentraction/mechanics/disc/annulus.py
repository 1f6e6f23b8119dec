"""The annulus: layers of strips around the outline, each a matrix and two fibre families."""

from __future__ import annotations

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike
from jaxtyping import Float
from numpy.typing import NDArray

from opentraction.mechanics.disc.outline import Edge, Outline, edge
from opentraction.mechanics.disc.regions import ANGLE_DEG, K1_MPA, K2, regional

STRIPS, LAYERS = 8, 3
"""Strips around (even, so that a symmetric column takes half of them) and layers of equal area."""
EXPONENT_BOUND = 12.0
"""k2 e^2 beyond which the fibres' force goes on linearly: e of 0.2, where moment paths stay below 0.12."""

Cells = Float[Array, "layer strip j s"]


class Wall(eqx.Module):
    """Stress-free shape and material of each cell [layer, strip, j, s]; `_p` is d/dphi.

    Axes: x anterior, y left, z up from the disc's mid-plane, origin the disc's centre.
    """

    x_mm: Cells
    """Middle of the layer in the mid-plane."""
    y_mm: Cells
    x_p: Cells
    y_p: Cells
    height_mm: Cells
    """Between the endplates, along z."""
    height_p: Cells
    normal_x: Cells
    """Outward normal of the outline."""
    normal_y: Cells
    normal_x_p: Cells
    normal_y_p: Cells
    normal_p_square: Cells
    tangent_square: Cells
    """Square of the lower endplate's tangent [mm2]."""
    carry: Cells
    """Bulge of the layer for a bulge of the inner wall, s_in / s."""
    thick: Cells
    """Bulge of the layer for a change of J h0 / h [mm]."""
    thick_p: Cells
    per_around: Cells
    """Over the stress-free mean square of the tangent around [1/mm2]."""
    per_height: Cells
    per_cross: Cells
    volume_mm3: Cells
    """In a symmetric column: of the strip and its mirror image."""
    c10_mpa: Cells
    """Matrix, neo-Hookean."""
    k1_mpa: Cells
    """Fibres, each of two families."""
    k2: Cells
    kappa: Cells
    """Dispersion of the fibres' directions, 0 none to 1/3 isotropic."""
    cos_square: Cells
    """Of the fibre angle to the disc's plane."""
    sin_square: Cells
    cross_sine: Cells
    """2 sin cos."""
    bound: Cells
    """Fibre strain beyond which the force goes on linearly."""


class WallMaterial(eqx.Module):
    """Constants of a disc's annulus; each is a number or broadcasts against [j, s]."""

    c10_mpa: ArrayLike = 0.081
    """Matrix. P001-P010: 0.035 to 0.86 MPa; default from the first trial of the joint."""
    k1_factor: ArrayLike = 1.73
    """Times the regional table; P053-P069: 0.3 to 179 MPa."""
    front_to_back: ArrayLike = 1.0
    """Stiffness k1 of the fibres in front over that behind, beyond the regional table's own 1.11; the sides
    keep the table's. P065, P069: 14.7 in all."""
    k2_factor: ArrayLike = 3.72
    """Times the regional table; P053-P070: 10 to 650."""
    angle_shift_rad: ArrayLike = 0.0
    """Added to the regional angle; P071, P072: 7.5 to 52.5 degrees in all."""
    kappa: ArrayLike = 0.19
    """P052: 0 to 0.33."""


def strip_angles(mirror: bool, strips: int = STRIPS) -> NDArray[np.float64]:
    """Middles of the strips [rad], 0 in front, left positive; `mirror`: the left half, each counted twice."""
    phi: NDArray[np.float64] = (np.arange(strips, dtype=np.float64) + 0.5) * (2.0 * np.pi / strips)
    return phi[: strips // 2] if mirror else phi


def mode_shapes(phi: NDArray[np.float64], mirror: bool) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Bulge modes 1, cos, cos 2, then sin, sin 2 unless `mirror`, and their slopes: [mode, strip] each."""
    shapes = [np.ones_like(phi), np.cos(phi), np.cos(2.0 * phi)]
    slopes = [np.zeros_like(phi), -np.sin(phi), -2.0 * np.sin(2.0 * phi)]
    if not mirror:
        shapes += [np.sin(phi), np.sin(2.0 * phi)]
        slopes += [np.cos(phi), 2.0 * np.cos(2.0 * phi)]
    return np.stack(shapes), np.stack(slopes)


def wall(
    outline: Outline,
    height_mm: Float[Array, "j s"],
    wedge_rad: ArrayLike,
    inner_scale: ArrayLike,
    material: WallMaterial,
    mirror: bool,
    *,
    weakening: Float[Array, "strip j s"] | None = None,
    strips: int = STRIPS,
    layers: int = LAYERS,
) -> Wall:
    """The stress-free wall of every disc and sample.

    `height_mm`: at the disc's centre; `wedge_rad`: angle between the endplates, open to the front;
    `inner_scale`: scale s_in of the outline that is the inner wall, sqrt of the nucleus' share of the area;
    `weakening`: factor on matrix and fibres of each strip (1: intact), as of a protrusion. The height must be
    above zero all around the outline; a wedge that closes the disc behind is refused where discs are built.
    """
    phi = strip_angles(mirror, strips)
    s_in = jnp.asarray(inner_scale)
    share = jnp.linspace(0.0, 1.0, layers + 1).reshape(-1, 1, 1, 1)
    rims = s_in**2 + share * (1.0 - s_in**2)
    s = jnp.sqrt(0.5 * (rims[1:] + rims[:-1]))
    incline = 2.0 * jnp.tan(0.5 * jnp.asarray(wedge_rad))
    # the angle a strip stands for, with its mirror image's
    counted = 2.0 * np.pi / strips * (2.0 if mirror else 1.0)
    parts = _geometry(edge(outline, phi), s, s_in, height_mm, incline)
    parts["volume_mm3"] *= 0.5 * (rims[1:] - rims[:-1]) * counted
    depth = (1.0 - s) / (1.0 - s_in)
    parts |= _material(material, depth, phi, 1.0 if weakening is None else weakening)
    shape = (layers, phi.size, *height_mm.shape)
    return Wall(**{name: jnp.broadcast_to(value, shape) for name, value in parts.items()})


def _geometry(at: Edge, s: Array, s_in: Array, height_mm: Array, incline: Array) -> dict[str, Array]:
    """Shape of the layers of scale s; the volume lacks the layer's share of area and the strip's angle."""
    height, height_p = height_mm + s * at.x * incline, s * at.x_p * incline
    thick = 0.75 * (s - s_in**2 / s)
    return {
        "x_mm": s * at.x,
        "y_mm": s * at.y,
        "x_p": s * at.x_p,
        "y_p": s * at.y_p,
        "height_mm": height,
        "height_p": height_p,
        "normal_x": at.normal_x,
        "normal_y": at.normal_y,
        "normal_x_p": at.normal_x_p,
        "normal_y_p": at.normal_y_p,
        "normal_p_square": at.normal_x_p**2 + at.normal_y_p**2,
        "tangent_square": (s * at.speed) ** 2 + 0.25 * height_p**2,
        "carry": s_in / s,
        "thick": thick * at.support,
        "thick_p": thick * at.support_p,
        "per_around": 1.0 / ((s * at.speed) ** 2 + height_p**2 / 12.0),
        "per_height": 1.0 / height**2,
        "per_cross": 1.0 / (s * at.speed * height),
        "volume_mm3": at.support * at.speed * height,
    }


def _material(
    material: WallMaterial, depth: Array, phi: NDArray[np.float64], weakening: ArrayLike
) -> dict[str, Array]:
    k2 = jnp.asarray(material.k2_factor) * regional(K2, depth, phi)
    angle = jnp.deg2rad(regional(ANGLE_DEG, depth, phi)) + jnp.asarray(material.angle_shift_rad)
    forward = jnp.asarray(material.front_to_back) ** (0.5 * np.cos(phi)).reshape(1, -1, 1, 1)
    left = jnp.asarray(weakening, float)
    return {
        "c10_mpa": jnp.asarray(material.c10_mpa) * left,
        "k1_mpa": jnp.asarray(material.k1_factor) * left * forward * regional(K1_MPA, depth, phi),
        "k2": k2,
        "kappa": jnp.asarray(material.kappa, float),
        "cos_square": jnp.cos(angle) ** 2,
        "sin_square": jnp.sin(angle) ** 2,
        "cross_sine": jnp.sin(2.0 * angle),
        "bound": jnp.sqrt(EXPONENT_BOUND / k2),
    }
