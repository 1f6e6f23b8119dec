"""The two facet joints of each level: frictionless contact that only presses, and a bony stop at the tip.

The superior facet of the vertebra below is a plane; four points of the inferior facet of the vertebra above,
at the Gauss points of a rectangle, press on it. The tip of the inferior facet stops at the lamina below:
without it too little of a compressive load passes behind (16 % standing, V115). Each contact is a scalar law
of its gap.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import Array

from opentraction.mechanics.segment.algebra import Entry, Matrix, Vector, dot, mul, plus, scale, turned
from opentraction.mechanics.segment.anatomy import (
    Anatomy,
    ImagedPose,
    Points,
    anchored,
    half_turned,
    lower_points,
)
from opentraction.mechanics.segment.laws import toe_law
from opentraction.mechanics.segment.points import Hessian, point_terms, summed
from opentraction.mechanics.segment.tables import LEVELS, rows

SIDES = ("left", "right")
ROUNDING_MM = 0.2
"""Approach over which a contact comes to its full stiffness: assumed, a tenth of the two cartilages."""
_CENTRE_MM = (
    (-38.8, 11.4, -1.5),
    (-37.2, 11.5, -1.0),
    (-34.9, 13.6, -3.0),
    (-36.0, 18.2, 1.6),
    (-32.3, 21.1, -3.3),
)
"""Centre of the left joint, L1-L2 to L5-S1, at the plate of the vertebra below: middle of the ring of capsule
attachments of REMUS2021."""
_HALF_HEIGHT_MM, _HALF_WIDTH_MM = 8.0, 7.0
"""Of the articular surface: assumed, inside the ring of capsule attachments (8.6 to 10.1, 7.0 to 8.1 mm)."""
_STOP_SLOPE_RAD = np.radians(20.0)
"""Backward slope of the lamina where the tip meets it: assumed."""
_GAUSS = 1.0 / np.sqrt(3.0)


class FacetLaw(NamedTuple):
    """What a facet joint is made of; each of a shape that spreads to (joint, sample)."""

    gap_mm: Array
    """Free way to contact in the imaged shape, along the normal."""
    stiffness_n_per_mm: Array
    """Of one joint, and of its bony stop."""
    angle_rad: Array
    """Of the facet's plane to the sagittal plane."""
    lean_rad: Array
    """Overhang of the inferior facet: a vertebra that sinks by 1 mm closes the gap by sin(lean) mm."""
    tip_gap_mm: Array
    """Free way of the tip of the inferior facet to the lamina below."""


class Facets(eqx.Module):
    """All contacts of all joints, in the axes of the joint; arrays (contact, joint, sample)."""

    upper_mm: Points
    """Pressing point on the vertebra above, upper axes."""
    normal: Points
    """From the pressing point into the bone below, unit length, lower axes."""
    reach_mm: Array
    """Distance of the bone's plane from the origin of the lower axes, along the normal."""
    stiffness_n_per_mm: Array
    stop: tuple[bool, ...] = eqx.field(static=True)
    """True for the bony stops."""
    side: tuple[int, ...] = eqx.field(static=True)
    """Place in SIDES of each contact."""
    both: bool = eqx.field(static=True)
    """True where each contact stands for the one on the other side too."""


class FacetState(NamedTuple):
    """What the outputs need, each (side, joint, sample)."""

    normal_n: Array
    """Force of the articular surfaces on each other."""
    stop_n: Array
    """Force of the tip on the lamina."""
    axial_n: Array
    """Part of both along the disc's axis of the vertebra below: the compressive load carried behind."""


def published_facets(column: Literal["value", "low", "high"] = "value") -> FacetLaw:
    """The middle of what is published or assumed, or one end of its range, by level; shape (joint, 1).

    Sources, and what is assumed, stand in the room's table of facets.
    """
    table = {(row["parameter"], row["level"]): float(row[column]) for row in rows("facets.csv")}

    def by_level(parameter: str) -> Array:
        found = [table.get((parameter, level), table.get((parameter, "all"))) for level in LEVELS]
        return jnp.asarray(found, dtype=float)[:, None]

    return FacetLaw(
        gap_mm=by_level("gap"),
        stiffness_n_per_mm=by_level("stiffness"),
        angle_rad=jnp.radians(by_level("angle")),
        lean_rad=jnp.radians(by_level("lean")),
        tip_gap_mm=by_level("tip_gap"),
    )


def build_facets(
    anatomy: Anatomy,
    pose: ImagedPose,
    law: FacetLaw,
    *,
    mirror: bool,
    present: Array | float = 1.0,
) -> Facets:
    """Contacts of the imaged joints, open by their gaps in the imaged shape.

    `present`: 1 or 0 by side, shape (side, joint, sample) or one that spreads to it: facets removed in an
    experiment. `mirror`: only the left joint, which stands for both.
    """
    shape = anatomy.height_mm.shape
    left = FacetLaw(*(jnp.broadcast_to(part, shape) for part in law))
    points, normal = _left_contacts(anatomy, left)
    gap = jnp.stack([left.gap_mm] * 4 + [left.tip_gap_mm])
    stiffness = jnp.stack([0.25 * left.stiffness_n_per_mm] * 4 + [left.stiffness_n_per_mm])
    on = jnp.broadcast_to(jnp.asarray(present, dtype=float), (2, *shape))
    sides = 1 if mirror else 2
    flip = jnp.repeat(jnp.array([1.0, -1.0])[:sides], 5)[:, None, None]
    points, normal = (_both_sides(vector, flip, sides) for vector in (points, normal))
    in_upper, in_lower = anchored(points, points, pose)
    normal = half_turned(normal, pose)
    reach = jnp.concatenate([gap] * sides) + sum(n * x for n, x in zip(normal, in_lower, strict=True))
    return Facets(
        upper_mm=in_upper,
        normal=normal,
        reach_mm=reach,
        stiffness_n_per_mm=jnp.concatenate([stiffness * on[side] for side in range(sides)]),
        stop=(False, False, False, False, True) * sides,
        side=tuple(side for side in range(sides) for _ in range(5)),
        both=mirror,
    )


def facet_terms(facets: Facets, rt: Matrix, u: Vector, mirror: bool) -> tuple[Array, list[Entry], Hessian]:
    """Energy [N mm], gradient and Hessian over the small motion; `rt` rows of R^T, `u` = R^T t."""
    inward, closed = _closed(facets, rt, u)
    integral, push, slope = toe_law(closed, ROUNDING_MM)
    k = (2.0 if facets.both else 1.0) * facets.stiffness_n_per_mm
    bend = k * slope
    hd = [[mul(bend, a, b) for b in inward] for a in inward]
    gradient, hessian = summed(*point_terms(facets.upper_mm, scale(k * push, inward), hd, mirror))
    return (k * integral).sum(0), gradient, hessian


def facet_state(facets: Facets, rt: Matrix, u: Vector) -> FacetState:
    """Contact forces of each side in a pose."""
    force = facets.stiffness_n_per_mm * toe_law(_closed(facets, rt, u)[1], ROUNDING_MM)[1]
    stop, side = np.array(facets.stop), np.array(facets.side)

    def per_side(value: Array, chosen: np.ndarray) -> Array:
        sums = [value[np.flatnonzero(chosen & (side == s))].sum(0) for s in range(max(facets.side) + 1)]
        return jnp.stack(sums * 2 if facets.both else sums)

    return FacetState(
        normal_n=per_side(force, ~stop),
        stop_n=per_side(force, stop),
        axial_n=per_side(-force * facets.normal[2], np.ones_like(stop)),
    )


def _closed(facets: Facets, rt: Matrix, u: Vector) -> tuple[list[Entry], Array]:
    """The normals in upper axes, and how far each contact is closed beyond its gap [mm]."""
    inward = turned(rt, facets.normal)
    return inward, jnp.asarray(dot(inward, plus(u, facets.upper_mm))) - facets.reach_mm


def _left_contacts(anatomy: Anatomy, law: FacetLaw) -> tuple[Points, Points]:
    """Points and normals of the left joint in the imaged disc's axes: four of the facet, then the tip."""
    centre = lower_points(tuple(jnp.array(_CENTRE_MM)[None, :, k, None] for k in range(3)), anatomy)
    zero = jnp.zeros_like(law.angle_rad)
    sin, cos = jnp.sin(law.angle_rad), jnp.cos(law.angle_rad)
    down, level = jnp.sin(law.lean_rad), jnp.cos(law.lean_rad)
    normal = (level * sin, level * cos, -down)
    # along the facet's plane: forward and inward, and up
    across = (cos, -sin, zero)
    up = (down * sin, down * cos, level)
    places = [(a, b) for a in (-1.0, 1.0) for b in (-1.0, 1.0)]
    offsets = [(a * _GAUSS * _HALF_HEIGHT_MM, b * _GAUSS * _HALF_WIDTH_MM) for a, b in places]
    offsets.append((-_HALF_HEIGHT_MM, 0.0))
    points = tuple(
        jnp.stack([centre[i][0] + height * up[i] + width * across[i] for height, width in offsets])
        for i in range(3)
    )
    stop = (np.sin(_STOP_SLOPE_RAD), 0.0, -np.cos(_STOP_SLOPE_RAD))
    return points, tuple(jnp.stack([normal[i]] * 4 + [stop[i] + zero]) for i in range(3))


def _both_sides(vector: Points, flip: Array, sides: int) -> Points:
    """The left joint's vectors, followed by their mirror images where both sides are modelled."""
    x, y, z = (jnp.concatenate([part] * sides) for part in vector)
    return x, y * flip, z
