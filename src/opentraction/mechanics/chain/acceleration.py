"""Speeding up iterations with a kept Hessian: the last steps tell what the kept Hessian got wrong.

Anderson's mixing (type II) of depth 2: of all combinations of the last three places, the one whose next
change is the smallest to first order. With a fresh Hessian there is nothing to correct.
"""

from __future__ import annotations

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from opentraction.mechanics.segment.condensation import Change

_DEPTH = 2
_PARALLEL = 1e-8
"""Squared sine below which an older change says nothing new."""
_SWELLING_MM = 10.0
"""A swelling ratio counts as this times itself in mm."""


class Memory(eqx.Module):
    """What each sample remembers of its last iterations; zero where there is nothing to remember."""

    last: Float[Array, "d j s"]
    """Change that the kept Hessian asked for at the last place."""
    steps: Float[Array, "2 d j s"]
    """Steps taken, the newest first."""
    drops: Float[Array, "2 d j s"]
    """How the change asked for differed after each."""


def blank(change: Change) -> Memory:
    """No memory, for changes of this shape."""
    one = jnp.zeros_like(packed(change))
    return Memory(last=one, steps=jnp.stack([one] * _DEPTH), drops=jnp.stack([one] * _DEPTH))


def packed(change: Change) -> Float[Array, "d j s"]:
    """All numbers of a change in one array."""
    parts = [change.motion, change.modes_mm, change.pressure_mpa[None], change.nucleus, change.annulus]
    return jnp.concatenate(parts)


def unpacked(vector: Float[Array, "d j s"], like: Change) -> Change:
    """The change that `packed` packed; `like` gives the shapes."""
    n, m, c = len(like.motion), len(like.modes_mm), len(like.nucleus)
    return Change(
        motion=vector[:n],
        modes_mm=vector[n : n + m],
        pressure_mpa=vector[n + m],
        nucleus=vector[n + m + 1 : n + m + 1 + c],
        annulus=vector[n + m + 1 + c :],
    )


def mixed(
    memory: Memory,
    asked: Change,
    step: Float[Array, "d j s"],
    known: Bool[Array, "s"],
    lever: Float[Array, "n 1 1"],
) -> tuple[Change, Memory]:
    """The change to make where `asked` is what the kept Hessian asks for, and what to remember of it.

    `step`: the last step taken; `known`: samples for which it may be used (same Hessian, step accepted);
    `lever`: the reciprocal of the length that makes a component of the motion a way [mm].
    """
    now = packed(asked)
    steps = jnp.where(known, jnp.stack([step, memory.steps[0]]), 0.0)
    drops = jnp.where(known, jnp.stack([now - memory.last, memory.drops[0]]), 0.0)
    ways = [1.0 / lever[:, 0, 0], jnp.ones(len(asked.modes_mm)), jnp.zeros(1)]
    cells = jnp.full(len(asked.nucleus) + len(asked.annulus), _SWELLING_MM)
    weight = (jnp.concatenate([*ways, cells]) ** 2)[:, None, None]

    def product(a: Array, b: Array) -> Array:
        return (weight * a * b).sum((0, 1))

    new, old = drops
    size = product(new, new)
    share = jnp.where(size > 0, product(new, old) / jnp.where(size > 0, size, 1.0), 0.0)
    rest = old - share * new
    left, whole = product(rest, rest), product(old, old)
    useful = left > _PARALLEL * whole
    second = jnp.where(useful, product(rest, now) / jnp.where(useful, left, 1.0), 0.0)
    first = product(new, now - second * old) / jnp.where(size > 0, size, 1.0)
    first = jnp.where(size > 0, first, 0.0)
    change = now - first * (steps[0] + new) - second * (steps[1] + old)
    return unpacked(change, asked), Memory(last=now, steps=steps, drops=drops)
