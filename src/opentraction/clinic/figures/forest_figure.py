"""Forest plot as reviews print it: study, n, effect, weight, pooled diamond, prediction interval."""

import math
from dataclasses import dataclass, field

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon

from opentraction.chart import Effect
from opentraction.clinic.figures.style import (
    LABEL_PT,
    TOKENS,
    TableHead,
    axes_at,
    foot,
    foot_mm,
    lines_mm,
    new_figure,
    number,
    styled,
    wrapped,
    write,
)

_Z95 = 1.959963984540054
_WIDTH, _NAME, _N, _PLOT, _PLOT_WIDTH, _EFFECT, _WEIGHT = 190.0, 52.0, 66.0, 70.0, 62.0, 136.0, 188.0
"""Where the columns stand [mm]; n and weight are right-aligned at their place."""


@dataclass
class _Row:
    """One line of the plot; `place` is its middle [mm] below the top of the axes."""

    name: str
    low: float
    middle: float | None
    high: float
    n: str = ""
    weight: float | None = None
    pooled: bool = False
    lines: list[str] = field(default_factory=list)
    place: float = 0.0


def forest_figure(effect: Effect, *, better: str = "favours traction") -> Figure:
    """Draw the studies of a pooled effect, its diamond and its prediction interval."""
    rows = _rows(effect)
    height = 1.5
    for row in rows:
        row.lines = wrapped(row.name, _NAME, LABEL_PT, bold=row.pooled)
        own = lines_mm(len(row.lines), LABEL_PT) + 2.8
        row.place = height + own / 2
        height += own
    unit = effect.unit if "favours" in effect.unit else f"{effect.unit} (below zero {better})"
    source = f"{effect.method}. Comparator: {effect.comparator}."
    columns = (1.5, "study", "left"), (_N, "n", "right"), (_EFFECT, "effect (95 %)", "left")
    head = TableHead(forest_title(effect), effect.name, (*columns, (_WEIGHT, "weight", "right")), _WIDTH)
    unit_lines = wrapped(unit, _PLOT_WIDTH + 30, LABEL_PT)
    axis_mm = 6.5 + lines_mm(len(unit_lines), LABEL_PT)
    figure = new_figure(_WIDTH, head.mm + height + axis_mm + foot_mm(source, _WIDTH))
    with styled():
        head.draw(figure)
        _plot(axes_at(figure, _PLOT, head.mm, _PLOT_WIDTH, height), rows, height, "\n".join(unit_lines))
        for row in rows:
            _words(figure, row, head.mm + row.place)
        foot(figure, source, simulated=False)
    return figure


def forest_title(effect: Effect) -> str:
    """The finding of the figure in one sentence."""
    pooled = f"pooled {number(effect.estimate, 2)} ({_interval(effect.low, effect.high)})"
    if effect.low <= 0 <= effect.high:
        return f"No difference shown: {pooled}, so neither gain nor harm is ruled out"
    return f"A difference is seen, {pooled}, {effect.k} {'study' if effect.k == 1 else 'studies'}"


def _interval(low: float, high: float) -> str:
    return f"{number(low, 2)} to {number(high, 2)}"


def _rows(effect: Effect) -> list[_Row]:
    rows = []
    for study in effect.studies:
        half = _Z95 * math.sqrt(study.variance)
        rows.append(
            _Row(study.study, study.effect - half, study.effect, study.effect + half,
                 n="not known" if study.n is None else str(study.n), weight=study.weight_percent)
        )  # fmt: skip
    name = f"pooled, {effect.k} {'study' if effect.k == 1 else 'studies'} (tau² {effect.tau2:.2f})"
    rows.append(_Row(name, effect.low, effect.estimate, effect.high, pooled=True))
    if effect.prediction_low is not None and effect.prediction_high is not None:
        rows.append(
            _Row("prediction interval, a new study", effect.prediction_low, None, effect.prediction_high)
        )
    return rows


def _plot(axis: Axes, rows: list[_Row], height_mm: float, unit: str) -> None:
    for row in rows:
        if row.pooled and row.middle is not None:
            corners = [(row.low, row.place), (row.middle, row.place - 1.7), (row.high, row.place),
                       (row.middle, row.place + 1.7)]  # fmt: skip
            axis.add_patch(Polygon(corners, color=TOKENS.accent))
            axis.axvline(row.middle, color=TOKENS.accent, linewidth=0.7, linestyle=(0, (1, 2)))
            continue
        colour, thick = (TOKENS.ink, 1.0) if row.middle is not None else (TOKENS.accent, 2.0)
        axis.plot([row.low, row.high], [row.place, row.place], color=colour, linewidth=thick)
        if row.middle is not None:
            size = 3.5 + 6 * math.sqrt((row.weight or 0) / 100)
            axis.plot([row.middle], [row.place], "s", color=colour, markersize=size)
    axis.axvline(0, color=TOKENS.quiet, linewidth=0.9)
    low, high = min(0.0, *(row.low for row in rows)), max(0.0, *(row.high for row in rows))
    span = max(high - low, 1e-6)
    axis.set_xlim(low - 0.05 * span, high + 0.05 * span)
    axis.set_ylim(height_mm, 0)
    axis.set_yticks([])
    axis.spines["left"].set_visible(False)
    axis.set_xlabel(unit)


def _words(figure: Figure, row: _Row, at: float) -> None:
    weight = "bold" if row.pooled else "normal"
    write(figure, 1.5, at, "\n".join(row.lines), va="center", weight=weight)
    write(figure, _N, at, row.n, va="center", ha="right")
    middle = f"{number(row.middle, 2)} (" if row.middle is not None else ""
    end = ")" if middle else ""
    write(figure, _EFFECT, at, f"{middle}{_interval(row.low, row.high)}{end}", va="center", weight=weight)
    if row.weight is not None:
        write(figure, _WEIGHT, at, f"{row.weight:.1f} %", va="center", ha="right")
