"""Samples in chunks of one shape: one compiled program serves ensembles of any size."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import jax
import numpy as np
from numpy.typing import NDArray

from opentraction.mechanics.chain.march import CHUNK

Tree = TypeVar("Tree")


def in_chunks(samples: int, one: Callable[[NDArray[np.int64]], Any]) -> Any:
    """What `one` gives for the samples of each chunk, joined along the last axis as numpy arrays.

    `one` is handed the places of `CHUNK` samples; the last chunk is filled up with its last sample.
    """

    def at(start: int) -> Any:
        found = one(np.minimum(np.arange(start, start + CHUNK), samples - 1))
        return jax.tree.map(lambda x: np.asarray(x)[..., : samples - start], found)

    starts = range(0, samples, CHUNK)
    if len(starts) == 1:
        return at(0)
    with ThreadPoolExecutor(max_workers=min(len(starts), os.cpu_count() or 1)) as pool:
        parts = list(pool.map(at, starts))
    return jax.tree.map(lambda *leaves: np.concatenate(leaves, axis=-1), *parts)


def picked(tree: Tree, pick: NDArray[np.int64]) -> Tree:
    """Some of the samples of a tree of arrays whose last axis is samples."""
    return jax.tree.map(lambda x: np.asarray(x)[..., pick], tree)  # type: ignore[no-any-return]
