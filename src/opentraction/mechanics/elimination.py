"""Symmetric block-tridiagonal systems of 3 x 3 blocks, samples in the last axis, without LAPACK."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float


def block_solve(
    diagonal: Float[Array, "j 3 3 s"], coupling: Float[Array, "j 3 3 s"], rhs: Float[Array, "j 3 s"]
) -> Float[Array, "j 3 s"]:
    """Symmetric block-tridiagonal elimination, 3 x 3 blocks, samples in the last axis."""
    inverses: list[Array] = []
    reduced: list[Array] = []
    for index in range(len(diagonal)):
        block, right = diagonal[index], rhs[index]
        if index:
            step = _times(_transposed(coupling[index - 1]), inverses[-1])
            block = block - _times(step, coupling[index - 1])
            right = right - (step * reduced[-1][None]).sum(1)
        inverses.append(_inverse(block))
        reduced.append(right)
    out = [(inverses[-1] * reduced[-1][None]).sum(1)]
    for index in range(len(diagonal) - 2, -1, -1):
        right = reduced[index] - (coupling[index] * out[0][None]).sum(1)
        out.insert(0, (inverses[index] * right[None]).sum(1))
    return jnp.stack(out)


def _times(a: Array, b: Array) -> Array:
    return (a[:, :, None] * b[None]).sum(1)


def _transposed(a: Array) -> Array:
    return a.transpose(1, 0, 2)


def _inverse(m: Float[Array, "3 3 s"]) -> Float[Array, "3 3 s"]:
    cofactor = [
        [
            m[(r + 1) % 3, (c + 1) % 3] * m[(r + 2) % 3, (c + 2) % 3]
            - m[(r + 1) % 3, (c + 2) % 3] * m[(r + 2) % 3, (c + 1) % 3]
            for c in range(3)
        ]
        for r in range(3)
    ]
    determinant = m[0, 0] * cofactor[0][0] + m[0, 1] * cofactor[0][1] + m[0, 2] * cofactor[0][2]
    return jnp.stack([jnp.stack([cofactor[c][r] for c in range(3)]) for r in range(3)]) / determinant
