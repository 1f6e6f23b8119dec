"""The measured spine on one page: vertebrae, discs, and a quality and spread on each number."""

import math
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Self

from pydantic import Field, model_validator

from opentraction.chart.level import (
    Level,
    Measure,
    Point2,
    Side,
    Vec3,
    VertebraName,
)
from opentraction.chart.value import Value


class SpineSource(StrEnum):
    """How the anatomy was obtained, best first."""

    LABEL_MAP = "label map"
    LANDMARKS = "landmarks"
    NORMS = "published norms"


class Posture(StrEnum):
    """Posture of the body, when imaged or when pulled."""

    SUPINE = "supine"
    PRONE = "prone"
    STANDING = "standing"
    UNKNOWN = "unknown"


class Frame(Value):
    """Own axes of a bone or disc in world RAS millimetres: x anterior, y left, z cranial; orthonormal."""

    origin_mm: Vec3
    x_axis: Vec3
    y_axis: Vec3
    z_axis: Vec3

    @model_validator(mode="after")
    def _orthonormal(self) -> Self:
        x, y, z = self.x_axis, self.y_axis, self.z_axis
        worst = max(
            abs(_dot(x, x) - 1), abs(_dot(y, y) - 1), abs(_dot(z, z) - 1),
            abs(_dot(x, y)), abs(_dot(y, z)), abs(_dot(x, z)),
        )  # fmt: skip
        if worst > 1e-6:
            raise ValueError(f"Frame axes must be orthonormal to 1e-6, they are off by {worst:.2g}")
        if _dot(_cross(x, y), z) < 0:
            raise ValueError("Frame axes must be right-handed (x anterior, y left, z cranial)")
        return self


class HeightField(Value):
    """An endplate over the disc's mid-plane: z(u, v) = c0 + c1 u + c2 v + c3 u2 + c4 u v + c5 v2 [mm].

    u = x / (depth / 2) and v = y / (width / 2) are the disc's own normalised coordinates.
    """

    coefficients_mm: tuple[float, float, float, float, float, float]

    def height_mm(self, u: float, v: float) -> float:
        """Height of the surface above the disc's mid-plane [mm] at normalised (u, v)."""
        c0, c1, c2, c3, c4, c5 = self.coefficients_mm
        return c0 + c1 * u + c2 * v + c3 * u * u + c4 * u * v + c5 * v * v


class Vertebra(Value):
    """One vertebral body. For S1 only the upper endplate is meaningful; body heights may be None."""

    name: VertebraName
    frame: Frame
    depth_mm: Measure
    """Front-to-back size of the superior endplate."""
    width_mm: Measure
    """Left-to-right size of the superior endplate."""
    height_front_mm: Measure | None = None
    height_mid_mm: Measure | None = None
    height_back_mm: Measure | None = None
    wedge_deg: Measure | None = None
    """Angle between the body's two endplates in the sagittal plane; positive when the front is taller."""
    cut_off: bool = False
    """True when the image border cuts the body."""


class ProtrusionKind(StrEnum):
    """Disc displacement, NASS 2014 (Fardon, Spine J 14:2525)."""

    BULGE = "bulge"
    PROTRUSION = "protrusion"
    EXTRUSION = "extrusion"
    SEQUESTRATION = "sequestration"


class Protrusion(Value):
    """Disc material beyond the line joining the posterior endplate corners."""

    kind: ProtrusionKind
    depth_mm: Measure
    side: Side = Side.CENTRE


SLIP_FROM_MM = 3.0
"""Offset from which a body is called slipped [mm]; `Listhesis` sets it against its own spread."""
GRADE_FROM_PERCENT = (25.0, 50.0, 75.0)
"""Where Meyerding grades 2, 3 and 4 begin [% of the endplate's depth]: quarters (CENTERW)."""


class Listhesis(Value):
    """Offset of the upper body on the lower one, forward positive; Meyerding grade from the percentage."""

    slip_mm: Measure
    slip_percent: Measure
    """Of the depth of the lower vertebra's superior endplate."""

    @property
    def grades(self) -> tuple[int, ...]:
        """Every Meyerding grade within one standard deviation of the reading, lowest first; 0 is no slip."""
        lowest, highest = (
            _meyerding(
                abs(self.slip_mm.value) + side * self.slip_mm.sd,
                abs(self.slip_percent.value) + side * self.slip_percent.sd,
            )
            for side in (-1, 1)
        )
        return tuple(range(lowest, highest + 1))

    @property
    def grade(self) -> int | None:
        """Meyerding grade: 0 below 3 mm, else 1 (< 25 %), 2 (< 50 %), 3 (< 75 %), 4.

        None when the spread of the reading spans the limit between two grades: then none is claimed.
        """
        return self.grades[0] if len(self.grades) == 1 else None

    @property
    def slipped(self) -> bool | None:
        """Whether the body has slipped; None when the reading cannot be told from normal: unknown, not no."""
        return None if {0} < set(self.grades) else self.grades != (0,)

    @property
    def grade_words(self) -> str:
        """The grade as a person reads it: "grade 1", or "grade 0 or 1" where the spread allows both."""
        return "grade " + " or ".join(map(str, self.grades))


def _meyerding(slip_mm: float, slip_percent: float) -> int:
    if slip_mm < SLIP_FROM_MM:
        return 0
    return 1 + sum(slip_percent >= limit for limit in GRADE_FROM_PERCENT)


class Disc(Value):
    """One disc: compact geometry to build a model from, and the measures a person reads."""

    level: Level
    frame: Frame
    outline_mm: Annotated[tuple[Point2, ...], Field(min_length=8)]
    """Closed curve in the mid-plane, counter-clockwise seen from above, (x, y) in the disc's frame."""
    upper: HeightField
    lower: HeightField
    height_front_mm: Measure
    """At 10 % of the depth from the front, between the fitted endplates, middle slices averaged."""
    height_mid_mm: Measure
    height_back_mm: Measure
    """At 90 % of the depth from the front."""
    mean_height_mm: Measure
    depth_mm: Measure
    width_mm: Measure
    wedge_deg: Measure
    """Angle between the two endplates in the sagittal plane; positive when the front is taller."""
    area_mm2: Measure
    """Cross-section in the mid-plane."""
    volume_mm3: Measure
    farfan_index: Measure
    """(front + back height) / depth."""
    dabbs_mm: Measure
    """(front + back height) / 2."""
    listhesis: Listhesis | None = None
    protrusion: Protrusion | None = None
    signal_ratio: Measure | None = None
    """Mean T2 signal of the nucleus over that of the spinal fluid, or of the brightest disc when noted."""
    pfirrmann: Measure | None = None
    """Estimated grade 1 to 5 (continuous), an estimate and not a reading."""
    canal_area_mm2: Measure | None = None
    foramen_height_mm: Measure | None = None
    seen: bool = True
    """False when the level was not on the image and stands in from norms: it is never targeted."""

    @model_validator(mode="after")
    def _positive_heights(self) -> Self:
        if self.mean_height_mm.value <= 0 or self.depth_mm.value <= 0 or self.width_mm.value <= 0:
            raise ValueError(f"Disc {self.level}: heights, depth and width must be above 0 mm")
        return self


class Spine(Value):
    """The spine as it was imaged, under the load of that posture and time of day."""

    study_id: str
    source: SpineSource
    method: str
    """Label convention or way of measuring, with its version."""
    posture: Posture = Posture.UNKNOWN
    vertebrae: tuple[Vertebra, ...]
    discs: tuple[Disc, ...]
    lordosis_deg: Measure | None = None
    """Between the superior endplates of L1 and S1, in the imaged posture."""
    laterality_known: bool = False
    voxel_mm: Vec3 | None = None
    notes: tuple[str, ...] = ()
    """What is missing, doubtful or derived, in plain sentences."""
    simulated: bool = False

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        order = [disc.level.place for disc in self.discs]
        if order != sorted(set(order)):
            raise ValueError("Spine discs must be listed once each, head to foot")
        if not self.discs:
            raise ValueError("A Spine needs at least one disc")
        if any(low - high != 1 for high, low in pairwise(order)):
            raise ValueError("Spine discs must be consecutive levels; a missing middle level is a fault")
        return self

    def disc(self, level: Level) -> Disc:
        """The disc of a level; raises KeyError when the spine does not hold it."""
        for disc in self.discs:
            if disc.level is level:
                return disc
        raise KeyError(level)

    def vertebra(self, name: VertebraName) -> Vertebra | None:
        """The vertebra of that name, or None when it was not seen."""
        return next((vertebra for vertebra in self.vertebrae if vertebra.name is name), None)

    @property
    def targetable(self) -> tuple[Level, ...]:
        """Levels that were seen: only these may be the target of a plan."""
        if self.source is SpineSource.NORMS:
            return ()
        return tuple(disc.level for disc in self.discs if disc.seen)


def _dot(a: Vec3, b: Vec3) -> float:
    return math.fsum(p * q for p, q in zip(a, b, strict=True))


def _cross(a: Vec3, b: Vec3) -> Vec3:
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])
