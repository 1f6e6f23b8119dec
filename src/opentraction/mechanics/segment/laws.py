"""The one scalar law of strands and contacts: nothing, then a toe, then a straight line."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array


def toe_law(x: Array, toe: Array | float) -> tuple[Array, Array, Array]:
    """Integral, value and slope of the law: 0 below 0, x^2 / (2 toe) up to the toe's end, x - toe / 2 beyond.

    Its integral is twice continuously differentiable and exactly zero while x <= 0. The form is that of
    REMUS2021 for ligaments (Blankevoort and Huiskes 1991); the contacts use it with a toe in mm.
    """
    inner = jnp.clip(x, 0.0, toe)
    over = jnp.maximum(x - toe, 0.0)
    integral = inner**3 / (6.0 * toe) + 0.5 * over * (over + toe)
    return integral, inner**2 / (2.0 * toe) + over, inner / toe
