"""The simulated body against closed forms: spring, creep, friction, the balance of forces, energy."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opentraction.chart import BadValue, CreepBranch, PatientPlant
from opentraction.deliver import PlantPhysics, Spring

STEP_S = 0.005
LINEAR = PatientPlant(extension_mm=(0.0, 100.0), force_n=(0.0, 2000.0))


def settled(physics: PlantPhysics, actuator_mm: float, seconds: float) -> float:
    for _ in range(round(seconds / STEP_S)):
        physics.step(actuator_mm)
    return physics.cord_n


def test_the_spring_meets_its_points_and_is_straight_between_two() -> None:
    spring = Spring((0.0, 3.0, 7.0, 12.0), (0.0, 40.0, 140.0, 300.0))
    for extension, force in ((0.0, 0.0), (3.0, 40.0), (7.0, 140.0), (12.0, 300.0)):
        assert spring.exact(extension) == pytest.approx(force, abs=1e-9)
    assert Spring((0.0, 10.0), (0.0, 50.0)).force(3.3) == pytest.approx(16.5)
    assert Spring((0.0, 10.0), (0.0, 50.0)).force(20.0) == pytest.approx(100.0)


@given(
    steps=st.lists(st.tuples(st.floats(0.1, 20.0), st.floats(0.1, 500.0)), min_size=2, max_size=8),
    at=st.floats(0.0, 1.0),
)
def test_the_spring_never_falls_between_rising_points(steps: list[tuple[float, float]], at: float) -> None:
    xs, ys = [0.0], [0.0]
    for dx, dy in steps:
        xs.append(xs[-1] + dx)
        ys.append(ys[-1] + dy)
    spring = Spring(xs, ys)
    here = at * xs[-1]
    assert spring.exact(min(here + 0.01, xs[-1])) >= spring.exact(here) - 1e-9 * ys[-1]


def test_points_that_do_not_rise_are_refused() -> None:
    with pytest.raises(BadValue, match="rise from point to point"):
        Spring((0.0, 2.0, 2.0), (0.0, 1.0, 2.0))


def test_two_springs_in_series() -> None:
    """A harness of 20 N/mm and a body of 20 N/mm share 20 mm evenly: 200 N."""
    physics = PlantPhysics(LINEAR, cord_n_per_mm=20.0, slack_mm=0.0, breath_mm=0.0)
    assert settled(physics, 20.0, 5.0) == pytest.approx(200.0, rel=1e-6)
    assert physics.body_mm == pytest.approx(10.0, rel=1e-6)


def test_slack_carries_nothing_and_a_slip_becomes_slack() -> None:
    physics = PlantPhysics(LINEAR, cord_n_per_mm=20.0, slack_mm=15.0, breath_mm=0.0)
    assert settled(physics, 15.0, 2.0) == 0.0
    assert settled(physics, 35.0, 5.0) == pytest.approx(200.0, rel=1e-6)
    physics.slip(10.0)
    assert settled(physics, 35.0, 5.0) == pytest.approx(100.0, rel=1e-6)


def test_creep_follows_the_kelvin_branch() -> None:
    """Body all but rigid in creep's way: x(t) = F / k (1 - exp(-t / tau)) under a pull kept constant."""
    plant = PatientPlant(
        extension_mm=(0.0, 10.0),
        force_n=(0.0, 200.0),
        creep=(CreepBranch(stiffness_n_per_mm=50.0, tau_s=10.0),),
    )
    physics = PlantPhysics(plant, cord_n_per_mm=20.0, slack_mm=0.0, breath_mm=0.0)
    crept, force = [], 100.0
    for _ in range(round(20.0 / STEP_S)):
        physics.step(physics.body_mm + force / 20.0)
        crept.append(physics.crept_mm)
    expected = [force / 50.0 * (1.0 - math.exp(-(i + 1) * STEP_S / 10.0)) for i in range(len(crept))]
    # the pull reaches the branch only once the body has followed, some tenths of a second later
    assert crept[-1] == pytest.approx(expected[-1], rel=0.02)
    assert crept[len(crept) // 2] == pytest.approx(expected[len(crept) // 2], rel=0.03)


def test_friction_holds_up_to_its_size_and_no_further() -> None:
    plant = LINEAR.replace(friction_n=50.0)
    physics = PlantPhysics(plant, cord_n_per_mm=20.0, slack_mm=0.0, breath_mm=0.0)
    assert settled(physics, 2.0, 3.0) == pytest.approx(40.0)
    assert physics.body_mm == 0.0
    for step in range(4000):
        physics.step(2.0 + 0.005 * step)
    assert physics.cord_n - physics.spine_n == pytest.approx(50.0, abs=2.0)


def test_friction_only_opposes_and_never_gives_energy() -> None:
    """Winding in and paying out in a circle takes work from the actuator, as much as friction eats."""
    for friction in (0.0, 30.0, 100.0):
        physics = PlantPhysics(
            LINEAR.replace(friction_n=friction), cord_n_per_mm=20.0, slack_mm=0.0, breath_mm=0.0
        )
        work, before = 0.0, 0.0
        path = [20.0 * i / 2000 for i in range(2000)] + [20.0 - 20.0 * i / 2000 for i in range(2001)]
        for actuator in path:
            work += physics.cord_n * (actuator - before)
            physics.step(actuator)
            before = actuator
        assert work >= -1.0
        if friction:
            assert work > 0.5 * friction * 10.0


def test_the_same_steps_give_the_same_forces() -> None:
    first = PlantPhysics(LINEAR, cord_n_per_mm=20.0, slack_mm=5.0)
    second = PlantPhysics(LINEAR, cord_n_per_mm=20.0, slack_mm=5.0)
    forces = [(first.step(0.01 * i), second.step(0.01 * i)) for i in range(2000)]
    assert all(a == b for a, b in forces)
    assert max(a for a, _ in forces) > 50.0


def test_a_plant_too_stiff_for_its_mass_is_refused() -> None:
    with pytest.raises(BadValue, match="too stiff"):
        PlantPhysics(
            PatientPlant(extension_mm=(0.0, 0.1), force_n=(0.0, 2000.0), mass_kg=1.0),
            cord_n_per_mm=20.0,
            slack_mm=0.0,
        )
