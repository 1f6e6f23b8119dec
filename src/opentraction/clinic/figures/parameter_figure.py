"""Parameters of the column before and after calibration, each on its published range."""

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from opentraction.clinic.figures.style import (
    TOKENS,
    TableHead,
    axes_at,
    foot,
    foot_mm,
    new_figure,
    number,
    styled,
    write,
)
from opentraction.mechanics import Width

_WIDTH, _PLOT, _PLOT_WIDTH, _LEFT, _BAND = 190.0, 42.0, 66.0, 112.0, 122.5
"""Width, and where the columns stand [mm]."""
_ROW = 5.2
_SOURCE = (
    "Ranges are published or assumed, as the table of parameters says. Bands are 5 to 95 %, each parameter's "
    "own; together they are drawn with their correlations."
)


def parameter_figure(widths: Sequence[Width]) -> Figure:
    """Draw prior (thin) and posterior band (thick) of every calibrated parameter, the most narrowed first."""
    shown = sorted((one for one in widths if one.calibrated), key=lambda one: one.share)
    kept = len(widths) - len(shown)
    words = (
        f"Thin: prior. Thick: after calibration; hollow: prior-dominated. {kept} more were not calibrated "
        "and keep their priors."
    )
    columns = (1.5, "parameter"), (_LEFT, "width"), (_BAND, "after calibration, 50 % (5 to 95 %)")
    head = TableHead(parameter_title(widths), words, tuple((*each, "left") for each in columns), _WIDTH)
    height = _ROW * len(shown)
    figure = new_figure(_WIDTH, head.mm + height + 9.5 + foot_mm(_SOURCE, _WIDTH))
    with styled():
        head.draw(figure)
        _plot(axes_at(figure, _PLOT, head.mm, _PLOT_WIDTH, height), shown)
        for at, one in enumerate(shown):
            middle = head.mm + _ROW * (at + 0.5)
            write(figure, 1.5, middle, one.name.replace("_", " "), va="center")
            write(figure, _LEFT, middle, f"{one.share:.2f}", va="center")
            write(figure, _BAND, middle, _band(one), va="center")
        foot(figure, _SOURCE, simulated=False)
    return figure


def parameter_title(widths: Sequence[Width]) -> str:
    """The finding of the figure in one sentence."""
    narrowed = sum(not one.dominated for one in widths)
    return f"What was measured narrows {narrowed} of {len(widths)} parameters; the others keep their width"


def _band(one: Width) -> str:
    low, middle, high = map(_figures, one.posterior)
    unit = "" if one.unit in ("-", "factor") else f" {one.unit}"
    return f"{middle} ({low} to {high}){unit}"


def _figures(value: float) -> str:
    """Three significant figures, with a true minus sign."""
    digits = 2 - math.floor(math.log10(abs(value))) if value else 0
    return number(round(value, digits), max(digits, 0))


def _place(one: Width, value: float) -> float:
    """Where a value lies on the published range, 0 to 1, on the scale of its shape."""
    low, high = one.published
    if one.shape == "log":
        low, high, value = math.log(low), math.log(high), math.log(value)
    return (value - low) / (high - low)


def _plot(axis: Axes, shown: Sequence[Width]) -> None:
    for at, one in enumerate(shown):
        for points, down, colour, width in (
            (one.prior, 0.32, TOKENS.quiet, 1.6), (one.posterior, 0.66, TOKENS.accent, 3.6),
        ):  # fmt: skip
            low, middle, high = (_place(one, value) for value in points)
            axis.plot([low, high], [at + down] * 2, color=colour, linewidth=width, solid_capstyle="butt")
            if one.dominated and points is one.posterior:
                axis.plot(
                    [low, high], [at + down] * 2, color=TOKENS.panel, linewidth=2.0, solid_capstyle="butt"
                )
            axis.plot([middle] * 2, [at + down - 0.17, at + down + 0.17], color=TOKENS.ink, linewidth=1.2)
        axis.axhline(at + 1.0, color=TOKENS.line, linewidth=0.5)
    axis.set_xlim(-0.02, 1.02)
    axis.set_ylim(len(shown), 0)
    axis.set_yticks([])
    axis.set_xticks([0.0, 1.0], ["low end", "high end"])
    axis.spines["left"].set_visible(False)
    for edge in (0.0, 1.0):
        axis.axvline(edge, color=TOKENS.line, linewidth=0.8)
    axis.set_xlabel("published range", labelpad=-6)
