"""Ligament groups in the sagittal plane: stiffness, toe and pre-strain of REMUS2021 (P162 to P192)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Groups:
    """The groups of all joints; arrays (group, joint, sample) unless said."""

    x_mm: Array
    """(group, 1, 1): place behind the back edge (`behind`) or ahead of the front edge of the disc."""
    behind: NDArray[np.bool_]
    """(group, 1, 1)"""
    stiffness_n: Array
    length_mm: Array
    toe: Array
    rest: Array
    """Strain in the imaged shape, negative when slack."""


@dataclass(frozen=True)
class _Group:
    name: str
    strands: int
    """REMUS2021 prints stiffness per strand; the number of strands in the plane is assumed."""
    per_strand_n: tuple[float, float, float, float, float]
    """N per unit strain, L1-L2 to L5-S1."""
    toe: float
    rest: float
    place_mm: float
    """Distance from the edge of the disc, backward negative; assumed."""
    behind: bool
    length_mm: float | None
    """None: as long as the disc is high and 10 mm more (attached to the bodies' rims)."""


_GROUPS = (
    _Group("anterior longitudinal", 1, (412.25, 509.25, 582.0, 485.0, 291.0), 0.07, 0.03, 0.0, False, None),
    _Group("posterior longitudinal", 1, (191.4, 411.8, 118.9, 290.0, 246.0), 0.23, -0.12, 0.0, True, None),
    _Group("flavum", 6, (25.5, 27.6, 38.1, 30.0, 22.2), 0.09, 0.03, -15.0, True, 19.0),
    _Group("capsules", 8, (55.6, 44.4, 42.4, 40.0, 24.8), 0.95, -0.55, -18.0, True, 5.0),
    _Group("interspinous", 4, (2.88, 2.75, 3.5, 2.5, 2.58), 0.05, 0.02, -30.0, True, 13.0),
    _Group("supraspinous", 3, (35.84, 38.64, 36.4, 28.0, 19.88), 0.20, 0.08, -45.0, True, 11.0),
)
"""Lengths of flavum, interspinous and supraspinous: KUO2010 (P140, P142, P144); of capsules: assumed."""


def groups(factor: Array, height_mm: Array) -> Groups:
    """The groups for joints of the given height; `factor` (joint, sample) multiplies every stiffness."""
    shape = (len(_GROUPS), *height_mm.shape)
    return Groups(
        x_mm=np.array([group.place_mm for group in _GROUPS]).reshape(-1, 1, 1),
        behind=np.array([group.behind for group in _GROUPS]).reshape(-1, 1, 1),
        stiffness_n=np.stack([g.strands * np.array(g.per_strand_n)[:, None] * factor for g in _GROUPS]),
        length_mm=np.stack(
            [
                height_mm + 10.0 if g.length_mm is None else np.full(height_mm.shape, g.length_mm)
                for g in _GROUPS
            ]
        ),
        toe=np.stack([np.full(height_mm.shape, group.toe) for group in _GROUPS]).reshape(shape),
        rest=np.stack([np.full(height_mm.shape, group.rest) for group in _GROUPS]).reshape(shape),
    )
