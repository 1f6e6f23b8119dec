"""Vertebral bodies: their slab of two endplates, heights, wedge; and the body cut free of its arch."""

from dataclasses import replace

import numpy as np
from scipy import ndimage

from opentraction.chart import Measure, Vertebra, VertebraName
from opentraction.evaluate import norms
from opentraction.evaluate.measuring.border import NEAR_MM, Cut, Widening, cut_of, missing_share
from opentraction.evaluate.measuring.endplates import (
    ANGLES,
    Outlines,
    Side,
    Slab,
    Surface,
    edges,
    fit_slab,
    mended,
    ray_radius,
)
from opentraction.evaluate.measuring.frames import Array, Axes
from opentraction.evaluate.measuring.occupancy import Occupancy, largest_part
from opentraction.evaluate.measuring.spread import Spread, measured

RIM_DEPTHS_MM = (1.5, 3.0, 4.5)
"""An endplate's outline is the widest one this far inside the bone: labels round their rims off."""
HEIGHT_AT = (0.8, 0.0, -0.8)
"""Front, middle, back: 10, 50 and 90 % of the depth, as shares of the half depth from the middle."""
BAND_MM = 10.0
_BODY_HALF_MM = 13.0
"""Height above and below a body's centre within which its width in front is taken."""
_ASIDE_MM = 2.0
_WITH_NORMS = tuple(name for name in VertebraName if name not in ("T9", "T10", "T11"))
"""Bodies of which published sizes are carried."""


def rim(bone: Occupancy, axes: Axes, surface: Surface, *, upwards: bool) -> Array | None:
    """Outline of a bony endplate about the frame's origin, at `ANGLES` [mm].

    Args:
        bone: the body.
        axes: frame of the slab that the surface bounds.
        surface: the endplate.
        upwards: True when the bone lies above the surface.
    """
    found = [
        ray_radius(bone.at, axes, surface.z, surface.normal * (depth if upwards else -depth))
        for depth in RIM_DEPTHS_MM
    ]
    known = np.array([np.where(np.isfinite(each), each, 0.0) for each in found]).max(axis=0)
    return mended(np.where(known > 0.0, known, np.nan))


def fit_body(bone: Occupancy, axes: Axes, front: Array) -> Slab | None:
    """Both endplates of a body; None when they cannot be fitted (cut off, or too small)."""

    def outline(frame: Axes, upper: Surface, lower: Surface) -> Outlines | None:
        above = rim(bone, frame, upper, upwards=False)
        below = rim(bone, frame, lower, upwards=True)
        if above is None or below is None:
            return None
        return Outlines(0.5 * (above + below), above, below)

    own = Side(bone, own=True)
    return fit_slab(own, own, outline, axes, 26.0, front)


def rim_cut(bone: Occupancy, axes: Axes, surface: Surface, radius: Array) -> Cut:
    """Where the border of the image cuts a body near its superior endplate."""
    x = np.array(edges(radius))
    lowest = float(surface.z(x, np.zeros_like(x)).min())
    return cut_of(bone, axes, low_mm=lowest - NEAR_MM)


def _size(
    name: VertebraName, cut: Cut, depth: float, width: float, axes: Axes, spread: Spread
) -> tuple[Measure, Measure]:
    """Depth and width of a superior endplate; where it is cut they are the part that is seen."""
    norm = norms.expected(name) if name in _WITH_NORMS else None
    wide = Widening.of(
        Cut(across=cut.across or cut.ends, ahead=cut.along or cut.ends),
        missing_share(width, None if norm is None else norm.width_upper_mm),
        missing_share(depth, None if norm is None else norm.depth_upper_mm),
    )
    note = "the image border cuts this endplate" if cut else ""
    depth_sd, width_sd = (
        float(np.hypot(spread.outline(axes.matrix[:, axis]), share * value))
        for axis, share, value in ((0, wide.depth, depth), (1, wide.width, width))
    )
    return (
        measured(depth, depth_sd, derived=cut.along or cut.ends, note=note),
        measured(width, width_sd, derived=bool(cut), note=note),
    )


def vertebra_value(name: VertebraName, bone: Occupancy, slab: Slab, spread: Spread) -> Vertebra | None:
    """A body's measures; heights stay unset where the image border cuts it. None without a superior rim."""
    edge = rim(bone, slab.axes, slab.upper, upwards=False)
    if edge is None:
        return None
    z_axis = slab.axes.matrix[:, 2]
    ahead, behind = edges(edge)
    depth = (ahead - behind) / np.cos(np.radians(slab.upper.slope_deg))
    heights = [slab.height(at * 0.5 * slab.depth_mm, BAND_MM) for at in HEIGHT_AT]
    width = float(np.ptp(edge * np.sin(ANGLES)))
    near = rim_cut(bone, slab.axes, slab.upper, edge)
    cut = replace(cut_of(bone, slab.axes), ends=near.ends)
    depth_mm, width_mm = _size(name, cut, depth, width, slab.axes, spread)
    sd = spread.length(z_axis)
    whole = not bone.touches_border and min(heights) > 2.0
    front, mid, back = (measured(h, sd, derived=False) if whole else None for h in heights)
    wedge = measured(slab.wedge_deg, spread.angle(z_axis, slab.depth_mm), derived=False)
    return Vertebra(
        name=name,
        frame=slab.axes.value(),
        depth_mm=depth_mm,
        width_mm=width_mm,
        height_front_mm=front,
        height_mid_mm=mid,
        height_back_mm=back,
        wedge_deg=wedge if whole else None,
        cut_off=bone.touches_border,
    )


def sacrum_value(bone: Occupancy, disc: Slab, spread: Spread) -> Vertebra | None:
    """S1 by its superior endplate alone: the frame's origin lies on that endplate, z is its normal."""
    edge = rim(bone, disc.axes, disc.lower, upwards=False)
    if edge is None:
        return None
    ahead, behind = edges(edge)
    y = edge * np.sin(ANGLES)
    middle = np.array([0.5 * (ahead + behind)]), np.array([0.5 * (y.max() + y.min())])
    origin = np.array([middle[0][0], middle[1][0], disc.lower.z(*middle)[0]])
    axes = disc.axes.moved(origin).leaned(disc.lower.normal)
    depth = (ahead - behind) / np.cos(np.radians(disc.lower.slope_deg))
    cut = rim_cut(bone, disc.axes, disc.lower, edge)
    depth_mm, width_mm = _size(VertebraName.S1, cut, depth, float(np.ptp(y)), axes, spread)
    return Vertebra(
        name=VertebraName.S1,
        frame=axes.value(),
        depth_mm=depth_mm,
        width_mm=width_mm,
        cut_off=bone.touches_border,
    )


def body_core(mask: Array, affine: Array) -> Array:
    """World position (3,) of the middle of the body in a whole vertebra's mask.

    The mean of what lies deep in bone (over 60 % of the deepest) in front of the vertebra's centroid, along
    the image's own anterior axis: arches are thin and behind, and a crushed body is still deep in its middle.
    """
    size = np.linalg.norm(affine[:3, :3], axis=0)
    depth = ndimage.distance_transform_edt(np.pad(mask, 1), sampling=size)[1:-1, 1:-1, 1:-1]
    index = np.argwhere(mask)
    world = index @ affine[:3, :3].T + affine[:3, 3]
    ahead = world[:, 1] > world[:, 1].mean()
    deep = depth[mask][ahead]
    return np.asarray(world[ahead][deep > 0.6 * deep.max()].mean(axis=0))


def without_arch(mask: Array, affine: Array, axes: Axes) -> Array:
    """A whole vertebra's mask with its arch cut away.

    Rule: in the middle third of the width the body's back wall is where, going back from the body's centre,
    the mask first ends (the vertebral foramen). A plane is laid through the wall at the heights of the body,
    by median and robust slope, and what lies behind it goes: pedicles, facets, laminae and processes. Beside
    the body the transverse processes go as well.

    Args:
        mask: whole vertebra on a crop of the grid.
        affine: index of that crop to world.
        axes: the body's first frame, its origin in the body.
    """
    index = np.argwhere(mask)
    local = axes.to_local(index @ affine[:3, :3].T + affine[:3, 3])
    inverse = np.linalg.inv(affine)
    height, back = np.meshgrid(np.arange(-9.0, 9.5, 1.0), np.arange(0.0, -40.0, -0.5), indexing="ij")
    walls, heights = [], []
    for y in np.arange(-7.0, 7.5, 1.0):
        points = axes.to_world(np.stack([back, np.full_like(back, y), height], axis=-1))
        at = points @ inverse[:3, :3].T + inverse[:3, 3]
        share = ndimage.map_coordinates(mask.astype(np.float32), at.reshape(-1, 3).T, order=1)
        share = share.reshape(back.shape)
        ends = (share < 0.5).any(axis=1) & (share[:, 0] >= 0.5)
        first = np.argmax(share < 0.5, axis=1)
        walls.extend(back[ends, first[ends]])
        heights.extend(height[ends, 0])
    if len(walls) < 30:
        return mask
    wall, at_height = np.array(walls), np.array(heights)
    slope = 0.0
    near = np.ones(wall.shape, dtype=bool)
    for _ in range(3):
        middle = float(np.median(wall - slope * at_height))
        rest = np.abs(wall - slope * at_height - middle)
        near = rest <= max(3.0, 2.0 * float(np.median(rest)))
        slope = float(np.polyfit(at_height[near], wall[near], 1)[0])
    middle = float(np.median((wall - slope * at_height)[near]))
    kept = local[:, 0] >= middle + slope * local[:, 2] - 0.3
    body = np.zeros_like(mask)
    body[tuple(index[kept & ~_beside(local)].T)] = True
    return largest_part(body)


def _beside(local: Array) -> Array:
    """Voxels (n,) of the transverse processes, which at L5 stand out from the body itself.

    They lie behind the body's centre, and the body is no wider there than in front of it, within 2 mm: what
    stands out further is cut. The width in front, to either side, is the 90 % quantile over the heights, so
    that an osteophyte does not set it.
    """
    ahead = (local[:, 0] >= 0.0) & (np.abs(local[:, 2]) <= _BODY_HALF_MM)
    layer = np.round(local[ahead, 2]).astype(int)
    found = np.zeros(len(local), dtype=bool)
    for side in (1.0, -1.0):
        y = side * local[:, 1]
        reach = [float(y[ahead][layer == each].max()) for each in np.unique(layer)]
        if reach:
            found |= (local[:, 0] < 0.0) & (y > np.quantile(reach, 0.9) + _ASIDE_MM)
    return found
