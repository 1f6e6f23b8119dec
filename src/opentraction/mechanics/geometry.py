"""From the page of measured anatomy to the chain in the sagittal plane."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from opentraction.chart import LEVELS, BadInput, Disc, Level, Measure, Quality, Spine

Array = NDArray[np.float64]

LEAST_HEIGHT_MM = 2.5
"""A thinner disc is modelled at this height: below it the strips would have no length to strain."""
_BODY_MM = 27.0
"""Height of a vertebral body where a level is missing: L5 26 to 30 mm, V171 and V172."""
_NORM_HEIGHT_MM = (10.0, 11.59, 12.45, 12.7, 12.99)
"""Disc heights in the middle, V149 to V152; L4-L5 between its neighbours."""
_NORM_WEDGE_DEG = (1.2, 5.9, 9.3, 12.7, 21.6)
"""Segmental lordosis, V163 to V166; L3-L4 between its neighbours; a third is taken as the disc's wedge."""
_NORM_AREA_MM2 = (1250.0, 1350.0, 1450.0, 1550.0, 1500.0)
_NORM_DEPTH_MM = (30.23, 32.03, 32.86, 33.08, 33.4)
"""V157 to V160 and P207."""


@dataclass(frozen=True)
class Chain:
    """The imaged spine in its sagittal plane, one entry per level head to foot; sd: standard deviation."""

    height_mm: Array
    height_sd_mm: Array
    front_mm: Array
    mid_mm: Array
    back_mm: Array
    wedge_rad: Array
    area_mm2: Array
    area_sd_mm2: Array
    depth_mm: Array
    grade: Array
    grade_sd: Array
    centre_mm: Array
    """(5, 2): disc centres, forward and up."""
    axis_rad: Array
    present: tuple[bool, ...]
    """False where the level is not in the Spine and stands in from norms."""


def chain(spine: Spine) -> Chain:
    """Reduce a Spine to its sagittal chain. Raises BadInput when the discs do not lie head to foot."""
    discs = {disc.level: disc for disc in spine.discs}
    plane = _plane(spine)
    centres = {lv: plane @ np.array(d.frame.origin_mm) for lv, d in discs.items()}
    angles = {lv: float(np.arctan2(*(plane @ np.array(d.frame.x_axis))[::-1])) for lv, d in discs.items()}
    ordered = [centres[disc.level][1] for disc in spine.discs]
    if any(high - low < 5.0 for high, low in pairwise(ordered)):
        raise BadInput(
            "Expected disc centres at least 5 mm apart, head to foot; mend the labels or landmarks."
        )
    _fill(centres, angles)
    return Chain(
        height_mm=_each(discs, "mean_height_mm", _NORM_HEIGHT_MM),
        height_sd_mm=_spread(discs, "mean_height_mm", 1.9),
        front_mm=_each(discs, "height_front_mm", _NORM_HEIGHT_MM),
        mid_mm=_each(discs, "height_mid_mm", _NORM_HEIGHT_MM),
        back_mm=_each(discs, "height_back_mm", _NORM_HEIGHT_MM),
        wedge_rad=np.radians(_each(discs, "wedge_deg", tuple(w / 3.0 for w in _NORM_WEDGE_DEG))),
        area_mm2=_each(discs, "area_mm2", _NORM_AREA_MM2),
        area_sd_mm2=_spread(discs, "area_mm2", 200.0),
        depth_mm=_each(discs, "depth_mm", _NORM_DEPTH_MM),
        grade=np.array([_grade(discs.get(level)).value for level in LEVELS]),
        grade_sd=np.array([_grade(discs.get(level)).sd for level in LEVELS]),
        centre_mm=np.stack([centres[level] for level in LEVELS]),
        axis_rad=np.array([angles[level] for level in LEVELS]),
        present=tuple(level in discs for level in LEVELS),
    )


def _plane(spine: Spine) -> Array:
    """Rows: forward and up of the spine's own sagittal plane, up along the line through the disc centres."""
    left = np.sum([disc.frame.y_axis for disc in spine.discs], axis=0)
    left = left / np.linalg.norm(left)
    first, last = spine.discs[0], spine.discs[-1]
    up = np.array(first.frame.origin_mm) - np.array(last.frame.origin_mm)
    if len(spine.discs) == 1:
        up = np.array(first.frame.z_axis)
    up = up - left * (up @ left)
    up = up / np.linalg.norm(up)
    return np.stack([np.cross(left, up), up])


def _fill(centres: dict[Level, Array], angles: dict[Level, float]) -> None:
    """Place missing end levels by norms, outwards from the nearest one that is there."""
    known = [level.place for level in centres]
    for index in range(min(known) - 1, -1, -1):
        below = LEVELS[index + 1]
        angles[LEVELS[index]] = angles[below] + np.radians(_NORM_WEDGE_DEG[index])
        centres[LEVELS[index]] = centres[below] + _span(index, angles[LEVELS[index]], angles[below])
    for index in range(max(known) + 1, len(LEVELS)):
        above = LEVELS[index - 1]
        angles[LEVELS[index]] = angles[above] - np.radians(_NORM_WEDGE_DEG[index])
        centres[LEVELS[index]] = centres[above] - _span(index - 1, angles[above], angles[LEVELS[index]])


def _span(upper: int, angle_above: float, angle_below: float) -> Array:
    length = _BODY_MM + 0.5 * (_NORM_HEIGHT_MM[upper] + _NORM_HEIGHT_MM[upper + 1])
    mean = 0.5 * (angle_above + angle_below)
    return length * np.array([-np.sin(mean), np.cos(mean)])


def _each(discs: dict[Level, Disc], name: str, norms: tuple[float, ...]) -> Array:
    return np.array(
        [
            getattr(discs[lv], name).value if lv in discs else norm
            for lv, norm in zip(LEVELS, norms, strict=True)
        ]
    )


def _spread(discs: dict[Level, Disc], name: str, missing: float) -> Array:
    return np.array([getattr(discs[level], name).sd if level in discs else missing for level in LEVELS])


def _grade(disc: Disc | None) -> Measure:
    """Pfirrmann grade; 2 with a wide spread where nothing was read."""
    if disc is None or disc.pfirrmann is None:
        return Measure(value=2.0, sd=0.8, quality=Quality.ASSUMED)
    return disc.pfirrmann
