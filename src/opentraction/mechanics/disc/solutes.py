"""Oxygen, glucose and lactate in the disc's water, carried on the finite volumes of its fluid paths.

Nothing acts back on the column: a stored history of cell volumes and flows is run through afterwards. A path
is a row of cells from a closed end to an open face. In each cell, with all over the path's stress-free
volume V0 and W the cell's water,

    W c - W' c' = inflow - outflow + production,   outflow = q+ c - q- d + g (c - d),

where c' and W' are those before the step, d the concentration behind the cell's outer face, q the water that
leaves through it during the step, and g the diffusive exchange. Volumes and flows are those of the
fluid's own step, so uniform water stays uniform whatever flows, and the amounts balance to rounding. g is
thinned by the exponential rule of Scharfetter and Gummel, which makes steady transport through a face exact.
Each step is implicit: one tridiagonal system per solute, repeated for the cells' non-linear metabolism.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from numpy.typing import NDArray

from opentraction.mechanics.fluid import eliminate

Shares: TypeAlias = tuple[float, ...] | NDArray[np.float64] | Array
"""Of the path's stress-free volume in each cell, closed end first; their sum is 1."""
Kinetics: TypeAlias = Callable[[Array], Array]
"""From concentrations [mmol/l] to uptake per concentration, as `metabolism`."""

OXYGEN, GLUCOSE, LACTATE = range(3)
SOLUTES = ("oxygen", "glucose", "lactate")
DIFFUSIVITY_MM2_S = (3.0e-3, 9.2e-4, 1.4e-3)
"""In water at 37 C [mm2/s]: P129 to P131 (from memory there)."""
OXYGEN_SOLUBILITY_MM_PER_KPA = 0.01027
"""Dissolved oxygen per tension in water at 37 C [mmol/l per kPa]; from memory, about 1.4 umol/l per mmHg."""
NUCLEUS_CELLS_MILLION_PER_ML, ANNULUS_CELLS_MILLION_PER_ML = 4.0, 9.0
"""Living cells of a healthy disc (P134)."""
AT_ENDPLATE = (5.1, 4.0, 0.8)
"""Oxygen [kPa], glucose and lactate [mmol/l] outside the endplates (P132, from memory there)."""
AT_RIM = (5.8, 5.0, 0.9)
"""And outside the rim (P133, from memory there)."""
ENDPLATE_MM = 0.8
"""Thickness of the cartilage endplate for solutes, 0.3 to 1.0 mm (P108); that of the column is drawn."""
ENDPLATE_WATER = 0.6
"""Share of water in it, 55 to 65 %; source not kept."""
_NMOL_PER_ML_H = 1e-3 / 3600.0
"""1 nmol/(ml h) in nmol/(mm3 s)."""
_GLUCOSE_HALF_MM = 0.1
"""Glucose at which glycolysis halves [mmol/l]: assumed; the published rates do not fall with glucose."""
_REPEATS = 6
"""Times each step is solved with the metabolism of its own result; `Passed.unsettled`: what is left."""
_SETTLING_REPEATS = 200


class Medium(eqx.Module):
    """What one fluid path is to a solute; all broadcast against [j, s]."""

    length_mm: Float[Array, "..."]
    """From the closed end to the open face, stress-free."""
    water: Float[Array, "..."]
    """Water fraction, stress-free."""
    cells_million_per_ml: Float[Array, "..."]
    """Living cells per tissue volume, stress-free; they keep their number when the tissue swells."""
    outside_mm: Float[Array, "3 ..."]
    """Concentrations beyond the open face [mmol/l]: oxygen, glucose, lactate."""
    cover_mm: Float[Array, "..."]
    """Thickness of the tissue between the open face and the vessels (cartilage endplate); 0 for none."""
    cover_water: Float[Array, "..."]
    """Its water fraction."""
    side_mm: Float[Array, "..."]
    """Half height of the path for exchange with the endplates beside it (annulus); infinite for none."""
    side_outside_mm: Float[Array, "3 ..."]
    """Concentrations at those endplates [mmol/l]."""
    lengthens: bool = eqx.field(static=True)
    """True: swelling makes the cells longer (nucleus); False: higher at one length (annulus)."""


class Ledger(eqx.Module):
    """What happened to each solute during a step, per stress-free volume of the path [nmol/mm3]."""

    through_face: Float[Array, "3 *ts"]
    """Left through the open face."""
    through_sides: Float[Array, "3 *ts"]
    """Left to the endplates beside the path."""
    consumed: Float[Array, "3 *ts"]
    """By the cells; negative: produced."""


class Passed(eqx.Module):
    """Solutes after each step of a history."""

    concentration_mm: Float[Array, "t 3 c j s"]
    """Per water [mmol/l]."""
    mean_mm: Float[Array, "t 3 j s"]
    """Of the path's water [mmol/l]."""
    amount: Float[Array, "t 3 j s"]
    """In the path, per its stress-free volume [nmol/mm3]."""
    ledger: Ledger
    unsettled: Float[Array, "t"]
    """Largest change of the last repeat of a step over the concentration outside."""


def oxygen_kpa(concentration_mm: Float[Array, "..."]) -> Float[Array, "..."]:
    """Tension [kPa] of dissolved oxygen [mmol/l]."""
    return concentration_mm / OXYGEN_SOLUBILITY_MM_PER_KPA


def metabolism(concentration_mm: Float[Array, "3 *s"]) -> Float[Array, "3 *s"]:
    """Uptake of 10^6 cells in an hour [nmol]: oxygen per oxygen, glucose and (negative) lactate per glucose.

    Per concentration [mmol/l]. Bibby 2005 as used by Soukane 2007, from memory: oxygen
    7.28 p (pH - 4.95) / (1.46 + p + 4.03 (pH - 4.95)) and lactate exp(-2.47 + 0.93 pH + 0.16 p - 0.0058 p^2),
    both in nmol/(10^6 cells h), p in kPa, pH = 7.4 - 0.09 lactate; two lactate from each glucose, and less of
    both where glucose runs out.
    """
    tension = jnp.maximum(oxygen_kpa(concentration_mm[OXYGEN]), 0.0)
    acidity = 7.4 - 0.09 * concentration_mm[LACTATE]
    alive = jnp.maximum(acidity - 4.95, 0.0)
    oxygen = 7.28 * alive / (1.46 + tension + 4.03 * alive) / OXYGEN_SOLUBILITY_MM_PER_KPA
    made = jnp.exp(-2.47 + 0.93 * acidity + 0.16 * tension - 0.0058 * tension**2)
    glucose = 0.5 * made / (_GLUCOSE_HALF_MM + jnp.maximum(concentration_mm[GLUCOSE], 0.0))
    return jnp.stack([oxygen, glucose, -2.0 * glucose])


def nucleus_medium(
    half_height_mm: Array,
    water: Array,
    *,
    cells_million_per_ml: Array | float = NUCLEUS_CELLS_MILLION_PER_ML,
    endplate_mm: Array | float = ENDPLATE_MM,
    endplate_water: Array | float = ENDPLATE_WATER,
) -> Medium:
    """The nucleus between its mid-height and an endplate.

    Cells P134, outside P132 (memory there), endplate 0.3 to 1.0 mm thick (P108), its water 55 to 65 %.
    """
    return Medium(
        length_mm=jnp.asarray(half_height_mm),
        water=jnp.asarray(water),
        cells_million_per_ml=jnp.asarray(cells_million_per_ml),
        outside_mm=_outside(AT_ENDPLATE, half_height_mm),
        cover_mm=jnp.asarray(endplate_mm),
        cover_water=jnp.asarray(endplate_water),
        side_mm=jnp.asarray(jnp.inf),
        side_outside_mm=_outside(AT_ENDPLATE, half_height_mm),
        lengthens=True,
    )


def annulus_medium(
    width_mm: Array,
    half_height_mm: Array,
    water: Array,
    *,
    cells_million_per_ml: Array | float = ANNULUS_CELLS_MILLION_PER_ML,
) -> Medium:
    """The annulus between the nucleus and the outer rim, with the endplates beside it.

    Cells P134, outside P133, endplates P132 (memory there). The exchange with the endplates is
    lumped over the height; that they are open to it over the whole annulus is assumed.
    """
    return Medium(
        length_mm=jnp.asarray(width_mm),
        water=jnp.asarray(water),
        cells_million_per_ml=jnp.asarray(cells_million_per_ml),
        outside_mm=_outside(AT_RIM, width_mm),
        cover_mm=jnp.asarray(0.0),
        cover_water=jnp.asarray(1.0),
        side_mm=jnp.asarray(half_height_mm),
        side_outside_mm=_outside(AT_ENDPLATE, width_mm),
        lengthens=False,
    )


def outflow_of(swelling: Float[Array, "t1 c j s"], shares: Shares) -> Float[Array, "t c j s"]:
    """Water that left each cell towards the face in each step, from the cells' swelling ratios [t + 1, ...].

    Only for a path closed at its inner end; per stress-free volume of the path, as in the fluid's step.
    """
    weight = jnp.asarray(shares)[:, None, None]
    # not cumsum: compiled for the CPU, some versions of it drop a leading zero
    sums = jnp.tril(jnp.ones((swelling.shape[1],) * 2))
    return -jnp.einsum("ik,tk...->ti...", sums, weight * jnp.diff(swelling, axis=0))


@eqx.filter_jit
def settled(
    medium: Medium,
    shares: Shares,
    swelling: Float[Array, "c j s"],
    *,
    kinetics: Kinetics = metabolism,
) -> Float[Array, "3 c j s"]:
    """Concentrations [mmol/l] of the steady state in still water: diffusion against metabolism."""
    water = _water(medium, shares, swelling)
    start = jnp.broadcast_to(medium.outside_mm[:, None], (3, *water.shape))
    # one step so long that nothing is left of the start
    step = _Step(medium, shares, swelling, water, jnp.zeros_like(water), jnp.asarray(1e16))
    found, _, _ = _solved(step, start, kinetics, _SETTLING_REPEATS)
    return found


@eqx.filter_jit
def run_through(
    medium: Medium,
    shares: Shares,
    start_mm: Float[Array, "3 c j s"],
    swelling: Float[Array, "t1 c j s"],
    outflow: Float[Array, "t c j s"],
    dt_s: Float[Array, "t"],
    *,
    kinetics: Kinetics = metabolism,
) -> Passed:
    """Solutes through a stored history of one fluid path.

    `start_mm`: concentrations [mmol/l] before the first step. `swelling`: J of each cell, before the first
    step and after each. `outflow`: water that left each cell towards the face during the step, per
    stress-free volume of the path, as in the fluid's step. `dt_s`: length of each step [s].
    """

    def step(before: Array, inputs: tuple[Array, ...]) -> tuple[Array, Any]:
        old, new, flow, dt = inputs
        one = _Step(medium, shares, new, _water(medium, shares, old), flow, dt)
        concentration, ledger, unsettled = _solved(one, before, kinetics, _REPEATS)
        water = _water(medium, shares, new)
        amount = (water * concentration).sum(1)
        return concentration, (concentration, amount / water.sum(0), amount, ledger, unsettled)

    _, (concentration, mean, amount, ledger, unsettled) = jax.lax.scan(
        step, start_mm, (swelling[:-1], swelling[1:], outflow, jnp.asarray(dt_s))
    )
    return Passed(concentration, mean, amount, ledger, unsettled)


class SessionSolutes(eqx.Module):
    """Solutes of the nuclei through a session that begins in the steady state of still water."""

    start_mm: Float[Array, "3 j s"]
    """Mean concentration [mmol/l] before: oxygen, glucose, lactate."""
    passed: Passed

    def change_percent(self) -> Float[Array, "t 3 j s"]:
        """Change of the mean concentration [%] since the start."""
        return 100.0 * (self.passed.mean_mm / self.start_mm - 1.0)


def through_session(
    nucleus_cells: Float[Array, "t1 c j s"],
    dt_s: Float[Array, "t"],
    half_height_mm: Float[Array, "j s"],
    water: Float[Array, "j s"],
    shares: Shares,
) -> SessionSolutes:
    """Oxygen, glucose and lactate of every nucleus over a session, on the column's own volumes and flows.

    `nucleus_cells`: swelling ratios of the cells before the first step and after each, as in the trace;
    `half_height_mm`, `water`: stress-free; `shares`: `cell_shares` of as many cells.
    """
    medium = nucleus_medium(half_height_mm, water)
    cells = jnp.asarray(nucleus_cells)
    start = settled(medium, shares, cells[0])
    volume = _water(medium, shares, cells[0])
    passed = run_through(medium, shares, start, cells, outflow_of(cells, shares), dt_s)
    return SessionSolutes((volume * start).sum(1) / volume.sum(0), passed)


def _outside(there: tuple[float, float, float], like: Array) -> Array:
    oxygen_kpa_, glucose_mm, lactate_mm = there
    values = jnp.array([oxygen_kpa_ * OXYGEN_SOLUBILITY_MM_PER_KPA, glucose_mm, lactate_mm])
    return values.reshape((3,) + (1,) * jnp.ndim(like))


def _water(medium: Medium, shares: Shares, swelling: Array) -> Array:
    """Water of each cell per stress-free volume of the path."""
    return jnp.asarray(shares)[:, None, None] * (swelling - 1.0 + medium.water)


def _hindered(water: Array) -> Array:
    """Diffusivity in tissue over that in water, times the water fraction: (w / (2 - w))^2 w, P129."""
    return (water / (2.0 - water)) ** 2 * water


def _exchange(medium: Medium, shares: Shares, swelling: Array) -> tuple[Array, Array]:
    """Diffusive exchange across each cell's outer face and with its sides, for diffusivity 1 mm2/s [1/s]."""
    share = jnp.asarray(shares)[:, None, None]
    ease = _hindered((swelling - 1.0 + medium.water) / swelling)
    stretch = swelling if medium.lengthens else 1.0 / swelling
    half = 0.5 * share * medium.length_mm**2 * stretch / ease
    cover = medium.length_mm * medium.cover_mm / _hindered(medium.cover_water) + jnp.zeros_like(half[:1])
    # mean over the height of a parabola between two endplates: 3 D / half height squared
    sides = 3.0 * share * swelling * ease / (medium.side_mm * (1.0 if medium.lengthens else swelling)) ** 2
    return 1.0 / (half + jnp.concatenate([half[1:], cover])), sides


class _Step(NamedTuple):
    """One step of a path: its state after it, the water before it, and the flow in it."""

    medium: Medium
    shares: Shares
    swelling: Array
    water_before: Array
    outflow: Array
    dt_s: Array


def _solved(step: _Step, before: Array, kinetics: Kinetics, repeats: int) -> tuple[Array, Ledger, Array]:
    """One implicit step of all three solutes; `repeats` times with the metabolism of its own result."""
    medium = step.medium
    across, sides = _exchange(medium, step.shares, step.swelling)
    systems = [_transport(step, solute, across, sides) for solute in range(len(SOLUTES))]
    cells = jnp.asarray(step.shares)[:, None, None] * medium.cells_million_per_ml * _NMOL_PER_ML_H
    old = step.water_before * before

    def again(_: object, state: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
        rate = step.dt_s * cells * kinetics(state[0])
        found: list[Array] = []
        taken: list[Array] = []
        for solute, (lower, diagonal, upper, given) in enumerate(systems):
            # lactate comes from the glucose just taken up: two of one, whatever is left unsettled
            made = rate[LACTATE] * found[GLUCOSE] if solute == LACTATE else jnp.zeros_like(given)
            uptake = jnp.zeros_like(given) if solute == LACTATE else rate[solute]
            (solved,) = eliminate(lower, diagonal + uptake, upper, (old[solute] + given - made,))
            found.append(jnp.stack(solved))
            taken.append(made + uptake * found[-1])
        new = jnp.stack(found)
        return new, jnp.stack(taken), jnp.max(jnp.abs(new - state[0]) / medium.outside_mm[:, None])

    start = (before, jnp.zeros_like(before), jnp.zeros(()))
    new, taken, unsettled = jax.lax.fori_loop(0, repeats, again, start)
    return new, _ledger(step, new, taken, across, sides), unsettled


def _coefficients(step: _Step, solute: int, across: Array) -> tuple[Array, Array]:
    """What leaves through each outer face during the step per inner and per outer concentration."""
    spread = step.dt_s * DIFFUSIVITY_MM2_S[solute] * across
    thinned = spread * _bernoulli(jnp.abs(step.outflow) / jnp.maximum(spread, 1e-300))
    return jnp.maximum(step.outflow, 0.0) + thinned, jnp.maximum(-step.outflow, 0.0) + thinned


def _transport(step: _Step, solute: int, across: Array, sides: Array) -> tuple[Array, Array, Array, Array]:
    """Lower, main and upper diagonal of a solute's system, and what comes in from outside."""
    medium = step.medium
    leaving, entering = _coefficients(step, solute, across)
    nothing = jnp.zeros_like(leaving[:1])
    beside = step.dt_s * DIFFUSIVITY_MM2_S[solute] * sides
    lower = jnp.concatenate([nothing, -leaving[:-1]])
    upper = jnp.concatenate([-entering[:-1], nothing])
    water = _water(medium, step.shares, step.swelling)
    diagonal = water + leaving + jnp.concatenate([nothing, entering[:-1]]) + beside
    given = beside * medium.side_outside_mm[solute]
    return lower, diagonal, upper, given.at[-1].add(entering[-1] * medium.outside_mm[solute])


def _ledger(step: _Step, new: Array, taken: Array, across: Array, sides: Array) -> Ledger:
    medium = step.medium
    face, beside = [], []
    for solute, diffusivity in enumerate(DIFFUSIVITY_MM2_S):
        leaving, entering = _coefficients(step, solute, across)
        face.append(leaving[-1] * new[solute, -1] - entering[-1] * medium.outside_mm[solute])
        gone = step.dt_s * diffusivity * sides * (new[solute] - medium.side_outside_mm[solute])
        beside.append(gone.sum(0))
    return Ledger(jnp.stack(face), jnp.stack(beside), taken.sum(1))


def _bernoulli(x: Array) -> Array:
    """x / (exp(x) - 1) for x >= 0."""
    small = x < 1e-4
    safe = jnp.where(small, 1.0, jnp.minimum(x, 700.0))
    return jnp.where(small, 1.0 - 0.5 * x + x * x / 12.0, safe / jnp.expm1(safe))
