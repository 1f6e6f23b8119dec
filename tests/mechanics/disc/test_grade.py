"""Degeneration: health up to grade 2, the published rows at the whole grades, smooth between."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from opentraction.mechanics.disc import degeneration


def test_health_is_grade_two_or_less() -> None:
    for grade in (0.0, 1.0, 1.7, 2.0):
        d = degeneration(grade, 1.6)
        for factor in (
            d.matrix_factor,
            d.fibre_factor,
            d.solid_factor,
            d.charge_factor,
            d.permeability_factor,
        ):
            assert float(factor[0, 0]) == 1.0


def test_published_rows_are_met_at_whole_grades() -> None:
    d = degeneration(jnp.array([[2.0, 3.0, 4.0, 5.0]]), 1.6)
    # FAN2015, P091, P094, P097, P100
    np.testing.assert_allclose(0.12 * d.solid_factor[0], [0.12, 0.185, 0.25, 0.315], rtol=1e-12)
    # P092, P095, P098
    np.testing.assert_allclose(3e-16 * d.permeability_factor[0, :3], [3e-16, 5e-16, 7e-16], rtol=1e-12)
    # void ratios 4, 3.44, 2.88 (P093, P096, P099) and 3.0 to 2.33 (P103)
    np.testing.assert_allclose(d.nucleus_water[0, :3], [0.8, 3.44 / 4.44, 2.88 / 3.88], rtol=1e-12)
    np.testing.assert_allclose(d.annulus_water[0, [0, 3]], [0.75, 2.33 / 3.33], rtol=1e-12)


@given(st.floats(1.0, 5.0), st.floats(0.0, 1e-3))
def test_degeneration_is_continuous_and_one_way(grade: float, more: float) -> None:
    a, b = degeneration(grade, 1.6), degeneration(grade + more, 1.6)
    for one, two in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True):
        assert abs(float((two - one)[0, 0])) <= 10.0 * more + 1e-12
    assert float((b.matrix_factor - a.matrix_factor)[0, 0]) >= 0.0
    assert float((b.nucleus_share - a.nucleus_share)[0, 0]) <= 0.0


def test_the_nucleus_share_of_the_area_falls_with_the_grade() -> None:
    share = degeneration(jnp.array([[2.0], [5.0]]), 1.6).nucleus_share
    np.testing.assert_allclose(share[:, 0], [0.48, 0.30], rtol=1e-12)


def test_the_matrix_grows_stiffer_by_its_factor_per_grade() -> None:
    found = degeneration(jnp.array([[1.0, 3.0, 4.5]]), jnp.array([[1.2, 1.5, 2.0]])).matrix_factor
    np.testing.assert_allclose(found[0], [1.0, 1.5, 2.0**2.5], rtol=1e-12)
