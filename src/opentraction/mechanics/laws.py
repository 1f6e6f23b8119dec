"""Scalar laws of the fluid, each with its slope written by hand."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float

GAS_CONSTANT_TIMES_T_J_PER_MOL = 2577.0
"""R T at 310 K [J/mol] (gas constant 8.314 J/(mol K))."""
SALT_MOL_PER_L = 0.15
"""Concentration of the fluid around the disc, physiological saline [mol/l]."""
_GROWTH_CAP = 0.5
_GROWTH_WIDTH = 0.2


def osmotic(
    swelling: Float[Array, "..."], charge: Float[Array, "..."], water: Float[Array, "..."]
) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
    """Donnan osmotic pressure [MPa] and slope against the swelling ratio J.

    cF = cF0 phi0 / (phi0 - 1 + J) [mEq/ml], p = R T (sqrt(cF^2 + 4 cb^2) - 2 cb).
    """
    free = jnp.maximum(water - 1.0 + swelling, 0.05)
    density = charge * water / free
    root = jnp.sqrt(density**2 + 4 * SALT_MOL_PER_L**2)
    scale = GAS_CONSTANT_TIMES_T_J_PER_MOL * 1e-3
    pressure = scale * (root - 2 * SALT_MOL_PER_L)
    slope = jnp.where(free > 0.05, -scale * density**2 / (root * free), 0.0)
    return pressure, slope


def permeability_factor(
    swelling: Float[Array, "..."], water: Float[Array, "..."], exponent: float
) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
    """k/k0 at the swelling ratio J, and d ln k / dJ.

    Argoubi and Shirazi-Adl as used by FAN2015: [e (1+e0) / (e0 (1+e))]^2 exp(M (J - 1)); the exponent is
    limited smoothly at +0.5, since no data reach beyond.
    """
    free = jnp.maximum(water - 1.0 + swelling, 0.05)
    raw = exponent * (swelling - 1.0)
    over = (raw - _GROWTH_CAP) / _GROWTH_WIDTH
    bounded = raw - _GROWTH_WIDTH * jnp.logaddexp(over, 0.0)
    passing = 1.0 / (1.0 + jnp.exp(jnp.clip(over, -60.0, 60.0)))
    factor = (free / (water * swelling)) ** 2 * jnp.exp(bounded)
    slope = 2.0 / free - 2.0 / swelling + exponent * passing
    return factor, slope
