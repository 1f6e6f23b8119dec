"""Disc pressure over time with its band and direct labels: the panel that plan and session share."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from opentraction.chart import Band, Level
from opentraction.clinic.figures.style import LEVEL_COLOUR, TOKENS, EndLabel, label_ends

LABEL_MM = 25.0
"""Room that the level names need at the right of the panel."""


@dataclass(frozen=True)
class LevelPressure:
    """Pressure of one level over time; `assumed` when the level stands in from norms."""

    level: Level
    band: Band
    assumed: bool


def pressure_panel(
    axis: Axes, times_s: Sequence[float], levels: Sequence[LevelPressure], *, target: Level | None,
    height_mm: float,
) -> None:  # fmt: skip
    """Draw medians of all levels, the 5-95 % band of the target, the zero line, names at the ends."""
    for item in sorted(levels, key=lambda item: item.level is target):
        foremost = item.level is target
        colour = LEVEL_COLOUR[item.level]
        if foremost:
            axis.fill_between(times_s, item.band.p05, item.band.p95, color=colour, alpha=0.2, linewidth=0)
        axis.plot(
            times_s, item.band.p50, color=colour, linewidth=2.2 if foremost else 1.1,
            linestyle=(0, (1.0, 1.2)) if item.assumed else "-",
        )  # fmt: skip
    low, high = axis.get_ylim()
    margin = 0.03 * (max(high, 0) - min(low, 0))
    axis.set_ylim(min(low, -margin), max(high, margin))
    axis.set_xlim(times_s[0], times_s[-1])
    axis.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.3g}".replace("-", "−")))
    axis.axhline(0, color=TOKENS.quiet, linewidth=1.1, zorder=1.5)
    labels = [
        EndLabel(
            f"{item.level}{' target' if item.level is target else ''}{' (norms)' if item.assumed else ''}",
            item.band.p50[-1], LEVEL_COLOUR[item.level], bold=item.level is target,
        )
        for item in levels
    ]  # fmt: skip
    label_ends(axis, [*labels, EndLabel("zero pressure", 0.0, TOKENS.quiet)], height_mm=height_mm)
