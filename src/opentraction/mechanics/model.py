"""SpineModel: one patient's column as an ensemble, in the load of one setup."""

from __future__ import annotations

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Array, Float
from numpy.typing import NDArray

from opentraction.chart import LEVELS, BadInput, Level, Setup
from opentraction.mechanics.column import Column

MODEL_NAME = "sagittal column 1"
"""Name and version of this mechanical model, written into every prediction."""
THORAX_MM = 150.0
"""Height of the chest harness above the centre of L1 along the line of pull; assumed."""
Numbers = NDArray[np.float64]
"""Plain numbers outside of JAX."""


class Body(eqx.Module):
    """What loads the column: weights, posture, harness and muscle; arrays (sample) or (joint, sample)."""

    weight_n: Float[Array, "s"]
    lying_n: Float[Array, "s"]
    """Residual compression lying."""
    standing_n: Float[Array, "j s"]
    """Compression upright, from the stated moment balance."""
    pull_share: Float[Array, "s"]
    harness_offset_mm: Float[Array, "s"]
    harness_below_mm: Float[Array, "s"]
    angle_share: Float[Array, "s"]
    posture_turn: Float[Array, "s"]
    guarding_n: Float[Array, "s"]
    hours_up: Float[Array, "s"]
    stature_share: Float[Array, "s"]


class SpineModel(eqx.Module):
    """A patient's column: `samples` sets of parameters, samples in the last axis of every array."""

    column: Column
    body: Body
    front_mm: Float[Array, "j"]
    mid_mm: Float[Array, "j"]
    back_mm: Float[Array, "j"]
    """Imaged heights, at 10, 50 and 90 % of the depth."""
    imaged_mm: Float[Array, "j s"]
    """Imaged mean height of each sample (its measurement error drawn)."""
    edge_mm: Float[Array, "j"]
    """Distance of front and back height from the disc's centre: 40 % of the depth."""
    pull_line: Float[Array, "3 s"]
    """Line of pull: forward offset at L5-S1, hold below it, height of L1 above it [mm]."""
    targetable: tuple[Level, ...] = eqx.field(static=True)
    present: tuple[bool, ...] = eqx.field(static=True)
    setup: Setup = eqx.field(static=True)
    patient_id: str = eqx.field(static=True)
    spine_digest: str = eqx.field(static=True)
    seed: int = eqx.field(static=True)
    samples: int = eqx.field(static=True)
    simulated: bool = eqx.field(static=True)

    @property
    def levels(self) -> tuple[Level, ...]:
        """The five levels of the column, head to foot; those not in the Spine stand in from norms."""
        return LEVELS

    def subset(self, n: int) -> SpineModel:
        """The first `n` samples. Raises BadInput when there are fewer."""
        if not 1 <= n <= self.samples:
            raise BadInput(
                f"Expected 1 to {self.samples} samples, got {n}. Build the model with more samples."
            )
        return _with_samples(self, n)

    def with_setup(self, setup: Setup) -> SpineModel:
        """The same patient in another posture, table or harness."""
        return replaced(self, setup=setup)


def replaced(model: SpineModel, **changes: object) -> SpineModel:
    """A copy of the model with some fields changed."""
    fields = {name: getattr(model, name) for name in model.__dataclass_fields__}
    return SpineModel(**{**fields, **changes})  # type: ignore[arg-type]


def _with_samples(model: SpineModel, n: int) -> SpineModel:
    ensemble = {"column", "body", "imaged_mm", "pull_line"}
    cut = {name: jax.tree.map(lambda leaf: leaf[..., :n], getattr(model, name)) for name in ensemble}
    return replaced(model, samples=n, **cut)


def float_array(values: object) -> Numbers:
    """A numpy copy of any array, float64."""
    return np.asarray(values, dtype=np.float64)
