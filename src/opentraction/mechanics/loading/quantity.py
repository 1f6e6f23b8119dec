"""A number of the load path with its range, unit and source."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Number:
    """Value, range (about 5 to 95 %), unit and source; "assumed" stands where there is none."""

    value: float
    low: float
    high: float
    unit: str
    source: str
