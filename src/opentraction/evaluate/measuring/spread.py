"""The spread of each number: from the voxel along each direction, the label's own error, and derived labels.

An edge of a label is known to a share of the voxel across it (uniform error: 1/sqrt(12) = 0.29 of a voxel for
one column). Endplates and outlines average hundreds of columns, but neighbours err together where the
surface runs along the grid, so the shares below were set on phantoms moved and turned under the grid (tests
state it). A label of a real image also misses the true edge: 0.27 mm per edge makes the 0.38 mm between
semi-automatic and manual heights (Neubert). A label derived from a rule, or dilated on resampling, is off by
0.5 mm per edge.
"""

from dataclasses import dataclass

import numpy as np

from opentraction.chart import Measure, Quality
from opentraction.evaluate.measuring.frames import Array
from opentraction.evaluate.study import ImagingStudy

EDGE_SHARE = 0.16
"""Standard deviation of a fitted endplate, of the voxel across it."""
OUTLINE_SHARE = 0.27
"""Standard deviation of an outline's edge, of the voxel across it: fewer voxels share in it."""
LABEL_EDGE_MM = 0.27
DERIVED_EDGE_MM = 0.5


@dataclass(frozen=True)
class Spread:
    """Spreads for one study."""

    voxel_mm: Array
    directions: Array
    """Unit vectors of the array axes as columns (3, 3)."""
    simulated: bool

    @classmethod
    def of(cls, study: ImagingStudy) -> "Spread":
        """The spread rules of a study."""
        size = np.asarray(study.voxel_mm)
        return cls(size, study.affine[:3, :3] / size, study.simulated)

    def across(self, direction: Array) -> float:
        """Voxel size across a surface with this unit normal [mm]."""
        return float(np.linalg.norm(self.voxel_mm * (direction @ self.directions)))

    def edge(self, direction: Array, *, derived: bool = False, share: float = EDGE_SHARE) -> float:
        """Standard deviation of the position of an edge along a direction [mm]."""
        own = 0.0 if self.simulated else LABEL_EDGE_MM
        rule = DERIVED_EDGE_MM if derived else 0.0
        return float(np.sqrt((share * self.across(direction)) ** 2 + own**2 + rule**2))

    def length(self, direction: Array, *, derived: bool = False) -> float:
        """Standard deviation of a distance between two edges [mm]."""
        return float(np.sqrt(2.0) * self.edge(direction, derived=derived))

    def outline(self, direction: Array, *, derived: bool = False) -> float:
        """Standard deviation of a distance between two edges of an outline [mm]."""
        return float(np.sqrt(2.0) * self.edge(direction, derived=derived, share=OUTLINE_SHARE))

    def angle(self, normal: Array, span_mm: float, *, derived: bool = False) -> float:
        """Standard deviation of the angle between two endplates of a given span [deg].

        The slope of a plane fitted over a span L to points with error s is known to about 1.5 s / L when
        neighbours err together over a third of the span.
        """
        return float(np.degrees(1.5 * np.sqrt(2.0) * self.edge(normal, derived=derived) / max(span_mm, 5.0)))


def measured(value: float, sd: float, *, derived: bool, note: str = "") -> Measure:
    """A measure from a label: quality "derived" when the label itself was."""
    quality = Quality.DERIVED if derived else Quality.MEASURED
    return Measure(value=float(value), sd=float(sd), quality=quality, note=note)
