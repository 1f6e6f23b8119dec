"""A phantom as a study: a label map, and an image with the contrast of a sagittal T2 spin echo.

The label of a voxel is the structure at its centre; its signal is the mean over its volume (partial volume),
then blurred, biased and made noisy. Signals follow exp(-TE/T2) at TE 100 ms, the nucleus
with the T2 of its Pfirrmann grade (norms); the other tissues are grey levels chosen to look ordinary.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
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
_SUB_SAMPLES, _LATTICE = 13, (1, 3, 9)
"""Points in a voxel at an edge, and the generator of their lattice: distinct places along every axis."""
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
    if not (size.min() >= 0.3 and size.max() <= 15.0):
        shown = ", ".join(f"{each:g}" for each in size)
        raise BadValue(f"Expected voxel sizes of 0.3 to 15 mm, got {shown}. Give others.")
    if not abs(rotation_deg) <= 45.0:
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


def _grid_points(affine: Array, ticks: Sequence[Array]) -> Array:
    """World positions (n0, n1, n2, 3) of a box of the grid, from the indices along its three axes."""
    steps = [tick[:, None] * affine[:3, axis] for axis, tick in enumerate(ticks)]
    world = steps[0][:, None, None] + steps[1][None, :, None] + steps[2][None, None, :] + affine[:3, 3]
    return np.asarray(world)


@dataclass(frozen=True)
class _Part:
    """One structure to paint: where it can lie, and what is at given points."""

    corners: Array
    """World points (n, 3) whose box on the grid holds it."""
    at: Callable[[Array], tuple[Array, Array, Array]]
    """World points (n, 3) to: indices of the points inside; their labels; their signal."""

    def window(self, affine: Array, shape: tuple[int, ...]) -> tuple[Array, Array] | None:
        """Index box as lowest and one past the highest index (3,); None when off the grid."""
        inverse = np.linalg.inv(affine)
        index = self.corners @ inverse[:3, :3].T + inverse[:3, 3]
        low = np.maximum(np.floor(index.min(axis=0)).astype(int), 0)
        high = np.minimum(np.ceil(index.max(axis=0)).astype(int) + 1, shape)
        return None if np.any(high <= low) else (low, high)


def _parts(shape: PhantomShape) -> list[_Part]:
    """In painting order: canal, then discs (displaced material covers the canal), then bodies."""
    parts = [part for body in shape.bodies for part in _behind(body)]
    parts.append(_canal_part(shape.canal))
    parts += [
        _solid(disc.axes, disc.half_box(), LABELS[disc.name], partial(_inside_disc, disc), _disc_signal(disc))
        for disc in shape.discs
    ]
    parts += [
        _solid(
            body.axes, body.half_box(), LABELS[body.name.value], body.inside, partial(_one_grey, _MARROW)
        )
        for body in shape.bodies
    ]  # fmt: skip
    return parts


def _behind(body: BodyShape) -> Iterator[_Part]:
    """Fat behind the canal and the spinous process below it: for the eye only, without a label."""
    back = -0.5 * body.upper_rim.depth
    for centre, radii, grey in (
        ((back - 21.0, 0.0, -0.55 * body.height), (5.0, 7.0, 0.34 * body.height), _FAT),
        ((back - 33.0, 0.0, -0.25 * body.height), (13.0, 3.6, 0.33 * body.height), _MARROW),
    ):
        half = np.array(radii)
        axes = body.axes.moved(np.array(centre))
        yield _solid(axes, half, 0, partial(_inside_ellipsoid, axes, half), partial(_one_grey, grey))


def _inside_ellipsoid(axes: Axes, radii: Array, world: Array) -> Array:
    return np.asarray(((axes.to_local(world) / radii) ** 2).sum(axis=-1) <= 1.0)


def _one_grey(grey: float, world: Array) -> Array:
    return np.full(world.shape[:-1], grey)


def _inside_disc(disc: DiscShape, world: Array) -> Array:
    return disc.inside(disc.axes.to_local(world))


def _solid(
    axes: Axes,
    half: Array,
    number: int,
    inside: Callable[[Array], Array],
    tissue: Callable[[Array], Array],
) -> _Part:
    def at(world: Array) -> tuple[Array, Array, Array]:
        index = np.flatnonzero((np.abs(axes.to_local(world)) <= half + 1e-9).all(axis=1))
        index = index[inside(world[index])]
        return index, np.full(index.size, number, dtype=np.int16), tissue(world[index])

    return _Part(_corners(axes, half), at)


def _paint(shape: PhantomShape, affine: Array, labels: Array, signal: Array) -> None:
    """Label and signal of the structure at each voxel centre; then partial volume where structures meet."""
    parts = _parts(shape)
    owner = np.full(labels.shape, -1, dtype=np.int16)
    background = signal.copy()
    for number, part in enumerate(parts):
        window = part.window(affine, labels.shape)
        if window is None:
            continue
        world = _grid_points(affine, [np.arange(a, b, dtype=float) for a, b in zip(*window, strict=True)])
        index, numbers, grey = part.at(world.reshape(-1, 3))
        local = np.unravel_index(index, world.shape[:3])
        at = tuple(each + low for each, low in zip(local, window[0], strict=True))
        labels[at], signal[at] = numbers, grey
        owner[at] = 2 * number + (numbers == LABELS["cord"])
    _mix_edges(parts, affine, owner, background, signal)


def _mix_edges(parts: list[_Part], affine: Array, owner: Array, background: Array, signal: Array) -> None:
    """Signal of each voxel at the edge of a structure: the mean over its volume, by a rank-1 lattice.

    Source of the lattice rule: Sloan and Joe, Lattice Methods for Multiple Integration, 1994. With 13 points
    each axis is cut into 13 equal steps, so that the share of a voxel beyond a surface along the grid is
    exact to 1/26.
    """
    edge = np.zeros(owner.shape, dtype=bool)
    for axis in range(3):
        ahead, behind = ([slice(None)] * 3 for _ in range(2))
        ahead[axis], behind[axis] = slice(1, None), slice(None, -1)
        differs = owner[tuple(ahead)] != owner[tuple(behind)]
        edge[tuple(ahead)] |= differs
        edge[tuple(behind)] |= differs
    voxels = np.argwhere(edge)
    mixed = np.repeat(background[edge][:, None], _SUB_SAMPLES, axis=1)
    step = np.arange(_SUB_SAMPLES)[:, None] * np.array(_LATTICE)
    offsets = ((step % _SUB_SAMPLES + 0.5) / _SUB_SAMPLES - 0.5) @ affine[:3, :3].T
    for part in parts:
        window = part.window(affine, owner.shape)
        if window is None:
            continue
        near = np.flatnonzero(((voxels >= window[0] - 1) & (voxels <= window[1])).all(axis=1))
        centres = voxels[near] @ affine[:3, :3].T + affine[:3, 3]
        index, _, grey = part.at((centres[:, None] + offsets).reshape(-1, 3))
        row, column = np.divmod(index, _SUB_SAMPLES)
        mixed[near[row], column] = grey
    signal[edge] = mixed.mean(axis=1)


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


def _canal_part(canal: CanalShape) -> _Part:
    reach = np.array([1.0, 0.0, 0.0]) * 14 + np.array([0.0, 1.0, 0.0]) * 11
    tree = cKDTree(canal.path)

    def at(world: Array) -> tuple[Array, Array, Array]:
        distance, nearest = tree.query(world, distance_upper_bound=12.0, workers=1)
        ends = (world[:, 2] <= canal.path[0, 2]) & (world[:, 2] >= canal.path[-1, 2])
        index = np.flatnonzero(ends & np.isfinite(distance) & (nearest > 0) & (nearest < len(canal.path) - 1))
        nearest = nearest[index]
        away = world[index] - canal.path[nearest]
        left = away @ canal.left_axis
        ahead = np.sign(away @ canal.front_axis) * np.sqrt(np.maximum((away**2).sum(axis=1) - left**2, 0.0))
        tube = (ahead / canal.half_depth) ** 2 + (left / canal.half_width) ** 2 <= 1.0
        cord = ((ahead / 3.6) ** 2 + (left / 4.8) ** 2 <= 1.0) & (nearest < canal.cord_end)
        numbers = np.where(cord, LABELS["cord"], LABELS["canal"]).astype(np.int16)
        return index[tube], numbers[tube], np.where(cord, _CORD, _CSF)[tube]

    return _Part(np.concatenate([canal.path + reach, canal.path - reach]), at)


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
    """The blur of the acquisition, a mild receive bias and noise; grey values 0 to about 1000, float32."""
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
