"""One chunk of samples through blocks of steps, and which of them lost their balance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from opentraction.mechanics.chain.march import advance, missing
from opentraction.mechanics.chain.model import Chain, State, Trace
from opentraction.mechanics.chain.outside import Load

Numbers = NDArray[np.float64]


class Run(NamedTuple):
    """Which samples lost their balance in a run, and the worst relative residual of each."""

    lost: NDArray[np.bool_]
    residual: Numbers


def through(chain: Chain, state: State, loads: Sequence[Load]) -> tuple[State, Run, Trace]:
    """The state at the end, how it went, and the trace of the last block: of the others nothing is kept."""
    first, *others = loads
    state, trace = advance(chain, state, first)
    run = _of(trace)
    for load in others:
        state, trace = advance(chain, state, load)
        run = together([run, _of(trace)])
    return state, run, trace


def together(runs: Sequence[Run]) -> Run:
    """Runs one after another."""
    return Run(np.any([run.lost for run in runs], axis=0), np.max([run.residual for run in runs], axis=0))


def _of(trace: Trace) -> Run:
    return Run(missing(trace), np.asarray(trace.residual).max(axis=0))
