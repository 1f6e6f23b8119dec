"""Append-only, hash-chained lines: each line's hash covers its own bytes and the hash before it.

A line is `{"hash":"<64 hex digits>","body":<canonical JSON>}`. A changed byte anywhere breaks the chain at
its line; a torn last line is seen as torn. A missing tail is not seen by a chain alone: keep the head
elsewhere.
"""

import hashlib
import json
import math
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Protocol, Self

FIRST = "0" * 64
"""The hash before the first line."""
SYNC_EVERY_S = 0.2
"""No line waits longer than this for the disk (wall clock)."""
_OPEN, _MIDDLE, _CLOSE = b'{"hash":"', b'","body":', b"}"


class Sink(Protocol):
    """Where the lines go: an unbuffered binary file."""

    def write(self, data: bytes, /) -> int | None:
        """Write bytes; returns how many were taken."""

    def fileno(self) -> int:
        """The descriptor to flush to disk."""

    def close(self) -> None:
        """Close the file."""


class ChainedLine(NamedTuple):
    """One whole line: its number (from 1), its content and its hash."""

    number: int
    body: dict[str, Any]
    hash: str


class Chain(NamedTuple):
    """What was read from a file: whole lines in order, and what could not be used."""

    lines: tuple[ChainedLine, ...]
    torn_bytes: int
    """Bytes after the last whole line."""
    damaged_line: int | None
    """Number of the first line whose bytes do not fit the chain; nothing after it is used."""

    @property
    def head(self) -> str:
        """Hash of the last whole line; keep it elsewhere to prove later that no line is missing."""
        return self.lines[-1].hash if self.lines else FIRST


def encode(body: Mapping[str, Any]) -> bytes:
    """Canonical JSON: sorted keys, no spaces, UTF-8; what is no number is written "nan", "inf", "-inf"."""
    try:
        text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    except ValueError:
        text = json.dumps(_named(body), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def _named(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    if isinstance(value, Mapping):
        return {key: _named(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_named(item) for item in value]
    return value


def link(previous: str, body: bytes) -> str:
    """SHA-256 of the previous hash and this line's body, hexadecimal."""
    return hashlib.sha256(previous.encode() + body).hexdigest()


class ChainWriter:
    """Writes lines so that they survive the death of the process; raises OSError when the disk refuses."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._head = FIRST
        self._synced_s = time.monotonic()

    @classmethod
    def create(cls, path: Path) -> Self:
        """Make a new file, never an existing one (FileExistsError), and make its name survive a power cut."""
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        writer = cls(os.fdopen(descriptor, "wb", buffering=0))
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return writer

    @property
    def head(self) -> str:
        """Hash of the last line written."""
        return self._head

    def append(self, body: Mapping[str, Any], *, sync: bool = False) -> None:
        """Write one line; with `sync`, or `SYNC_EVERY_S` after the last flush, wait until it is on disk."""
        encoded = encode(body)
        digest = link(self._head, encoded)
        line = b"".join((_OPEN, digest.encode(), _MIDDLE, encoded, _CLOSE, b"\n"))
        written = self._sink.write(line)
        if written != len(line):
            raise OSError(f"Expected {len(line)} bytes to be written, the disk took {written}.")
        self._head = digest
        if sync or time.monotonic() - self._synced_s >= SYNC_EVERY_S:
            self.sync()

    def sync(self) -> None:
        """Wait until everything written is on disk."""
        os.fsync(self._sink.fileno())
        self._synced_s = time.monotonic()

    def close(self) -> None:
        """Close the file."""
        self._sink.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def read_chain(data: bytes) -> Chain:
    """Read whole lines until the end, a torn line or a damaged one."""
    lines: list[ChainedLine] = []
    damaged: int | None = None
    for number, raw in enumerate(_whole_lines(data), start=1):
        body = _checked(raw, lines[-1].hash if lines else FIRST)
        if body is None:
            damaged = number
            break
        lines.append(ChainedLine(number, body[0], body[1]))
    torn = len(data) - (data.rfind(b"\n") + 1)
    return Chain(tuple(lines), torn, damaged)


def _whole_lines(data: bytes) -> Iterator[bytes]:
    start = 0
    while (end := data.find(b"\n", start)) >= 0:
        yield data[start:end]
        start = end + 1


def _checked(raw: bytes, previous: str) -> tuple[dict[str, Any], str] | None:
    """The body and hash of a line whose every byte fits, else None."""
    start = len(_OPEN) + 64 + len(_MIDDLE)
    digest, body = raw[len(_OPEN) : len(_OPEN) + 64], raw[start:-1]
    if raw != b"".join((_OPEN, digest, _MIDDLE, body, _CLOSE)) or link(previous, body).encode() != digest:
        return None
    content = json.loads(body)
    return (content, digest.decode()) if isinstance(content, dict) else None


def could_begin_a_chain(data: bytes) -> bool:
    """Whether these bytes are the beginning of a first line, as far as they go."""
    digest = data[len(_OPEN) : len(_OPEN) + 64]
    rest = data[len(_OPEN) + 64 :]
    return (
        _OPEN.startswith(data[: len(_OPEN)])
        and all(byte in b"0123456789abcdef" for byte in digest)
        and (_MIDDLE.startswith(rest[: len(_MIDDLE)]))
    )
