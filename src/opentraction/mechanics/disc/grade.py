"""How degeneration changes a disc: factors of a continuous Pfirrmann grade, 1 to 5.

Published "healthy" material (FAN2015's grade 0) is taken as Pfirrmann 2 or less, and FAN2015's grades 1 to 3
as Pfirrmann 3 to 5: assumed, the paper grades otherwise. Between whole grades everything is linear or
geometric. P122 (unverified) has the nucleus' drained modulus fall where P091-P100 have its solid rise; the
solid here follows the latter.
"""

from __future__ import annotations

import equinox as eqx
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike
from jaxtyping import Float

Graded = Float[Array, "#j #s"]

SOLID_PER_GRADE = 0.065 / 0.12
"""P091, P094, P097: 0.12, 0.185, 0.25 MPa; the last grade (P100) is a continuation."""
PERMEABILITY_PER_GRADE = 2.0 / 3.0
"""P092, P095, P098: 3, 5, 7 e-16 m4/Ns."""
NUCLEUS_VOID, NUCLEUS_VOID_PER_GRADE = 4.0, -0.56
"""P093, P096, P099: void ratio 4, 3.44, 2.88."""
ANNULUS_VOID, ANNULUS_VOID_PER_GRADE = 3.0, -0.67 / 3.0
"""P103: void ratio 3.0 normal, 2.33 degenerated, spread over three grades."""
CHARGE_PER_GRADE = 0.8
"""Assumed: 0.30 falls to 0.15 mEq/ml in three grades, the low end of P124 (unverified)."""
FIBRES_PER_GRADE = 2.0 ** (1.0 / 3.0)
"""Assumed: k1 doubles in three grades, between no change and that of the matrix."""
SHARE, SHARE_PER_GRADE = 0.48, -0.06
"""Assumed: the nucleus' share of the area, 0.48 in health to 0.30 in grade 5."""


class Degeneration(eqx.Module):
    """What a disc's grade changes, per joint and sample. Factors are over health (grade 2 or less)."""

    matrix_factor: Graded
    """On C10 of the annulus."""
    fibre_factor: Graded
    """On k1 of the annulus. Assumed."""
    nucleus_share: Graded
    """Nucleus area over disc area. Assumed."""
    solid_factor: Graded
    """On C10 of the nucleus. P091-P100."""
    charge_factor: Graded
    """On the fixed charge density. Assumed; P121, P124."""
    permeability_factor: Graded
    """On the nucleus' permeability. P092-P098."""
    nucleus_water: Graded
    """Water fraction of the nucleus. P093-P099."""
    annulus_water: Graded
    """Water fraction of the annulus. P103."""


def degeneration(grade: ArrayLike, matrix_per_grade: ArrayLike) -> Degeneration:
    """The changes at a continuous Pfirrmann grade; below 1 as 1, above 5 as 5, up to 2 as health.

    `matrix_per_grade`: factor on C10 of the annulus per grade beyond health.
    """
    beyond = jnp.clip(jnp.atleast_2d(jnp.asarray(grade, float)), 2.0, 5.0) - 2.0
    nucleus_void = NUCLEUS_VOID + NUCLEUS_VOID_PER_GRADE * beyond
    annulus_void = ANNULUS_VOID + ANNULUS_VOID_PER_GRADE * beyond
    return Degeneration(
        matrix_factor=jnp.asarray(matrix_per_grade) ** beyond,
        fibre_factor=FIBRES_PER_GRADE**beyond,
        nucleus_share=SHARE + SHARE_PER_GRADE * beyond,
        solid_factor=1.0 + SOLID_PER_GRADE * beyond,
        charge_factor=CHARGE_PER_GRADE**beyond,
        permeability_factor=1.0 + PERMEABILITY_PER_GRADE * beyond,
        nucleus_water=nucleus_void / (1.0 + nucleus_void),
        annulus_water=annulus_void / (1.0 + annulus_void),
    )
