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
from jaxtyping import Array, Bool, Float
from numpy.typing import NDArray

from opentraction.mechanics.chain.equilibrium import balance, joint_hessian
from opentraction.mechanics.chain.model import Chain, Place, State, changed, start_state
from opentraction.mechanics.chain.motion import rotation
from opentraction.mechanics.chain.outside import Load
from opentraction.mechanics.kept import kept
from opentraction.mechanics.patient.anderson import Anderson
from opentraction.mechanics.patient.assembly import Parts, Sizes, Unloaded, assemble, chain_of
from opentraction.mechanics.patient.chunks import in_chunks, picked
from opentraction.mechanics.patient.earlier import Found
from opentraction.mechanics.patient.frames import Pose
from opentraction.mechanics.patient.running import through
from opentraction.mechanics.segment.condensation import condense, follow

Numbers = NDArray[np.float64]
Values = Numbers | Array
TOLERANCE_MM = 5e-7
_ROUNDS = 30
_COARSE_ROUNDS = 5
_NEAR_MM = 0.1
"""Nearer than this, or after so many rounds, the history is run in fine steps. With the coarse ones, half as
many, the shape is found within 0.07 mm."""
_DEPTH = 8
"""Rounds that the next guess is made from, the coarse ones among them."""
_ARM_MM = 20.0
_PROBE_MM = 1e-4
_MOST_MM = 0.5
"""Most that one inner iteration changes a rest length."""
_INNER = 12
_RELAX = 9
_RELAXED_MM = 1e-9
"""A bulge that would move by less than this is settled, after at most so many iterations."""
_WORTH = 0.2
"""A kept slope serves while an inner iteration leaves no more than this of the force."""
_FORCE_N = 1e-6
_LEAST = 1e-2
"""Share of its first force at which an inner search stops: fluid found anew changes the rest by far more."""


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
    lengths_mm: Float[Numbers, "3 j s"]
    """Height, edge of the wedge and offset."""
    off_mm: Float[Numbers, "s"]
    """From the imaged shape; `TOLERANCE_MM` or more: no rest was found."""
    residual: Float[Numbers, "s"]
    """Relative residual of the history in which a sample lost its balance; 0 for the others."""


History = Callable[[NDArray[np.int64], Numbers, bool], Sequence[Load]]
"""The loads that end with the scan, of some samples, for the axes of L1 with which they were imaged.

Finely stepped or, for the way there, coarsely.
"""


def settle(parts: Parts, history: History, earlier: Found | None = None) -> Settled:
    """The stress-free shape with the pose in which the scan found the joints, and the discs' state then.

    Ligaments and facets keep their published strain and gap in the imaged shape. A sample that has arrived,
    or lost its balance, is left as it is, so that no sample depends on the others. What was found `earlier`
    for the same parts and history saves the search where it stands, and else changes nothing.
    """
    sizes = parts.sizes
    lengths = np.stack([sizes.height_mm, _ARM_MM * sizes.wedge_rad, np.zeros_like(sizes.height_mm)])
    shape = lengths.shape
    guess, inner, run = Anderson(_DEPTH), _Inner(parts, shape), _Run(parts, history)
    going, fine = np.ones(shape[-1], dtype=bool), np.zeros(shape[-1], dtype=bool)
    if earlier is not None:
        stands = run.standing(earlier)
        lengths[..., stands], going[stands] = earlier.lengths_mm[..., stands], False
    for rounds in range(1, _ROUNDS + 1):
        found, off = lengths.copy(), np.full(shape[-1], np.inf)
        for exact in (False, True):
            at = np.flatnonzero(going & (fine == exact))
            if not at.size:
                continue
            off[at], state, still = run.through(lengths, at, exact=exact)
            going[at] = np.isfinite(off[at]) & (off[at] >= TOLERANCE_MM) if exact else True
            left = np.flatnonzero(np.isfinite(off[at]) & going[at])
            if left.size and rounds < _ROUNDS:
                here = picked((state, still), left)
                found[..., at[left]] = inner.solved(lengths, at[left], *here)[..., at[left]]
        if not going.any() or rounds == _ROUNDS:
            break
        flat = lengths.reshape(-1, shape[-1]), found.reshape(-1, shape[-1])
        lengths = np.where(going, guess.next(*flat, fine).reshape(shape), lengths)
        # a sample that loses its balance in the coarse history has the fine one to find it
        fine |= ~(off >= _NEAR_MM) | np.isinf(off) | (rounds >= _COARSE_ROUNDS)
    return Settled(_rest(lengths, sizes), Scanned(*run.scanned), lengths, run.off_mm, run.residual)


class _Run:
    """The history of the samples that are still on their way, and where each sample stood at its last."""

    def __init__(self, parts: Parts, history: History) -> None:
        shape = parts.sizes.height_mm.shape
        self._parts, self._history = parts, history
        self.off_mm, self.residual = np.full(shape[1], np.inf), np.zeros(shape[1])
        self.scanned: list[Numbers] = []

    def through(
        self, lengths: Float[Numbers, "3 j s"], at: NDArray[np.int64], *, exact: bool
    ) -> tuple[Float[Numbers, "n"], State, Load]:
        """Run the samples `at` with these rest lengths.

        How far off each ended, its state at the scan, and the load then, in no time. Only what was `exact`,
        in fine steps, is remembered.
        """
        off, residual, scanned, state, load = in_chunks(
            at.size, lambda pick: self._through(lengths[..., at[pick]], at[pick], exact)
        )
        if not self.scanned:
            self.scanned = [np.zeros((*x.shape[:-1], self.off_mm.size)) for x in scanned]
        if exact:
            self.off_mm[at], self.residual[at] = off, residual
            for known, new in zip(self.scanned, scanned, strict=True):
                known[..., at] = new
        return off, state, load

    def standing(self, earlier: Found) -> NDArray[np.int64]:
        """The samples that end with these rest lengths as near, to the bit, as they did when found."""
        at = np.flatnonzero(earlier.off_mm < TOLERANCE_MM)
        if not at.size:
            return at
        off, _, _ = self.through(earlier.lengths_mm, at, exact=True)
        return at[off == earlier.off_mm[at]]

    def _through(
        self, lengths: Float[Numbers, "3 j s"], at: NDArray[np.int64], exact: bool
    ) -> tuple[Numbers, Numbers, list[Numbers], State, Load]:
        """How far off one chunk ended, its residuals and its discs, state and load then."""
        part = self._parts.picked(at)
        rest = _rest(lengths, part.sizes)
        chain, top = assemble(part, rest, mirror=True)
        loads = self._history(at, top, exact)
        state, run, trace = through(chain, start_state(chain), loads)
        turn, shift, *scanned = _last(
            trace.rotation_rad, trace.shift_mm, trace.modes_mm, trace.annulus, trace.pressure_mpa
        )
        turned = np.abs(turn - rest.pose.turn_rad).max(axis=(0, 1))
        moved = np.abs(shift - rest.pose.shift_mm).max(axis=(0, 1))
        off = np.where(run.lost, np.inf, np.maximum(_ARM_MM * turned, moved))
        return off, np.where(run.lost, run.residual, 0.0), scanned, state, _still(loads[-1])


def _last(*values: Array) -> list[Numbers]:
    return [np.asarray(value)[-1] for value in values]


def _rest(lengths: Float[Numbers, "3 j s"], sizes: Sizes) -> Unloaded:
    """The stress-free shape of these rest lengths (height, edge of the wedge, offset) and its imaged pose."""
    imaged = sizes.height_mm, sizes.wedge_rad
    height, wedge, turn, shift = in_chunks(
        lengths.shape[-1], lambda pick: _rest_now(*picked((lengths, *imaged), pick))
    )
    return Unloaded(height, wedge, Pose(turn, shift))


@kept
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


class _Inner:
    """Rest lengths with which no joint asks for a force in its imaged pose, its fluid as when scanned.

    By Newton, sample by sample and joint by joint; the slopes are kept until they serve badly.
    """

    def __init__(self, parts: Parts, shape: tuple[int, ...]) -> None:
        self._parts = parts
        self._slope = np.full((*shape[1:], 3, 3), np.nan)

    def solved(
        self, lengths: Float[Numbers, "3 j s"], at: NDArray[np.int64], scanned: State, load: Load
    ) -> Float[Numbers, "3 j s"]:
        """All lengths, those of the samples `at` solved for; `scanned` and `load` are of these samples.

        A sample for which no lengths are found keeps its own.
        """
        found = lengths.copy()
        left = np.arange(at.size)
        force = self._asked(found, at, left, scanned, load)
        stale = np.isnan(self._slope[:, at]).any(axis=(0, 2, 3))
        enough = np.maximum(_FORCE_N, _LEAST * np.abs(force).max(axis=(0, 1)))
        for _ in range(_INNER):
            # each sample stops by itself, so that it does not depend on the others
            size = np.abs(force).max(axis=(0, 1))
            keep = size >= enough
            left, force, stale, size, enough = (
                left[keep],
                force[..., keep],
                stale[keep],
                size[keep],
                enough[keep],
            )
            if not left.size:
                break
            old = left[stale]
            if old.size:
                self._slope[:, at[old]] = self._slopes(found, force[..., stale], at, old, scanned, load)
            slope = self._slope[:, at[left]]
            step = -np.linalg.solve(slope, np.moveaxis(force, 0, -1)[..., None])[..., 0]
            found[..., at[left]] += np.clip(np.moveaxis(step, -1, 0), -_MOST_MM, _MOST_MM)
            force = self._asked(found, at, left, scanned, load)
            stale = ~(np.abs(force).max(axis=(0, 1)) <= _WORTH * size)
        return np.where(np.isfinite(found).all(axis=(0, 1)), found, lengths)

    def _asked(
        self,
        lengths: Numbers,
        at: NDArray[np.int64],
        left: NDArray[np.int64],
        scanned: State,
        load: Load,
    ) -> Float[Numbers, "3 j s"]:
        part, trial = self._parts.picked(at[left]), lengths[..., at[left]]
        here = picked((scanned, load), left)
        found: Numbers = in_chunks(
            left.size, lambda pick: _asked(part.picked(pick), *picked((trial, *here), pick))
        )
        return found

    def _slopes(
        self,
        lengths: Numbers,
        force: Float[Numbers, "3 j s"],
        at: NDArray[np.int64],
        left: NDArray[np.int64],
        scanned: State,
        load: Load,
    ) -> Float[Numbers, "j s 3 3"]:
        columns = []
        for k in range(3):
            probe = lengths.copy()
            probe[k] += _PROBE_MM
            columns.append((self._asked(probe, at, left, scanned, load) - force) / _PROBE_MM)
        return np.moveaxis(np.array(columns), (0, 1), (-1, -2))


@kept
def _asked(
    parts: Parts, lengths: Float[Values, "3 j s"], scanned: State, load: Load
) -> Float[Array, "n j s"]:
    """Force that each joint asks for in its imaged pose, for these rest lengths."""
    height, wedge, turn, shift = _rest_now(lengths, parts.sizes.height_mm, parts.sizes.wedge_rad)
    chain, _ = chain_of(parts, Unloaded(height, wedge, Pose(turn, shift)), mirror=True)
    return held_force(chain, scanned, load, turn, shift)


_Carry = tuple[Place, Float[Array, "n j s"], Bool[Array, "s"], Array]


def held_force(
    chain: Chain, scanned: State, load: Load, turn_rad: Float[Array, "3 j s"], shift_mm: Float[Array, "3 j s"]
) -> Float[Array, "n j s"]:
    """Force [N] that each joint asks for when held in a pose: moments over 20 mm.

    Bulge and pressure are settled, the fluid stays where it is.
    """
    place = eqx.tree_at(lambda p: (p.turn, p.shift_mm), scanned.place, (rotation(turn_rad), shift_mm))
    segments = chain.segments

    def relax(carry: _Carry) -> _Carry:
        place, _, done, count = carry
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
        done = done | (reach < _RELAXED_MM)
        share = jnp.where(done, 0.0, jnp.minimum(1.0, 1.0 / jnp.maximum(reach, 1e-30)))
        return changed(place, change, share, chain.mirror), at.gradient[: chain.motions], done, count + 1

    nothing = jnp.zeros((chain.motions, *shift_mm.shape[1:]))
    begun = (place, nothing, jnp.zeros(shift_mm.shape[-1], bool), jnp.array(0))
    _, force, _, _ = jax.lax.while_loop(lambda c: jnp.any(~c[2]) & (c[3] < _RELAX), relax, begun)
    return force * jnp.array([1.0, 1.0, 1.0 / _ARM_MM]).reshape(3, 1, 1)


def _still(load: Load) -> Load:
    """The last step of a block, in no time."""
    last: Load = jax.tree.map(lambda x: np.asarray(x)[-1], load)
    return eqx.tree_at(lambda x: x.dt_s, last, np.zeros_like(last.dt_s))
