"""When a row is passed: the window its median must fall into, and which rows say nothing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from opentraction.mechanics.validating.targets import Target


class Shape(StrEnum):
    """A point of a curve is judged more strictly than a number that stands alone."""

    CURVE = "curve"
    SCALAR = "scalar"


class Status(StrEnum):
    """Verdict on one row."""

    PASS = "pass"
    FAIL = "fail"
    WEAK = "weak"
    """A model that answers zero would pass."""
    CANNOT_SAY = "cannot_say"


@dataclass(frozen=True)
class Window:
    """A row is passed from `low` to `high`, both included; in the row's unit."""

    low: float
    high: float
    rule: str

    def holds(self, value: float) -> bool:
        """Whether a value lies inside; a value that is no number does not."""
        return self.low <= value <= self.high

    @property
    def weak(self) -> bool:
        """Whether zero lies inside."""
        return self.holds(0.0)


SHARE = {Shape.CURVE: 0.25, Shape.SCALAR: 0.50}
"""Of the value, where no spread is printed."""
SPREADS = {Shape.CURVE: 1.0, Shape.SCALAR: 2.0}
"""Standard deviations."""
ZERO_WITHIN = {
    "mm": 0.5,
    "deg": 1.0,
    "MPa": 0.05,
    "kPa": 50.0,
    "N": 20.0,
    "%": 5.0,
    "N/mm": 50.0,
    "h": 1.0,
    "min": 5.0,
}
"""Tolerance of a target of zero, by unit: about what the methods of measurement resolve. Assumed."""
AT_MOST, AT_LEAST = "at most", "at least"


def window(target: Target, shape: Shape, bound: str = "") -> Window:
    """The window of a row; `bound` (`at most`, `at least`) reads its value as a limit."""
    low, high, value = target.low, target.high, target.value
    if bound == AT_MOST:
        return Window(-math.inf, value, "at most the value")
    if bound == AT_LEAST:
        return Window(value, math.inf, "at least the value")
    if math.isnan(low) and high == value:
        return Window(-math.inf, high, "at most, as printed")
    if math.isnan(high) and low == value:
        return Window(low, math.inf, "at least, as printed")
    if math.isnan(value) and (math.isnan(low) or math.isnan(high)):
        bounds = (-math.inf if math.isnan(low) else low, math.inf if math.isnan(high) else high)
        return Window(*bounds, "one-sided, as printed")
    if not (math.isnan(low) or math.isnan(high)) and low < high:
        return _printed(target, shape)
    if value == 0.0:
        tolerance = ZERO_WITHIN.get(target.unit, 0.05)
        return Window(-tolerance, tolerance, f"zero within {tolerance:g} {target.unit}")
    reach = SHARE[shape] * abs(value)
    return Window(value - reach, value + reach, f"within {SHARE[shape]:.0%}")


def _printed(target: Target, shape: Shape) -> Window:
    """A printed spread: standard deviations are counted, a range or an interval is taken as it stands."""
    if target.spread.startswith("SD") and not math.isnan(target.value):
        # a bar may be clipped at zero: the wider side is the standard deviation
        deviation = max(target.high - target.value, target.value - target.low)
        count = SPREADS[shape]
        reach = count * deviation
        return Window(target.value - reach, target.value + reach, f"{count:g} SD")
    return Window(target.low, target.high, f"inside {target.spread or 'the printed range'}")


def verdict(frame: Window, median: float | None) -> Status:
    """Pass or fail; weak where zero would pass, whatever the model says."""
    if median is None:
        return Status.CANNOT_SAY
    if frame.weak:
        return Status.WEAK
    return Status.PASS if frame.holds(median) else Status.FAIL
