"""The published experiments on the column: a condition changes load, history, size or grade, nothing else."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from opentraction.chart import (
    BadInput,
    Family,
    Hold,
    Level,
    Patient,
    Posture,
    Setup,
    Sex,
    TableKind,
    TractionProfile,
)
from opentraction.mechanics.assembly import build
from opentraction.mechanics.column import BLOCK, State, Trace, start_state
from opentraction.mechanics.history import (
    DAY_S,
    LYING_BEFORE_SCAN_S,
    NIGHT_S,
    phase,
    rest,
    until_lying,
)
from opentraction.mechanics.load import GRAVITY_M_S2, session_grid
from opentraction.mechanics.march import march
from opentraction.mechanics.model import SpineModel, float_array
from opentraction.mechanics.protocol import at_once, bare, before_release, crossing, decay, held, rise, times
from opentraction.mechanics.response import Response, session_load, simulate
from opentraction.mechanics.subject import norm_spine

_NUMBERS = NDArray[np.float64]
_L3_S1 = slice(2, 5)
_HOUR_S = 3600.0
_SOFT_NMM = 1e-3


class Experiments:
    """Runs each experiment once on an ensemble; every result is one number per sample, in the row's unit."""

    def __init__(self, samples: int = 32, seed: int = 1) -> None:
        self.samples, self.seed = samples, seed
        self._models: dict[tuple[float, float], SpineModel] = {}

    def run(self, name: str) -> _NUMBERS:
        """The result (sample) of an experiment. Raises BadInput for a name that is not one."""
        base, _, last = name.rpartition("_")
        if base in _MOMENT and last.replace(".", "").isdigit():
            return self._moment(base, float(last))
        method: Callable[[], _NUMBERS] | None = getattr(self, f"do_{name}", None)
        if method is None:
            raise BadInput(f"Expected the name of an experiment, got '{name}'. Mend rows.csv.")
        return method()

    def model(self, *, grade: float = 2.0, mass_kg: float = 70.0) -> SpineModel:
        """The norm subject with a grade and a mass, lying flat on a split table."""
        key = (grade, mass_kg)
        if key not in self._models:
            patient = Patient(patient_id="norms", sex=Sex.MALE, mass_kg=mass_kg, simulated=True)
            flat = Setup(hip_flexion_deg=15.0, knee_flexion_deg=20.0)
            spine = norm_spine(pfirrmann=grade)
            self._models[key] = build(spine, patient, setup=flat, samples=self.samples, seed=self.seed)
        return self._models[key]

    # traction

    @cached_property
    def _ramos(self) -> Response:
        model = self.model().with_setup(Setup(posture=Posture.PRONE, hip_flexion_deg=15.0))
        profile = held(400.0, 60.0, 60.0)
        return simulate(model, profile)

    def do_pull_pressure(self) -> _NUMBERS:
        """Least pressure at L4-L5 [kPa] under 400 N."""
        return self._ramos.pressure_mpa[3].min(axis=0) * 1e3

    def do_pull_threshold(self) -> _NUMBERS:
        """Pull [N] at which pressure at L4-L5 first passes zero; the greatest pull where it never does."""
        pressure, pull = self._ramos.pressure_mpa[3], self._ramos.pull_n
        rising = slice(0, int(np.argmax(pull)) + 1)
        return np.array([crossing(pull[rising], row) for row in pressure[rising].T])

    def _suspension(self, grade: float) -> tuple[_NUMBERS, _NUMBERS]:
        model = self.model(grade=grade)
        loads = [*until_lying(model), phase(model, 1200.0, -51.0)]
        _, trace = march(model.column, start_state(model.column), loads, what="suspension in water")
        before = trace.stretch_mm[-BLOCK - 1]
        now, later = trace.stretch_mm[-BLOCK] - before, trace.stretch_mm[-1] - before
        return float_array(now[_L3_S1].mean(axis=0)), float_array(later[_L3_S1].mean(axis=0))

    def do_suspension_now(self) -> _NUMBERS:
        """Lengthening [mm] a segment L3 to S1, half a minute after suspension."""
        return self._suspension(1.5)[0]

    def do_suspension_20min(self) -> _NUMBERS:
        """The same after 20 min."""
        return self._suspension(1.5)[1]

    def do_suspension_now_old(self) -> _NUMBERS:
        """As `do_suspension_now` with discs of grade 4."""
        return self._suspension(4.0)[0]

    def do_suspension_20min_old(self) -> _NUMBERS:
        """As `do_suspension_20min` with discs of grade 4."""
        return self._suspension(4.0)[1]

    def do_suspension_stiffness(self) -> _NUMBERS:
        """51 N over the lengthening [N/mm]."""
        return 51.0 / self._suspension(1.5)[0]

    def do_hanging(self) -> _NUMBERS:
        """Least widening [mm] of L2-L3 to L5-S1, hanging with half of the body below, against standing."""
        model = self.model()
        pulled = -0.5 * float_array(model.body.weight_n)
        loads = [*until_lying(model), phase(model, 600.0, pulled)]
        _, trace = march(model.column, start_state(model.column), loads, what="hanging")
        return np.asarray((trace.stretch_mm[-1] - trace.stretch_mm[-BLOCK - 1])[1:].min(axis=0))

    def do_twomey(self) -> _NUMBERS:
        """Lengthening [mm] of L1 to S1 under 88 N for 30 min, from no load."""
        model = self.model()
        loads = [phase(model, NIGHT_S, 0.0), phase(model, 1800.0, -88.0)]
        _, trace = march(model.column, start_state(model.column), loads, what="cadaver traction")
        return np.asarray((trace.stretch_mm[-1] - trace.stretch_mm[BLOCK - 1]).sum(axis=0))

    # stature

    def _stature(
        self, minutes: float, share: float, *, plain: bool, mass_kg: float, after_s: float = 0.0
    ) -> Response:
        """Lying down from upright, straight into a pull of `share` of body weight."""
        model = self.model(mass_kg=mass_kg)
        if plain:
            model = model.with_setup(Setup(table=TableKind.PLAIN, hip_flexion_deg=15.0))
        upright, _ = march(
            model.column, start_state(model.column), until_lying(model), what="the hours before traction"
        )
        lying = eqx.tree_at(lambda r: r.state, rest(model), upright)
        seconds = minutes * 60.0
        if share == 0.0:
            profile = TractionProfile(name="lying", family=Family.LYING, segments=(Hold(duration_s=seconds),))
        else:
            profile = held(share * mass_kg * GRAVITY_M_S2, 60.0, seconds - 120.0)
        return simulate(model, profile, rested=lying, after_s=after_s)

    def _gain(self, response: Response, mass_kg: float) -> _NUMBERS:
        """Stature [mm] over (time, sample), from 1 min after lying down."""
        share = float_array(self.model(mass_kg=mass_kg).body.stature_share)
        lumbar = response.height_mid_mm.sum(axis=0) / share
        first = np.array([np.interp(60.0, response.time_s, column) for column in lumbar.T])
        return np.asarray(lumbar - first)

    def do_bridger_pull(self) -> _NUMBERS:
        """Stature gain [mm] in 25 min at a third of body weight, before the release."""
        return before_release(self._gain(r := self._stature(25.0, 1 / 3, plain=False, mass_kg=70.0), 70.0), r)

    def do_bridger_control(self) -> _NUMBERS:
        """Stature gain [mm] in 25 min lying."""
        return self._gain(self._stature(25.0, 0.0, plain=False, mass_kg=70.0), 70.0)[-1]

    def do_rodacki_0(self) -> _NUMBERS:
        """Stature gain [mm] in 42 min lying, 87 kg."""
        return self._gain(self._stature(42.0, 0.0, plain=True, mass_kg=87.0), 87.0)[-1]

    def do_rodacki_30(self) -> _NUMBERS:
        """Stature gain [mm] in 42 min at 30 % of body weight on a plain table, before the release."""
        return before_release(self._gain(r := self._stature(42.0, 0.3, plain=True, mass_kg=87.0), 87.0), r)

    def do_effect_left_min(self) -> _NUMBERS:
        """Minutes upright after 42 min at 30 % of body weight until a tenth of the gain is left."""
        model = self.model(mass_kg=87.0).with_setup(Setup(table=TableKind.PLAIN, hip_flexion_deg=15.0))
        up = model.body.standing_n
        profile = held(0.3 * 87.0 * GRAVITY_M_S2, 60.0, 42 * 60.0 - 120.0)
        column, load, _ = session_load(model, grid := session_grid(profile), 0.0)
        blocks = [
            jax.tree.map(lambda x, k=k: x[k * BLOCK : (k + 1) * BLOCK], load)
            for k in range(len(grid.time_s) // BLOCK)
        ]
        after = phase(model, 3 * _HOUR_S, up)
        loads = [*until_lying(model), *blocks, after]
        _, trace = march(column, start_state(column), loads, what="traction, then upright")
        lumbar = float_array(trace.stretch_mm).sum(axis=1)
        before, upright = lumbar[4 * BLOCK - 1], lumbar[-BLOCK:]
        return np.array([decay(times(after), upright[:, i] - before[i]) for i in range(self.samples)]) / 60.0

    # day and night

    @cached_property
    def _day(self) -> tuple[Trace, SpineModel]:
        model = self.model(grade=1.5)
        up, lying = model.body.standing_n, model.body.lying_n
        short = LYING_BEFORE_SCAN_S
        loads = [
            phase(model, NIGHT_S, lying),
            phase(model, DAY_S, up),
            phase(model, NIGHT_S, lying),
            phase(model, DAY_S - _HOUR_S, up),
            phase(model, short, lying),
        ]
        _, trace = march(model.column, start_state(model.column), loads, what="a day and a night")
        return trace, model

    def _day_change(self, values: _NUMBERS) -> _NUMBERS:
        morning, evening = values[3 * BLOCK - 1], values[-1]
        return np.asarray((evening / morning - 1.0) * 100.0)

    def do_day_height_small(self) -> _NUMBERS:
        """Change of height [%] from morning to evening, the level that changes least."""
        trace, model = self._day
        change = self._day_change(float_array(model.column.joint.height_mm) + trace.stretch_mm)
        return change[np.argmin(np.abs(np.median(change, axis=-1)))]

    def do_day_height_large(self) -> _NUMBERS:
        """The level that changes most."""
        trace, model = self._day
        change = self._day_change(float_array(model.column.joint.height_mm) + trace.stretch_mm)
        return change[np.argmax(np.abs(np.median(change, axis=-1)))]

    def do_day_volume(self) -> _NUMBERS:
        """Change of disc volume [%] from morning to evening, the level that changes least."""
        change = self._day_change(float_array(self._day[0].filling))
        return change[np.argmin(np.abs(np.median(change, axis=-1)))]

    def do_day_stature(self) -> _NUMBERS:
        """Change of stature [mm] over the day."""
        trace, model = self._day
        drop = (trace.stretch_mm[3 * BLOCK - 1] - trace.stretch_mm[-1]).sum(axis=0)
        return np.asarray(drop / float_array(model.body.stature_share))

    def _botsford(self, level: Level) -> _NUMBERS:
        model = self.model(grade=1.5)
        up, lying = model.body.standing_n, model.body.lying_n
        loads = [*until_lying(model), phase(model, 6 * _HOUR_S, lying), phase(model, 7 * _HOUR_S, up)]
        _, trace = march(model.column, start_state(model.column), loads, what="a simulated day")
        high, low = trace.filling[-BLOCK - 1, level.place], trace.filling[-1, level.place]
        return np.asarray((1.0 - low / high) * 100.0)

    def do_botsford_l34(self) -> _NUMBERS:
        """Decrease of disc volume [%] at L3-L4 over 7 h upright after 6 h lying."""
        return self._botsford(Level.L3_L4)

    def do_botsford_l51(self) -> _NUMBERS:
        """The same at L5-S1."""
        return self._botsford(Level.L5_S1)

    @cached_property
    def _postures(self) -> Trace:
        model = self.model()
        up, lying = model.body.standing_n, model.body.lying_n
        loads = [
            phase(model, NIGHT_S, lying),
            phase(model, 4 * _HOUR_S, up),
            phase(model, LYING_BEFORE_SCAN_S, lying),
            phase(model, 8 * _HOUR_S, up),
            phase(model, 7 * _HOUR_S, lying),
        ]
        return march(model.column, start_state(model.column), loads, what="postures")[1]

    def do_lying_pressure(self) -> _NUMBERS:
        """Pressure [MPa] at L4-L5, 20 min after lying down."""
        return float_array(self._postures.pressure_mpa[3 * BLOCK - 1, 3])

    def do_standing_pressure(self) -> _NUMBERS:
        """Pressure [MPa] at L4-L5, standing, 4 h after rising."""
        return float_array(self._postures.pressure_mpa[2 * BLOCK - 1, 3])

    def do_night_pressure(self) -> _NUMBERS:
        """Pressure [MPa] at L4-L5 after 7 h lying."""
        return float_array(self._postures.pressure_mpa[-1, 3])

    # disc in the laboratory

    def do_free_swelling(self) -> _NUMBERS:
        """Pressure [MPa] of L4-L5 after three days without load."""
        model = self.model()
        _, trace = march(
            model.column, start_state(model.column), [phase(model, 72 * _HOUR_S, 0.0)], what="swelling"
        )
        return float_array(trace.pressure_mpa[-1, 3])

    @cached_property
    def _creep(self) -> Trace:
        model = self.model()
        loads = [
            phase(model, 24 * _HOUR_S, 20.0),
            phase(model, 4 * _HOUR_S, 1000.0),
            phase(model, 24 * _HOUR_S, 20.0),
        ]
        return march(bare(model).column, start_state(model.column), loads, what="creep at 1000 N")[1]

    def do_recovery_ratio(self) -> _NUMBERS:
        """Time to 63 % of recovery over time to 63 % of creep, each after its first minute, L4-L5."""
        model = self.model()
        height = float_array(self._creep.stretch_mm[:, 3])
        creep_t = times(phase(model, 4 * _HOUR_S, 1000.0))
        recovery_t = times(phase(model, 24 * _HOUR_S, 20.0))
        creep, recovery = height[BLOCK : 2 * BLOCK], height[2 * BLOCK :]
        return np.array(
            [rise(recovery_t, recovery[:, i]) / rise(creep_t, creep[:, i]) for i in range(self.samples)]
        )

    def do_creep_fluid(self) -> _NUMBERS:
        """Fluid lost [% of disc volume] in 4 h at 1000 N."""
        filling = float_array(self._creep.filling[:, 3])
        return (1.0 - filling[2 * BLOCK - 1] / filling[BLOCK - 1]) * 100.0

    def do_stiffness_500(self) -> _NUMBERS:
        """Axial stiffness [N/mm] of L4-L5 around 500 N, at once."""
        model = self.model()
        state, _ = march(model.column, start_state(model.column), until_lying(model), what="preload")
        heights = []
        for load in (475.0, 525.0):
            _, trace = march(model.column, state, [at_once(model, load)], what="stiffness")
            heights.append(trace.stretch_mm[-1, 3])
        return 50.0 / float_array(heights[0] - heights[1])

    @cached_property
    def _grams(self) -> list[Trace]:
        model = bare(self.model())
        joint = model.column.joint
        state, _ = march(
            model.column, start_state(model.column), [phase(model, NIGHT_S, 20.0)], what="soaking"
        )
        volume = float_array(joint.nucleus_share * joint.area_mm2 * joint.height_mm)
        runs = []
        for grams in (0.0, 1.0, 3.0):
            less = eqx.tree_at(lambda s: s.nucleus, state, state.nucleus - 1000.0 * grams / volume)
            runs.append(march(model.column, less, [at_once(model, 1000.0)], what=f"{grams:g} g removed")[1])
        return runs

    def do_gram_height(self) -> _NUMBERS:
        """Change of height [mm] of L4-L5 at 1000 N when 1 g leaves the nucleus."""
        whole, one, _ = self._grams
        return np.asarray(one.stretch_mm[-1, 3] - whole.stretch_mm[-1, 3])

    def do_gram_pressure(self) -> _NUMBERS:
        """Pressure [% of intact] at 1000 N when 3 g have left."""
        whole, _, three = self._grams
        return np.asarray(three.pressure_mpa[-1, 3] / whole.pressure_mpa[-1, 3] * 100.0)

    def _moment(self, what: str, moment_nm: float) -> _NUMBERS:
        """Pressure change [MPa] or turn [deg] of L4-L5 alone under a pure moment, from no load."""
        sign = -1.0 if what.startswith("flexion") else 1.0
        model, state, base = self._specimen
        trace = self._turned(model, state, 0.0, sign * moment_nm)
        if what.endswith("pressure"):
            return np.asarray(trace.pressure_mpa[-1, 3] - base.pressure_mpa[-1, 3])
        return np.asarray(np.degrees(sign * (trace.opening_rad[-1, 3] - base.opening_rad[-1, 3])))

    @cached_property
    def _specimen(self) -> tuple[SpineModel, State, Trace]:
        model = bare(self.model())
        loads = [phase(model, NIGHT_S, model.body.lying_n), phase(model, 300.0, 0.0)]
        state, trace = march(model.column, start_state(model.column), loads, what="a specimen at rest")
        return model, state, trace

    def _turned(self, model: SpineModel, state: State, compression_n: float, moment_nm: float) -> Trace:
        """All joints under one moment (extension positive), at once: a soft far spring is a dead moment."""
        soft = jnp.full_like(model.column.thorax_stiffness_nmm, _SOFT_NMM)
        column = eqx.tree_at(lambda c: c.thorax_stiffness_nmm, model.column, soft)
        load = at_once(model, compression_n, tilt_rad=moment_nm * 1e3 / _SOFT_NMM)
        return march(column, state, [load], what=f"{moment_nm:g} N m")[1]


_MOMENT = ("flexion_pressure", "extension_pressure", "flexion_turn", "extension_turn")
