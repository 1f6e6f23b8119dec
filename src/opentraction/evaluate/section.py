"""The mid-sagittal picture: image, outlines, levels and fitted endplates in the plane through the spine.

The plane is fitted to the centres of bodies and discs, so that a leaning spine or an oblique acquisition is
cut along its own middle. The picture stands head up with the patient's front on the left.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from opentraction.chart import BadInput, Disc, Quality, Spine
from opentraction.evaluate.reading.conventions import rank_of
from opentraction.evaluate.reading.detection import structures_of
from opentraction.evaluate.study import ImagingStudy

FRONT_MM, BACK_MM, ENDS_MM = 45.0, 60.0, 15.0
"""Margins about the labelled structures, before and behind them and at both ends."""
LABEL_GAP_MM = 14.0
LABEL_ROOM_MM = 18.0
"""Width kept free for the name at the right edge of the picture."""
_FINEST_MM = 0.5
_STEPS = np.linspace(-1.0, 1.0, 21)


@dataclass(frozen=True, kw_only=True)
class Outline:
    """Outline of one structure in the picture."""

    name: str
    points_mm: np.ndarray
    """Closed curve, shape (n, 2): (across, up) [mm]."""
    derived: bool
    """True when the label was derived by a rule, not drawn or segmented."""


@dataclass(frozen=True, kw_only=True)
class LevelLabel:
    """Name of a level and where to write it, to the right of the spine (behind the patient)."""

    name: str
    at_mm: tuple[float, float]
    centre_mm: tuple[float, float]
    """Centre of the disc or body it names."""
    seen: bool


@dataclass(frozen=True, kw_only=True)
class Endplate:
    """A fitted endplate, projected on the picture, front to back."""

    level: str
    upper: bool
    points_mm: np.ndarray
    """Shape (n, 2): (across, up) [mm]."""
    quality: Quality


@dataclass(frozen=True, kw_only=True)
class MidSagittal:
    """The picture and what is drawn on it. Coordinates are (across, up) in mm: across grows to the back."""

    image: np.ndarray | None
    """Grey values 0 to 1, float32, shape (rows, columns), first row the topmost; None without an image."""
    extent_mm: tuple[float, float, float, float]
    """Left, right, bottom, top of the picture, as `imshow(extent=...)` with `origin="upper"` takes it."""
    pixel_mm: float
    outlines: tuple[Outline, ...]
    levels: tuple[LevelLabel, ...]
    endplates: tuple[Endplate, ...]
    origin_mm: tuple[float, float, float]
    """World RAS of the point (0, 0)."""
    across: tuple[float, float, float]
    """World direction that runs to the right of the picture: to the patient's back."""
    up: tuple[float, float, float]
    simulated: bool
    notes: tuple[str, ...] = ()
    by_hand: bool = False
    """True when a person gave this scan for the picture and the sizes measured on it are not the spine's."""


@dataclass(frozen=True)
class _Plane:
    origin: np.ndarray
    across: np.ndarray
    up: np.ndarray

    def flat(self, world: np.ndarray) -> np.ndarray:
        """World points (n, 3) to picture points (n, 2)."""
        offset = np.asarray(world, float) - self.origin
        return np.stack([offset @ self.across, offset @ self.up], axis=-1)


def mid_sagittal(study: ImagingStudy, spine: Spine) -> MidSagittal:
    """Cut a study along the middle of its spine.

    Raises:
        BadInput: when the study holds neither labels nor a spine with places to cut through.
    """
    plane = _fit_plane(study, spine)
    low, high = _bounds(study, spine, plane)
    pixel = max(_FINEST_MM, min(1.0, *study.voxel_mm))
    columns = np.arange(low[0], high[0] + pixel / 2, pixel)
    rows = np.arange(high[1], low[1] - pixel / 2, -pixel)
    index = _voxel_index(study, plane, columns, rows)
    extent = (
        float(columns[0] - pixel / 2),
        float(columns[-1] + pixel / 2),
        float(rows[-1] - pixel / 2),
        float(rows[0] + pixel / 2),
    )
    outlines = tuple(_outlines(study, index, columns, rows))
    return MidSagittal(
        image=None if study.image is None else _grey(study.image, index),
        extent_mm=extent,
        pixel_mm=pixel,
        outlines=outlines,
        levels=tuple(_level_labels(study, spine, plane, outlines, extent[1])),
        endplates=tuple(line for disc in spine.discs for line in _endplates(disc, plane)),
        origin_mm=_triple(plane.origin),
        across=_triple(plane.across),
        up=_triple(plane.up),
        simulated=study.simulated or spine.simulated,
        notes=() if study.image is not None else ("No image was given: outlines only.",),
    )


def _centres(study: ImagingStudy, spine: Spine) -> np.ndarray:
    """World centres (n, 3) of the discs and bodies that were seen, else of the labels."""
    points = [disc.frame.origin_mm for disc in spine.discs if disc.seen]
    points += [vertebra.frame.origin_mm for vertebra in spine.vertebrae if not vertebra.cut_off]
    if len(points) >= 2 and np.ptp(np.array(points), axis=0).max() > 10.0:
        return np.array(points)
    if study.labels is None:
        raise BadInput(
            f"{study.study_id}: no level is known on this image, so there is no plane to cut it along."
        )
    found = structures_of(study.labels, study.affine)
    numbers = [number for name, number in study.names.items() if rank_of(name) is not None]
    return np.array([found[number].centre_mm for number in numbers if number in found])


def _fit_plane(study: ImagingStudy, spine: Spine) -> _Plane:
    """Plane through the centres that contains the mean front-back direction of the discs.

    The lean to the left or right is fitted; lordosis lies in the plane. Up is the world's head direction
    within the plane, so that the picture is not tilted with the spine's own slope.
    """
    centres = _centres(study, spine)
    front = np.mean([disc.frame.x_axis for disc in spine.discs if disc.seen] or [(0.0, 1.0, 0.0)], axis=0)
    middle = centres.mean(axis=0)
    left = np.array([-1.0, 0.0, 0.0])
    front -= left * (front @ left)
    front /= np.linalg.norm(front)
    head = np.cross(front, left)
    offset = centres - middle
    along, aside = offset @ head, offset @ left
    lean = float(along @ aside / max(along @ along, 1e-6))
    twist = np.mean([disc.frame.x_axis for disc in spine.discs if disc.seen] or [front], axis=0)
    turn = float((twist @ left) / max(abs(twist @ front), 1e-6))
    normal = left - lean * head - turn * front
    normal /= np.linalg.norm(normal)
    up = np.array([0.0, 0.0, 1.0]) - normal * normal[2]
    up /= np.linalg.norm(up)
    across = np.cross(normal, up)  # left x head = front turned round: to the back
    if across[1] > 0:
        across = -across
    return _Plane(middle, across, up)


def _bounds(study: ImagingStudy, spine: Spine, plane: _Plane) -> tuple[np.ndarray, np.ndarray]:
    """Corners (across, up) of the picture: the structures with margins, not beyond the image."""
    points = [plane.flat(_centres(study, spine))]
    if study.labels is not None:
        numbers = [number for name, number in study.names.items() if rank_of(name) is not None]
        flat = np.flatnonzero(np.isin(study.labels, numbers))[::17]
        index = np.stack(np.unravel_index(flat, study.labels.shape), axis=1)
        points.append(plane.flat(index @ study.affine[:3, :3].T + study.affine[:3, 3]))
    every = np.concatenate(points)
    low = every.min(axis=0) - np.array([FRONT_MM, ENDS_MM])
    high = every.max(axis=0) + np.array([BACK_MM, ENDS_MM])
    shape = study.image.shape if study.image is not None else None
    if shape is None and study.labels is not None:
        shape = study.labels.shape
    if shape is not None:
        corners = np.array(np.meshgrid(*[(0, size - 1) for size in shape], indexing="ij")).reshape(3, -1).T
        box = plane.flat(corners @ study.affine[:3, :3].T + study.affine[:3, 3])
        low, high = np.maximum(low, box.min(axis=0)), np.minimum(high, box.max(axis=0))
    return low, high


def _voxel_index(study: ImagingStudy, plane: _Plane, columns: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Voxel coordinates (3, rows, columns) of each picture point."""
    across, up = np.meshgrid(columns, rows)
    world = plane.origin + across[..., None] * plane.across + up[..., None] * plane.up
    inverse = np.linalg.inv(study.affine)
    return np.moveaxis(world @ inverse[:3, :3].T + inverse[:3, 3], -1, 0)


def _grey(image: np.ndarray, index: np.ndarray) -> np.ndarray:
    """Resampled grey values, the darkest and brightest percent clipped, 0 to 1."""
    picture = ndimage.map_coordinates(image, index, order=1, mode="constant", cval=float(image.min()))
    low, high = np.percentile(picture, (1.0, 99.0))
    scaled = np.clip((picture - low) / max(float(high - low), 1e-6), 0.0, 1.0)
    return np.asarray(scaled, dtype=np.float32)


def _outlines(
    study: ImagingStudy, index: np.ndarray, columns: np.ndarray, rows: np.ndarray
) -> Iterator[Outline]:
    if study.labels is None:
        return
    for name, number in sorted(study.names.items(), key=lambda entry: rank_of(entry[0]) or -1.0):
        where = ndimage.find_objects((study.labels == number).astype(np.int8))
        if not where:
            continue
        box = tuple(slice(max(part.start - 2, 0), part.stop + 2) for part in where[0])
        start = np.array([part.start for part in box]).reshape(3, 1, 1)
        mask = (study.labels[box] == number).astype(np.float32)
        filled = ndimage.map_coordinates(mask, index - start, order=1, mode="constant", cval=0.0)
        for curve in contours(filled, 0.5):
            points = np.stack(
                [np.interp(curve[:, 1], np.arange(len(columns)), columns),
                 np.interp(curve[:, 0], np.arange(len(rows)), rows)], axis=1,
            )  # fmt: skip
            if len(points) >= 8:
                yield Outline(name=name, points_mm=points, derived=name in study.derived)


def _level_labels(
    study: ImagingStudy, spine: Spine, plane: _Plane, outlines: tuple[Outline, ...], right: float
) -> Iterator[LevelLabel]:
    """Names of the discs in one column behind the bodies, at the height of each disc, within the picture."""
    centres = [plane.flat(np.array([disc.frame.origin_mm]))[0] for disc in spine.discs]
    edges = [
        float(centre[0]) + disc.depth_mm.value / 2 for centre, disc in zip(centres, spine.discs, strict=True)
    ]
    for outline in outlines:
        bone = rank_of(outline.name) is not None and (study.bodies_only or "-" in outline.name)
        edges += [float(outline.points_mm[:, 0].max())] if bone else []
    column = min(max(edges, default=0.0) + LABEL_GAP_MM, right - LABEL_ROOM_MM)
    for centre, disc in zip(centres, spine.discs, strict=True):
        yield LevelLabel(
            name=disc.level.value,
            at_mm=(column, float(centre[1])),
            centre_mm=(float(centre[0]), float(centre[1])),
            seen=disc.seen,
        )


def _endplates(disc: Disc, plane: _Plane) -> Iterator[Endplate]:
    origin, x_axis, z_axis = (
        np.array(part) for part in (disc.frame.origin_mm, disc.frame.x_axis, disc.frame.z_axis)
    )
    half = disc.depth_mm.value / 2
    for field, upper in ((disc.upper, True), (disc.lower, False)):
        world = np.array(
            [origin + u * half * x_axis + field.height_mm(u, 0.0) * z_axis for u in _STEPS[::-1]]
        )
        quality = disc.height_mid_mm.quality if disc.seen else Quality.ASSUMED
        yield Endplate(level=disc.level.value, upper=upper, points_mm=plane.flat(world), quality=quality)


def contours(field: np.ndarray, level: float) -> list[np.ndarray]:
    """Closed curves where a 2-D field crosses a level (marching squares, linear between samples).

    Returns:
        Curves of shape (n, 2) in (row, column) coordinates, longest first; the field counts as 0 outside.
    """
    padded = np.pad(np.asarray(field, float), 1)
    segments: dict[tuple[int, int, int], list[tuple[int, int, int]]] = {}
    inside = padded > level
    cells = inside[:-1, :-1] * 1 + inside[:-1, 1:] * 2 + inside[1:, 1:] * 4 + inside[1:, :-1] * 8
    for row, column in np.argwhere((cells > 0) & (cells < 15)):
        for first, second in _CELL_EDGES[int(cells[row, column])]:
            a, b = _edge_key(row, column, first), _edge_key(row, column, second)
            segments.setdefault(a, []).append(b)
            segments.setdefault(b, []).append(a)
    curves = []
    while segments:
        chain = _follow(segments, next(iter(segments)))
        curves.append(np.array([_crossing(padded, key, level) for key in chain]) - 1.0)
    return sorted(curves, key=len, reverse=True)


_CELL_EDGES: dict[int, tuple[tuple[int, int], ...]] = {
    1: ((3, 0),), 2: ((0, 1),), 3: ((3, 1),), 4: ((1, 2),), 5: ((3, 0), (1, 2)), 6: ((0, 2),),
    7: ((3, 2),), 8: ((2, 3),), 9: ((0, 2),), 10: ((0, 1), (2, 3)), 11: ((1, 2),), 12: ((1, 3),),
    13: ((0, 1),), 14: ((0, 3),),
}  # fmt: skip
"""Edges (0 top, 1 right, 2 bottom, 3 left) that a curve joins, by the corners of the cell that lie inside."""


def _edge_key(row: int, column: int, edge: int) -> tuple[int, int, int]:
    """Edge as (row, column, 0 for horizontal or 1 for vertical) of the grid, shared by two cells."""
    row, column = int(row), int(column)
    return ((row, column, 0), (row, column + 1, 1), (row + 1, column, 0), (row, column, 1))[edge]


def _follow(
    segments: dict[tuple[int, int, int], list[tuple[int, int, int]]], start: tuple[int, int, int]
) -> list[tuple[int, int, int]]:
    chain, here = [start], start
    while segments.get(here):
        after = segments[here].pop()
        segments[after].remove(here)
        if not segments[here]:
            del segments[here]
        chain.append(after)
        here = after
    segments.pop(here, None)
    return chain


def _crossing(padded: np.ndarray, key: tuple[int, int, int], level: float) -> tuple[float, float]:
    row, column, vertical = key
    first = padded[row, column]
    second = padded[row + 1, column] if vertical else padded[row, column + 1]
    share = float((level - first) / (second - first))
    return (row + share, float(column)) if vertical else (float(row), column + share)


def _triple(vector: np.ndarray) -> tuple[float, float, float]:
    return (float(vector[0]), float(vector[1]), float(vector[2]))
