"""Solving the chain joint by joint, from the top body down to the sacrum."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float

from opentraction.mechanics.segment.matrices import applied, identity, solve, times, transposed


def relative_motions(
    body_stiffness: Float[Array, "n n j s"],
    body_force: Float[Array, "n j s"],
    joint_stiffness: Float[Array, "n n j s"],
    joint_force: Float[Array, "n j s"],
    bracket: Float[Array, "n n j s"],
    carrier: Float[Array, "n n j s"],
    free: Float[Array, "j s"],
    reach: Float[Array, "n"] | None = None,
) -> Float[Array, "n j s"]:
    """Small motion of every joint (body above against body below, in upper axes) under the forces.

    Eliminated from the top body down. With x the motion of the body above, y that of the body below and
    a = `carrier` y, the joint moves by e = x - a and to second order by -[a, x] / 2 more. The form of what is
    above is x D x / 2 - r x, the joint's e K e / 2 - f e - (a B e) / 2 with the `bracket` B of the
    force it bears. A joint with free = 0 is rigid: e = 0 exactly, and the bodies' forms are added.
    `reach`: a joint too soft for the force on it is stiffened along its pivots until it would move no farther
    than this with the body below held (see `solve`).
    """
    count = body_force.shape[1]
    shift: list[Array] = []
    slope: list[Array] = []
    stiff, force = body_stiffness[:, :, 0], body_force[:, 0]
    for j in range(count):
        coupling = stiff + 0.5 * bracket[:, :, j]
        loose = free[j] > 0
        pivot = jnp.where(loose, stiff + joint_stiffness[:, :, j], identity(len(stiff), loose.shape))
        ahead, along = solve(pivot, force + joint_force[:, j], coupling, reach=reach)
        shift.append(jnp.where(loose, ahead, 0.0))
        slope.append(jnp.where(loose, along, 0.0))
        if j < count - 1:
            down, back = carrier[:, :, j], transposed(coupling)
            kept_stiff, kept_force = stiff - times(back, slope[-1]), force - applied(back, shift[-1])
            stiff = body_stiffness[:, :, j + 1] + times(transposed(down), times(kept_stiff, down))
            force = body_force[:, j + 1] + applied(transposed(down), kept_force)
    return _descend(shift, slope, carrier)


def _descend(
    shift: list[Array], slope: list[Array], carrier: Float[Array, "n n j s"]
) -> Float[Array, "n j s"]:
    """From the sacrum up: each body's motion from that of the one below; returns the joints' motions."""
    below = jnp.zeros_like(shift[-1])
    out: list[Array] = []
    for j in reversed(range(len(shift))):
        ahead = applied(carrier[:, :, j], below)
        motion = shift[j] - applied(slope[j], ahead)
        out.insert(0, motion)
        below = motion + ahead
    return jnp.stack(out, axis=1)


def carried_down(
    body_force: Float[Array, "n j s"], carrier: Float[Array, "n n j s"]
) -> Float[Array, "n j s"]:
    """Force of everything above each joint, in the upper axes of that joint: its free body's load."""
    total = [body_force[:, 0]]
    for j in range(1, body_force.shape[1]):
        total.append(body_force[:, j] + applied(transposed(carrier[:, :, j - 1]), total[-1]))
    return jnp.stack(total, axis=1)
