"""The look of every figure: tokens, fonts, level colours, and SVG that follows the page's light or dark."""

import io
import re
import textwrap
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import MultipleLocator

from opentraction.chart import Level


@dataclass(frozen=True)
class Tokens:
    """Named colours of the light page; in SVG each becomes a CSS variable, so dark pages and print follow."""

    paper: str = "#FBFBF8"
    panel: str = "#FFFFFF"
    ink: str = "#1B2430"
    quiet: str = "#5A6673"
    line: str = "#D5DAD9"
    accent: str = "#0B6467"
    good: str = "#2E6B3C"
    ask: str = "#8A5A00"
    stop: str = "#A3221B"


TOKENS = Tokens()

LEVEL_COLOUR: dict[Level, str] = {
    Level.L1_L2: "#B67600",
    Level.L2_L3: "#2A86BD",
    Level.L3_L4: "#008A64",
    Level.L4_L5: "#0072B2",
    Level.L5_S1: "#C65500",
}
"""Okabe-Ito order (orange, sky blue, green, blue, vermilion), darkened to 3:1 on the page's paper."""

_RC: dict[Any, Any] = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Arial", "Helvetica", "sans-serif"],
    "font.size": 9.0,
    "axes.titlesize": 10.0,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlecolor": TOKENS.ink,
    "axes.labelcolor": TOKENS.quiet,
    "axes.edgecolor": TOKENS.line,
    "axes.facecolor": TOKENS.panel,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.facecolor": TOKENS.panel,
    "grid.color": TOKENS.line,
    "grid.linewidth": 0.6,
    "text.color": TOKENS.ink,
    "xtick.labelsize": 8.0,
    "ytick.labelsize": 8.0,
    "axes.labelsize": 8.5,
    "xtick.color": TOKENS.quiet,
    "ytick.color": TOKENS.quiet,
    "lines.linewidth": 1.6,
}


def new_figure(width_mm: float, height_mm: float, *, arranged: bool = True, foot: float = 0.04) -> Figure:
    """An empty styled figure of a size in millimetres.

    `arranged` lets matplotlib place the axes, above a foot (share of the height) kept for the source line.
    """
    layout = ConstrainedLayoutEngine(rect=(0, foot, 1, 1 - foot)) if arranged else None
    with mpl.rc_context(_RC):
        return Figure(figsize=(width_mm / 25.4, height_mm / 25.4), layout=layout)


def styled() -> AbstractContextManager[None]:
    """Context in which axes, text and lines take the house style."""
    return mpl.rc_context(_RC)


def minutes(axis: Axes) -> None:
    """Label a time axis that is in seconds as minutes:seconds, at whole minutes."""
    low, high = axis.get_xlim()
    step = next(s for s in (60, 120, 300, 600, 900, 1800, 3600) if (high - low) / s <= 8 or s == 3600)
    axis.xaxis.set_major_locator(MultipleLocator(step))
    axis.xaxis.set_major_formatter(lambda value, _: f"{int(value) // 60}:{int(value) % 60:02d}")


def label_ends(axis: Axes, x: float, ends: dict[Level, float], *, height_mm: float) -> None:
    """Write each level's name at the right end of its line, spread so that the names do not overlap.

    `height_mm` is about the height of the axes, to know how much room a line of text needs.
    """
    low, high = axis.get_ylim()
    gap = (high - low) * 3.6 / height_mm
    ordered = sorted(ends.items(), key=lambda item: item[1])
    places = [y for _, y in ordered]
    for i in range(1, len(places)):
        places[i] = max(places[i], places[i - 1] + gap)
    overshoot = max(0.0, places[-1] - high) if places else 0.0
    for (level, _), place in zip(ordered, places, strict=True):
        axis.annotate(
            str(level), (x, place - overshoot), xytext=(5, 0), textcoords="offset points", va="center",
            fontsize=8, color=LEVEL_COLOUR[level], annotation_clip=False,
        )  # fmt: skip


def simulated_mark(figure: Figure, simulated: bool) -> None:
    """Write SIMULATED inside a figure made from a phantom, a simulated table or made-up answers."""
    if simulated:
        figure.text(
            0.995, 0.005, "SIMULATED", ha="right", va="bottom", fontsize=8, weight="bold", color=TOKENS.ask
        )


def source_line(figure: Figure, text: str) -> None:
    """The source of a figure, quiet, at its lower left; long ones run over several lines."""
    width_mm = figure.get_figwidth() * 25.4
    lines = textwrap.wrap(text, round((width_mm - 28) / 1.28))
    figure.text(0.005, 0.005, "\n".join(lines), ha="left", va="bottom", fontsize=7, color=TOKENS.quiet)


def to_svg(figure: Figure, *, title: str, description: str, salt: str) -> str:
    """The figure as inline SVG with a title for screen readers; token colours become CSS variables."""
    buffer = io.StringIO()
    with mpl.rc_context({**_RC, "svg.hashsalt": salt}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    for name, colour in vars(TOKENS).items():
        svg = re.sub(re.escape(colour), f"var(--{name}, {colour})", svg, flags=re.IGNORECASE)
    svg = re.sub(r'(fill|stroke)="(var\([^"]*\))"', r'style="\1: \2"', svg)
    # ids are unique within one figure only: the salt makes them unique on a page of many
    svg = re.sub(r'id="([^"]+)"', rf'id="{salt}-\1"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{salt}-\1)", svg)
    svg = re.sub(r'xlink:href="#([^"]+)"', rf'xlink:href="#{salt}-\1"', svg)
    label = f'<svg role="img" aria-labelledby="{salt}-t {salt}-d" class="figure"'
    head = f'<title id="{salt}-t">{_escape(title)}</title><desc id="{salt}-d">{_escape(description)}</desc>'
    end = svg.index(">")
    return label + svg[len("<svg") : end + 1] + head + svg[end + 1 :]


def to_png(figure: Figure) -> bytes:
    """The figure as a 300 dpi PNG."""
    buffer = io.BytesIO()
    with mpl.rc_context(_RC):
        figure.savefig(buffer, format="png", dpi=300)
    return buffer.getvalue()


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
