"""Solutes of the disc: exact solutions, balance of amounts, no change from water that brings nothing new."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import betainc, erfc

from opentraction.mechanics.disc.solutes import (
    DIFFUSIVITY_MM2_S,
    GLUCOSE,
    LACTATE,
    OXYGEN,
    Medium,
    annulus_medium,
    metabolism,
    nucleus_medium,
    outflow_of,
    oxygen_kpa,
    run_through,
    settled,
    through_session,
)
from opentraction.mechanics.fluid import eliminate

NONE = jnp.zeros((3, 1, 1))


def _graded(cells: int) -> np.ndarray:
    sizes = 1.4 ** (np.arange(cells)[::-1] * 12 / cells)
    return sizes / sizes.sum()


def _medium(length_mm: float, cells: float, outside=(1.0, 1.0, 1.0), water: float = 0.8) -> Medium:
    """A bare path: no cover, no sides."""
    return Medium(
        length_mm=jnp.full((1, 1), length_mm),
        water=jnp.full((1, 1), water),
        cells_million_per_ml=jnp.full((1, 1), cells),
        outside_mm=jnp.asarray(outside)[:, None, None],
        cover_mm=jnp.asarray(0.0),
        cover_water=jnp.asarray(1.0),
        side_mm=jnp.asarray(jnp.inf),
        side_outside_mm=NONE,
        lengthens=True,
    )


def _hindered(water: float) -> float:
    return (water / (2 - water)) ** 2 * water


def _history(rng: np.random.Generator, shares: np.ndarray, steps: int, joints: int = 2, samples: int = 3):
    start = 1.0 + 0.05 * rng.standard_normal((1, shares.size, joints, samples))
    moves = 0.01 * rng.standard_normal((steps, shares.size, joints, samples))
    swelling = jnp.asarray(np.concatenate([start, start + moves.cumsum(0)]))
    return swelling, outflow_of(swelling, shares), jnp.asarray(rng.uniform(5.0, 900.0, steps))


def _first_order(rate: float):
    """Every solute is taken up in proportion to itself; lactate is made as fast as glucose goes."""

    def kinetics(concentration):
        return rate * jnp.array([1.0, 1.0, -1.0]).reshape(-1, 1, 1, 1) * jnp.ones_like(concentration)

    return kinetics


@pytest.mark.parametrize("solute", [OXYGEN, GLUCOSE])
def test_steady_uptake_against_diffusion_converges_at_second_order(solute):
    length, water, cells, rate = 6.0, 0.8, 4.0, 40.0
    k = cells * rate * 1e-3 / 3600.0
    decay = np.sqrt(k / (DIFFUSIVITY_MM2_S[solute] * _hindered(water)))
    errors = []
    for count in (8, 16, 32):
        shares = np.full(count, 1.0 / count)
        found = settled(_medium(length, cells), shares, jnp.ones((count, 1, 1)), kinetics=_first_order(rate))[
            solute, :, 0, 0
        ]
        middle = (np.arange(count) + 0.5) / count * length
        exact = np.cosh(decay * middle) / np.cosh(decay * length)
        errors.append(float(np.abs(found - exact).max()))
    orders = np.log2(np.array(errors[:-1]) / np.array(errors[1:]))
    assert orders[-1] > 1.9
    assert np.all(orders > 1.8)
    assert errors[-1] < 1e-3


def test_lactate_made_from_glucose_reaches_its_exact_profile():
    length, cells, rate, count = 6.0, 4.0, 40.0, 24
    shares = np.full(count, 1.0 / count)
    found = settled(
        _medium(length, cells, (1, 1, 0.5)), shares, jnp.ones((count, 1, 1)), kinetics=_first_order(rate)
    )
    # what glucose loses lactate wins, each by its own diffusivity
    total = DIFFUSIVITY_MM2_S[GLUCOSE] * found[GLUCOSE] + DIFFUSIVITY_MM2_S[LACTATE] * found[LACTATE]
    expected = DIFFUSIVITY_MM2_S[GLUCOSE] * 1.0 + DIFFUSIVITY_MM2_S[LACTATE] * 0.5
    np.testing.assert_allclose(total, expected, rtol=1e-9)


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 2**31))
def test_the_amount_of_each_solute_balances(seed):
    rng, shares = np.random.default_rng(seed), _graded(12)
    swelling, outflow, dt_s = _history(rng, shares, 20)
    ones = jnp.ones((2, 3))
    for medium in (nucleus_medium(6.0 * ones, 0.78 * ones), annulus_medium(11 * ones, 6 * ones, 0.72 * ones)):
        start = settled(medium, shares, swelling[0])
        water = shares[:, None, None] * (swelling[0] - 1.0 + medium.water)
        passed = run_through(medium, shares, start, swelling, outflow, dt_s)
        ledger = passed.ledger
        before = jnp.concatenate([(water * start).sum(1)[None], passed.amount[:-1]])
        lost = ledger.through_face + ledger.through_sides + ledger.consumed
        np.testing.assert_allclose(passed.amount - before + lost, 0.0, atol=1e-12 * float(before.max()))
        np.testing.assert_allclose(
            ledger.consumed[:, LACTATE], -2.0 * ledger.consumed[:, GLUCOSE], rtol=1e-12
        )
        assert float(passed.concentration_mm.min()) > 0.0


def test_uniform_water_stays_uniform_whatever_flows():
    rng, shares = np.random.default_rng(5), _graded(12)
    swelling, outflow, dt_s = _history(rng, shares, 30, 1, 1)
    outside = (0.05, 4.0, 0.8)
    start = jnp.broadcast_to(jnp.asarray(outside)[:, None, None, None], (3, 12, 1, 1))
    passed = run_through(_medium(6.0, 0.0, outside), shares, start, swelling, outflow, dt_s)
    np.testing.assert_allclose(
        passed.concentration_mm, jnp.broadcast_to(start, (30, 3, 12, 1, 1)), rtol=1e-12
    )
    assert float(jnp.abs(passed.ledger.through_face).max()) > 1e-4


def test_water_that_swells_without_inflow_dilutes_and_one_that_leaves_does_not():
    shares, medium = np.full(4, 0.25), _medium(1e9, 0.0, (0.0, 0.0, 0.0))
    start = jnp.ones((3, 4, 1, 1))
    shrunk = jnp.stack([jnp.ones((4, 1, 1)), jnp.full((4, 1, 1), 0.95)])
    kept = run_through(medium, shares, start, shrunk, outflow_of(shrunk, shares), jnp.array([10.0]))
    np.testing.assert_allclose(kept.mean_mm, 1.0, rtol=1e-12)
    np.testing.assert_allclose(kept.amount[0, 0, 0, 0], 0.75, rtol=1e-12)
    grown = run_through(
        medium, shares, start, shrunk[::-1], outflow_of(shrunk[::-1], shares), jnp.array([10.0])
    )
    # the new 5 % of volume is plain water: 75 parts hold in 80
    np.testing.assert_allclose(grown.mean_mm, 0.75 / 0.8, rtol=1e-12)


def test_without_flow_nothing_is_carried():
    shares, still = np.full(12, 1 / 12), jnp.ones((41, 12, 1, 1))
    medium = _medium(6.0, 0.0, (1.0, 1.0, 1.0))
    dt_s = jnp.full(40, 200.0)
    passed = run_through(medium, shares, jnp.zeros((3, 12, 1, 1)), still, outflow_of(still, shares), dt_s)
    # plain diffusion into a slab from one face: the series, to the error of the steps
    fraction = passed.mean_mm[-1, GLUCOSE, 0, 0]
    reach = DIFFUSIVITY_MM2_S[GLUCOSE] * _hindered(0.8) / 0.8 * 8000.0 / 6.0**2
    odd = 2 * np.arange(200) + 1
    exact = 1.0 - (8 / (np.pi * odd) ** 2 * np.exp(-((odd * np.pi / 2) ** 2) * reach)).sum()
    assert float(fraction) == pytest.approx(exact, rel=0.02)
    # and where inside and outside are the same, nothing crosses
    even = run_through(medium, shares, jnp.ones((3, 12, 1, 1)), still, outflow_of(still, shares), dt_s)
    assert float(jnp.abs(even.ledger.through_face).max()) < 1e-14


def _uniform_inflow(count: int, speed_cells: float, steps: int):
    """Only the closed end's cell swells: one flow runs through all others, `speed_cells` of a cell a step."""
    shares = np.full(count, 1.0 / count)
    swelling = np.ones((steps + 1, count, 1, 1))
    swelling[:, 0, 0, 0] += 0.8 * speed_cells * np.arange(steps + 1)
    return shares, jnp.asarray(swelling)


def test_a_front_in_uniform_flow_is_the_exact_one_of_the_implicit_step():
    count, steps, speed = 40, 60, 0.4
    shares, swelling = _uniform_inflow(count, speed, steps)
    medium = _medium(1e9, 0.0)
    passed = run_through(
        medium, shares, jnp.zeros((3, count, 1, 1)), swelling, outflow_of(swelling, shares), jnp.ones(steps)
    )
    found = np.asarray(passed.concentration_mm[-1, 0, :, 0, 0])[::-1][:-1]
    place = np.arange(1, count)
    # k implicit cells in a row: the chance that the k-th success comes within `steps` trials
    np.testing.assert_allclose(found, betainc(place, steps, speed / (1 + speed)), rtol=1e-9, atol=1e-14)
    # what came in stands in the cells: the front's mean place is speed times time
    assert found.sum() == pytest.approx(speed * steps, rel=1e-3)
    assert np.interp(-0.5, -found, place) == pytest.approx(speed * steps, abs=1.0)


def test_a_spreading_front_converges_to_its_exact_solution():
    length, water = 16.0, 0.8
    speed = 0.0008
    spread = DIFFUSIVITY_MM2_S[LACTATE] * _hindered(water) / water
    end_s = 5000.0
    errors = []
    for count, steps in ((16, 50), (32, 100), (64, 200)):
        cell = length / count
        shares, swelling = _uniform_inflow(count, speed * end_s / steps / cell, steps)
        passed = run_through(
            _medium(length, 0.0),
            shares,
            jnp.zeros((3, count, 1, 1)),
            swelling,
            outflow_of(swelling, shares),
            jnp.full(steps, end_s / steps),
        )
        found = np.asarray(passed.concentration_mm[-1, LACTATE, :, 0, 0])[::-1]
        x = (np.arange(count) + 0.5) * cell
        wide = 2.0 * np.sqrt(spread * end_s)
        exact = 0.5 * (
            erfc((x - speed * end_s) / wide) + np.exp(speed * x / spread) * erfc((x + speed * end_s) / wide)
        )
        errors.append(float(np.abs(found - exact)[: count // 2].max()))
    assert errors[2] < 0.02
    assert errors[1] < 0.6 * errors[0], errors
    assert errors[2] < 0.6 * errors[1], errors


def test_the_steps_converge_at_first_order():
    shares, ones = _graded(12), jnp.ones((1, 1))
    medium = nucleus_medium(6.0 * ones, 0.78 * ones)
    means = []
    for steps in (20, 40, 80):
        swelling = jnp.asarray(np.linspace(1.0, 1.03, steps + 1))[:, None, None, None] * jnp.ones(
            (1, 12, 1, 1)
        )
        passed = run_through(
            medium,
            shares,
            settled(medium, shares, swelling[0]),
            swelling,
            outflow_of(swelling, shares),
            jnp.full(steps, 3600.0 / steps),
        )
        means.append(np.asarray(passed.mean_mm[-1, :, 0, 0]))
        assert float(passed.unsettled.max()) < 1e-6
    apart = np.abs(np.diff(np.array(means), axis=0))
    assert np.all(apart[:-1] / apart[1:] > 1.8)


def test_tridiagonal_elimination_solves():
    rng = np.random.default_rng(1)
    lower, upper, right = rng.normal(size=(3, 9, 2, 3))
    diagonal = 4.0 + rng.random((9, 2, 3))
    below, main, above, given_right = (jnp.asarray(part) for part in (lower, diagonal, upper, right))
    found = np.stack(eliminate(below, main, above, (given_right,))[0])
    for j in range(2):
        for s in range(3):
            full = np.diag(diagonal[:, j, s]) + np.diag(lower[1:, j, s], -1) + np.diag(upper[:-1, j, s], 1)
            np.testing.assert_allclose(found[:, j, s], np.linalg.solve(full, right[:, j, s]), rtol=1e-12)


def test_oxygen_diffuses_in_compressed_annulus_as_was_measured():
    """P126 to P128 (YUAN2009): at three compressions, inside two standard deviations; annulus 75 % water."""
    for strain, measured, sd in (
        (0.0468, 1.43e-3, 0.242e-3),
        (0.142, 1.05e-3, 0.282e-3),
        (0.237, 7.71e-4, 1.63e-4),
    ):
        water = (0.75 - strain) / (1.0 - strain)
        tissue = DIFFUSIVITY_MM2_S[OXYGEN] * _hindered(water) / water
        assert abs(tissue - measured) < 2 * sd


def test_metabolism_has_the_published_rates():
    at = jnp.array([5.0 * 0.01027, 4.0, 1.0])
    rate = metabolism(at) * jnp.array([at[0], at[1], at[1]])
    acid = 7.4 - 0.09
    assert float(oxygen_kpa(at[0])) == pytest.approx(5.0)
    assert float(rate[OXYGEN]) == pytest.approx(7.28 * 5 * (acid - 4.95) / (6.46 + 4.03 * (acid - 4.95)))
    made = np.exp(-2.47 + 0.93 * acid + 0.8 - 0.145)
    assert float(rate[LACTATE]) == pytest.approx(-made * 4.0 / 4.1)
    assert float(rate[GLUCOSE]) == pytest.approx(0.5 * made * 4.0 / 4.1)


def test_the_middle_of_a_disc_has_less_oxygen_and_glucose_and_more_lactate():
    shares, ones = _graded(12), jnp.ones((1, 1))
    found = settled(nucleus_medium(6 * ones, 0.78 * ones), shares, jnp.ones((12, 1, 1)))[:, :, 0, 0]
    assert np.all(np.diff(found[OXYGEN]) > 0)
    assert np.all(np.diff(found[GLUCOSE]) > 0)
    assert np.all(np.diff(found[LACTATE]) < 0)
    # in the middle as the literature computes and measures: 0 to 2 kPa, below 2 mmol/l, 2 to 8 mmol/l
    assert 0.0 < float(oxygen_kpa(found[OXYGEN, 0])) < 2.0
    assert 0.1 < float(found[GLUCOSE, 0]) < 2.0
    assert 2.0 < float(found[LACTATE, 0]) < 8.0


def test_half_an_hour_of_gain_changes_the_solutes_by_a_few_percent():
    """+0.2 mm in 30 min: water comes in, and with it a little; far from a change of nutrition."""
    shares, ones = _graded(12), jnp.ones((1, 1))
    medium, growth = nucleus_medium(6.0 * ones, 0.78 * ones), np.linspace(1.0, 1.0 + 0.2 / 12.0, 31)
    swelling = jnp.asarray(growth)[:, None, None, None] * jnp.ones((1, 12, 1, 1))
    start = settled(medium, shares, swelling[0])
    passed = run_through(medium, shares, start, swelling, outflow_of(swelling, shares), jnp.full(30, 60.0))
    mean = (shares[:, None, None] * start).sum(1)[:, 0, 0]
    change = 100.0 * (np.asarray(passed.mean_mm[-1, :, 0, 0]) / np.asarray(mean) - 1.0)
    assert 0.5 < change[OXYGEN] < 8.0
    assert 0.5 < change[GLUCOSE] < 8.0
    assert -4.0 < change[LACTATE] < -0.3


def test_a_session_that_moves_no_water_changes_nothing_and_one_that_swells_brings_more() -> None:
    shares, dt = _graded(8), jnp.full(10, 180.0)
    still = jnp.ones((11, 8, 2, 3))
    half, water = jnp.full((2, 3), 6.0), jnp.full((2, 3), 0.8)
    np.testing.assert_allclose(
        through_session(still, dt, half, water, shares).change_percent(), 0.0, atol=1e-6
    )
    swelling = still * jnp.linspace(1.0, 1.02, 11)[:, None, None, None]
    change = np.asarray(through_session(swelling, dt, half, water, shares).change_percent())[-1]
    assert (change[[OXYGEN, GLUCOSE]] > 0.0).all()
    assert (change[LACTATE] < 0.0).all()
    assert np.abs(change).max() < 5.0
