"""`Response`: what happens on the column per level, time and sample."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from opentraction.chart import Level
from opentraction.mechanics.outputs.attachments import Origins
from opentraction.mechanics.patient.missed import Missed

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Response:
    """What the column does: arrays (level, time, sample) unless said; NaN for a sample that was missed."""

    levels: tuple[Level, ...]
    targetable: tuple[Level, ...]
    time_s: Numbers
    """(time)"""
    pull_n: Numbers
    """(time): at the table."""
    transmitted_n: Numbers
    """(time, sample): what is left of it at the spine."""
    pressure_mpa: Numbers
    """Of the nucleus."""
    height_front_mm: Numbers
    height_mid_mm: Numbers
    height_back_mm: Numbers
    axial_force_n: Numbers
    """Net axial force that the joint carries, tension positive."""
    shear_mm: Numbers
    """Of the body above on the one below, forward positive, against the imaged shape."""
    flexion_deg: Numbers
    """Turn of the body above against the one below since the scan, flexion positive."""
    fluid_volume_mm3: Numbers
    """Water in the disc."""
    posterior_bulge_mm: Numbers
    """Of the disc's border in the middle at the back, since the scan."""
    foramen_height_mm: Numbers
    """Mean of both sides, as the area."""
    foramen_area_mm2: Numbers
    canal_area_mm2: Numbers
    """At the height of the disc."""
    facet_force_n: Numbers
    """Sum of both sides."""
    ligament_strain: Numbers
    """Largest of the groups."""
    rest_pressure_mpa: Numbers
    """(level, sample): lying at rest, just before the session."""
    session_s: float
    """End of the session; later times are the lying after it."""
    seed: int
    origins: Origins
    """Which attachment points of the openings were measured and which are assumed, also in sentences."""
    missed: tuple[Missed, ...] = ()
    """Samples without a result, from the search for the rest shape on."""

    @property
    def samples(self) -> int:
        """Size of the ensemble, missed samples of the session included."""
        return int(self.pressure_mpa.shape[-1])

    @property
    def answered(self) -> NDArray[np.bool_]:
        """(sample): which samples have a result."""
        return np.asarray(np.isfinite(self.pressure_mpa).all(axis=(0, 1)))
