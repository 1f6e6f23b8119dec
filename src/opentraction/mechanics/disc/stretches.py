"""A strip of a layer between the two endplates: its place, its bulge, its mean stretches and their columns.

A cell is one strip of one layer. Between the lower endplate (point l, tangent e) and the upper one it spans
the surface x = l + zeta d + 4 zeta (1 - zeta) W n, bulging outwards by W along the outline's normal n. Its
squared stretches are means over the height in closed form, so that a fibre is one strand with one stretch:

    Qt = |x_phi|^2 around, Qz = |x_zeta|^2 over the height, Qc = x_phi . x_zeta between them,

each over its stress-free value. All is in the upper endplate's axes, where a motion is a sparse column.
Derivatives with respect to phi carry the suffix `_p`. The bulge W of a layer follows from that of the inner
wall, because the wall between them keeps its volume times the swelling ratio J:
W = (s_in / s) w + c (J h0 / h - 1), c = 3/4 (X . n) (s - s_in^2 / s).
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar, cast

import jax
import jax.numpy as jnp
from jax import Array

from opentraction.mechanics.disc.annulus import Wall
from opentraction.mechanics.segment.algebra import (
    Entry,
    Matrix,
    Vector,
    add,
    cross,
    dot,
    minus,
    mul,
    plus,
    scale,
    turned,
)
from opentraction.mechanics.segment.points import motion_axes

Tree = TypeVar("Tree")


def inner(a: Vector, b: Vector) -> Array:
    """a . b of vectors that share a component."""
    return cast(Array, dot(a, b))


def one_like(array: Array) -> Array:
    """Ones that the compiler cannot know to be ones (not a number where the array is not)."""
    return jnp.where(array > -jnp.inf, 1.0, jnp.nan)


def held(tree: Tree, one: Array) -> Tree:
    """The same values, kept instead of computed anew by every one of their users.

    On a CPU the compiler merges cheap producers into each consumer, so that each of 78 second derivatives
    would compute the kinematics again (13 times the operations). It never repeats a division: x / 1.
    """
    return cast(Tree, jax.tree.map(lambda x: x if isinstance(x, float) else x / one, tree))


class Place(NamedTuple):
    """A cell between its endplates, in upper axes."""

    e: Vector
    """Tangent of the lower endplate's outline, d/dphi [mm]."""
    d: Vector
    """From the lower to the upper endplate [mm]."""
    p: Vector
    """d/dphi of d [mm]."""
    n: Vector
    """Outward normal of the outline, fixed in the lower endplate."""
    q: Vector
    """d/dphi of n."""
    z: Vector
    """Normal of the lower endplate."""
    h: Array
    """Height z . d [mm]."""
    h_p: Array


def levers(wall: Wall) -> tuple[Vector, Vector]:
    """Point of the cell on the upper endplate, in upper axes, and its d/dphi [mm]."""
    return [wall.x_mm, wall.y_mm, 0.5 * wall.height_mm], [wall.x_p, wall.y_p, 0.5 * wall.height_p]


def place(rotation: Matrix, u: Vector, wall: Wall) -> Place:
    """Where the pose puts the cell; `rotation`: rows of R^T, `u` = R^T t [mm]."""
    upper, upper_p = levers(wall)
    low: Vector = [wall.x_mm, wall.y_mm, -0.5 * wall.height_mm]
    e = turned(rotation, [wall.x_p, wall.y_p, -0.5 * wall.height_p])
    d = minus(plus(u, upper), turned(rotation, low))
    p = minus(upper_p, e)
    n = turned(rotation, [wall.normal_x, wall.normal_y, None])
    q = turned(rotation, [wall.normal_x_p, wall.normal_y_p, None])
    z = [row[2] for row in rotation]
    return Place(e, d, p, n, q, z, inner(z, d), inner(z, p))


class Bulge(NamedTuple):
    """Outward bulge W of the layer [mm], its slope P = dW/dphi, their derivatives against h, h_p and J."""

    w: Array
    p: Array
    w_h: Array
    w_j: Array
    p_h: Array
    p_hp: Array
    p_j: Array


def bulge(at: Place, modes: Vector, shapes: Vector, slopes: Vector, swelling: Array, wall: Wall) -> Bulge:
    """From the modes of the inner wall's bulge [mm] and the volume kept between the walls."""
    ih = 1.0 / at.h
    ratio = wall.height_mm * ih
    ratio_p = (wall.height_p - ratio * at.h_p) * ih
    gain = swelling * ratio - 1.0
    return Bulge(
        w=wall.carry * inner(modes, shapes) + wall.thick * gain,
        p=wall.carry * inner(modes, slopes) + wall.thick_p * gain + wall.thick * swelling * ratio_p,
        w_h=-wall.thick * swelling * ratio * ih,
        w_j=wall.thick * ratio,
        p_h=-swelling * ih * (wall.thick_p * ratio + wall.thick * (ratio_p - ratio * at.h_p * ih)),
        p_hp=-wall.thick * swelling * ratio * ih,
        p_j=wall.thick_p * ratio + wall.thick * ratio_p,
    )


class Stretch(NamedTuple):
    """Mean squared stretches of a cell and what their derivatives share."""

    t: Array
    """Around, Qt."""
    z: Array
    """Over the height, Qz."""
    c: Array
    """Between the two, Qc."""
    slope: Vector
    """P n + W q: how the bulge turns the tangent around [mm]."""
    mean: Vector
    """Mean tangent around, e + p/2 + 2/3 slope [mm]."""


def stretch(at: Place, b: Bulge, wall: Wall) -> Stretch:
    """Means over the height of the squares and the product of the two tangents."""
    slope = plus(scale(b.p, at.n), scale(b.w, at.q))
    mean = plus(at.e, scale(0.5, at.p), scale(2.0 / 3.0, slope))
    around = (
        wall.tangent_square
        + inner(at.p, at.p) / 3.0
        + 8.0 / 15.0 * (b.p * b.p + b.w * b.w * wall.normal_p_square)
        + inner(at.e, at.p)
        + 4.0 / 3.0 * (b.p * inner(at.e, at.n) + b.w * inner(at.e, at.q))
        + 2.0 / 3.0 * (b.p * inner(at.p, at.n) + b.w * inner(at.p, at.q))
    )
    return Stretch(
        t=around * wall.per_around,
        z=(inner(at.d, at.d) + 16.0 / 3.0 * b.w * b.w) * wall.per_height,
        c=(inner(mean, at.d) - 2.0 / 3.0 * b.w * inner(at.p, at.n)) * wall.per_cross,
        slope=slope,
        mean=mean,
    )


class Partials(NamedTuple):
    """Derivatives of Qt, Qz, Qc against d, p, W and P, the others held."""

    t_p: Vector
    z_d: Vector
    c_d: Vector
    c_p: Vector
    t_w: Array
    z_w: Array
    c_w: Array
    t_s: Array
    """dQt / dP."""
    c_s: Array
    """dQc / dP."""


def partials(at: Place, b: Bulge, s: Stretch, wall: Wall) -> Partials:
    """First derivatives of the squared stretches."""
    around, cross_, third = wall.per_around, wall.per_cross, 2.0 / 3.0
    pn = inner(at.p, at.n)
    turn = 4.0 / 3.0 * inner(at.e, at.q) + third * inner(at.p, at.q)
    lean = 4.0 / 3.0 * inner(at.e, at.n) + third * pn
    return Partials(
        t_p=scale(around, plus(scale(third, at.p), at.e, scale(third, s.slope))),
        z_d=scale(2.0 * wall.per_height, at.d),
        c_d=scale(cross_, s.mean),
        c_p=scale(cross_, plus(scale(0.5, at.d), scale(-third * b.w, at.n))),
        t_w=(16.0 / 15.0 * b.w * wall.normal_p_square + turn) * around,
        z_w=32.0 / 3.0 * b.w * wall.per_height,
        c_w=third * (inner(at.d, at.q) - pn) * cross_,
        t_s=(16.0 / 15.0 * b.p + lean) * around,
        c_s=third * inner(at.d, at.n) * cross_,
    )


class Columns(NamedTuple):
    """Derivatives against the unknowns (v, w, modes, J), one entry each, None where zero."""

    t: Vector
    z: Vector
    c: Vector
    h: Vector
    h_p: Vector
    w: Vector
    s: Vector
    """Of the bulge's slope P."""
    j: Vector


def moved(wall: Wall, by_d: Vector, by_p: Vector, mirror: bool) -> list[Entry]:
    """Column over (v, w) of a quantity with these derivatives against d and p."""
    along, about = motion_axes(mirror)
    upper, upper_p = levers(wall)
    turn = plus(cross(upper, by_d), cross(upper_p, by_p))
    return [by_d[i] for i in along] + [turn[k] for k in about]


def columns(
    at: Place, b: Bulge, g: Partials, shapes: Vector, slopes: Vector, wall: Wall, one: Array, mirror: bool
) -> Columns:
    """First derivatives of the stretches, the height and the bulge against all unknowns."""
    rest: list[Entry] = [None] * (len(shapes) + 1)
    nothing: list[Entry] = [None] * 3
    h = moved(wall, at.z, nothing, mirror)
    h_p = moved(wall, nothing, at.z, mirror)
    w: list[Any] = [mul(b.w_h, x) for x in h] + [mul(wall.carry, x) for x in shapes] + [b.w_j]
    s: list[Any] = (
        [add(mul(b.p_h, x), mul(b.p_hp, y)) for x, y in zip(h, h_p, strict=True)]
        + [mul(wall.carry, x) for x in slopes]
        + [b.p_j]
    )

    h, h_p, w, s = held((h, h_p, w, s), one)

    def whole(by_d: Vector, by_p: Vector, by_w: Entry, by_s: Entry) -> list[Entry]:
        direct = moved(wall, by_d, by_p, mirror) + rest
        return [add(x, mul(by_w, y), mul(by_s, k)) for x, y, k in zip(direct, w, s, strict=True)]

    around = whole(nothing, g.t_p, g.t_w, g.t_s)
    over = whole(g.z_d, nothing, g.z_w, None)
    cross_ = whole(g.c_d, g.c_p, g.c_w, g.c_s)
    around, over, cross_ = held((around, over, cross_), one)
    return Columns(around, over, cross_, h + rest, h_p + rest, w, s, [None] * (len(w) - 1) + [1.0])
