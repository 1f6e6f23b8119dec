"""The outline: an ellipse by default, a measured curve by a short series, its own derivatives."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from opentraction.mechanics.disc import Outline, area_mm2, ellipse, fitted
from opentraction.mechanics.disc.outline import edge


def kidney(points: int = 60, skew: float = 0.0) -> NDArray[np.float64]:
    """A closed curve with a hollow back, counter-clockwise, off the origin."""
    at = np.linspace(0.0, 2.0 * np.pi, points, endpoint=False)
    rho = 1.0 - 0.06 * np.cos(at) + 0.05 * np.cos(2 * at) + 0.03 * np.cos(3 * at) + skew * np.sin(2 * at)
    return np.stack([17.0 * rho * np.cos(at) + 1.5, 24.0 * rho * np.sin(at) - 0.7], -1)


def polygon_area(points: NDArray[np.float64]) -> float:
    after = np.roll(points, -1, 0)
    return 0.5 * float((points[:, 0] * after[:, 1] - after[:, 0] * points[:, 1]).sum())


def test_an_ellipse_has_the_area_and_curvature_of_the_textbook() -> None:
    outline = ellipse(17.5, 25.0)
    np.testing.assert_allclose(area_mm2(outline), np.pi * 17.5 * 25.0, rtol=1e-13)
    at = edge(outline, np.array([0.0, np.pi / 2]))
    np.testing.assert_allclose(at.x[:, 0, 0], [17.5, 0.0], atol=1e-13)
    # curvature |n'| / |X'| = a / b^2 at the ends of the axes
    curvature = jnp.hypot(at.normal_x_p, at.normal_y_p) / at.speed
    np.testing.assert_allclose(curvature[:, 0, 0], [17.5 / 25.0**2, 25.0 / 17.5**2], rtol=1e-12)


def test_the_edge_is_derived_from_its_own_points() -> None:
    outline, _, _ = fitted(kidney(skew=0.03), False)
    phi = np.linspace(0.1, 6.1, 9)

    def points(shift: float) -> jnp.ndarray:
        at = edge(outline, jnp.asarray(phi) + shift)
        return jnp.stack([at.x, at.y, at.normal_x, at.normal_y, at.speed, at.support])

    at = edge(outline, phi)
    expected = jax.jacfwd(points)(0.0)
    found = jnp.stack([at.x_p, at.y_p, at.normal_x_p, at.normal_y_p, at.speed_p, at.support_p])
    np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-11)
    np.testing.assert_allclose(at.x_p * at.normal_x + at.y_p * at.normal_y, 0.0, atol=1e-13)


def test_a_measured_curve_is_kept() -> None:
    outline, centroid, off = fitted(kidney(), False)
    assert off < 0.25
    np.testing.assert_allclose(area_mm2(outline)[0, 0], polygon_area(kidney(2000)), rtol=5e-3)
    phi = np.linspace(0.0, 2 * np.pi, 400, endpoint=False)
    at = edge(outline, phi)
    curve = np.stack([at.x[:, 0, 0], at.y[:, 0, 0]], -1)
    # about its own centroid
    after = np.roll(curve, -1, 0)
    cross = curve[:, 0] * after[:, 1] - after[:, 0] * curve[:, 1]
    np.testing.assert_allclose(((curve + after) * cross[:, None]).sum(0) / (3 * cross.sum()), 0.0, atol=2e-2)
    distance = np.linalg.norm(kidney()[:, None] - (curve + centroid)[None], axis=-1).min(1)
    assert distance.max() < 0.6


def test_a_symmetric_column_keeps_the_symmetric_part() -> None:
    outline, _, off = fitted(kidney(skew=0.05), True)
    assert float(abs(outline.radius_sin).max()) == 0.0
    assert off > fitted(kidney(skew=0.05), False)[2]


@settings(max_examples=20, deadline=None)
@given(depth=st.floats(12.0, 25.0), width=st.floats(18.0, 32.0), x=st.floats(-5, 5), y=st.floats(-5, 5))
def test_points_of_an_ellipse_give_that_ellipse(depth: float, width: float, x: float, y: float) -> None:
    at = np.linspace(0.0, 2 * np.pi, 48, endpoint=False)
    outline, centroid, off = fitted(np.stack([depth * np.cos(at) + x, width * np.sin(at) + y], -1), False)
    np.testing.assert_allclose(centroid, [x, y], atol=1e-3)
    assert off < 1e-3
    np.testing.assert_allclose(area_mm2(outline)[0, 0], np.pi * depth * width, rtol=1e-3)


@pytest.mark.parametrize("part", ["half_depth_mm", "half_width_mm"])
def test_outlines_of_many_samples_are_taken_together(part: str) -> None:
    many = {"half_depth_mm": 17.5, "half_width_mm": 25.0} | {part: jnp.array([[16.0, 17.0], [18.0, 19.0]])}
    outline: Outline = ellipse(**many)
    assert area_mm2(outline).shape == (2, 2)
