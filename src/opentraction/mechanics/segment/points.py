"""From the energy of one point's place to the gradient and Hessian of the whole body's small motion.

A point r of the upper vertebra (upper axes) and a point l of the lower one (lower axes) are joined by the
vector d = u + r - R^T l, in upper axes. Under the small motion (v, w) of the upper vertebra, in its own axes,

    R^T (p - l) = d + v + w x r + 1/2 w x (v + w x r) + higher order,

so an energy E(d) with y = dE/dd and H = d2E/dd2 (both in the upper axes held still) has the gradient
(y, r x y). With the columns D = (e_i, e_k x r) of the first order, the Hessian is D^T H D + y . (second
order).
"""

from __future__ import annotations

from typing import TypeAlias

from opentraction.mechanics.segment.algebra import (
    Entry,
    Matrix,
    Vector,
    add,
    cross,
    dot,
    mul,
    neg,
    permutation,
)

Hessian: TypeAlias = dict[tuple[int, int], Entry]
"""Upper triangle: (i, j) with i <= j, over the unknowns of a motion; a missing or None entry is zero."""

_SPATIAL = ((0, 1, 2), (0, 1, 2))
_SYMMETRIC = ((0, 2), (1,))


def motion_axes(mirror: bool) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Axes of the translations v and of the rotations w: all, or (x, z) and (y) in a symmetric column."""
    return _SYMMETRIC if mirror else _SPATIAL


def point_gradient(r: Vector, y: Vector, mirror: bool) -> list[Entry]:
    """(y, r x y): force and moment of y on the point r, over the unknowns of a motion."""
    along, about = motion_axes(mirror)
    moment = cross(r, y)
    return [y[i] for i in along] + [moment[k] for k in about]


def point_terms(r: Vector, y: Vector, hd: Matrix | None, mirror: bool) -> tuple[list[Entry], Hessian]:
    """Gradient and Hessian over (v, w) of an energy of d = u + r - R^T l.

    `r`: the point in upper axes [mm]; `y` = dE/dd [N]; `hd` = d2E/dd2 [N/mm], None where E is linear in d.
    Both in upper axes, for a law whose vectors are fixed in the lower axes or of the length of d.
    """
    along, about = motion_axes(mirror)
    count = len(along)
    hessian: Hessian = {}
    # turning[i][k] = dy_i/dw_k to first order: the row hd[i] against e_k x r
    turning = None if hd is None else [cross(r, row) for row in hd]
    for a, i in enumerate(along):
        for b, k in enumerate(along):
            if b >= a:
                hessian[a, b] = None if hd is None else hd[i][k]
        for b, k in enumerate(about):
            sign = permutation(i, k)
            hessian[a, count + b] = add(
                None if turning is None else turning[i][k],
                # 1/2 y . (e_k x e_i)
                None if sign is None else mul(-0.5 * sign[1], y[sign[0]]),
            )
    twice = None if turning is None else [cross(r, [row[k] for row in turning]) for k in range(3)]
    lever = dot(r, y)
    for a, i in enumerate(about):
        for b, k in enumerate(about):
            if b >= a:
                hessian[count + a, count + b] = add(
                    None if twice is None else twice[k][i],
                    # 1/2 y . (e_i x (e_k x r) + e_k x (e_i x r))
                    mul(0.5, y[i], r[k]),
                    mul(0.5, y[k], r[i]),
                    neg(lever) if i == k else None,
                )
    return point_gradient(r, y, mirror), hessian


def accumulate(gradient: list[Entry], hessian: Hessian, more: list[Entry], second: Hessian) -> None:
    """Add one part's gradient and Hessian, over the first unknowns of a joint, to the joint's in place."""
    for i, entry in enumerate(more):
        gradient[i] = add(gradient[i], entry)
    for place, entry in second.items():
        hessian[place] = add(hessian.get(place), entry)


def summed(gradient: list[Entry], hessian: Hessian) -> tuple[list[Entry], Hessian]:
    """The same summed over the first array axis: many points of a part become one."""
    return [_sum(g) for g in gradient], {place: _sum(h) for place, h in hessian.items()}


def _sum(entry: Entry) -> Entry:
    if entry is None or isinstance(entry, (int, float)):
        return entry
    return entry.sum(0)
