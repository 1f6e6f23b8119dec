"""Large programs kept ready to run, so that a new process neither traces nor compiles them again.

JAX's own cache saves the compiler's work but not the tracing before it: some 6 s of a core in each process.
Here the finished program lies beside that cache. A ticket names it, under all that it was made from: the
sources and tables of this room, JAX's version, the processor, and the shapes of its arguments.
"""

from __future__ import annotations

import hashlib
import pickle
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import update_wrapper
from pathlib import Path
from typing import Any, Generic, ParamSpec, TypeVar

import equinox as eqx
import jax
import numpy as np
from jax.experimental.serialize_executable import deserialize_and_load, serialize

from opentraction.mechanics.cache import made_for, version_folder, write_whole

P = ParamSpec("P")
R = TypeVar("R")
_SUFFIX = ".program"
_VERSIONS = 5
"""So many versions of this room keep their programs; those that only older ones used are deleted."""
_UNREADABLE = (OSError, EOFError, pickle.PickleError, AttributeError, ImportError, ValueError, TypeError,
               KeyError, jax.errors.JaxRuntimeError)  # fmt: skip
_Program = Callable[[list[Any]], Any]
_making = threading.Lock()


class Kept(Generic[P, R]):
    """A function of trees of arrays, compiled once for each shape of them and kept on disk.

    As `equinox.filter_jit`: what is no array is fixed at compilation. Within a transformation of JAX it is
    the plain function.
    """

    def __init__(self, function: Callable[P, R]) -> None:
        self._function = function
        self._inside = eqx.filter_jit(function)
        self._ready: dict[Any, _Program] = {}
        self._lock = threading.Lock()
        self.shapes = 0
        """For how many shapes of arguments there is a program in this process."""
        update_wrapper(self, function)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """What the function gives, as arrays of JAX."""
        leaves, tree = jax.tree.flatten((args, kwargs))
        if any(isinstance(leaf, jax.core.Tracer) for leaf in leaves):
            return self._inside(*args, **kwargs)  # type: ignore[no-any-return]
        arrays = [leaf for leaf in leaves if _is_array(leaf)]
        fixed = tuple(None if _is_array(leaf) else leaf for leaf in leaves)
        shapes = tuple((leaf.shape, str(leaf.dtype)) for leaf in arrays)
        key = (tree, fixed, shapes)
        ready = self._ready.get(key)
        if ready is None:
            with self._lock:
                if key not in self._ready:
                    self._ready[key], first = self._prepared(tree, fixed, shapes, arrays)
                    self.shapes += 1
                    return first  # type: ignore[no-any-return]
                ready = self._ready[key]
        return ready(arrays)  # type: ignore[no-any-return]

    def _prepared(
        self, tree: Any, fixed: tuple[Any, ...], shapes: tuple[Any, ...], arrays: list[Any]
    ) -> tuple[_Program, Any]:
        """A program for these arguments, and what it gives for the first of them."""
        name = f"{self._function.__module__}.{self._function.__qualname__}"
        words = repr((name, str(tree), fixed, shapes))
        ticket = hashlib.sha256(words.encode()).hexdigest()[:24]
        folder = version_folder()
        found = _proven(folder / ticket, arrays) if folder else None
        if found:
            return found

        def flat(given: list[Any]) -> R:
            rest = iter(given)
            leaves = [next(rest) if leaf is None else leaf for leaf in fixed]
            args, kwargs = jax.tree.unflatten(tree, leaves)
            return self._function(*args, **kwargs)

        # a name of its own: what the compiler's cache would hand out cannot be saved again
        flat.__name__ = f"kept_{ticket}"
        lowered = jax.jit(flat).lower(arrays)
        if folder:
            return _made(folder, ticket, lowered, arrays)
        program = lowered.compile()
        return program, program(arrays)


def kept(function: Callable[P, R]) -> Kept[P, R]:
    """Decorate a large function so that its programs are kept; see `Kept`."""
    return Kept(function)


def _is_array(leaf: object) -> bool:
    return isinstance(leaf, (jax.Array, np.ndarray))


def _proven(file: Path, arrays: list[Any]) -> tuple[_Program, Any] | None:
    """The program of a file or of a ticket, and what it gives; None where none runs on these arrays."""
    try:
        if file.suffix != _SUFFIX:
            file = file.parent.parent / file.read_text(encoding="ascii")
        payload, like, given = pickle.loads(file.read_bytes())
        shape = jax.tree.structure((([0] * given,), {}))
        program: _Program = deserialize_and_load(payload, shape, jax.tree.structure(like))
        return program, jax.block_until_ready(program(arrays))
    except _UNREADABLE:
        return None


def _made(folder: Path, ticket: str, lowered: Any, arrays: list[Any]) -> tuple[_Program, Any]:
    """The program compiled, or found under the text to be compiled, which an edit may have left as it was."""
    # the text says nothing of what is fixed in the values given back
    text = f"{made_for()} {lowered.out_tree} {lowered.as_text()}"
    file = folder.parent / f"{hashlib.sha256(text.encode()).hexdigest()[:24]}{_SUFFIX}"
    found = _proven(file, arrays)
    if found is None:
        with _making, _unwritten():
            program = lowered.compile()
        _written(file, program, len(arrays))
        found = program, program(arrays)
    if file.exists():
        write_whole(folder / ticket, file.name.encode())
        _tidied(folder.parent)
    return found


@contextmanager
def _unwritten() -> Iterator[None]:
    """Meanwhile the compiler's own cache takes nothing in."""
    name = "jax_persistent_cache_min_compile_time_secs"
    least = getattr(jax.config, name)
    jax.config.update(name, 1e9)
    try:
        yield
    finally:
        jax.config.update(name, least)


def _written(file: Path, program: Any, given: int) -> None:
    """A full disk, or a compiler that cannot save, is no reason to stop."""
    try:
        payload, _, tree = serialize(program)
        write_whole(file, pickle.dumps((payload, jax.tree.unflatten(tree, range(tree.num_leaves)), given)))
    except _UNREADABLE:
        return


def _tidied(store: Path) -> None:
    """Delete the tickets of old versions, and programs that no ticket names."""
    try:
        versions = sorted((x for x in store.iterdir() if x.is_dir()), key=lambda x: x.stat().st_mtime)
        for old in versions[:-_VERSIONS]:
            shutil.rmtree(old, ignore_errors=True)
        named = {ticket.read_text(encoding="ascii") for ticket in store.glob("*/" + 24 * "?")}
        for program in store.glob(f"*{_SUFFIX}"):
            if program.name not in named and program.stat().st_mtime < time.time() - _SPARED_S:
                program.unlink()
    except (OSError, ValueError):
        return


_SPARED_S = 3600.0
"""A program this young may yet get its ticket."""
