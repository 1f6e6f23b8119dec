"""The load history before the scan and before the session: days upright, nights, hours up, lying."""

from __future__ import annotations

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from opentraction.mechanics.column import BLOCK, JOINTS, Load, State, start_state
from opentraction.mechanics.joint import forces
from opentraction.mechanics.load import graded
from opentraction.mechanics.march import march
from opentraction.mechanics.model import SpineModel, _replaced, float_array

DAY_S, NIGHT_S = 16 * 3600.0, 8 * 3600.0
LYING_BEFORE_SCAN_S = 20 * 60.0
"""Positioning, localisers and the sequence before: assumed."""
LYING_BEFORE_SESSION_S = 45 * 60.0
"""Most of the gain in height of lying down is over by then (SUPINE45)."""
_FIRST_S = 30.0
_ROUNDS = 6
REST_TOLERANCE_MM = 1e-6


class Rested(eqx.Module):
    """The column after its history, just before the session; kept and reused by every profile."""

    state: State
    pressure_mpa: Float[Array, "j s"]
    stretch_mm: Float[Array, "j s"]
    opening_rad: Float[Array, "j s"]

    def subset(self, n: int) -> Rested:
        """The first `n` samples."""
        import jax

        return jax.tree.map(lambda leaf: leaf[..., :n], self)  # type: ignore[no-any-return]


def phase(model: SpineModel, duration_s: object, compression_n: object, *, tilt_rad: object = 0.0) -> Load:
    """One block of a constant load: `duration_s` (sample) or one number, `compression_n` (joint, sample) or less."""
    samples = model.samples
    length = np.broadcast_to(np.asarray(duration_s, dtype=float), (samples,))
    share = np.diff(graded(1.0, _FIRST_S / float(np.median(length)), BLOCK), prepend=0.0)
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
        phase(model, model.body.hours_up * 3600.0, up),
    ]


def settle(model: SpineModel) -> SpineModel:
    """Solve rest heights and rest moments so that the imaged shape is in balance after the imaging history."""
    scan = [*until_lying(model), phase(model, LYING_BEFORE_SCAN_S, model.body.lying_n)]
    target = float_array(model.imaged_mm)
    for _ in range(_ROUNDS):
        end, trace = march(model.column, start_state(model.column), scan, what="the history before the scan")
        stretch = trace.stretch_mm[-1]
        error = float_array(model.column.joint.height_mm) + stretch - target
        turn = np.abs(trace.opening_rad[-1]).max()
        if np.abs(error).max() < REST_TOLERANCE_MM and turn < 1e-9:
            break
        model = _corrected(model, end, stretch, target)
    return model


def _corrected(model: SpineModel, end: State, stretch: np.ndarray, target: np.ndarray) -> SpineModel:
    joint = model.column.joint
    old = float_array(joint.height_mm)
    new = old * target / (old + stretch)
    ratio = new / old
    joint = eqx.tree_at(
        lambda j: (j.height_mm, j.strip_height_mm),
        joint,
        (jnp.asarray(new), joint.strip_height_mm + jnp.asarray(new - old)),
    )
    at = jnp.asarray(stretch * ratio)
    one, zero = jnp.ones_like(at), jnp.zeros_like(at)
    inner = forces(joint, zero, at, zero, one, one, zero, zero)
    joint = eqx.tree_at(lambda j: j.rest_moment_nmm, joint, joint.rest_moment_nmm + inner.moment_nmm)
    return _replaced(model, column=eqx.tree_at(lambda c: c.joint, model.column, joint))


def rest(model: SpineModel) -> Rested:
    """Run the history before a session once: night, day upright, night, hours up, 45 min lying in the setup's posture.

    Raises NotConverged when a sample finds no balance.
    """
    from opentraction.mechanics.load import hip_turn_rad

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
