"""What the fibres of a settled joint show: their stretch, the largest strain, whether the law was left."""

from __future__ import annotations

import equinox as eqx
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from opentraction.mechanics.disc.annulus import Wall, mode_shapes, strip_angles
from opentraction.mechanics.disc.law import strains, taut
from opentraction.mechanics.disc.stretches import bulge, place, stretch
from opentraction.mechanics.segment.algebra import Matrix, Vector


class FibreState(eqx.Module):
    """The two fibre families at one state of the joints."""

    stretch: Float[Array, "family layer strip j s"]
    """Length over stress-free length, of the family's mean direction (mean over the height)."""
    strain: Float[Array, "j s"]
    """Largest stretch of a joint less one; negative when every fibre is shortened."""
    beyond: Float[Array, "j s"]
    """By how much the most strained family passes the bound of the exponent, over that bound; 0 within it.

    Above 0 the fibres' force is the straight continuation of the law, which nothing published supports.
    """


def fibre_state(
    rotation: Matrix, u: Vector, modes: Vector, swelling: Float[Array, "j s"], wall: Wall, mirror: bool
) -> FibreState:
    """Stretch and strain of the fibres; arguments as of `wall_terms`."""
    phi = strip_angles(mirror, wall.x_mm.shape[1] * (2 if mirror else 1))
    shapes, slopes = (list(jnp.asarray(m)[..., None, None]) for m in mode_shapes(phi, mirror))
    at = place(rotation, u, wall)
    s = stretch(at, bulge(at, modes, shapes, slopes, swelling, wall), wall)
    mean, crossing = wall.cos_square * s.t + wall.sin_square * s.z, wall.cross_sine * s.c
    length = jnp.sqrt(jnp.stack([mean + crossing, mean - crossing]))
    through = (swelling * wall.height_mm / at.h) ** 2 / s.t
    common, twist = strains(s.t, s.z, s.c, through, wall)
    passed = taut(common + jnp.abs(twist))[0] / wall.bound - 1.0
    return FibreState(
        stretch=length,
        strain=length.max((0, 1, 2)) - 1.0,
        beyond=jnp.maximum(passed, 0.0).max((0, 1)),
    )
