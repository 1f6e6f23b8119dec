"""Endplates: sub-voxel crossings along columns, and a robust low-order surface through them.

A slab is anything between two endplates: a disc, the gap between two bodies, or a body. Columns run along the
slab's own axis; the outer 10 % of the radius is left out (osteophytes, ring apophysis); the surface is a
quadratic fitted with Tukey's biweight.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from opentraction.evaluate.measuring.frames import Array, Axes, axes_from
from opentraction.evaluate.measuring.occupancy import Occupancy
from opentraction.evaluate.measuring.picture import Clues, clues

Inside = Callable[[Array], Array]
"""World points (..., 3) to the share of the slab there; 0.5 at its edge."""


@dataclass(frozen=True)
class Side:
    """What bounds a slab on one side: its own label, or that of its neighbour."""

    label: Occupancy
    own: bool
    """True when the label is the slab itself, False when it is what lies beyond."""

    def inside(self, world: Array) -> Array:
        """Share of the slab at world points (..., 3)."""
        share = self.label.at(world)
        return share if self.own else 1.0 - share


RIM_KEPT = 0.9
ANGLES = np.linspace(0.0, 2.0 * np.pi, 72, endpoint=False)
_ROUNDS = 4
_STEP_MM = 0.5
_FEWEST_COLUMNS = 40
_HARD = 0.02
"""Softness of the labels as bounds on what the image decides, of the voxel across."""
_SCALE = np.array([1.0, 15.0, 15.0, 225.0, 225.0, 225.0])
"""Makes the six terms alike in size over an endplate."""


@dataclass(frozen=True)
class Surface:
    """z = c0 + c1 x + c2 y + c3 x2 + c4 x y + c5 y2 [mm] in the slab's frame."""

    coefficients: Array
    residual_mm: float
    """Robust standard deviation of the crossings about the surface."""
    columns: int
    centre: tuple[float, float] = (0.0, 0.0)
    """Middle of the endplate's own outline: after a slip it is not the slab's."""

    def z(self, x: Array, y: Array) -> Array:
        """Height above the slab's own plane [mm]."""
        return np.asarray(_basis(x, y) @ self.coefficients)

    @property
    def normal(self) -> Array:
        """Unit normal (3,) of the endplate, towards the head."""
        direction = np.array([*(-each for each in self._gradient), 1.0])
        return np.asarray(direction / np.linalg.norm(direction))

    @property
    def _gradient(self) -> tuple[float, float]:
        """Slope along x and y in the middle of the endplate: that of the plane through the whole of it."""
        _, cx, cy, cxx, cxy, cyy = self.coefficients
        x, y = self.centre
        return float(cx + 2 * cxx * x + cxy * y), float(cy + cxy * x + 2 * cyy * y)

    @property
    def slope_deg(self) -> float:
        """Sagittal slope in the slab's frame, positive when the front is higher [deg]."""
        return float(np.degrees(np.arctan(self._gradient[0])))


@dataclass(frozen=True)
class Outlines:
    """Radii at `ANGLES` about a slab's origin [mm]: half way, and of its upper and lower endplate."""

    middle: Array
    upper: Array
    lower: Array


@dataclass(frozen=True)
class Slab:
    """Two fitted endplates in their common frame, and the outline half way between them."""

    axes: Axes
    upper: Surface
    lower: Surface
    radius: Array
    """Radius of the outline at `ANGLES` about the frame's origin [mm]."""

    @property
    def depth_mm(self) -> float:
        """Front to back, averaged over the middle 10 mm."""
        front, back = edges(self.radius)
        return front - back

    @property
    def width_mm(self) -> float:
        """Largest left-to-right extent."""
        return float(np.ptp(self.radius * np.sin(ANGLES)))

    @property
    def wedge_deg(self) -> float:
        """Angle between the endplates in the sagittal plane, positive when the front is taller."""
        return self.upper.slope_deg - self.lower.slope_deg

    def height(self, x: float, band_mm: float) -> float:
        """Height at x, averaged over |y| <= band [mm]."""
        y = np.linspace(-band_mm, band_mm, 21)
        at = np.full_like(y, x)
        return float(np.mean(self.upper.z(at, y) - self.lower.z(at, y)))


def _basis(x: Array, y: Array) -> Array:
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)


def edges(radius: Array, band_mm: float = 5.0) -> tuple[float, float]:
    """Mean x of the front and of the back edge of a star-shaped outline over |y| <= band [mm]."""
    x, y = radius * np.cos(ANGLES), radius * np.sin(ANGLES)
    at = np.linspace(-band_mm, band_mm, 21)
    found = []
    for side in (np.cos(ANGLES) > 1e-9, np.cos(ANGLES) < -1e-9):
        order = np.argsort(y[side])
        found.append(float(np.interp(at, y[side][order], x[side][order]).mean()))
    return found[0], found[1]


def radius_at(radius: Array, theta: Array) -> Array:
    """Radius of an outline at any angle [rad]."""
    return np.asarray(
        np.interp(np.mod(theta, 2 * np.pi), np.append(ANGLES, 2 * np.pi), np.append(radius, radius[0]))
    )


def crossings(inside: Inside, axes: Axes, x: Array, y: Array, start: Array, reach: float) -> Array:
    """z where columns at (x, y) first leave the slab, going from `start` by `reach` (signed) [mm]; or NaN."""
    count = int(abs(reach) / _STEP_MM) + 1
    steps = np.linspace(0.0, reach, count)
    z = start[:, None] + steps[None, :]
    points = np.stack(
        [np.broadcast_to(x[:, None], z.shape), np.broadcast_to(y[:, None], z.shape), z], axis=-1
    )
    share = inside(axes.to_world(points))
    return _first_exit(share, z)


def _first_exit(share: Array, position: Array) -> Array:
    """Position along each row where the share first falls below 0.5, between samples; NaN where never."""
    outside = share < 0.5
    first = np.argmax(outside, axis=1)
    good = outside.any(axis=1) & (first > 0)
    rows = np.flatnonzero(good)
    after = first[rows]
    a, b = share[rows, after - 1], share[rows, after]
    fraction = (a - 0.5) / np.maximum(a - b, 1e-9)
    found = np.full(len(share), np.nan)
    low, high = position[rows, after - 1], position[rows, after]
    found[rows] = low + fraction * (high - low)
    return found


def fit_surface(x: Array, y: Array, z: Array) -> Surface | None:
    """Robust quadratic through crossings; NaN are left out. None when too few are left."""
    good = np.isfinite(z)
    if good.sum() < _FEWEST_COLUMNS:
        return None
    x, y, z = x[good], y[good], z[good]
    basis = _basis(x, y)
    weight = np.ones_like(z)
    coefficients, spread = np.zeros(6), 1.0
    for _ in range(8):
        root = np.sqrt(weight)
        solution, *_ = np.linalg.lstsq(basis / _SCALE * root[:, None], z * root, rcond=None)
        coefficients = solution / _SCALE
        rest = z - basis @ coefficients
        spread = max(1.4826 * float(np.median(np.abs(rest))), 0.25)
        weight = np.clip(1.0 - (rest / (4.7 * spread)) ** 2, 0.0, None) ** 2
    return Surface(coefficients, spread, int(good.sum()))


def ray_radius(inside: Inside, axes: Axes, surface: Callable[[Array, Array], Array], offset: Array) -> Array:
    """Outline about the origin on a surface shifted by `offset` (3,): first exit of each ray [mm] or NaN."""
    r = np.arange(0.0, 48.0, _STEP_MM)
    x, y = r[None, :] * np.cos(ANGLES)[:, None], r[None, :] * np.sin(ANGLES)[:, None]
    points = np.stack([x, y, surface(x, y)], axis=-1) + offset
    return _first_exit(inside(axes.to_world(points)), np.broadcast_to(r, x.shape))


def mended(radius: Array, fallback: float | None = None) -> Array | None:
    """Fill missing rays from their neighbours and soften; None when under two thirds of them are there."""
    good = np.isfinite(radius)
    if good.mean() < 0.66:
        return None if fallback is None else np.full_like(radius, fallback)
    filled = np.interp(ANGLES, ANGLES[good], radius[good], period=2 * np.pi)
    return np.asarray(0.25 * np.roll(filled, 1) + 0.5 * filled + 0.25 * np.roll(filled, -1))


def fit_slab(
    up: Side,
    down: Side,
    outline: Callable[[Axes, Surface, Surface], Outlines | None],
    axes: Axes,
    reach_mm: float,
    front: Array,
) -> Slab | None:
    """Fit both endplates and the outline; the frame is found by repeating.

    Args:
        up: what bounds the slab towards the head.
        down: what bounds the slab towards the feet.
        outline: outlines about the frame's origin for fitted surfaces, or None.
        axes: a first frame, its origin inside the slab.
        reach_mm: how far an endplate may lie from the middle.
        front: world direction (3,) of the front.

    Returns:
        The slab, its frame's z the bisector of the endplates and its origin in the middle; None when it
        cannot be fitted.
    """
    start = np.full_like(ANGLES, 14.0)
    outlines = Outlines(start, start, start)
    for turn in range(_ROUNDS + 1):
        last = turn >= _ROUNDS - 1
        fitted = _endplate_pair(up, down, axes, outlines, reach_mm, spacing_mm=1.0 if last else 2.0)
        if fitted is None:
            return None
        upper, lower = fitted
        found = outline(axes, upper, lower)
        if found is None:
            return None
        outlines = found
        if last:
            upper = separated(upper, up, axes, found.upper, above=True)
            lower = separated(lower, down, axes, found.lower, above=False)
        upper, lower = (
            replace(upper, centre=_middle(found.upper)),
            replace(lower, centre=_middle(found.lower)),
        )
        if turn == _ROUNDS:
            return Slab(axes, upper, lower, found.middle)
        x_mid, y_mid = _middle(found.middle)
        at = np.array([x_mid]), np.array([y_mid])
        z_mid = 0.5 * float(upper.z(*at)[0] + lower.z(*at)[0])
        normal = axes.matrix @ (upper.normal + lower.normal)
        axes = axes_from(axes.to_world(np.array([x_mid, y_mid, z_mid])), normal, front)
    return None


def _middle(radius: Array) -> tuple[float, float]:
    """Half way between front and back, and between left and right, of an outline about a frame's origin."""
    y = radius * np.sin(ANGLES)
    return 0.5 * sum(edges(radius)), 0.5 * float(y.max() + y.min())


def _endplate_pair(
    up: Side, down: Side, axes: Axes, outlines: Outlines, reach_mm: float, *, spacing_mm: float
) -> tuple[Surface, Surface] | None:
    """Columns within the kept part of the outline, and a surface through each end of them."""
    ticks = np.arange(-36.0, 36.5, spacing_mm)
    x, y = (each.ravel() for each in np.meshgrid(ticks, ticks))
    found = []
    for side, radius, reach in ((up, outlines.upper, reach_mm), (down, outlines.lower, -reach_mm)):
        kept = _kept(x, y, radius)
        ends = crossings(side.inside, axes, x[kept], y[kept], np.zeros(int(kept.sum())), reach)
        surface = fit_surface(x[kept], y[kept], ends)
        if surface is None:
            return None
        found.append(surface)
    return found[0], found[1]


def _kept(x: Array, y: Array, radius: Array) -> Array:
    """Points inside an outline whose outer part, 10 % of its mean radius, is left out."""
    return np.hypot(x, y) <= radius_at(radius, np.arctan2(y, x)) - (1.0 - RIM_KEPT) * float(radius.mean())


def separated(surface: Surface, side: Side, axes: Axes, radius: Array, *, above: bool) -> Surface:
    """The surface moved to where it best parts the voxels of the slab from those beyond it.

    A column that runs along the grid knows its end only to half a voxel, and its neighbours with it; but
    where the label steps by a voxel from one column to the next, the surface passes exactly there. A logistic
    fit to the voxels within 1.2 voxels of the surface uses those steps. Where they still leave the place
    open and there is an MR image, its grey values choose among the surfaces that part the voxels
    (`picture.clues`): the labels then count as hard bounds, so that the image never moves an endplate off its
    labels. The stated spreads stay those of labels alone.

    Args:
        surface: a first fit.
        side: what bounds the slab.
        axes: the slab's frame.
        radius: outline of the endplate at `ANGLES`.
        above: True for the upper endplate.
    """
    size = np.linalg.norm(side.label.affine[:3, :3], axis=0)
    directions = side.label.affine[:3, :3] / size
    thick = float(np.linalg.norm(size * ((axes.matrix @ surface.normal) @ directions)))
    reach = float(radius.max())
    points, labelled, grey = side.label.near(axes, (reach, reach, 26.0 + thick))
    x, y, z = points.T
    inner = _kept(x, y, radius)
    x, y, z, labelled = x[inner], y[inner], z[inner], labelled[inner]
    off = z - surface.z(x, y)
    below = (labelled == side.own) == above
    chosen = np.abs(off) <= 1.2 * thick
    if chosen.sum() < 3 * _FEWEST_COLUMNS:
        return surface
    sign = np.where(below[chosen], 1.0, -1.0)
    basis = _basis(x[chosen], y[chosen]) / _SCALE
    bumps = 0.3 * max(surface.residual_mm - 0.35 * thick, 0.0)
    shift = _logistic_shift(basis, off[chosen], sign, 0.12 * thick + bumps)
    if grey is not None:
        parted = off - _basis(x, y) / _SCALE @ shift
        seen = clues(x, y, parted, ~below, grey[inner], thick)
        if seen.x.size >= 3:
            shift = shift + _logistic_shift(basis, parted[chosen], sign, _HARD * thick + bumps, seen)
    return replace(surface, coefficients=surface.coefficients + shift / _SCALE)


def _logistic_shift(
    basis: Array, off: Array, sign: Array, softness: float, seen: Clues | None = None
) -> Array:
    """Change of the scaled coefficients (6,) that puts voxels with sign +1 below the surface, -1 above.

    Clues of the image are Gaussian observations beside the labels.
    """
    shift = np.zeros(basis.shape[1])
    ridge = 0.02 * np.eye(basis.shape[1])
    told, pull = np.zeros_like(ridge), np.zeros(basis.shape[1])
    if seen is not None:
        at = _basis(seen.x, seen.y) / _SCALE / seen.sd_mm[:, None]
        told, pull = at.T @ at, at.T @ (seen.offset_mm / seen.sd_mm)
    for _ in range(25):
        margin = sign * (basis @ shift - off) / softness
        wrong = 1.0 / (1.0 + np.exp(np.clip(margin, -40, 40)))
        gradient = basis.T @ (sign * wrong) / softness - (ridge + told) @ shift + pull
        curvature = (basis * (wrong * (1.0 - wrong))[:, None]).T @ basis / softness**2 + ridge + told
        step = np.linalg.solve(curvature, gradient)
        size = float(np.abs(step).max())
        shift = shift + step * min(1.0, 0.3 / max(size, 1e-12))
        if size < 1e-4:
            break
    return np.asarray(np.clip(shift, -1.5, 1.5))
