"""Poses of a joint and its parts, and the derivatives of an energy over the body's small motion."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

from opentraction.mechanics.segment.algebra import Entry, cross, dot, transposed
from opentraction.mechanics.segment.anatomy import rotation_of
from opentraction.mechanics.segment.points import motion_axes

JOINTS, SAMPLES = 5, 3


class Pose:
    """Rotation vector and translation of the upper vertebra, each of shape (3, joint, sample)."""

    def __init__(self, turn: Array, shift: Array, *, mirror: bool) -> None:
        self.turn, self.shift, self.mirror = turn, shift, mirror
        rows = rotation_of(tuple(turn))
        self.rotation = rows
        rt: list[list[Entry]] = [[rows[c][r] for c in range(3)] for r in range(3)]
        move: list[Entry] = list(shift)
        if mirror:
            rt[0][1] = rt[1][0] = rt[1][2] = rt[2][1] = move[1] = None
        self.rt = rt
        self.u = [dot(row, move) for row in rt]

    def moved(self, motion: Array) -> Pose:
        """The pose after the small motion (v, w), to second order: all that a Hessian at its origin knows."""
        v, w = list(motion[:3]), list(motion[3:])
        rows = self.rotation
        out = Pose.__new__(Pose)
        out.turn, out.mirror = self.turn, False
        lean = [a + 0.5 * b for a, b in zip(v, cross(w, v), strict=True)]
        out.shift = [s + dot(row, lean) for s, row in zip(self.shift, rows, strict=True)]
        # a row r of R exp(w) is r - w x r + 1/2 w x (w x r)
        out.rotation = [
            [a - b + 0.5 * c for a, b, c in zip(row, cross(w, row), cross(w, cross(w, row)), strict=True)]
            for row in rows
        ]
        out.rt = transposed(out.rotation)
        out.u = [dot(row, out.shift) for row in out.rt]
        return out


def random_pose(seed: int, *, mirror: bool, turn_rad: float = 0.06, shift_mm: float = 1.0) -> Pose:
    rng = np.random.default_rng(seed)
    turn = rng.normal(size=(3, JOINTS, SAMPLES)) * turn_rad
    shift = rng.normal(size=(3, JOINTS, SAMPLES)) * shift_mm
    if mirror:
        turn[[0, 2]], shift[1] = 0.0, 0.0
    return Pose(jnp.asarray(turn), jnp.asarray(shift), mirror=mirror)


def derivatives(energy: Callable[[Pose], Array], pose: Pose) -> tuple[Array, Array]:
    """Gradient (unknown, joint, sample) and Hessian by automatic differentiation, for one column's own axes.

    Every joint and sample has its own energy, so the sum's derivatives are theirs.
    """
    along, about = motion_axes(pose.mirror)
    axes = jnp.array([*along, *(3 + k for k in about)])

    def total(motion: Array) -> Array:
        full = jnp.zeros((6, JOINTS, SAMPLES)).at[axes].set(motion)
        return energy(pose.moved(full)).sum()

    slope = jax.grad(total)
    zero = jnp.zeros((len(axes), JOINTS, SAMPLES))

    @jax.jit
    def both() -> tuple[Array, Array]:
        ones = jnp.eye(len(axes))[..., None, None] * jnp.ones((JOINTS, SAMPLES))
        return slope(zero), jax.vmap(lambda direction: jax.jvp(slope, (zero,), (direction,))[1])(ones)

    return both()


def dense(gradient: list[Entry], hessian: dict[tuple[int, int], Entry]) -> tuple[Array, Array]:
    count = len(gradient)
    zero = jnp.zeros((JOINTS, SAMPLES))

    def full(entry: Entry) -> Array:
        return zero if entry is None else jnp.broadcast_to(jnp.asarray(entry), zero.shape)

    rows = [[full(hessian.get((min(a, b), max(a, b)))) for b in range(count)] for a in range(count)]
    return jnp.stack([full(g) for g in gradient]), jnp.stack([jnp.stack(row) for row in rows])


class Kit:
    """The functions above, for tests: test modules cannot import from one another."""

    joints, samples = JOINTS, SAMPLES
    Pose = Pose
    random_pose = staticmethod(random_pose)
    derivatives = staticmethod(derivatives)
    dense = staticmethod(dense)


@pytest.fixture(scope="session")
def kit() -> type[Kit]:
    return Kit
