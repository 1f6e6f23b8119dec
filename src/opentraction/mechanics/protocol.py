"""Pieces of published experiments: a held pull, bare discs, loads at once, and how curves were read."""

from __future__ import annotations

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from opentraction.chart import Family, Hold, Ramp, Release, TractionProfile
from opentraction.mechanics.column import BLOCK, Load
from opentraction.mechanics.history import phase
from opentraction.mechanics.model import SpineModel, float_array
from opentraction.mechanics.response import Response

_NUMBERS = NDArray[np.float64]


def held(force_n: float, ramp_s: float, hold_s: float) -> TractionProfile:
    """Ramp, hold, and a release of one minute."""
    segments = (Ramp(force_n=force_n, duration_s=ramp_s), Hold(duration_s=hold_s), Release(duration_s=60.0))
    return TractionProfile(name="held", family=Family.STATIC, segments=segments)


def before_release(gain: _NUMBERS, response: Response) -> _NUMBERS:
    """The gain of each sample when the release of a held pull begins."""
    return np.array([np.interp(response.session_s - 60.0, response.time_s, column) for column in gain.T])


def crossing(pull: _NUMBERS, pressure: _NUMBERS) -> float:
    """Pull [N] at which the pressure first passes zero; the last pull where it never does."""
    below = np.flatnonzero(pressure < 0.0)
    if not below.size or below[0] == 0:
        return float(pull[-1] if not below.size else 0.0)
    k = int(below[0])
    return float(np.interp(0.0, [pressure[k], pressure[k - 1]], [pull[k], pull[k - 1]]))


def bare(model: SpineModel) -> SpineModel:
    """The discs alone: no ligaments, and the rest forces that they balanced taken away with them."""
    joint = model.column.joint
    zero = jnp.zeros_like(joint.rest_moment_nmm)
    alone = eqx.tree_at(lambda j: (j.ligament_n, j.rest_moment_nmm), joint, (0.0 * joint.ligament_n, zero))
    return eqx.tree_at(lambda m: m.column.joint, model, alone)


def at_once(model: SpineModel, compression_n: float, *, tilt_rad: float = 0.0) -> Load:
    """A load that rises over one block in no time: forces balance, no fluid moves."""
    full = phase(model, 1.0, compression_n)
    ramp = jnp.linspace(1.0 / BLOCK, 1.0, BLOCK)[:, None]
    tilt = jnp.broadcast_to(tilt_rad * ramp, full.tilt_rad.shape)
    compression = full.compression_n * ramp[:, None]
    return eqx.tree_at(
        lambda x: (x.dt_s, x.tilt_rad, x.compression_n), full, (0.0 * full.dt_s, tilt, compression)
    )


def decay(time_s: _NUMBERS, gain: _NUMBERS) -> float:
    """Time [s] until a tenth of the gain read after the first minute is left; the last time when it stays."""
    limit = 0.1 * float(np.interp(60.0, time_s, gain))
    below = np.flatnonzero((gain <= limit) & (time_s > 60.0))
    if not below.size:
        return float(time_s[-1])
    k = int(below[0])
    return float(np.interp(limit, [gain[k], gain[k - 1]], [time_s[k], time_s[k - 1]]))


def times(load: Load) -> _NUMBERS:
    """Ends of the steps of a block [s], of the first sample."""
    return np.cumsum(float_array(load.dt_s)[:, 0])


def rise(time_s: _NUMBERS, height: _NUMBERS) -> float:
    """Time [s] after the first minute until 63 % of what follows."""
    first = float(np.interp(60.0, time_s, height))
    share = (height - first) / (height[-1] - first)
    late = time_s >= 60.0
    return float(np.interp(0.632, share[late], time_s[late])) - 60.0
