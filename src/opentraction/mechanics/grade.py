"""How degeneration changes a disc: factors of a continuous Pfirrmann grade, 1 up to grade 2."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def beyond_two(grade: Array) -> Array:
    """Grades beyond 2; published 'healthy' material is taken as grade 2 or less."""
    return np.clip(grade, 1.0, 5.0) - np.minimum(np.clip(grade, 1.0, 5.0), 2.0)


def charge_factor(grade: Array) -> Array:
    """Fixed charge falls by 20 % a grade; P121 (unverified): swelling pressure 0.138 falls to 0.037 MPa."""
    return 0.8 ** beyond_two(grade)


def permeability_factor(grade: Array) -> Array:
    """Nucleus permeability 3, 5, 7 e-16 over three grades (P092, P095, P098): two thirds a grade."""
    return 1.0 + 0.67 * beyond_two(grade)


def water_loss(grade: Array) -> Array:
    """Loss of the nucleus' water fraction: 0.80, 0.775, 0.742 over three grades (P093, P096, P099)."""
    return 0.029 * beyond_two(grade)


def solid_factor(grade: Array) -> Array:
    """Stiffening of strips and wall, twice a grade: set on V007; C10 of the nucleus doubles in two (P097)."""
    return 2.0 ** beyond_two(grade)
