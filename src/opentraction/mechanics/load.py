"""What reaches the spine: posture, line of pull, friction that only opposes, guarding; on a time grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from opentraction.chart import Posture, Setup, TableKind, TractionProfile
from opentraction.mechanics.column import BLOCK

Array = NDArray[np.float64]

GRAVITY_M_S2 = 9.81
IMAGED_HIP_DEG = 15.0
"""Hip flexion of a scan lying on a thin knee cushion; assumed."""
GUARDING_TIME_S = 120.0
"""Time constant of guarding: back at the baseline after 4 to 6 minutes (V031)."""
WEIGHT_SHARE = (0.42, 0.46, 0.50, 0.54, 0.58)
"""Weight above each disc over body weight, L1 to L5 as P205 (0.42, 0.50, 0.58), between them linear."""
BELOW_SHARE = 0.5
"""Share of body weight that the plain table holds below the lumbar spine (P199: half of the weight)."""


@dataclass(frozen=True)
class Grid:
    """Times [s] of the steps' ends and the pull at the table [N] at them; the first step starts at 0."""

    time_s: Array
    pull_n: Array

    @property
    def dt_s(self) -> Array:
        """Length of each step [s]."""
        return np.diff(self.time_s, prepend=0.0)


def transmitted(pull_n: Array, friction_n: Array) -> Array:
    """Pull [N] that passes a plain table, (times, samples): friction only opposes.

    On loading it is max(pull - friction, 0); on release the body stays until the pull has fallen by twice the
    friction, and with no pull at all no more than the friction stays behind.
    """
    passed = np.zeros((len(pull_n), len(friction_n)))
    before = np.zeros(len(friction_n))
    for index, pull in enumerate(pull_n):
        before = np.maximum(np.maximum(pull - friction_n, 0.0), np.minimum(before, pull + friction_n))
        passed[index] = before
    return passed


def friction_n(setup: Setup, weight_n: Array) -> Array:
    """Friction [N] of the body below the lumbar spine; none on a split table."""
    share = 0.0 if setup.table is TableKind.SPLIT else 1.0
    return share * setup.friction * BELOW_SHARE * weight_n


def hip_turn_rad(setup: Setup, degrees_per_degree: Array) -> Array:
    """Turn of the thorax against the sacrum [rad], extension positive: bent hips flatten the lumbar spine."""
    if setup.posture is Posture.STANDING:
        return np.zeros_like(degrees_per_degree)
    return -np.radians(degrees_per_degree * (setup.hip_flexion_deg - IMAGED_HIP_DEG))


def graded(duration_s: float, first_s: float, steps: int) -> Array:
    """Ends of `steps` steps that grow geometrically from `first_s` to fill `duration_s`."""
    if steps * first_s >= duration_s:
        return np.linspace(0.0, duration_s, steps + 1)[1:]
    low, high, ratio = 1.0, 1e6, 1.0
    for _ in range(200):
        ratio = 0.5 * (low + high) if high < 10 else np.sqrt(low * high)
        total = first_s * (ratio**steps - 1.0) / (ratio - 1.0)
        low, high = (ratio, high) if total < duration_s else (low, ratio)
    ends = first_s * np.cumsum(ratio ** np.arange(steps))
    return ends * (duration_s / ends[-1])


def session_grid(profile: TractionProfile, *, after_s: float = 0.0) -> Grid:
    """Steps of a session: a few per segment, fine where the pull has just changed; a multiple of the block.

    Pieces: 1 step at the start, at least 2 a segment; the rest go to the longest segments.
    """
    lengths = [segment.duration_s for segment in profile.segments] + ([after_s] if after_s > 0 else [])
    kinds = [segment.kind for segment in profile.segments] + (["after"] if after_s > 0 else [])
    return session_steps(profile, lengths, kinds, minimum=1)


def session_steps(profile: TractionProfile, lengths: list[float], kinds: list[str], *, minimum: int) -> Grid:
    """As `session_grid`, at least `minimum` blocks; more blocks refine every piece."""
    floor = [3 if kind in ("ramp", "release") else 4 for kind in kinds]
    blocks = max(minimum, int(np.ceil((sum(floor) + 1 + 2 * len(lengths)) / BLOCK)), 4)
    spare = blocks * BLOCK - 1 - sum(floor)
    wish = np.sqrt(np.array(lengths))
    extra = np.floor(spare * wish / wish.sum()).astype(int)
    extra[int(np.argmax(wish))] += spare - int(extra.sum())
    times, start = [np.zeros(1)], 0.0
    for length, kind, steps in zip(lengths, kinds, (np.array(floor) + extra).tolist(), strict=True):
        smooth = kind in ("ramp", "release")
        ends = (
            np.linspace(0, length, steps + 1)[1:]
            if smooth
            else graded(length, min(2.0, length / steps), steps)
        )
        times.append(start + ends)
        start += length
    time_s = np.concatenate(times)
    return Grid(time_s=time_s, pull_n=np.array([_pull(profile, float(t)) for t in time_s]))


def _pull(profile: TractionProfile, time_s: float) -> float:
    return profile.force_at(time_s) if time_s < profile.duration_s else 0.0
