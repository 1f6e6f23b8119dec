"""Samples that found no balance: named with what was asked of them, and left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from opentraction.chart import NotConverged

Numbers = NDArray[np.float64]
IN_EACH = 20
"""An ensemble may miss one sample in each twenty begun, and never its only one."""


@dataclass(frozen=True)
class Missed:
    """A sample without a result."""

    sample: int
    """Its number among those that were drawn."""
    what: str
    """What it was doing."""
    residual: float
    """Of the forces against the largest at work; when a rest shape was sought, distance from the imaged one
    [mm]."""
    inputs: dict[str, float]
    """Its parameters by name, and what was asked of it."""


def bearable(missed: Sequence[Missed], drawn: int) -> None:
    """Raise NotConverged when too many of the `drawn` samples are missed for bands to mean anything."""
    if not missed or (len(missed) <= ceil(drawn / IN_EACH) and len(missed) < drawn):
        return
    first = missed[0]
    asked = ", ".join(f"{name} {value:.4g}" for name, value in first.inputs.items())
    raise NotConverged(
        f"Expected all but one in {IN_EACH} samples to find a balance in {first.what}, but {len(missed)} of "
        f"{drawn} did not (sample {first.sample}: {first.residual:.3g}, with {asked}). Check the heights, "
        "wedges and grades of the discs, or pull less."
    )
