"""What the weak place of a disc with a protrusion bulges beyond the modes of its annulus.

The column is settled with eight strips and a few modes; here the settled disc's wall is cut into finer strips
all the way around, so that a place beside the middle stands on its true side also in a symmetric column.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int
from numpy.typing import NDArray

from opentraction.mechanics.chain.model import Trace
from opentraction.mechanics.disc import local_part_mm
from opentraction.mechanics.kept import kept
from opentraction.mechanics.outputs.shape import Moved, Poses, in_upper_axes
from opentraction.mechanics.patient.assembly import Parts, Unloaded, discs, inner_scale
from opentraction.mechanics.patient.chunks import in_chunks
from opentraction.mechanics.patient.model import SpineModel

Numbers = NDArray[np.float64]
FINE_STRIPS = 24
STEPS = 32
"""Steps that are computed together; the last ones are filled up."""


def weak_joints(model: SpineModel) -> list[int]:
    """The joints with a protrusion."""
    return [int(k) for k in np.flatnonzero(np.asarray(model.image.weak.loss)[:, 0] > 0.0)]


def local_bulge_mm(model: SpineModel, trace: Trace | Poses, at: Moved) -> tuple[Numbers, Numbers]:
    """Bulge of the outer border at the weak places beyond that by the modes: over the trace, and as imaged.

    (step, joint, sample) and (joint, sample); 0 in sound discs.
    """
    now, then = np.zeros(at.height_mm.shape), np.zeros(at.height_mm.shape[1:])
    joints = weak_joints(model)
    if not joints:
        return now, then
    parts = [at.turn_rad, at.shift_mm, np.moveaxis(np.asarray(trace.modes_mm), 1, 0)]
    parts += [np.asarray(trace.annulus), np.asarray(trace.pressure_mpa)]
    scanned = model.scanned
    imaged = (*model.rest.pose, scanned.modes_mm, scanned.swelling, scanned.pressure_mpa)
    modes = parts[2].shape[0] - len(scanned.modes_mm)
    full = [np.concatenate([old, np.zeros((modes, *old.shape[1:]))]) if k == 2 else old
            for k, old in enumerate(map(np.asarray, imaged))]  # fmt: skip
    together = [
        np.concatenate([np.expand_dims(old, -3), new], axis=-3) for old, new in zip(full, parts, strict=True)
    ]
    for joint in joints:
        found = _of_joint(model, [x[..., joint : joint + 1, :] for x in together], joint)
        then[joint], now[:, joint] = found[0], found[1:]
    return now, then


def _of_joint(model: SpineModel, together: list[Numbers], joint: int) -> Numbers:
    """(1 + step, sample): of one joint, as imaged and over the trace."""
    steps, place = together[-1].shape[0], np.array(joint)

    def one(pick: NDArray[np.int64]) -> Numbers:
        part = model.picked(pick.tolist())
        whole = Parts(part.image, part.sizes, part.found, part.structures)
        found = []
        for start in range(0, steps, STEPS):
            block = np.minimum(np.arange(start, start + STEPS), steps - 1)
            cut = [np.take(x[..., pick], block, axis=-3) for x in together]
            found.append(np.asarray(_local(whole, part.rest, place, *cut))[:, 0])
        return np.concatenate(found)[:steps]

    local: Numbers = in_chunks(model.samples, one)
    return local


@kept
def _local(
    parts: Parts,
    rest: Unloaded,
    joint: Int[np.ndarray | Array, ""],
    turn_rad: Float[Array, "3 t 1 s"],
    shift_mm: Float[Array, "3 t 1 s"],
    modes_mm: Float[Array, "m t 1 s"],
    swelling: Float[Array, "t 1 s"],
    pressure_mpa: Float[Array, "t 1 s"],
) -> Float[Array, "t 1 s"]:
    """Of one joint at every step."""
    walls = discs(parts.image, parts.sizes, parts.found, rest, mirror=False, strips=FINE_STRIPS)
    wall, core = jax.tree.map(lambda x: jax.lax.dynamic_slice_in_dim(x, joint, 1, x.ndim - 2), walls)
    weak = jax.tree.map(lambda x: jax.lax.dynamic_slice_in_dim(jnp.asarray(x), joint, 1, 0), parts.image.weak)
    carry = inner_scale(parts.found, parts.sizes)[joint]
    modes = jnp.concatenate([modes_mm, jnp.zeros((5 - len(modes_mm), *swelling.shape))])

    def one(at: tuple[Array, ...]) -> Array:
        turn, shift, mode, swollen, pressure = at
        rows, u = in_upper_axes(turn, shift, False)
        return carry * local_part_mm(rows, u, list(mode), swollen, pressure, wall, core, weak, False)

    steps = (jnp.moveaxis(part, 1, 0) for part in (turn_rad, shift_mm, modes))
    return jax.lax.map(one, (*steps, swelling, pressure_mpa))
