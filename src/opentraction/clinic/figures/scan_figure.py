"""Scan: mid-sagittal, head up, front left, outlines, levels named beside the spine, scale bar."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from opentraction.chart import LEVELS, Level, Quality, Spine, VertebraName
from opentraction.clinic.figures.style import LEVEL_COLOUR, TOKENS, new_figure, simulated_mark, styled
from opentraction.evaluate import MidSagittal

_OUTLINE = "#F2E6C9"
_ENDPLATE = "#FFFFFF"
_ON_IMAGE = "#FFFFFF"
"""On the picture itself ink is light whatever the page: the scan is dark."""


def scan_figure(section: MidSagittal, spine: Spine, *, target: Level | None) -> Figure:
    """Draw the mid-sagittal picture: outlines (solid from labels, dashed derived) and fitted endplates."""
    left, right, bottom, top = section.extent_mm
    width_mm = 92.0
    height_mm = min(width_mm * (top - bottom) / (right - left), 170.0)
    figure = new_figure(width_mm, height_mm, arranged=False)
    with styled():
        axis = figure.add_axes((0, 0, 1, 1))
        axis.set_facecolor("#0B0D10")
        if section.image is not None:
            axis.imshow(section.image, cmap="gray", extent=section.extent_mm, origin="upper", vmin=0, vmax=1)
        for outline in section.outlines:
            _closed(axis, outline.points_mm, dashed=outline.derived)
            if outline.name in list(VertebraName):
                middle = outline.points_mm.mean(axis=0)
                axis.text(
                    middle[0],
                    middle[1],
                    outline.name,
                    color=_ON_IMAGE,
                    fontsize=6.5,
                    ha="center",
                    va="center",
                )
        for endplate in section.endplates:
            dashed = endplate.quality is not Quality.MEASURED
            axis.plot(*endplate.points_mm.T, color=_ENDPLATE, linewidth=0.9, linestyle=_dash(dashed))
        _names(axis, section, target)
        _frame(axis, section)
        axis.set_xlim(left, right)
        axis.set_ylim(bottom, top)
        axis.set_aspect("equal")
        axis.axis("off")
        simulated_mark(figure, section.simulated or spine.simulated)
    return figure


def _dash(dashed: bool) -> str | tuple[int, tuple[float, ...]]:
    return (0, (3.0, 2.0)) if dashed else "-"


def _closed(axis: Axes, points_mm, *, dashed: bool) -> None:  # type: ignore[no-untyped-def]
    axis.plot(*points_mm.T, color=_OUTLINE, linewidth=0.8, alpha=0.85, linestyle=_dash(dashed))


def _names(axis: Axes, section: MidSagittal, target: Level | None) -> None:
    discs = {str(level): level for level in LEVELS}
    for name in section.levels:
        level = discs.get(name.name)
        aimed = level is not None and level is target
        text = f"{name.name}{' target' if aimed else ''}{'' if name.seen else ' (norms)'}"
        edge = LEVEL_COLOUR[level] if level is not None else "none"
        axis.plot(
            [name.centre_mm[0], name.at_mm[0]], [name.centre_mm[1], name.at_mm[1]],
            color=_ON_IMAGE, linewidth=0.4, alpha=0.35,
        )  # fmt: skip
        axis.annotate(
            text, name.at_mm, fontsize=7.5 if level is not None else 6.5, color=_ON_IMAGE, va="center",
            weight="bold" if aimed else "normal",
            bbox={"boxstyle": "round,pad=0.15", "facecolor": "#0B0D10", "edgecolor": edge, "alpha": 0.85,
                  "linewidth": 1.2 if level is not None else 0.0},
        )  # fmt: skip


def _frame(axis: Axes, section: MidSagittal) -> None:
    left, right, bottom, top = section.extent_mm
    for x, text, side in ((left + 4, "front", "left"), (right - 4, "back", "right")):
        axis.text(x, top - 4, text, color=_ON_IMAGE, fontsize=7.5, ha=side, va="top")
    axis.text((left + right) / 2, top - 4, "head", color=_ON_IMAGE, fontsize=7.5, ha="center", va="top")
    axis.plot([left + 5, left + 25], [bottom + 9, bottom + 9], color=_ON_IMAGE, linewidth=2)
    axis.text(left + 5, bottom + 11, "20 mm", color=_ON_IMAGE, fontsize=7, va="bottom")
    axis.text(left + 5, bottom + 3, "not for diagnosis", color=TOKENS.line, fontsize=6.5, va="bottom")
