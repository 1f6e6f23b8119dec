"""Fluid: one graded column of cells per path (nucleus to endplate, annulus to rim), implicit in time."""

from __future__ import annotations

from functools import lru_cache

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

CELLS = 12
"""Cells per path, finest at the face through which the fluid leaves."""
_RATIO = 1.3
"""Between neighbouring cells. On the whole column, against 48 cells: history 0.13 % of the day's range, lying
0.2 %, gain of a session 0.1 %, creep 0.2 %; 12 at 1.4 or 1.5 and 8 at 1.5 are up to twice as far off."""
GAS_CONSTANT_TIMES_T_J_PER_MOL = 2577.0
"""R T at 310 K [J/mol] (gas constant 8.314 J/(mol K))."""
SALT_MOL_PER_L = 0.15
"""Concentration of the fluid around the disc, physiological saline [mol/l]."""
_GROWTH_CAP = 0.5
"""Greatest exponent of the strain-dependent permeability; assumed: no data reach beyond."""
_GROWTH_WIDTH = 0.2
"""Over which the exponent bends to that cap; assumed."""
_LEAST_WATER = 0.05
"""Water of a cell per stress-free volume below which its laws are those of this much: it stays a number."""


@lru_cache
def cell_shares(count: int = CELLS) -> tuple[float, ...]:
    """Share of a path's length (and volume) in each cell, from the closed end to the open face.

    Any number of cells has the same grading over the whole length, so that more cells refine it.
    """
    sizes = _RATIO ** (np.arange(count)[::-1] * CELLS / count)
    return tuple(float(size) for size in sizes / sizes.sum())


@lru_cache
def spans(count: int = CELLS) -> tuple[float, ...]:
    """Distances between the centres of neighbouring cells, the last one to the face; shares of the length."""
    shares = cell_shares(count)
    return tuple(0.5 * (a + b) for a, b in zip(shares, (*shares[1:], 0.0), strict=True))


class Path(eqx.Module):
    """One fluid path: a 1-D column, closed at one end, open to the outside at the other."""

    charge_meq_per_ml: Float[Array, "*s"]
    water: Float[Array, "*s"]
    """Water fraction at rest."""
    solid_mpa: Float[Array, "*s"]
    """Aggregate modulus of the solid, which carries its part when the cell is squeezed."""
    conductance_per_mpa_s: Float[Array, "*s"]
    """k0 / length^2: rate of relative volume change per MPa over the whole length [1/(MPa s)]."""
    face_resistance_mpa_s: Float[Array, "*s"]
    """Resistance of the layer outside the open face, in the same relative units [MPa s]."""
    growth: float = eqx.field(static=True)
    """M of the strain-dependent permeability."""


class Linear(eqx.Module):
    """The step linearised: mean swelling changes by `shift + slope * dP`; the cells by the two columns."""

    shift: Float[Array, "*s"]
    slope: Float[Array, "*s"]
    cells_shift: tuple[Float[Array, "*s"], ...]
    cells_slope: tuple[Float[Array, "*s"], ...]
    gap: Float[Array, "c *s"]
    """What is missing to each cell's balance of fluid, share of the path's volume."""
    residual: Float[Array, "*s"]


def mean_swelling(cells: Float[Array, "c *s"]) -> Float[Array, "*s"]:
    """Volume-weighted mean of J over the cells."""
    return sum(share * cells[index] for index, share in enumerate(cell_shares(len(cells))))  # type: ignore[return-value]


def linearise(
    path: Path,
    cells: Float[Array, "c *s"],
    before: Float[Array, "c *s"],
    pressure_mpa: Float[Array, "*s"],
    dt_s: Float[Array, "..."],
    drive: Float[Array, "c *s"] | None = None,
) -> Linear:
    """Linearise one implicit Euler step of Darcy flow around `cells` at the tissue pressure given.

    Potential of a cell: mu = P - osmotic(J) - H (1 - J), outside 0. Permeability is that of the path's mean
    swelling at the new state: with each cell's own, a step would have several solutions when a drained cell
    swells again. `drive`: what to answer in place of the step's own imbalance.
    """
    count = len(cells)
    shares = jnp.asarray(cell_shares(count)).reshape((count,) + (1,) * (cells.ndim - 1))
    osm, osm_slope = osmotic(cells, path.charge_meq_per_ml, path.water)
    mu = pressure_mpa - osm - path.solid_mpa * (1.0 - cells)
    mu_slope = -osm_slope + path.solid_mpa
    mean = mean_swelling(cells)
    factor, log_slope = permeability_factor(mean, path.water, path.growth)
    inside = jnp.asarray(spans(count)).reshape(shares.shape) / (path.conductance_per_mpa_s * factor)
    resistance = inside.at[-1].add(path.face_resistance_mpa_s)
    # flow out of cell i into i + 1; the last one flows out of the open face, where mu is 0
    nothing = jnp.zeros_like(mu[:1])
    flow = dt_s * (mu - jnp.concatenate([mu[1:], nothing])) / resistance
    own, onward = dt_s * mu_slope / resistance, -dt_s * jnp.concatenate([mu_slope[1:], nothing]) / resistance
    by_mean = flow / resistance * inside * log_slope
    gap = shares * (cells - before) + flow - jnp.concatenate([nothing, flow[:-1]])
    residual = gap if drive is None else drive
    diagonal = shares + own - jnp.concatenate([nothing, onward[:-1]])
    lower = jnp.concatenate([nothing, -own[:-1]])
    at_face = jnp.concatenate([jnp.zeros_like(mu[1:]), (dt_s / resistance[-1])[None]])
    mean_column = by_mean - jnp.concatenate([nothing, by_mean[:-1]])
    shift, slope, ripple = eliminate(lower, diagonal, onward, (-residual, -at_face, -mean_column))
    # the mean depends on itself through the permeability
    shift_mean, slope_mean, ripple_mean = (
        mean_swelling(jnp.stack(column)) for column in (shift, slope, ripple)
    )
    total_shift, total_slope = shift_mean / (1.0 - ripple_mean), slope_mean / (1.0 - ripple_mean)
    return Linear(
        shift=total_shift,
        slope=total_slope,
        cells_shift=tuple(a + b * total_shift for a, b in zip(shift, ripple, strict=True)),
        cells_slope=tuple(a + b * total_slope for a, b in zip(slope, ripple, strict=True)),
        gap=gap,
        residual=jnp.max(jnp.abs(residual), axis=0),
    )


def eliminate(
    lower: Float[Array, "c *s"],
    diagonal: Float[Array, "c *s"],
    upper: Float[Array, "c *s"],
    columns: tuple[Float[Array, "c *s"], ...],
) -> tuple[list[Array], ...]:
    """Solve tridiagonal, diagonally dominant systems along the first axis (Thomas), for several right sides.

    The cells of each solution, first to last; `lower[0]` and `upper[-1]` are not read.
    """
    ratio: list[Array] = []
    forward: list[list[Array]] = [[] for _ in columns]
    for index in range(len(diagonal)):
        pivot = diagonal[index] - lower[index] * ratio[-1] if index else diagonal[0]
        for column, done in zip(columns, forward, strict=True):
            right = column[index] - lower[index] * done[-1] if index else column[0]
            done.append(right / pivot)
        ratio.append(upper[index] / pivot)
    out = tuple([done[-1]] for done in forward)
    for index in range(len(diagonal) - 2, -1, -1):
        for done, solved in zip(forward, out, strict=True):
            solved.insert(0, done[index] - ratio[index] * solved[0])
    return out


def osmotic(
    swelling: Float[Array, "..."], charge: Float[Array, "..."], water: Float[Array, "..."]
) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
    """Donnan osmotic pressure [MPa] and slope against the swelling ratio J.

    cF = cF0 phi0 / (phi0 - 1 + J) [mEq/ml], p = R T (sqrt(cF^2 + 4 cb^2) - 2 cb).
    """
    free = jnp.maximum(water - 1.0 + swelling, _LEAST_WATER)
    density = charge * water / free
    root = jnp.sqrt(density**2 + 4 * SALT_MOL_PER_L**2)
    scale = GAS_CONSTANT_TIMES_T_J_PER_MOL * 1e-3
    pressure = scale * (root - 2 * SALT_MOL_PER_L)
    slope = jnp.where(free > _LEAST_WATER, -scale * density**2 / (root * free), 0.0)
    return pressure, slope


def permeability_factor(
    swelling: Float[Array, "..."], water: Float[Array, "..."], exponent: float
) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
    """k/k0 at the swelling ratio J, and d ln k / dJ.

    Argoubi and Shirazi-Adl as used by FAN2015: [e (1+e0) / (e0 (1+e))]^2 exp(M (J - 1)); the exponent is
    limited smoothly at +0.5, since no data reach beyond.
    """
    free = jnp.maximum(water - 1.0 + swelling, _LEAST_WATER)
    raw = exponent * (swelling - 1.0)
    over = (raw - _GROWTH_CAP) / _GROWTH_WIDTH
    bounded = raw - _GROWTH_WIDTH * jnp.logaddexp(over, 0.0)
    passing = 1.0 / (1.0 + jnp.exp(jnp.clip(over, -60.0, 60.0)))
    factor = (free / (water * swelling)) ** 2 * jnp.exp(bounded)
    slope = 2.0 / free - 2.0 / swelling + exponent * passing
    return factor, slope
