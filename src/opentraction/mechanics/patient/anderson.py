"""Anderson acceleration of a fixed-point iteration, sample by sample."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import NDArray

Numbers = NDArray[np.float64]


class Anderson:
    """Guesses the next point from the last few residuals of x = g(x), each sample by itself.

    With residuals f = g(x) - x of the last points, the step that makes their best linear combination
    vanish (type II). Walker and Ni, SIAM J Numer Anal 2011;49:1715. How the residual changes from point to
    point is much the same for a coarser g, so a sample may change over from one g to another.
    """

    def __init__(self, depth: int = 5) -> None:
        self._depth = depth
        self._moves: list[Numbers] = []
        self._changes: list[Numbers] = []
        self._last: tuple[Numbers, Numbers, NDArray[np.bool_]] | None = None

    def next(
        self,
        point: Float[Numbers, "n s"],
        reached: Float[Numbers, "n s"],
        fine: Bool[NDArray[np.bool_], "s"] | None = None,
    ) -> Float[Numbers, "n s"]:
        """The next point; `reached` is g(point). `fine`: samples for which it is the finer g."""
        which = np.ones(point.shape[1], dtype=bool) if fine is None else fine.copy()
        miss = reached - point
        if self._last is not None:
            before, missed, known = self._last
            # a step from one g to the other says nothing of either
            self._moves.append(np.where(known == which, point - before, 0.0))
            self._changes.append(np.where(known == which, miss - missed, 0.0))
            del self._moves[: 1 - self._depth], self._changes[: 1 - self._depth]
        self._last = point, miss, which
        out = reached.copy()
        if not self._moves:
            return out
        moves, changes = np.array(self._moves), np.array(self._changes)
        for sample in range(point.shape[1]):
            basis = changes[:, :, sample].T
            weight = np.linalg.lstsq(basis, miss[:, sample], rcond=1e-8)[0]
            out[:, sample] -= (moves[:, :, sample].T + basis) @ weight
        return out
