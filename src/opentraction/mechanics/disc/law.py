"""The wall's material: a neo-Hookean matrix and two crossed fibre families with dispersion.

Holzapfel, Gasser and Ogden's law (as calibrated by GRUBER2024, P001, P025-P052), on the squared stretches
Qt (around), Qz (over the height), Qc (between), the height h and the swelling ratio J of a cell. The stretch
through the wall follows from the volume: Qr = J^2 / (Qt (h/h0)^2). Per unit of stress-free volume

    psi = C10 (I1 - 3 - 2 ln J) + sum over the families of k1 / (2 k2) (exp(k2 e^2) - 1),
    e = pos(kappa (I1 - 3) + (1 - 3 kappa) (I4 - 1)),  I4 = cos^2 Qt + sin^2 Qz +- 2 sin cos Qc.

`pos` is C2 and exactly zero when the family is slack. Beyond e_bound = sqrt(12 / k2) the force goes on along
its tangent, and the energy is the integral of that force.
"""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
from jax import Array

from opentraction.mechanics.disc.annulus import Wall
from opentraction.mechanics.disc.stretches import held

TOE = 0.004
"""Width over which a fibre takes up load, in squared stretch: from a stretch of 1 to full stiffness at 1.002.
REMUS2021's fibres carry nothing up to 1.004 (P077)."""


def taut(strain: Array) -> tuple[Array, Array, Array]:
    """C2 positive part, its first and second derivative; exactly zero at and below zero."""
    x = jnp.clip(strain * (1.0 / TOE), 0.0, 1.0)
    value = TOE * x * x * x * (1.0 - 0.5 * x) + jnp.maximum(strain - TOE, 0.0)
    return value, x * x * (3.0 - 2.0 * x), 6.0 / TOE * x * (1.0 - x)


def fibre(strain: Array, k1: Array, k2: Array, bound: Array) -> tuple[Array, Array, Array]:
    """Energy [MPa] of one family, its first and second derivative against the family's strain."""
    e, slope, bend = taut(strain)
    x = jnp.minimum(e, bound)
    over = e - x
    grown = jnp.expm1(k2 * x * x)
    stiffness = k1 * (grown + 1.0) * (1.0 + 2.0 * k2 * x * x)
    force = k1 * x * (grown + 1.0)
    energy = 0.5 * k1 / k2 * grown + over * (force + 0.5 * stiffness * over)
    force = force + stiffness * over
    return energy, force * slope, stiffness * slope * slope + force * bend


def strains(t: Array, z: Array, c: Array, through: Array, wall: Wall) -> tuple[Array, Array]:
    """Common and crossing part of the two families' strain E = common +- crossing."""
    sharp = 1.0 - 3.0 * wall.kappa
    common = wall.kappa * (t + z + through - 3.0) + sharp * (wall.cos_square * t + wall.sin_square * z - 1.0)
    return common, sharp * wall.cross_sine * c


MEASURES = "tzchj"
"""Order of a cell's measures: Qt, Qz, Qc, the height h and the swelling ratio J."""


class Law(NamedTuple):
    """Energy density [MPa], first and second derivatives against the measures."""

    energy: Array
    first: dict[str, Array]
    second: dict[str, Array]
    """Keys are pairs in the order of the measures: "tt", "tz", ..."""


def law(t: Array, z: Array, c: Array, h: Array, swelling: Array, wall: Wall, one: Array) -> Law:
    """The material of a cell as a scalar law of its five measures."""
    it, ih, ij = 1.0 / t, 1.0 / h, 1.0 / swelling
    ratio = swelling * wall.height_mm * ih
    r = ratio * ratio * it
    common, crossing = strains(t, z, c, r, wall)
    up, down = held(
        tuple(fibre(common + sign * crossing, wall.k1_mpa, wall.k2, wall.bound) for sign in (1.0, -1.0)), one
    )
    energy = wall.c10_mpa * (t + z + r - 3.0 - 2.0 * jnp.log(swelling)) + up[0] + down[0]
    kappa, sharp = wall.kappa, 1.0 - 3.0 * wall.kappa
    force, twist = up[1] + down[1], up[1] - down[1]
    shared = wall.c10_mpa + kappa * force
    r1 = {"t": -r * it, "h": -2.0 * r * ih, "j": 2.0 * r * ij}
    # the families' strain against each measure: E = common(t, z, h, j) +- crossing(c)
    e1 = {
        "t": kappa * (1.0 + r1["t"]) + sharp * wall.cos_square,
        "z": kappa + sharp * wall.sin_square,
        "c": sharp * wall.cross_sine,
        "h": kappa * r1["h"],
        "j": kappa * r1["j"],
    }
    first = {
        "t": wall.c10_mpa * (1.0 + r1["t"]) + force * e1["t"],
        "z": wall.c10_mpa + force * e1["z"],
        "c": twist * e1["c"],
        "h": shared * r1["h"],
        "j": shared * r1["j"] - 2.0 * wall.c10_mpa * ij,
    }
    second = _families(e1, up[2] + down[2], up[2] - down[2])
    bent = 2.0 * shared * r
    second["tt"] += bent * it * it
    second["th"] += bent * it * ih
    second["tj"] -= bent * it * ij
    second["hh"] += 3.0 * bent * ih * ih
    second["hj"] -= 2.0 * bent * ih * ij
    second["jj"] += (bent + 2.0 * wall.c10_mpa) * ij * ij
    return Law(energy, first, second)


def _families(e1: dict[str, Array], stiff: Array, lean: Array) -> dict[str, Array]:
    """Second derivatives from the fibres' stiffness: sum and difference of the two families."""
    return {
        a + b: (lean if (a == "c") != (b == "c") else stiff) * e1[a] * e1[b]
        for i, a in enumerate(MEASURES)
        for b in MEASURES[i:]
    }
