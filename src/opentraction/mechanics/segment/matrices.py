"""Small dense matrices of every sample: leading axes the matrix, trailing axes (joint, sample), no LAPACK."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float

_LEAST_PIVOT = 1e-6
"""N/mm or N mm/rad: a pivot is at least this, so that a loose joint takes a long step and divides by no 0."""


def times(a: Float[Array, "m k *s"], b: Float[Array, "k n *s"]) -> Float[Array, "m n *s"]:
    """Matrix product of every sample: a sum of outer products, which compiles to straight loops."""
    return sum(a[:, k][:, None] * b[k][None] for k in range(a.shape[1]))  # type: ignore[return-value]


def applied(a: Float[Array, "m k *s"], x: Float[Array, "k *s"]) -> Float[Array, "m *s"]:
    """Matrix times vector of every sample."""
    return sum(a[:, k] * x[k][None] for k in range(a.shape[1]))  # type: ignore[return-value]


def transposed(a: Float[Array, "m n *s"]) -> Float[Array, "n m *s"]:
    """Transposed matrix of every sample."""
    return jnp.swapaxes(a, 0, 1)


def identity(size: int, shape: tuple[int, ...]) -> Float[Array, "n n *s"]:
    """Unit matrix of every sample."""
    return jnp.broadcast_to(jnp.eye(size).reshape(size, size, *(1 for _ in shape)), (size, size, *shape))


def solve(
    matrix: Float[Array, "n n *s"], *rights: Float[Array, "n ..."], reach: Float[Array, "n"] | None = None
) -> tuple[Array, ...]:
    """Solve symmetric systems by L D L^T, of which the lower triangle is read, for several right-hand sides.

    Each is [n, s] or [n, m, s]; one that carries tangents leaves the others as they are. Negative pivots are
    taken as positive ones of the same size: where the matrix is indefinite this is Newton's matrix shifted
    along its diagonal, and the step still goes downhill. `reach`: pivots are raised until the first of the
    right-hand sides moves no unknown farther by its own pivot; None: nothing is raised.
    """
    size = len(matrix)
    lower: list[list[Array]] = [[] for _ in range(size)]
    pivots: list[Array] = []
    driven: list[Array] = []
    for i in range(size):
        for j in range(i + 1):
            entry = matrix[i, j]
            for k in range(j):
                entry = entry - lower[i][k] * lower[j][k] * pivots[k]
            if i == j:
                least: Array | float = _LEAST_PIVOT
                if reach is not None:
                    drive = rights[0][i]
                    for k, before in enumerate(driven):
                        drive = drive - lower[i][k] * before
                    driven.append(drive)
                    least = jnp.maximum(least, jnp.abs(drive) / reach[i])
                pivots.append(jnp.maximum(jnp.abs(entry), least))
            else:
                lower[i].append(entry / pivots[j])
    return tuple(_substituted(lower, pivots, right) for right in rights)


def _substituted(lower: list[list[Array]], pivots: list[Array], right: Array) -> Array:
    size = len(pivots)
    forward: list[Array] = []
    for i in range(size):
        row = right[i]
        for k in range(i):
            row = row - lower[i][k] * forward[k]
        forward.append(row)
    out: list[Array] = []
    for i in reversed(range(size)):
        row = forward[i] / pivots[i]
        for k, done in zip(range(i + 1, size), out, strict=True):
            row = row - lower[k][i] * done
        out.insert(0, row)
    return jnp.stack(out)
