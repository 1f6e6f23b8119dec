"""The widely repeated table of pull angles per level: shown as what it is, never used.

No readable source was found for it. Vendors say that a larger angle moves the pull up the spine; the one
trial that targeted levels this way found no difference from sham (SCHIMMEL). Angles of a plan come from the
search on the model.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from opentraction.chart import Level


@dataclass(frozen=True)
class RepeatedAngle:
    """An angle range [deg] that is repeated for a level, and whether it has a source."""

    level: Level
    range_deg: tuple[float, float]
    sourced: bool
    note: str


_NOTE = "Widely repeated; no source was found. Shown for information, never a default."

REPEATED_ANGLES: Mapping[Level, RepeatedAngle] = {
    level: RepeatedAngle(level=level, range_deg=angles, sourced=False, note=_NOTE)
    for level, angles in (
        (Level.L2_L3, (25.0, 30.0)),
        (Level.L3_L4, (20.0, 20.0)),
        (Level.L4_L5, (15.0, 15.0)),
        (Level.L5_S1, (10.0, 10.0)),
    )
}
"""The table as it is repeated. Nothing in planning reads it; a test proves that."""
