"""Exact measures of a phantom, by quadrature over its analytic surfaces; no voxel is looked at.

The definitions are those of `measure`; the arithmetic shares nothing with it.
"""

from collections.abc import Callable

import numpy as np

from opentraction.chart import (
    Disc,
    Frame,
    Level,
    Listhesis,
    Measure,
    Posture,
    Protrusion,
    ProtrusionKind,
    Quality,
    Side,
    Spine,
    SpineSource,
    Vertebra,
    VertebraName,
)
from opentraction.evaluate.measuring.frames import Array, Axes, height_field
from opentraction.evaluate.phantoms.shape import BodyShape, DiscShape, PhantomShape, Rim

RIM_KEPT = 0.9
"""Share of the radius over which endplates are fitted: the outer 10 % is left out for osteophytes."""
BAND_MM = 10.0
"""Heights are averaged over the middle slices, up to this distance from the mid-sagittal plane."""
_RADIAL, _RADIAL_WEIGHT = np.polynomial.legendre.leggauss(24)
_THETA = np.linspace(0.0, 2.0 * np.pi, 180, endpoint=False)
_OUTLINE_POINTS = 48


def true_spine(shape: PhantomShape, *, study_id: str, posture: Posture) -> Spine:
    """The exact measures of a phantom as a `Spine` (spread 0, simulated)."""
    discs = [_true_disc(disc) for disc in shape.discs if disc.name != "T12-L1"]
    return Spine(
        study_id=study_id,
        source=SpineSource.LABEL_MAP,
        method="exact measures of an analytic phantom",
        posture=posture,
        vertebrae=tuple(_true_vertebra(body) for body in shape.bodies),
        discs=tuple(discs),
        lordosis_deg=_exact(_lordosis(shape)),
        laterality_known=True,
        notes=("SIMULATED: a phantom made from published norms.",),
        simulated=True,
    )


def _exact(value: float) -> Measure:
    return Measure(value=float(value), sd=0.0, quality=Quality.MEASURED, note="exact, SIMULATED")


def _frame(axes: Axes, shift: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> Frame:
    return axes.moved(np.array(shift)).value()


def _polar_nodes(radius: Array, pole: float, share: float = 1.0) -> tuple[Array, Array, Array]:
    """Quadrature nodes x, y and weights over a star-shaped area with boundary `radius` at `_THETA`."""
    s = 0.5 * (_RADIAL + 1.0)
    weight = 0.5 * _RADIAL_WEIGHT
    r = share * radius[None, :] * s[:, None]
    w = weight[:, None] * s[:, None] * (share * radius[None, :]) ** 2 * (2 * np.pi / _THETA.size)
    return pole + r * np.cos(_THETA), r * np.sin(_THETA), w


def _quadratic(x: Array, y: Array, w: Array, z: Array, half: tuple[float, float]) -> Array:
    """Weighted least-squares quadratic in u = x/half[0], v = y/half[1]; coefficients (6,)."""
    u, v = (x / half[0]).ravel(), (y / half[1]).ravel()
    basis = np.stack([np.ones_like(u), u, v, u * u, u * v, v * v], axis=1)
    root = np.sqrt(w.ravel())
    solution, *_ = np.linalg.lstsq(basis * root[:, None], z.ravel() * root, rcond=None)
    return np.asarray(solution)


def _band_mean(height: Callable[[Array, Array], Array], x: float) -> float:
    y = BAND_MM * _RADIAL
    return float(np.sum(0.5 * _RADIAL_WEIGHT * height(np.full_like(y, x), y)))


def _edge(radius: Array, pole: float, band: float, front: bool) -> float:
    """Mean x of the front or back edge over |y| <= band."""
    x, y = pole + radius * np.cos(_THETA), radius * np.sin(_THETA)
    near = (np.cos(_THETA) > 0) if front else (np.cos(_THETA) < 0)
    order = np.argsort(y[near])
    return float(np.interp(np.linspace(-band, band, 81), y[near][order], x[near][order]).mean())


def _true_disc(disc: DiscShape) -> Disc:
    half_way = np.full_like(_THETA, 0.5)
    radius = disc.wall(_THETA, half_way, displaced=False)
    pole = float(disc.pole(np.array(0.5)))
    front, back = _edge(radius, pole, 5.0, True), _edge(radius, pole, 5.0, False)
    depth, width = front - back, float(np.ptp(radius * np.sin(_THETA)))
    middle = 0.5 * (front + back)

    def height(x: Array, y: Array) -> Array:
        return disc.z_upper(x, y) - disc.z_lower(x, y)

    x, y, w = _polar_nodes(radius, pole, RIM_KEPT)
    half = (depth / 2, width / 2)
    upper = _quadratic(x - middle, y, w, disc.z_upper(x, y), half)
    lower = _quadratic(x - middle, y, w, disc.z_lower(x, y), half)
    ends = [(front, back)]
    slopes = []
    for rim, shift, surface in (
        (disc.upper_rim, 0.5 * disc.slip, disc.z_upper),
        (disc.lower_rim, -0.5 * disc.slip, disc.z_lower),
    ):
        own = rim.radius(_THETA)
        ends.append((_edge(own, rim.pole + shift, 5.0, True), _edge(own, rim.pole + shift, 5.0, False)))
        rim_x, rim_y, rim_w = _polar_nodes(own, rim.pole, RIM_KEPT)
        slopes.append(_quadratic(rim_x, rim_y, rim_w, surface(rim_x + shift, rim_y), (1.0, 1.0))[1])
    wedge = np.degrees(np.arctan(slopes[0]) - np.arctan(slopes[1]))
    ahead, behind = min(end[0] for end in ends), max(end[1] for end in ends)
    h_front, h_mid, h_back = (
        _band_mean(height, 0.5 * (ahead + behind) + u * 0.5 * (ahead - behind)) for u in (0.8, 0.0, -0.8)
    )
    whole_x, whole_y, whole_w = _polar_nodes(radius, pole)
    area = float(whole_w.sum())
    mean_height = float((whole_w * height(whole_x, whole_y)).sum() / area)
    theta = np.linspace(0, 2 * np.pi, _OUTLINE_POINTS, endpoint=False)
    edge = disc.wall(theta, np.full_like(theta, 0.5), displaced=False)
    outline = np.stack([pole - middle + edge * np.cos(theta), edge * np.sin(theta)], axis=1)
    return Disc(
        level=Level(disc.name),
        frame=_frame(disc.axes, (middle, 0.0, 0.0)),
        outline_mm=tuple((float(a), float(b)) for a, b in outline),
        upper=height_field(upper),
        lower=height_field(lower),
        height_front_mm=_exact(h_front),
        height_mid_mm=_exact(h_mid),
        height_back_mm=_exact(h_back),
        mean_height_mm=_exact(mean_height),
        depth_mm=_exact(depth),
        width_mm=_exact(width),
        wedge_deg=_exact(wedge),
        area_mm2=_exact(area),
        volume_mm3=_exact(_disc_volume(disc)),
        farfan_index=_exact((h_front + h_back) / depth),
        dabbs_mm=_exact(0.5 * (h_front + h_back)),
        listhesis=_listhesis(disc),
        protrusion=_protrusion(disc),
        pfirrmann=_exact(disc.pfirrmann),
    )


def _disc_volume(disc: DiscShape) -> float:
    """Integral over layers of constant relative height, plus the displaced material outside of them."""
    total = 0.0
    for node, weight in zip(0.5 * (_RADIAL + 1), 0.5 * _RADIAL_WEIGHT, strict=True):
        zeta = np.full_like(_THETA, node)
        x, y, w = _polar_nodes(disc.wall(_THETA, zeta), float(disc.pole(np.array(node))))
        total += weight * float((w * np.maximum(disc.z_upper(x, y) - disc.z_lower(x, y), 0.0)).sum())
    if disc.blob is not None:
        points, cell = _blob_grid(disc)
        bare = DiscShape(**{**disc.__dict__, "blob": None})
        total += cell * float((~bare.inside(points) & _free_of_bone(disc, points)).sum())
    return total


def _blob_grid(disc: DiscShape) -> tuple[Array, float]:
    """Points (n, 3) in the disc's frame on a fine grid in the displaced material, and the volume of each."""
    assert disc.blob is not None
    step = disc.blob.radii / 30.0
    ticks = [centre + np.arange(-29.5, 30.0) * d for centre, d in zip(disc.blob.centre, step, strict=True)]
    grid = np.stack(np.meshgrid(*ticks, indexing="ij"), axis=-1).reshape(-1, 3)
    return grid[disc.blob.inside(grid)], float(np.prod(step))


def _free_of_bone(disc: DiscShape, local: Array) -> Array:
    """Whether points lie outside the two neighbouring bodies, whose walls go straight on from the rims."""
    x, y, z = local[:, 0], local[:, 1], local[:, 2]
    free = np.ones(len(local), dtype=bool)
    for rim, shift, beyond in (
        (disc.upper_rim, 0.5 * disc.slip, z > disc.z_upper(x, y)),
        (disc.lower_rim, -0.5 * disc.slip, z < disc.z_lower(x, y)),
    ):
        dx = x - rim.pole - shift
        free &= ~(beyond & (np.hypot(dx, y) <= rim.radius(np.arctan2(y, dx))))
    return free


def _corners(disc: DiscShape, y: Array) -> tuple[Array, Array]:
    """Posterior endplate corners (n, 2) as (x, z) in the disc's frame at lateral y: upper, lower."""
    found = []
    for rim, shift, surface in (
        (disc.upper_rim, 0.5 * disc.slip, disc.z_upper),
        (disc.lower_rim, -0.5 * disc.slip, disc.z_lower),
    ):
        theta = np.linspace(np.pi / 2, 3 * np.pi / 2, 1441)
        points = rim.points(theta)
        order = np.argsort(points[:, 1])
        x = np.interp(y, points[order, 1], points[order, 0]) + shift
        found.append(np.stack([x, surface(x, y)], axis=1))
    return found[0], found[1]


def _listhesis(disc: DiscShape) -> Listhesis:
    """Offset of the upper posterior corner on the line of the lower body's superior endplate."""
    y = np.linspace(-8.0, 8.0, 81)
    upper, lower = _corners(disc, y)
    x, yy, w = _polar_nodes(disc.lower_rim.radius(_THETA), disc.lower_rim.pole, RIM_KEPT)
    slope = np.arctan(_quadratic(x, yy, w, disc.z_lower(x - 0.5 * disc.slip, yy), (1.0, 1.0))[1])
    gap = (upper - lower).mean(axis=0)
    slip = gap[0] * np.cos(slope) + gap[1] * np.sin(slope)
    radius, pole = disc.lower_rim.radius(_THETA), disc.lower_rim.pole
    depth = _edge(radius, pole, 5.0, True) - _edge(radius, pole, 5.0, False)
    return Listhesis(slip_mm=_exact(slip), slip_percent=_exact(100 * slip / depth))


def _protrusion(disc: DiscShape) -> Protrusion | None:
    if disc.kind is None:
        return None
    if disc.blob is not None:
        points, _ = _blob_grid(disc)
        points = points[_free_of_bone(disc, points)]
        side = Side.CENTRE
        if abs(disc.blob.centre[1]) > 4.0:
            side = Side.LEFT if disc.blob.centre[1] > 0 else Side.RIGHT
    else:
        zeta, theta = np.meshgrid(np.linspace(0, 1, 41), np.linspace(0.7 * np.pi, 1.3 * np.pi, 241))
        r = disc.wall(theta.ravel(), zeta.ravel())
        x = disc.pole(zeta.ravel()) + r * np.cos(theta.ravel())
        y = r * np.sin(theta.ravel())
        low, up = disc.z_lower(x, y), disc.z_upper(x, y)
        points = np.stack([x, y, low + zeta.ravel() * (up - low)], axis=1)
        side = Side.CENTRE
    return Protrusion(kind=ProtrusionKind(disc.kind), depth_mm=_exact(_behind(disc, points)), side=side)


def _behind(disc: DiscShape, points: Array) -> float:
    """Largest distance of points (n, 3) behind the line joining the posterior corners at their own y."""
    upper, lower = _corners(disc, points[:, 1])
    along = upper - lower
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    off = points[:, [0, 2]] - lower
    return float(np.max(off[:, 1] * along[:, 0] - off[:, 0] * along[:, 1]))


def _body_surface(body: BodyShape, x: Array, y: Array, upper: bool) -> Array:
    """z of an endplate in the body's own frame above (x, y), by bisection [mm]."""
    disc = body.above if upper else body.below
    assert disc is not None
    middle = 0.5 * body.height if upper else -0.5 * body.height
    low, high = np.full(x.shape, middle - 12.0), np.full(x.shape, middle + 12.0)
    for _ in range(45):
        z = 0.5 * (low + high)
        local = disc.axes.to_local(body.axes.to_world(np.stack([x, y, z], axis=-1)))
        surface = disc.z_lower if upper else disc.z_upper
        above = local[..., 2] > surface(local[..., 0], local[..., 1])
        low, high = np.where(above, low, z), np.where(above, z, high)
    return np.asarray(0.5 * (low + high))


def _rim_size(rim: Rim) -> tuple[float, float]:
    radius = rim.radius(_THETA)
    depth = _edge(radius, rim.pole, 5.0, True) - _edge(radius, rim.pole, 5.0, False)
    return depth, float(np.ptp(radius * np.sin(_THETA)))


def _slope(body: BodyShape, upper: bool) -> float:
    """Sagittal slope of an endplate in the body's frame [deg]."""
    rim = body.upper_rim if upper else body.lower_rim
    x, y, w = _polar_nodes(rim.radius(_THETA), rim.pole, RIM_KEPT)
    return float(np.degrees(np.arctan(_quadratic(x, y, w, _body_surface(body, x, y, upper), (1.0, 1.0))[1])))


def _true_vertebra(body: BodyShape) -> Vertebra:
    depth, width = _rim_size(body.upper_rim)
    if body.below is None:
        return Vertebra(
            name=body.name, frame=_frame(body.axes), depth_mm=_exact(depth), width_mm=_exact(width)
        )
    half = 0.25 * (depth + _rim_size(body.lower_rim)[0])
    heights = []
    for u in (0.8, 0.0, -0.8):
        heights.append(
            _band_mean(
                lambda x, y: _body_surface(body, x, y, True) - _body_surface(body, x, y, False), u * half
            )
        )
    return Vertebra(
        name=body.name,
        frame=_frame(body.axes),
        depth_mm=_exact(depth),
        width_mm=_exact(width),
        height_front_mm=_exact(heights[0]),
        height_mid_mm=_exact(heights[1]),
        height_back_mm=_exact(heights[2]),
        wedge_deg=_exact(_slope(body, True) - _slope(body, False)),
    )


def _lordosis(shape: PhantomShape) -> float:
    """Angle between the superior endplates of L1 and S1 on the sagittal plane [deg]."""
    normals = []
    for name in (VertebraName.L1, VertebraName.S1):
        body = shape.body(name)
        rim = body.upper_rim
        x, y, w = _polar_nodes(rim.radius(_THETA), rim.pole, RIM_KEPT)
        plane = _quadratic(x, y, w, _body_surface(body, x, y, True), (1.0, 1.0))
        normals.append(body.axes.matrix @ np.array([-plane[1], -plane[2], 1.0]))
    left = shape.body(VertebraName.L3).axes.matrix[:, 1]
    front = shape.body(VertebraName.L3).axes.matrix[:, 0]
    up = np.cross(front, left)
    lean = [np.arctan2(normal @ front, normal @ up) for normal in normals]
    return float(np.degrees(lean[1] - lean[0]))
