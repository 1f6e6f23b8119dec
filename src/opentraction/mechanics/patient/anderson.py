"""Anderson acceleration of a fixed-point iteration, sample by sample."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

Numbers = NDArray[np.float64]


class Anderson:
    """Guesses the next point from the last few residuals of x = g(x), each sample by itself.

    With residuals f = g(x) - x of the last points, the step that makes their best linear combination
    vanish (type II). Walker and Ni, SIAM J Numer Anal 2011;49:1715.
    """

    def __init__(self, depth: int = 5) -> None:
        self._depth = depth
        self._points: list[Numbers] = []
        self._misses: list[Numbers] = []

    def next(self, point: Float[Numbers, "n s"], reached: Float[Numbers, "n s"]) -> Float[Numbers, "n s"]:
        """The next point; `reached` is g(point)."""
        self._points.append(point)
        self._misses.append(reached - point)
        del self._points[: -self._depth], self._misses[: -self._depth]
        out = reached.copy()
        if len(self._points) == 1:
            return out
        moves = np.diff(np.array(self._points), axis=0)
        changes = np.diff(np.array(self._misses), axis=0)
        for sample in range(point.shape[1]):
            basis = changes[:, :, sample].T
            weight = np.linalg.lstsq(basis, self._misses[-1][:, sample], rcond=1e-8)[0]
            out[:, sample] -= (moves[:, :, sample].T + basis) @ weight
        return out
