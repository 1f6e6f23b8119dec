"""A measured outline shapes the disc; an elliptic one leaves it an ellipse."""

from __future__ import annotations

import numpy as np
import pytest

from opentraction.chart import LEVELS, Level, Spine
from opentraction.mechanics.disc import area_mm2, fitted
from opentraction.mechanics.disc.outline import edge
from opentraction.mechanics.patient.assembly import Sizes, outline_of
from opentraction.mechanics.patient.imaged import Imaged, imaged
from opentraction.mechanics.validating.subject import norm_spine

PLACE = LEVELS.index(Level.L3_L4)


def shaped(dent: float) -> Spine:
    """A spine of ellipses, its L3-L4 flattened at the back by a share of its half depth, areas as drawn."""
    spine = norm_spine()
    phi = np.linspace(0.0, 2.0 * np.pi, 96, endpoint=False)

    def one(disc):  # type: ignore[no-untyped-def]
        deep = dent if disc.level is Level.L3_L4 else 0.0
        rho = 1.0 - deep * np.exp((np.cos(phi - np.pi) - 1.0) / 0.5)
        x = rho * 0.5 * disc.depth_mm.value * np.cos(phi)
        y = rho * 0.5 * disc.width_mm.value * np.sin(phi)
        area = 0.5 * float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum())
        measures = {
            "outline_mm": tuple(zip(x.tolist(), y.tolist(), strict=True)),
            "area_mm2": disc.area_mm2.model_copy(update={"value": area}),
            "depth_mm": disc.depth_mm.model_copy(update={"value": float(np.ptp(x))}),
            "width_mm": disc.width_mm.model_copy(update={"value": float(np.ptp(y))}),
        }
        return disc.model_copy(update=measures)

    return spine.model_copy(update={"discs": tuple(map(one, spine.discs))})


def sizes_of(image: Imaged) -> Sizes:
    """Two samples, the second with a tenth more area."""
    depth = np.repeat(0.5 * image.depth_mm[:, None], 2, axis=1)
    area = image.area_mm2[:, None] * np.array([1.0, 1.1])
    full = np.ones_like(depth)
    width = area / (image.area_share[:, None] * depth)
    return Sizes(full * 11.0, 0.1 * full, depth, width, 2.0 * full)


def test_an_ellipse_stays_an_exact_ellipse() -> None:
    image = imaged(shaped(0.0))
    np.testing.assert_array_equal(image.area_share, np.pi)
    np.testing.assert_array_equal(image.outline, np.array([1.0, 0, 0, 0])[:, None] * np.ones(5))


def test_a_measured_outline_has_its_area_depth_and_width() -> None:
    spine = shaped(0.15)
    image = imaged(spine)
    shaped_so = np.any(image.outline[1:] != 0.0, axis=0)
    assert shaped_so.tolist() == [False, False, True, False, False]
    sizes = sizes_of(image)
    made = np.asarray(area_mm2(outline_of(image, sizes)))
    np.testing.assert_allclose(made[:, 0], image.area_mm2, rtol=1e-12)
    np.testing.assert_allclose(made[:, 1], 1.1 * image.area_mm2, rtol=1e-12)
    disc = spine.discs[PLACE]
    assert sizes.half_width_mm[PLACE, 0] == pytest.approx(0.5 * disc.width_mm.value, rel=0.01)


def test_its_points_lie_on_the_outline() -> None:
    spine = shaped(0.15)
    image = imaged(spine)
    phi = np.linspace(0.0, 2.0 * np.pi, 720, endpoint=False)
    made = edge(outline_of(image, sizes_of(image)), phi)
    curve = np.stack([made.x[:, PLACE, 0], made.y[:, PLACE, 0]], axis=-1)
    points = np.array(spine.discs[PLACE].outline_mm)
    # the outline lies about the centroid of its area, the points about the frame's origin
    points = points - fitted(points, mirror=True)[1]
    apart = np.linalg.norm(points[:, None] - curve[None], axis=-1).min(axis=1)
    assert np.sqrt((apart**2).mean()) < 0.2
