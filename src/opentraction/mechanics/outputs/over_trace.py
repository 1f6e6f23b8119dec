"""The openings of a patient's column in every pose of a trace, with its protrusions."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from numpy.typing import NDArray

from opentraction.mechanics.arrays import Values
from opentraction.mechanics.chain.model import Trace
from opentraction.mechanics.kept import kept
from opentraction.mechanics.outputs.attachments import Sizes
from opentraction.mechanics.outputs.openings import Openings
from opentraction.mechanics.outputs.shape import (
    Disc,
    Moved,
    Poses,
    around,
    border_modes_mm,
    imaged_border_mm,
    opened,
    poses_of,
)
from opentraction.mechanics.outputs.weak_place import local_bulge_mm
from opentraction.mechanics.patient.assembly import Parts, Unloaded, anatomy_of, inner_scale, outline_of
from opentraction.mechanics.patient.chunks import in_chunks, picked
from opentraction.mechanics.patient.model import SpineModel
from opentraction.mechanics.patient.settle import Scanned
from opentraction.mechanics.segment.segment import Segments

Numbers = NDArray[np.float64]
STEPS = 32
"""Steps of a trace that are computed together; the last ones are filled up: one program serves all."""


def openings_over(model: SpineModel, trace: Trace | Poses, at: Moved) -> Openings:
    """Sizes of the openings at every step of a trace of the model, `at` being its poses (`moved`)."""
    poses = poses_of(trace)
    local, local_then = local_bulge_mm(model, poses, at)

    def one(pick: NDArray[np.int64]) -> Openings:
        part, here, bumps = model.picked(pick.tolist()), picked(poses, pick), local[..., pick]
        parts = Parts(part.image, part.sizes, part.found, part.structures)
        found = [
            _sized(parts, part.rest, part.scanned, part.openings, block, bump, local_then[..., pick])
            for block, bump in in_steps((here, bumps), STEPS)
        ]
        return jax.tree.map(lambda *blocks: _joined(blocks, len(here.shift_mm)), *found)  # type: ignore[no-any-return]

    sized: Openings = in_chunks(model.samples, one)
    return sized


def in_steps(tree: tuple[Poses, Numbers], steps: int) -> list[tuple[Poses, Numbers]]:
    """Cut arrays, steps first, into blocks of so many steps; the last one is filled up with its last step."""
    count = len(tree[1])
    places = [np.minimum(np.arange(start, start + steps), count - 1) for start in range(0, count, steps)]
    return [jax.tree.map(lambda x, at=at: x[at], tree) for at in places]


def _joined(blocks: tuple[Array, ...], steps: int) -> Numbers:
    """Blocks of sizes (..., step, joint, sample), one after another."""
    return np.concatenate([np.asarray(block) for block in blocks], axis=-3)[..., :steps, :, :]


@kept
def _sized(
    parts: Parts,
    rest: Unloaded,
    scanned: Scanned,
    imaged: Sizes,
    poses: Poses,
    local_mm: Float[Values, "t j s"],
    local_then_mm: Float[Values, "j s"],
) -> Openings:
    disc = Disc(rest, outline_of(parts.image, parts.sizes), inner_scale(parts.found, parts.sizes))
    turn, shift = jnp.moveaxis(poses.rotation_rad, 1, 0), jnp.moveaxis(poses.shift_mm, 1, 0)
    nothing = jnp.zeros(local_mm.shape)
    at = Moved(turn, shift, nothing, nothing)
    border = border_modes_mm(at, poses.modes_mm, poses.annulus, disc)
    # the scan is laterally symmetric; in 3-D the modes of sin stand after its own
    lacking = poses.modes_mm.shape[1] - len(scanned.modes_mm)
    skew = jnp.zeros((lacking, *scanned.modes_mm.shape[1:]))
    then = imaged_border_mm(jnp.concatenate([scanned.modes_mm, skew]), scanned.swelling, disc)
    surroundings = around(
        anatomy_of(parts.image, parts.sizes),
        rest,
        imaged,
        then,
        local_mm=local_then_mm,
        weak_width_rad=jnp.asarray(parts.image.weak.width_rad),
    )
    return opened(surroundings, at, border, local_mm)


def protrusion_change_mm(model: SpineModel, sized: Openings) -> Numbers:
    """Change of the depth of each disc's protrusion against the scan, (step, joint, sample).

    Where no protrusion was read: of the disc's border in the middle at the back.
    """
    return np.asarray(sized.protrusion_mm) - model.openings.protrusion_mm


def water_mm3(segments: Segments, trace: Trace) -> Numbers:
    """Water in the discs, (time, joint, sample)."""
    core, wall = np.asarray(segments.core_mm3), np.asarray(segments.wall_mm3)
    dry = core * (1.0 - np.asarray(segments.core_path.water)) + wall * (
        1.0 - np.asarray(segments.wall_path.water)
    )
    return np.asarray(core * np.asarray(trace.nucleus) + wall * np.asarray(trace.annulus) - dry)
