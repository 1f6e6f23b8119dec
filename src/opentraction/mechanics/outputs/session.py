"""A session on the spatial column: the history before it, the pull, and what happens per level over time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

import jax
import numpy as np
from numpy.typing import NDArray

from opentraction.chart import LEVELS, BadInput, TractionProfile
from opentraction.mechanics.chain.model import State, Trace, start_state
from opentraction.mechanics.chain.outside import Load
from opentraction.mechanics.loading import (
    BLOCK,
    PULL_NUMBERS,
    PullLoad,
    guarding_n,
    harness_line,
    harness_stroke_mm,
    posture_load,
    session_layout,
    session_load,
    session_values,
    setup_stance,
    tissue,
)
from opentraction.mechanics.loading.grid import LYING_BEFORE_SESSION_S
from opentraction.mechanics.loading.posture import PostureLoad
from opentraction.mechanics.outputs.fibres import fibre_strains
from opentraction.mechanics.outputs.over_trace import openings_over, protrusion_change_mm, water_mm3
from opentraction.mechanics.outputs.response import Response, Shape
from opentraction.mechanics.outputs.shape import Poses, edges_mm, moved, poses_of
from opentraction.mechanics.patient.chunks import in_chunks, picked
from opentraction.mechanics.patient.loads import blocks, history, steady, tilted
from opentraction.mechanics.patient.missed import Missed, bearable
from opentraction.mechanics.patient.model import SpineModel
from opentraction.mechanics.patient.running import Run, through, together

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Rested:
    """The column after its history, just before the session; kept and reused by every profile."""

    state: State
    pressure_mpa: Numbers
    """(joint, sample)"""
    missed: tuple[Missed, ...] = ()
    """Samples that lost their balance in it."""

    def subset(self, n: int) -> Rested:
        """The first `n` samples."""
        return Rested(jax.tree.map(lambda x: x[..., :n], self.state), self.pressure_mpa[:, :n], self.missed)


def rest(model: SpineModel) -> Rested:
    """Run the history before a session: night, day, night, hours up, 45 min lying in the setup's posture.

    Raises NotConverged when too many samples find no balance (`bearable`).
    """

    def one(pick: NDArray[np.int64]) -> tuple[State, object, Run]:
        part = model.picked(pick.tolist())
        loads = history(
            part.trunk,
            part.top,
            part.found["hours_up"],
            lying_s=LYING_BEFORE_SESSION_S,
            last=as_it_lies(part),
        )
        state, run, trace = through(part.chain, start_state(part.chain), loads)
        return state, np.asarray(trace.pressure_mpa)[-1], run

    state, pressure, run = in_chunks(model.samples, one)
    missed = _missed(model, run, "the history before the session", {})
    bearable(missed, model.samples)
    return Rested(state, pressure, missed)


def simulate(
    model: SpineModel, profile: TractionProfile, *, rested: Rested | None = None, after_s: float | int = 0.0
) -> Response:
    """Run a session on the column, and `after_s` seconds of lying after it.

    `rested` (from `rest`, same model and setup) saves the history. A sample that finds no balance is named
    in `Response.missed`. Raises NotConverged when there are too many of them (`bearable`).
    """
    layout = session_layout(profile, after=after_s > 0)
    durations, forces = session_values(profile, after_s=after_s)
    return simulate_pull(
        model,
        np.asarray(layout.time_s(durations)),
        np.asarray(layout.pull_n(forces)),
        angle_deg=profile.angle_deg,
        session_s=profile.duration_s,
        rested=rested,
    )


def simulate_pull(
    model: SpineModel,
    time_s: Numbers,
    pull_n: Numbers,
    *,
    angle_deg: float | int = 0.0,
    session_s: float,
    rested: Rested | None = None,
) -> Response:
    """As `simulate`, for any pull [N] at the ends of steps; the first step ends at 0.

    Raises BadInput unless there are whole blocks of steps, which one compiled program serves.
    """
    if len(time_s) % BLOCK or len(time_s) != len(pull_n):
        raise BadInput(f"Expected times and pulls in blocks of {BLOCK}, got {len(time_s)} and {len(pull_n)}.")
    tilt_rad = float(np.radians(angle_deg))
    return respond(
        model,
        lambda part: _pulling(part, time_s, pull_n, tilt_rad),
        time_s=time_s,
        pull_n=pull_n,
        session_s=session_s,
        rested=rested,
        what=f"a session with up to {float(pull_n.max()):.0f} N",
        asked={"pull": float(pull_n.max()), "angle": float(angle_deg)},
    )


@dataclass(frozen=True)
class Acting:
    """What acts on some samples in a session."""

    load: Load
    points_mm: Numbers
    """(1, 3, joint, sample): where its forces take hold of the bodies, each in the axes of its own disc."""
    transmitted_n: Numbers
    """(time, sample): what of the table's pull reaches the spine."""


def respond(
    model: SpineModel,
    acts: Callable[[SpineModel], Acting],
    *,
    time_s: Numbers,
    pull_n: Numbers,
    session_s: float,
    rested: Rested | None,
    what: str,
    asked: dict[str, float],
) -> Response:
    """What the column does under a load over whole blocks of steps, from its history on.

    `acts`: what acts on some of the samples. `what` and `asked` name the session in `Response.missed`.
    """
    rested = rested if rested is not None else rest(model)
    told = _Session(rested, pull_n, acts, model)
    outputs, poses, run = in_chunks(model.samples, told.chunk)
    known = {item.sample for item in rested.missed}
    new = tuple(item for item in _missed(model, run, what, asked) if item.sample not in known)
    missed = (*rested.missed, *new)
    bearable([item for item in missed if item.sample in model.drawn], model.samples)
    return Response(
        levels=LEVELS,
        targetable=model.targetable,
        time_s=time_s,
        pull_n=pull_n,
        session_s=session_s,
        seed=model.seed,
        origins=model.origins,
        read_shape=_Reading(model, poses, run.lost),
        missed=(*model.missed, *missed),
        **outputs,
    )


class _Session:
    """A load over time on one chunk of samples after another, with what is told of each."""

    def __init__(
        self, rested: Rested, pull_n: Numbers, acts: Callable[[SpineModel], Acting], model: SpineModel
    ) -> None:
        self._model, self._rested, self._pull_n, self._acts = model, rested, pull_n, acts

    def chunk(self, pick: NDArray[np.int64]) -> tuple[dict[str, Numbers], Poses, Run]:
        """Outputs by the names of `Response`, poses for the shapes, and which samples were lost."""
        part = self._model.picked(pick.tolist())
        acting = self._acts(part)
        held = part.assembled(mirror=part.chain.mirror, points_mm=acting.points_mm)
        state = picked(self._rested.state, pick)
        runs, told, poses = [], [], []
        for block in blocks(acting.load):
            state, run, trace = through(held.chain, state, [block])
            runs.append(run)
            told.append(_told(part, trace))
            poses.append(poses_of(trace))
        known = {item.sample for item in self._rested.missed}
        lost = np.isin(part.drawn, list(known)) | together(runs).lost
        outputs = {
            name: np.where(lost, np.nan, np.swapaxes(np.concatenate([one[name] for one in told]), 0, 1))
            for name in told[0]
        }
        length = outputs["height_mid_mm"].sum(axis=0)
        outputs |= _travel(part, self._pull_n, length - length[0])
        outputs["transmitted_n"] = np.where(lost, np.nan, acting.transmitted_n)
        outputs["rest_pressure_mpa"] = np.where(lost, np.nan, self._rested.pressure_mpa[:, pick])
        whole: Poses = jax.tree.map(lambda *parts: np.concatenate(parts), *poses)
        return outputs, whole, Run(lost, together(runs).residual)


def _missed(model: SpineModel, run: Run, what: str, asked: dict[str, float]) -> tuple[Missed, ...]:
    """The samples that lost their balance in a run."""
    return tuple(
        Missed(
            sample=model.drawn[at],
            what=what,
            residual=float(run.residual[at]),
            inputs={**asked, **{name: float(values[at]) for name, values in model.found.items()}},
        )
        for at in map(int, np.flatnonzero(run.lost))
    )


def as_it_lies(model: SpineModel) -> PostureLoad:
    """What lying in the setup's posture puts on the column."""
    return posture_load(model.trunk, setup_stance(model.setup), hip_flexion_deg=model.setup.hip_flexion_deg)


def _travel(model: SpineModel, pull_n: Numbers, longer_mm: Numbers) -> dict[str, Numbers]:
    """What the table feels of a column that is longer by so much, (time, sample), than at the first time."""
    found = model.found
    harness = harness_stroke_mm(pull_n, model.setup.harness_stiffness_n_per_mm, found["slip"])
    _, force, _ = tissue(longer_mm, found["tissue_stiffness"], found["tissue_toe"])
    return {"stroke_mm": np.asarray(longer_mm + harness - harness[0]), "tissue_n": np.asarray(force)}


def _pulling(model: SpineModel, time_s: Numbers, pull_n: Numbers, angle: float) -> Acting:
    """What a pull over time does to some samples."""
    found = _pulled(model, time_s, pull_n, angle)
    dt = np.repeat(np.diff(time_s, prepend=0.0)[:, None], model.samples, axis=1)
    tilt = np.broadcast_to(tilted(model.top, found.turn_rad), (len(dt), 3, model.samples))
    points = np.zeros((1, 3, len(LEVELS), model.samples))
    points[0, :, 0] = model.on_l1(np.asarray(found.hold_mm))
    return Acting(
        load=steady(dt, np.asarray(found.compression_n), tilt, np.asarray(found.force_n)),
        points_mm=points,
        transmitted_n=np.asarray(found.transmitted_n),
    )


def _pulled(model: SpineModel, time_s: Numbers, pull_n: Numbers, angle: float) -> PullLoad:
    """Load of a patient's session; muscles guard as in pain at first, and less as it goes on."""
    body, samples = as_it_lies(model), model.samples
    numbers: dict[str, object] = {name: model.found[name] for name in PULL_NUMBERS}
    line = harness_line(model.l1_mm[0], model.l1_mm[2], angle_rad=angle, samples=samples, numbers=numbers)
    lost = model.found["lost_share"]
    passing = (1.0 - lost) * pull_n[:, None]
    guarding = guarding_n(
        time_s,
        passing,
        model.found["muscle_maximum"],
        first_percent=np.maximum(model.found["guarding_in_pain"], model.found["guarding"]),
        base_percent=model.found["guarding"],
    )
    return session_load(
        time_s,
        pull_n,
        model.setup,
        line,
        angle_rad=angle,
        weight_n=model.weight_n,
        lost_share=lost,
        lying_n=body.compression_n[0],
        guarding_share_n=guarding,
        turn_rad=body.turn_rad,
    )


def _told(model: SpineModel, trace: Trace) -> dict[str, Numbers]:
    """What `Response` says of some steps without the shapes, each (time, joint, sample)."""
    at, pose = moved(trace, model.rest), model.rest.pose
    front, back = edges_mm(at, model.sizes.half_depth_mm)
    return {
        "pressure_mpa": np.asarray(trace.pressure_mpa),
        "height_front_mm": front,
        "height_mid_mm": np.asarray(at.height_mm),
        "height_back_mm": back,
        "axial_force_n": np.asarray(trace.wrench)[:, 2],
        "shear_mm": np.asarray(trace.shift_mm)[:, 0] - np.asarray(pose.shift_mm)[0],
        "flexion_deg": np.degrees(np.asarray(trace.rotation_rad)[:, 1] - np.asarray(pose.turn_rad)[1]),
        "fluid_volume_mm3": water_mm3(model.chain.segments, trace),
        "facet_force_n": np.asarray(trace.facets.normal_n).sum(axis=1),
        "ligament_strain": np.asarray(trace.ligaments.strain).max(axis=1),
    }


class _Reading:
    """Works out the shapes from the poses of a session when first asked, and then lets the poses go."""

    def __init__(self, model: SpineModel, poses: Poses, lost: NDArray[np.bool_]) -> None:
        self._model, self._lost = model, lost
        self._poses: Poses | None = poses
        self._shape: Shape | None = None
        self._lock = Lock()

    def __call__(self) -> Shape:
        with self._lock:
            if self._shape is None and self._poses is not None:
                self._shape = Shape(**_shape(self._model, self._poses, self._lost))
                self._poses = None
        assert self._shape is not None
        return self._shape


def _shape(model: SpineModel, poses: Poses, lost: NDArray[np.bool_]) -> dict[str, Numbers]:
    """The fields of `Shape`."""

    def one(pick: NDArray[np.int64]) -> dict[str, Numbers]:
        part, here = model.picked(pick.tolist()), picked(poses, pick)
        sized = openings_over(part, here, moved(here, part.rest))
        found = {
            "posterior_bulge_mm": sized.posterior_bulge_mm,
            "protrusion_change_mm": protrusion_change_mm(part, sized),
            "foramen_height_mm": np.asarray(sized.foramen_height_mm).mean(axis=0),
            "foramen_area_mm2": np.asarray(sized.foramen_area_mm2).mean(axis=0),
            "canal_area_mm2": sized.canal_area_mm2,
            "fibre_strain": fibre_strains(here, part.chain).strain,
        }
        return {
            name: np.where(lost[pick], np.nan, np.swapaxes(np.asarray(values), 0, 1))
            for name, values in found.items()
        }

    found: dict[str, Numbers] = in_chunks(model.samples, one)
    return found
