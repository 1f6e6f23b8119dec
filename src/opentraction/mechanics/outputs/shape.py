"""Heights, border and openings of the discs in every pose of a trace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from numpy.typing import NDArray

from opentraction.mechanics.chain.model import Trace
from opentraction.mechanics.chain.motion import rotation
from opentraction.mechanics.disc import Outline, outward_mm, spot
from opentraction.mechanics.disc.protrusion import FOCAL_RAD
from opentraction.mechanics.kept import kept
from opentraction.mechanics.outputs.attachments import Sizes, surroundings
from opentraction.mechanics.outputs.openings import (
    Deformation,
    Openings,
    Surroundings,
    flavum_length_mm,
    openings,
)
from opentraction.mechanics.patient.assembly import Unloaded
from opentraction.mechanics.segment.algebra import Matrix, Vector
from opentraction.mechanics.segment.anatomy import Anatomy, ImagedPose

Numbers = NDArray[np.float64]
Values = Numbers | Array
_ANGLES = np.arange(24) * (2.0 * np.pi / 24)
EDGE_SHARE = 0.8
"""Front and back heights are read at 10 and 90 % of the depth: 0.8 of the half depth from the centre."""


class Poses(NamedTuple):
    """The part of a trace from which shapes are read, (step, ..., joint, sample); as in `Trace`."""

    rotation_rad: Numbers
    shift_mm: Numbers
    modes_mm: Numbers
    annulus: Numbers
    pressure_mpa: Numbers


def poses_of(trace: Trace | Poses) -> Poses:
    """That part of a trace."""
    return Poses(*(np.asarray(getattr(trace, name)) for name in Poses._fields))


@dataclass(frozen=True)
class Moved:
    """A trace's poses, components first: (3, step, joint, sample); heights (step, joint, sample)."""

    turn_rad: Values
    shift_mm: Values
    height_mm: Values
    """Between the endplates' centres, along the normal half-way between the plates."""
    wedge_rad: Values


@dataclass(frozen=True)
class Disc:
    """What the shapes are read from, (joint, sample)."""

    rest: Unloaded
    outline: Outline
    inner_scale: Values


def moved(trace: Trace | Poses, rest: Unloaded) -> Moved:
    """Heights and wedges of every step of a trace."""
    turn = np.moveaxis(np.asarray(trace.rotation_rad), 1, 0)
    shift = np.moveaxis(np.asarray(trace.shift_mm), 1, 0)
    normal, half = _upward(0.5 * turn), 0.5 * np.asarray(rest.height_mm)
    between = shift + half * _upward(turn)
    between[2] += half
    return Moved(turn, shift, (between * normal).sum(0), rest.wedge_rad - turn[1])


def _upward(turn: Numbers) -> Numbers:
    """Third axis of a body turned by rotation vectors (3, ...): by numpy, for any number of steps."""
    square = (turn * turn).sum(0)
    angle = np.sqrt(square)
    first, second = np.sinc(angle / np.pi), 0.5 * np.sinc(0.5 * angle / np.pi) ** 2
    rows = [second * turn[2] * turn[0], second * turn[2] * turn[1], 1.0 - second * (square - turn[2] ** 2)]
    return np.stack([rows[0] + first * turn[1], rows[1] - first * turn[0], rows[2]])


def edges_mm(at: Moved, half_depth_mm: Numbers) -> tuple[Numbers, Numbers]:
    """Front and back height."""
    arm, middle = EDGE_SHARE * half_depth_mm * 2.0 * np.tan(0.5 * at.wedge_rad), np.asarray(at.height_mm)
    return middle + arm, middle - arm


def border_modes_mm(at: Moved, modes_mm: Values, swelling: Values, disc: Disc) -> Array:
    """Modes of the disc's outer border as of `Deformation.bulge_mm`, (mode, step, joint, sample).

    The border is the outermost layer of the annulus: it bulges with the inner wall, and by what the wall
    between, which keeps its own volume, loses in height or swells. `modes_mm`: of the inner wall (step, mode,
    joint, sample).
    """
    return _border(
        jnp.asarray(at.turn_rad),
        jnp.asarray(at.shift_mm),
        jnp.moveaxis(jnp.asarray(modes_mm), 1, 0),
        jnp.asarray(swelling),
        disc.outline,
        jnp.asarray(disc.rest.height_mm),
        jnp.asarray(disc.rest.wedge_rad),
        jnp.asarray(disc.inner_scale),
    )


@kept
def _border(
    turn_rad: Float[Array, "3 t j s"],
    shift_mm: Float[Array, "3 t j s"],
    modes_mm: Float[Array, "m t j s"],
    swelling: Float[Array, "t j s"],
    outline: Outline,
    height_mm: Float[Array, "j s"],
    wedge_rad: Float[Array, "j s"],
    inner_scale: Float[Array, "j s"],
) -> Float[Array, "n t j s"]:
    rows, u = in_upper_axes(turn_rad, shift_mm, len(modes_mm) == 3)
    shapes = _shapes(len(modes_mm) == 3)

    def add(found: Array, node: tuple[Array, Array]) -> tuple[Array, None]:
        angle, share = node
        place = spot(outline, height_mm, wedge_rad, inner_scale, angle)
        outward = outward_mm(rows, u, list(modes_mm), swelling, place)
        return found + share.reshape(-1, 1, 1, 1) * outward, None

    nodes = jnp.asarray(_ANGLES), jnp.asarray(np.linalg.pinv(shapes.T).T)
    found, _ = jax.lax.scan(add, jnp.zeros((len(shapes), *swelling.shape)), nodes)
    return found


def in_upper_axes(
    turn_rad: Float[Array, "3 *tjs"], shift_mm: Float[Array, "3 *tjs"], mirror: bool
) -> tuple[Matrix, Vector]:
    """Rows of R^T and R^T t [mm] of a pose, None where zero by symmetry, as the disc's terms take them."""
    turn = rotation(turn_rad)
    rows: list[list[Array | float | None]] = [[turn[k, i] for k in range(3)] for i in range(3)]
    u: list[Array | float | None] = [(turn[:, i] * shift_mm).sum(0) for i in range(3)]
    if mirror:
        rows[0][1] = rows[1][0] = rows[1][2] = rows[2][1] = None
        u[1] = None
    return rows, u


def _shapes(mirror: bool) -> Numbers:
    """The border's modes at the angles; by symmetry those of sines are zero."""

    cosine = np.cos(np.arange(5.0)[:, None] * _ANGLES)
    sine = (0.0 if mirror else 1.0) * np.sin(np.arange(5.0)[:, None] * _ANGLES)
    modes = [cosine[:3], sine[1:3], cosine[3:]]
    return np.concatenate(modes if mirror else [*modes, sine[3:]])


def imaged_border_mm(modes_mm: Values, swelling: Values, disc: Disc) -> Array:
    """Modes of the border as imaged, (mode, joint, sample), from the bulge and swelling at the scan."""
    turn, shift = (jnp.asarray(part)[:, None] for part in disc.rest.pose)
    still = jnp.zeros_like(shift[0])
    return border_modes_mm(Moved(turn, shift, still, still), modes_mm[None], swelling[None], disc)[:, 0]


def around(
    anatomy: Anatomy,
    rest: Unloaded,
    sizes: Sizes,
    bulge_mm: Values,
    *,
    local_mm: Values | float = 0.0,
    weak_width_rad: Values | float = FOCAL_RAD,
) -> Surroundings:
    """The surroundings of the openings, `bulge_mm` (mode, joint, sample) being the border as imaged.

    `local_mm`, `weak_width_rad`: bulge of a weak place beyond the modes as imaged, and its width.
    """
    each = jnp.ones(rest.height_mm.shape)
    local, width = (jnp.asarray(part) * each for part in (local_mm, weak_width_rad))
    return _around(anatomy, imaged_pose(rest), sizes, jnp.asarray(bulge_mm), local, width)


@kept
def _around(
    anatomy: Anatomy,
    pose: ImagedPose,
    sizes: Sizes,
    bulge_mm: Float[Array, "m j s"],
    local_mm: Float[Array, "j s"],
    weak_width_rad: Float[Array, "j s"],
) -> Surroundings:
    made = surroundings(
        anatomy,
        pose,
        sizes,
        bulge_mm=bulge_mm,
        flavum_stretch=jnp.ones((2, *local_mm.shape)),
        local_mm=local_mm,
        weak_width_rad=weak_width_rad,
    )
    length = flavum_length_mm(made, made.imaged)
    return eqx.tree_at(lambda a: a.imaged.flavum_stretch, made, length)


def imaged_pose(rest: Unloaded) -> ImagedPose:
    """The pose of the scan as the posterior parts take it."""
    turn, shift = (tuple(jnp.asarray(part)) for part in rest.pose)
    return ImagedPose(turn, shift, jnp.asarray(rest.height_mm))


def opened(
    surrounding: Surroundings, at: Moved, bulge_mm: Values, local_mm: Values | float = 0.0
) -> Openings:
    """Sizes of the openings at every step; (side, step, joint, sample) or (step, joint, sample)."""
    now = Deformation(
        turn=rotation(jnp.asarray(at.turn_rad)),
        place_mm=jnp.asarray(at.shift_mm),
        bulge_mm=jnp.asarray(bulge_mm),
        flavum_stretch=jnp.ones((2, *at.height_mm.shape)),
        local_mm=jnp.asarray(local_mm) * jnp.ones(at.height_mm.shape),
    )
    return _opened(surrounding, now)


@kept
def _opened(surrounding: Surroundings, now: Deformation) -> Openings:
    now = eqx.tree_at(lambda d: d.flavum_stretch, now, flavum_length_mm(surrounding, now))
    return openings(surrounding, now)
