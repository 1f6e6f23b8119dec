"""Large programs kept ready to run, so that a new process neither traces nor compiles them again.

JAX's own cache saves the compiler's work but not the tracing before it. With that cache alone a second
process takes 14 s of a core from its start to a whole session; with these programs 8 to 10, and read
beside other work (`foresee`) they cost less still on two idle cores.
Here the finished program lies beside that cache. A ticket names it, under all that it was made from: the
sources and tables of this room, JAX's version, the processor, and the shapes of its arguments.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache, update_wrapper
from importlib.metadata import version
from pathlib import Path
from typing import Any, Generic, ParamSpec, TypeVar

import equinox as eqx
import jax
import numpy as np
from jax.experimental.serialize_executable import deserialize_and_load, serialize

from opentraction.mechanics.cache import processor

P = ParamSpec("P")
R = TypeVar("R")
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
        folder = _folder()
        found = _read(folder, ticket, arrays) if folder else None
        _needed(folder, ticket)
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


def foresee() -> None:
    """Begin to read, beside other work, the programs that the last process of this version needed.

    Reading one takes up to a second of a core. A program that is never asked for costs no more than that.
    """
    folder = _folder()
    if not folder or _ahead:
        return
    try:
        tickets = (folder / _ORDER).read_text(encoding="ascii").split()
    except (OSError, ValueError):
        return
    pool = ThreadPoolExecutor(max_workers=min(2, os.cpu_count() or 1))
    _ahead.update({ticket: pool.submit(_opened, folder, ticket) for ticket in tickets})
    pool.shutdown(wait=False)


_ORDER = "needed"
"""Name of the file with the tickets of the last process, in the order in which it needed them."""
_ahead: dict[str, Future[_Program | None]] = {}
_order: list[str] = []


def _needed(folder: Path | None, ticket: str) -> None:
    """Write down what this process needed, for the next one to foresee."""
    _order.append(ticket)
    if folder and ticket not in _ahead and len(_order) <= _FORESEEN:
        _whole(folder / _ORDER, "\n".join(_order).encode())


_FORESEEN = 16
"""So many programs are read ahead: a long process may have needed hundreds."""


def _read(folder: Path, ticket: str, arrays: list[Any]) -> tuple[_Program, Any] | None:
    """The program that a ticket of this version names, and what it gives; None where there is none."""
    early = _ahead.get(ticket)
    program = early.result() if early else _opened(folder, ticket)
    return _proven(program, arrays)


def _proven(program: _Program | None, arrays: list[Any]) -> tuple[_Program, Any] | None:
    """The program with what it gives for these arrays; None where it cannot run on them."""
    if program is None:
        return None
    try:
        return program, jax.block_until_ready(program(arrays))
    except _UNREADABLE:
        return None


def _opened(folder: Path, ticket: str) -> _Program | None:
    try:
        return _loaded(folder.parent / (folder / ticket).read_text(encoding="ascii"))
    except _UNREADABLE:
        return None


def _loaded(file: Path) -> _Program:
    payload, like, given = pickle.loads(file.read_bytes())
    shape = jax.tree.structure((([0] * given,), {}))
    program: _Program = deserialize_and_load(payload, shape, jax.tree.structure(like))
    return program


def _made(folder: Path, ticket: str, lowered: Any, arrays: list[Any]) -> tuple[_Program, Any]:
    """The program compiled, or found under the text to be compiled, which an edit may have left as it was."""
    # the text says nothing of what is fixed in the values given back
    text = f"{_made_for()} {lowered.out_tree} {lowered.as_text()}"
    file = folder.parent / f"{hashlib.sha256(text.encode()).hexdigest()[:24]}.program"
    try:
        found = _proven(_loaded(file), arrays)
    except _UNREADABLE:
        found = None
    if found is None:
        with _making, _unwritten():
            program = lowered.compile()
        _written(file, program, len(arrays))
        found = program, program(arrays)
    if file.exists():
        _whole(folder / ticket, file.name.encode())
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
        _whole(file, pickle.dumps((payload, jax.tree.unflatten(tree, range(tree.num_leaves)), given)))
    except _UNREADABLE:
        return


def _whole(file: Path, content: bytes) -> None:
    """Write a file whole or not at all; several processes may write the same."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=file.parent)
        with os.fdopen(handle, "wb") as out:
            out.write(content)
        os.replace(name, file)
    except OSError:
        return


def _tidied(store: Path) -> None:
    """Delete the tickets of old versions, and programs that no ticket names."""
    try:
        versions = sorted((x for x in store.iterdir() if x.is_dir()), key=lambda x: x.stat().st_mtime)
        for old in versions[:-_VERSIONS]:
            shutil.rmtree(old, ignore_errors=True)
        named = {ticket.read_text(encoding="ascii") for ticket in store.glob("*/*") if ticket.name != _ORDER}
        for program in store.glob("*.program"):
            if program.name not in named and program.stat().st_mtime < time.time() - _SPARED_S:
                program.unlink()
    except (OSError, ValueError):
        return


_SPARED_S = 3600.0
"""A program this young may yet get its ticket."""


def _made_for() -> str:
    return f"{jax.__version__} {version('jaxlib')} {processor()} {os.environ.get('XLA_FLAGS', '')}"


@lru_cache
def _folder() -> Path | None:
    """Where this version's tickets lie, beside JAX's cache; None where JAX keeps none."""
    store = getattr(jax.config, "jax_compilation_cache_dir", None)
    if not store or jax.default_backend() != "cpu":
        return None
    room = Path(__file__).parent
    digest = hashlib.sha256(_made_for().encode())
    for path in sorted([*room.rglob("*.py"), *room.rglob("*.csv")]):
        if "validating" not in path.parts:
            digest.update(str(path.relative_to(room)).encode() + path.read_bytes())
    return Path(store) / "programs" / digest.hexdigest()[:16]
