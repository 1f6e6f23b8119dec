"""`simulate`: a profile on a rested column; `Response`: what happens per level, time and sample."""

from __future__ import annotations

from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from opentraction.chart import LEVELS, Level, TractionProfile
from opentraction.mechanics.column import BLOCK, JOINTS, Column, Load, Trace
from opentraction.mechanics.history import Rested, rest
from opentraction.mechanics.load import (
    GUARDING_TIME_S,
    Grid,
    friction_n,
    hip_turn_rad,
    session_grid,
    transmitted,
)
from opentraction.mechanics.march import march
from opentraction.mechanics.model import THORAX_MM, SpineModel, float_array

_NUMBERS = NDArray[np.float64]


@dataclass(frozen=True)
class Response:
    """What the column does: arrays (level, time, sample) unless said; None: not computed by this model."""

    levels: tuple[Level, ...]
    targetable: tuple[Level, ...]
    time_s: _NUMBERS
    """(time)"""
    pull_n: _NUMBERS
    """(time): at the table."""
    transmitted_n: _NUMBERS
    """(time, sample): what is left of it at the spine."""
    pressure_mpa: _NUMBERS
    """Of the nucleus."""
    height_front_mm: _NUMBERS
    height_mid_mm: _NUMBERS
    height_back_mm: _NUMBERS
    axial_force_n: _NUMBERS
    """Net axial force that the joint carries, tension positive."""
    shear_mm: _NUMBERS
    """Of the body above on the one below, forward positive, against the imaged shape."""
    flexion_deg: _NUMBERS
    """Turn of the body above against the one below since the scan, flexion positive."""
    fluid_volume_mm3: _NUMBERS
    """Water in the disc."""
    rest_pressure_mpa: _NUMBERS
    """(level, sample): lying at rest, just before the session."""
    session_s: float
    """End of the session; later times are the lying after it."""
    seed: int
    posterior_bulge_mm: _NUMBERS | None = None
    foramen_height_mm: _NUMBERS | None = None
    foramen_area_mm2: _NUMBERS | None = None
    canal_area_mm2: _NUMBERS | None = None
    facet_force_n: _NUMBERS | None = None
    ligament_strain: _NUMBERS | None = None
    fibre_strain: _NUMBERS | None = None

    @property
    def samples(self) -> int:
        """Size of the ensemble."""
        return int(self.pressure_mpa.shape[-1])


def simulate(
    model: SpineModel, profile: TractionProfile, *, rested: Rested | None = None, after_s: float | int = 0.0
) -> Response:
    """Run a session on the column, and `after_s` seconds of lying after it.

    `rested` (from `rest`, same model and setup) saves the history. Raises NotConverged when a sample finds
    no balance.
    """
    grid = session_grid(profile, after_s=after_s)
    return simulate_grid(model, grid, profile.angle_deg, session_s=profile.duration_s, rested=rested)


def simulate_grid(
    model: SpineModel, grid: Grid, angle_deg: float, *, session_s: float, rested: Rested | None = None
) -> Response:
    """As `simulate`, for any pull over time; the number of steps must be a multiple of the block."""
    rested = rested if rested is not None else rest(model)
    column, load, passed = session_load(model, grid, angle_deg)
    blocks = [_slice(load, k) for k in range(len(grid.time_s) // BLOCK)]
    _, trace = march(column, rested.state, blocks, what=f"a session with up to {grid.pull_n.max():.0f} N")
    return _response(model, rested, grid, session_s, passed, trace)


def _slice(load: Load, block: int) -> Load:
    return jax.tree.map(lambda leaf: leaf[block * BLOCK : (block + 1) * BLOCK], load)  # type: ignore[no-any-return]


def session_load(model: SpineModel, grid: Grid, angle_deg: float) -> tuple[Column, Load, _NUMBERS]:
    """The column with its line of pull, the loads on the grid, and the pull that passes (time, sample)."""
    body, steps = model.body, len(grid.time_s)
    angle = np.radians(angle_deg)
    share = float_array(body.pull_share)
    friction = friction_n(model.setup, float_array(body.weight_n))
    passed = share * transmitted(grid.pull_n * np.cos(angle), friction)
    tilt = angle * float_array(body.angle_share)
    turn = hip_turn_rad(model.setup, float_array(body.posture_turn))
    # in the sacrum's axes the table leans with the turned pelvis; the line still passes the pelvic harness
    lean = tilt + turn
    _, below, height = float_array(model.pull_line)
    arm = float_array(model.column.thorax_arm_mm).copy()
    arm[0] -= np.tan(tilt) * (below + height + THORAX_MM) + turn * (below + 0.5 * height)
    column = eqx.tree_at(lambda c: c.thorax_arm_mm, model.column, jnp.asarray(arm))
    started = grid.time_s[np.argmax(grid.pull_n > 0)] if (grid.pull_n > 0).any() else np.inf
    since = np.maximum(grid.time_s - started, 0.0)
    guard = (
        np.exp(-since / GUARDING_TIME_S)[:, None]
        * np.minimum(1.0, passed / 50.0)
        * float_array(body.guarding_n)
    )
    compression = float_array(body.lying_n) + guard
    full = (steps, model.samples)
    load = Load(
        dt_s=jnp.asarray(np.broadcast_to(grid.dt_s[:, None], full)),
        compression_n=jnp.asarray(np.repeat(compression[:, None], JOINTS, axis=1)),
        pull_n=jnp.asarray(passed),
        pull_x=jnp.asarray(np.broadcast_to(-np.sin(lean), full)),
        pull_z=jnp.asarray(np.broadcast_to(np.cos(lean), full)),
        tilt_rad=jnp.asarray(np.broadcast_to(turn, full)),
    )
    return column, load, passed


def _response(
    model: SpineModel, rested: Rested, grid: Grid, session_s: float, passed: _NUMBERS, trace: Trace
) -> Response:
    def by_level(values: object) -> _NUMBERS:
        return np.swapaxes(float_array(values), 0, 1)

    joint = model.column.joint
    opening = by_level(trace.opening_rad)
    grown = (
        by_level(trace.stretch_mm) + (float_array(joint.height_mm) - float_array(model.imaged_mm))[:, None]
    )
    edge = float_array(model.edge_mm)[:, None, None]
    share = float_array(joint.nucleus_share)
    water = share * float_array(joint.nucleus.water) + (1 - share) * float_array(joint.annulus.water)
    volume = float_array(joint.area_mm2) * float_array(joint.height_mm)
    return Response(
        levels=LEVELS,
        targetable=model.targetable,
        time_s=grid.time_s,
        pull_n=grid.pull_n,
        transmitted_n=passed,
        pressure_mpa=by_level(trace.pressure_mpa),
        height_front_mm=float_array(model.front_mm)[:, None, None] + grown + edge * opening,
        height_mid_mm=float_array(model.mid_mm)[:, None, None] + grown,
        height_back_mm=float_array(model.back_mm)[:, None, None] + grown - edge * opening,
        axial_force_n=by_level(trace.axial_n),
        shear_mm=by_level(trace.shear_mm),
        flexion_deg=-np.degrees(opening),
        fluid_volume_mm3=volume[:, None] * (by_level(trace.filling) - 1.0 + water[:, None]),
        rest_pressure_mpa=float_array(rested.pressure_mpa),
        session_s=session_s,
        seed=model.seed,
    )
