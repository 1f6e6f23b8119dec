"""The inner unknowns of a joint eliminated: bulge, pressure and fluid follow the motion of its vertebrae.

Unknowns of a joint: its small motion (n), the bulge modes of the inner wall (m), and the swelling ratio J
of the wall's fluid (1). The nucleus' pressure p multiplies its volume, which its fluid fills:
V = V0 (Jn - p / bulk). The fluid of both paths answers a pressure linearly within one iteration.
"""

from __future__ import annotations

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from opentraction.mechanics.fluid import Linear
from opentraction.mechanics.segment.matrices import applied, solve, times


class Condensed(eqx.Module):
    """One joint as its two bodies feel it within an iteration, and how the inner unknowns follow."""

    stiffness: Float[Array, "n n *s"]
    force: Float[Array, "n *s"]
    """Force with which the joint drives its small motion, inner unknowns settled."""
    modes_shift: Float[Array, "m *s"]
    modes_slope: Float[Array, "m n *s"]
    wall_row: Float[Array, "q *s"]
    """d2E/dJ d(motion, modes)."""
    wall_shift: Float[Array, "*s"]
    wall_slope: Float[Array, "*s"]
    wall_stiffness: Float[Array, "*s"]
    wall_volume_mm3: Float[Array, "*s"]
    volume_row: Float[Array, "q *s"]
    volume_gap_mm3: Float[Array, "*s"]
    volume_give_mm3: Float[Array, "*s"]
    """Volume that the nucleus takes up per MPa [mm3/MPa]."""
    nucleus: Linear
    annulus: Linear


class Change(eqx.Module):
    """Change of the unknowns of every joint in one iteration."""

    motion: Float[Array, "n *s"]
    modes_mm: Float[Array, "m *s"]
    pressure_mpa: Float[Array, "*s"]
    nucleus: Float[Array, "c *s"]
    annulus: Float[Array, "c *s"]


def condense(
    gradient: Float[Array, "q *s"],
    hessian: Float[Array, "q q *s"],
    volume_gradient: Float[Array, "q *s"],
    volume_gap_mm3: Float[Array, "*s"],
    volumes_mm3: tuple[Float[Array, "*s"], Float[Array, "*s"]],
    bulk_mpa: Float[Array, "*s"],
    fluids: tuple[Linear, Linear],
    motions: int,
) -> Condensed:
    """Eliminate J, then p, then the modes. All q = n + m + 1 rows with J last.

    `gradient`, `hessian`: of the elastic energy less p V; `volume_gap_mm3`: V - V0 (Jn - p / bulk) as it is;
    `volumes_mm3`: stress-free volume of nucleus and wall; `fluids`: of nucleus and wall.
    """
    nucleus, annulus = fluids
    core_mm3, wall_mm3 = volumes_mm3
    inner = len(gradient) - 1
    wall_row, row = hessian[:inner, inner], volume_gradient[:inner]
    slope = annulus.slope / wall_mm3
    settled = 1.0 - slope * hessian[inner, inner]
    give = core_mm3 * (1.0 / bulk_mpa - nucleus.slope)
    gap = volume_gap_mm3 - core_mm3 * nucleus.shift
    stiffness = (
        hessian[:inner, :inner]
        + wall_row[:, None] * (wall_row * (slope / settled))[None]
        + row[:, None] * (row / give)[None]
    )
    force = -gradient[:inner] - wall_row * (annulus.shift / settled) - row * (gap / give)
    motion, modes = slice(0, motions), slice(motions, inner)
    shift, slopes = solve(stiffness[modes, modes], force[modes], stiffness[modes, motion])
    across = stiffness[motion, modes]
    return Condensed(
        stiffness=stiffness[motion, motion] - times(across, slopes),
        force=force[motion] - applied(across, shift),
        modes_shift=shift,
        modes_slope=slopes,
        wall_row=wall_row,
        wall_shift=annulus.shift / settled,
        wall_slope=slope / settled,
        wall_stiffness=hessian[inner, inner],
        wall_volume_mm3=wall_mm3,
        volume_row=row,
        volume_gap_mm3=gap,
        volume_give_mm3=give,
        nucleus=nucleus,
        annulus=annulus,
    )


def follow(condensed: Condensed, motion: Float[Array, "n *s"], free: Float[Array, "*s"]) -> Change:
    """The inner unknowns' changes that go with the joint's small motion; none where the joint is rigid."""
    loose = free > 0
    modes = condensed.modes_shift - applied(condensed.modes_slope, motion)
    both = jnp.concatenate([motion, modes])
    pressure = -(condensed.volume_gap_mm3 + (condensed.volume_row * both).sum(0)) / condensed.volume_give_mm3
    pull = (condensed.wall_row * both).sum(0)
    swelling = condensed.wall_shift + condensed.wall_slope * pull
    wall_mpa = (pull + condensed.wall_stiffness * swelling) / condensed.wall_volume_mm3
    nucleus, annulus = condensed.nucleus, condensed.annulus
    return Change(
        motion=jnp.where(loose, motion, 0.0),
        modes_mm=jnp.where(loose, modes, 0.0),
        pressure_mpa=jnp.where(loose, pressure, 0.0),
        nucleus=jnp.where(loose, _cells(nucleus, pressure), 0.0),
        annulus=jnp.where(loose, _cells(annulus, wall_mpa), 0.0),
    )


def _cells(fluid: Linear, pressure_mpa: Float[Array, "*s"]) -> Float[Array, "c *s"]:
    columns = zip(fluid.cells_shift, fluid.cells_slope, strict=True)
    return jnp.stack([shift + slope * pressure_mpa for shift, slope in columns])
