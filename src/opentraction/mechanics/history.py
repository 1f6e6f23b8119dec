"""The load history before the scan and before the session: days upright, nights, hours up, lying."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from opentraction.chart import NotConverged
from opentraction.mechanics.column import BLOCK, JOINTS, Load, State, start_state
from opentraction.mechanics.joint import forces
from opentraction.mechanics.load import graded, hip_turn_rad
from opentraction.mechanics.march import march
from opentraction.mechanics.model import SpineModel, float_array, replaced

DAY_S, NIGHT_S = 16 * 3600.0, 8 * 3600.0
LYING_BEFORE_SCAN_S = 20 * 60.0
"""Positioning, localisers and the sequence before: assumed."""
LYING_BEFORE_SESSION_S = 45 * 60.0
"""Most of the gain in height of lying down is over by then (SUPINE45)."""
_FIRST_S = 30.0
_ROUNDS = 25
_ARM_MM = 20.0
REST_TOLERANCE_MM = 5e-7


class Rested(eqx.Module):
    """The column after its history, just before the session; kept and reused by every profile."""

    state: State
    pressure_mpa: Float[Array, "j s"]
    stretch_mm: Float[Array, "j s"]
    opening_rad: Float[Array, "j s"]

    def subset(self, n: int) -> Rested:
        """The first `n` samples."""
        return jax.tree.map(lambda leaf: leaf[..., :n], self)  # type: ignore[no-any-return]


def phase(
    model: SpineModel,
    duration_s: object,
    compression_n: object,
    *,
    tilt_rad: object = 0.0,
    graded_for_s: float | None = None,
) -> Load:
    """One block of a constant load: `duration_s` a number or (sample), `compression_n` up to (joint, sample).

    The steps grow in fixed shares of the phase; `graded_for_s` is the length for which the first one is 30 s.
    """
    samples = model.samples
    length = np.broadcast_to(np.asarray(duration_s, dtype=float), (samples,))
    share = np.diff(graded(1.0, _FIRST_S / (graded_for_s or float(length.flat[0])), BLOCK), prepend=0.0)
    compression = np.broadcast_to(np.asarray(compression_n, dtype=float), (JOINTS, samples))
    zero = np.zeros((BLOCK, samples))
    return Load(
        dt_s=jnp.asarray(share[:, None] * length),
        compression_n=jnp.asarray(np.repeat(compression[None], BLOCK, 0)),
        pull_n=jnp.asarray(zero),
        pull_x=jnp.asarray(zero),
        pull_z=jnp.asarray(zero + 1.0),
        tilt_rad=jnp.asarray(np.broadcast_to(np.asarray(tilt_rad, dtype=float), (BLOCK, samples))),
    )


def until_lying(model: SpineModel) -> list[Load]:
    """Night, day upright, night, then the hours up of each sample."""
    up, lying = model.body.standing_n, model.body.lying_n
    return [
        phase(model, NIGHT_S, lying),
        phase(model, DAY_S, up),
        phase(model, NIGHT_S, lying),
        phase(model, model.body.hours_up * 3600.0, up, graded_for_s=DAY_S),
    ]


def settle(model: SpineModel) -> SpineModel:
    """Solve rest heights and moments so that the imaged shape is in balance after the imaging history.

    A sample that has arrived is left as it is, so that it does not depend on the others. Raises NotConverged.
    """
    scan = [*until_lying(model), phase(model, LYING_BEFORE_SCAN_S, model.body.lying_n)]
    target = float_array(model.imaged_mm)
    off = np.full(model.samples, np.inf)
    for _ in range(_ROUNDS):
        _, trace = march(model.column, start_state(model.column), scan, what="the history before the scan")
        stretch = float_array(trace.stretch_mm[-1])
        height = np.abs(float_array(model.column.joint.height_mm) + stretch - target).max(axis=0)
        off = np.maximum(height, _ARM_MM * np.abs(trace.opening_rad[-1]).max(axis=0))
        if (off < REST_TOLERANCE_MM).all():
            return model
        model = _corrected(model, stretch, target, off >= REST_TOLERANCE_MM)
    worst = int(np.argmax(off))
    raise NotConverged(
        f"Expected a rest shape within {REST_TOLERANCE_MM:g} mm of the imaged one, sample {worst} is off by "
        f"{off[worst]:.3g} mm. Check the heights and grades of the discs."
    )


def _corrected(model: SpineModel, stretch: np.ndarray, target: np.ndarray, move: np.ndarray) -> SpineModel:
    """Heights scaled and moments shifted by what is missing, in the samples that `move`."""
    joint = model.column.joint
    old = float_array(joint.height_mm)
    new = np.where(move, old * target / (old + stretch), old)
    joint = eqx.tree_at(
        lambda j: (j.height_mm, j.strip_height_mm),
        joint,
        (jnp.asarray(new), joint.strip_height_mm + jnp.asarray(new - old)),
    )
    at = jnp.asarray(stretch * new / old)
    one, zero = jnp.ones_like(at), jnp.zeros_like(at)
    inner = forces(joint, zero, at, zero, one, one, zero, zero)
    moment = joint.rest_moment_nmm + jnp.where(jnp.asarray(move), inner.moment_nmm, 0.0)
    joint = eqx.tree_at(lambda j: j.rest_moment_nmm, joint, moment)
    return replaced(model, column=eqx.tree_at(lambda c: c.joint, model.column, joint))


def rest(model: SpineModel) -> Rested:
    """Run the history before a session: night, day, night, hours up, 45 min lying in the setup's posture.

    Raises NotConverged when a sample finds no balance.
    """
    turn = hip_turn_rad(model.setup, float_array(model.body.posture_turn))
    loads = [*until_lying(model), phase(model, LYING_BEFORE_SESSION_S, model.body.lying_n, tilt_rad=turn)]
    state, trace = march(
        model.column, start_state(model.column), loads, what="the history before the session"
    )
    return Rested(
        state=state,
        pressure_mpa=jnp.asarray(trace.pressure_mpa[-1]),
        stretch_mm=jnp.asarray(trace.stretch_mm[-1]),
        opening_rad=jnp.asarray(trace.opening_rad[-1]),
    )
