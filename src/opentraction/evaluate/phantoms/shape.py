"""The analytic solids of a phantom: endplates, discs, bodies, canal. Lengths in mm, no voxel anywhere.

Discs come first: each has its own frame (x anterior, y left, z cranial, z the bisector of its endplates) in
which both endplates are height functions. A body is what lies between the endplates of two discs.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from opentraction.chart import ProtrusionKind, VertebraName
from opentraction.evaluate.measuring.frames import Array, Axes

UPRIGHT = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
"""Columns: anterior, left, cranial of a person in world RAS axes."""


def tilt_forward(angle_deg: float) -> Array:
    """Rotation (3, 3) that leans the z axis towards the front by an angle [deg]."""
    c, s = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])


def tilt_left(angle_deg: float) -> Array:
    """Rotation (3, 3) that leans the z axis towards the left by an angle [deg]."""
    c, s = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    return np.array([[1, 0, 0], [0, c, s], [0, -s, c]])


def turn(angle_deg: float) -> Array:
    """Rotation (3, 3) about the z axis, front towards the left, by an angle [deg]."""
    c, s = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])


@dataclass(frozen=True)
class Rim:
    """Kidney-shaped edge of an endplate: a superellipse of order 2.5 with a dent at the back."""

    depth: float
    width: float
    dent: float = 2.0

    def radius(self, theta: Array) -> Array:
        """Distance of the edge from the rim's own pole [mm], theta from anterior towards left [rad].

        The pole lies dent/2 in front of the middle of the depth, so that front and back are at +-depth/2.
        """
        a, b = 0.5 * (self.depth + self.dent), 0.5 * self.width
        plain = ((np.abs(np.cos(theta)) / a) ** 2.5 + (np.abs(np.sin(theta)) / b) ** 2.5) ** -0.4
        behind = np.mod(theta, 2 * np.pi) - np.pi
        return plain - self.dent * np.exp(-((behind / 0.6) ** 2))

    @property
    def pole(self) -> float:
        """x of the pole, from the middle of the depth [mm]."""
        return -0.5 * self.dent

    def points(self, theta: Array) -> Array:
        """Points (n, 2) of the edge about the middle of the depth."""
        r = self.radius(theta)
        return np.stack([self.pole + r * np.cos(theta), r * np.sin(theta)], axis=-1)


@dataclass(frozen=True)
class Blob:
    """Displaced disc material: an ellipsoid in the disc's frame."""

    centre: Array
    radii: Array

    def inside(self, local: Array) -> Array:
        """Whether points (..., 3) of the disc's frame lie in the ellipsoid."""
        return (((local - self.centre) / self.radii) ** 2).sum(axis=-1) <= 1.0


@dataclass(frozen=True, kw_only=True)
class DiscShape:
    """One disc. `name` is "L4-L5"; heights are functions of (x, y) in its frame."""

    name: str
    axes: Axes
    upper_rim: Rim
    lower_rim: Rim
    slip: float
    rim_height: float
    """Height at the centre line if both endplates were flat."""
    wedge_deg: float
    side_tilt_deg: float
    hollow_upper: float
    hollow_lower: float
    apex: float
    """x of the deepest point of the hollow of the endplates; behind the middle when negative."""
    bulge: float = 0.6
    extra_bulge: float = 0.0
    """More bulge over the posterior half (a bulging disc)."""
    pfirrmann: int = 2
    blob: Blob | None = None
    kind: ProtrusionKind | None = None

    def _hollow(self, x: Array, y: Array, rim: Rim, shift: float) -> Array:
        q = ((x - shift - self.apex) / (0.5 * rim.depth)) ** 2 + (y / (0.5 * rim.width)) ** 2
        return 1.0 - np.minimum(q, 1.0) ** 1.15

    def z_upper(self, x: Array, y: Array) -> Array:
        """Endplate above the disc [mm]."""
        flat = 0.5 * self.rim_height + np.tan(np.radians(self.wedge_deg / 2)) * x
        side = np.tan(np.radians(self.side_tilt_deg / 2)) * y
        return flat + side + self.hollow_upper * self._hollow(x, y, self.upper_rim, 0.5 * self.slip)

    def z_lower(self, x: Array, y: Array) -> Array:
        """Endplate below the disc [mm]."""
        flat = -0.5 * self.rim_height - np.tan(np.radians(self.wedge_deg / 2)) * x
        side = -np.tan(np.radians(self.side_tilt_deg / 2)) * y
        return flat + side - self.hollow_lower * self._hollow(x, y, self.lower_rim, -0.5 * self.slip)

    def wall(self, theta: Array, zeta: Array, *, displaced: bool = True) -> Array:
        """Radius of the side wall [mm] about the pole at relative height zeta, 0 below to 1 above.

        Args:
            theta: angle about the pole [rad].
            zeta: relative height, same shape.
            displaced: False leaves out the extra bulge at the back.
        """
        low, up = self.lower_rim.radius(theta), self.upper_rim.radius(theta)
        behind = np.mod(theta, 2 * np.pi) - np.pi
        extra = self.extra_bulge * np.exp(-((behind / 1.1) ** 4)) if displaced else 0.0
        return low + (up - low) * zeta + 4.0 * zeta * (1.0 - zeta) * (self.bulge + extra)

    def pole(self, zeta: Array) -> Array:
        """x of the wall's pole at relative height zeta [mm]."""
        low = self.lower_rim.pole - 0.5 * self.slip
        up = self.upper_rim.pole + 0.5 * self.slip
        return low + (up - low) * zeta

    def inside(self, local: Array, *, displaced: bool = True) -> Array:
        """Whether points (..., 3) of the disc's frame lie in the disc."""
        x, y, z = local[..., 0], local[..., 1], local[..., 2]
        low, up = self.z_lower(x, y), self.z_upper(x, y)
        thick = np.maximum(up - low, 1e-6)
        zeta = (z - low) / thick
        between = (zeta >= 0.0) & (zeta <= 1.0) & (up > low)
        zeta = np.clip(zeta, 0.0, 1.0)
        dx = x - self.pole(zeta)
        theta = np.arctan2(y, dx)
        solid = between & (np.hypot(dx, y) <= self.wall(theta, zeta, displaced=displaced))
        if displaced and self.blob is not None:
            solid = solid | self.blob.inside(local)
        return solid

    def half_box(self) -> Array:
        """Half sides (3,) of a box in the disc's frame that holds the disc."""
        x = (
            0.5 * max(self.upper_rim.depth, self.lower_rim.depth)
            + 0.5 * abs(self.slip)
            + 4
            + self.extra_bulge
        )
        y = 0.5 * max(self.upper_rim.width, self.lower_rim.width) + 3
        z = 0.5 * self.rim_height + np.tan(np.radians(abs(self.wedge_deg) / 2)) * x + 6
        if self.blob is not None:
            x = max(x, abs(self.blob.centre[0]) + self.blob.radii[0])
            z = max(z, abs(self.blob.centre[2]) + self.blob.radii[2])
        return np.array([x, y, z])


@dataclass(frozen=True, kw_only=True)
class BodyShape:
    """One vertebral body between the disc above and the disc below (S1: down to a taper)."""

    name: VertebraName
    axes: Axes
    height: float
    upper_rim: Rim
    lower_rim: Rim
    waist: float
    above: DiscShape
    below: DiscShape | None

    def inside(self, world: Array) -> Array:
        """Whether world points (..., 3) lie in the body."""
        local = self.axes.to_local(world)
        zeta = np.clip(0.5 + local[..., 2] / self.height, 0.0, 1.0)
        low, up = self.lower_rim, self.upper_rim
        dx = local[..., 0] - (low.pole + (up.pole - low.pole) * zeta)
        theta = np.arctan2(local[..., 1], dx)
        wall = low.radius(theta) + (up.radius(theta) - low.radius(theta)) * zeta
        wall = wall - self.waist * (1.0 - (2.0 * zeta - 1.0) ** 2) ** 2
        top = self.above.axes.to_local(world)
        solid = (np.hypot(dx, local[..., 1]) <= wall) & (
            top[..., 2] < self.above.z_lower(top[..., 0], top[..., 1])
        )
        if self.below is None:
            return solid & (local[..., 2] >= -0.5 * self.height)
        bottom = self.below.axes.to_local(world)
        return solid & (bottom[..., 2] > self.below.z_upper(bottom[..., 0], bottom[..., 1]))

    def half_box(self) -> Array:
        """Half sides (3,) of a box in the body's frame that holds the body."""
        x = 0.5 * max(self.upper_rim.depth, self.lower_rim.depth) + 2
        y = 0.5 * max(self.upper_rim.width, self.lower_rim.width) + 2
        return np.array([x, y, 0.5 * self.height + 6 + 0.12 * x])


@dataclass(frozen=True, kw_only=True)
class CanalShape:
    """Vertebral canal: an elliptic tube about a curve of world points (n, 3), with the cord down to L1."""

    path: Array
    front_axis: Array
    left_axis: Array
    half_depth: float = 8.0
    half_width: float = 11.5
    cord_end: int = 0
    """Index on the path where the cord ends."""


@dataclass(frozen=True, kw_only=True)
class PhantomShape:
    """All solids of one phantom, head to foot."""

    discs: Sequence[DiscShape]
    bodies: Sequence[BodyShape]
    canal: CanalShape
    top: DiscShape = field(repr=False)
    """The disc above the highest body: not rendered, only its endplate bounds that body."""

    def disc(self, name: str) -> DiscShape:
        """The disc of that name; raises KeyError."""
        for disc in self.discs:
            if disc.name == name:
                return disc
        raise KeyError(name)

    def body(self, name: VertebraName) -> BodyShape:
        """The body of that name; raises KeyError."""
        for body in self.bodies:
            if body.name is name:
                return body
        raise KeyError(name)
