"""The column on the bench answers as the protocol says: bare discs turn with the moment, structures hold."""

import numpy as np
import pytest

from opentraction.chart import Level
from opentraction.mechanics.validating import LYING, STANDING, Bench, Load, Phase, Subject
from opentraction.mechanics.validating.column import SpatialBench
from opentraction.mechanics.validating.discs import BARE
from opentraction.mechanics.validating.readings import moment_load

pytestmark = pytest.mark.full
LEVEL = Level.L4_L5


@pytest.fixture(scope="module")
def bench() -> SpatialBench:
    return SpatialBench(samples=2)


def test_it_keeps_to_the_protocol(bench: SpatialBench) -> None:
    assert isinstance(bench, Bench)


def test_a_bare_disc_turns_further_than_an_intact_joint_and_the_others_stay(bench: SpatialBench) -> None:
    turns = []
    for cuts in (BARE, frozenset()):
        column = bench.column(Subject(free=(LEVEL,), cuts=cuts))
        trace = column.static(moment_load("flexion", 5.0), steps=8)
        turn = np.degrees(trace.rotation_rad[:, 1] - trace.rotation_rad[0, 1])
        assert np.all(np.diff(turn[:, LEVEL.place], axis=0) > 0.0)
        others = np.delete(turn, LEVEL.place, axis=1)
        assert np.abs(others).max() == 0.0
        turns.append(turn[-1, LEVEL.place])
    assert np.all(turns[0] > turns[1])


def test_standing_presses_and_lying_gives_back(bench: SpatialBench) -> None:
    column = bench.column(Subject())
    hours = 3600.0
    trace = column.march([Phase(8 * hours, Load(bearing=posture)) for posture in (LYING, STANDING, LYING)])
    night, day, after = (trace.height_mm[trace.end(k)] for k in range(3))
    assert np.all(day < night)
    assert np.all(after > day)
    assert np.all(trace.pressure_mpa[trace.end(1)] > trace.pressure_mpa[trace.end(0)])


def test_a_disc_cut_out_loses_less_water_than_the_same_disc_in_a_person(bench: SpatialBench) -> None:
    column = bench.column(Subject(free=(LEVEL,), cuts=BARE))
    cut_out = column._chain(True, held=False, at=np.zeros((2, 3, 5, 2))).segments
    alive = column._chain(True, held=True, at=np.zeros((2, 3, 5, 2))).segments
    left = np.asarray(alive.core_path.face_resistance_mpa_s / cut_out.core_path.face_resistance_mpa_s)
    np.testing.assert_allclose(left, np.broadcast_to(column.model.found["specimen_flow"], left.shape))
    assert np.all(left < 0.5)
    np.testing.assert_array_equal(
        alive.wall_path.face_resistance_mpa_s, cut_out.wall_path.face_resistance_mpa_s
    )
