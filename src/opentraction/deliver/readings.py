"""Distrust each reading first: missing, not a number, too old, from the future, frozen, implausible.

Each doubt has its own name and returns early, as an error value: a failed sensor is never a number.
"""

import math
from collections.abc import Sequence

from opentraction.chart import InterlockKind, Positive, Reading, Value


class ReadingRules(Value):
    """What a reading must satisfy.

    The times and steps are choices of this controller, set for a loop of 10 Hz.
    """

    oldest_s: Positive = 0.5
    """A reading older than this steers nothing (five periods of the loop)."""
    silent_s: Positive = 0.45
    """The link may be silent this long before its silence trips."""
    ahead_s: Positive = 0.05
    """A reading may be stamped this far ahead of the clock (rounding), no more."""
    force_low_n: float = -20.0
    """Below this the load cell cannot be right: a cord does not push."""
    force_high_n: Positive
    """Above this the load cell cannot be right: the table cannot pull so hard."""
    jump_n: Positive = 60.0
    """Largest change between two readings that a cord and a body can make, on top of the commanded rate."""
    rate_n_per_s: Positive
    """Fastest commanded change; it widens `jump_n` by the time between the readings."""
    frozen_s: Positive = 1.0
    """The same value bit for bit for this long, while something moved, is a frozen sensor."""
    frozen_readings: int = 5
    """And so many readings in a row: two alike may be chance."""
    frozen_move_n: Positive = 8.0
    """How far the command must have moved for the sameness to be suspicious."""
    frozen_move_mm: Positive = 2.0
    """How far the actuator must have moved for the sameness to be suspicious."""


class Distrust(Value):
    """Why the newest reading cannot steer the table."""

    kind: InterlockKind
    sentence: str


class Still(Value):
    """Since when the force has read the same value bit for bit, and command and position at that time."""

    since_s: float
    force_n: float
    commanded_n: float
    position_mm: float
    readings: int = 1
    """How many readings in a row were the same."""


def trusted(
    readings: Sequence[Reading],
    *,
    now_s: float,
    rules: ReadingRules,
    commanded_n: float = 0.0,
    still: Still | None = None,
    heard: bool = True,
) -> Reading | Distrust:
    """Return the newest reading, or the named reason it cannot steer the table.

    `readings` are recent ones, newest last, all but the newest already trusted. `heard` is False when the
    link gave nothing this time: the newest then still counts for `rules.silent_s`. `still` is given when the
    force must move with the command (not while slack is taken up).
    """
    if not readings:
        return Distrust(
            kind=InterlockKind.READING_MISSING,
            sentence="Expected a reading from the table; none has arrived.",
        )
    newest = readings[-1]
    age_s = now_s - newest.time_s
    if not heard:
        return newest if age_s <= rules.silent_s else _missing(age_s, rules)
    if not (math.isfinite(newest.force_n) and math.isfinite(newest.position_mm)):
        return Distrust(
            kind=InterlockKind.READING_NOT_A_NUMBER,
            sentence=(
                f"Expected a force in N and a position in mm; came {newest.force_n} and {newest.position_mm}."
            ),
        )
    if not math.isfinite(age_s) or age_s > rules.oldest_s:
        return Distrust(
            kind=InterlockKind.READING_STALE,
            sentence=f"Expected a reading at most {rules.oldest_s:g} s old; the newest is {age_s:.2f} s old.",
        )
    if age_s < -rules.ahead_s:
        return Distrust(
            kind=InterlockKind.READING_FUTURE,
            sentence=f"Expected a reading from now or before; the newest is stamped {-age_s:.2f} s ahead.",
        )
    return _frozen(newest, now_s, rules, commanded_n, still) or _implausible(readings, rules) or newest


def stillness(before: Still | None, last: Reading | None, newest: Reading, *, commanded_n: float) -> Still:
    """Carry on `before` while the force reads exactly as in `last`, else begin anew."""
    if before is not None and last is not None and last.force_n == newest.force_n:
        again = newest.time_s > last.time_s
        return before.replace(readings=before.readings + 1) if again else before
    return Still(
        since_s=newest.time_s, force_n=newest.force_n, commanded_n=commanded_n, position_mm=newest.position_mm
    )


def _missing(age_s: float, rules: ReadingRules) -> Distrust:
    return Distrust(
        kind=InterlockKind.READING_MISSING,
        sentence=(
            f"Expected a reading every loop; none has come for {age_s:.2f} s ({rules.silent_s:g} s is "
            "allowed)."
        ),
    )


def _frozen(
    newest: Reading, now_s: float, rules: ReadingRules, commanded_n: float, still: Still | None
) -> Distrust | None:
    if still is None or newest.force_n != still.force_n or still.readings < rules.frozen_readings:
        return None
    if newest.time_s - still.since_s < rules.frozen_s:
        return None
    moved_n = abs(commanded_n - still.commanded_n)
    moved_mm = abs(newest.position_mm - still.position_mm)
    if moved_n <= rules.frozen_move_n and moved_mm <= rules.frozen_move_mm:
        return None
    return Distrust(
        kind=InterlockKind.READING_FROZEN,
        sentence=(
            f"Expected the force to change: the command moved {moved_n:.0f} N and the actuator "
            f"{moved_mm:.1f} mm. "
            f"It has read {newest.force_n:g} N, bit for bit, for {now_s - still.since_s:.1f} s."
        ),
    )


def _implausible(readings: Sequence[Reading], rules: ReadingRules) -> Distrust | None:
    newest = readings[-1]
    if not rules.force_low_n <= newest.force_n <= rules.force_high_n:
        return Distrust(
            kind=InterlockKind.READING_IMPLAUSIBLE,
            sentence=(
                f"Expected a force of {rules.force_low_n:g} to {rules.force_high_n:g} N from this table; "
                f"came {newest.force_n:.0f} N."
            ),
        )
    if len(readings) < 2:
        return None
    last = readings[-2]
    elapsed_s = max(newest.time_s - last.time_s, 0.0)
    allowed_n = rules.jump_n + 2.0 * rules.rate_n_per_s * elapsed_s
    jump_n = newest.force_n - last.force_n
    if abs(jump_n) <= allowed_n:
        return None
    return Distrust(
        kind=InterlockKind.READING_IMPLAUSIBLE,
        sentence=(
            f"Expected the force to change by at most {allowed_n:.0f} N in {elapsed_s:.2f} s; it changed by "
            f"{jump_n:+.0f} N with {newest.position_mm - last.position_mm:+.1f} mm of travel. "
            "The sensor or the harness has let go."
        ),
    )
