"""The border of the disc is the outermost layer of its annulus, and keeps the annulus' volume."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from opentraction.mechanics.disc import (
    Outline,
    WallMaterial,
    mode_shapes,
    outward_mm,
    spot,
    strip_angles,
    wall,
)
from opentraction.mechanics.disc.stretches import bulge, place
from opentraction.mechanics.outputs.openings import border_bulge_mm
from opentraction.mechanics.outputs.shape import Disc, Moved, border_modes_mm, in_upper_axes
from opentraction.mechanics.patient.assembly import Unloaded
from opentraction.mechanics.patient.frames import Pose

STRIPS = 16
SHAPE = (2, 3)
OUTLINE = Outline(
    jnp.full(SHAPE, 16.5),
    jnp.full(SHAPE, 24.0),
    jnp.asarray([1.0, 0.01, -0.03, 0.005])[:, None, None],
    jnp.zeros((4, 1, 1)),
)
HEIGHT_MM, WEDGE_RAD, INNER = (jnp.full(SHAPE, x) for x in (11.0, np.radians(8.0), 0.7))
RNG = np.random.default_rng(5)


def _pose(*, tilting: bool = True) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Turn, shift, modes and swelling of three steps."""
    turn = RNG.normal(0.0, 0.03, (3, 3, *SHAPE)) * (1.0 if tilting else 0.0)
    shift = RNG.normal(0.0, 0.5, (3, 3, *SHAPE))
    modes = RNG.normal(0.0, 0.3, (3, 5, *SHAPE))
    return turn, shift, modes, 1.0 + RNG.normal(0.0, 0.02, (3, *SHAPE))


def _border(
    turn: np.ndarray, shift: np.ndarray, modes: np.ndarray, swelling: np.ndarray, outline: Outline
) -> np.ndarray:
    none = np.zeros((3, *SHAPE))
    rest = Unloaded(np.asarray(HEIGHT_MM), np.asarray(WEDGE_RAD), Pose(none, none))
    still = np.zeros((3, *SHAPE))
    return border_modes_mm(
        Moved(turn, shift, still, still), modes, swelling, Disc(rest, outline, np.asarray(INNER))
    )


def test_the_border_is_the_outermost_layer_of_the_wall() -> None:
    turn, shift, modes, swelling = _pose()
    rows, u = in_upper_axes(jnp.asarray(turn[:, 0]), jnp.asarray(shift[:, 0]), False)
    layers = 400
    made = wall(OUTLINE, HEIGHT_MM, WEDGE_RAD, INNER, WallMaterial(), False, strips=STRIPS, layers=layers)
    phi = strip_angles(False, STRIPS)
    shapes, slopes = (list(jnp.asarray(m)[..., None, None]) for m in mode_shapes(phi, False))
    at = place(rows, u, made)
    outwards = bulge(at, list(jnp.asarray(modes[0])), shapes, slopes, jnp.asarray(swelling[0]), made).w
    # on to the rim itself from the middles of the two outermost layers
    share = 1.0 - 0.51 / layers * np.array([3.0, 1.0])
    scale = np.sqrt(share)
    rim = outwards[-1] + (outwards[-1] - outwards[-2]) * (1.0 - scale[1]) / (scale[1] - scale[0])
    for strip, angle in enumerate(phi):
        spotted = spot(OUTLINE, HEIGHT_MM, WEDGE_RAD, INNER, angle)
        found = outward_mm(rows, u, list(jnp.asarray(modes[0])), jnp.asarray(swelling[0]), spotted)
        np.testing.assert_allclose(found, rim[strip], atol=2e-4)


def test_the_borders_modes_tell_the_border_everywhere() -> None:
    turn, shift, modes, swelling = _pose()
    border = _border(turn, shift, modes, swelling, OUTLINE)
    assert border.shape == (9, 3, *SHAPE)
    rows, u = in_upper_axes(jnp.asarray(turn), jnp.asarray(shift), False)
    angles = (0.0, 1.0, 0.5 * np.pi, 2.4, np.pi, 4.0)
    spots = [spot(OUTLINE, HEIGHT_MM, WEDGE_RAD, INNER, angle) for angle in angles]
    inner = list(jnp.asarray(np.moveaxis(modes, 1, 0)))
    exact = np.array([outward_mm(rows, u, inner, jnp.asarray(swelling), one) for one in spots])
    found = np.array([border_bulge_mm(jnp.asarray(border), angle) for angle in angles])
    # nine modes leave out 2 % of the largest bulge
    assert np.abs(found - exact).max() < 0.02 * np.abs(exact).max()


def test_what_an_even_press_takes_from_the_wall_stands_outside_it() -> None:
    """Between parallel plates the disc's volume is the wall's, kept, and that within the inner wall."""
    turn, shift, modes, swelling = _pose(tilting=False)
    shift[:2] = 0.0
    flat = jnp.zeros(SHAPE)
    none = np.zeros((3, *SHAPE))
    disc = Disc(
        Unloaded(np.asarray(HEIGHT_MM), np.asarray(flat), Pose(none, none)), OUTLINE, np.asarray(INNER)
    )
    border = border_modes_mm(Moved(turn, shift, none[0], none[0]), modes, swelling, disc)
    phi = np.linspace(0.0, 2.0 * np.pi, 720, endpoint=False)
    x, y = (
        np.array([getattr(spot(OUTLINE, HEIGHT_MM, flat, INNER, a), k) for a in phi])
        for k in ("x_mm", "y_mm")
    )
    around = np.linalg.norm(np.roll(np.stack([x, y]), -1, 1) - np.roll(np.stack([x, y]), 1, 1), axis=0) / 2.0
    area = 0.5 * (x * np.roll(y, -1, 0) - np.roll(x, -1, 0) * y).sum(0)
    height = HEIGHT_MM + shift[2]
    outer = np.array([border_bulge_mm(jnp.asarray(border), a) for a in phi])
    inner = np.array([border_bulge_mm(jnp.asarray(np.moveaxis(modes, 1, 0)), a) for a in phi])
    whole = area * height + 2.0 / 3.0 * height * (outer * around[:, None]).sum(0)
    within = INNER**2 * area * height + 2.0 / 3.0 * height * (inner * INNER * around[:, None]).sum(0)
    np.testing.assert_allclose(whole - within, swelling * (1.0 - INNER**2) * area * HEIGHT_MM, rtol=2e-4)


def test_a_symmetric_column_has_a_symmetric_border() -> None:
    turn, shift, modes, swelling = _pose()
    turn[[0, 2]], shift[1], modes[:, 3:] = 0.0, 0.0, 0.0
    full = _border(turn, shift, modes, swelling, OUTLINE)
    half = _border(turn, shift, modes[:, :3], swelling, OUTLINE)
    assert half.shape[0] == 7
    np.testing.assert_allclose(full[:7], half, atol=1e-12)
    np.testing.assert_allclose(full[7:], 0.0, atol=1e-12)
