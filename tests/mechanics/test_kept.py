"""Programs kept on disk: what is fixed in a value given back belongs to the program that gives it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import equinox as eqx
import jax
import numpy as np
import pytest

from opentraction.mechanics import kept
from opentraction.mechanics.cache import version_folder


class Marked(eqx.Module):
    value: jax.Array
    mark: int = eqx.field(static=True)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Path]:
    """A folder of programs of this test's own."""
    before = jax.config.jax_compilation_cache_dir
    jax.config.update("jax_compilation_cache_dir", str(tmp_path))
    version_folder.cache_clear()
    yield tmp_path
    jax.config.update("jax_compilation_cache_dir", before)
    version_folder.cache_clear()


def test_a_program_of_the_same_text_does_not_give_another_s_fixed_values(store: Path) -> None:
    def marked(mark: int) -> kept.Kept[[np.ndarray], Marked]:
        def twice(x: np.ndarray) -> Marked:
            return Marked(2.0 * jax.numpy.asarray(x), mark)

        return kept.kept(twice)

    for mark in (1, 2, 1):
        found = marked(mark)(np.arange(3.0))
        # as after an edit of the sources: the programs stay, the tickets are of another version
        for ticket in (path for path in store.rglob("*") if path.is_file() and path.suffix != ".program"):
            ticket.unlink()
        assert found.mark == mark
        np.testing.assert_array_equal(found.value, [0.0, 2.0, 4.0])
