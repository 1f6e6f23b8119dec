"""Scan: mid-sagittal, head up, front left, outlines, levels named beside the spine, scale bar."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from opentraction.chart import LEVELS, Disc, Level, Measure, Quality, Spine, VertebraName
from opentraction.clinic.figures.style import (
    LEVEL_ON_DARK,
    axes_at,
    lines_mm,
    new_figure,
    number,
    spread,
    styled,
    text_mm,
    wrapped,
    write,
)
from opentraction.evaluate import MidSagittal

_GROUND, _ON_IMAGE, _OUTLINE, _QUIET, _MARK = "#0B0D10", "#FFFFFE", "#F2E6C9", "#C9CFD4", "#F0C36D"
"""The scan is dark on any page and in print, so these are no tokens: they never change."""
_WIDTH, _TALLEST = 96.0, 150.0
_TITLE_PT, _NAME_PT, _FOOT_PT = 9.0, 9.0, 8.0
"""Larger than on the other figures: this one is printed at two thirds of its size."""


def scan_figure(
    section: MidSagittal, spine: Spine, *, target: Level | None, finding: str = "", simulated: bool = False
) -> Figure:
    """Draw the mid-sagittal picture: outlines (solid from labels, dashed derived) and fitted endplates.

    `finding` is a sentence that outweighs what the discs show, such as a suspected fracture; it is the title.
    """
    left, right, bottom, top = section.extent_mm
    shape = (top - bottom) / (right - left)
    tall = min(_WIDTH * shape, _TALLEST)
    title = wrapped(finding or scan_title(spine, target), _WIDTH - 5, _TITLE_PT, bold=True)
    made_up = section.simulated or spine.simulated
    foot = _foot(section, made_up=made_up, simulated=simulated)
    foot_lines = [
        (line, part.startswith(("SIMULATED", "PICTURE")))
        for part in foot
        for line in wrapped(part, _WIDTH - 5, _FOOT_PT, bold=True)
    ]
    head_mm, foot_mm = lines_mm(len(title), _TITLE_PT) + 3.5, lines_mm(len(foot_lines), _FOOT_PT) + 2.5
    figure = new_figure(_WIDTH, head_mm + tall + foot_mm)
    figure.set_facecolor(_GROUND)
    with styled():
        write(figure, 2.5, 2.0, "\n".join(title), size=_TITLE_PT, weight="bold", color=_ON_IMAGE)
        axis = axes_at(figure, 0, head_mm, _WIDTH, tall)
        axis.set_facecolor(_GROUND)
        if section.image is not None:
            axis.imshow(section.image, cmap="gray", extent=section.extent_mm, origin="upper", vmin=0, vmax=1)
        _outlines(axis, section)
        axis.set_xlim(left, right)
        axis.set_ylim(bottom, top)
        axis.set_aspect("equal")
        axis.axis("off")
        _names(axis, section, target, mm_per_data=min(_WIDTH / (right - left), tall / (top - bottom)))
        _frame(axis, section)
        for row, (line, bold) in enumerate(foot_lines):
            write(
                figure, 2.5, head_mm + tall + 1.0 + lines_mm(row, _FOOT_PT), line, size=_FOOT_PT,
                color=_MARK if bold else _QUIET, weight="bold" if bold else "normal",
            )  # fmt: skip
    return figure


def scan_title(spine: Spine, target: Level | None) -> str:
    """The finding of the picture: the largest slip, else the target, else the lowest disc that was seen."""
    seen = [disc for disc in spine.discs if disc.seen]
    slipped = [disc for disc in seen if disc.listhesis is not None and disc.listhesis.slipped]
    if slipped:
        worst = max(slipped, key=_slip_mm)
        assert worst.listhesis is not None  # by the choice above
        return (
            f"{worst.level}: {worst.level.above} slipped {_spoken(worst.listhesis.slip_mm)}, "
            f"Meyerding {worst.listhesis.grade_words}"
        )
    if not seen:
        return "No lumbar disc was seen on this picture"
    disc = next((disc for disc in seen if disc.level is target), None)
    if disc is not None:
        return f"Target {disc.level}: middle height {_spoken(disc.height_mid_mm)}"
    lowest = min(seen, key=lambda item: item.mean_height_mm.value)
    return f"Lowest disc {lowest.level}: mean height {_spoken(lowest.mean_height_mm)}"


def _slip_mm(disc: Disc) -> float:
    return abs(disc.listhesis.slip_mm.value) if disc.listhesis is not None else 0.0


def _spoken(measure: Measure) -> str:
    return f"{number(measure.value, 1)} mm ({number(measure.low, 1)} to {number(measure.high, 1)})"


def _foot(section: MidSagittal, *, made_up: bool, simulated: bool) -> list[str]:
    lines = ["Mid-sagittal. Solid: from labels. Dashed: derived or assumed. Not for diagnosis."]
    if section.by_hand:
        lines.append(
            "PICTURE GIVEN BY HAND: the sizes measured on it are not those of this course. It may be another "
            "scan, or another person's."
        )
    if made_up:
        lines.append("SIMULATED image")
    elif simulated:
        lines.append("SIMULATED course on a real scan" if section.image is not None else "SIMULATED course")
    return lines


def _dash(dashed: bool) -> str | tuple[int, tuple[float, ...]]:
    return (0, (3.0, 2.0)) if dashed else "-"


def _outlines(axis: Axes, section: MidSagittal) -> None:
    for outline in section.outlines:
        axis.plot(
            *outline.points_mm.T, color=_OUTLINE, linewidth=0.8, alpha=0.9, linestyle=_dash(outline.derived)
        )
        if outline.name in list(VertebraName):
            middle = outline.points_mm.mean(axis=0)
            axis.text(
                middle[0],
                middle[1],
                outline.name,
                color=_ON_IMAGE,
                fontsize=_NAME_PT,
                ha="center",
                va="center",
            )
    for endplate in section.endplates:
        dashed = endplate.quality is not Quality.MEASURED
        axis.plot(*endplate.points_mm.T, color=_ON_IMAGE, linewidth=0.9, linestyle=_dash(dashed))


def _names(axis: Axes, section: MidSagittal, target: Level | None, *, mm_per_data: float) -> None:
    """Level names in one column behind the spine, kept apart and inside the frame."""
    discs = {str(level): level for level in LEVELS}
    _, right, bottom, top = section.extent_mm
    ordered = sorted(section.levels, key=lambda name: name.at_mm[1])
    gap = (lines_mm(1, _NAME_PT) + 1.4) / mm_per_data
    places = spread([name.at_mm[1] for name in ordered], gap, bottom + gap, top - 2 * gap)
    for name, place in zip(ordered, places, strict=True):
        level = discs.get(name.name)
        aimed = level is not None and level is target
        text = f"{name.name}{' target' if aimed else ''}{'' if name.seen else ' (norms)'}"
        room = (text_mm(text, _NAME_PT, bold=aimed) + 2.5) / mm_per_data
        at = min(name.at_mm[0], right - room)
        axis.plot(
            [name.centre_mm[0], at], [name.centre_mm[1], place], color=_ON_IMAGE, linewidth=0.5, alpha=0.45,
        )  # fmt: skip
        axis.annotate(
            text, (at, place), fontsize=_NAME_PT, color=_ON_IMAGE, va="center",
            weight="bold" if aimed else "normal",
            bbox={"boxstyle": "round,pad=0.18", "facecolor": _GROUND, "alpha": 0.9,
                  "edgecolor": LEVEL_ON_DARK[level] if level is not None else _QUIET,
                  "linewidth": 2.0 if aimed else 1.2},
        )  # fmt: skip


def _frame(axis: Axes, section: MidSagittal) -> None:
    left, right, bottom, top = section.extent_mm
    box = {"boxstyle": "square,pad=0.15", "facecolor": _GROUND, "edgecolor": "none", "alpha": 0.7}
    for x, text, side in ((left + 4, "front", "left"), ((left + right) / 2, "head", "center"),
                          (right - 4, "back", "right")):  # fmt: skip
        axis.text(x, top - 4, text, color=_ON_IMAGE, fontsize=_NAME_PT, ha=side, va="top", bbox=box)
    axis.plot([left + 5, left + 25], [bottom + 5, bottom + 5], color=_GROUND, linewidth=5.0)
    axis.plot([left + 5, left + 25], [bottom + 5, bottom + 5], color=_ON_IMAGE, linewidth=2.5)
    axis.text(left + 5, bottom + 8, "20 mm", color=_ON_IMAGE, fontsize=_NAME_PT, va="bottom", bbox=box)
