"""`Response`: what happens on the column per level, time and sample."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from opentraction.chart import Level
from opentraction.mechanics.outputs.attachments import Origins
from opentraction.mechanics.patient.missed import Missed

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Shape:
    """Border of the disc and openings, arrays (level, time, sample)."""

    posterior_bulge_mm: Numbers
    """Of the disc's border in the middle at the back, against the stress-free shape."""
    protrusion_change_mm: Numbers
    """Of its depth since the scan; without a protrusion, of the disc's border in the middle at the back."""
    foramen_height_mm: Numbers
    """Mean of both sides, as the area."""
    foramen_area_mm2: Numbers
    canal_area_mm2: Numbers
    """At the height of the disc."""
    fibre_strain: Numbers
    """Greatest of any fibre of the annulus; negative when all are shortened."""


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
    stroke_mm: Numbers
    """(time, sample) mm: travel of the pull that the table sees, more than at the first time: the column's
    lengthening between thorax and pelvis, the stretch of the harness, and its slip on the skin, which does
    not come back. Cord and frame of the table itself are not in it."""
    tissue_n: Numbers
    """(time, sample) N: what the trunk's soft tissue beside the column takes up as it lengthens with it since
    the first time; a part of what is lost on the way."""
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
    read_shape: Callable[[], Shape]
    """Works out what follows from the poses alone; called once, when first asked for."""
    missed: tuple[Missed, ...] = ()
    """Samples without a result, from the search for the rest shape on."""

    @cached_property
    def shape(self) -> Shape:
        """Border of the disc, openings and fibres; worked out when first asked for."""
        return self.read_shape()

    @property
    def posterior_bulge_mm(self) -> Numbers:
        """As in `Shape`, like those that follow."""
        return self.shape.posterior_bulge_mm

    @property
    def protrusion_change_mm(self) -> Numbers:
        """Change of a protrusion's depth since the scan."""
        return self.shape.protrusion_change_mm

    @property
    def foramen_height_mm(self) -> Numbers:
        """Mean of both sides."""
        return self.shape.foramen_height_mm

    @property
    def foramen_area_mm2(self) -> Numbers:
        """Mean of both sides."""
        return self.shape.foramen_area_mm2

    @property
    def canal_area_mm2(self) -> Numbers:
        """At the height of the disc."""
        return self.shape.canal_area_mm2

    @property
    def fibre_strain(self) -> Numbers:
        """Greatest of any fibre of the annulus."""
        return self.shape.fibre_strain

    @property
    def samples(self) -> int:
        """Size of the ensemble, missed samples of the session included."""
        return int(self.pressure_mpa.shape[-1])

    @property
    def answered(self) -> NDArray[np.bool_]:
        """(sample): which samples have a result."""
        return np.asarray(np.isfinite(self.pressure_mpa).all(axis=(0, 1)))
