"""One joint as the sum of its parts: wall, nucleus, the line of the endplates' centres, strands, facets."""

from __future__ import annotations

from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from opentraction.mechanics.disc.annulus import Wall
from opentraction.mechanics.disc.nucleus import Core, Slow, centre_terms, volume_terms
from opentraction.mechanics.disc.strips import wall_gradient, wall_terms
from opentraction.mechanics.fluid import Path
from opentraction.mechanics.segment.algebra import Entry, Matrix, Vector, add, mul, neg
from opentraction.mechanics.segment.facets import Facets, facet_terms
from opentraction.mechanics.segment.points import Hessian, accumulate
from opentraction.mechanics.segment.strands import Strands, strand_terms


class Pose(NamedTuple):
    """Where a joint stands, as lists whose None entries are zero by symmetry."""

    rows: Matrix
    """Rows of R^T: upper axes' components of the lower axes' vectors."""
    u: Vector
    """R^T t [mm]."""
    modes: list[Array]
    """Modes of the inner wall's bulge [mm]."""
    swelling: Array
    """Swelling ratio J of the wall's fluid."""
    mirror: bool


class Segments(eqx.Module):
    """The joints L1-L2 to L5-S1, arrays [j, s]."""

    wall: Wall
    core: Core
    strands: Strands
    facets: Facets
    core_path: Path
    """Fluid path from the nucleus to the endplates."""
    wall_path: Path
    """Fluid path from the wall to the rim."""
    core_mm3: Float[Array, "j s"]
    """Stress-free volume of the nucleus."""
    wall_mm3: Float[Array, "j s"]
    """Stress-free volume of the wall."""
    bulk_mpa: Float[Array, "j s"]
    """Bulk modulus of the nucleus' matter."""
    slow_n_per_mm: Float[Array, "j s"]
    slow_s: Float[Array, "j s"]
    """Stiffness and time of the slow spring (Maxwell) over the height."""
    free: Float[Array, "j s"]
    """1 where the joint moves, 0 where it is missing, fused or not under test."""

    @property
    def height_mm(self) -> Float[Array, "j s"]:
        """Stress-free height between the endplates' centres."""
        return self.core.height_mm


class Elastic(eqx.Module):
    """One joint's energy less p V, and the volume V; gradients and Hessian over motion, modes and J."""

    energy_nmm: Float[Array, "j s"]
    """Without the pressure's part."""
    gradient: list[Entry]
    hessian: Hessian
    """Empty where it was not asked for."""
    volume_mm3: Float[Array, "j s"]
    volume_gradient: list[Entry]


def elastic(
    segments: Segments,
    pose: Pose,
    pressure_mpa: Float[Array, "j s"],
    follower_n: Float[Array, "j s"],
    slow: Slow,
    *,
    second: bool,
) -> Elastic:
    """Sum of the parts, the follower load among them; `second`: with the Hessian, which costs far more."""
    rows, u, modes, swelling, mirror = pose
    count = (3 if mirror else 6) + len(modes) + 1
    gradient: list[Entry] = [None] * count
    hessian: Hessian = {}
    volume, volume_gradient, curved = volume_terms(rows, u, modes, segments.core, mirror)
    parts = [
        centre_terms(rows, u, segments.core, follower_n, slow, mirror),
        strand_terms(segments.strands, rows, u, mirror),
        facet_terms(segments.facets, rows, u, mirror),
    ]
    if second:
        parts.append(wall_terms(rows, u, modes, swelling, segments.wall, mirror))
    else:
        parts.append((*wall_gradient(rows, u, modes, swelling, segments.wall, mirror), {}))
    energy = jnp.zeros_like(pressure_mpa)
    for stored, more, bent in parts:
        energy = energy + stored
        accumulate(gradient, hessian, more, bent)
    push = neg(pressure_mpa)
    by_pressure = [mul(push, entry) for entry in volume_gradient]
    accumulate(gradient, hessian, by_pressure, {at: mul(push, entry) for at, entry in curved.items()})
    return Elastic(energy, gradient, hessian if second else {}, volume, volume_gradient)


def centre_height(pose: Pose, height_mm: Float[Array, "j s"]) -> Array:
    """Distance [mm] of the endplates' centres along the lower axes' z; `height_mm` when stress-free."""
    # z . (u + h0/2 z' + h0/2 R^T z) with z = R^T e_z
    rows, half = pose.rows, 0.5 * height_mm
    along = [mul(row[2], entry) for row, entry in zip(rows, pose.u, strict=True)]
    return jnp.asarray(add(half, mul(half, rows[2][2]), *along))
