"""Gradient and second derivatives of one cell's energy density against the joint's unknowns."""

from __future__ import annotations

from typing import NamedTuple

from jax import Array

from opentraction.mechanics.disc.annulus import Wall
from opentraction.mechanics.disc.law import MEASURES, Law
from opentraction.mechanics.disc.stretches import (
    Bulge,
    Columns,
    Partials,
    Place,
    held,
    inner,
    levers,
    moved,
)
from opentraction.mechanics.segment.algebra import Entry, Vector, add, mul, permutation, plus, scale
from opentraction.mechanics.segment.points import Hessian, motion_axes


def density_gradient(law: Law, c: Columns) -> list[Entry]:
    """dpsi against the unknowns."""
    return [
        add(*[mul(law.first[key], x) for key, x in zip(MEASURES, entries, strict=True)])
        for entries in zip(c.t, c.z, c.c, c.h, c.j, strict=True)
    ]


class Forces(NamedTuple):
    """Derivatives of psi that its second order in the unknowns needs."""

    w: Array
    """Against the bulge W, the measures' own change with h, h_p and J left out."""
    s: Array
    """Against the bulge's slope P."""
    around: Array
    """dpsi/dQt over the stress-free square of the tangent [MPa/mm2]; `over` of Qz, `cross` of Qc likewise."""
    over: Array
    cross: Array


def forces(law: Law, g: Partials, wall: Wall) -> Forces:
    """The first derivatives, gathered."""
    first = law.first
    return Forces(
        w=first["t"] * g.t_w + first["z"] * g.z_w + first["c"] * g.c_w,
        s=first["t"] * g.t_s + first["c"] * g.c_s,
        around=first["t"] * wall.per_around,
        over=first["z"] * wall.per_height,
        cross=first["c"] * wall.per_cross,
    )


def density_hessian(
    law: Law,
    at: Place,
    b: Bulge,
    g: Partials,
    c: Columns,
    swelling: Array,
    wall: Wall,
    one: Array,
    mirror: bool,
) -> Hessian:
    """d2psi against the unknowns, upper triangle."""
    f = held(forces(law, g, wall), one)
    columns: dict[str, Vector] = {"t": c.t, "z": c.z, "c": c.c, "h": c.h, "j": c.j, "p": c.h_p}
    second = held(law.second | _of_bulge(law, at, b, f, swelling, wall), one)
    rows = held(_rows(second, columns), one)
    with_w, with_s, own_w, own_s = _bulging(at, f, c, wall, one, mirror)
    result: Hessian = {}
    for i in range(len(c.t)):
        for j in range(i, len(c.t)):
            result[i, j] = add(
                *[mul(columns[a][i], rows[a][j]) for a in columns],
                mul(c.w[i], own_w[j]),
                mul(with_w[i], c.w[j]),
                mul(c.s[i], own_s[j]),
                mul(with_s[i], c.s[j]),
            )
    _add_turning(result, law, at, b, g, f, wall, one, mirror)
    return result


def _of_bulge(law: Law, at: Place, b: Bulge, f: Forces, swelling: Array, wall: Wall) -> dict[str, Array]:
    """What the bulge's own second derivatives against h, h_p (key p) and J add to those of the law."""
    ih = 1.0 / at.h
    ratio = wall.height_mm * ih
    ratio_p = (wall.height_p - ratio * at.h_p) * ih
    ratio_ph = -(ratio_p - ratio * at.h_p * ih) * ih
    w_hh = wall.thick * 2.0 * swelling * ratio * ih * ih
    s_hh = (
        swelling
        * ih
        * ih
        * (2.0 * wall.thick_p * ratio + wall.thick * (2.0 * wall.height_p - 6.0 * ratio * at.h_p) * ih)
    )
    return {
        "hh": law.second["hh"] + f.w * w_hh + f.s * s_hh,
        "hj": law.second["hj"]
        - f.w * wall.thick * ratio * ih
        + f.s * (wall.thick * ratio_ph - wall.thick_p * ratio * ih),
        "hp": f.s * w_hh,
        "jp": -f.s * wall.thick * ratio * ih,
    }


def _rows(second: dict[str, Array], columns: dict[str, Vector]) -> dict[str, list[Entry]]:
    """Each measure's second derivatives times the columns of all measures."""
    count = len(columns["t"])
    return {
        a: [
            add(*[mul(second.get(a + b, second.get(b + a)), column[i]) for b, column in columns.items()])
            for i in range(count)
        ]
        for a in columns
    }


def _bulging(
    at: Place, f: Forces, c: Columns, wall: Wall, one: Array, mirror: bool
) -> tuple[list[Entry], list[Entry], list[Entry], list[Entry]]:
    """The stretches' second derivatives of W and P against (d, p), and with those against themselves."""
    third = 2.0 / 3.0
    count = len(c.t) - sum(map(len, motion_axes(mirror)))
    rest: list[Entry] = [None] * count
    turned = plus(scale(third * f.around, at.q), scale(-third * f.cross, at.n))
    with_w = moved(wall, scale(third * f.cross, at.q), turned, mirror) + rest
    with_s = moved(wall, scale(third * f.cross, at.n), scale(third * f.around, at.n), mirror) + rest
    with_w, with_s = held((with_w, with_s), one)
    own = 16.0 / 15.0 * f.around
    stiff = own * wall.normal_p_square + 32.0 / 3.0 * f.over
    own_w = [add(x, mul(stiff, y)) for x, y in zip(with_w, c.w, strict=True)]
    own_s = [add(x, mul(own, y)) for x, y in zip(with_s, c.s, strict=True)]
    return with_w, with_s, *held((own_w, own_s), one)


def _add_turning(
    result: Hessian,
    law: Law,
    at: Place,
    b: Bulge,
    g: Partials,
    f: Forces,
    wall: Wall,
    one: Array,
    mirror: bool,
) -> None:
    """The squares of d and p themselves, and the second order of the turning, in place."""
    by_h = law.first["h"] + f.w * b.w_h + f.s * b.p_h
    by_d = plus(scale(law.first["z"], g.z_d), scale(law.first["c"], g.c_d), scale(by_h, at.z))
    by_p = plus(scale(law.first["t"], g.t_p), scale(law.first["c"], g.c_p), scale(f.s * b.p_hp, at.z))
    by_d, by_p = held((by_d, by_p), one)
    dd, pp, dp = 2.0 * f.over, 2.0 / 3.0 * f.around, 0.5 * f.cross
    upper, upper_p = levers(wall)
    along, about = motion_axes(mirror)
    count = len(along)
    near = held(plus(scale(dd, upper), scale(dp, upper_p)), one)
    far = held(plus(scale(dp, upper), scale(pp, upper_p)), one)
    for a, i in enumerate(along):
        result[a, a] = add(result[a, a], dd)
        for k, axis in enumerate(about):
            found = permutation(i, axis)
            if found is not None:
                part, sign = found
                result[a, count + k] = add(
                    result[a, count + k], mul(sign, near[part]), mul(-0.5 * sign, by_d[part])
                )
    whole = inner(near, upper) + inner(far, upper_p) - inner(by_d, upper) - inner(by_p, upper_p)
    for a, i in enumerate(about):
        for k, axis in enumerate(about):
            if k >= a:
                result[count + a, count + k] = add(
                    result[count + a, count + k],
                    mul(-1.0, near[i], upper[axis]),
                    mul(-1.0, far[i], upper_p[axis]),
                    mul(0.5, by_d[i], upper[axis]),
                    mul(0.5, by_d[axis], upper[i]),
                    mul(0.5, by_p[i], upper_p[axis]),
                    mul(0.5, by_p[axis], upper_p[i]),
                    whole if i == axis else None,
                )
