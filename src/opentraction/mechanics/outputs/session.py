"""A session on the spatial column: the history before it, the pull, and what happens per level over time."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from opentraction.chart import LEVELS, TractionProfile
from opentraction.mechanics.chain.march import march
from opentraction.mechanics.chain.model import State, Trace, start_state
from opentraction.mechanics.loading import (
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
from opentraction.mechanics.outputs.attachments import Sizes
from opentraction.mechanics.outputs.shape import (
    Disc,
    around,
    border_modes_mm,
    edges_mm,
    imaged_border_mm,
    moved,
    opened,
)
from opentraction.mechanics.patient.assembly import anatomy_of, inner_scale
from opentraction.mechanics.patient.loads import blocks, history, steady, tilted
from opentraction.mechanics.patient.model import SpineModel
from opentraction.mechanics.response import Response

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Rested:
    """The column after its history, just before the session; kept and reused by every profile."""

    state: State
    pressure_mpa: Numbers
    """(joint, sample)"""


def rest(model: SpineModel) -> Rested:
    """Run the history before a session: night, day, night, hours up, 45 min lying in the setup's posture.

    Raises NotConverged when a sample finds no balance.
    """
    loads = history(
        model.trunk,
        model.top,
        model.found["hours_up"],
        lying_s=LYING_BEFORE_SESSION_S,
        last=_posture(model),
    )
    state, trace = march(model.chain, start_state(model.chain), loads, what="the history before the session")
    return Rested(state, np.asarray(trace.pressure_mpa[-1]))


def simulate(
    model: SpineModel,
    profile: TractionProfile,
    openings: Sizes,
    *,
    rested: Rested | None = None,
    after_s: float = 0.0,
) -> Response:
    """Run a session on the column, and `after_s` seconds of lying after it.

    `openings`: imaged sizes of foramina and canal (`imaged_sizes`). `rested` (from `rest`, same model and
    setup) saves the history. Raises NotConverged when a sample finds no balance.
    """
    rested = rested if rested is not None else rest(model)
    layout = session_layout(profile, after=after_s > 0)
    durations, forces = session_values(profile, after_s=after_s)
    time_s, pull = layout.time_s(durations), layout.pull_n(forces)
    found = _pulled(model, profile, time_s, pull)
    held = model.assembled(mirror=model.chain.mirror, points_mm=_points(model, found))
    dt = np.repeat(np.asarray(layout.dt_s(durations))[:, None], model.samples, axis=1)
    tilt = np.broadcast_to(tilted(model.top, found.turn_rad), (len(dt), 3, model.samples))
    load = steady(dt, np.asarray(found.compression_n), tilt, np.asarray(found.force_n))
    _, trace = march(
        held.chain, rested.state, blocks(load), what=f"a session with up to {float(pull.max()):.0f} N"
    )
    trace = jax.tree.map(lambda x: x[: len(dt)], trace)
    return _response(model, rested, trace, np.asarray(time_s), found, openings, profile.duration_s)


def _posture(model: SpineModel) -> PostureLoad:
    return posture_load(model.trunk, setup_stance(model.setup), hip_flexion_deg=model.setup.hip_flexion_deg)


def _pulled(model: SpineModel, profile: TractionProfile, time_s: jax.Array, pull_n: jax.Array) -> PullLoad:
    body, samples = _posture(model), model.samples
    numbers: dict[str, object] = {name: model.found[name] for name in PULL_NUMBERS}
    angle = np.radians(profile.angle_deg)
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
    sizes: Sizes,
    session_s: float,
) -> Response:
    def by_level(values: object) -> Numbers:
        return np.swapaxes(np.asarray(values), 0, 1)

    disc = Disc(
        model.rest,
        model.sizes.half_depth_mm,
        model.sizes.half_width_mm,
        np.asarray(inner_scale(model.found, model.sizes)),
    )
    at = moved(trace, model.rest)
    front, back = edges_mm(at, model.sizes.half_depth_mm)
    border = border_modes_mm(at, np.asarray(trace.modes_mm), np.asarray(trace.annulus), disc)
    then = imaged_border_mm(*model.scanned, disc)
    sized = opened(around(anatomy_of(model.image, model.sizes), model.rest, sizes, then), at, border)
    segments = model.chain.segments
    core, wall = np.asarray(segments.core_mm3), np.asarray(segments.wall_mm3)
    nucleus, annulus = np.asarray(trace.nucleus), np.asarray(trace.annulus)
    dry = core * (1.0 - np.asarray(segments.core_path.water)) + wall * (
        1.0 - np.asarray(segments.wall_path.water)
    )
    return Response(
        levels=LEVELS,
        targetable=model.targetable,
        time_s=time_s,
        pull_n=np.asarray(found.pull_n),
        transmitted_n=np.asarray(found.transmitted_n),
        pressure_mpa=by_level(trace.pressure_mpa),
        height_front_mm=by_level(front),
        height_mid_mm=by_level(at.height_mm),
        height_back_mm=by_level(back),
        axial_force_n=by_level(np.asarray(trace.wrench)[:, 2]),
        shear_mm=by_level(np.asarray(trace.shift_mm)[:, 0] - model.rest.pose.shift_mm[0]),
        flexion_deg=by_level(np.degrees(np.asarray(trace.rotation_rad)[:, 1] - model.rest.pose.turn_rad[1])),
        fluid_volume_mm3=by_level(core * nucleus + wall * annulus - dry),
        rest_pressure_mpa=rested.pressure_mpa,
        session_s=session_s,
        seed=model.seed,
        posterior_bulge_mm=by_level(sized.posterior_bulge_mm),
        foramen_height_mm=by_level(np.asarray(sized.foramen_height_mm).mean(axis=0)),
        foramen_area_mm2=by_level(np.asarray(sized.foramen_area_mm2).mean(axis=0)),
        canal_area_mm2=by_level(sized.canal_area_mm2),
        facet_force_n=by_level(np.asarray(trace.facets.normal_n).sum(axis=1)),
        ligament_strain=by_level(np.asarray(trace.ligaments.strain).max(axis=1)),
    )
