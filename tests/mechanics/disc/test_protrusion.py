"""Fibres and a weak place of a settled disc."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

from opentraction.chart import ProtrusionKind, Side
from opentraction.mechanics.disc import (
    Wall,
    Weakness,
    fibre_state,
    local_part_mm,
    outward_mm,
    spot,
    wall_terms,
    weakening,
    weakness,
)

from .settled import HEIGHT_MM, INNER, OUTLINE, WEDGE_RAD, Settled, disc, solver

CENTRE = weakness(Side.CENTRE, ProtrusionKind.PROTRUSION, 4.0)


@pytest.fixture(scope="module")
def settled() -> dict[str, Settled]:
    settle = solver(*disc(8, 3))
    loads = {"rest": (0.0, 0.0), "flexion": (0.0, 7500.0), "pressed": (1000.0, 0.0), "half": (500.0, 0.0)}
    return {name: settle(*load) for name, load in loads.items()}


def local(at: Settled, weak: Weakness, strips: int = 24) -> float:
    fine, cell = disc(strips, 3, weak)
    pressure = jnp.full((1, 1), at.pressure_mpa)
    return float(local_part_mm(*at.pose, pressure, fine, cell, weak, True)[0, 0])


def test_fibres_are_unstretched_in_the_stress_free_shape() -> None:
    none = Settled(jnp.zeros(6), 0.0)
    found = fibre_state(*none.pose, disc(8, 3)[0], True)
    np.testing.assert_allclose(found.stretch, 1.0, rtol=1e-13)
    assert found.stretch.shape == (2, 3, 4, 1, 1)
    assert abs(float(found.strain[0, 0])) < 1e-13
    assert float(found.beyond[0, 0]) == 0.0


def test_fibre_stretch_is_that_of_the_surface() -> None:
    """A plain lengthening: the fibre's length by Pythagoras where the wall neither bulges nor leans."""
    w = disc(8, 3)[0]
    lift = 0.8
    # a wall that does not thin as it lengthens
    still = {"thick": 0.0 * w.thick, "thick_p": 0.0 * w.thick_p}
    flat = Wall(**{name: still.get(name, getattr(w, name)) for name in w.__dataclass_fields__})
    found = fibre_state(*Settled(jnp.array([0.0, lift, 0, 0, 0, 0]), 0.0).pose, flat, True)
    over = (flat.height_mm + lift) / flat.height_mm
    expected = jnp.sqrt(flat.cos_square + flat.sin_square * over**2)
    level = abs(flat.height_p) < 1e-9
    np.testing.assert_allclose(found.stretch[0][level], expected[level], rtol=1e-10)
    # where the height changes along the outline, one family lengthens more
    np.testing.assert_allclose(found.stretch.mean(0), expected, rtol=2e-3)


def test_flexion_strains_fibres_within_the_law(settled: dict[str, Settled]) -> None:
    found = fibre_state(*settled["flexion"].pose, disc(8, 3)[0], True)
    assert 0.02 < float(found.strain[0, 0]) < 0.15
    assert float(found.beyond[0, 0]) == 0.0


def test_a_pose_far_off_is_told() -> None:
    far = Settled(jnp.array([0.0, 6.0, 0.0, 3.0, 0.0, 0.0]), 0.0)
    assert float(fibre_state(*far.pose, disc(8, 3)[0], True).beyond[0, 0]) > 0.0


def test_the_weak_place_takes_from_its_strips_only() -> None:
    sound = weakness(Side.CENTRE, ProtrusionKind.PROTRUSION, 0.0)
    np.testing.assert_array_equal(weakening(sound, False), jnp.ones((8, 1, 1)))
    centre, left = (
        weakening(weakness(side, ProtrusionKind.PROTRUSION, 4.0), False)[:, 0, 0]
        for side in (Side.CENTRE, Side.LEFT)
    )
    np.testing.assert_allclose(centre, centre[::-1], rtol=1e-12)
    assert int(np.argmin(left)) == 3
    assert float(centre[0]) > 0.999
    assert 0.2 < float(centre.min()) < 1.0
    deeper = weakening(weakness(Side.CENTRE, ProtrusionKind.PROTRUSION, 8.0), False)[:, 0, 0]
    assert float((deeper - centre).max()) < 0.0
    broad = weakening(weakness(Side.CENTRE, ProtrusionKind.BULGE, 4.0), False)[:, 0, 0]
    assert float(broad[4:6].mean() - broad[0]) < 0.0
    assert float(broad[5]) < float(centre[5])


def test_a_weaker_and_more_pressed_place_bulges_more(settled: dict[str, Settled]) -> None:
    back = spot(OUTLINE, HEIGHT_MM, WEDGE_RAD, INNER, np.pi)
    whole = [
        float(outward_mm(*settled[name].pose, back)[0, 0]) + INNER * local(settled[name], CENTRE)
        for name in ("rest", "half", "pressed")
    ]
    assert whole[0] < whole[1] < whole[2]
    deeper = [
        local(settled["half"], weakness(Side.CENTRE, ProtrusionKind.PROTRUSION, depth))
        for depth in (0.0, 2.0, 6.0)
    ]
    assert deeper[0] < deeper[1] < deeper[2]
    # what five modes leave out of a sound wall is small beside a weak place
    assert abs(deeper[0]) < 0.5 * deeper[2]


def test_finer_strips_change_the_local_part_little(settled: dict[str, Settled]) -> None:
    coarse, fine = (local(settled["half"], CENTRE, strips) for strips in (24, 48))
    assert coarse == pytest.approx(fine, rel=0.01)


def test_the_outer_wall_bulges_by_modes_and_kept_volume() -> None:
    at = spot(OUTLINE, HEIGHT_MM, WEDGE_RAD, INNER, np.pi)
    none = Settled(jnp.zeros(6), 0.0)
    assert abs(float(outward_mm(*none.pose, at)[0, 0])) < 1e-14
    assert float(at.x_mm[0, 0]) == pytest.approx(-17.5)
    # one mode at a time, at the back: 1, -1, 1
    for mode, sign in enumerate((1.0, -1.0, 1.0)):
        state = jnp.zeros(6).at[3 + mode].set(0.4)
        found = float(outward_mm(*Settled(state, 0.0).pose, at)[0, 0])
        assert found == pytest.approx(0.4 * sign * INNER, rel=1e-12)
    pressed = float(outward_mm(*Settled(jnp.zeros(6).at[1].set(-1.0), 0.0).pose, at)[0, 0])
    height = float(at.height_mm[0, 0])
    assert pressed == pytest.approx(0.75 * 17.5 * (1 - INNER**2) * (height / (height - 1.0) - 1.0), rel=1e-12)


def test_weakening_lowers_the_walls_energy() -> None:
    pose = Settled(jnp.array([0.1, 0.3, 0.05, 0.4, 0.1, 0.2]), 0.0).pose
    whole, weak = (float(wall_terms(*pose, disc(8, 3, w)[0], True)[0][0, 0]) for w in (None, CENTRE))
    assert 0.0 < weak < whole
