"""Where compiled programs are kept between runs: per user and processor, unless JAX was told otherwise."""

import hashlib
import os
import platform
import tempfile
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

import jax


def use_compilation_cache() -> None:
    """Keep JAX's compiled programs in the user's cache; JAX_COMPILATION_CACHE_DIR has the last word."""
    if not os.environ.get("JAX_COMPILATION_CACHE_DIR"):
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        folder = base / "opentraction" / "jax" / processor()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            return  # a read-only home: compile anew each time
        jax.config.update("jax_compilation_cache_dir", str(folder))
    if not os.environ.get("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"):
        # a process runs some hundred small programs: read from the cache they cost a tenth
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.01)


def processor() -> str:
    """A short key of the processor: code compiled for one may not run on another."""
    words = [platform.machine(), platform.processor()]
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        words += [
            next((line for line in lines if line.startswith(key)), "") for key in ("model name", "flags")
        ]
    except OSError:
        words.append(platform.node())
    return hashlib.sha256("|".join(words).encode()).hexdigest()[:12]


def made_for() -> str:
    """What a program was compiled by, and for which processor."""
    return f"{jax.__version__} {version('jaxlib')} {processor()} {os.environ.get('XLA_FLAGS', '')}"


@lru_cache
def version_folder() -> Path | None:
    """Where what this version of the room keeps lies, beside JAX's cache; None where JAX keeps none."""
    store = getattr(jax.config, "jax_compilation_cache_dir", None)
    if not store or jax.default_backend() != "cpu":
        return None
    room = Path(__file__).parent
    digest = hashlib.sha256(made_for().encode())
    for path in sorted([*room.rglob("*.py"), *room.rglob("*.csv")]):
        if "validating" not in path.parts:
            digest.update(str(path.relative_to(room)).encode() + path.read_bytes())
    return Path(store) / "programs" / digest.hexdigest()[:16]


def write_whole(file: Path, content: bytes) -> None:
    """Write a file whole or not at all; several processes may write the same."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=file.parent)
        with os.fdopen(handle, "wb") as out:
            out.write(content)
        os.replace(name, file)
    except OSError:
        return
