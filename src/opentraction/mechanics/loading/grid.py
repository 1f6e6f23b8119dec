"""The time grid: a fixed number of steps for each piece, graded in shares of the piece.

How many steps a piece has depends on what the pieces are and in which order, never on how long they last or
how hard they pull: times are a linear function of the durations and pulls of the forces, so the state is a
smooth function of both. The steps of all pieces are cut into blocks of one length, so that one program
serves all.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from numpy.typing import NDArray

from opentraction.chart import BadInput, Ramp, RampShape, TractionProfile

BLOCK = 32
"""Steps of one compiled block."""
_LOG_CURVE = 9.0
"""Of a logarithmic ramp, as `TractionProfile.force_at`."""


class Kind(StrEnum):
    """What a piece of time is."""

    NIGHT = "night"
    DAY = "day upright"
    LYING = "lying"
    START = "start"
    RAMP = "ramp"
    HOLD = "hold"
    REST = "rest"
    AFTER = "after"


@dataclass(frozen=True)
class Law:
    """Steps of a kind: at least `first` the first time and `again` later, `weight` in what is left over."""

    first: int
    again: int
    weight: float
    first_share: float
    """Share of the piece that the first of many steps takes, geometric from there; 1: even steps."""


LAWS: dict[Kind, Law] = {
    Kind.NIGHT: Law(10, 10, 0.0, 0.002),
    Kind.DAY: Law(14, 14, 0.0, 0.0005),
    Kind.LYING: Law(16, 16, 1.0, 0.002),
    Kind.START: Law(1, 1, 0.0, 1.0),
    Kind.RAMP: Law(2, 1, 0.2, 1.0),
    Kind.HOLD: Law(3, 1, 1.0, 0.02),
    Kind.REST: Law(1, 1, 0.7, 0.02),
    Kind.AFTER: Law(12, 12, 2.0, 0.001),
}


@dataclass(frozen=True)
class Piece:
    """One piece: kind, number of steps, and whether a ramp is logarithmic."""

    kind: Kind
    steps: int
    logarithmic: bool = False


@dataclass(frozen=True)
class Layout:
    """The pieces of a history or a session; equal layouts run the same program, whatever the durations."""

    pieces: tuple[Piece, ...]

    @property
    def steps(self) -> int:
        """Steps in all."""
        return sum(piece.steps for piece in self.pieces)

    def time_s(self, durations_s: Float[Array, "p *s"]) -> Float[Array, "t *s"]:
        """Ends of the steps [s] for a duration of each piece (and sample); the first step starts at 0."""
        durations = self._checked(durations_s)
        starts = jnp.cumsum(durations, axis=0) - durations
        parts = [
            starts[i] + jnp.asarray(_shares(piece)).reshape(-1, *[1] * (durations.ndim - 1)) * durations[i]
            for i, piece in enumerate(self.pieces)
        ]
        return jnp.concatenate(parts)

    def dt_s(self, durations_s: Float[Array, "p *s"]) -> Float[Array, "t *s"]:
        """Length of each step [s]."""
        durations = self._checked(durations_s)
        parts = [
            jnp.asarray(np.diff(_shares(piece), prepend=0.0)).reshape(-1, *[1] * (durations.ndim - 1))
            * durations[i]
            for i, piece in enumerate(self.pieces)
        ]
        return jnp.concatenate(parts)

    def pull_n(self, forces_n: Float[Array, "p"]) -> Float[Array, "t"]:
        """Pull at the ends of the steps, from the pull at the end of each piece; exact at every corner."""
        forces = self._checked(forces_n)
        before = jnp.concatenate([jnp.zeros_like(forces[:1]), forces[:-1]])
        parts = []
        for i, piece in enumerate(self.pieces):
            share = _shares(piece)
            if piece.kind is not Kind.RAMP:
                parts.append(jnp.broadcast_to(forces[i], share.shape))
                continue
            if piece.logarithmic:
                share = np.log1p(_LOG_CURVE * share) / np.log1p(_LOG_CURVE)
            parts.append(before[i] + jnp.asarray(share) * (forces[i] - before[i]))
        return jnp.concatenate(parts)

    def _checked(self, values: object) -> Array:
        array = jnp.asarray(values, dtype=float)
        if array.ndim == 0 or array.shape[0] != len(self.pieces):
            raise BadInput(
                f"Expected one number for each of {len(self.pieces)} pieces of the grid, got {array.shape}."
            )
        return array


def history_layout() -> Layout:
    """Night, day upright, night, the hours up, lying: two blocks; durations come with each sample."""
    kinds = (Kind.NIGHT, Kind.DAY, Kind.NIGHT, Kind.DAY, Kind.LYING)
    return _filled([(kind, False) for kind in kinds], blocks=2)


def session_layout(profile: TractionProfile, *, after: bool = True, blocks: int | None = None) -> Layout:
    """Pieces of a session: a step of no length at the start, its segments, and the lying after it.

    `blocks`: how many blocks of steps to fill; None: as many as the pieces need. Raises BadInput when too
    few.
    """
    kinds: list[tuple[Kind, bool]] = [(Kind.START, False)]
    level, falling = 0.0, False
    for segment in profile.segments:
        if segment.kind == "hold":
            kinds.append((Kind.REST if falling else Kind.HOLD, False))
            continue
        end = segment.force_n if isinstance(segment, Ramp) else 0.0
        falling, level = end < level, end
        kinds.append((Kind.RAMP, isinstance(segment, Ramp) and segment.shape is RampShape.LOGARITHMIC))
    if after:
        kinds.append((Kind.AFTER, False))
    return _filled(kinds, blocks=blocks)


def session_values(
    profile: TractionProfile, *, after_s: float = 0.0
) -> tuple[Float[Array, "p"], Float[Array, "p"]]:
    """Durations [s] and pulls at the end [N] of the pieces of `session_layout` (with `after` if `after_s` >
    0)."""
    knots = profile.knots()
    tail = [after_s] if after_s > 0 else []
    durations = [0.0, *(segment.duration_s for segment in profile.segments), *tail]
    forces = [0.0, *(force for _, force in knots[1:]), *(0.0 for _ in tail)]
    return jnp.asarray(durations), jnp.asarray(forces)


def _filled(kinds: list[tuple[Kind, bool]], *, blocks: int | None) -> Layout:
    """Floors by kind, then what is left of the blocks by weight (largest remainder; ties to the earlier
    piece)."""
    seen: set[Kind] = set()
    floor, weight = [], []
    for kind, _ in kinds:
        floor.append(LAWS[kind].again if kind in seen else LAWS[kind].first)
        weight.append(LAWS[kind].weight)
        seen.add(kind)
    needed = -(-sum(floor) // BLOCK)
    wanted = needed if blocks is None else blocks
    if wanted < needed:
        raise BadInput(f"Expected at least {needed} blocks of {BLOCK} steps for this profile, got {blocks}.")
    steps = np.array(floor) + _apportioned(wanted * BLOCK - sum(floor), np.array(weight))
    return Layout(tuple(Piece(kind, int(n), log) for (kind, log), n in zip(kinds, steps, strict=True)))


def _apportioned(spare: int, weight: NDArray[np.float64]) -> NDArray[np.int64]:
    wish = spare * weight / weight.sum()
    whole = np.floor(wish).astype(np.int64)
    order = np.argsort(-(wish - whole), kind="stable")
    whole[order[: spare - int(whole.sum())]] += 1
    return whole


@lru_cache(maxsize=256)
def _graded(steps: int, first_share: float) -> tuple[float, ...]:
    if steps * first_share >= 1.0:
        return tuple(np.arange(1, steps + 1) / steps)
    low, high = 1.0 + 1e-12, 1e6
    for _ in range(200):
        ratio = np.sqrt(low * high)
        short = first_share * (ratio**steps - 1.0) / (ratio - 1.0) < 1.0
        low, high = (ratio, high) if short else (low, ratio)
    ends = np.cumsum(np.sqrt(low * high) ** np.arange(steps))
    return tuple(ends / ends[-1])


def _shares(piece: Piece) -> NDArray[np.float64]:
    """Ends of the steps as shares of the piece, the last one 1."""
    return np.array(_graded(piece.steps, LAWS[piece.kind].first_share))
