"""A symmetric disc on its own in equilibrium: a plain Newton on the product's terms."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from opentraction.mechanics.disc import (
    Core,
    Slow,
    Wall,
    WallMaterial,
    Weakness,
    centre_terms,
    core,
    ellipse,
    volume_terms,
    wall,
    wall_terms,
    weakening,
)

BULK_MPA = 180.0
INTRINSIC_MPA = 0.061
OUTLINE, HEIGHT_MM, WEDGE_RAD, INNER = ellipse(17.5, 25.0), 13.7 * jnp.ones((1, 1)), np.radians(8.0), 0.696
ONE = jnp.ones((1, 1))


class Settled(NamedTuple):
    """State [x mm, z mm, angle about y rad, bulge modes mm] and pressure."""

    state: Array
    pressure_mpa: float

    @property
    def pose(self) -> tuple[list[list[Array | None]], list[Array | None], list[Array], Array]:
        return placed(self.state)


def placed(state: Array) -> tuple[list[list[Array | None]], list[Array | None], list[Array], Array]:
    """Rows of R^T, u, modes and swelling of the terms."""
    x, z, angle = state[:3, None, None]
    c, s = jnp.cos(angle), jnp.sin(angle)
    rows = [[c, None, -s], [None, ONE, None], [s, None, c]]
    return rows, [c * x - s * z, None, s * x + c * z], list(state[3:, None, None]), ONE


def disc(strips: int, layers: int, weak: Weakness | None = None) -> tuple[Wall, Core]:
    lost = None if weak is None else weakening(weak, True, strips)
    return (
        wall(
            OUTLINE,
            HEIGHT_MM,
            WEDGE_RAD,
            INNER,
            WallMaterial(),
            True,
            strips=strips,
            layers=layers,
            weakening=lost,
        ),
        core(OUTLINE, HEIGHT_MM, WEDGE_RAD, INNER, 0.014, True, strips=strips),
    )


def solver(wall: Wall, core: Core) -> Callable[[float, float], Settled]:
    """Equilibrium under a follower load [N] and a flexing moment [N mm], from the swollen, unloaded disc."""
    nothing = Slow(jnp.zeros((1, 1)), jnp.zeros((1, 1)))

    @jax.jit
    def terms(
        state: Array, follower: float, moment: float, p0: float, stiffness: float, free: float
    ) -> tuple:
        rows, u, modes, swelling = placed(state)
        _, g, h = wall_terms(rows, u, modes, swelling, wall, True)
        volume, gv, hv = volume_terms(rows, u, modes, core, True)
        _, gc, hc = centre_terms(rows, u, core, follower * ONE, nothing, True)
        p = p0 - stiffness * (volume[0, 0] - free)
        vector = lambda v: jnp.stack([0.0 if x is None else x[0, 0] for x in [*v, None, None, None][:6]])  # noqa: E731
        at = lambda m, i, j: m.get((min(i, j), max(i, j)))  # noqa: E731
        matrix = lambda m: jnp.stack([vector([at(m, i, j) for j in range(6)]) for i in range(6)])  # noqa: E731
        rise = vector(gv)
        force = vector(g) + vector(gc) - p * rise - jnp.zeros(6).at[2].set(moment)
        return (
            force,
            matrix(h) + matrix(hc) - p * matrix(hv) + stiffness * jnp.outer(rise, rise),
            p,
            volume[0, 0],
        )

    def settle(state: Array, *load: float) -> tuple[Array, float, float]:
        for _ in range(100):
            force, tangent, p, volume = terms(state, *load)
            if float(abs(force).max()) < 1e-7:
                return state, float(p), float(volume)
            values, vectors = np.linalg.eigh(tangent)
            step = -vectors @ (vectors.T @ np.asarray(force) / np.maximum(abs(values), 1e-6))
            step *= min(1.0, 0.05 / (abs(step[2]) + 1e-30), 1.0 / (abs(step[:2]).max() + 1e-30))
            # (v, w) are taken in the upper axes, the state in the lower ones
            c, s = np.cos(float(state[2]) + 0.5 * step[2]), np.sin(float(state[2]) + 0.5 * step[2])
            moved = np.array([c * step[0] + s * step[1], c * step[1] - s * step[0], *step[2:]])
            state = state + jnp.asarray(moved)
        raise AssertionError(f"no equilibrium: {force}")

    swollen, _, volume = settle(jnp.zeros(6), 0.0, 0.0, INTRINSIC_MPA, 0.0, 0.0)
    free = volume / (1.0 - INTRINSIC_MPA / BULK_MPA)

    def loaded(follower_n: float, moment_nmm: float) -> Settled:
        state = swollen
        for part in (0.25, 0.5, 0.75, 1.0):
            state, p, _ = settle(state, part * follower_n, part * moment_nmm, 0.0, BULK_MPA / free, free)
        return Settled(state, p)

    return loaded
