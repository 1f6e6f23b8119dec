"""A protrusion as a locally weakened back of the annulus, and the bulge of any place of the outer wall.

The modes of the joint bulge the wall in waves no shorter than half the outline. What a weak place adds to
them is its local part: a bump of the inner wall, as wide as the weakness, that balances the pressure with all
else of the settled joint held. It says how far a contained weakness gives way and comes back with pressure,
height and posture. It does not say that nuclear matter moves through a tear, that a loose piece moves, or
that a nerve is freed. Size and width of the weakness are assumed: changes bear more trust than amounts.
"""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike
from jaxtyping import Float
from numpy.typing import NDArray

from opentraction.chart import ProtrusionKind, Side
from opentraction.mechanics.disc.annulus import STRIPS, Wall, mode_shapes, strip_angles
from opentraction.mechanics.disc.curvature import forces
from opentraction.mechanics.disc.law import law
from opentraction.mechanics.disc.nucleus import Core
from opentraction.mechanics.disc.outline import Outline, edge
from opentraction.mechanics.disc.stretches import bulge, inner, one_like, partials, place, stretch
from opentraction.mechanics.segment.algebra import Matrix, Vector, minus, plus, turned

Joints = Float[Array, "j s"]

PLACES_RAD = {Side.CENTRE: np.pi, Side.BOTH: np.pi, Side.LEFT: 0.8 * np.pi, Side.RIGHT: 1.2 * np.pi}
"""Angle of the weakest place; beside the middle 36 degrees of the outline's angle off it (assumed)."""
FOCAL_RAD, BROAD_RAD = np.pi / 8.0, np.pi / 4.0
"""Width, one standard deviation. A protrusion takes at most a quarter of the outline, a bulge more (NASS
2014, Fardon, Spine J 14:2525): two deviations to each side are that quarter, half for a bulge (assumed)."""
LARGEST_LOSS, HALFWAY_MM = 0.8, 3.0
"""Assumed: the share of stiffness lost at the weakest place tends to 0.8 and half that at 3 mm of depth."""
STEPS, LARGEST_STEP_MM = 8, 1.0


class Weakness(eqx.Module):
    """The weak place of each disc; a loss of 0 is a sound disc."""

    angle_rad: Float[Array, "#j #s"]
    width_rad: Float[Array, "#j #s"]
    loss: Float[Array, "#j #s"]
    """Share of the stiffness of matrix and fibres lost at its middle."""


def weakness(side: Side, kind: ProtrusionKind, depth_mm: ArrayLike) -> Weakness:
    """The weak place of one disc from its measured protrusion; `depth_mm` may be samples [s]."""
    depth = jnp.maximum(jnp.atleast_2d(jnp.asarray(depth_mm, float)), 0.0)
    width = BROAD_RAD if kind is ProtrusionKind.BULGE else FOCAL_RAD
    one = jnp.ones((1, 1))
    return Weakness(PLACES_RAD[side] * one, width * one, LARGEST_LOSS * depth / (depth + HALFWAY_MM))


def bump(weak: Weakness, phi: ArrayLike) -> Array:
    """1 at the weak place, falling smoothly and periodically around the outline."""
    return jnp.exp((jnp.cos(phi - weak.angle_rad) - 1.0) / weak.width_rad**2)


def _over_strips(weak: Weakness, phi: NDArray[np.float64], strips: int) -> tuple[Array, Array]:
    """Mean of the bump over each strip and mean of its slope [strip, j, s]."""
    step = 2.0 * np.pi / strips
    at = phi.reshape(-1, 1, 1)
    within = ((np.arange(8) + 0.5) / 8.0 - 0.5) * step
    mean = sum(bump(weak, at + part) for part in within) / 8.0
    return jnp.asarray(mean), (bump(weak, at + 0.5 * step) - bump(weak, at - 0.5 * step)) / step


def weakening(weak: Weakness, mirror: bool, strips: int = STRIPS) -> Array:
    """Factor on each strip's stiffness [strip, j, s], for `wall`.

    The whole column (`mirror` False) has the place where it is. A laterally symmetric column has only one
    half: each of its strips takes the mean of the factors on both sides, so that a place beside the middle is
    there twice at half its loss, and one in the middle is unchanged.
    """
    phi = strip_angles(mirror, strips)
    shape = _over_strips(weak, phi, strips)[0]
    if mirror:
        shape = 0.5 * (shape + _over_strips(weak, -phi, strips)[0])
    return 1.0 - weak.loss * shape


def local_part_mm(
    rotation: Matrix,
    u: Vector,
    modes: Vector,
    swelling: Joints,
    pressure_mpa: Joints,
    wall: Wall,
    core: Core,
    weak: Weakness,
    mirror: bool,
) -> Joints:
    """Bulge of the inner wall at the weak place beyond that of the modes, at a settled state [mm].

    Add `carry` times it to the bulge by the modes; the sum less the same sum at the imaged state is the
    change of the protrusion. Alone the local part may grow as load falls, because taut fibres even out the
    place. Wall and core may have more strips than the joint was settled with: 24 resolve a focal weakness.
    `mirror` takes the place in the middle only: elsewhere the bump would stand on both sides.
    """
    strips = wall.x_mm.shape[1] * (2 if mirror else 1)
    phi = strip_angles(mirror, strips)
    shapes, slopes = (list(jnp.asarray(m)[..., None, None]) for m in mode_shapes(phi, mirror))
    local, local_p = _over_strips(weak, phi, strips)
    at = place(rotation, u, wall)
    rim: Vector = [core.x_mm, core.y_mm, 0.5 * core.rim_height_mm]
    low = turned(rotation, [core.x_mm, core.y_mm, -0.5 * core.rim_height_mm])
    height = inner([row[2] for row in rotation], minus(plus(u, rim), low))
    push = pressure_mpa * (core.per_bulge_mm * local * height).sum(0)

    one = one_like(swelling)

    def unbalanced(amount: Array) -> Array:
        b = bulge(at, [*modes, amount], [*shapes, local], [*slopes, local_p], swelling, wall)
        s = stretch(at, b, wall)
        f = forces(law(s.t, s.z, s.c, at.h, swelling, wall, one), partials(at, b, s, wall), wall)
        return (wall.volume_mm3 * wall.carry * (f.w * local + f.s * local_p)).sum((0, 1)) - push

    def step(_: Array, amount: Array) -> Array:
        force, stiffness = jax.jvp(unbalanced, (amount,), (jnp.ones_like(amount),))
        # a wall under compression may lose its stiffness on the way: never step against the force
        change = -force / jnp.maximum(stiffness, 1e-3 * jnp.abs(force) / LARGEST_STEP_MM + 1e-9)
        return amount + jnp.clip(change, -LARGEST_STEP_MM, LARGEST_STEP_MM)

    return jax.lax.fori_loop(0, STEPS, step, jnp.zeros_like(pressure_mpa))


class Spot(eqx.Module):
    """One place of the outer wall of each disc, at half its height, in the stress-free shape."""

    angle_rad: Float[Array, "j s"]
    x_mm: Float[Array, "j s"]
    y_mm: Float[Array, "j s"]
    height_mm: Float[Array, "j s"]
    carry: Float[Array, "j s"]
    thick: Float[Array, "j s"]


def spot(
    outline: Outline, height_mm: Joints, wedge_rad: ArrayLike, inner_scale: ArrayLike, angle_rad: ArrayLike
) -> Spot:
    """The place at this angle of the outline (0 front, left positive, pi back); arguments as of `wall`."""
    angle = jnp.broadcast_to(jnp.asarray(angle_rad, float), height_mm.shape)
    at = edge(outline, angle[None])
    incline = 2.0 * jnp.tan(0.5 * jnp.asarray(wedge_rad))
    s_in = jnp.broadcast_to(jnp.asarray(inner_scale, float), height_mm.shape)
    full = lambda x: jnp.broadcast_to(x[0], height_mm.shape)  # noqa: E731
    thick = 0.75 * full(at.support) * (1.0 - s_in**2)
    return Spot(angle, full(at.x), full(at.y), height_mm + full(at.x) * incline, s_in, thick)


def outward_mm(
    rotation: Matrix, u: Vector, modes: Vector, swelling: Float[Array, "*t j s"], at: Spot
) -> Float[Array, "*t j s"]:
    """Outward bulge of the outer wall at the place by the joint's modes, beyond the stress-free shape [mm].

    The local part of a weak place adds `at.carry` times `local_part_mm`.
    """
    upper: Vector = [at.x_mm, at.y_mm, 0.5 * at.height_mm]
    low = turned(rotation, [at.x_mm, at.y_mm, -0.5 * at.height_mm])
    height = inner([row[2] for row in rotation], minus(plus(u, upper), low))
    phi = at.angle_rad
    shapes = [jnp.ones_like(phi), jnp.cos(phi), jnp.cos(2.0 * phi), jnp.sin(phi), jnp.sin(2.0 * phi)]
    bulged = inner(modes, shapes[: len(modes)])
    return at.carry * bulged + at.thick * (swelling * at.height_mm / height - 1.0)
