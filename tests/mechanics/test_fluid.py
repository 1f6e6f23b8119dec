"""Fluid: exact consolidation, mass balance, slopes, and the rate at which the time steps converge."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from opentraction.mechanics import fluid
from opentraction.mechanics.fluid import osmotic, permeability_factor

LINEARISE = eqx.filter_jit(fluid.linearise)


def _one(value: float) -> jnp.ndarray:
    return jnp.full((1,), value)


def _path(*, growth: float = 0.0, charge: float = 0.0, face: float = 0.0, water: float = 0.999) -> fluid.Path:
    return fluid.Path(
        charge_meq_per_ml=_one(charge),
        water=_one(water),
        solid_mpa=_one(0.5),
        conductance_per_mpa_s=_one(1e-4),
        face_resistance_mpa_s=_one(face),
        growth=growth,
    )


def _step(path: fluid.Path, cells: jnp.ndarray, pressure: float, dt: float) -> jnp.ndarray:
    now = cells
    for _ in range(30):
        line = LINEARISE(path, now, cells, _one(pressure), jnp.asarray(dt))
        move = jnp.stack(line.cells_shift)
        now = now + move
        if float(jnp.abs(move).max()) < 1e-14:
            return now
    raise AssertionError("no convergence in a single path")


TERZAGHI_PER_S = 1e-4 * 0.5
"""Conductance times modulus of `_path()`."""


def _exact(t: float) -> float:
    """Degree of consolidation of Terzaghi's layer, one end drained."""
    modes = [(2 * m + 1) ** 2 * np.pi**2 for m in range(200)]
    return float(1.0 - sum(8.0 / mode * np.exp(-mode * TERZAGHI_PER_S * t / 4) for mode in modes))


def _consolidated(cells: int, dt_s: np.ndarray) -> np.ndarray:
    """Degree of consolidation after each step."""
    pressure, here, found = 1e-4, jnp.ones((cells, 1)), []
    for dt in dt_s:
        here = _step(_path(), here, pressure, float(dt))
        found.append(float((1.0 - fluid.mean_swelling(here))[0]) / (pressure / 0.5))
    return np.array(found)


def test_terzaghi_consolidation() -> None:
    """Without charge, at constant permeability, the path is Terzaghi's layer: c = k H, one end drained."""
    dt = np.geomspace(5.0, 400.0, 160)
    exact = np.array([_exact(t) for t in dt.cumsum()])
    inside = (exact > 0.1) & (exact < 0.99)
    assert inside.sum() > 20
    np.testing.assert_allclose(_consolidated(fluid.CELLS, dt)[inside], exact[inside], rtol=0.025)


def test_terzaghi_converges_at_second_order_in_cells() -> None:
    """At a fixed grading; the error in time, alike for all, falls out of the differences."""
    dt = np.geomspace(5.0, 400.0, 40)
    inside = np.array([0.2 < _exact(t) < 0.95 for t in dt.cumsum()])
    six, twelve, twenty_four = (_consolidated(count, dt)[inside] for count in (6, 12, 24))
    assert 3.4 < np.abs(six - twelve).max() / np.abs(twelve - twenty_four).max() < 4.6


def test_time_steps_converge_at_first_order() -> None:
    path = _path(growth=10.0, charge=0.25, face=500.0, water=0.79)
    ends = []
    for steps in (8, 16, 32, 256):
        cells = jnp.full((fluid.CELLS, 1), 0.95)
        for _ in range(steps):
            cells = _step(path, cells, 0.1, 3600.0 / steps)
        ends.append(float(fluid.mean_swelling(cells)[0]))
    errors = [abs(end - ends[-1]) for end in ends[:-1]]
    assert 1.7 < errors[0] / errors[1] < 2.5
    assert 1.7 < errors[1] / errors[2] < 2.7


def test_what_leaves_the_cells_leaves_through_the_face() -> None:
    path = _path(growth=12.0, charge=0.15, face=300.0, water=0.72)
    before = jnp.asarray(np.linspace(1.02, 0.9, fluid.CELLS))[:, None]
    after = _step(path, before, 0.4, 500.0)
    factor, _ = permeability_factor(fluid.mean_swelling(after), path.water, path.growth)
    last = after[-1]
    mu = 0.4 - osmotic(last, path.charge_meq_per_ml, path.water)[0] - path.solid_mpa * (1 - last)
    inside = 0.5 * fluid.cell_shares()[-1] / (path.conductance_per_mpa_s * factor)
    out = 500.0 * mu / (inside + path.face_resistance_mpa_s)
    lost = fluid.mean_swelling(before) - fluid.mean_swelling(after)
    assert float(jnp.abs(out - lost)[0]) < 1e-12


def test_the_linearised_step_is_the_exact_derivative() -> None:
    path = _path(growth=10.0, charge=0.25, face=900.0, water=0.79)
    rng = np.random.default_rng(2)
    cells = jnp.asarray(0.9 + 0.1 * rng.random((fluid.CELLS, 1)))
    before = jnp.asarray(0.9 + 0.1 * rng.random((fluid.CELLS, 1)))
    step, shift = 1e-6, _one(0.3)
    dt = jnp.asarray(100.0)
    at = fluid.linearise(path, cells, before, shift, dt)
    # solving the step for two pressures must differ by the slope reported at the solution
    solved = [_solved(path, before, 0.3 + sign * step) for sign in (-1, 1)]
    middle = _solved(path, before, 0.3)
    line = fluid.linearise(path, middle, before, shift, dt)
    slope = (fluid.mean_swelling(solved[1]) - fluid.mean_swelling(solved[0])) / (2 * step)
    assert float(slope[0]) == pytest.approx(float(line.slope[0]), rel=1e-6)
    assert float(line.residual[0]) < 1e-13
    assert float(at.residual[0]) > 1e-3


def _solved(path: fluid.Path, before: jnp.ndarray, pressure: float) -> jnp.ndarray:
    return _step(path, before, pressure, 100.0)


@pytest.mark.parametrize("x", [-0.05, -0.019, 0.0, 0.012, 0.02, 0.3])
def test_slopes_written_by_hand(x: float) -> None:
    e = jnp.asarray(x)
    value, slope = osmotic(1.0 + e, jnp.asarray(0.2), jnp.asarray(0.79))
    exact = jax.grad(lambda v: osmotic(1.0 + v, jnp.asarray(0.2), jnp.asarray(0.79))[0])(e)
    assert float(exact) == pytest.approx(float(slope), rel=1e-9, abs=1e-12)
    assert np.isfinite(float(value))
    _, log_slope = permeability_factor(1.0 + e, jnp.asarray(0.79), 10.0)
    exact = jax.grad(lambda v: jnp.log(permeability_factor(1.0 + v, jnp.asarray(0.79), 10.0)[0]))(e)
    assert float(exact) == pytest.approx(float(log_slope), rel=1e-9)
