"""The look of every figure: tokens, level colours, places in millimetres, text measured before it is set."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path
from matplotlib.ticker import FuncFormatter, MultipleLocator

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
    Level.L1_L2: "#B57400",
    Level.L2_L3: "#3689BE",
    Level.L3_L4: "#008A64",
    Level.L4_L5: "#00558F",
    Level.L5_S1: "#C65500",
}
"""Okabe-Ito order (orange, sky blue, green, blue, vermilion), darkened to 3:1 on the page's paper."""

LEVEL_ON_DARK: dict[Level, str] = {
    Level.L1_L2: "#E69F00",
    Level.L2_L3: "#56B4E9",
    Level.L3_L4: "#1DB88C",
    Level.L4_L5: "#6C9BF0",
    Level.L5_S1: "#F0803C",
}
"""The same hues for dark ground: dark pages, and the scan on any page."""

MM_PER_POINT = 25.4 / 72.0
TITLE_PT, SUBTITLE_PT, LABEL_PT, FOOT_PT = 10.0, 8.5, 8.0, 7.0
_LINE = 1.28
"""Line height over font size."""
_SET_WIDER = 1.02
"""Drivers of screens round each letter up: a line is set up to about 2 % wider than its outline."""

_RC: dict[Any, Any] = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Arial", "Helvetica", "sans-serif"],
    "font.size": 9.0,
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
    "text.parse_math": False,
    "xtick.labelsize": 8.0,
    "ytick.labelsize": 8.0,
    "axes.labelsize": 8.0,
    "xtick.color": TOKENS.quiet,
    "ytick.color": TOKENS.quiet,
    "lines.linewidth": 1.6,
}


def styled(**more: Any) -> AbstractContextManager[None]:
    """Context in which axes, text and lines take the house style."""
    settings: dict[Any, Any] = {**_RC, **more}
    return mpl.rc_context(settings)


def new_figure(width_mm: float, height_mm: float) -> Figure:
    """An empty styled figure of a size in millimetres."""
    with styled():
        return Figure(figsize=(width_mm / 25.4, height_mm / 25.4))


def size_mm(figure: Figure) -> tuple[float, float]:
    """Width and height of a figure [mm]."""
    return figure.get_figwidth() * 25.4, figure.get_figheight() * 25.4


def axes_at(figure: Figure, left: float, top: float, width: float, height: float, **more: Any) -> Axes:
    """Axes at a place in millimetres, measured from the figure's upper left corner."""
    across, down = size_mm(figure)
    return figure.add_axes((left / across, 1 - (top + height) / down, width / across, height / down), **more)


def write(figure: Figure, left: float, top: float, text: str, *, size: float = LABEL_PT, **more: Any) -> None:
    """Write text with its upper left corner (or as `ha`, `va` say) at a place in millimetres."""
    across, down = size_mm(figure)
    settings = {"ha": "left", "va": "top", "linespacing": _LINE, **more}
    figure.text(left / across, 1 - top / down, text, fontsize=size, **settings)


@lru_cache(maxsize=4096)
def text_mm(text: str, size: float = LABEL_PT, *, bold: bool = False) -> float:
    """Width of a line of text [mm] in the house font."""
    if not text.strip():
        return 0.0
    font = FontProperties(family="DejaVu Sans", weight="bold" if bold else "normal", size=size)
    width, _, _ = text_to_path.get_text_width_height_descent(text, font, False)
    return float(width) * MM_PER_POINT * _SET_WIDER


def wrapped(text: str, width_mm: float, size: float = LABEL_PT, *, bold: bool = False) -> list[str]:
    """Lines of `text` that fit a width [mm]; a word too long for a line is broken."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        for piece in _pieces(word, width_mm, size, bold):
            longer = f"{line} {piece}" if line else piece
            if line and text_mm(longer, size, bold=bold) > width_mm:
                lines.append(line)
                line = piece
            else:
                line = longer
    return [*lines, line] if line else lines


def _pieces(word: str, width_mm: float, size: float, bold: bool) -> list[str]:
    pieces = []
    while len(word) > 1 and text_mm(word, size, bold=bold) > width_mm:
        keep = max(1, int(len(word) * width_mm / text_mm(word, size, bold=bold)) - 1)
        pieces.append(word[:keep])
        word = word[keep:]
    return [*pieces, word]


def lines_mm(count: int, size: float) -> float:
    """Height of `count` lines of text [mm]."""
    return count * size * _LINE * MM_PER_POINT


def heading_mm(text: str, width_mm: float, size: float = TITLE_PT) -> float:
    """Height that `heading` takes [mm], the gap under it included."""
    return lines_mm(len(wrapped(text, width_mm, size, bold=True)), size) + 1.5


def heading(
    figure: Figure, left: float, top: float, width_mm: float, text: str, *, size: float = TITLE_PT
) -> None:
    """A bold title that says the finding, wrapped to its width."""
    write(
        figure, left, top, "\n".join(wrapped(text, width_mm, size, bold=True)), size=size, weight="bold",
    )  # fmt: skip


@dataclass(frozen=True)
class TableHead:
    """Title, subtitle and names of the columns above a table with a plot in it."""

    title: str
    subtitle: str
    columns: tuple[tuple[float, str, str], ...]
    """Of each column: place [mm], name, and the side on which it is aligned."""
    width_mm: float
    """Of the figure."""

    @property
    def mm(self) -> float:
        """Height down to the first row [mm]."""
        return self._names_mm + lines_mm(1, LABEL_PT) + 0.5

    @property
    def _subtitle_mm(self) -> float:
        return 2.0 + heading_mm(self.title, self.width_mm - 4, TITLE_PT)

    @property
    def _lines(self) -> list[str]:
        return wrapped(self.subtitle, self.width_mm - 4, SUBTITLE_PT)

    @property
    def _names_mm(self) -> float:
        return self._subtitle_mm + lines_mm(len(self._lines), SUBTITLE_PT) + 1.5

    def draw(self, figure: Figure) -> None:
        """Write it at the top of a figure."""
        heading(figure, 1.5, 2.0, self.width_mm - 4, self.title)
        write(figure, 1.5, self._subtitle_mm, "\n".join(self._lines), size=SUBTITLE_PT)
        for left, name, side in self.columns:
            write(figure, left, self._names_mm, name, ha=side, color=TOKENS.quiet)


def foot_mm(text: str, width_mm: float) -> float:
    """Height that `foot` takes [mm]."""
    return lines_mm(len(_foot_lines(text, width_mm)), FOOT_PT) + 2.0


def _foot_lines(text: str, width_mm: float) -> list[str]:
    return wrapped(text, width_mm - 3.0 - text_mm("SIMULATED", LABEL_PT, bold=True) - 6.0, FOOT_PT)


def foot(figure: Figure, text: str, *, simulated: bool) -> None:
    """The source of a figure, quiet, at its lower left; SIMULATED at its lower right where it is so."""
    width, height = size_mm(figure)
    write(
        figure, 1.5, height - 1.2, "\n".join(_foot_lines(text, width)), size=FOOT_PT, va="bottom",
        color=TOKENS.quiet,
    )  # fmt: skip
    if simulated:
        write(
            figure, width - 1.5, height - 1.2, "SIMULATED", size=LABEL_PT, va="bottom", ha="right",
            weight="bold", color=TOKENS.ask,
        )  # fmt: skip


def minutes(axis: Axes) -> None:
    """Label a time axis that is in seconds as minutes:seconds, at whole minutes."""
    low, high = axis.get_xlim()
    step = next(s for s in (60, 120, 300, 600, 900, 1800, 3600) if (high - low) / s <= 8 or s == 3600)
    axis.xaxis.set_major_locator(MultipleLocator(step))
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: clock(value)))


def clock(seconds: float) -> str:
    """Minutes:seconds."""
    whole = round(abs(seconds))
    return f"{'−' if seconds < 0 and whole else ''}{whole // 60}:{whole % 60:02d}"


def number(value: float, digits: int) -> str:
    """A number with a true minus sign, and no minus before a zero."""
    text = f"{value:.{digits}f}"
    text = text.lstrip("-") if float(text) == 0 else text
    return text.replace("-", "−")


@dataclass(frozen=True)
class EndLabel:
    """A label at the right end of a line: its text, the height of the line's end, its colour."""

    text: str
    y: float
    colour: str
    bold: bool = False
    detail: str = ""


def label_ends(axis: Axes, labels: list[EndLabel], *, height_mm: float) -> None:
    """Write labels right of the axes, each tied to its line, spread so that none overlaps another.

    `height_mm` is the height of the axes; it must hold all the labels at 3.6 mm each.
    """
    low, high = axis.get_ylim()
    room = lines_mm(1, LABEL_PT)
    ordered = sorted(labels, key=lambda label: label.y)
    wanted = [min(max((label.y - low) / (high - low), 0.0), 1.0) * height_mm for label in ordered]
    for label, start, place in zip(ordered, wanted, spread(wanted, room, 0.0, height_mm), strict=True):
        axis.annotate(
            label.text, (1.0, start / height_mm), xycoords="axes fraction",
            xytext=(11, (place - start) / MM_PER_POINT), textcoords="offset points",
            va="center", ha="left", fontsize=LABEL_PT, weight="bold" if label.bold else "normal",
            color=TOKENS.ink, annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": label.colour, "linewidth": 2.0 if label.bold else 1.1,
                        "shrinkA": 1.5, "shrinkB": 0.5, "relpos": (0.0, 0.5)},
        )  # fmt: skip


def spread(places: list[float], gap: float, low: float, high: float) -> list[float]:
    """Ascending places moved as little as is simple so that neighbours are `gap` apart, inside [low, high].

    When they cannot all fit, they start at `low` and run over `high`.
    """
    moved = list(places)
    for i in range(1, len(moved)):
        moved[i] = max(moved[i], moved[i - 1] + gap)
    if moved and moved[-1] > high:
        moved[-1] = high
        for i in range(len(moved) - 2, -1, -1):
            moved[i] = min(moved[i], moved[i + 1] - gap)
    if moved and moved[0] < low:
        moved = [max(place, low + i * gap) for i, place in enumerate(moved)]
    return moved
