"""What the weak place of a disc with a protrusion bulges beyond the modes of its annulus.

The column is settled with eight strips and a few modes; here the settled disc's wall is cut into finer strips
all the way around, so that a place beside the middle stands on its true side also in a symmetric column.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from numpy.typing import NDArray

from opentraction.mechanics.chain.model import Trace
from opentraction.mechanics.disc import Core, Wall, Weakness, local_part_mm
from opentraction.mechanics.kept import kept
from opentraction.mechanics.outputs.shape import Moved, in_upper_axes
from opentraction.mechanics.patient.assembly import discs, inner_scale
from opentraction.mechanics.patient.model import SpineModel

Numbers = NDArray[np.float64]
FINE_STRIPS = 24


def weak_joints(model: SpineModel) -> list[int]:
    """The joints with a protrusion."""
    return [int(k) for k in np.flatnonzero(np.asarray(model.image.weak.loss)[:, 0] > 0.0)]


def local_bulge_mm(model: SpineModel, trace: Trace, at: Moved) -> tuple[Numbers, Numbers]:
    """Bulge of the outer border at the weak places beyond that by the modes: over the trace, and as imaged.

    (step, joint, sample) and (joint, sample); 0 in sound discs.
    """
    parts = [at.turn_rad, at.shift_mm, np.moveaxis(np.asarray(trace.modes_mm), 1, 0)]
    parts += [np.asarray(trace.annulus), np.asarray(trace.pressure_mpa)]
    now, then = np.zeros(at.height_mm.shape), np.zeros(at.height_mm.shape[1:])
    joints = weak_joints(model)
    if not joints:
        return now, then
    scanned = model.scanned
    imaged = (*model.rest.pose, scanned.modes_mm, scanned.swelling, scanned.pressure_mpa)
    walls = discs(model.image, model.sizes, model.found, model.rest, mirror=False, strips=FINE_STRIPS)
    carry = np.asarray(inner_scale(model.found, model.sizes))
    for joint in joints:
        cut = slice(joint, joint + 1)
        shell, middle = jax.tree.map(lambda x, cut=cut: x[..., cut, :], walls)
        weak = jax.tree.map(lambda x, cut=cut: jnp.asarray(x[cut]), model.image.weak)
        together = (
            jnp.asarray(np.concatenate([np.expand_dims(old, -3), new], axis=-3)[..., cut, :])
            for old, new in zip(imaged, parts, strict=True)
        )
        turn, shift, modes, swelling, pressure = together
        local = _local(turn, shift, modes, swelling, pressure, shell, middle, weak)
        found = carry[joint] * np.asarray(local)[:, 0]
        then[joint], now[:, joint] = found[0], found[1:]
    return now, then


@kept
def _local(
    turn_rad: Float[Array, "3 t 1 s"],
    shift_mm: Float[Array, "3 t 1 s"],
    modes_mm: Float[Array, "m t 1 s"],
    swelling: Float[Array, "t 1 s"],
    pressure_mpa: Float[Array, "t 1 s"],
    wall: Wall,
    core: Core,
    weak: Weakness,
) -> Float[Array, "t 1 s"]:
    """Local part of the inner wall's bulge of one joint at every step."""
    modes = jnp.concatenate([modes_mm, jnp.zeros((5 - len(modes_mm), *swelling.shape))])

    def one(at: tuple[Array, ...]) -> Array:
        turn, shift, mode, swollen, pressure = at
        rows, u = in_upper_axes(turn, shift, False)
        return local_part_mm(rows, u, list(mode), swollen, pressure, wall, core, weak, False)

    steps = (jnp.moveaxis(part, 1, 0) for part in (turn_rad, shift_mm, modes))
    return jax.lax.map(one, (*steps, swelling, pressure_mpa))
