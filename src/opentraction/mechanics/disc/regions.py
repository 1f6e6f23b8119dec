"""Fibre constants by region of the annulus: three places around times three depths, joined smoothly.

GRUBER2024's calibrated model of an L4-L5 disc without its posterior parts (rows P025 to P051): regions A
front, C side, E back, rings 1 (outer), 3 and 5 (inner) of five. Between them a0 + a1 cos phi +
a2 cos 2 phi through the three places and a parabola through the three depths, exact at the published points.
"""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike
from numpy.typing import NDArray

RING_DEPTHS = (0.1, 0.5, 0.9)
"""Depths of the middles of rings 1, 3 and 5, as a share of the wall from outside."""
K1_MPA = np.array([[3.73, 3.55, 3.37], [2.81, 2.67, 2.53], [1.88, 1.79, 1.70]])
"""Rows: rings 1, 3, 5; columns: front, side, back. P025, P034, P043; P028, P037, P046; P031, P040, P049."""
K2 = np.array([[89.57, 70.27, 50.97], [77.64, 60.91, 44.18], [65.71, 51.55, 37.39]])
"""P026, P035, P044; P029, P038, P047; P032, P041, P050."""
ANGLE_DEG = np.array([[31.2, 33.2, 34.8], [32.7, 34.8, 36.9], [34.0, 36.1, 37.7]])
"""To the disc's plane. P027, P036, P045; P030, P039, P048; P033, P042, P051."""


def regional(table: NDArray[np.float64], depth: ArrayLike, phi: NDArray[np.float64]) -> Array:
    """The table's constant at these depths [layer, 1, ...] and angles phi [strip] -> [layer, strip, ...]."""
    at = jnp.asarray(depth)
    angle = phi.reshape(1, -1, *(1,) * (at.ndim - 2))
    first, middle, last = RING_DEPTHS
    rings = (
        (at - middle) * (at - last) / ((first - middle) * (first - last)),
        (at - first) * (at - last) / ((middle - first) * (middle - last)),
        (at - first) * (at - middle) / ((last - first) * (last - middle)),
    )
    front, side, back = (sum(w * row[k] for w, row in zip(rings, table, strict=True)) for k in range(3))
    return (
        0.25 * (front + back + 2.0 * side)
        + 0.5 * (front - back) * np.cos(angle)
        + 0.25 * (front + back - 2.0 * side) * np.cos(2.0 * angle)
    )
