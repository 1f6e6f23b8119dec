"""What the command line shares: errors into sentences and exit codes, progress, files written whole."""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from opentraction.chart import BadInput, NotConverged, OpenTractionError, Refused, Value

EXIT_BAD_INPUT = 2
EXIT_REFUSED = 3
EXIT_NOT_CONVERGED = 4
EXIT_FAULT = 70
EXIT_STOPPED = 130
_DEBUG_HINT = "OPENTRACTION_DEBUG=1 shows where."


def run_guarded(command: Callable[[], Any]) -> int:
    """Run a command; turn each error of ours into one sentence on standard error and an exit code."""
    try:
        command()
    except BadInput as error:
        return _said(error, EXIT_BAD_INPUT)
    except Refused as error:
        return _said(error, EXIT_REFUSED)
    except NotConverged as error:
        return _said(error, EXIT_NOT_CONVERGED)
    except OpenTractionError as error:
        return _said(error, 1)
    except OSError as error:
        place = f" ({error.filename})" if error.filename else ""
        return _said(f"The file system said: {error.strerror}{place}. Check the path and the space left.", 2)
    except KeyboardInterrupt:
        return _said("Stopped.", EXIT_STOPPED)
    except SystemExit as ended:
        if ended.code == EXIT_STOPPED:  # typer turns Ctrl-C into this and says nothing
            return _said("Stopped.", EXIT_STOPPED)
        raise
    except Exception as error:  # noqa: BLE001  the last line of defence: a person gets a sentence
        name = type(error).__name__
        return _said(
            f"A fault of OpenTraction, please report it ({name}: {error}). {_DEBUG_HINT}", EXIT_FAULT
        )
    return 0


def _said(message: object, code: int) -> int:
    if os.environ.get("OPENTRACTION_DEBUG"):
        raise  # noqa: PLE0704  the caller is handling the error; a developer asked to see it whole
    print(f"opentraction: {message}", file=sys.stderr)
    return code


def write_whole(path: Path, content: str | bytes) -> Path:
    """Write a file so that it is either the old one or the whole new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    part.replace(path)
    return path


def picture_path(path: Path | None) -> Path | None:
    """The path of a picture to write; raises BadInput when its name ends neither in .png nor in .svg."""
    if path is not None and path.suffix.lower() not in (".png", ".svg"):
        raise BadInput(
            f"Expected a picture name ending in .png or .svg, got '{path.name}'. Correct the ending."
        )
    return path


def print_json(value: Value | dict[str, Any] | list[Any]) -> None:
    """Print a value as JSON for machines, on standard output."""
    print(value.to_json() if isinstance(value, Value) else json.dumps(value, indent=2, ensure_ascii=False))


class Steps:
    """Names each step of long work with the time it took, on standard error; quiet for machines."""

    def __init__(self, *, quiet: bool = False) -> None:
        self.quiet = quiet
        self.times_s: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time one step."""
        start = time.monotonic()
        live = not self.quiet and sys.stderr.isatty()
        if live:
            print(f"  ... {name}", end="\r", file=sys.stderr, flush=True)
        try:
            yield
        finally:
            self.times_s[name] = time.monotonic() - start
        if not self.quiet:
            print(f"  {self.times_s[name]:5.1f} s  {name}", file=sys.stderr, flush=True)

    def progress(self, done: int, total: int, text: str) -> None:
        """Show how far a step is; overwritten in place, only on a terminal."""
        if not self.quiet and sys.stderr.isatty():
            print(f"  {done}/{total} {text:60.60}", end="\r", file=sys.stderr, flush=True)

    def total(self) -> None:
        """Print the sum of the steps."""
        if not self.quiet:
            print(f"  {sum(self.times_s.values()):5.1f} s  in all", file=sys.stderr)
