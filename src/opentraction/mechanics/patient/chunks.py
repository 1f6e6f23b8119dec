"""Samples in chunks of one shape: one compiled program serves ensembles of any size."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any, TypeVar

import jax
import numpy as np
from numpy.typing import NDArray

from opentraction.mechanics.chain.march import CHUNK

Tree = TypeVar("Tree")


def in_chunks(samples: int, one: Callable[[NDArray[np.int64]], Any]) -> Any:
    """What `one` gives for the samples of each chunk, joined along the last axis as numpy arrays.

    `one` is handed the places of `CHUNK` samples; the last chunk is filled up with its last sample. Beyond
    what it gives for all samples, no more is held than the chunks that are being worked on.
    """
    joined: list[Any] = []
    lock = Lock()

    def at(start: int) -> None:
        found = one(np.minimum(np.arange(start, start + CHUNK), samples - 1))
        leaves, tree = jax.tree.flatten(found)
        parts = [np.asarray(leaf)[..., : samples - start] for leaf in leaves]
        with lock:
            if not joined:
                joined.append([np.empty((*part.shape[:-1], samples), part.dtype) for part in parts])
                joined.append(tree)
        for whole, part in zip(joined[0], parts, strict=True):
            whole[..., start : start + CHUNK] = part

    starts = range(0, samples, CHUNK)
    if len(starts) == 1:
        at(0)
    else:
        with ThreadPoolExecutor(max_workers=min(len(starts), os.cpu_count() or 1)) as pool:
            list(pool.map(at, starts))
    return jax.tree.unflatten(joined[1], joined[0])


def picked(tree: Tree, pick: NDArray[np.int64]) -> Tree:
    """Some of the samples of a tree of arrays whose last axis is samples."""
    return jax.tree.map(lambda x: np.asarray(x)[..., pick], tree)  # type: ignore[no-any-return]
