"""A column of the measured spine with a spread of materials, its loads, and one compiled step."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

from opentraction.mechanics.chain import Chain, Load, State, Trace, start_state, step
from opentraction.mechanics.disc import WallMaterial, core, ellipse, wall
from opentraction.mechanics.fluid import Path
from opentraction.mechanics.segment.anatomy import reference_anatomy, unloaded_pose
from opentraction.mechanics.segment.facets import build_facets, published_facets
from opentraction.mechanics.segment.segment import Segments
from opentraction.mechanics.segment.strands import build_strands

SAMPLES = 4
_SEAT_TILT_RAD = (-0.1, -0.05, 0.0, 0.1, 0.2)


def column(*, mirror: bool, free: tuple[int, ...] = (1, 1, 1, 1, 1), tissues: float = 1.0) -> Chain:
    """Five joints of SAMPLES samples; `tissues`: 1 with ligaments and facets, 0 without."""
    rng = np.random.default_rng(7)
    one = jnp.ones((5, SAMPLES))

    def about(value: float) -> Array:
        return value * one * jnp.asarray(np.exp(0.1 * rng.normal(size=SAMPLES)))

    body = reference_anatomy(SAMPLES)
    outline, inner = ellipse(body.half_depth_mm, body.half_width_mm), about(0.66)
    material = WallMaterial(c10_mpa=about(0.081), k1_factor=about(1.73), k2_factor=about(3.72))
    shape = (outline, body.height_mm, body.wedge_rad, inner)
    nucleus, pose = core(*shape, 0.014, mirror), unloaded_pose(body)
    size = jnp.pi * body.half_depth_mm * body.half_width_mm * body.height_mm
    segments = Segments(
        wall=wall(*shape, material, mirror),
        core=nucleus,
        strands=build_strands(body, pose, mirror=mirror, factor=about(1.0), present=tissues),
        facets=build_facets(body, pose, published_facets(), mirror=mirror, present=tissues),
        core_path=_path(one, 0.231, 0.79, 0.187, 2.3e-5, 1800.0, 10.0),
        wall_path=_path(one, 0.125, 0.72, 0.0657, 1.1e-5, 0.0, 12.0),
        core_mm3=nucleus.area_mm2 * nucleus.height_mm,
        wall_mm3=size - nucleus.area_mm2 * nucleus.height_mm,
        bulk_mpa=180.0 * one,
        slow_n_per_mm=about(15.0),
        slow_s=315.0 * one,
        free=jnp.asarray(free, dtype=float)[:, None] * one,
    )
    tilt = np.broadcast_to(np.array(_SEAT_TILT_RAD)[:, None], one.shape)
    turn, place = np.zeros((3, 3, *one.shape)), np.zeros((3, *one.shape))
    turn[0, 0], turn[2, 2], turn[1, 1] = np.cos(tilt), np.cos(tilt), 1.0
    turn[0, 2], turn[2, 0] = np.sin(tilt), -np.sin(tilt)
    place[2, :4], place[0, :4] = 38.0, -2.0
    points = np.zeros((2, 3, *one.shape))
    points[0, 2], points[1, 0] = 18.0, 9.0
    return Chain(
        segments=segments,
        seat_turn=jnp.asarray(turn),
        seat_mm=jnp.asarray(place),
        points_mm=jnp.asarray(points),
        support_nmm=jnp.full((3, SAMPLES), 2e4),
        mirror=mirror,
    )


def _path(
    one: Array, charge: float, water: float, solid: float, conductance: float, face: float, growth: float
) -> Path:
    return Path(
        charge_meq_per_ml=charge * one,
        water=water * one,
        solid_mpa=solid * one,
        conductance_per_mpa_s=conductance * one,
        face_resistance_mpa_s=face * one,
        growth=growth,
    )


def loaded(
    *,
    dt_s: float = 0.0,
    follower_n: float = 0.0,
    pull_n: tuple[float, float, float] = (0.0, 0.0, 0.0),
    hand_n: tuple[float, float, float] = (0.0, 0.0, 0.0),
    moment_nmm: tuple[float, float, float] = (0.0, 0.0, 0.0),
    tilt_rad: tuple[float, float, float] = (0.0, 0.0, 0.0),
) -> Load:
    """A pull at the first point of L1, a hand at the second of L3 and a moment on L1; all samples alike."""
    force, moment = np.zeros((2, 3, 5, SAMPLES)), np.zeros((3, 5, SAMPLES))
    force[0, :, 0], force[1, :, 2] = np.array(pull_n)[:, None], np.array(hand_n)[:, None]
    moment[:, 0] = np.array(moment_nmm)[:, None]
    return Load(
        dt_s=jnp.full(SAMPLES, dt_s),
        follower_n=jnp.full((5, SAMPLES), follower_n),
        force_n=jnp.asarray(force),
        moment_nmm=jnp.asarray(moment),
        tilt_rad=jnp.broadcast_to(jnp.asarray(tilt_rad)[:, None], (3, SAMPLES)) + 0.0,
        hold=jnp.ones(SAMPLES),
    )


_step = eqx.filter_jit(step)


def settled(chain: Chain, *loads: Load, state: State | None = None) -> tuple[State, Trace]:
    """The loads one after another, each one step."""
    here, trace = start_state(chain) if state is None else state, None
    for load in loads:
        here, trace = _step(chain, here, load)
    assert trace is not None
    return here, trace


class Kit:
    """The functions above, for tests: test modules cannot import from one another."""

    samples = SAMPLES
    column = staticmethod(column)
    loaded = staticmethod(loaded)
    settled = staticmethod(settled)
    step: Any = staticmethod(_step)


@pytest.fixture(scope="session")
def kit() -> type[Kit]:
    return Kit
