"""The time grid: a fixed number of steps for each piece, graded in shares of the piece.

How many steps a piece has depends on what the pieces are and in which order, never on how long they last or
how hard they pull: times are a linear function of the durations and pulls of the forces, so the state is a
smooth function of both. The steps of all pieces are cut into blocks of one length, so that one program
serves all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from opentraction.chart import BadInput, Ramp, RampShape, TractionProfile
from opentraction.mechanics.arrays import Values, library

BLOCK = 32
"""Steps of one compiled block."""
_LOG_CURVE = 9.0
"""Of a logarithmic ramp, as `TractionProfile.force_at`."""


NIGHT_S, DAY_S = 8 * 3600.0, 16 * 3600.0
LYING_BEFORE_SESSION_S = 45 * 60.0
"""Most of the gain in height of lying down is over by then (SUPINE45)."""


class Kind(StrEnum):
    """What a piece of time is."""

    NIGHT = "night"
    DAY = "day up"
    LYING = "lying"
    START = "start"
    RAMP = "ramp"
    HOLD = "hold"
    REST = "rest"
    RELEASE = "release"
    AFTER = "after"


@dataclass(frozen=True)
class Law:
    """Steps of a kind: at least `first` the first time and `again` later, `weight` in what is left over."""

    first: int
    again: int
    weight: float
    power: float
    """The k-th of n steps ends at (k / n)^power of the piece; 2 follows the square root of time."""


LAWS: dict[Kind, Law] = {
    Kind.NIGHT: Law(3, 5, 1.0, 2.0),
    Kind.DAY: Law(5, 7, 1.5, 2.0),
    Kind.LYING: Law(12, 12, 2.0, 2.0),
    Kind.START: Law(1, 1, 0.0, 1.0),
    Kind.RAMP: Law(2, 1, 0.5, 1.0),
    Kind.HOLD: Law(4, 1, 3.0, 2.0),
    Kind.REST: Law(1, 1, 1.0, 2.0),
    Kind.RELEASE: Law(3, 3, 1.0, 1.0),
    Kind.AFTER: Law(8, 8, 1.5, 2.0),
}
"""20 cycles are 4 steps each after the first, 96 with the hour after; a history is 64 (two blocks). On the
whole column, 8 samples, 12 cycles of 300 to 100 N, against steps cut into 16: gain in the session 0.3 %,
creep from first to last cycle 0.3 %, height an hour after 0.9 % of the gain, lying before it 0.7 %, history
0.9 % of the day's range; halved with the steps. Against a change of posture in no time creep is 1.3 % off.
With half the steps of the history 0.8, 2.3 and 1.3 %; so a scheme of second order, which costs two solutions
a step, is not needed."""


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

    def time_s(self, durations_s: Float[Values, "p *s"]) -> Float[Values, "t *s"]:
        """Ends of the steps [s] for a duration of each piece (and sample); the first step starts at 0."""
        return _matrices(self.pieces).time @ self._checked(durations_s)

    def dt_s(self, durations_s: Float[Values, "p *s"]) -> Float[Values, "t *s"]:
        """Length of each step [s]."""
        return _matrices(self.pieces).dt @ self._checked(durations_s)

    def pull_n(self, forces_n: Float[Values, "p"]) -> Float[Values, "t"]:
        """Pull at the ends of the steps, from the pull at the end of each piece; exact at every corner."""
        return _matrices(self.pieces).pull @ self._checked(forces_n)

    def _checked(self, values: object) -> Values:
        array: Values = library(values).asarray(values, dtype=float)
        if array.ndim == 0 or array.shape[0] != len(self.pieces):
            raise BadInput(
                f"Expected one number for each of {len(self.pieces)} pieces of the grid, got {array.shape}."
            )
        return array


def history_layout(*, blocks: int = 1) -> Layout:
    """Night, day up, night, the hours up, lying; durations come with each sample.

    More blocks refine it. Raises BadInput when there is none.
    """
    kinds = (Kind.NIGHT, Kind.DAY, Kind.NIGHT, Kind.DAY, Kind.LYING)
    return _filled([(kind, False) for kind in kinds], blocks=blocks)


def refined(layout: Layout, parts: int) -> Layout:
    """The same pieces with `parts` times as many steps, graded alike."""
    return Layout(tuple(replace(piece, steps=parts * piece.steps) for piece in layout.pieces))


def history_durations_s(
    hours_up: Float[Values, "s"], *, lying_s: float = LYING_BEFORE_SESSION_S
) -> Float[Values, "5 s"]:
    """Durations of the pieces of `history_layout`: the hours up are each sample's own."""
    one, xp = np.ones(hours_up.shape), library(hours_up)
    pieces = [NIGHT_S * one, DAY_S * one, NIGHT_S * one, 3600.0 * hours_up, lying_s * one]
    return xp.stack(pieces)  # type: ignore[no-any-return]


def session_layout(profile: TractionProfile, *, after: bool = True, blocks: int | None = None) -> Layout:
    """Pieces of a session: a step of no length at the start, its segments, and the lying after it.

    `blocks`: how many blocks of steps to fill; None: as many as the pieces need, at least two. Raises
    BadInput when too few.
    """
    kinds: list[tuple[Kind, bool]] = [(Kind.START, False)]
    level, falling = 0.0, False
    for segment in profile.segments:
        if segment.kind == "hold":
            kinds.append((Kind.REST if falling else Kind.HOLD, False))
            continue
        end = segment.force_n if isinstance(segment, Ramp) else 0.0
        falling, level = end < level, end
        kind = Kind.RAMP if isinstance(segment, Ramp) else Kind.RELEASE
        kinds.append((kind, isinstance(segment, Ramp) and segment.shape is RampShape.LOGARITHMIC))
    if after:
        kinds.append((Kind.AFTER, False))
    return _filled(kinds, blocks=blocks, least=2)


def session_values(
    profile: TractionProfile, *, after_s: float = 0.0
) -> tuple[Float[np.ndarray, "p"], Float[np.ndarray, "p"]]:
    """Durations [s] and pulls at the end [N] of the pieces of `session_layout` (with `after` if `after_s` >
    0)."""
    knots = profile.knots()
    tail = [after_s] if after_s > 0 else []
    durations = [0.0, *(segment.duration_s for segment in profile.segments), *tail]
    forces = [0.0, *(force for _, force in knots[1:]), *(0.0 for _ in tail)]
    return np.array(durations, dtype=float), np.array(forces, dtype=float)


def _filled(kinds: list[tuple[Kind, bool]], *, blocks: int | None, least: int = 1) -> Layout:
    """Least numbers by kind, then what is left of the blocks by weight.

    All later pieces of a kind keep the same number, so that cycle after cycle errs alike and creep between
    cycles is not the grid's.
    """
    steps: list[int] = []
    groups: list[list[int]] = []
    later: dict[Kind, list[int]] = {}
    for index, (kind, _) in enumerate(kinds):
        if kind not in later:
            later[kind] = []
            groups.append([index])
            groups.append(later[kind])
        else:
            later[kind].append(index)
        steps.append(LAWS[kind].first if len(later[kind]) == 0 else LAWS[kind].again)
    needed = max(least, -(-sum(steps) // BLOCK))
    wanted = needed if blocks is None else blocks
    if wanted * BLOCK < sum(steps):
        raise BadInput(f"Expected at least {needed} blocks of {BLOCK} steps for these pieces, got {blocks}.")
    groups = [group for group in groups if group and LAWS[kinds[group[0]][0]].weight > 0]
    while (spare := wanted * BLOCK - sum(steps)) > 0:
        fitting = [group for group in groups if len(group) <= spare]
        chosen = max(fitting, key=lambda group: LAWS[kinds[group[0]][0]].weight / steps[group[0]])
        for index in chosen:
            steps[index] += 1
    return Layout(tuple(Piece(kind, n, log) for (kind, log), n in zip(kinds, steps, strict=True)))


@dataclass(frozen=True)
class _Matrices:
    """Times, steps and pulls as products with durations and forces of the pieces."""

    time: NDArray[np.float64]
    dt: NDArray[np.float64]
    pull: NDArray[np.float64]


@lru_cache(maxsize=64)
def _matrices(pieces: tuple[Piece, ...]) -> _Matrices:
    shape = (sum(piece.steps for piece in pieces), len(pieces))
    time, dt, pull = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    row = 0
    for index, piece in enumerate(pieces):
        rows = slice(row, row + piece.steps)
        share = (np.arange(1, piece.steps + 1) / piece.steps) ** LAWS[piece.kind].power
        way = np.log1p(_LOG_CURVE * share) / np.log1p(_LOG_CURVE) if piece.logarithmic else share
        time[rows, :index], time[rows, index] = 1.0, share
        dt[rows, index] = np.diff(share, prepend=0.0)
        pull[rows, index] = way if piece.kind in (Kind.RAMP, Kind.RELEASE) else 1.0
        if index > 0:
            pull[rows, index - 1] = 1.0 - pull[rows, index]
        row += piece.steps
    return _Matrices(time, dt, pull)
