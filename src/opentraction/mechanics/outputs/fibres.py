"""The greatest strain of the annulus' fibres over a trace."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import numpy as np
from jaxtyping import Array, Bool, Float
from numpy.typing import NDArray

from opentraction.mechanics.arrays import Values
from opentraction.mechanics.chain.model import Chain, Trace
from opentraction.mechanics.disc.annulus import Wall
from opentraction.mechanics.disc.fibres import fibre_state
from opentraction.mechanics.kept import kept
from opentraction.mechanics.outputs.shape import Poses, in_upper_axes

STEPS = 16
"""Steps of a trace that are computed together; the last ones are filled up, so that one shape serves all."""


@dataclass(frozen=True)
class FibreStrains:
    """What the fibres of the annulus show over a trace."""

    strain: Float[NDArray[np.float64], "t j s"]
    """Greatest strain of any fibre of a disc, mean over its height; negative when all are shortened."""
    beyond: Bool[NDArray[np.bool_], "s"]
    """Where a fibre of any disc passed the bound of the exponent at any step: from there on its force is the
    straight continuation of the law, which nothing published supports."""


def fibre_strains(trace: Trace | Poses, chain: Chain) -> FibreStrains:
    """Greatest fibre strain of every step, joint and sample of a trace of this chain."""
    steps = len(trace.shift_mm)
    filled = -steps % STEPS
    parts = [
        np.concatenate([np.asarray(part), np.repeat(np.asarray(part)[-1:], filled, axis=0)])
        for part in (trace.rotation_rad, trace.shift_mm, trace.modes_mm, trace.annulus)
    ]
    strains, beyond = [], np.zeros(parts[1].shape[-1], dtype=bool)
    for start in range(0, len(parts[0]), STEPS):
        turn, shift, modes, swelling = (part[start : start + STEPS] for part in parts)
        strain, passed = _block(turn, shift, modes, swelling, chain.segments.wall, chain.mirror)
        strains.append(np.asarray(strain))
        beyond |= np.asarray(passed)
    return FibreStrains(np.concatenate(strains)[:steps], beyond)


@kept
def _block(
    turn_rad: Float[Values, "t 3 j s"],
    shift_mm: Float[Values, "t 3 j s"],
    modes_mm: Float[Values, "t m j s"],
    swelling: Float[Values, "t j s"],
    wall: Wall,
    mirror: bool,
) -> tuple[Float[Array, "t j s"], Bool[Array, "s"]]:
    def one(at: tuple[Array, Array, Array, Array]) -> tuple[Array, Array]:
        turn, shift, modes, swollen = at
        rows, u = in_upper_axes(turn, shift, mirror)
        found = fibre_state(rows, u, list(modes), swollen, wall, mirror)
        return found.strain, (found.beyond > 0.0).any(axis=0)

    strain, passed = jax.lax.map(one, (turn_rad, shift_mm, modes_mm, swelling))
    return strain, passed.any(axis=0)
