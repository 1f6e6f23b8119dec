"""The fibre law: slack, toe, exponent and straight continuation; the published constants around the disc."""

from __future__ import annotations

import csv
import pathlib

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import opentraction.mechanics
from opentraction.mechanics.disc import WallMaterial, ellipse, strip_angles, wall
from opentraction.mechanics.disc.law import TOE, fibre, law, taut
from opentraction.mechanics.disc.regions import ANGLE_DEG, K1_MPA, K2, RING_DEPTHS, regional

K1_, K2_ = jnp.asarray(3.73), jnp.asarray(89.57)
BOUND = jnp.sqrt(12.0 / K2_)


def test_a_slack_fibre_carries_exactly_nothing() -> None:
    for strain in (-0.3, -1e-9, 0.0):
        assert [float(x) for x in fibre(jnp.asarray(strain), K1_, K2_, BOUND)] == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("at", [0.0, TOE, float(BOUND) + 0.5 * TOE])
def test_energy_force_and_stiffness_have_no_jump(at: float) -> None:
    below, above = (fibre(jnp.asarray(at + step), K1_, K2_, BOUND) for step in (-1e-9, 1e-9))
    for a, b in zip(below, above, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-4)


def test_force_and_stiffness_are_derivatives_of_the_energy_everywhere() -> None:
    strain = jnp.concatenate([jnp.linspace(-0.01, 0.01, 41) + 1e-5, jnp.linspace(0.02, 1.0, 50)])
    energy = lambda e: fibre(e, K1_, K2_, BOUND)[0]  # noqa: E731
    _, force, stiffness = fibre(strain, K1_, K2_, BOUND)
    np.testing.assert_allclose(force, jax.vmap(jax.grad(energy))(strain), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(
        stiffness, jax.vmap(jax.grad(jax.grad(energy)))(strain), rtol=1e-11, atol=1e-12
    )


def test_the_exponential_is_that_of_the_published_law_between_toe_and_bound() -> None:
    """psi = k1 / (2 k2) (exp(k2 E^2) - 1), GRUBER2024; the toe takes half its width off the strain."""
    strain = np.linspace(0.01, 0.3, 20)
    energy, force, _ = fibre(jnp.asarray(strain), K1_, K2_, BOUND)
    e = strain - 0.5 * TOE
    np.testing.assert_allclose(energy, 3.73 / (2 * 89.57) * np.expm1(89.57 * e**2), rtol=1e-12)
    np.testing.assert_allclose(force, 3.73 * e * np.exp(89.57 * e**2), rtol=1e-12)


def test_beyond_the_bound_the_force_is_straight() -> None:
    e = float(BOUND) + jnp.asarray([0.1, 0.2, 0.3])
    _, force, stiffness = fibre(e, K1_, K2_, BOUND)
    np.testing.assert_allclose(jnp.diff(force), float(stiffness[0]) * 0.1, rtol=1e-12)
    np.testing.assert_allclose(stiffness, stiffness[0], rtol=1e-14)


def test_taut_is_the_positive_part_but_for_its_toe() -> None:
    strain = jnp.asarray([0.02, 0.5])
    np.testing.assert_allclose(taut(strain)[0], strain - 0.5 * TOE, rtol=1e-14)


def test_law_derivatives_are_those_of_its_energy() -> None:
    w = jax.tree.map(
        lambda x: x[1, 2, 0, 0],
        wall(ellipse(17.5, 25.0), jnp.full((1, 1), 12.0), 0.1, 0.7, WallMaterial(), False),
    )
    of = lambda m: law(*m, w, jnp.ones(())).energy  # noqa: E731
    slope, bend = jax.jit(jax.grad(of)), jax.jit(jax.hessian(of))
    for t, z, c, h, j in (
        (1.02, 0.9, 0.05, 11.0, 1.03),
        (1.2, 1.15, -0.2, 13.0, 0.97),
        (0.9, 0.95, 0.0, 11.5, 1.0),
    ):
        measures = jnp.asarray([t, z, c, h, j])
        found = law(*measures, w, jnp.ones(()))
        np.testing.assert_allclose([found.first[k] for k in "tzchj"], slope(measures), rtol=1e-12, atol=1e-13)
        full = [[found.second.get(a + b, found.second.get(b + a)) for b in "tzchj"] for a in "tzchj"]
        np.testing.assert_allclose(jnp.asarray(full), bend(measures), rtol=1e-11, atol=1e-11)


def test_the_regional_table_is_the_published_one_at_its_points() -> None:
    folder = pathlib.Path(opentraction.mechanics.__file__).parent / "data"
    with (folder / "parameters.csv").open(encoding="utf-8") as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    depth = jnp.asarray(RING_DEPTHS).reshape(3, 1, 1, 1)
    phi = np.array([0.0, np.pi / 2, np.pi])
    for offset, table in ((0, K1_MPA), (1, K2), (2, ANGLE_DEG)):
        found = regional(table, depth, phi)[..., 0, 0]
        for place in range(3):
            for ring in range(3):
                row = rows[f"P{25 + offset + 3 * ring + 9 * place:03d}"]
                assert row["source"] == "GRUBER2024"
                np.testing.assert_allclose(found[ring, place], float(row["value"]), rtol=1e-12)


def test_the_wall_takes_its_constants_from_the_table_and_its_factors() -> None:
    material = WallMaterial(c10_mpa=0.1, k1_factor=2.0, k2_factor=3.0, angle_shift_rad=0.02, kappa=0.1)
    w = wall(ellipse(17.5, 25.0), jnp.full((1, 1), 12.0), 0.1, 0.7, material, False, layers=6)
    mean = lambda x: float(x.mean())  # noqa: E731
    assert 2.0 * K1_MPA.min() < mean(w.k1_mpa) < 2.0 * K1_MPA.max()
    # stiffer outside than inside, in front than behind, as the table
    assert float((w.k1_mpa[1:] - w.k1_mpa[:-1]).min()) > 0.0
    assert float((w.k2[:, 0] - w.k2[:, 4]).min()) > 0.0
    angle = np.degrees(np.arctan2(np.sqrt(w.sin_square), np.sqrt(w.cos_square)) - 0.02)
    assert ANGLE_DEG.min() - 0.5 < angle.min()
    assert angle.max() < ANGLE_DEG.max() + 0.5
    np.testing.assert_allclose(w.bound**2 * w.k2, 12.0, rtol=1e-13)
    np.testing.assert_allclose(w.k2[:, 0], w.k2[:, -1], rtol=1e-13)
    assert strip_angles(True).size * 2 == strip_angles(False).size


def test_the_fibres_in_front_are_stiffer_than_those_behind_by_the_factor_and_the_table() -> None:
    disc = ellipse(17.5, 25.0), jnp.full((1, 1), 12.0), 0.1, 0.7
    even, uneven = (
        wall(*disc, WallMaterial(front_to_back=factor), False, strips=360).k1_mpa[..., 0, 0]
        for factor in (1.0, 9.0)
    )
    gain = np.asarray(uneven / even)
    np.testing.assert_allclose(gain[:, 0] / gain[:, 180], 9.0, rtol=1e-3)
    np.testing.assert_allclose(gain[:, [89, 90, 269, 270]], 1.0, rtol=0.01)
    np.testing.assert_allclose(gain, gain[:, ::-1], rtol=1e-12)
