"""An imaging study in one form: a volume and a label map in near-RAS order, with anatomical names."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from opentraction.chart import Posture


@dataclass(frozen=True, kw_only=True)
class ImagingStudy:
    """One image and its label map on one grid, whatever the file format and axis order were.

    Arrays are stored with axes closest to (right, anterior, superior), so that `affine` is near-diagonal
    for a straight acquisition and rotated for an oblique one.
    """

    study_id: str
    image: np.ndarray | None
    """Grey values, float32, shape (nx, ny, nz); None when only a label map was given."""
    labels: np.ndarray | None
    """Label map, int16, shape (nx, ny, nz), our own numbering given by `names`; None without labels."""
    affine: np.ndarray
    """Shape (4, 4): voxel index (i, j, k, 1) to world RAS [mm]."""
    names: Mapping[str, int] = field(default_factory=dict)
    """Anatomical name to number in `labels`: "T12", "L4", "S1", "L4-L5", "canal", "cord"."""
    modality: str = "unknown"
    """One of MR, CT, unknown."""
    weighting: str = ""
    """Of an MR image: T1, T2, or "T1 or proton density"; empty where nothing tells."""
    convention: str = ""
    """Name of the label convention the numbers came from."""
    posture: Posture = Posture.UNKNOWN
    laterality_known: bool = False
    derived: frozenset[str] = frozenset()
    """Names whose label was derived by a rule (gap discs), not drawn or segmented."""
    bodies_only: bool = True
    """False when vertebra labels include the arch, so that bodies must be separated first."""
    notes: tuple[str, ...] = ()
    """What was missing, filled or doubtful on reading, in plain sentences."""
    source: Path | None = None
    simulated: bool = False

    @property
    def voxel_mm(self) -> tuple[float, float, float]:
        """Voxel size along the three array axes [mm]."""
        size = np.linalg.norm(self.affine[:3, :3], axis=0)
        return (float(size[0]), float(size[1]), float(size[2]))

    def mask(self, name: str) -> np.ndarray:
        """Boolean mask (nx, ny, nz) of a named structure; raises KeyError when it has no label."""
        if self.labels is None:
            raise KeyError(name)
        return self.labels == self.names[name]
