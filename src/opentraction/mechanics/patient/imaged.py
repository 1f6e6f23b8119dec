"""From the page of measured anatomy to the sizes and places of the five joints."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from opentraction.chart import LEVELS, Spine
from opentraction.mechanics.geometry import chain as sagittal
from opentraction.mechanics.segment.anatomy import REFERENCE_CANAL_MM

Numbers = NDArray[np.float64]

BODY_MM = (27.0, 27.0, 27.5, 27.5, 28.0, 28.0)
"""Heights of L1 to S1 where none was measured: L5 26 to 30 mm (V171, V172), the others assumed alike."""


@dataclass(frozen=True)
class Imaged:
    """The joints L1-L2 to L5-S1 as imaged, in the spine's own axes: x forward, y left, z up."""

    disc_turn: Numbers
    """(3, 3, joint) axes of each disc's mid-plane."""
    disc_mm: Numbers
    """(3, joint) centres."""
    height_mm: Numbers
    """(joint) mean height."""
    height_sd_mm: Numbers
    front_mm: Numbers
    mid_mm: Numbers
    back_mm: Numbers
    wedge_rad: Numbers
    depth_mm: Numbers
    area_mm2: Numbers
    area_sd_mm2: Numbers
    grade: Numbers
    grade_sd: Numbers
    body_mm: Numbers
    """(6) heights of L1 to S1."""
    canal_mm: Numbers
    """(joint) depth of the canal; from norms."""
    present: tuple[bool, ...]
    """False where the level is not in the Spine and stands in from norms."""


def imaged(spine: Spine) -> Imaged:
    """Reduce a Spine to its joints. Raises BadInput when the discs do not lie head to foot."""
    plane = sagittal(spine)
    cos, sin, none = np.cos(plane.axis_rad), np.sin(plane.axis_rad), np.zeros(len(LEVELS))
    turn = np.array([[cos, none, -sin], [none, none + 1.0, none], [sin, none, cos]])
    return Imaged(
        disc_turn=turn,
        disc_mm=np.stack([plane.centre_mm[:, 0], none, plane.centre_mm[:, 1]]),
        height_mm=plane.height_mm,
        height_sd_mm=plane.height_sd_mm,
        front_mm=plane.front_mm,
        mid_mm=plane.mid_mm,
        back_mm=plane.back_mm,
        wedge_rad=plane.wedge_rad,
        depth_mm=plane.depth_mm,
        area_mm2=plane.area_mm2,
        area_sd_mm2=plane.area_sd_mm2,
        grade=plane.grade,
        grade_sd=plane.grade_sd,
        body_mm=_bodies(spine),
        canal_mm=np.array(REFERENCE_CANAL_MM),
        present=plane.present,
    )


def _bodies(spine: Spine) -> Numbers:
    found = np.array(BODY_MM)
    names = ("L1", "L2", "L3", "L4", "L5", "S1")
    for bone in spine.vertebrae:
        if bone.name.value in names[:-1] and bone.height_mid_mm is not None:
            found[names.index(bone.name.value)] = bone.height_mid_mm.value
    return found
