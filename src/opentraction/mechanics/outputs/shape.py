"""Heights, border and openings of the discs in every pose of a trace."""

from __future__ import annotations

from dataclasses import dataclass

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from opentraction.mechanics.chain.model import Trace
from opentraction.mechanics.chain.motion import rotation
from opentraction.mechanics.outputs.attachments import Sizes, surroundings
from opentraction.mechanics.outputs.openings import (
    Deformation,
    Openings,
    Surroundings,
    flavum_length_mm,
    openings,
)
from opentraction.mechanics.patient.assembly import Unloaded
from opentraction.mechanics.patient.frames import Pose
from opentraction.mechanics.segment.anatomy import Anatomy, ImagedPose

Numbers = NDArray[np.float64]
_ANGLES = np.arange(12) * (2.0 * np.pi / 12)
_EDGE_SHARE = 0.8
"""Front and back heights are read at 10 and 90 % of the depth: 0.8 of the half depth from the centre."""


@dataclass(frozen=True)
class Moved:
    """A trace's poses, components first: (3, step, joint, sample); heights (step, joint, sample)."""

    turn_rad: Numbers
    shift_mm: Numbers
    height_mm: Numbers
    """Between the endplates' centres, along the normal half-way between the plates."""
    wedge_rad: Numbers


@dataclass(frozen=True)
class Disc:
    """What the shapes are read from, (joint, sample)."""

    rest: Unloaded
    half_depth_mm: Numbers
    half_width_mm: Numbers
    inner_scale: Numbers


def moved(trace: Trace, rest: Unloaded) -> Moved:
    """Heights and wedges of every step of a trace."""
    turn = np.moveaxis(np.asarray(trace.rotation_rad), 1, 0)
    shift = np.moveaxis(np.asarray(trace.shift_mm), 1, 0)
    full = np.asarray(rotation(jnp.asarray(turn)))
    normal = np.asarray(rotation(jnp.asarray(0.5 * turn)))[:, 2]
    half = 0.5 * rest.height_mm
    between = shift + half * full[:, 2]
    between[2] += half
    return Moved(turn, shift, (between * normal).sum(0), rest.wedge_rad - turn[1])


def edges_mm(at: Moved, half_depth_mm: Numbers) -> tuple[Numbers, Numbers]:
    """Front and back height."""
    arm = _EDGE_SHARE * half_depth_mm * 2.0 * np.tan(0.5 * at.wedge_rad)
    return at.height_mm + arm, at.height_mm - arm


def border_modes_mm(at: Moved, modes_mm: Numbers, swelling: Numbers, disc: Disc) -> Numbers:
    """Modes (1, cos, cos 2, and sin, sin 2) of the disc's outer border, (mode, step, joint, sample).

    The wall keeps its own volume: what it loses in height, and what its fluid swells, bulges outwards beyond
    the bulge of the inner wall. `modes_mm`: of the inner wall (step, mode, joint, sample).
    """
    turn = np.asarray(rotation(jnp.asarray(at.turn_rad)))
    incline = 2.0 * np.tan(0.5 * disc.rest.wedge_rad)
    shapes = _shapes(modes_mm.shape[1])
    outer = []
    for angle, shape in zip(_ANGLES, shapes.T, strict=True):
        x, y = disc.half_depth_mm * np.cos(angle), disc.half_width_mm * np.sin(angle)
        stress_free = disc.rest.height_mm + incline * x
        height = turn[2, 0] * x + turn[2, 1] * y + (turn[2, 2] + 1.0) * 0.5 * stress_free + at.shift_mm[2]
        speed = np.hypot(disc.half_depth_mm * np.sin(angle), disc.half_width_mm * np.cos(angle))
        support = disc.half_depth_mm * disc.half_width_mm / speed
        thick = 0.75 * support * (1.0 - disc.inner_scale**2)
        inner = np.einsum("m,tmjs->tjs", shape, modes_mm)
        outer.append(disc.inner_scale * inner + thick * (swelling * stress_free / height - 1.0))
    return np.einsum("ma,atjs->mtjs", np.linalg.pinv(shapes.T), np.array(outer))


def _shapes(count: int) -> Numbers:
    even = [np.ones_like(_ANGLES), np.cos(_ANGLES), np.cos(2 * _ANGLES)]
    odd = [np.sin(_ANGLES), np.sin(2 * _ANGLES)]
    return np.array(even if count == 3 else even + odd)


def imaged_border_mm(modes_mm: Numbers, swelling: Numbers, disc: Disc) -> Numbers:
    """Modes of the border as imaged, (mode, joint, sample), from the bulge and swelling at the scan."""
    turn, shift = (np.asarray(part)[:, None] for part in disc.rest.pose)
    still = np.zeros_like(shift[0])
    return border_modes_mm(Moved(turn, shift, still, still), modes_mm[None], swelling[None], disc)[:, 0]


def around(anatomy: Anatomy, rest: Unloaded, sizes: Sizes, bulge_mm: Numbers) -> Surroundings:
    """The surroundings of the openings, `bulge_mm` (mode, joint, sample) being the border as imaged."""
    pose = imaged_pose(rest)
    ones = jnp.ones((2, *rest.height_mm.shape))
    made = surroundings(anatomy, pose, sizes, bulge_mm=jnp.asarray(bulge_mm), flavum_stretch=ones)
    length = flavum_length_mm(made, made.imaged)
    return eqx.tree_at(lambda a: a.imaged.flavum_stretch, made, length)


def imaged_pose(rest: Unloaded) -> ImagedPose:
    """The pose of the scan as the posterior parts take it."""
    turn, shift = (tuple(jnp.asarray(part)) for part in rest.pose)
    return ImagedPose(turn, shift, jnp.asarray(rest.height_mm))


def opened(surrounding: Surroundings, at: Moved, bulge_mm: Numbers) -> Openings:
    """Sizes of the openings at every step; (side, step, joint, sample) or (step, joint, sample)."""
    now = Deformation(
        turn=rotation(jnp.asarray(at.turn_rad)),
        place_mm=jnp.asarray(at.shift_mm),
        bulge_mm=jnp.asarray(bulge_mm),
        flavum_stretch=jnp.ones((2, *at.height_mm.shape)),
    )
    now = eqx.tree_at(lambda d: d.flavum_stretch, now, flavum_length_mm(surrounding, now))
    return openings(surrounding, now)


def as_pose(trace: Trace, step: int) -> Pose:
    """The pose of one step."""
    return Pose(np.asarray(trace.rotation_rad[step]), np.asarray(trace.shift_mm[step]))
