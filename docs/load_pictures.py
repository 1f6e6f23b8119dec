"""Drawing of the load path: the column from the side as it lies on a table, and what of a pull arrives."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from joint_pictures import BONE, NUCLEUS, Drawn
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from opentraction.chart import LEVELS, Posture, Setup, TableKind
from opentraction.clinic.figures.style import (
    LABEL_PT,
    TOKENS,
    axes_at,
    foot,
    heading,
    new_figure,
    styled,
    write,
)
from opentraction.mechanics import SpineModel
from opentraction.mechanics.disc.nucleus import path_points
from opentraction.mechanics.loading import (
    PULL_NUMBERS,
    Stance,
    friction_n,
    harness_line,
    line_of_pull,
    posture_load,
    transmitted_n,
)

Numbers = NDArray[np.float64]
TABLE_MM = -92.0
"""Height of the table under the spine in the drawing; not a number of the model."""
MOST_N = 400.0
LOWER_PART = "lower part: rolls on a split table,\nholds by friction on a plain one"
FOLLOWER, PULL = "#00558F", TOKENS.accent


def load_path_figure(model: SpineModel) -> Figure:
    """The column lying, head to the left, with the forces on it; beside it what a table's pull becomes."""
    figure = new_figure(170, 163)
    with styled():
        heading(
            figure, 3, 2, 164, "A pull has to pass skin, harness, friction and muscle before it meets a disc"
        )
        write(figure, 3, 10, "Lying on the table, head to the left, front up", size=LABEL_PT, weight="bold")
        panel = axes_at(figure, 2, 14, 166, 72)
        panel.set_axis_off()
        panel.set_xlim(-425.0, 165.0)
        panel.set_ylim(-140.0, 116.0)
        _column(panel, model)
        _loads(panel, model)
        _table(panel)
        write(
            figure,
            3,
            90,
            "What arrives at the spine while the pull rises and falls again",
            size=LABEL_PT,
            weight="bold",
        )
        _arriving(axes_at(figure, 17, 97, 75, 46), model)
        write(figure, 103, 97, "\n".join(_words(model)), size=LABEL_PT)
        foot(
            figure,
            "Norm spine, 75 kg; middle of all parameters, the band over 5-95 % of the samples. "
            "The spine and the points of hold are drawn to scale, the table is only indicated.",
            simulated=True,
        )
    return figure


def _page(points: Numbers) -> tuple[Numbers, Numbers]:
    """From the spine's own axes to the page: the head to the left, the front up."""
    return -points[2], points[0]


def _plate(drawn: Drawn, *, upper: bool) -> Numbers:
    """(3, 2) front and back end of an endplate of a joint, in the spine's own axes."""
    image = drawn.model.image
    ends = [drawn.surface(np.array([phi]), 1.0)[:, 0, -1 if upper else 0] for phi in (0.0, np.pi)]
    at = np.stack(ends, axis=1)
    return np.asarray(image.disc_turn[:, :, drawn.joint] @ at + image.disc_mm[:, drawn.joint, None])


def _column(panel: Axes, model: SpineModel) -> None:
    joints = [Drawn(model, k) for k in range(len(LEVELS))]
    for k, drawn in enumerate(joints):
        below, above = _plate(drawn, upper=False), _plate(drawn, upper=True)
        disc = np.concatenate([above, below[:, ::-1]], axis=1)
        panel.fill(*_page(disc), color=NUCLEUS)
        if k == 0:
            rise = _away(above) * model.image.body_mm[0]
            top = above + rise[:, None]
        else:
            top = _plate(joints[k - 1], upper=False)
        body = np.concatenate([above, top[:, ::-1]], axis=1)
        x, y = _page(body)
        panel.fill(x, y, facecolor=BONE, edgecolor=TOKENS.quiet, linewidth=0.9)
        panel.text(x.mean(), y.mean() + 10.0, f"L{k + 1}", ha="center", va="center", fontsize=LABEL_PT)
    last = _plate(joints[-1], upper=False)
    fall = -_away(last) * model.image.body_mm[-1]
    sacrum = np.concatenate([last, last[:, ::-1] + np.stack([fall, 0.85 * fall], axis=1)], axis=1)
    x, y = _page(sacrum)
    panel.fill(x, y, facecolor=BONE, edgecolor=TOKENS.ink, linewidth=1.6)
    panel.text(x.max(), y.min() - 3.0, "S1, held fixed", ha="center", va="top", fontsize=LABEL_PT)


def _away(plate: Numbers) -> Numbers:
    """Unit vector away from a disc, up, across an endplate."""
    along = plate[:, 0] - plate[:, 1]
    return np.array([-along[2], 0.0, along[0]]) / np.hypot(along[0], along[2])


def _loads(panel: Axes, model: SpineModel) -> None:
    centres = []
    for k in range(len(LEVELS)):
        drawn = Drawn(model, k)
        centres += [_path(drawn, upper=True), _path(drawn, upper=False)]
    x, y = _page(np.stack(centres, axis=1))
    panel.plot(x, y, color=FOLLOWER, linewidth=1.8, zorder=5)
    panel.plot(x, y, "o", color=FOLLOWER, markersize=2.6, zorder=5)
    _arrow(panel, (x[0] - 34.0, y[0] - 2.0), (x[0] - 3.0, y[0] - 0.2), FOLLOWER)
    _arrow(panel, (x[-1] + 40.0, y[-1] - 19.0), (x[-1] + 4.0, y[-1] - 2.0), FOLLOWER)
    line = harness_line(model.l1_mm[0], model.l1_mm[2], samples=1)
    _, lever, _ = line_of_pull(line, jnp.zeros(1), Posture.SUPINE)
    sacrum = model.image.disc_mm[:, -1]
    chest = np.asarray(lever)[:, 0] + model.l1_mm + sacrum
    hold = sacrum + np.array([float(line.forward_mm[0]), 0.0, -float(line.below_mm[0])])
    (x0, x1), (y0, y1) = _page(np.stack([chest, hold], axis=1))
    panel.plot([x0, x1], [y0, y1], color=PULL, linewidth=1.2, linestyle=(0, (5, 3)), zorder=4)
    for at, height in ((x0, y0), (x1, y1)):
        panel.plot(
            [at, at], [TABLE_MM + 4.0, 62.0], color=PULL, linewidth=5.0, alpha=0.25, solid_capstyle="butt"
        )
        panel.plot([at], [height], "s", color=PULL, markersize=4.5, zorder=6)
    _arrow(panel, (x1 + 4.0, y1), (x1 + 84.0, y1), PULL)
    _arrow(panel, (x0 - 4.0, y0), (x0 - 84.0, y0), PULL)
    say = {"fontsize": LABEL_PT, "ha": "center", "linespacing": 1.25}
    panel.text(x1, 66.0, "pelvic hold", va="bottom", **say)
    panel.text(x0, 66.0, "chest harness", va="bottom", **say)
    panel.text(x1 + 46.0, y1 + 5.0, "pull that\narrives", va="bottom", **say)
    panel.text(x0 - 46.0, y0 + 5.0, "the harness\nholds against it", va="bottom", **say)
    panel.annotate(
        "gravity, muscle and what presses lying:\nalong the discs, whatever their shape",
        (x[4], y[4]),
        xytext=(-110.0, 84.0),
        arrowprops=_leader(),
        color=FOLLOWER,
        **say,
    )
    panel.annotate(
        "line of pull: passes behind or ahead of the discs\nand turns them a little",
        (0.45 * x0 + 0.55 * x1, 0.45 * y0 + 0.55 * y1),
        xytext=(-85.0, -70.0),
        arrowprops=_leader(),
        color=PULL,
        **say,
    )


def _path(drawn: Drawn, *, upper: bool) -> Numbers:
    """Where the load along the column crosses an endplate, in the spine's own axes."""
    point = path_points(drawn.model.chain.segments.core)[0 if upper else 1]
    at = [0.0 if part is None else float(np.asarray(part)[drawn.joint, 0]) for part in point]
    return drawn.spine(np.array(at)[:, None], upper=upper)[:, 0]


def _leader() -> dict[str, object]:
    return {"arrowstyle": "-", "color": TOKENS.quiet, "linewidth": 0.6}


def _arrow(panel: Axes, start: tuple[float, float], end: tuple[float, float], colour: str) -> None:
    style = {
        "arrowstyle": "-|>",
        "color": colour,
        "linewidth": 1.8,
        "shrinkA": 0,
        "shrinkB": 0,
        "mutation_scale": 11,
    }
    panel.annotate("", end, xytext=start, arrowprops=style, zorder=6)


def _table(panel: Axes) -> None:
    for left, right, words in ((-420.0, -30.0, "upper part of the table stays"), (-24.0, 160.0, LOWER_PART)):
        panel.fill(
            [left, right, right, left],
            [TABLE_MM, TABLE_MM, TABLE_MM - 6.0, TABLE_MM - 6.0],
            color=TOKENS.line,
        )
        panel.text(
            0.5 * (left + right),
            TABLE_MM - 10.0,
            words,
            ha="center",
            va="top",
            fontsize=LABEL_PT,
            color=TOKENS.quiet,
            linespacing=1.25,
        )


def _arriving(axis: Axes, model: SpineModel) -> None:
    pull = np.concatenate([np.linspace(0.0, MOST_N, 81), np.linspace(MOST_N, 0.0, 81)[1:]])
    weight, lost = jnp.asarray(model.weight_n), jnp.asarray(model.found["lost_share"])
    passing = (1.0 - lost) * jnp.asarray(pull)[:, None]
    for kind, colour, style in ((TableKind.SPLIT, PULL, "-"), (TableKind.PLAIN, TOKENS.ask, (0, (5, 2)))):
        setup = Setup(table=kind)
        friction = friction_n(setup, weight, jnp.zeros_like(passing))
        passed = np.asarray(transmitted_n(passing, friction))
        low, high = np.quantile(passed, (0.05, 0.95), axis=1)
        axis.plot(pull, passed[:, 0], color=colour, linewidth=1.8, linestyle=style)
        up = slice(0, 81)
        axis.fill_between(pull[up], low[up], high[up], color=colour, alpha=0.15, linewidth=0)
    axis.set_xlim(0.0, MOST_N)
    axis.set_ylim(0.0, None)
    axis.set_xlabel("pull at the table [N]")
    axis.set_ylabel("pull at the spine [N]")
    axis.grid(True)
    axis.text(172, 140, "split table", color=PULL, fontsize=LABEL_PT, ha="right")
    axis.text(300, 12, "plain, rising", color=TOKENS.ask, fontsize=LABEL_PT, ha="left")
    axis.text(10, 104, "plain, falling", color=TOKENS.ask, fontsize=LABEL_PT, ha="left")


def _words(model: SpineModel) -> list[str]:
    lost = PULL_NUMBERS["lost_share"]
    lying = np.asarray(posture_load(model.trunk, Stance.SUPINE).compression_n)[3]
    up = np.asarray(posture_load(model.trunk, Stance.STANDING).compression_n)[3]

    def spread(values: Numbers) -> str:
        return f"{values[0]:.0f} N ({np.quantile(values, 0.05):.0f} to {np.quantile(values, 0.95):.0f})"

    return [
        "Along the discs at L4-L5",
        f"  standing: {spread(up)}",
        f"  lying: {spread(lying)}",
        "",
        "Taken from the pull",
        f"  skin and harness: {100 * lost.value:.0f} % ({100 * lost.low:.0f} to {100 * lost.high:.0f})",
        "  friction, plain table: up to half the",
        "  body's weight x 0.5; on the way back",
        "  it holds the stretch",
        "  guarding muscle: pulls the other way,",
        "  little in health, more in pain",
    ]
