"""Figures as files: SVG that follows the page's light or dark and is the same on every machine, and PNG."""

import io
import re
from pathlib import Path

from matplotlib.figure import Figure

from opentraction.clinic.console import write_whole
from opentraction.clinic.figures.style import LEVEL_COLOUR, TOKENS, styled

_VARIABLE = {
    **{colour: name for name, colour in vars(TOKENS).items()},
    **{colour: f"level-{level.value.lower()}" for level, colour in LEVEL_COLOUR.items()},
}
_COLOUR = re.compile("|".join(re.escape(colour) for colour in _VARIABLE), re.IGNORECASE)
_BY_UPPER = {colour.upper(): (name, colour) for colour, name in _VARIABLE.items()}


def to_svg(figure: Figure, *, title: str, description: str, salt: str) -> str:
    """The figure as inline SVG with a title for screen readers; token colours become CSS variables.

    The same figure and `salt` give the same bytes; `salt` must differ between the figures of one page.
    """
    buffer = io.StringIO()
    with styled(**{"svg.hashsalt": salt}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"\s*<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = _with_variables(svg)
    # ids are unique within one figure only: the salt makes them unique on a page of many
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{salt}-\1"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{salt}-\1)", svg)
    svg = re.sub(r'xlink:href="#([^"]+)"', rf'xlink:href="#{salt}-\1"', svg)
    label = f'<svg role="img" aria-labelledby="{salt}-t {salt}-d" class="figure"'
    head = f'<title id="{salt}-t">{_escape(title)}</title><desc id="{salt}-d">{_escape(description)}</desc>'
    end = svg.index(">")
    return label + svg[len("<svg") : end + 1] + head + svg[end + 1 :]


def to_png(figure: Figure) -> bytes:
    """The figure as a 300 dpi PNG."""
    buffer = io.BytesIO()
    with styled():
        figure.savefig(buffer, format="png", dpi=300, metadata={"Software": None})
    return buffer.getvalue()


def write_figure(path: Path, figure: Figure, *, title: str, description: str, salt: str) -> Path:
    """Write a figure whole, as SVG where the name ends so, else as PNG."""
    if path.suffix.lower() == ".svg":
        return write_whole(path, to_svg(figure, title=title, description=description, salt=salt))
    return write_whole(path, to_png(figure))


def _with_variables(svg: str) -> str:
    """Token colours inside tags (never in the text a person reads) become CSS variables with a fallback."""

    def named(match: re.Match[str]) -> str:
        name, colour = _BY_UPPER[match[0].upper()]
        return f"var(--{name}, {colour})"

    def tag(match: re.Match[str]) -> str:
        inside = _COLOUR.sub(named, match[0])
        return re.sub(r'(fill|stroke)="(var\([^"]*\))"', r'style="\1: \2"', inside)

    return re.sub(r"<[^>]+>", tag, svg)


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
