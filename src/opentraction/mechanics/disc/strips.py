"""The annulus of a joint: energy, gradient and Hessian of all its cells together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from opentraction.mechanics.disc.annulus import Wall, mode_shapes, strip_angles
from opentraction.mechanics.disc.curvature import density_gradient, density_hessian
from opentraction.mechanics.disc.law import law
from opentraction.mechanics.disc.stretches import (
    bulge,
    columns,
    held,
    one_like,
    partials,
    place,
    stretch,
)
from opentraction.mechanics.segment.algebra import Entry, Matrix, Vector
from opentraction.mechanics.segment.points import Hessian

Swelling = Float[Array, "j s"]


def wall_terms(
    rotation: Matrix, u: Vector, modes: Vector, swelling: Swelling, wall: Wall, mirror: bool
) -> tuple[Array, list[Entry], Hessian]:
    """Energy [N mm], gradient and Hessian of the annulus over (v, w, modes, J).

    `rotation`: rows of R^T, `u` = R^T t [mm]; both with None where zero by symmetry if `mirror`.
    `modes`: bulge of the inner wall [mm], see `mode_shapes`; `swelling`: the wall's volume ratio J.
    """
    return over_cells(
        lambda c, b, d: _cell(rotation, u, modes, swelling, c, b, d, mirror, True), wall, mirror
    )


def wall_gradient(
    rotation: Matrix, u: Vector, modes: Vector, swelling: Swelling, wall: Wall, mirror: bool
) -> tuple[Array, list[Entry]]:
    """Energy and gradient of the annulus, as `wall_terms`, at about a quarter of its cost."""
    energy, gradient, _ = over_cells(
        lambda c, b, d: _cell(rotation, u, modes, swelling, c, b, d, mirror, False), wall, mirror
    )
    return energy, gradient


def _cell(
    rotation: Matrix,
    u: Vector,
    modes: Vector,
    swelling: Array,
    wall: Wall,
    shapes: Vector,
    slopes: Vector,
    mirror: bool,
    second: bool,
) -> tuple[Array, list[Entry], Hessian]:
    """The same of one cell, or of cells along leading axes."""
    one = one_like(swelling)
    at = held(place(rotation, u, wall), one)
    b = held(bulge(at, modes, shapes, slopes, swelling, wall), one)
    s = held(stretch(at, b, wall), one)
    g = held(partials(at, b, s, wall), one)
    c = columns(at, b, g, shapes, slopes, wall, one, mirror)
    material = law(s.t, s.z, s.c, at.h, swelling, wall, one)
    material = material._replace(first=held(material.first, one))
    gradient = density_gradient(material, c)
    hessian = density_hessian(material, at, b, g, c, swelling, wall, one, mirror) if second else {}
    return jax.tree.map(lambda x: wall.volume_mm3 * x, (material.energy, gradient, hessian))


def over_cells(terms: Callable[[Wall, Vector, Vector], Any], wall: Wall, mirror: bool) -> Any:
    """Sum of a cell's terms (wall, shapes, slopes at the cell) over all cells.

    On a CPU cell after cell, so that what a cell needs stays in the nearest cache and every loop runs along
    the samples; elsewhere all at once. The sums differ by rounding only.
    """
    layers, strips = wall.x_mm.shape[:2]
    phi = strip_angles(mirror, strips * (2 if mirror else 1))
    shapes, slopes = (jnp.asarray(m.T) for m in mode_shapes(phi, mirror))
    if jax.default_backend() != "cpu":
        spread = [[m[:, k, None, None] for k in range(m.shape[1])] for m in (shapes, slopes)]
        return jax.tree.map(lambda x: x.sum((0, 1)), terms(wall, *spread))
    cells = jax.tree.map(lambda x: x.reshape(-1, *x.shape[2:]), wall)
    along = (cells, jnp.tile(shapes, (layers, 1)), jnp.tile(slopes, (layers, 1)))

    def one(cell: tuple[Wall, Array, Array]) -> Any:
        return terms(cell[0], list(cell[1]), list(cell[2]))

    first = jax.eval_shape(one, jax.tree.map(lambda x: x[0], along))
    start = jax.tree.map(lambda x: jnp.zeros(x.shape, x.dtype), first)
    total, _ = jax.lax.scan(lambda sum_, cell: (jax.tree.map(jnp.add, sum_, one(cell)), None), start, along)
    return total
