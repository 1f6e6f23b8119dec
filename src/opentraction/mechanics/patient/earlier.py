"""Rest lengths found before for the same inputs, kept on disk beside the compiled programs.

The search for a rest shape costs a dozen histories; to see that lengths found before stand costs one. A file
is only a first guess: `settle` runs the history all the same, and takes the lengths where it ends as far off
as is written, to the last bit. So a damaged file, or another's, costs time and changes nothing.
"""

from __future__ import annotations

import hashlib
import math
import os
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from opentraction.mechanics.cache import version_folder, write_whole

Numbers = NDArray[np.float64]
_MOST = 64
"""So many files are kept, of the last uses."""
_SEAL = 32
_MOST_SAMPLES = 2_000
"""A file takes 128 bytes a sample."""


class Found(NamedTuple):
    """Where a search ended."""

    lengths_mm: Float[Numbers, "3 j s"]
    """Height, edge of the wedge and offset of the stress-free shape."""
    off_mm: Float[Numbers, "s"]
    """How far from the imaged shape its history ended."""


class Earlier:
    """What was found, or not yet, for some inputs: a tree whose leaves are all that the search depends on."""

    def __init__(self, inputs: Any, shape: tuple[int, ...]) -> None:
        folder = version_folder()
        self._shape = shape
        self._file: Path | None = None
        if folder and shape[-1] <= _MOST_SAMPLES:
            self._file = folder / f"{_ticket(inputs)}.rest"

    def read(self) -> Found | None:
        """None where nothing, or nothing of this shape, was kept."""
        if self._file is None:
            return None
        try:
            content = self._file.read_bytes()
            os.utime(self._file)
        except OSError:
            return None
        values = content[_SEAL:]
        if content != self._sealed(values) or len(values) != 8 * (math.prod(self._shape) + self._shape[-1]):
            return None
        rows = np.frombuffer(values).reshape(-1, self._shape[-1])
        return Found(rows[:-1].reshape(self._shape), rows[-1])

    def write(self, found: Found) -> None:
        """Keep this, and of the others the last ones."""
        if self._file is None:
            return
        write_whole(self._file, self._sealed(found.lengths_mm.tobytes() + found.off_mm.tobytes()))
        try:
            kept = sorted(self._file.parent.glob("*.rest"), key=lambda path: path.stat().st_mtime)
            for old in kept[:-_MOST]:
                old.unlink()
        except OSError:
            return  # another process tidies too

    def _sealed(self, values: bytes) -> bytes:
        """These bytes behind a seal that holds for them and these inputs."""
        name = self._file.name if self._file else ""
        return hashlib.sha256(name.encode() + values).digest() + values


def _ticket(inputs: Any) -> str:
    leaves, tree = jax.tree.flatten(inputs)
    digest = hashlib.sha256(f"{np.__version__} {tree}".encode())
    for leaf in map(np.ascontiguousarray, leaves):
        digest.update(f"{leaf.shape} {leaf.dtype}".encode())
        digest.update(leaf.tobytes())
    return digest.hexdigest()[:24]
