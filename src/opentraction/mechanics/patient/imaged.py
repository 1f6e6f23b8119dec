"""From the page of measured anatomy to the sizes and places of the five joints."""

from __future__ import annotations

from itertools import pairwise

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from numpy.typing import NDArray

from opentraction.chart import (
    LEVELS,
    BadInput,
    Disc,
    Level,
    Measure,
    ProtrusionKind,
    Quality,
    Side,
    Spine,
)
from opentraction.mechanics.disc import Outline, Weakness, area_mm2, fitted, weakness
from opentraction.mechanics.disc.outline import ORDER
from opentraction.mechanics.kept import kept
from opentraction.mechanics.segment.anatomy import REFERENCE_CANAL_MM

Numbers = NDArray[np.float64]

BODY_MM = (27.0, 27.0, 27.5, 27.5, 28.0, 28.0)
"""Heights of L1 to S1 where none was measured: L5 26 to 30 mm (V171, V172), the others assumed alike."""
_BODY_MM = 27.0
"""Of a body between two discs of which one is missing and is placed by it."""
_NORM_HEIGHT_MM = (10.0, 11.59, 12.45, 12.7, 12.99)
"""Disc heights in the middle, V149 to V152; L4-L5 between its neighbours."""
_NORM_WEDGE_DEG = (1.2, 5.9, 9.3, 12.7, 21.6)
"""Segmental lordosis, V163 to V166; L3-L4 between its neighbours; a third is taken as the disc's wedge."""
_NORM_AREA_MM2 = (1250.0, 1350.0, 1450.0, 1550.0, 1500.0)
"""Areas of the discs seen from above: assumed; about ellipses 1.7 times as wide as deep."""
_NORM_DEPTH_MM = (30.23, 32.03, 32.86, 33.08, 33.4)
"""V157 to V160 and P207."""

_NORM_HEIGHT_SD_MM, _NORM_AREA_SD_MM2 = 1.9, 200.0
"""Between people, of a disc that was not imaged; assumed."""
_NORM_GRADE, _NORM_GRADE_SD = 2.0, 0.8
"""Pfirrmann grade where none was read, and its spread; assumed."""
_LEAST_APART_MM = 5.0
"""Disc centres nearer to each other along the spine are a mistake in labels or landmarks."""
_ELLIPTIC = 0.01
"""An outline whose radius is that of an ellipse to this share is one."""


class Imaged(eqx.Module):
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
    outline: Numbers
    """(harmonic, joint) cosine terms of the outline's radius (`disc.Outline`); 1, 0, ...: an ellipse."""
    area_share: Numbers
    """(joint) area over half depth times half width; pi of an ellipse."""
    weak: Weakness
    """The weak place of each disc (joint, 1); without loss where no protrusion was read."""
    present: tuple[bool, ...]
    """False where the level is not in the Spine and stands in from norms."""


def imaged(spine: Spine) -> Imaged:
    """Reduce a Spine to its joints. Raises BadInput when the discs do not lie head to foot."""
    discs = {disc.level: disc for disc in spine.discs}
    plane = _plane(spine)
    centres = {lv: plane @ np.array(d.frame.origin_mm) for lv, d in discs.items()}
    angles = {lv: float(np.arctan2(*(plane @ np.array(d.frame.x_axis))[::-1])) for lv, d in discs.items()}
    ordered = [centres[disc.level][1] for disc in spine.discs]
    if any(high - low < _LEAST_APART_MM for high, low in pairwise(ordered)):
        raise BadInput(
            f"Expected disc centres at least {_LEAST_APART_MM:g} mm apart, head to foot; "
            "mend the labels or landmarks."
        )
    _fill(centres, angles)
    place = np.stack([centres[level] for level in LEVELS])
    angle = np.array([angles[level] for level in LEVELS])
    cos, sin, none = np.cos(angle), np.sin(angle), np.zeros(len(LEVELS))
    grades = [_grade(discs.get(level)) for level in LEVELS]
    outlines = [_outline(discs.get(level)) for level in LEVELS]
    return Imaged(
        disc_turn=np.array([[cos, none, -sin], [none, none + 1.0, none], [sin, none, cos]]),
        disc_mm=np.stack([place[:, 0], none, place[:, 1]]),
        height_mm=_each(discs, "mean_height_mm", _NORM_HEIGHT_MM),
        height_sd_mm=_spread(discs, "mean_height_mm", _NORM_HEIGHT_SD_MM),
        front_mm=_each(discs, "height_front_mm", _NORM_HEIGHT_MM),
        mid_mm=_each(discs, "height_mid_mm", _NORM_HEIGHT_MM),
        back_mm=_each(discs, "height_back_mm", _NORM_HEIGHT_MM),
        wedge_rad=np.radians(_each(discs, "wedge_deg", tuple(w / 3.0 for w in _NORM_WEDGE_DEG))),
        depth_mm=_each(discs, "depth_mm", _NORM_DEPTH_MM),
        area_mm2=_each(discs, "area_mm2", _NORM_AREA_MM2),
        area_sd_mm2=_spread(discs, "area_mm2", _NORM_AREA_SD_MM2),
        grade=np.array([grade.value for grade in grades]),
        grade_sd=np.array([grade.sd for grade in grades]),
        body_mm=_bodies(spine),
        canal_mm=np.array(REFERENCE_CANAL_MM),
        outline=np.stack([radius for radius, _ in outlines], axis=1),
        area_share=np.array([share for _, share in outlines]),
        weak=_weak([discs.get(level) for level in LEVELS]),
        present=tuple(level in discs for level in LEVELS),
    )


def _plane(spine: Spine) -> Numbers:
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


def _fill(centres: dict[Level, Numbers], angles: dict[Level, float]) -> None:
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


def _span(upper: int, angle_above: float, angle_below: float) -> Numbers:
    length = _BODY_MM + 0.5 * (_NORM_HEIGHT_MM[upper] + _NORM_HEIGHT_MM[upper + 1])
    mean = 0.5 * (angle_above + angle_below)
    return length * np.array([-np.sin(mean), np.cos(mean)])


def _each(discs: dict[Level, Disc], name: str, norms: tuple[float, ...]) -> Numbers:
    return np.array(
        [
            getattr(discs[lv], name).value if lv in discs else norm
            for lv, norm in zip(LEVELS, norms, strict=True)
        ]
    )


def _spread(discs: dict[Level, Disc], name: str, missing: float) -> Numbers:
    return np.array([getattr(discs[level], name).sd if level in discs else missing for level in LEVELS])


def _grade(disc: Disc | None) -> Measure:
    """Pfirrmann grade; 2 with a wide spread where nothing was read."""
    if disc is None or disc.pfirrmann is None:
        return Measure(value=_NORM_GRADE, sd=_NORM_GRADE_SD, quality=Quality.ASSUMED)
    return disc.pfirrmann


def _bodies(spine: Spine) -> Numbers:
    found = np.array(BODY_MM)
    names = ("L1", "L2", "L3", "L4", "L5", "S1")
    for bone in spine.vertebrae:
        if bone.name.value in names[:-1] and bone.height_mid_mm is not None:
            found[names.index(bone.name.value)] = bone.height_mid_mm.value
    return found


def _outline(disc: Disc | None) -> tuple[Numbers, float]:
    """Cosine terms of the outline's radius, and its area over half depth times half width.

    Outlines that are ellipses (assumed ones are) stay exact ones. Only the laterally symmetric part is kept,
    because the shape without load is sought on a symmetric column.
    """
    radius = np.eye(1, ORDER + 1)[0]
    if disc is None:
        return radius, np.pi
    points = np.array(disc.outline_mm)
    across = (points - 0.5 * (points.max(0) + points.min(0))) / (0.5 * np.ptp(points, axis=0))
    if np.abs(np.hypot(*across.T) - 1.0).max() < _ELLIPTIC:
        return radius, np.pi
    found, _, _ = fitted(points, mirror=True)
    return np.asarray(found.radius_cos)[:, 0, 0], float(np.asarray(_share(found))[0, 0])


@kept
def _share(outline: Outline) -> Float[Array, "1 1"]:
    """Area of an outline over half depth times half width."""
    one = jnp.ones((1, 1))
    return area_mm2(eqx.tree_at(lambda o: (o.half_depth_mm, o.half_width_mm), outline, (one, one)))


_weakness = kept(weakness)


def _weak(discs: list[Disc | None]) -> Weakness:
    """The weak places, of the middle values of the depths that were read."""
    found = [None if disc is None else disc.protrusion for disc in discs]
    each = [
        _weakness(Side.CENTRE, ProtrusionKind.PROTRUSION, np.zeros(1))
        if one is None
        else _weakness(one.side, one.kind, np.full(1, one.depth_mm.value))
        for one in found
    ]
    found_all: Weakness = jax.tree.map(lambda *parts: np.concatenate(parts), *each)
    return found_all
