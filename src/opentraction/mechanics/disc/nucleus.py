"""The nucleus: a pressure cell between the endplates and the inner wall, and the solid in its middle.

The cell's volume is a height part and a bulge part, V = A h(centre) + (2/3) sum of w h ds around the inner
wall; the pressure that keeps it is condensed inside the joint. What acts along the line of the endplates'
centres stands here as well: the nucleus' solid, the viscoelastic branch and the follower load.
"""

from __future__ import annotations

from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike
from jaxtyping import Float

from opentraction.mechanics.disc.annulus import STRIPS, mode_shapes, strip_angles
from opentraction.mechanics.disc.outline import Outline, area_mm2, edge
from opentraction.mechanics.disc.stretches import inner
from opentraction.mechanics.segment.algebra import Entry, Matrix, Vector, add, minus, mul, plus, scale, turned
from opentraction.mechanics.segment.points import Hessian, accumulate, point_gradient, point_terms, summed

Joints = Float[Array, "j s"]
Rim = Float[Array, "strip j s"]


class Core(eqx.Module):
    """Stress-free shape and solid of the nucleus; axes as of the wall."""

    height_mm: Joints
    """Between the endplates at the disc's centre."""
    area_mm2: Joints
    """Of the mid-plane within the inner wall."""
    c10_mpa: Joints
    """Solid, neo-Hookean."""
    x_mm: Rim
    """Points of the inner wall."""
    y_mm: Rim
    rim_height_mm: Rim
    per_bulge_mm: Rim
    """Volume per bulge of the strip and per height: two thirds of its length (with its mirror image's)."""
    path_x_mm: Joints
    """Where the follower load's path crosses the disc, ahead of its centre."""
    path_height_mm: Joints
    """Between the endplates there."""


def core(
    outline: Outline,
    height_mm: Joints,
    wedge_rad: ArrayLike,
    inner_scale: ArrayLike,
    c10_mpa: ArrayLike,
    mirror: bool,
    *,
    strips: int = STRIPS,
    path_x_mm: ArrayLike = 0.0,
) -> Core:
    """The stress-free nucleus of every disc and sample, within the wall built from the same numbers.

    `c10_mpa`: of the solid; P087-P091 give 0.12 to 0.20, P114's aggregate modulus about 0.014. `path_x_mm`:
    where the follower load's path crosses the disc, ahead of its centre.
    """
    at = edge(outline, strip_angles(mirror, strips))
    s_in = jnp.asarray(inner_scale)
    incline = 2.0 * jnp.tan(0.5 * jnp.asarray(wedge_rad))
    counted = 2.0 * np.pi / strips * (2.0 if mirror else 1.0)
    rim = (at.x.shape[0], *height_mm.shape)
    path_x = jnp.broadcast_to(jnp.asarray(path_x_mm, float), height_mm.shape)
    return Core(
        height_mm=height_mm,
        area_mm2=jnp.broadcast_to(s_in**2 * area_mm2(outline), height_mm.shape),
        c10_mpa=jnp.broadcast_to(jnp.asarray(c10_mpa, float), height_mm.shape),
        x_mm=jnp.broadcast_to(s_in * at.x, rim),
        y_mm=jnp.broadcast_to(s_in * at.y, rim),
        rim_height_mm=jnp.broadcast_to(height_mm + s_in * at.x * incline, rim),
        per_bulge_mm=jnp.broadcast_to(2.0 / 3.0 * s_in * at.speed * counted, rim),
        path_x_mm=path_x,
        path_height_mm=height_mm + path_x * incline,
    )


def _between(rotation: Matrix, u: Vector, upper: Vector, lower: Vector) -> list[Entry]:
    """From a point of the lower endplate (its axes) to one of the upper, in upper axes [mm]."""
    return minus(plus(u, upper), turned(rotation, lower))


def path_points(core: Core) -> tuple[list[Entry], list[Entry]]:
    """Where the follower load's path meets the upper and the lower endplate, each in its own axes [mm]."""
    half = 0.5 * core.path_height_mm
    return [core.path_x_mm, None, half], [core.path_x_mm, None, -half]


def _centres(core: Core) -> tuple[list[Entry], list[Entry]]:
    """Centres of the upper and the lower endplate, each in its own axes [mm]."""
    return [None, None, 0.5 * core.height_mm], [None, None, -0.5 * core.height_mm]


def volume_terms(
    rotation: Matrix, u: Vector, modes: Vector, core: Core, mirror: bool
) -> tuple[Array, list[Entry], Hessian]:
    """Volume of the nucleus [mm3], gradient and Hessian over (v, w, modes, J); arguments as of the wall."""
    z = [row[2] for row in rotation]
    upper, lower = _centres(core)
    middle, force = _between(rotation, u, upper, lower), scale(core.area_mm2, z)
    volume = core.area_mm2 * inner(z, middle)
    gradient, hessian = point_terms(upper, force, None, mirror)
    count = len(gradient)
    phi = strip_angles(mirror, core.x_mm.shape[0] * (2 if mirror else 1))
    shapes = [jnp.asarray(shape)[:, None, None] for shape in mode_shapes(phi, mirror)[0]]
    rim: Vector = [core.x_mm, core.y_mm, 0.5 * core.rim_height_mm]
    height = inner(z, _between(rotation, u, rim, [core.x_mm, core.y_mm, -0.5 * core.rim_height_mm]))
    bulged = core.per_bulge_mm * inner(modes, shapes)
    accumulate(gradient, hessian, *summed(*point_terms(rim, scale(bulged, z), None, mirror)))
    each = point_gradient(rim, scale(core.per_bulge_mm, z), mirror)
    for a, shape in enumerate(shapes):
        gradient.append((core.per_bulge_mm * shape * height).sum(0))
        for i, entry in enumerate(each):
            product = mul(entry, shape)
            hessian[i, count + a] = None if product is None else jnp.sum(product, 0)
    return volume + (bulged * height).sum(0), [*gradient, None], hessian


class Slow(NamedTuple):
    """The viscoelastic branch over the disc's height at one time."""

    stiffness_n_per_mm: Array
    height_mm: Array
    """Height at which the branch carries nothing."""


def centre_terms(
    rotation: Matrix, u: Vector, core: Core, follower_n: Array, slow: Slow, mirror: bool
) -> tuple[Array, list[Entry], Hessian]:
    """Energy [N mm], gradient and Hessian over (v, w) of all that acts in the middle between the endplates.

    The solid c10 (|d|^2/h0^2 + 2 h0/h - 3) over the nucleus' volume (stretch, shear and the width that
    follows), the branch k/2 (h - h_v)^2, and a follower load F |p| along its path p between the endplates
    (compression positive).
    """
    z = [row[2] for row in rotation]
    upper, lower = _centres(core)
    d = _between(rotation, u, upper, lower)
    h, square = inner(z, d), inner(d, d)
    solid = core.area_mm2 * core.height_mm * core.c10_mpa
    over = 1.0 / core.height_mm
    stretched = h - slow.height_mm
    energy = (
        solid * (square * over * over + 2.0 * core.height_mm / h - 3.0)
        + 0.5 * slow.stiffness_n_per_mm * stretched * stretched
    )
    by_h = slow.stiffness_n_per_mm * stretched - 2.0 * solid * core.height_mm / (h * h)
    by_hh = slow.stiffness_n_per_mm + 4.0 * solid * core.height_mm / h**3
    straight = 2.0 * solid * over * over
    second = [[add(straight if i == j else None, mul(by_hh, z[i], z[j])) for j in range(3)] for i in range(3)]
    gradient, hessian = point_terms(upper, plus(scale(straight, d), scale(by_h, z)), second, mirror)
    followed, pulled, bent = _follower_terms(rotation, u, core, follower_n, mirror)
    accumulate(gradient, hessian, pulled, bent)
    return energy + followed, gradient, hessian


def _follower_terms(
    rotation: Matrix, u: Vector, core: Core, follower_n: Array, mirror: bool
) -> tuple[Array, list[Entry], Hessian]:
    upper, lower = path_points(core)
    p = _between(rotation, u, upper, lower)
    length = jnp.sqrt(inner(p, p))
    pull, bent = follower_n / length, -follower_n / length**3
    second = [[add(pull if i == j else None, mul(bent, p[i], p[j])) for j in range(3)] for i in range(3)]
    return follower_n * length, *point_terms(upper, scale(pull, p), second, mirror)
