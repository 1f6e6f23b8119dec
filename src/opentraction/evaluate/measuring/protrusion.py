"""Displaced disc material behind the line that joins the posterior endplate corners."""

import numpy as np

from opentraction.chart import Protrusion, ProtrusionKind, Side
from opentraction.evaluate.measuring.discs import DiscSlab, posterior_corners
from opentraction.evaluate.measuring.endplates import ANGLES
from opentraction.evaluate.measuring.frames import Array
from opentraction.evaluate.measuring.spread import Spread, measured

REPORTED_FROM_MM = 2.0
"""A normal disc stands up to about 1 mm behind its corners; less than this is not called displaced."""
_DISPLACED_MM = 1.0
_CORNER_MM = 8.0
"""Next to where the image border cuts an outline its corner is no anatomy: it is not looked at."""
_BROAD = 0.25
"""Share of the circumference above which displaced material is a bulge (Fardon, Spine J 2014;14:2525)."""


def protrusion_of(fitted: DiscSlab, spread: Spread, *, laterality_known: bool) -> Protrusion | None:
    """The displaced material of a drawn disc, or None below 2 mm, or where it cannot be seen.

    It cannot be seen on a disc that was derived from the bodies, since such a label ends at the corners by
    construction, nor where the border of the image cuts disc or bodies behind.
    """
    if not fitted.source.drawn or fitted.source.label is None:
        return None
    if fitted.cut.behind or fitted.cut_bodies.behind:
        return None
    reach = 16.0
    if fitted.cut.across or fitted.cut_bodies.across:
        reach = min(reach, 0.5 * fitted.slab.width_mm - _CORNER_MM)
    y = np.arange(-np.floor(reach), reach + 0.5, 1.0)
    corners = posterior_corners(fitted, y)
    if corners is None:
        return None
    depth, beyond = _depths(fitted, y, *corners)
    worst = float(np.max(depth))
    axis = fitted.slab.axes.matrix[:, 0]
    if worst < max(REPORTED_FROM_MM, 0.8 * spread.across(axis)):
        return None
    displaced = np.maximum(depth - _DISPLACED_MM, 0.0)
    lateral = float((displaced * y).sum() / displaced.sum())
    side = Side.CENTRE if abs(lateral) <= 4.0 else Side.LEFT if lateral > 0 else Side.RIGHT
    if _share_of_circumference(fitted) > _BROAD:
        kind = ProtrusionKind.BULGE
    else:
        kind = ProtrusionKind.EXTRUSION if beyond else ProtrusionKind.PROTRUSION
    note = "" if laterality_known or side is Side.CENTRE else "left and right are not known on this image"
    return Protrusion(
        kind=kind, depth_mm=measured(worst, 1.6 * spread.outline(axis), derived=False, note=note), side=side
    )


def _depths(fitted: DiscSlab, y: Array, upper: Array, lower: Array) -> tuple[Array, bool]:
    """Per slice, how far disc material reaches behind the corner line [mm]; and whether it leaves the level.

    It leaves the level of the disc when, more than 2 mm behind the line, it passes a corner by over 1.5 mm.
    """
    assert fitted.source.label is not None
    step = 0.25
    back = np.arange(0.0, 15.0, step)
    depth = np.zeros_like(y)
    beyond = 0
    for index, at in enumerate(y):
        along = upper[index] - lower[index]
        length = float(np.linalg.norm(along))
        along = along / length
        behind = np.array([-along[1], along[0]])
        s = np.arange(-8.0, length + 8.0, 0.5)
        x, z = (lower[index][k] + s[:, None] * along[k] + back[None, :] * behind[k] for k in (0, 1))
        points = fitted.slab.axes.to_world(np.stack([x, np.full_like(x, at), z], axis=-1))
        share = fitted.source.label.at(points)
        solid = share >= 0.5
        if not solid.any():
            continue
        last = np.where(solid.any(axis=1), share.shape[1] - 1 - np.argmax(solid[:, ::-1], axis=1), -1)
        depth[index] = step * (float(last.max()) + 0.5)
        past = (s < -1.5) | (s > length + 1.5)
        beyond += int(((last * step > 2.0) & past).sum())
    return depth, beyond >= 6


def _share_of_circumference(fitted: DiscSlab) -> float:
    """Share of the disc's edge that stands over 1 mm outside of the outline without displaced material."""
    if fitted.raw_radius is None:
        return 0.0
    excess = fitted.raw_radius - fitted.slab.radius > _DISPLACED_MM
    x, y = fitted.slab.radius * np.cos(ANGLES), fitted.slab.radius * np.sin(ANGLES)
    length = np.hypot(np.roll(x, -1) - np.roll(x, 1), np.roll(y, -1) - np.roll(y, 1))
    return float((length * excess).sum() / length.sum())
