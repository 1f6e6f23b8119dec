"""The norm subject of the validation: a spine of published sizes, and what an experiment takes from it.

No imaging is needed to check the model.
"""

from __future__ import annotations

import math

import numpy as np

from opentraction.chart import (
    LEVELS,
    Disc,
    Frame,
    HeightField,
    Level,
    Measure,
    Protrusion,
    ProtrusionKind,
    Quality,
    Side,
    Spine,
    SpineSource,
)
from opentraction.mechanics.patient.assembly import Present
from opentraction.mechanics.validating.bench import Part, Subject

MID_MM = (10.0, 11.59, 12.45, 14.0, 12.99)
"""V149 to V152; L4-L5 as P207, the mean of front and back (V147, V155)."""
DEPTH_MM = (30.23, 32.03, 32.86, 33.08, 33.4)
"""V157 to V160; L5-S1 as P207."""
WIDTH_MM = (46.0, 47.0, 48.0, 49.0, 49.0)
"""L4-L5 as P207, the others assumed."""
FULLNESS = 2.5
"""Exponent of the outline |2 x / depth|^n + |2 y / width|^n = 1: an area of 0.845 of depth times width. The
22 discs of five public MRI and CT spines, as this package measures them, have 0.79 to 0.95, 0.85 on average;
an ellipse has 0.785."""
PROTRUSION_MM = 5.0
"""Depth of a protrusion where the subject has one: assumed."""
WEDGE_DEG = (4.0, 6.0, 8.0, 10.0, 13.0)
"""Of the disc, lying; assumed, from the front and back heights of V145 to V156."""
OUTLINE_POINTS = 48
BODY_MM = 27.0
"""Height of a body, V171 and V172."""
SEGMENT_DEG = (1.2, 5.9, 9.3, 12.7, 21.6)
"""Segmental lordosis, V163 to V166; L3-L4 between its neighbours."""


def _measure(value: float, sd: float = 0.0) -> Measure:
    return Measure(value=value, sd=sd, quality=Quality.ASSUMED)


def norm_spine(
    *,
    pfirrmann: float = 2.0,
    scale: float = 1.0,
    protrusions: tuple[Level, ...] = (),
    exact: bool = False,
) -> Spine:
    """Five discs L1-L2 to L5-S1 on an arc of lordosis, of one grade; `scale` multiplies the heights.

    The grade is the condition of an experiment and has no error. `protrusions`: levels with a central
    protrusion. `exact`: sizes without error too, so that samples differ by their parameters alone.
    """
    angles = [0.0] * 5
    for index in range(3, -1, -1):
        angles[index] = angles[index + 1] + math.radians(SEGMENT_DEG[index])
    middle = sum(angles) / 5
    angles = [angle - middle for angle in angles]
    places = [(0.0, 0.0)] * 5
    for index in range(3, -1, -1):
        mean = 0.5 * (angles[index] + angles[index + 1])
        length = BODY_MM + 0.5 * (MID_MM[index] + MID_MM[index + 1])
        below = places[index + 1]
        places[index] = (below[0] - length * math.sin(mean), below[1] + length * math.cos(mean))
    error = 0.0 if exact else 1.0
    discs = tuple(
        _disc(i, angles[i], places[i], pfirrmann, scale, error, LEVELS[i] in protrusions) for i in range(5)
    )
    return Spine(
        study_id="norms",
        source=SpineSource.NORMS,
        method="norm subject 1",
        vertebrae=(),
        discs=discs,
        simulated=True,
    )


def present_in(subject: Subject) -> Present:
    """The joints that move, ligaments and facets that an experiment has left in a subject."""
    joints = np.array([1.0 if level in subject.free else 0.0 for level in LEVELS])
    ligaments, facets = np.ones(len(LEVELS)), np.ones((2, len(LEVELS)))
    for cut in subject.cuts:
        places = slice(None) if cut.level is None else slice(cut.level.place, cut.level.place + 1)
        if cut.part is Part.LIGAMENTS:
            ligaments[places] = 0.0
        sides = {Part.FACETS: slice(None), Part.LEFT_FACET: slice(0, 1), Part.RIGHT_FACET: slice(1, 2)}
        if cut.part in sides:
            facets[sides[cut.part], places] = 0.0
    return Present(joints, ligaments, facets)


def _disc(
    index: int,
    angle: float,
    place: tuple[float, float],
    grade: float,
    scale: float,
    error: float,
    protrudes: bool,
) -> Disc:
    depth, width, wedge = DEPTH_MM[index], WIDTH_MM[index], WEDGE_DEG[index]
    mid = MID_MM[index] * scale
    slope = 0.8 * 0.5 * depth * math.tan(math.radians(wedge))
    area = depth * width * math.gamma(1 + 1 / FULLNESS) ** 2 / math.gamma(1 + 2 / FULLNESS)
    tilt = 0.25 * depth * math.tan(math.radians(wedge))
    # world RAS: right, anterior, superior; the disc's x axis is anterior, y left, z cranial
    frame = Frame(
        origin_mm=(0.0, place[0], place[1]),
        x_axis=(0.0, math.cos(angle), math.sin(angle)),
        y_axis=(-1.0, 0.0, 0.0),
        z_axis=(0.0, -math.sin(angle), math.cos(angle)),
    )
    return Disc(
        level=LEVELS[index],
        frame=frame,
        outline_mm=tuple(
            (0.5 * depth * _full(math.cos(turn)), 0.5 * width * _full(math.sin(turn)))
            for turn in (2 * math.pi * k / OUTLINE_POINTS for k in range(OUTLINE_POINTS))
        ),
        upper=HeightField(coefficients_mm=(mid / 2, tilt, 0, 0, 0, 0)),
        lower=HeightField(coefficients_mm=(-mid / 2, -tilt, 0, 0, 0, 0)),
        height_front_mm=_measure(mid + slope, error * 0.4),
        height_mid_mm=_measure(mid, error * 0.4),
        height_back_mm=_measure(mid - slope, error * 0.4),
        mean_height_mm=_measure(mid, error * 0.4),
        depth_mm=_measure(depth, error * 0.7),
        width_mm=_measure(width, error * 1.0),
        wedge_deg=_measure(wedge, error * 1.0),
        area_mm2=_measure(area, error * 0.04 * area),
        volume_mm3=_measure(area * mid),
        farfan_index=_measure(2 * mid / depth),
        dabbs_mm=_measure(mid),
        pfirrmann=_measure(grade),
        protrusion=Protrusion(
            kind=ProtrusionKind.PROTRUSION, depth_mm=_measure(PROTRUSION_MM, error), side=Side.CENTRE
        )
        if protrudes
        else None,
    )


def _full(part: float) -> float:
    """Of a cosine or sine: the coordinate of the full outline."""
    return math.copysign(abs(part) ** (2 / FULLNESS), part)
