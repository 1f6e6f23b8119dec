"""Vectors of three as plain lists of arrays, with None for a component that is zero by symmetry.

In a laterally symmetric column many products vanish. None carries that through the sums and products below,
so they are never traced, compiled or computed, and one code serves the 3-D and the symmetric column.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from jax import Array

Entry: TypeAlias = Array | float | None
"""One component or coefficient: an array ending in (joint, sample), a plain number, or None for zero."""
Vector: TypeAlias = Sequence[Entry]
"""Components along x, y, z."""
Matrix: TypeAlias = Sequence[Vector]
"""Three rows."""


def add(*terms: Entry) -> Entry:
    """Sum; None where all terms are None."""
    total: Entry = None
    for term in terms:
        if term is not None:
            total = term if total is None else total + term
    return total


def mul(*factors: Entry) -> Entry:
    """Product; None where any factor is None."""
    product: Entry = None
    for factor in factors:
        if factor is None:
            return None
        product = factor if product is None else product * factor
    return product


def neg(entry: Entry) -> Entry:
    """-entry."""
    return None if entry is None else -entry


def dot(a: Vector, b: Vector) -> Entry:
    """a . b, for lists of any equal length."""
    return add(*[mul(x, y) for x, y in zip(a, b, strict=True)])


def cross(a: Vector, b: Vector) -> list[Entry]:
    """a x b."""
    return [
        add(mul(a[1], b[2]), neg(mul(a[2], b[1]))),
        add(mul(a[2], b[0]), neg(mul(a[0], b[2]))),
        add(mul(a[0], b[1]), neg(mul(a[1], b[0]))),
    ]


def scale(factor: Entry, a: Vector) -> list[Entry]:
    """factor a."""
    return [mul(factor, x) for x in a]


def plus(*vectors: Vector) -> list[Entry]:
    """Sum of vectors."""
    return [add(*parts) for parts in zip(*vectors, strict=True)]


def minus(a: Vector, b: Vector) -> list[Entry]:
    """a - b."""
    return [add(x, neg(y)) for x, y in zip(a, b, strict=True)]


def turned(rows: Matrix, a: Vector) -> list[Entry]:
    """The matrix with these rows times a; with the rows of R^T: a of the lower axes, in the upper ones."""
    return [dot(row, a) for row in rows]


def transposed(rows: Matrix) -> list[list[Entry]]:
    """The transposed matrix."""
    return [[row[k] for row in rows] for k in range(len(rows[0]))]


def permutation(i: int, j: int) -> tuple[int, float] | None:
    """(k, sign) of the one nonzero component: (e_j x a)_i = sign a_k; None where i = j."""
    if i == j:
        return None
    k = 3 - i - j
    return k, 1.0 if (j - i) % 3 == 1 else -1.0
