"""T1- or T2-weighted, where a DICOM header, a sidecar or a file name says so; empty where nothing does."""

import json
import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import pydicom

SHORT_ECHO_MS, LONG_ECHO_MS = 30.0, 70.0
"""Below the first no spin echo is T2-weighted, above the second it is: a convention of the field, no
measurement. Between the two the echo time alone does not tell."""
NOT_T2 = "T1 or proton density"
_WORD = re.compile(r"(?<![a-z0-9])t([12])(?![0-9])")
_FLUID_BRIGHT = re.compile(r"(?<![a-z0-9])(stir|tirm)(?![a-z0-9])")
_TEXTS = ("SeriesDescription", "ProtocolName")


def weighting_of(texts: Iterable[str], echo_ms: float | None) -> str:
    """ "T1", "T2", "T1 or proton density", or "" where neither the words nor the echo time [ms] tell.

    Words go before the echo time; words that speak of both tell nothing. In a description T1 may also be the
    first thoracic vertebra: where the echo is long, it is taken for that.
    """
    words = " ".join(texts).lower()
    said = {f"T{number}" for number in _WORD.findall(words)}
    if _FLUID_BRIGHT.search(words):
        said.add("T2")
    by_echo = ""
    if echo_ms is not None and math.isfinite(echo_ms) and echo_ms > 0.0:
        by_echo = "T2" if echo_ms >= LONG_ECHO_MS else NOT_T2 if echo_ms < SHORT_ECHO_MS else ""
    if len(said) != 1 or (said == {"T1"} and by_echo == "T2"):
        return by_echo
    return said.pop()


def header_weighting(header: Mapping[str, object] | pydicom.Dataset, *, echo_unit_ms: float = 1.0) -> str:
    """The weighting by the series' own words and its echo time, given in units of `echo_unit_ms` [ms]."""
    echo = header.get("EchoTime")
    try:
        echo_ms = None if echo in (None, "") else float(str(echo)) * echo_unit_ms
    except ValueError:
        echo_ms = None
    return weighting_of((str(header.get(name) or "") for name in _TEXTS), echo_ms)


def nifti_weighting(path: Path) -> str:
    """The weighting of a NIfTI file by its JSON sidecar (BIDS: echo time in seconds), else by its name."""
    stem = re.sub(r"\.nii(\.gz)?$", "", path.name, flags=re.IGNORECASE)
    try:
        told = json.loads(path.with_name(f"{stem}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        told = None  # no sidecar, or a JSON file that is none: the name may still tell
    by_sidecar = header_weighting(told, echo_unit_ms=1000.0) if isinstance(told, dict) else ""
    return by_sidecar or weighting_of((stem,), None)
