"""Two-dimensional geometry of clicked corners: one body, one disc."""

from dataclasses import dataclass
from math import atan2, cos, degrees, hypot, pi, sin
from typing import Any

import numpy as np

from opentraction.chart import (
    Disc,
    Frame,
    HeightField,
    Level,
    Listhesis,
    Measure,
    Point2,
    Protrusion,
    ProtrusionKind,
    Quality,
    Side,
    Vertebra,
    VertebraName,
)
from opentraction.evaluate import norms

_OUTLINE_POINTS = 32
_SQUARENESS = 2.5
"""Exponent of the superellipse that stands for a disc's outline: 2 is an ellipse (area 0.785 of the box),
2.5 gives 0.83; lumbar discs are flatter behind than an ellipse. Our choice; it enters area and volume
only."""
_SHAPE_SHARE = 0.06
"""Relative spread of the area for not knowing the outline."""
_STRAIGHT_SD_MM = 1.0
"""Added to the middle height, since real endplates are hollow by 0.7 to 1.5 mm (WANG2012)."""
_PLANE = "landmarks on one picture"


@dataclass(frozen=True)
class Corners:
    """Corners of one body, each (front, up) in mm."""

    name: VertebraName
    upper_front: np.ndarray
    upper_back: np.ndarray
    lower_front: np.ndarray | None
    lower_back: np.ndarray | None

    @property
    def upper_depth(self) -> float:
        """Length of the upper endplate [mm]."""
        return float(np.linalg.norm(self.upper_front - self.upper_back))

    @property
    def depths(self) -> tuple[float, ...]:
        """Length of each endplate that was given [mm]."""
        if self.lower_front is None or self.lower_back is None:
            return (self.upper_depth,)
        return (self.upper_depth, float(np.linalg.norm(self.lower_front - self.lower_back)))

    @property
    def upper_middle(self) -> np.ndarray:
        """Middle of the upper endplate."""
        return np.asarray((self.upper_front + self.upper_back) / 2)

    @property
    def upper_tilt_deg(self) -> float:
        """Slope of the upper endplate [deg], positive when its front is higher."""
        return _tilt_deg(self.upper_front - self.upper_back)


def landmark_vertebra(body: Corners, click_sd_mm: float) -> Vertebra:
    """A body from its corners; of S1 only the upper endplate."""
    norm = norms.expected(_normed(body.name))
    heights: dict[str, Any] = {}
    middle = body.upper_middle
    across = body.upper_front - body.upper_back
    if body.lower_front is not None and body.lower_back is not None:
        low = body.lower_front - body.lower_back
        across = across / np.linalg.norm(across) + low / np.linalg.norm(low)
        middle = (body.upper_middle + (body.lower_front + body.lower_back) / 2) / 2
        front = float(np.linalg.norm(body.upper_front - body.lower_front))
        back = float(np.linalg.norm(body.upper_back - body.lower_back))
        half = float(np.linalg.norm(body.upper_middle - (body.lower_front + body.lower_back) / 2))
        wedge = body.upper_tilt_deg - _tilt_deg(low)
        heights = {
            "height_front_mm": _derived(front, click_sd_mm),
            "height_mid_mm": _derived(
                half, hypot(click_sd_mm, _STRAIGHT_SD_MM), "endplates taken as straight"
            ),
            "height_back_mm": _derived(back, click_sd_mm),
            "wedge_deg": _derived(wedge, angle_sd_deg(click_sd_mm, body.upper_depth)),
        }
    width = norm.width_upper_mm
    return Vertebra(
        name=body.name,
        frame=_frame(middle, across),
        depth_mm=_derived(body.upper_depth, click_sd_mm),
        width_mm=width.replace(note=f"not seen on a mid-sagittal picture; {width.note}"),
        **heights,
    )


def landmark_disc(
    level: Level,
    upper: Corners,
    lower: Corners,
    click_sd_mm: float,
    rear: tuple[np.ndarray, ProtrusionKind] | None,
) -> Disc:
    """A disc between the lower endplate of one body and the upper endplate of the next."""
    assert upper.lower_front is not None
    assert upper.lower_back is not None
    top = (upper.lower_front, upper.lower_back)
    bottom = (lower.upper_front, lower.upper_back)
    directions = [(front - back) / np.linalg.norm(front - back) for front, back in (top, bottom)]
    x_axis = np.asarray(directions[0] + directions[1])
    x_axis /= np.linalg.norm(x_axis)
    z_axis = np.array([-x_axis[1], x_axis[0]])
    centre = np.asarray((top[0] + top[1] + bottom[0] + bottom[1]) / 4)
    local = [[((p - centre) @ x_axis, (p - centre) @ z_axis) for p in pair] for pair in (top, bottom)]
    depth = float(sum(pair[0][0] - pair[1][0] for pair in local) / 2)
    fields = [_line_field(pair, depth) for pair in local]
    heights = {u: fields[0].height_mm(u, 0.0) - fields[1].height_mm(u, 0.0) for u in (0.8, 0.0, -0.8)}
    wedge = _tilt_deg(top[0] - top[1]) - _tilt_deg(bottom[0] - bottom[1])
    norm = norms.expected(level)
    share = norm.width_mm.value / norm.depth_mm.value
    width = _assumed(depth * share, depth * share * 0.10, f"norm: width over depth; {norm.width_mm.note}")
    outline = _outline(depth, width.value)
    area = _area(outline)
    area_share = hypot(click_sd_mm / depth, 0.10, _SHAPE_SHARE)
    height_share = click_sd_mm / max(heights[0.0], 1.0)
    mean = heights[0.0]
    return Disc(
        level=level,
        frame=_frame(centre, x_axis),
        outline_mm=outline,
        upper=fields[0],
        lower=fields[1],
        height_front_mm=_derived(heights[0.8], click_sd_mm),
        height_mid_mm=_derived(
            heights[0.0], hypot(click_sd_mm, _STRAIGHT_SD_MM), "endplates taken as straight: rather too low"
        ),
        height_back_mm=_derived(heights[-0.8], click_sd_mm),
        mean_height_mm=_derived(mean, click_sd_mm),
        depth_mm=_derived(depth, click_sd_mm),
        width_mm=width,
        wedge_deg=_derived(wedge, angle_sd_deg(click_sd_mm, depth)),
        area_mm2=_assumed(area, area * area_share, "depth from landmarks, width and outline from norms"),
        volume_mm3=_assumed(
            area * mean,
            area * mean * hypot(area_share, height_share),
            "height from landmarks, width from norms",
        ),
        farfan_index=_derived((heights[0.8] + heights[-0.8]) / depth, 1.5 * click_sd_mm / depth),
        dabbs_mm=_derived((heights[0.8] + heights[-0.8]) / 2, 0.75 * click_sd_mm),
        listhesis=_slip(upper.lower_back, lower, click_sd_mm),
        protrusion=_protrusion(rear, upper.lower_back, lower.upper_back, click_sd_mm),
    )


def _slip(above_back: np.ndarray, lower: Corners, click_sd_mm: float) -> Listhesis:
    """Offset of the upper body's back corner along the lower body's upper endplate, forward positive.

    It lies between two clicked points, so that its spread is that of a height.
    """
    along = (lower.upper_front - lower.upper_back) / lower.upper_depth
    slip = float((above_back - lower.upper_back) @ along)
    return Listhesis(
        slip_mm=_derived(slip, click_sd_mm),
        slip_percent=_derived(100 * slip / lower.upper_depth, 100 * click_sd_mm / lower.upper_depth),
    )


def _protrusion(
    rear: tuple[np.ndarray, ProtrusionKind] | None, top: np.ndarray, bottom: np.ndarray, click_sd_mm: float
) -> Protrusion | None:
    """Distance of the rearmost point behind the line that joins the two posterior corners."""
    if rear is None:
        return None
    point, kind = rear
    line = (top - bottom) / np.linalg.norm(top - bottom)
    behind = np.array([-line[1], line[0]])
    depth = float((point - bottom) @ behind)
    if depth <= 0:
        return None
    note = "on the mid-sagittal picture; what lies to the side is not seen"
    return Protrusion(kind=kind, depth_mm=_derived(depth, click_sd_mm, note), side=Side.CENTRE)


def _line_field(pair: list[tuple[float, float]], depth: float) -> HeightField:
    (x_front, z_front), (x_back, z_back) = pair
    slope = (z_front - z_back) / (x_front - x_back)
    at_middle = z_back - slope * x_back
    return HeightField(coefficients_mm=(float(at_middle), float(slope * depth / 2), 0.0, 0.0, 0.0, 0.0))


def _outline(depth: float, width: float) -> tuple[Point2, ...]:
    points = []
    for index in range(_OUTLINE_POINTS):
        angle = 2 * pi * index / _OUTLINE_POINTS
        c, s = cos(angle), sin(angle)
        radius = (abs(c) ** _SQUARENESS + abs(s) ** _SQUARENESS) ** (-1 / _SQUARENESS)
        points.append((radius * c * depth / 2, radius * s * width / 2))
    return tuple(points)


def _area(outline: tuple[Point2, ...]) -> float:
    points = np.array(outline)
    following = np.roll(points, -1, axis=0)
    return float(0.5 * np.sum(points[:, 0] * following[:, 1] - points[:, 1] * following[:, 0]))


def _frame(middle: np.ndarray, across: np.ndarray) -> Frame:
    """Frame in the sagittal plane x = 0 of world RAS."""
    front, up = (float(value) for value in across / np.linalg.norm(across))
    return Frame(
        origin_mm=(0.0, float(middle[0]), float(middle[1])),
        x_axis=(0.0, front, up),
        y_axis=(-1.0, 0.0, 0.0),
        z_axis=(0.0, -up, front),
    )


def _tilt_deg(direction: np.ndarray) -> float:
    return degrees(atan2(float(direction[1]), float(direction[0])))


def angle_sd_deg(click_sd_mm: float, depth: float) -> float:
    """Spread of the angle between two endplates of this depth [mm], each a line through two clicked points.

    A height between two points spreads by `click_sd_mm`, so one point by that over the root of 2, the slope
    of one line by click_sd_mm / depth, and the angle between two by the root of 2 times that.
    """
    return degrees(atan2(2**0.5 * click_sd_mm, depth))


def _normed(name: VertebraName) -> VertebraName:
    """Norms begin at T12."""
    above = (VertebraName.T9, VertebraName.T10, VertebraName.T11)
    return VertebraName.T12 if name in above else name


def _derived(value: float, sd: float, note: str = _PLANE) -> Measure:
    return Measure(value=float(value), sd=float(sd), quality=Quality.DERIVED, note=note)


def _assumed(value: float, sd: float, note: str) -> Measure:
    return Measure(value=float(value), sd=float(sd), quality=Quality.ASSUMED, note=note)
