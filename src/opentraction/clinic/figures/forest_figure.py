"""Forest plot as reviews print it: study, n, effect, weight, pooled diamond, prediction interval."""

import math
import textwrap

from matplotlib.figure import Figure
from matplotlib.patches import Polygon

from opentraction.chart import Effect
from opentraction.clinic.figures.style import TOKENS, new_figure, source_line, styled

_Z95 = 1.959963984540054


def forest_figure(effect: Effect, *, better: str = "favours traction") -> Figure:
    """Draw the studies of a pooled effect, its diamond and its prediction interval."""
    rows = len(effect.studies)
    figure = new_figure(190, 42 + 7.0 * (rows + 3), arranged=False)
    with styled():
        axis = figure.add_axes((0.36, 0.28, 0.36, 0.54))
        lows, highs = [effect.low], [effect.high]
        for row, study in enumerate(effect.studies):
            y = rows - row
            half = _Z95 * math.sqrt(study.variance)
            lows.append(study.effect - half)
            highs.append(study.effect + half)
            axis.plot([study.effect - half, study.effect + half], [y, y], color=TOKENS.ink, linewidth=1)
            size = 3 + 6 * math.sqrt((study.weight_percent or 0) / 100)
            axis.plot([study.effect], [y], "s", color=TOKENS.ink, markersize=size)
            _row(figure, axis, y, rows, study.study, study.n,
                 f"{study.effect:.2f} ({study.effect - half:.2f} to {study.effect + half:.2f})",
                 study.weight_percent)  # fmt: skip
        axis.add_patch(Polygon([(effect.low, 0), (effect.estimate, 0.32), (effect.high, 0),
                                (effect.estimate, -0.32)], color=TOKENS.accent))  # fmt: skip
        if effect.prediction_low is not None and effect.prediction_high is not None:
            lows.append(effect.prediction_low)
            highs.append(effect.prediction_high)
            axis.plot([effect.prediction_low, effect.prediction_high], [-0.75, -0.75],
                      color=TOKENS.accent, linewidth=2)  # fmt: skip
            _row(figure, axis, -0.75, rows, "prediction interval, a new study", None,
                 f"{effect.prediction_low:.2f} to {effect.prediction_high:.2f}", None)  # fmt: skip
        _row(figure, axis, 0, rows, f"pooled, {effect.k} studies (tau² {effect.tau2:.2f})", None,
             f"{effect.estimate:.2f} ({effect.low:.2f} to {effect.high:.2f})", None, bold=True)  # fmt: skip
        axis.axvline(0, color=TOKENS.quiet, linewidth=0.9)
        span = max(highs) - min(lows)
        axis.set_xlim(min(*lows, 0) - 0.05 * span, max(*highs, 0) + 0.05 * span)
        axis.set_ylim(-1.3, rows + 0.7)
        axis.set_yticks([])
        axis.spines["left"].set_visible(False)
        axis.set_xlabel(effect.unit if "favours" in effect.unit else f"{effect.unit} (below zero {better})")
        _heads(figure, rows, axis)
        title = "\n".join(textwrap.wrap(effect.name, 92))
        figure.text(0.005, 0.985, title, fontsize=10, weight="bold", va="top")
        source_line(figure, f"{effect.method}; comparator: {effect.comparator}")
    return figure


def _y(axis, y: float, rows: int) -> float:  # type: ignore[no-untyped-def]
    box = axis.get_position()
    return box.y0 + box.height * (y + 1.3) / (rows + 2.0)


def _row(figure, axis, y, rows, name, n, text, weight, *, bold=False) -> None:  # type: ignore[no-untyped-def]
    place = _y(axis, y, rows)
    kind = "bold" if bold else "normal"
    figure.text(0.005, place, name, fontsize=8, va="center", weight=kind)
    if n is not None:
        figure.text(0.345, place, f"{n}", fontsize=8, va="center", ha="right")
    figure.text(0.735, place, text, fontsize=8, va="center", weight=kind)
    if weight is not None:
        figure.text(0.995, place, f"{weight:.1f} %", fontsize=8, va="center", ha="right")


def _heads(figure, rows, axis) -> None:  # type: ignore[no-untyped-def]
    place = _y(axis, rows + 0.95, rows)
    for x, text, ha in ((0.005, "study", "left"), (0.345, "n", "right"), (0.735, "effect (95 %)", "left"),
                        (0.995, "weight", "right")):  # fmt: skip
        figure.text(x, place, text, fontsize=7.5, color=TOKENS.quiet, va="center", ha=ha)
