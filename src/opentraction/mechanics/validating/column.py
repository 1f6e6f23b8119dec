"""The column on the bench: the norm spine of each subject, loaded as the experiments ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from opentraction.chart import LEVELS, Patient, Posture, Setup, Sex
from opentraction.mechanics.chain import model as chain_model
from opentraction.mechanics.chain.equilibrium import TOLERANCE
from opentraction.mechanics.chain.march import march
from opentraction.mechanics.chain.model import Chain, State, start_state
from opentraction.mechanics.chain.outside import Load as ChainLoad
from opentraction.mechanics.loading import (
    PULL_NUMBERS,
    PullLoad,
    Stance,
    harness_line,
    posture_load,
    session_load,
)
from opentraction.mechanics.loading.posture import PostureLoad
from opentraction.mechanics.outputs.over_trace import openings_over
from opentraction.mechanics.outputs.shape import edges_mm, moved
from opentraction.mechanics.patient.build import build
from opentraction.mechanics.patient.loads import blocks, tilted
from opentraction.mechanics.patient.model import MODEL_NAME, SpineModel
from opentraction.mechanics.patient.priors import parameter_digest
from opentraction.mechanics.validating.bench import (
    UNLOADED,
    Bearing,
    Load,
    Part,
    Phase,
    Pull,
    Subject,
    Trace,
)
from opentraction.mechanics.validating.subject import norm_spine, present_in

Numbers = NDArray[np.float64]
_STEPS = 20
_CHANGE_STEPS = 4
"""Steps of no length over which the load changes at the start of a phase."""
HIP_FORWARD_MM = 25.0
"""Hip axis ahead of L5-S1, lying: assumed, 100 mm below at a pelvic tilt of about 14 deg."""
_DRAINED_S = 1e7
"""A step so long that all fluid has moved."""
_GRADING = 2.0
"""Steps of a phase end at (k / n)^2 of it: short ones first, after the change of load."""


@dataclass
class SpatialBench:
    """The column with `samples` samples; models are built once for each body."""

    samples: int = 32
    seed: int = 1
    given: Mapping[str, Numbers] | None = None
    """Parameters given, (sample) each, in place of drawn ones; bodies are then measured without error."""
    _built: dict[tuple[object, ...], SpineModel] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Name and version of the model."""
        return MODEL_NAME

    @property
    def parameters(self) -> str:
        """SHA-256 of the parameter files."""
        return parameter_digest()

    def column(self, subject: Subject) -> SpatialColumn:
        """The norm spine of a subject, its parameters drawn with the same seeds for every subject."""
        key = (subject.grade, subject.mass_kg, subject.height_scale, subject.protrusions)
        if key not in self._built:
            patient = Patient(patient_id="norms", sex=Sex.MALE, mass_kg=subject.mass_kg, simulated=True)
            exact = self.given is not None
            spine = norm_spine(
                pfirrmann=subject.grade,
                scale=subject.height_scale,
                protrusions=subject.protrusions,
                exact=exact,
            )
            self._built[key] = build(
                spine, patient, samples=self.samples, seed=self.seed, overrides=self.given
            )
        return SpatialColumn(subject, self._built[key])


@dataclass(frozen=True)
class _Act:
    """All that acts at one time, samples last."""

    follower_n: Numbers
    tilt_rad: Numbers
    force_n: Numbers
    """(2, 3, joint, sample) at the thorax' hold and at the wrench's point."""
    moment_nmm: Numbers
    hold: float
    """How firmly the thorax is held at its turn, times as lying."""
    held: bool
    """Whether a posture holds the thorax."""


@dataclass
class SpatialColumn:
    """One subject's ensemble."""

    subject: Subject
    model: SpineModel

    @property
    def samples(self) -> int:
        """Number of samples."""
        return len(self.model.drawn) + len(self.model.missed)

    @property
    def stature_share(self) -> Numbers:
        """(sample) share of a change of stature that the five lumbar discs make."""
        return self._every(self.model.found["stature_share"])

    def _every(self, values: object, lost: NDArray[np.bool_] | bool = False) -> Numbers:
        """Values of the samples that are there, last axis, among all that were drawn: NaN for the others."""
        found = np.asarray(values, dtype=float)
        out = np.full((*found.shape[:-1], self.samples), np.nan)
        out[..., list(self.model.drawn)] = np.where(lost, np.nan, found)
        return out

    def static(
        self,
        load: Load,
        *,
        begin: Load = UNLOADED,
        start: object | None = None,
        steps: int = 16,
        volume_removed_mm3: float = 0.0,
        drained: bool = False,
    ) -> Trace:
        """Equilibria on the straight way from `begin` to `load`; see `bench.Column`."""
        mirror = self._symmetric([begin, load])
        share = np.linspace(0.0, 1.0, steps + 1)
        chain = self._chain(mirror, held=load.bearing is not None, at=self._points([begin, load]))
        first, last = self._act(begin), self._act(load)
        if begin.bearing is None and load.bearing is not None:
            first = replace(first, tilt_rad=last.tilt_rad)
        dt = np.full(steps + 1, _DRAINED_S if drained else 0.0)
        acts = [_between(first, last, float(x)) for x in share]
        state = self._state(chain, start)
        if volume_removed_mm3:
            lost = volume_removed_mm3 / chain.segments.core_mm3 * chain.segments.free
            state = eqx.tree_at(lambda s: s.place.nucleus, state, state.place.nucleus - lost)
        phase = np.r_[-1, np.zeros(steps, dtype=np.int64)]
        return self._run(chain, state, acts, dt, 0.0 * share, phase, share)

    def march(self, phases: Sequence[Phase], *, start: object | None = None) -> Trace:
        """Run phases one after another with fluid and slow strain."""
        loads = [phase.load for phase in phases]
        mirror = self._symmetric(loads)
        held = any(load.bearing is not None for load in loads)
        chain = self._chain(mirror, held=held, at=self._points(loads))
        acts, dt, index = [], [], []
        before = self._act(loads[0])
        before = replace(before, follower_n=0.0 * before.follower_n, force_n=0.0 * before.force_n)
        acts.append(before)
        dt.append(0.0)
        index.append(-1)
        ends = (np.arange(1, _STEPS + 1) / _STEPS) ** _GRADING
        for place, phase in enumerate(phases):
            act = self._act(phase.load)
            acts += [_between(before, act, min(1.0, (k + 1) / _CHANGE_STEPS)) for k in range(_CHANGE_STEPS)]
            acts += [act] * _STEPS
            before = act
            dt += [*[0.0] * _CHANGE_STEPS, *np.diff(ends, prepend=0.0) * phase.duration_s]
            index += [place] * (_STEPS + _CHANGE_STEPS)
        steps = np.array(dt)
        return self._run(
            chain, self._state(chain, start), acts, steps, np.cumsum(steps), np.array(index), 0.0 * steps
        )

    def _symmetric(self, loads: Sequence[Load]) -> bool:
        uneven = any(
            wrench.force_n[1] or wrench.moment_nmm[0] or wrench.moment_nmm[2] or wrench.at_mm[1]
            for load in loads
            for wrench in load.wrenches.values()
        )
        one_sided = any(cut.part in (Part.LEFT_FACET, Part.RIGHT_FACET) for cut in self.subject.cuts)
        return not uneven and not one_sided

    def _points(self, loads: Sequence[Load]) -> Numbers:
        """(2, 3, joint, sample): where the harness holds L1, and where wrenches act."""
        points = np.zeros((2, 3, len(LEVELS), self.model.samples))
        for load in loads:
            for level, wrench in load.wrenches.items():
                points[1, :, level.place] = np.array(wrench.at_mm)[:, None]
            if load.pull is not None and load.bearing is not None:
                pulled = load.pull.force_n >= 0
                at = self._pulled(load.pull, load.bearing).hold_mm if pulled else np.zeros((3, 1))
                points[0, :, 0] = self._hold(at)
        return points

    def _hold(self, from_l1_mm: object) -> Numbers:
        """From the centre of L1 in the spine's own directions to the axes of L1's own disc."""
        image = self.model.image
        back = np.swapaxes(self.model.top, 0, 1)
        way = (back * np.asarray(from_l1_mm)[None]).sum(1)
        way[2] += 0.5 * (image.height_mm[0] + image.body_mm[0])
        return np.asarray(way)

    def _chain(self, mirror: bool, *, held: bool, at: Numbers) -> Chain:
        chain = self.model.assembled(
            mirror=mirror, present=present_in(self.subject), free_thorax=not held, points_mm=at
        ).chain
        return chain if held else self._clogged(chain)

    def _clogged(self, chain: Chain) -> Chain:
        """A specimen's: hardly any water passes its endplates, whose vessels are clogged after death."""
        left = jnp.asarray(self.model.found["specimen_flow"])
        resistance = chain.segments.core_path.face_resistance_mpa_s
        return eqx.tree_at(lambda c: c.segments.core_path.face_resistance_mpa_s, chain, resistance / left)

    def _state(self, chain: Chain, start: object | None) -> State:
        fresh = start_state(chain)
        if not isinstance(start, State):
            return fresh
        modes = jnp.asarray(start.place.modes_mm)
        count = fresh.place.modes_mm.shape[0]
        padded = jnp.concatenate([modes, jnp.zeros_like(fresh.place.modes_mm)])[:count]
        place = eqx.tree_at(lambda p: p.modes_mm, jax.tree.map(jnp.asarray, start.place), padded)
        kept = (place, jnp.asarray(start.slow_mm), jnp.asarray(start.residual))
        return eqx.tree_at(lambda s: (s.place, s.slow_mm, s.residual), fresh, kept)

    def _bearing(self, bearing: Bearing) -> PostureLoad:
        return posture_load(
            self.model.trunk,
            bearing.stance,
            load_kg=bearing.load_kg,
            hip_flexion_deg=bearing.hip_flexion_deg,
            pose=bearing.pose,
        )

    def _pulled(self, pull: Pull, bearing: Bearing) -> PullLoad:
        model, body = self.model, self._bearing(bearing)
        posture = Posture.PRONE if bearing.stance is Stance.PRONE else Posture.SUPINE
        l1 = model.l1_mm
        line = harness_line(
            l1[0],
            l1[2],
            samples=model.samples,
            numbers={name: model.found[name] for name in PULL_NUMBERS if name in model.found},
        )
        return session_load(
            jnp.array([0.0]),
            jnp.array([abs(pull.force_n)]),
            Setup(posture=posture, table=pull.table),
            line,
            angle_rad=0.0,
            weight_n=jnp.asarray(model.weight_n),
            lost_share=jnp.asarray(model.found["lost_share"]),
            lying_n=jnp.zeros(model.samples),
            turn_rad=body.turn_rad,
        )

    def _press(self, force_n: float) -> Numbers:
        """(3, sample) force [N] of a vest that presses shoulders against feet, on the centre of L1.

        It goes straight to the axis of the hips, through which the legs push back, and nothing of it is lost.
        Thorax and pelvis lie on the table, which keeps the turn of the thorax.
        """
        l1, depth = self.model.l1_mm, self.model.found["hip_depth"]
        way = np.stack([HIP_FORWARD_MM - l1[0] + 0.0 * depth, 0.0 * depth, -depth - l1[2]])
        return np.asarray(force_n * way / np.linalg.norm(way, axis=0))

    def _act(self, load: Load) -> _Act:
        model, samples = self.model, self.model.samples
        follower = np.full((len(LEVELS), samples), load.follower_n)
        force = np.zeros((2, 3, len(LEVELS), samples))
        moment = np.zeros((3, len(LEVELS), samples))
        tilt, hold = tilted(model.top, np.zeros(samples)), 1.0
        if load.bearing is not None:
            body = self._bearing(load.bearing)
            follower = follower + np.asarray(body.compression_n)
            tilt, hold = tilted(model.top, body.turn_rad), body.hold
            if load.pull is not None:
                force[0, :, 0] = (
                    np.asarray(self._pulled(load.pull, load.bearing).force_n[0])
                    if load.pull.force_n > 0
                    else self._press(-load.pull.force_n)
                )
        for level, wrench in load.wrenches.items():
            axes = model.image.disc_turn[:, :, level.place]
            force[1, :, level.place] = (axes @ np.array(wrench.force_n))[:, None]
            moment[:, level.place] = (axes @ np.array(wrench.moment_nmm))[:, None]
        return _Act(follower, tilt, force, moment, hold, load.bearing is not None)

    def _run(
        self,
        chain: Chain,
        state: State,
        acts: Sequence[_Act],
        dt: Numbers,
        time_s: Numbers,
        phase: NDArray[np.int64],
        share: Numbers,
    ) -> Trace:
        samples = self.model.samples
        load = ChainLoad(
            dt_s=jnp.asarray(np.repeat(dt[:, None], samples, axis=1)),
            follower_n=jnp.asarray(np.stack([act.follower_n for act in acts])),
            force_n=jnp.asarray(np.stack([act.force_n for act in acts])),
            moment_nmm=jnp.asarray(np.stack([act.moment_nmm for act in acts])),
            tilt_rad=jnp.asarray(np.stack([act.tilt_rad for act in acts])),
            hold=jnp.asarray(np.repeat([[act.hold] for act in acts], samples, axis=1)),
        )
        end, trace = march(chain, state, blocks(load), what="an experiment", strict=False)
        steps = len(dt)
        trace = jax.tree.map(lambda x: x[:steps], trace)
        return self._told(chain, end, trace, time_s, phase, share)

    def _told(
        self,
        chain: Chain,
        end: State,
        trace: chain_model.Trace,
        time_s: Numbers,
        phase: NDArray[np.int64],
        share: Numbers,
    ) -> Trace:
        model, segments = self.model, chain.segments
        # a sample that lost its balance here, or in the run that this one goes on from, has no answer
        lost = ~(np.asarray(end.residual) <= TOLERANCE)

        def told(values: object) -> Numbers:
            return self._every(values, lost)

        at = moved(trace, model.rest)
        front, back = edges_mm(at, model.sizes.half_depth_mm)
        open_ = openings_over(model, trace, at)
        core, wall = np.asarray(segments.core_mm3), np.asarray(segments.wall_mm3)
        nucleus, annulus = np.asarray(trace.nucleus), np.asarray(trace.annulus)
        water = core * np.asarray(segments.core_path.water) + wall * np.asarray(segments.wall_path.water)
        volume = core * nucleus + wall * annulus
        both = {
            name: told(np.asarray(getattr(open_, name)).mean(axis=0))
            for name in (
                "foramen_height_mm",
                "foramen_width_mm",
                "foramen_least_width_mm",
                "foramen_area_mm2",
                "flavum_thickness_mm",
            )
        }
        return Trace(
            time_s=time_s,
            phase=phase,
            share=share,
            rotation_rad=told(trace.rotation_rad),
            translation_mm=told(trace.shift_mm),
            pressure_mpa=told(trace.pressure_mpa),
            height_mm=told(at.height_mm),
            height_front_mm=told(front),
            height_back_mm=told(back),
            volume_mm3=told(volume),
            fluid_mm3=told(volume - core - wall + water),
            posterior_bulge_mm=told(open_.posterior_bulge_mm),
            protrusion_mm2=told(open_.protrusion_mm2),
            facet_n=told(trace.facets.normal_n),
            facet_axial_n=told(np.asarray(trace.facets.axial_n).sum(axis=1)),
            canal_area_mm2=told(open_.canal_area_mm2),
            dural_sac_mm2=told(open_.dural_sac_mm2),
            state=end,
            **both,
        )


def _between(first: _Act, last: _Act, share: float) -> _Act:
    def mixed(a: Numbers, b: Numbers) -> Numbers:
        return np.asarray((1.0 - share) * a + share * b)

    return _Act(
        mixed(first.follower_n, last.follower_n),
        mixed(first.tilt_rad, last.tilt_rad),
        mixed(first.force_n, last.force_n),
        mixed(first.moment_nmm, last.moment_nmm),
        float(mixed(np.asarray(first.hold), np.asarray(last.hold))),
        last.held,
    )
