"""A session on the spatial column: the history before it, the pull, and what happens per level over time."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from opentraction.chart import LEVELS, BadInput, TractionProfile
from opentraction.mechanics.chain.march import march, missing
from opentraction.mechanics.chain.model import State, Trace, start_state
from opentraction.mechanics.loading import (
    BLOCK,
    PULL_NUMBERS,
    PullLoad,
    guarding_n,
    harness_line,
    posture_load,
    session_layout,
    session_load,
    session_values,
    setup_stance,
)
from opentraction.mechanics.loading.grid import LYING_BEFORE_SESSION_S
from opentraction.mechanics.loading.posture import PostureLoad
from opentraction.mechanics.outputs.fibres import fibre_strains
from opentraction.mechanics.outputs.over_trace import openings_over, protrusion_change_mm
from opentraction.mechanics.outputs.response import Response, Shape
from opentraction.mechanics.outputs.shape import edges_mm, moved
from opentraction.mechanics.patient.chunks import in_chunks, picked
from opentraction.mechanics.patient.loads import blocks, history, steady, tilted
from opentraction.mechanics.patient.missed import Missed, bearable
from opentraction.mechanics.patient.model import SpineModel

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
    loads = history(
        model.trunk,
        model.top,
        model.found["hours_up"],
        lying_s=LYING_BEFORE_SESSION_S,
        last=_posture(model),
    )
    what = "the history before the session"
    state, trace = march(model.chain, start_state(model.chain), loads, what=what, strict=False)
    missed = _missed(model, trace, what, {})
    bearable(missed, model.samples)
    return Rested(state, np.asarray(trace.pressure_mpa[-1]), missed)


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
    rested = rested if rested is not None else rest(model)
    found = _pulled(model, jnp.asarray(time_s), jnp.asarray(pull_n), np.radians(angle_deg))
    held = model.assembled(mirror=model.chain.mirror, points_mm=_points(model, found))
    dt = np.repeat(np.diff(time_s, prepend=0.0)[:, None], model.samples, axis=1)
    tilt = np.broadcast_to(tilted(model.top, found.turn_rad), (len(dt), 3, model.samples))
    load = steady(dt, np.asarray(found.compression_n), tilt, np.asarray(found.force_n))
    what = f"a session with up to {float(pull_n.max()):.0f} N"
    _, trace = march(held.chain, rested.state, blocks(load), what=what, strict=False)
    asked = {"pull": float(pull_n.max()), "angle": float(angle_deg)}
    known = {item.sample for item in rested.missed}
    new = tuple(item for item in _missed(model, trace, what, asked) if item.sample not in known)
    missed = (*rested.missed, *new)
    bearable([item for item in missed if item.sample in model.drawn], model.samples)
    lost = np.isin(model.drawn, [item.sample for item in missed])
    return _response(model, rested, trace, time_s, found, session_s, (*model.missed, *missed), lost)


def _missed(model: SpineModel, trace: Trace, what: str, asked: dict[str, float]) -> tuple[Missed, ...]:
    """The samples that lost their balance in a run."""
    worst = np.asarray(trace.residual).max(axis=0)
    return tuple(
        Missed(
            sample=model.drawn[at],
            what=what,
            residual=float(worst[at]),
            inputs={**asked, **{name: float(values[at]) for name, values in model.found.items()}},
        )
        for at in map(int, np.flatnonzero(missing(trace)))
    )


def _posture(model: SpineModel) -> PostureLoad:
    return posture_load(model.trunk, setup_stance(model.setup), hip_flexion_deg=model.setup.hip_flexion_deg)


def _pulled(model: SpineModel, time_s: jax.Array, pull_n: jax.Array, angle: float) -> PullLoad:
    body, samples = _posture(model), model.samples
    numbers: dict[str, object] = {name: model.found[name] for name in PULL_NUMBERS}
    line = harness_line(model.l1_mm[0], model.l1_mm[2], angle_rad=angle, samples=samples, numbers=numbers)
    lost = jnp.asarray(model.found["lost_share"])
    passing = (1.0 - lost) * pull_n[:, None]
    guarding = guarding_n(
        time_s,
        passing,
        jnp.asarray(model.found["muscle_maximum"]),
        first_percent=jnp.asarray(model.found["guarding"]),
        base_percent=jnp.asarray(model.found["guarding"]),
    )
    return session_load(
        time_s,
        pull_n,
        model.setup,
        line,
        angle_rad=angle,
        weight_n=jnp.asarray(model.weight_n),
        lost_share=lost,
        lying_n=body.compression_n[0],
        guarding_share_n=guarding,
        turn_rad=body.turn_rad,
    )


def _points(model: SpineModel, found: PullLoad) -> Numbers:
    """(1, 3, joint, sample): where the harness holds L1, in the axes of L1's own disc."""
    back = np.swapaxes(model.top, 0, 1)
    way = (back * np.asarray(found.hold_mm)[None]).sum(1)
    way[2] += 0.5 * (model.image.height_mm[0] + model.image.body_mm[0])
    points = np.zeros((1, 3, len(LEVELS), model.samples))
    points[0, :, 0] = way
    return points


def _response(
    model: SpineModel,
    rested: Rested,
    trace: Trace,
    time_s: Numbers,
    found: PullLoad,
    session_s: float,
    missed: tuple[Missed, ...],
    lost: NDArray[np.bool_],
) -> Response:
    def by_level(values: object) -> Numbers:
        return np.where(lost, np.nan, np.swapaxes(np.asarray(values), 0, 1))

    at = moved(trace, model.rest)
    front, back = edges_mm(at, model.sizes.half_depth_mm)
    pose = model.rest.pose

    def read_shape() -> Shape:
        return Shape(**{name: by_level(values) for name, values in _shape(model, trace).items()})

    return Response(
        levels=LEVELS,
        targetable=model.targetable,
        time_s=time_s,
        pull_n=np.asarray(found.pull_n),
        transmitted_n=np.where(lost, np.nan, np.asarray(found.transmitted_n)),
        pressure_mpa=by_level(trace.pressure_mpa),
        height_front_mm=by_level(front),
        height_mid_mm=by_level(at.height_mm),
        height_back_mm=by_level(back),
        axial_force_n=by_level(np.asarray(trace.wrench)[:, 2]),
        shear_mm=by_level(np.asarray(trace.shift_mm)[:, 0] - pose.shift_mm[0]),
        flexion_deg=by_level(np.degrees(np.asarray(trace.rotation_rad)[:, 1] - pose.turn_rad[1])),
        fluid_volume_mm3=by_level(_water_mm3(model, trace)),
        facet_force_n=by_level(np.asarray(trace.facets.normal_n).sum(axis=1)),
        ligament_strain=by_level(np.asarray(trace.ligaments.strain).max(axis=1)),
        rest_pressure_mpa=np.where(lost, np.nan, rested.pressure_mpa),
        session_s=session_s,
        seed=model.seed,
        origins=model.origins,
        read_shape=read_shape,
        missed=missed,
    )


def _water_mm3(model: SpineModel, trace: Trace) -> Numbers:
    """Water in the discs, (time, joint, sample)."""
    segments = model.chain.segments
    core, wall = np.asarray(segments.core_mm3), np.asarray(segments.wall_mm3)
    dry = core * (1.0 - np.asarray(segments.core_path.water)) + wall * (
        1.0 - np.asarray(segments.wall_path.water)
    )
    return np.asarray(core * np.asarray(trace.nucleus) + wall * np.asarray(trace.annulus) - dry)


def _shape(model: SpineModel, trace: Trace) -> dict[str, Numbers]:
    """The fields of `Shape`, (time, joint, sample)."""

    def one(pick: NDArray[np.int64]) -> dict[str, object]:
        part, poses = model.picked(pick.tolist()), picked(trace, pick)
        sized = openings_over(part, poses, moved(poses, part.rest))
        return {
            "posterior_bulge_mm": sized.posterior_bulge_mm,
            "protrusion_change_mm": protrusion_change_mm(part, sized),
            "foramen_height_mm": np.asarray(sized.foramen_height_mm).mean(axis=0),
            "foramen_area_mm2": np.asarray(sized.foramen_area_mm2).mean(axis=0),
            "canal_area_mm2": sized.canal_area_mm2,
            "fibre_strain": fibre_strains(poses, part.chain).strain,
        }

    found: dict[str, Numbers] = in_chunks(model.samples, one)
    return found
