"""Finding the stress-free shape whose joints, after the history before the scan, stand as they were imaged.

Two loops. The outer one runs the history and so knows the fluid in the discs when the scan was taken. The
inner one holds every joint in its imaged pose, with that fluid, and changes the disc's rest lengths (height,
wedge and offset of the stress-free shape) until the joint asks for no force: joint by joint, by Newton.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from numpy.typing import NDArray

from opentraction.mechanics.chain.equilibrium import balance, joint_hessian
from opentraction.mechanics.chain.march import march, missing
from opentraction.mechanics.chain.model import Chain, Place, State, changed, start_state
from opentraction.mechanics.chain.motion import rotation
from opentraction.mechanics.chain.outside import Load
from opentraction.mechanics.patient.anderson import Anderson
from opentraction.mechanics.patient.assembly import Parts, Sizes, Unloaded, assemble, chain_of
from opentraction.mechanics.patient.chunks import in_chunks, picked
from opentraction.mechanics.patient.frames import Pose
from opentraction.mechanics.segment.condensation import condense, follow

Numbers = NDArray[np.float64]
Values = Numbers | Array
TOLERANCE_MM = 5e-7
_ROUNDS = 25
_ARM_MM = 20.0
_PROBE_MM = 1e-4
_MOST_MM = 0.5
"""Most that one inner iteration changes a rest length."""
_INNER = 12
_RELAX = 8
_FORCE_N = 1e-6


class Scanned(NamedTuple):
    """The discs as the scan found them."""

    modes_mm: Float[Numbers, "m j s"]
    """Bulge of the inner wall."""
    swelling: Float[Numbers, "j s"]
    """Swelling ratio of the wall."""
    pressure_mpa: Float[Numbers, "j s"]
    """Of the nucleus."""


class Settled(NamedTuple):
    """The stress-free shape, the discs as scanned, and how near each sample came."""

    rest: Unloaded
    """With the pose in which the scan found the joints."""
    scanned: Scanned
    off_mm: Float[Numbers, "s"]
    """From the imaged shape; `TOLERANCE_MM` or more: no rest was found."""
    residual: Float[Numbers, "s"]
    """Relative residual of the history in which a sample lost its balance; 0 for the others."""


def settle(
    parts: Parts,
    history: Callable[[Numbers], Sequence[Load]],
) -> Settled:
    """The stress-free shape with the pose in which the scan found the joints, and the discs' state then.

    `history` makes, of the axes of L1 as imaged, the loads that end with the scan. Ligaments and facets keep
    their published strain and gap in the imaged shape. A sample that has arrived, or lost its balance, is
    left as it is, so that no sample depends on the others.
    """
    sizes = parts.sizes
    lengths = np.stack([sizes.height_mm, _ARM_MM * sizes.wedge_rad, np.zeros_like(sizes.height_mm)])
    shape = lengths.shape
    guess, residual, lost = Anderson(), np.zeros(shape[-1]), np.zeros(shape[-1], dtype=bool)
    rounds = 0
    while True:
        rounds += 1
        rest = _rest(lengths, sizes)
        chain, top = assemble(parts, rest, mirror=True)
        loads = history(top)
        state, trace = march(
            chain, start_state(chain), loads, what="the history before the scan", strict=False
        )
        turned = np.abs(np.asarray(trace.rotation_rad[-1]) - rest.pose.turn_rad).max(axis=(0, 1))
        moved = np.abs(np.asarray(trace.shift_mm[-1]) - rest.pose.shift_mm).max(axis=(0, 1))
        off = np.maximum(_ARM_MM * turned, moved)
        new = missing(trace) & ~lost
        lost, residual = lost | new, np.where(new, np.asarray(trace.residual).max(axis=0), residual)
        off = np.where(lost, np.inf, off)
        going = (off >= TOLERANCE_MM) & ~lost
        if not going.any() or rounds == _ROUNDS:
            break
        found = _rest_lengths(lengths, parts, state, _still(loads[-1]))
        found = np.where(going & np.isfinite(found).all(axis=(0, 1)), found, lengths)
        better = guess.next(lengths.reshape(-1, shape[-1]), found.reshape(-1, shape[-1])).reshape(shape)
        lengths = np.where(going, better, lengths)
    scanned = Scanned(*(np.asarray(x[-1]) for x in (trace.modes_mm, trace.annulus, trace.pressure_mpa)))
    return Settled(rest, scanned, off, residual)


def _rest(lengths: Float[Numbers, "3 j s"], sizes: Sizes) -> Unloaded:
    """The stress-free shape of these rest lengths (height, edge of the wedge, offset) and its imaged pose."""
    imaged = sizes.height_mm, sizes.wedge_rad
    height, wedge, turn, shift = in_chunks(
        lengths.shape[-1], lambda pick: _rest_now(*picked((lengths, *imaged), pick))
    )
    return Unloaded(height, wedge, Pose(turn, shift))


@eqx.filter_jit
def _rest_now(
    lengths: Float[Values, "3 j s"], height_mm: Float[Values, "j s"], wedge_rad: Float[Values, "j s"]
) -> tuple[Array, Array, Array, Array]:
    """Height, wedge, and turn and shift of the imaged pose.

    In it the endplates' centres are the imaged height apart along the normal half-way between the two plates,
    and `offset` along it forward.
    """
    height, wedge, offset = jnp.asarray(lengths) / jnp.array([1.0, _ARM_MM, 1.0]).reshape(3, 1, 1)
    turn = jnp.zeros((3, *height.shape)).at[1].set(wedge - wedge_rad)
    full, half = rotation(turn), rotation(0.5 * turn)
    shift = height_mm * half[:, 2] + offset * half[:, 0] - 0.5 * height * full[:, 2]
    return height, wedge, turn, shift.at[2].add(-0.5 * height)


def _rest_lengths(
    lengths: Float[Numbers, "3 j s"],
    parts: Parts,
    scanned: State,
    load: Load,
) -> Float[Numbers, "3 j s"]:
    """Rest lengths with which no joint asks for a force in its imaged pose, its fluid as when scanned."""

    def asked(trial: Numbers) -> Numbers:
        found: Numbers = in_chunks(
            trial.shape[-1],
            lambda pick: _asked(parts.picked(pick), *picked((trial, scanned, load), pick)),
        )
        return found

    for _ in range(_INNER):
        force = asked(lengths)
        # each sample stops by itself, so that it does not depend on the others
        going = np.abs(force).max(axis=(0, 1)) >= _FORCE_N
        if not going.any():
            break
        columns = []
        for k in range(3):
            probe = lengths.copy()
            probe[k] += _PROBE_MM
            columns.append((asked(probe) - force) / _PROBE_MM)
        slope = np.moveaxis(np.array(columns), (0, 1), (-1, -2))
        step = -np.linalg.solve(slope, np.moveaxis(force, 0, -1)[..., None])[..., 0]
        lengths = lengths + going * np.clip(np.moveaxis(step, -1, 0), -_MOST_MM, _MOST_MM)
    return lengths


@eqx.filter_jit
def _asked(
    parts: Parts, lengths: Float[Values, "3 j s"], scanned: State, load: Load
) -> Float[Array, "n j s"]:
    """Force that each joint asks for in its imaged pose, for these rest lengths."""
    height, wedge, turn, shift = _rest_now(lengths, parts.sizes.height_mm, parts.sizes.wedge_rad)
    chain, _ = chain_of(parts, Unloaded(height, wedge, Pose(turn, shift)), mirror=True)
    return held_force(chain, scanned, load, turn, shift)


def held_force(
    chain: Chain, scanned: State, load: Load, turn_rad: Float[Array, "3 j s"], shift_mm: Float[Array, "3 j s"]
) -> Float[Array, "n j s"]:
    """Force [N] that each joint asks for when held in a pose: moments over 20 mm.

    Bulge and pressure are settled, the fluid stays where it is.
    """
    place = eqx.tree_at(lambda p: (p.turn, p.shift_mm), scanned.place, (rotation(turn_rad), shift_mm))
    segments = chain.segments

    def relax(_: Array, place: Place) -> Place:
        at = balance(chain, place, scanned, load)
        inner = condense(
            at.gradient,
            joint_hessian(chain, place, scanned, load),
            at.volume_gradient,
            at.volume_gap_mm3,
            (segments.core_mm3, segments.wall_mm3),
            segments.bulk_mpa,
            (at.nucleus, at.annulus),
            chain.motions,
        )
        change = follow(inner, jnp.zeros_like(at.gradient[: chain.motions]), segments.free)
        reach = jnp.abs(change.modes_mm).max(axis=(0, 1))
        return changed(place, change, jnp.minimum(1.0, 1.0 / jnp.maximum(reach, 1e-30)), chain.mirror)

    place = jax.lax.fori_loop(0, _RELAX, relax, place)
    force = balance(chain, place, scanned, load).gradient[: chain.motions]
    return force * jnp.array([1.0, 1.0, 1.0 / _ARM_MM]).reshape(3, 1, 1)


def _still(load: Load) -> Load:
    """The last step of a block, in no time."""
    last = eqx.tree_at(lambda x: x.dt_s, load, jnp.zeros_like(load.dt_s))
    return Load(**{name: getattr(last, name)[-1] for name in last.__dataclass_fields__})
