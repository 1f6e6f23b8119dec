"""The experiments on the linear disc, where the answers are known; and on a disc of two Kelvin elements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest

from opentraction.chart import BadInput, Level
from opentraction.mechanics.loading import Stance, posture_load, trunk
from opentraction.mechanics.validating import LinearBench, Load, Phase, Runs, Subject, Trace, Wrench, asked
from opentraction.mechanics.validating.bench import Numbers
from opentraction.mechanics.validating.days import two_exponentials
from opentraction.mechanics.validating.linear import (
    AREA_MM2,
    AXIAL_N_MM,
    BEND_NMM_RAD,
    LOST_SHARE,
    SHEAR_N_MM,
    STATURE_SHARE,
    LinearColumn,
)
from opentraction.mechanics.validating.postures import STANCES
from opentraction.mechanics.validating.readings import along, first_reach, levels_of
from opentraction.mechanics.validating.segments import six_way_stiffness

L45 = Level.L4_L5


@pytest.fixture(scope="module")
def runs() -> Runs:
    return Runs(LinearBench(samples=3))


@pytest.mark.parametrize(
    ("direction", "axis"),
    [("flexion", 1), ("extension", 1), ("right lateral bending", 0), ("axial rotation", 2)],
)
def test_a_moment_turns_one_disc_by_its_stiffness(runs: Runs, direction: str, axis: int) -> None:
    found = runs.answer(asked("disc_rotation", direction=direction, moment_nm=2.25, level=L45))
    assert found == pytest.approx(np.full(3, np.degrees(2250.0 / BEND_NMM_RAD[axis])))
    assert runs.answer(asked("disc_pressure", direction=direction, moment_nm=2.25)) == pytest.approx(
        np.zeros(3)
    )


def test_a_spine_turns_by_the_sum_of_its_free_joints(runs: Runs) -> None:
    one = runs.answer(asked("spine_rotation", direction="flexion", moment_nm=10.0, levels="L3-L4"))
    both = runs.answer(
        asked("spine_rotation", direction="flexion + extension", moment_nm=10.0, levels="L1-L5")
    )
    assert both == pytest.approx(8.0 * one)


def test_the_six_way_test_gives_back_the_stiffness(runs: Runs) -> None:
    matrix = six_way_stiffness(runs, L45, 250.0, intact=True)[..., 0]
    expected = np.diag([SHEAR_N_MM, SHEAR_N_MM, AXIAL_N_MM, *BEND_NMM_RAD])
    assert matrix == pytest.approx(expected, rel=1e-9, abs=1e-6)
    factor = runs.answer(asked("preload_factor", preload_n=250.0, structures="intact", levels="L2-L3/L4-L5"))
    assert factor == pytest.approx(np.ones(3))
    assert runs.answer(asked("axial_stiffness", preload_n=500.0, levels="L4-L5")) == pytest.approx(AXIAL_N_MM)
    turning = runs.answer(asked("turning_stiffness", direction="flexion", moment_nm=10.0))
    assert turning == pytest.approx(BEND_NMM_RAD[1] * np.pi / 180.0 / 1e3)
    assert runs.answer(asked("gram_bulge", grams=1.0)) == pytest.approx(0.0)
    assert runs.answer(asked("shear_stiffness", force_n=1029.0)) == pytest.approx(SHEAR_N_MM)


def test_a_force_above_the_disc_bends_it_and_those_below() -> None:
    column = LinearBench().column(Subject())
    trace = column.static(Load(wrenches={L45: Wrench(force_n=(100.0, 0.0, 0.0), at_mm=(0.0, 0.0, 20.0))}))
    turn = trace.rotation_rad[-1, 1, :, 0] * BEND_NMM_RAD[1]
    assert turn == pytest.approx([0.0, 0.0, 0.0, 2000.0, 5900.0])
    assert trace.translation_mm[-1, 0, :, 0] * SHEAR_N_MM == pytest.approx([0, 0, 0, 100.0, 100.0])


def test_flexion_opens_the_back_and_the_foramen() -> None:
    column = LinearBench().column(Subject())
    trace = column.static(Load(wrenches={Level.L1_L2: Wrench(moment_nmm=(0.0, 5000.0, 0.0))}))
    assert (trace.height_back_mm[-1] > trace.height_back_mm[0]).all()
    assert (trace.height_front_mm[-1] < trace.height_front_mm[0]).all()
    assert (trace.foramen_height_mm[-1] > trace.foramen_height_mm[0]).all()
    assert (trace.flavum_thickness_mm[-1] < trace.flavum_thickness_mm[0]).all()


def test_pulls_act_less_on_a_plain_table(runs: Runs) -> None:
    lying = float(posture_load(trunk(70.0 * 9.81), Stance.PRONE).compression_n[3, 0])
    arriving = 1.0 - LOST_SHARE
    found = runs.answer(asked("pull_pressure", pull_n=400.0))
    assert found == pytest.approx(1.5 * (lying - arriving * 400.0) / AREA_MM2)
    assert runs.answer(asked("pull_threshold")) == pytest.approx(lying / arriving)
    split = runs.answer(asked("stature_gain", at_min=25.0, percent_bw=60.0, table="split table"))
    plain = runs.answer(asked("stature_gain", at_min=25.0, percent_bw=60.0, table="plain table"))
    less = runs.answer(asked("stature_gain", at_min=25.0, percent_bw=30.0, table="plain table"))
    per_weight = 5 * 70.0 * 9.81 / AXIAL_N_MM / STATURE_SHARE
    assert split == pytest.approx(0.60 * arriving * per_weight)
    assert plain == pytest.approx((0.60 * arriving - 0.25) * per_weight)
    assert less == pytest.approx(0.0), "below friction nothing arrives"
    assert runs.answer(asked("stature_gain", at_min=25.0, percent_bw=0.0)) == pytest.approx(0.0)


def test_bearings_bend_and_press_the_linear_spine(runs: Runs) -> None:
    standing, lying, lifting = (
        runs.answer(asked("posture_pressure", posture=name, held_kg=kilograms))[0]
        for name, kilograms in (("standing", 0.0), ("lying supine", 0.0), ("lifting, back flexed", 20.0))
    )
    assert lying < standing < lifting
    assert (runs.answer(asked("back_strain", level=L45)) > 10.0).all()
    with pytest.raises(BadInput, match="postures"):
        runs.answer(asked("posture_pressure", posture="handstand"))


@pytest.mark.parametrize("posture", list(STANCES))
def test_every_posture_has_its_loads(runs: Runs, posture: str) -> None:
    held = 20.0 if posture.startswith(("lifting", "holding")) else 0.0
    found = runs.answer(asked("posture_pressure", posture=posture, held_kg=held))
    assert ((found > 0.0) & (found < 5.0)).all()


def test_a_run_that_is_shared_is_run_once() -> None:
    class Counting(LinearBench):
        made = 0

        def column(self, subject: Subject) -> LinearColumn:
            type(self).made += 1
            return super().column(subject)

    runs = Runs(Counting())
    for moment in (1.0, 2.5, 7.5):
        runs.answer(asked("disc_rotation", direction="flexion", moment_nm=moment))
        runs.answer(asked("disc_pressure", direction="flexion", moment_nm=moment))
    # the bare disc, and the whole spine in which it lay the night before
    assert Counting.made == 2
    with pytest.raises(BadInput, match="name of an experiment"):
        runs.answer(asked("levitation"))


# time


@dataclass(frozen=True)
class KelvinColumn(LinearColumn):
    """Half of each disc's motion comes at once, a tenth with 300 s, the rest with 4 h."""

    shares: tuple[float, float] = (0.1, 0.4)
    times_s: tuple[float, float] = (300.0, 4 * 3600.0)

    def march(self, phases: Sequence[Phase], *, start: object | None = None) -> Trace:
        soft = np.zeros((2, 5))
        time, heights, times, index = 0.0, [np.zeros(5)], [0.0], [-1]
        for place, phase in enumerate(phases):
            load = self._acting(phase.load)[2] / AXIAL_N_MM
            grid = np.concatenate([[0.0], np.geomspace(1.0, phase.duration_s, 60)])
            begun = soft.copy()
            for after in grid:
                for k in range(2):
                    done = np.exp(-after / self.times_s[k])
                    soft[k] = begun[k] * done + self.shares[k] * load * (1.0 - done)
                heights.append(0.5 * load + soft.sum(axis=0))
                times.append(time + after)
                index.append(place)
            time += phase.duration_s
        flat = super().march([Phase(1.0, Load())] * ((len(times) - 1) // 2), start=start)
        pick = np.minimum(np.arange(len(times)), len(flat.time_s) - 1)
        whole = {name: getattr(flat, name)[pick] for name in flat.__dataclass_fields__ if name != "state"}
        trace = Trace(**whole, state=None)
        tall = np.repeat((12.5 + np.array(heights))[..., None], self.samples, axis=-1)
        return replace(trace, time_s=np.array(times), phase=np.array(index), height_mm=tall)


class KelvinBench(LinearBench):
    def column(self, subject: Subject) -> LinearColumn:
        return KelvinColumn(subject, self.samples)


@pytest.fixture(scope="module")
def kelvin() -> Runs:
    return Runs(KelvinBench(samples=2))


def test_the_fit_finds_the_two_exponentials() -> None:
    time: Numbers = np.geomspace(1.0, 4 * 3600.0, 300)
    moving = 10.0 + 0.2 * np.exp(-time / 300.0) + 0.8 * np.exp(-time / 14400.0)
    found = two_exponentials(time - time[0], np.stack([moving, np.full(300, 3.0), 2.0 * moving], axis=1))
    assert found[:, 0] == pytest.approx([0.2, 0.8, 14400.0], rel=0.1)
    assert found[:, 2] == pytest.approx([0.4, 1.6, found[2, 0]], rel=0.1)
    assert np.isnan(found[:, 1]).all()


def test_creep_and_recovery_of_a_linear_disc_have_one_time(kelvin: Runs) -> None:
    assert kelvin.answer(asked("recovery_ratio")) == pytest.approx(1.0, rel=0.15)
    assert kelvin.answer(asked("fast_share")) == pytest.approx(10.0, rel=0.15)


def test_recovery_hours_of_a_linear_disc(kelvin: Runs) -> None:
    found = kelvin.answer(asked("recovery_hours", load_n=2000.0))
    assert (found > 0.0).all()
    assert (found < 4.0).all()


def test_stature_comes_and_goes_with_time(kelvin: Runs) -> None:
    lying = kelvin.answer(asked("stature_gain", at_min=42.0, percent_bw=0.0, mass_kg=87.0))
    pulled = kelvin.answer(asked("stature_gain", at_min=42.0, percent_bw=60.0, mass_kg=87.0))
    assert (lying > 0.1).all()
    assert (pulled > lying).all()
    lasts = kelvin.answer(asked("gain_lasts", percent_bw=60.0, total_min=42.0))
    assert ((lasts > 0.0) & (lasts <= 180.0)).all()
    early = kelvin.answer(asked("water_traction", weight_n=40.0, age="young", when_s=30.0, levels="L3-S1"))
    late = kelvin.answer(asked("water_traction", weight_n=40.0, age="young", when_s=1200.0, levels="L3-S1"))
    assert (late > early).all()
    assert (kelvin.answer(asked("day_change", what="height", level="largest")) < 0.0).all()
    assert (kelvin.answer(asked("supine_repeat")) > 0.0).all()


# reading


def test_reading_along_and_first_reach() -> None:
    places: Numbers = np.array([0.0, 1.0, 2.0])
    rising: Numbers = np.array([[0.0, 0.0], [1.0, 0.1], [2.0, 0.2]])
    assert along(1.5, places, rising) == pytest.approx([1.5, 0.15])
    assert first_reach(1.5, rising, places) == pytest.approx([1.5, 2.0])
    assert first_reach(0.0, rising, places) == pytest.approx([0.0, 0.0])


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ("L4-L5", 1),
        ("L4/L5", 1),
        ("L4/L5 and L5/S1", 2),
        ("L4-L5/L5-S1", 2),
        ("L3-S1 mean", 3),
        ("L1-L5", 4),
        ("each of L2-S1", 4),
        ("lumbar", 5),
    ],
)
def test_levels_in_words(words: str, count: int) -> None:
    assert len(levels_of(words)) == count


def test_levels_that_are_not_lumbar_are_refused() -> None:
    with pytest.raises(BadInput, match="level"):
        levels_of("hand")
