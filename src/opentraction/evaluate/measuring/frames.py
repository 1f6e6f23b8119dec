"""Frames in the world, and the axis of the column that the frames of bodies and discs start from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from opentraction.chart import Frame, HeightField, Vec3

Array = np.ndarray

WORLD_ANTERIOR = np.array([0.0, 1.0, 0.0])
WORLD_CRANIAL = np.array([0.0, 0.0, 1.0])


@dataclass(frozen=True)
class Axes:
    """A frame: `origin` (3,) and `matrix` (3, 3) with the x, y, z axes as columns, in world RAS mm.

    x points to the front, y to the left, z to the head.
    """

    origin: Array
    matrix: Array

    def to_local(self, world: Array) -> Array:
        """World points (..., 3) in this frame."""
        return np.asarray((world - self.origin) @ self.matrix)

    def to_world(self, local: Array) -> Array:
        """Points (..., 3) of this frame in the world."""
        return np.asarray(local @ self.matrix.T + self.origin)

    def moved(self, local: Array) -> "Axes":
        """The same axes with the origin at a point (3,) of this frame."""
        return Axes(self.to_world(local), self.matrix)

    def leaned(self, normal: Array) -> "Axes":
        """The frame turned the shortest way so that z points along `normal` (3,), given in this frame."""
        return axes_from(self.origin, self.matrix @ normal, self.matrix[:, 0])

    def value(self) -> Frame:
        """This frame as a chart value."""
        x, y, z = (vector(self.matrix[:, column]) for column in range(3))
        return Frame(origin_mm=vector(self.origin), x_axis=x, y_axis=y, z_axis=z)


def vector(array: Array) -> Vec3:
    """Three numbers of an array (3,) as a chart value."""
    a, b, c = array
    return float(a), float(b), float(c)


def axes_from(origin: Array, cranial: Array, anterior: Array) -> Axes:
    """Right-handed frame with z along `cranial` and x as near to `anterior` as that allows."""
    z = cranial / np.linalg.norm(cranial)
    x = anterior - (anterior @ z) * z
    if np.linalg.norm(x) < 1e-6 * np.linalg.norm(anterior):
        x = np.cross(z, np.roll(z, 1) + np.array([0.1, 0.0, 0.0]))
    x = x / np.linalg.norm(x)
    return Axes(np.asarray(origin, dtype=float), np.stack([x, np.cross(z, x), z], axis=1))


def height_field(coefficients: Array) -> HeightField:
    """Six coefficients (6,) in normalised coordinates as a chart value."""
    a, b, c, d, e, f = (float(each) for each in coefficients)
    return HeightField(coefficients_mm=(a, b, c, d, e, f))


def tangents(order: Sequence[str], centres: Mapping[str, Array]) -> dict[str, Array]:
    """Direction of the column towards the head at each structure, from its neighbours' centres.

    Args:
        order: names of bodies and discs, head to foot.
        centres: world centre (3,) of each.
    """
    found = {}
    for index, name in enumerate(order):
        above = centres[order[max(index - 1, 0)]]
        below = centres[order[min(index + 1, len(order) - 1)]]
        step = above - below
        length = float(np.linalg.norm(step))
        found[name] = step / length if length > 1e-6 else WORLD_CRANIAL
    return found
