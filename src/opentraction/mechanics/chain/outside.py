"""What acts on the chain: forces at points of bodies, fixed moments, a support, and the follower load.

Each but the moment in 3-D is conservative; gradients and Hessians are over the small motions of the bodies.
"""

from __future__ import annotations

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from opentraction.mechanics.chain.motion import kept, rotation
from opentraction.mechanics.disc.nucleus import Core, path_points
from opentraction.mechanics.segment.algebra import Entry, Matrix, Vector, dot, minus, plus, scale, turned
from opentraction.mechanics.segment.matrices import applied, times, transposed
from opentraction.mechanics.segment.points import Hessian, motion_axes, point_gradient, point_terms, summed


class Load(eqx.Module):
    """Loads over one block of steps (first axis steps), or at one step. Axes of the sacrum."""

    dt_s: Float[Array, "*t s"]
    """Length of the step; 0 balances the forces and moves no fluid."""
    follower_n: Float[Array, "*t j s"]
    """Compression along the path through the disc centres: gravity, muscle and residual compression."""
    force_n: Float[Array, "*t k 3 j s"]
    """Forces of fixed direction at the chain's k points of each body (top body first)."""
    moment_nmm: Float[Array, "*t 3 j s"]
    """Pure moments of fixed direction on each body. In 3-D their work depends on the path, and only the
    symmetric part of their tangent (none) is in the Hessian; in a symmetric column they have an energy."""
    tilt_rad: Float[Array, "*t 3 s"]
    """Turn (rotation vector) that the posture asks of the thorax, which the support pulls towards."""
    hold: Float[Array, "*t s"]
    """How many times as firmly as lying it is held there."""


def dense(gradient: list[Entry], hessian: Hessian, like: Array) -> tuple[Array, Array]:
    """Gradient [n, ...] and symmetric Hessian [n, n, ...] as arrays of the shape of `like`."""
    zero, count = jnp.zeros_like(like), len(gradient)
    full = [zero if entry is None else zero + entry for entry in gradient]
    rows = [[hessian.get((min(a, b), max(a, b))) for b in range(count)] for a in range(count)]
    stacked = [jnp.stack([zero if entry is None else zero + entry for entry in row]) for row in rows]
    return jnp.stack(full), jnp.stack(stacked)


def on_bodies(
    points_mm: Float[Array, "k 3 j s"],
    support_nmm: Float[Array, "3 s"],
    turns: Float[Array, "3 3 j s"],
    load: Load,
    mirror: bool,
) -> tuple[Float[Array, "n j s"], Float[Array, "n n j s"]]:
    """Gradient and Hessian over each body's own small motion of all but the follower load.

    `points_mm`: where the forces act, in the axes of their bodies; `support_nmm`: see `support`; `turns`: the
    bodies in the sacrum's axes.
    """
    back = transposed(turns)
    pull = [-sum(back[i, c][None] * load.force_n[:, c] for c in range(3)) for i in range(3)]
    side = (0, 2) if mirror else (0, 1, 2)
    place: list[Entry] = [points_mm[:, i] if i in side else None for i in range(3)]
    force: list[Entry] = [pull[i] if i in side else None for i in range(3)]
    gradient, hessian = dense(*summed(*point_terms(place, force, None, mirror)), like=turns[0, 0])
    moment = applied(back, load.moment_nmm)
    gradient = gradient - kept(jnp.concatenate([jnp.zeros_like(moment), moment]), mirror)
    held, stiff = support(load.hold * support_nmm, turns[:, :, 0], load.tilt_rad)
    axes = np.array(motion_axes(mirror)[1])
    first = len(gradient) - len(axes)
    gradient = gradient.at[first:, 0].add(held[axes])
    return gradient, hessian.at[first:, first:, 0].add(stiff[axes][:, axes])


def support(
    stiffness_nmm: Float[Array, "3 s"], turn: Float[Array, "3 3 s"], tilt_rad: Float[Array, "3 s"]
) -> tuple[Float[Array, "3 s"], Float[Array, "3 3 s"]]:
    """Gradient and Hessian, over the rotation of the top body, of what holds the lying thorax.

    With the rotation C from the posture's tilt to the body, E = sum of c_i (1 - C_ii), c_i so that the
    stiffness about axis i for small turns is `stiffness_nmm`[i] [N mm/rad]; about a fixed axis it is
    k (1 - cos). Smooth for every turn.
    """
    weight = 0.5 * stiffness_nmm.sum(0)[None] - stiffness_nmm
    m = weight[:, None] * times(transposed(rotation(tilt_rad)), turn)
    gradient = jnp.stack([m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1]])
    trace = m[0, 0] + m[1, 1] + m[2, 2]
    rows = [
        jnp.stack([(trace if i == k else 0.0) - 0.5 * (m[i, k] + m[k, i]) for k in range(3)])
        for i in range(3)
    ]
    return gradient, jnp.stack(rows)


def support_energy(
    stiffness_nmm: Float[Array, "3 s"], turn: Float[Array, "3 3 s"], tilt_rad: Float[Array, "3 s"]
) -> Float[Array, "s"]:
    """Energy [N mm] of the support."""
    weight = 0.5 * stiffness_nmm.sum(0)[None] - stiffness_nmm
    c = times(transposed(rotation(tilt_rad)), turn)
    return sum(weight[i] * (1.0 - c[i, i]) for i in range(3))  # type: ignore[return-value]


def follower_gradient(rows: Matrix, u: Vector, core: Core, load_n: Array, mirror: bool) -> list[Entry]:
    """What the follower load (energy F x length of the path, compression positive) does on a joint's motion.

    The path runs through the discs where their `Core` says; inside the rigid vertebrae its length does not
    change. `rows` are those of R^T, `u` = R^T t.
    """
    above, below = path_points(core)
    d = minus(plus(u, above), turned(rows, below))
    return point_gradient(above, scale(load_n / jnp.sqrt(jnp.asarray(dot(d, d))), d), mirror)
