"""From the imaged disc and vertebrae to points of the posterior elements, and into the axes of the joint.

Points of a vertebra are tabled in the axes of its own endplate at this disc (x forward along the plate,
y left, z cranial, origin at the plate's centre) for one measured spine, and scaled to the patient's: ahead of
the disc's back edge with its depth, behind it with the canal's, sideways with its width, up and down with the
body's height.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import jax.numpy as jnp
from jax import Array

Points: TypeAlias = tuple[Array, ...]
"""x, y, z of many points [mm], each (point, joint, sample)."""


class Anatomy(NamedTuple):
    """Sizes of the imaged joints, each (joint, sample); what a scan lacks comes from norms."""

    half_depth_mm: Array
    half_width_mm: Array
    height_mm: Array
    """Of the disc at its centre."""
    wedge_rad: Array
    """Angle between the endplates, open to the front."""
    upper_body_mm: Array
    """Height of the vertebral body above the disc."""
    lower_body_mm: Array
    """Below; for the sacrum the height of L5."""
    canal_depth_mm: Array
    """From the back edge of the disc to the front of the laminae, at the midline."""


REFERENCE_HALF_DEPTH_MM = (19.2, 19.3, 19.3, 18.6, 16.3)
"""Of the spine the tables describe, L1-L2 to L5-S1: REMUS2021, from the midline points of ALL and PLL."""
REFERENCE_HALF_WIDTH_MM = (26.0, 27.0, 27.5, 27.0, 26.0)
"""Assumed: not in the published files; about 1.4 times the half depth as in P207."""
REFERENCE_BODY_MM = (29.2, 29.2, 29.5, 29.1, 27.7)
"""Vertebra above each disc, between plate centres: REMUS2021 for L2 to L5, L1 taken as L2, S1 as L5."""
REFERENCE_CANAL_MM = (16.1, 14.9, 16.0, 18.7, 18.8)
"""From the back edge to the midline strand of the flavum on the lamina above: REMUS2021."""


def reference_anatomy(samples: int = 1) -> Anatomy:
    """The measured spine itself (REMUS2021): with it the points lie where they are tabled."""

    def spread(values: tuple[float, ...]) -> Array:
        return jnp.broadcast_to(jnp.asarray(values)[:, None], (5, samples))

    body = REFERENCE_BODY_MM
    return Anatomy(
        half_depth_mm=spread(REFERENCE_HALF_DEPTH_MM),
        half_width_mm=spread(REFERENCE_HALF_WIDTH_MM),
        height_mm=spread((10.9, 11.5, 12.0, 13.0, 12.3)),
        wedge_rad=jnp.radians(spread((4.2, 3.8, 6.5, 9.0, 10.0))),
        upper_body_mm=spread(body),
        lower_body_mm=spread((*body[1:], body[-1])),
        canal_depth_mm=spread(REFERENCE_CANAL_MM),
    )


def upper_points(plate: Points, anatomy: Anatomy) -> Points:
    """Points tabled at the plate of the vertebra above, in the axes of the imaged disc."""
    return _lifted(_scaled(plate, anatomy, anatomy.upper_body_mm, _UPPER_BODY), anatomy, 0.5)


def lower_points(plate: Points, anatomy: Anatomy) -> Points:
    """Points tabled at the plate of the vertebra below, in the axes of the imaged disc."""
    return _lifted(_scaled(plate, anatomy, anatomy.lower_body_mm, _LOWER_BODY), anatomy, -0.5)


_UPPER_BODY = REFERENCE_BODY_MM
_LOWER_BODY = (*REFERENCE_BODY_MM[1:], REFERENCE_BODY_MM[-1])


def _scaled(plate: Points, anatomy: Anatomy, body_mm: Array, reference_body: tuple[float, ...]) -> Points:
    depth = jnp.asarray(REFERENCE_HALF_DEPTH_MM)[:, None]
    x, y, z = plate
    behind = jnp.minimum(x + depth, 0.0) * anatomy.canal_depth_mm / jnp.asarray(REFERENCE_CANAL_MM)[:, None]
    ahead = jnp.maximum(x, -depth) * anatomy.half_depth_mm / depth
    return (
        ahead + behind,
        y * anatomy.half_width_mm / jnp.asarray(REFERENCE_HALF_WIDTH_MM)[:, None],
        z * body_mm / jnp.asarray(reference_body)[:, None],
    )


def _lifted(points: Points, anatomy: Anatomy, share: float) -> Points:
    tilt = share * anatomy.wedge_rad
    cos, sin = jnp.cos(tilt), jnp.sin(tilt)
    x, y, z = points
    return cos * x - sin * z, y, sin * x + cos * z + share * anatomy.height_mm


class ImagedPose(NamedTuple):
    """Pose of the upper vertebra in the imaged shape, from the stress-free one; each (joint, sample)."""

    turn_rad: Points
    """Rotation vector of the upper axes in the lower ones."""
    shift_mm: Points
    """Origin of the upper axes in the lower ones."""
    height_mm: Array
    """Of the stress-free disc at its centre."""


def unloaded_pose(anatomy: Anatomy) -> ImagedPose:
    """The pose of an image of the stress-free shape itself."""
    zero = jnp.zeros_like(anatomy.height_mm)
    return ImagedPose((zero, zero, zero), (zero, zero, zero), anatomy.height_mm)


def anchored(upper: Points, lower: Points, pose: ImagedPose) -> tuple[Points, Points]:
    """Points of both vertebrae, given in the axes of the imaged disc, in the upper and in the lower axes.

    The imaged disc's axes stand half-way between the two vertebrae: turned by half the pose's rotation, with
    the origin midway between the centres of the two endplates. In the imaged pose the points lie where they
    were given; on the way to the stress-free pose they move with their vertebrae.
    """
    half = rotation_of(tuple(0.5 * x for x in pose.turn_rad))
    full = rotation_of(pose.turn_rad)
    raised = [0.5 * pose.height_mm * full[i][2] for i in range(3)]
    centre = [0.5 * (pose.shift_mm[i] + raised[i]) for i in range(3)]
    centre[2] = centre[2] - 0.25 * pose.height_mm
    in_lower = tuple(c + _product(row, lower) for c, row in zip(centre, half, strict=True))
    apart = [c + _product(row, upper) - s for c, row, s in zip(centre, half, pose.shift_mm, strict=True)]
    return tuple(_product([row[i] for row in full], apart) for i in range(3)), in_lower


def half_turned(vectors: Points, pose: ImagedPose) -> Points:
    """Directions given in the axes of the imaged disc, in the lower axes."""
    half = rotation_of(tuple(0.5 * x for x in pose.turn_rad))
    return tuple(_product(row, vectors) for row in half)


def rotation_of(turn: Points) -> list[list[Array]]:
    """Rows of the rotation matrix exp(turn); series in the squared angle, good to 1e-15 up to 1 rad."""
    a, b, c = turn
    s = a * a + b * b + c * c
    # sin(t)/t and (1 - cos t)/t^2 as Horner series: smooth at zero, where a square root is not
    sine = 1.0 + s * _series(s, (6.0, 20.0, 42.0, 72.0, 110.0, 156.0, 210.0))
    versine = 0.5 + 0.5 * s * _series(s, (12.0, 30.0, 56.0, 90.0, 132.0, 182.0, 240.0))
    return [
        [1.0 - versine * (b * b + c * c), versine * a * b - sine * c, versine * a * c + sine * b],
        [versine * a * b + sine * c, 1.0 - versine * (a * a + c * c), versine * b * c - sine * a],
        [versine * a * c - sine * b, versine * b * c + sine * a, 1.0 - versine * (a * a + b * b)],
    ]


def _product(row: Sequence[Array], points: Sequence[Array]) -> Array:
    return row[0] * points[0] + row[1] * points[1] + row[2] * points[2]


def _series(s: Array, divisors: tuple[float, ...]) -> Array:
    """-1/d0 (1 - s/d1 (1 - s/d2 ...))."""
    inner = jnp.ones_like(s)
    for divisor in reversed(divisors[1:]):
        inner = 1.0 - s / divisor * inner
    return -inner / divisors[0]
