"""Where compiled programs are kept between runs: per user and processor, unless JAX was told otherwise."""

import hashlib
import os
import platform
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
