"""The seven ligament groups of each joint as point-to-point strands, each a scalar law of its length.

Stiffness, toe and zero-force length of a strand are those of REMUS2021 (P162 to P192), calibrated there to
rotations after stepwise removal. They are per strand, so the strand counts and attachments of that model,
published with its paper, go with them: ALL 9, PLL 5, LF 11, CL 10 a side, ISL 8, SSL 1, ITL 2 a side.
Neighbouring strands are lumped into one at their mean place that counts for all (forces and moments within
5 % of those of all strands). ALL and PLL run straight from rim to rim; in the source they follow the disc's
bulge.
"""

from __future__ import annotations

from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import Array

from opentraction.mechanics.segment.algebra import (
    Entry,
    Matrix,
    Vector,
    add,
    dot,
    minus,
    mul,
    plus,
    scale,
    turned,
)
from opentraction.mechanics.segment.anatomy import (
    Anatomy,
    ImagedPose,
    Points,
    anchored,
    lower_points,
    reference_anatomy,
    upper_points,
)
from opentraction.mechanics.segment.laws import toe_law
from opentraction.mechanics.segment.points import Hessian, point_terms, summed
from opentraction.mechanics.segment.tables import LEVELS, rows

GROUPS = ("ALL", "PLL", "LF", "CL", "ISL", "SSL", "ITL")
"""Anterior and posterior longitudinal, flavum, capsules, interspinous, supraspinous, intertransverse."""
LONGITUDINAL = ("ALL", "PLL")
"""The groups that run along the bodies and discs; the others join the arches."""
LEAST_SHARE = 0.4
"""In a collapsed disc a strand keeps at least this share of its tabled rise; assumed, bone meets bone."""


class Strands(eqx.Module):
    """All strands of all joints, in the axes of the joint; each array (strand, joint, sample)."""

    upper_mm: Points
    """Attachment on the vertebra above, upper axes."""
    lower_mm: Points
    """Attachment on the vertebra below, lower axes."""
    free_mm: Array
    """Length at which the strand begins to pull."""
    stiffness_n: Array
    """N per unit strain of the linear part, of all strands that this one counts for."""
    toe: Array
    """Strain at the end of the toe, from the free length."""
    group: tuple[int, ...] = eqx.field(static=True)
    """Place in GROUPS of each strand."""


class LigamentState(NamedTuple):
    """What the outputs need, each (group, joint, sample)."""

    strain: Array
    """Largest of the group's strands, from the free length; negative while slack."""
    force_n: Array
    """Sum of the tensions of the group's strands, both sides."""


class _Table(NamedTuple):
    upper: np.ndarray
    lower: np.ndarray
    strands: np.ndarray
    group: tuple[int, ...]


def build_strands(
    anatomy: Anatomy,
    pose: ImagedPose,
    *,
    mirror: bool,
    factor: Array | float = 1.0,
    present: Array | float = 1.0,
) -> Strands:
    """Strands of the imaged joints, with their published pre-strain or slack in the imaged shape.

    `factor`: on the stiffnesses, `present`: 1 or 0, structures removed in an experiment; both by group, shape
    (group, joint, sample) or one that spreads to it. `mirror`: only the
    central and the left strands, the latter counted twice.
    """
    table = _table(mirror)
    law = _laws()
    upper_plate, lower_plate = _columns(table.upper), _columns(table.lower)
    upper, lower = _apart(upper_points(upper_plate, anatomy), lower_points(lower_plate, anatomy), table)
    length = jnp.sqrt(sum((a - b) ** 2 for a, b in zip(upper, lower, strict=True)))
    in_upper, in_lower = anchored(upper, lower, pose)
    group = np.array(table.group)
    whole = (len(GROUPS), *anatomy.height_mm.shape)
    on = jnp.broadcast_to(jnp.asarray(present, dtype=float) * factor, whole)
    shape = length.shape
    return Strands(
        upper_mm=tuple(jnp.broadcast_to(x, shape) for x in in_upper),
        lower_mm=tuple(jnp.broadcast_to(x, shape) for x in in_lower),
        free_mm=length * (1.0 + law["zero_force"][group][..., None]),
        stiffness_n=table.strands[..., None] * law["stiffness_n"][group][..., None] * on[group],
        toe=jnp.broadcast_to(law["toe"][group][..., None], shape),
        group=table.group,
    )


def strand_terms(strands: Strands, rt: Matrix, u: Vector, mirror: bool) -> tuple[Array, list[Entry], Hessian]:
    """Energy [N mm], gradient and Hessian over the small motion; `rt` rows of R^T, `u` = R^T t."""
    span, length, over = _lengths(strands, rt, u)
    psi, pull, slope = toe_law(over, strands.toe)
    tension = strands.stiffness_n * pull
    along = tension / length
    across = (strands.stiffness_n * slope / strands.free_mm - along) / length**2
    hd = [[mul(across, a, b) for b in span] for a in span]
    for i in range(3):
        hd[i][i] = add(hd[i][i], along)
    gradient, hessian = summed(*point_terms(strands.upper_mm, scale(along, span), hd, mirror))
    energy = (strands.stiffness_n * strands.free_mm * psi).sum(0)
    return energy, gradient, hessian


def ligament_state(strands: Strands, rt: Matrix, u: Vector) -> LigamentState:
    """Strain and force of each group in a pose."""
    _, _, over = _lengths(strands, rt, u)
    tension = strands.stiffness_n * toe_law(over, strands.toe)[1]
    own = [np.flatnonzero(np.array(strands.group) == g) for g in range(len(GROUPS))]
    return LigamentState(
        strain=jnp.stack([over[index].max(0) for index in own]),
        force_n=jnp.stack([tension[index].sum(0) for index in own]),
    )


def _lengths(strands: Strands, rt: Matrix, u: Vector) -> tuple[list[Entry], Array, Array]:
    span = minus(plus(u, strands.upper_mm), turned(rt, strands.lower_mm))
    length = jnp.sqrt(jnp.asarray(dot(span, span)))
    return span, length, length / strands.free_mm - 1.0


def _columns(places: np.ndarray) -> Points:
    """(strand, joint, 3) to three arrays (strand, joint, 1)."""
    return tuple(jnp.asarray(places[..., k, None]) for k in range(3))


def _apart(upper: Points, lower: Points, table: _Table) -> tuple[Points, Points]:
    """Ends moved along z where a thin disc would bring them nearer than LEAST_SHARE of the tabled rise."""
    tabled = reference_anatomy()
    rise = upper_points(_columns(table.upper), tabled)[2] - lower_points(_columns(table.lower), tabled)[2]
    lack = rise - (upper[2] - lower[2])
    # a capsule's strand crosses its facets in any direction and keeps its rise, whatever the disc's height
    capsule = np.array([GROUPS[g] == "CL" for g in table.group])[:, None, None]
    missing = jnp.where(capsule, lack, jnp.maximum(lack - (1.0 - LEAST_SHARE) * jnp.abs(rise), 0.0))
    return (*upper[:2], upper[2] + 0.5 * missing), (*lower[:2], lower[2] - 0.5 * missing)


def _laws() -> dict[str, np.ndarray]:
    """Stiffness, toe and zero-force excess, each (group, level)."""
    table = {(row["group"], row["level"]): row for row in rows("ligaments.csv")}
    return {
        name: np.array([[float(table[group, level][name]) for level in LEVELS] for group in GROUPS])
        for name in ("stiffness_n", "toe", "zero_force")
    }


def _table(mirror: bool) -> _Table:
    """The tabled strands, the same groups in the same order at every level; right ones mirrored from left."""
    levels = [[row for row in rows("strands.csv") if row["level"] == level] for level in LEVELS]
    first = levels[0]
    group = [GROUPS.index(row["group"]) for row in first]
    sided = np.array([row["side"] == "pair" for row in first])
    ends = [
        np.array([[[float(row[f"{end}_{axis}_mm"]) for axis in "xyz"] for row in table] for table in levels])
        for end in ("upper", "lower")
    ]
    upper, lower = (end.transpose(1, 0, 2) for end in ends)
    count = np.array([[float(row["strands"]) for row in table] for table in levels]).T
    if mirror:
        count = count * np.where(sided, 2.0, 1.0)[:, None]
    else:
        flip = np.array([1.0, -1.0, 1.0])
        upper = np.concatenate([upper, upper[sided] * flip])
        lower = np.concatenate([lower, lower[sided] * flip])
        count = np.concatenate([count, count[sided]])
        group = group + [g for g, both in zip(group, sided, strict=True) if both]
    return _Table(upper, lower, count, tuple(group))
