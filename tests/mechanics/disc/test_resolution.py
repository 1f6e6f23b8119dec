"""Eight strips and three layers against finer walls, and the settled disc against published rotations."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from .settled import Settled, disc, solver

LOADS = {"flexion": (0.0, 7500.0), "extension": (0.0, -7500.0), "compression": (1000.0, 0.0)}


@pytest.fixture(scope="module")
def coarse() -> dict[str, Settled]:
    return readings(solver(*disc(8, 3)))


def readings(settle: Callable[[float, float], Settled]) -> dict[str, Settled]:
    return {"rest": settle(0.0, 0.0)} | {name: settle(*load) for name, load in LOADS.items()}


def turned_deg(found: dict[str, Settled], name: str) -> float:
    return float(np.degrees(found[name].state[2] - found["rest"].state[2]))


# the bounds are those of the trial of the joint: 8, 12 and 24 strips agreed to 1.5 %, 3 and 5 layers to 2.5 %
@pytest.mark.full
@pytest.mark.parametrize(("strips", "layers", "bound"), [(24, 3, 0.015), (8, 6, 0.025)])
def test_a_finer_wall_says_the_same(
    coarse: dict[str, Settled], strips: int, layers: int, bound: float
) -> None:
    fine = readings(solver(*disc(strips, layers)))
    for name in ("flexion", "extension"):
        assert turned_deg(coarse, name) == pytest.approx(turned_deg(fine, name), rel=bound)
    for name in LOADS:
        assert coarse[name].pressure_mpa == pytest.approx(fine[name].pressure_mpa, rel=max(bound, 0.03))
    sunk = [float(f["compression"].state[1] - f["rest"].state[1]) for f in (coarse, fine)]
    assert sunk[0] == pytest.approx(sunk[1], rel=bound)


def test_flexion_and_extension_are_those_of_discs_without_posterior_parts(coarse: dict[str, Settled]) -> None:
    """V085 and V088: 10.11 and 10.28 degrees at 7.5 N m, printed without spread: a quarter is allowed."""
    assert turned_deg(coarse, "flexion") == pytest.approx(10.11, rel=0.25)
    assert turned_deg(coarse, "extension") == pytest.approx(-10.28, rel=0.25)
