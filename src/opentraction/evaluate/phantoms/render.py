"""A phantom as a study: a label map, and an image with the contrast of a sagittal T2 spin echo.

The label of a voxel is the structure at its centre. Signals follow exp(-TE/T2) at TE 100 ms, the nucleus
with the T2 of its Pfirrmann grade (norms); the other tissues are grey levels chosen to look ordinary.
"""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from opentraction.chart import BadValue, Posture
from opentraction.evaluate import norms
from opentraction.evaluate.measuring.frames import Array, Axes
from opentraction.evaluate.phantoms.build import Phantom
from opentraction.evaluate.phantoms.shape import UPRIGHT, BodyShape, CanalShape, DiscShape, PhantomShape
from opentraction.evaluate.study import ImagingStudy

ECHO_TIME_MS = 100.0
ANNULUS_T2_MS = 32.0
_CSF, _CORD, _MARROW, _SOFT, _FAT = 0.95, 0.42, 0.34, 0.12, 0.5
LABELS = {
    "cord": 1, "canal": 2, "T12": 32, "L1": 41, "L2": 42, "L3": 43, "L4": 44, "L5": 45, "S1": 50,
    "T12-L1": 91, "L1-L2": 92, "L2-L3": 93, "L3-L4": 94, "L4-L5": 95, "L5-S1": 100,
}  # fmt: skip
"""TotalSpineSeg numbers, so that the written label map is read like one of its own."""


def render(
    phantom: Phantom,
    *,
    voxel_mm: float | tuple[float, float, float] = 1.0,
    rotation_deg: float = 0.0,
    rotation_axis: tuple[float, float, float] = (0.3, 0.5, 0.8),
    shift: tuple[float, float, float] = (0.0, 0.0, 0.0),
    noise: float = 0.02,
) -> ImagingStudy:
    """Sample a phantom on a grid.

    Args:
        phantom: the phantom.
        voxel_mm: voxel size along the (right, anterior, superior) array axes [mm]; sagittal slices of 4 mm
            are (4, 1, 1).
        rotation_deg: how far the grid is turned against the patient, up to 45 [deg].
        rotation_axis: world axis of that turn.
        shift: displacement of the grid in voxels.
        noise: standard deviation of the noise, of the brightest signal.

    Returns:
        A study marked simulated, with image, labels in TotalSpineSeg numbers and their names.

    Raises:
        BadValue: for a voxel size outside 0.3 to 15 mm or a turn above 45 degrees.
    """
    size = np.broadcast_to(np.asarray(voxel_mm, dtype=float), (3,))
    if size.min() < 0.3 or size.max() > 15.0:
        raise BadValue(f"Expected voxel sizes of 0.3 to 15 mm, got {tuple(size)}. Give others.")
    if abs(rotation_deg) > 45.0:
        raise BadValue(f"Expected a turn of at most 45 degrees, got {rotation_deg:g}. Give a smaller one.")
    affine, shape = _grid(phantom.shape, size, _rotation(rotation_axis, rotation_deg), np.asarray(shift))
    labels = np.zeros(shape, dtype=np.int16)
    signal = _background(shape, affine)
    _paint(phantom.shape, affine, labels, signal)
    image = _acquire(signal, size, noise, phantom.spec.seed)
    return ImagingStudy(
        study_id=f"phantom-{phantom.spec.seed}",
        image=image,
        labels=labels,
        affine=affine,
        names=dict(LABELS),
        modality="MR",
        convention="TotalSpineSeg",
        posture=Posture.SUPINE,
        laterality_known=True,
        notes=("SIMULATED: a phantom made from published norms, no patient.",),
        simulated=True,
    )


def _rotation(axis: tuple[float, float, float], angle_deg: float) -> Array:
    x, y, z = np.asarray(axis) / np.linalg.norm(axis)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    angle = np.radians(angle_deg)
    return np.asarray(np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross)


def _boxes(shape: PhantomShape) -> Iterator[tuple[Axes, Array]]:
    for disc in shape.discs:
        yield disc.axes, disc.half_box()
    for body in shape.bodies:
        yield body.axes, body.half_box()


def _corners(axes: Axes, half: Array) -> Array:
    signs = np.array(np.meshgrid([-1, 1], [-1, 1], [-1, 1])).reshape(3, -1).T
    return axes.to_world(signs * half)


def _grid(
    shape: PhantomShape, size: Array, rotation: Array, shift: Array
) -> tuple[Array, tuple[int, int, int]]:
    """Affine and shape of a grid that holds the whole phantom with a margin."""
    points = np.concatenate([_corners(axes, half) for axes, half in _boxes(shape)])
    turned = points @ rotation
    margin = np.array([8.0, 45.0, 8.0])
    low = turned.min(axis=0) - margin
    high = turned.max(axis=0) + np.array([8.0, 18.0, 8.0])
    count = np.ceil((high - low) / size).astype(int) + 1
    affine = np.eye(4)
    affine[:3, :3] = rotation * size
    affine[:3, 3] = rotation @ (low + shift * size)
    return affine, (int(count[0]), int(count[1]), int(count[2]))


def _window(affine: Array, points: Array, shape: tuple[int, ...]) -> tuple[tuple[slice, ...], Array] | None:
    """The index box of world points, as slices, and the world positions of its voxel centres."""
    inverse = np.linalg.inv(affine)
    index = points @ inverse[:3, :3].T + inverse[:3, 3]
    low = np.maximum(np.floor(index.min(axis=0)).astype(int), 0)
    high = np.minimum(np.ceil(index.max(axis=0)).astype(int) + 1, shape)
    if np.any(high <= low):
        return None
    ticks = [np.arange(a, b, dtype=float) for a, b in zip(low, high, strict=True)]
    steps = [tick[:, None] * affine[:3, axis] for axis, tick in enumerate(ticks)]
    world = steps[0][:, None, None] + steps[1][None, :, None] + steps[2][None, None, :] + affine[:3, 3]
    return tuple(slice(a, b) for a, b in zip(low, high, strict=True)), world


def _paint(shape: PhantomShape, affine: Array, labels: Array, signal: Array) -> None:
    """Canal first, then discs (displaced material covers the canal), then bodies."""
    for body in shape.bodies:
        _paint_behind(body, affine, labels, signal)
    _paint_canal(shape.canal, affine, labels, signal)
    for disc in shape.discs:
        _stamp(
            affine, labels, signal, disc.axes, disc.half_box(), LABELS[disc.name],
            partial(_inside_disc, disc), _disc_signal(disc),
        )  # fmt: skip
    for body in shape.bodies:
        _stamp(
            affine, labels, signal, body.axes, body.half_box(), LABELS[body.name.value], body.inside,
            partial(_one_grey, _MARROW),
        )  # fmt: skip


def _paint_behind(body: BodyShape, affine: Array, labels: Array, signal: Array) -> None:
    """Fat behind the canal and the spinous process below it: for the eye only, without a label."""
    back = -0.5 * body.upper_rim.depth
    for centre, radii, grey in (
        ((back - 21.0, 0.0, -0.55 * body.height), (5.0, 7.0, 0.34 * body.height), _FAT),
        ((back - 33.0, 0.0, -0.25 * body.height), (13.0, 3.6, 0.33 * body.height), _MARROW),
    ):
        half = np.array(radii)
        axes = body.axes.moved(np.array(centre))
        _stamp(
            affine, labels, signal, axes, half, 0,
            partial(_inside_ellipsoid, axes, half), partial(_one_grey, grey),
        )  # fmt: skip


def _inside_ellipsoid(axes: Axes, radii: Array, world: Array) -> Array:
    return np.asarray(((axes.to_local(world) / radii) ** 2).sum(axis=-1) <= 1.0)


def _one_grey(grey: float, world: Array) -> Array:
    return np.full(world.shape[:-1], grey)


def _inside_disc(disc: DiscShape, world: Array) -> Array:
    return disc.inside(disc.axes.to_local(world))


def _stamp(
    affine: Array,
    labels: Array,
    signal: Array,
    axes: Axes,
    half: Array,
    number: int,
    inside: Callable[[Array], Array],
    tissue: Callable[[Array], Array],
) -> None:
    window = _window(affine, _corners(axes, half), labels.shape)
    if window is None:
        return
    box, world = window
    solid = inside(world)
    labels[box][solid] = number
    signal[box][solid] = tissue(world[solid])


def _disc_signal(disc: DiscShape) -> Callable[[Array], Array]:
    """Signal of a disc: a nucleus a little behind the middle that fades into the annulus."""
    t2 = norms.NUCLEUS_T2_MS[disc.pfirrmann]
    nucleus, annulus = np.exp(-ECHO_TIME_MS / t2), np.exp(-ECHO_TIME_MS / ANNULUS_T2_MS)

    def at(world: Array) -> Array:
        local = disc.axes.to_local(world)
        x, y, z = local[..., 0], local[..., 1], local[..., 2]
        low, up = disc.z_lower(x, y), disc.z_upper(x, y)
        zeta = (z - low) / np.maximum(up - low, 0.5) - 0.5
        q = ((x + 0.05 * disc.upper_rim.depth) / (0.34 * disc.upper_rim.depth)) ** 2
        q = q + (y / (0.34 * disc.upper_rim.width)) ** 2 + (zeta / 0.48) ** 4
        share = 1.0 / (1.0 + np.exp(12.0 * (np.sqrt(q) - 1.0)))
        return np.asarray(annulus + (nucleus - annulus) * share)

    return at


def _paint_canal(canal: CanalShape, affine: Array, labels: Array, signal: Array) -> None:
    reach = np.array([1.0, 0.0, 0.0]) * 14 + np.array([0.0, 1.0, 0.0]) * 11
    points = np.concatenate([canal.path + reach, canal.path - reach])
    window = _window(affine, points, labels.shape)
    if window is None:
        return
    box, world = window
    tree = cKDTree(canal.path)
    distance, nearest = tree.query(world.reshape(-1, 3), distance_upper_bound=16.0, workers=1)
    found = np.isfinite(distance) & (nearest > 0) & (nearest < len(canal.path) - 1)
    index = np.flatnonzero(found)
    away = world.reshape(-1, 3)[index] - canal.path[nearest[index]]
    left = away @ canal.left_axis
    front = np.sign(away @ canal.front_axis) * np.sqrt(np.maximum((away**2).sum(axis=1) - left**2, 0.0))
    inner = (front / canal.half_depth) ** 2 + (left / canal.half_width) ** 2
    cord = (front / 3.6) ** 2 + (left / 4.8) ** 2 <= 1.0
    cord &= nearest[index] < canal.cord_end
    tube = inner <= 1.0
    numbers, grey = labels[box].reshape(-1), signal[box].reshape(-1)
    numbers[index[tube]] = LABELS["canal"]
    grey[index[tube]] = _CSF
    numbers[index[cord]] = LABELS["cord"]
    grey[index[cord]] = _CORD
    labels[box] = numbers.reshape(world.shape[:-1])
    signal[box] = grey.reshape(world.shape[:-1])


def _background(shape: tuple[int, int, int], affine: Array) -> Array:
    """Soft tissue, brighter fat towards the back; one value per voxel, float64."""
    signal = np.full(shape, _SOFT)
    middle = affine[:3, :3] @ ((np.array(shape) - 1) / 2) + affine[:3, 3]
    along = [affine[:3, axis] @ UPRIGHT[:, 0] for axis in range(3)]
    ticks = [step * (np.arange(n) - (n - 1) / 2) for step, n in zip(along, shape, strict=True)]
    front = ticks[0][:, None, None] + ticks[1][None, :, None] + ticks[2][None, None, :] + middle[1]
    signal += (_FAT - _SOFT) / (1.0 + np.exp((front - front.min() - 14.0) / 2.0))
    return signal


def _acquire(signal: Array, size: Array, noise: float, seed: int) -> Array:
    """Partial volume, a mild receive bias and noise; grey values 0 to about 1000, float32."""
    draw = np.random.default_rng([seed, 23])
    blurred = ndimage.gaussian_filter(
        signal.astype(np.float32), 0.45 / size * np.minimum(size, 1.0), truncate=3
    )
    x, y, z = (np.linspace(-1, 1, n, dtype=np.float32) for n in signal.shape)
    bias = 1.0 + 0.06 * y[None, :, None] * -1 + 0.05 * (1 - z**2)[None, None, :] + 0.02 * x[:, None, None]
    clean = blurred * bias
    real = clean + noise * draw.standard_normal(clean.shape, dtype=np.float32)
    imaginary = noise * draw.standard_normal(clean.shape, dtype=np.float32)
    return np.asarray(1000.0 * np.hypot(real, imaginary), dtype=np.float32)
