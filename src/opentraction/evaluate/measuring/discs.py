"""Discs: two endplates, an outline, and the measures between them."""

from dataclasses import dataclass

import numpy as np

from opentraction.chart import Disc, HeightField, Level, Listhesis, Measure, Protrusion
from opentraction.evaluate import norms
from opentraction.evaluate.measuring.bodies import BAND_MM, HEIGHT_AT, rim
from opentraction.evaluate.measuring.border import NEAR_MM, WHOLE, Cut, Widening, cut_of, missing_share
from opentraction.evaluate.measuring.endplates import (
    ANGLES,
    Outlines,
    Side,
    Slab,
    Surface,
    edges,
    fit_slab,
    mended,
    radius_at,
    ray_radius,
)
from opentraction.evaluate.measuring.frames import Array, Axes, height_field
from opentraction.evaluate.measuring.occupancy import Occupancy
from opentraction.evaluate.measuring.spread import Spread, measured

OUTLINE_POINTS = 48
_BEHIND = np.abs(np.mod(ANGLES, 2 * np.pi) - np.pi) < np.radians(75.0)
_NO_OFFSET = np.zeros(3)
_SKIN_MM = 1.5
"""A gap between two bodies is whole when this much of each is on the image."""


@dataclass(frozen=True, kw_only=True)
class DiscSource:
    """What a disc is measured from."""

    name: str
    label: Occupancy | None
    """The disc's own label, drawn or derived."""
    above: Occupancy | None
    below: Occupancy | None
    drawn: bool
    """True when the disc's label was drawn or segmented, not derived from the bodies by a rule."""

    @property
    def from_bodies(self) -> bool:
        """True when the endplates are those of the two bodies: the disc itself was not drawn."""
        return not self.drawn and self.above is not None and self.below is not None


@dataclass(frozen=True)
class DiscSlab:
    """A fitted disc with what it was fitted from."""

    source: DiscSource
    slab: Slab
    rim_above: Array | None
    rim_below: Array | None
    raw_radius: Array | None
    """Outline with displaced material, before it was drawn back to the rims."""
    cut: Cut = WHOLE
    """Where the border of the image cuts the disc, or the bodies that it is derived from."""
    cut_bodies: Cut = WHOLE
    """Where it cuts the two bodies near their facing endplates."""


def fit_disc(source: DiscSource, axes: Axes, front: Array) -> DiscSlab | None:
    """Fit a disc.

    A drawn disc has its own endplates and outline; behind, the outline is drawn back to the posterior rims of
    the two bodies, so that displaced material does not shift what "10 % of the depth" means. A disc that was
    not drawn is the gap between the facing endplates of the bodies, as wide as the mean of their rims (or as
    its derived label).
    """
    label, above, below = source.label, source.above, source.below

    def outline(frame: Axes, upper: Surface, lower: Surface) -> Outlines | None:
        raw = _raw_outline(label, frame, upper, lower)
        rims = _rims(source, frame, upper, lower)
        if rims is None:
            return None if raw is None else Outlines(raw, raw, raw)
        bone = 0.5 * (rims[0] + rims[1])
        return Outlines(bone if raw is None else _drawn_back(raw, bone), *rims)

    if source.from_bodies:
        assert above is not None
        assert below is not None
        slab = fit_slab(Side(above, own=False), Side(below, own=False), outline, axes, 22.0, front)
    elif label is not None:
        own = Side(label, own=True)
        slab = fit_slab(own, own, outline, axes, 22.0, front)
    else:
        return None
    if slab is None:
        return None
    rims = _rims(source, slab.axes, slab.upper, slab.lower)
    raw = _raw_outline(label, slab.axes, slab.upper, slab.lower)
    over, under = rims if rims is not None else (None, None)
    cut = cut_of(label, slab.axes)
    if source.from_bodies:
        cut |= _cut_bodies(source, slab, _SKIN_MM)
    return DiscSlab(source, slab, over, under, raw, cut, _cut_bodies(source, slab, NEAR_MM))


def _cut_bodies(source: DiscSource, slab: Slab, within_mm: float) -> Cut:
    """Where the border of the image cuts the two bodies within a distance of their facing endplates."""
    x = np.array(edges(slab.radius))
    top = float(slab.upper.z(x, np.zeros_like(x)).max()) + within_mm
    bottom = float(slab.lower.z(x, np.zeros_like(x)).min()) - within_mm
    return cut_of(source.above, slab.axes, high_mm=top) | cut_of(source.below, slab.axes, low_mm=bottom)


def _raw_outline(label: Occupancy | None, axes: Axes, upper: Surface, lower: Surface) -> Array | None:
    if label is None:
        return None
    return mended(ray_radius(label.at, axes, lambda x, y: 0.5 * (upper.z(x, y) + lower.z(x, y)), _NO_OFFSET))


def _rims(source: DiscSource, axes: Axes, upper: Surface, lower: Surface) -> tuple[Array, Array] | None:
    if source.above is None or source.below is None:
        return None
    over = rim(source.above, axes, upper, upwards=True)
    under = rim(source.below, axes, lower, upwards=False)
    return None if over is None or under is None else (over, under)


def _drawn_back(raw: Array, bone: Array) -> Array:
    """The outline with the back drawn to the rims plus the ordinary bulge of the rest of the edge."""
    bulge = float(np.clip(np.median((raw - bone)[~_BEHIND]), 0.0, 1.5))
    return np.where(_BEHIND, np.minimum(raw, bone + bulge), raw)


def disc_value(
    fitted: DiscSlab,
    level: Level,
    spread: Spread,
    protrusion: Protrusion | None,
    note: str,
) -> Disc:
    """A disc's measures, each with its spread."""
    slab, source = fitted.slab, fitted.source
    derived = not source.drawn
    x_axis, y_axis, z_axis = slab.axes.matrix.T
    depth, width = slab.depth_mm, slab.width_mm
    ahead, behind = facing(fitted)
    front, mid, back = (
        slab.height(0.5 * (ahead + behind) + at * 0.5 * (ahead - behind), BAND_MM) for at in HEIGHT_AT
    )
    wide = widening(fitted, level)
    own_sd = spread.length(z_axis, derived=derived)
    sd = float(np.hypot(own_sd, wide.height * mid))
    own_depth_sd, own_width_sd = (spread.outline(axis, derived=derived) for axis in (x_axis, y_axis))
    depth_sd = float(np.hypot(own_depth_sd, wide.depth * depth))
    width_sd = float(np.hypot(own_width_sd, wide.width * width))
    area, mean_height = _area_and_mean_height(slab)
    own_area_sd = float(np.hypot(own_depth_sd / depth, own_width_sd / width)) / np.sqrt(2.0)
    area_sd = area * float(np.sqrt(own_area_sd**2 + wide.depth**2 + wide.width**2))
    mean_sd = float(np.hypot(0.8 * own_sd, wide.height * mean_height))
    volume = source.label.volume_mm3 if source.label is not None else area * mean_height
    volume_sd = volume * float(np.hypot(mean_sd / mean_height, area_sd / area))
    ends_sd = float(np.sqrt(2.0) * sd)
    farfan = (front + back) / depth
    farfan_sd = float(np.hypot(ends_sd / depth, farfan * depth_sd / depth))

    def m(value: float, spread_sd: float, *, cut: bool = fitted.cut.along or fitted.cut.ends) -> Measure:
        return measured(value, spread_sd, derived=derived or cut, note=note)

    wedge_sd = float(np.hypot(spread.angle(z_axis, depth, derived=derived), wide.wedge_deg))
    size_cut = bool(fitted.cut)

    return Disc(
        level=level,
        frame=slab.axes.value(),
        outline_mm=_outline_points(slab),
        upper=_field(slab.upper, depth, width),
        lower=_field(slab.lower, depth, width),
        height_front_mm=m(front, sd),
        height_mid_mm=m(mid, sd),
        height_back_mm=m(back, sd),
        mean_height_mm=m(mean_height, mean_sd),
        depth_mm=m(depth, depth_sd),
        width_mm=m(width, width_sd, cut=size_cut),
        wedge_deg=m(slab.wedge_deg, wedge_sd),
        area_mm2=m(area, area_sd, cut=size_cut),
        volume_mm3=m(volume, volume_sd, cut=size_cut),
        farfan_index=m(farfan, farfan_sd),
        dabbs_mm=m(0.5 * (front + back), 0.5 * ends_sd),
        listhesis=listhesis(fitted, level, spread),
        protrusion=protrusion,
    )


def widening(fitted: DiscSlab, level: Level) -> Widening:
    """Relative spreads that the border of the image adds to a disc's measures."""
    if not fitted.cut:
        return Widening()
    norm = norms.expected(level)
    return Widening.of(
        fitted.cut,
        missing_share(fitted.slab.width_mm, norm.width_mm),
        missing_share(fitted.slab.depth_mm, norm.depth_mm),
    )


def seen_share(fitted: DiscSlab, level: Level) -> float:
    """Cross-section of the part that is seen, of that of the norm's ellipse."""
    norm = norms.expected(level)
    whole = 0.25 * np.pi * norm.depth_mm.value * norm.width_mm.value
    return _area_and_mean_height(fitted.slab)[0] / float(whole)


def facing(fitted: DiscSlab) -> tuple[float, float]:
    """Front and back end of the depth over which both endplates face each other [mm].

    After a slip that is less than the disc's depth; heights at 10 and 90 % are taken within it, since outside
    there is only one endplate.
    """
    ahead, behind = edges(fitted.slab.radius)
    for radius in (fitted.rim_above, fitted.rim_below):
        if radius is not None:
            front, back = edges(radius)
            ahead, behind = min(ahead, front), max(behind, back)
    return ahead, behind


def _field(surface: Surface, depth: float, width: float) -> HeightField:
    a, b = depth / 2, width / 2
    scale = np.array([1.0, a, b, a * a, a * b, b * b])
    return height_field(surface.coefficients * scale)


def _outline_points(slab: Slab) -> tuple[tuple[float, float], ...]:
    theta = np.linspace(0.0, 2.0 * np.pi, OUTLINE_POINTS, endpoint=False)
    r = radius_at(slab.radius, theta)
    return tuple((float(a), float(b)) for a, b in zip(r * np.cos(theta), r * np.sin(theta), strict=True))


def _area_and_mean_height(slab: Slab) -> tuple[float, float]:
    """Area of the outline [mm2] and the mean distance between the endplates over it [mm]."""
    nodes, weights = np.polynomial.legendre.leggauss(12)
    s, w = 0.5 * (nodes + 1.0), 0.5 * weights
    r = s[:, None] * slab.radius[None, :]
    part = (w * s)[:, None] * slab.radius[None, :] ** 2 * (2.0 * np.pi / ANGLES.size)
    x, y = r * np.cos(ANGLES), r * np.sin(ANGLES)
    height = np.maximum(slab.upper.z(x, y) - slab.lower.z(x, y), 0.0)
    area = float(part.sum())
    return area, float((part * height).sum() / area)


def posterior_corners(fitted: DiscSlab, y: Array) -> tuple[Array, Array] | None:
    """Posterior endplate corners (n, 2) as (x, z) in the disc's frame at lateral y: upper, lower."""
    if fitted.rim_above is None or fitted.rim_below is None:
        return None
    found = []
    for radius, surface in ((fitted.rim_above, fitted.slab.upper), (fitted.rim_below, fitted.slab.lower)):
        behind = np.cos(ANGLES) < -1e-9
        order = np.argsort((radius * np.sin(ANGLES))[behind])
        x = np.interp(y, (radius * np.sin(ANGLES))[behind][order], (radius * np.cos(ANGLES))[behind][order])
        found.append(np.stack([x, surface.z(x, y)], axis=1))
    return found[0], found[1]


def listhesis(fitted: DiscSlab, level: Level, spread: Spread) -> Listhesis | None:
    """Offset of the upper body's posterior corner on the line of the lower body's superior endplate.

    Averaged over the middle 16 mm; forward positive; per cent of the depth of that endplate. None where a
    body has no label, or where the border of the image cuts a body behind or through its endplate.
    """
    if fitted.cut_bodies.behind or fitted.cut_bodies.ends:
        return None
    corners = posterior_corners(fitted, np.linspace(-8.0, 8.0, 17))
    if corners is None or fitted.rim_below is None:
        return None
    gap = (corners[0] - corners[1]).mean(axis=0)
    slope = np.radians(fitted.slab.lower.slope_deg)
    slip = float(gap[0] * np.cos(slope) + gap[1] * np.sin(slope))
    ahead = fitted.rim_below * np.cos(ANGLES)
    depth = float(ahead.max() - ahead.min()) / float(np.cos(slope))
    derived = not fitted.source.drawn and not spread.simulated
    sd = spread.outline(fitted.slab.axes.matrix[:, 0], derived=derived)
    ahead_cut = fitted.cut_bodies.ahead
    share = missing_share(depth, norms.expected(level).depth_mm) if ahead_cut else 0.0
    percent_sd = float(np.hypot(100 * sd / depth, 100 * slip / depth * share))
    note = "as imaged: lying down under-reads a slip (Finkenstaedt 2018: 5 mm against 9 mm standing)"
    return Listhesis(
        slip_mm=measured(slip, sd, derived=False, note=note),
        slip_percent=measured(100 * slip / depth, percent_sd, derived=ahead_cut),
    )
