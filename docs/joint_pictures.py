"""Drawings of the column of the model itself: one joint in section, and the column with what loads it.

Every line is a number of a `SpineModel`, sample 0 (the middle of all parameters), in the pose of its scan.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from opentraction.chart import Level
from opentraction.clinic.figures.style import (
    LABEL_PT,
    TOKENS,
    axes_at,
    foot,
    heading,
    new_figure,
    number,
    styled,
    write,
)
from opentraction.mechanics import SpineModel
from opentraction.mechanics.chain.motion import absolute, rotation
from opentraction.mechanics.disc.outline import edge
from opentraction.mechanics.fluid import cell_shares
from opentraction.mechanics.patient.assembly import inner_scale, outline_of
from opentraction.mechanics.segment.strands import GROUPS

Numbers = NDArray[np.float64]
NUCLEUS, BONE, FIRST, SECOND, FACET = "#DCEBF3", "#F0EEE6", TOKENS.accent, "#B57400", "#00558F"
NAMES = {
    "ALL": "anterior longitudinal",
    "PLL": "posterior longitudinal",
    "LF": "flavum",
    "CL": "capsule",
    "ISL": "interspinous",
    "SSL": "supraspinous",
    "ITL": "intertransverse",
}
ACROSS = np.linspace(0.0, 1.0, 25)
"""Shares of the height from the lower to the upper endplate."""


@dataclass(frozen=True)
class Drawn:
    """One joint of sample 0: its parts in the axes of the disc as imaged (x forward, y left, z up)."""

    model: SpineModel
    joint: int

    def __post_init__(self) -> None:
        """Places of the vertebrae."""
        chain, pose = self.model.chain, self.model.rest.pose
        turn, shift = np.asarray(rotation(jnp.asarray(pose.turn_rad))), np.asarray(pose.shift_mm)
        turns, places = absolute(chain.seat_turn, chain.seat_mm, jnp.asarray(turn), jnp.asarray(shift))
        upper, at = np.asarray(turns)[:, :, self.joint, 0], np.asarray(places)[:, self.joint, 0]
        own, moved = turn[:, :, self.joint, 0], shift[:, self.joint, 0]
        lower = upper @ own.T
        object.__setattr__(self, "_upper", (upper, at))
        object.__setattr__(self, "_lower", (lower, at - lower @ moved))

    def spine(self, points: Numbers, *, upper: bool) -> Numbers:
        """(3, n) points of a vertebra in the spine's own axes."""
        turn, at = self._upper if upper else self._lower  # type: ignore[attr-defined]
        return np.asarray(turn @ points + at[:, None])

    def disc(self, points: Numbers, *, upper: bool) -> Numbers:
        """(3, n) points of a vertebra in the disc's axes."""
        image = self.model.image
        off = self.spine(points, upper=upper) - image.disc_mm[:, self.joint, None]
        return np.asarray(image.disc_turn[:, :, self.joint].T @ off)

    @property
    def inner(self) -> float:
        """Scale of the outline that is the inner wall."""
        return float(np.asarray(inner_scale(self.model.found, self.model.sizes))[self.joint, 0])

    def rim(self, phi: Numbers) -> tuple[Numbers, Numbers, Numbers, Numbers, Numbers]:
        """Points of the stress-free outline at some angles, outward normals, and X . n."""
        at = edge(outline_of(self.model.image, self.model.sizes), phi)
        parts = (at.x, at.y, at.normal_x, at.normal_y, at.support)
        return tuple(np.asarray(part)[:, self.joint, 0] for part in parts)  # type: ignore[return-value]

    def surface(self, phi: Numbers, scale: float) -> Numbers:
        """(3, angle, share of height): a layer of the wall with its bulge, in the disc's axes."""
        x, y, nx, ny, support = self.rim(phi)
        rest, scanned = self.model.rest, self.model.scanned
        incline = 2.0 * np.tan(0.5 * float(rest.wedge_rad[self.joint, 0]))
        height = float(rest.height_mm[self.joint, 0]) + scale * x * incline
        low = self.disc(np.stack([scale * x, scale * y, -0.5 * height]), upper=False)
        high = self.disc(np.stack([scale * x, scale * y, 0.5 * height]), upper=True)
        modes, swelling = scanned.modes_mm[:, self.joint, 0], float(scanned.swelling[self.joint, 0])
        wave = sum(float(m) * np.cos(k * phi) for k, m in enumerate(modes))
        kept = swelling * height / np.linalg.norm(high - low, axis=0) - 1.0
        bulge = self.inner / scale * wave + 0.75 * support * (scale - self.inner**2 / scale) * kept
        across = low[..., None] + (high - low)[..., None] * ACROSS
        way = 4.0 * ACROSS * (1.0 - ACROSS)
        out = np.stack([nx, ny, np.zeros_like(nx)])
        return np.asarray(across + out[..., None] * (bulge[:, None] * way))

    @property
    def rims(self) -> list[float]:
        """Scales of the borders of the layers, from the inner wall out."""
        share = np.linspace(0.0, 1.0, self.model.chain.segments.wall.x_mm.shape[0] + 1)
        return [float(np.sqrt(self.inner**2 + s * (1.0 - self.inner**2))) for s in share]

    @property
    def strands(self) -> tuple[Numbers, Numbers, list[str]]:
        """Ends of the strands, (3, strand) each, and the group of each."""
        found = self.model.chain.segments.strands
        high, low = (
            np.stack([np.asarray(part)[:, self.joint, 0] for part in ends])
            for ends in (found.upper_mm, found.lower_mm)
        )
        groups = [GROUPS[group] for group in found.group]
        return self.disc(high, upper=True), self.disc(low, upper=False), groups

    @property
    def facets(self) -> tuple[Numbers, Numbers]:
        """Pressing points (3, 5) of the left joint, the tip last, and their normals."""
        found = self.model.chain.segments.facets
        points = np.stack([np.asarray(part)[:, self.joint, 0] for part in found.upper_mm])
        normal = np.stack([np.asarray(part)[:, self.joint, 0] for part in found.normal])
        ends = self.disc(normal, upper=False) - self.disc(np.zeros_like(normal), upper=False)
        return self.disc(points, upper=True), ends


def joint_figure(model: SpineModel, level: Level = Level.L4_L5) -> Figure:
    """One joint: cut through the middle from above, the side view, and the wall unrolled."""
    drawn = Drawn(model, level.place)
    figure = new_figure(170, 152)
    with styled():
        heading(figure, 3, 2, 164, "One joint: a nucleus in a wall of crossed fibres, ligaments, two facets")
        write(figure, 3, 10, "From above, front at the top", size=LABEL_PT, weight="bold")
        _from_above(_panel(figure, 1, 14, 84, 76, (54.0, -54.0), (-70.0, 27.7)), drawn)
        write(figure, 88, 10, "From the left, front at the left", size=LABEL_PT, weight="bold")
        _from_side(_panel(figure, 85, 14, 84, 76, (38.0, -68.0), (-48.0, 48.0)), drawn)
        write(
            figure,
            3,
            95,
            "The left half of the outer layer unrolled, twice as large: four strips, each with "
            "two families of fibres",
            size=LABEL_PT,
            weight="bold",
        )
        _unrolled(_panel(figure, 10, 99, 150, 44, None, None), drawn)
        foot(
            figure,
            f"{level} of the norm spine, middle of all parameters, lying as for a scan. Drawn to "
            "scale from the model's own numbers; bones are rigid and shown in outline only.",
            simulated=True,
        )
    return figure


def _panel(
    figure: Figure,
    left: float,
    top: float,
    width: float,
    height: float,
    x: tuple[float, float] | None,
    y: tuple[float, float] | None,
) -> Axes:
    """Axes without frame; with limits, one millimetre is the same along both."""
    panel = axes_at(figure, left, top, width, height)
    panel.set_axis_off()
    if x is not None and y is not None:
        panel.set_xlim(*x)
        panel.set_ylim(*y)
    return panel


def _label(
    panel: Axes, text: str, at: tuple[float, float], place: tuple[float, float], **more: object
) -> None:
    settings: dict[str, object] = {"ha": "center", "va": "center", "fontsize": LABEL_PT, "color": TOKENS.ink}
    arrow = {"arrowstyle": "-", "color": TOKENS.quiet, "linewidth": 0.6, "shrinkA": 1, "shrinkB": 0}
    panel.annotate(text, at, xytext=place, arrowprops=arrow, **(settings | more))  # type: ignore[arg-type]


def _scale_bar(panel: Axes, x: float, y: float, step: float) -> None:
    panel.plot([x, x + step], [y, y], color=TOKENS.ink, linewidth=1.6, solid_capstyle="butt")
    panel.text(x + 0.5 * step, y - 1.2, "10 mm", ha="center", va="top", fontsize=LABEL_PT)


def _from_above(panel: Axes, drawn: Drawn) -> None:
    """x forward is up, y left is to the left."""
    turn = np.linspace(0.0, 2.0 * np.pi, 181)
    for scale in drawn.rims:
        middle = drawn.surface(turn, scale)[:, :, len(ACROSS) // 2]
        inner, outer = scale == drawn.rims[0], scale == drawn.rims[-1]
        if inner:
            panel.fill(middle[1], middle[0], color=NUCLEUS, zorder=1)
        panel.plot(
            middle[1],
            middle[0],
            color=TOKENS.ink if inner or outer else TOKENS.quiet,
            linewidth=1.6 if inner or outer else 0.6,
            zorder=3,
        )
    strips = 2 * drawn.model.chain.segments.wall.x_mm.shape[1]
    for phi in np.arange(strips) * 2.0 * np.pi / strips:
        ray = np.stack([drawn.surface(np.array([phi]), scale)[:, 0, 12] for scale in drawn.rims])
        panel.plot(ray[:, 1], ray[:, 0], color=TOKENS.quiet, linewidth=0.6)
    high, low, groups = drawn.strands
    middle = 0.5 * (high + low)
    for sign in (1.0, -1.0):
        panel.plot(sign * middle[1], middle[0], "o", color=TOKENS.ink, markersize=3.0, zorder=4)
        _facet_from_above(panel, drawn, sign)
    at = {name: middle[:2, [g == name for g in groups]] for name in NAMES}
    places = {
        "ALL": (26.0, 23.5),
        "PLL": (-30.0, -19.0),
        "LF": (-16.0, -46.0),
        "CL": (36.0, -35.0),
        "ISL": (-24.0, -54.0),
        "SSL": (24.0, -60.0),
        "ITL": (30.0, -20.0),
    }
    for name, (across, up) in places.items():
        left = np.argmax(np.sign(across) * at[name][1] + 1e-3 * at[name][0])
        point = at[name][:, left]
        _label(panel, NAMES[name], (np.sign(across) * abs(point[1]), point[0]), (across, up))
    panel.text(0, 0.5, "nucleus", ha="center", va="center", fontsize=LABEL_PT)
    wall = drawn.surface(np.array([0.9]), drawn.rims[1])[:, 0, 12]
    _label(panel, "wall: 3 layers\nin 8 strips", (-wall[1], wall[0]), (-32.0, 24.0))
    points, _ = drawn.facets
    _label(panel, "facet", (-points[1, :4].mean(), points[0, :4].mean()), (-34.0, -38.0))
    _scale_bar(panel, 50.0, -44.0, -10.0)


def _facet_from_above(panel: Axes, drawn: Drawn, sign: float) -> None:
    points, normal = drawn.facets
    centre = points[:, :4].mean(axis=1)
    along = np.array([normal[1, 0], -normal[0, 0]])
    along = along / np.linalg.norm(along)
    for gap in (-0.6, 0.6):
        line = centre[:2, None] + np.outer(normal[:2, 0], [gap, gap]) + np.outer(along, [-7.0, 7.0])
        panel.plot(sign * line[1], line[0], color=FACET, linewidth=1.8)
    panel.plot(sign * points[1, :4], points[0, :4], ".", color=FACET, markersize=4)


def _from_side(panel: Axes, drawn: Drawn) -> None:
    """Front at the left: x runs to the left."""
    front, back = np.array([0.0]), np.array([np.pi])
    plates = {
        upper: np.stack([drawn.surface(phi, 1.0)[:, 0, -1 if upper else 0] for phi in (front, back)], axis=1)
        for upper in (True, False)
    }
    for upper, plate in plates.items():
        tall = drawn.model.image.body_mm[drawn.joint + (0 if upper else 1)] * (1.0 if upper else -1.0)
        along = plate[:, 1] - plate[:, 0]
        up = np.array([-along[2], 0.0, along[0]]) / np.hypot(along[0], along[2]) * -tall
        box = np.stack([plate[:, 0], plate[:, 1], plate[:, 1] + up, plate[:, 0] + up], axis=1)
        panel.fill(box[0], box[2], facecolor=BONE, edgecolor=TOKENS.quiet, linewidth=0.8, zorder=0)
        name = str(drawn.model.levels[drawn.joint]).split("-")[0 if upper else 1]
        panel.text(
            plate[0].mean(), plate[2].mean() + 0.86 * up[2], name, ha="center", va="center", fontsize=9
        )
    _side_of_disc(panel, drawn)
    high, low, groups = drawn.strands
    for place, group in enumerate(groups):
        panel.plot(
            [high[0, place], low[0, place]],
            [high[2, place], low[2, place]],
            color=TOKENS.ink,
            linewidth=1.0,
            zorder=4,
            alpha=0.45 if group in ("CL", "ITL") else 1.0,
        )
    points, normal = drawn.facets
    panel.plot(points[0, :4], points[2, :4], "o", color=FACET, markersize=3.4, zorder=5)
    panel.plot(points[0, 4], points[2, 4], "^", color=FACET, markersize=5, zorder=5)
    stop = points[[0, 2], 4] + 2.0 * normal[[0, 2], 4]
    along = np.array([normal[2, 4], -normal[0, 4]])
    ends = stop[:, None] + np.outer(along, [-5.0, 5.0])
    panel.plot(ends[0], ends[1], color=FACET, linewidth=1.6)
    middle = 0.5 * (high + low)
    at = {name: middle[:, groups.index(name)] for name in NAMES}
    for name, place in {
        "ALL": (28.5, 24.0),
        "PLL": (-30.0, -26.0),
        "ISL": (-53.0, 14.0),
        "SSL": (-55.0, -31.0),
        "LF": (-31.0, 33.0),
    }.items():
        _label(panel, NAMES[name].replace(" ", "\n"), (at[name][0], at[name][2]), place)
    _label(panel, "facet: four points press", (points[0, 2], points[2, 2]), (-37.0, 41.0))
    _label(panel, "tip stops at the lamina", (points[0, 4], points[2, 4]), (-46.0, -42.0))


def _side_of_disc(panel: Axes, drawn: Drawn) -> None:
    sides = {
        scale: [drawn.surface(np.array([phi]), scale)[:, 0] for phi in (0.0, np.pi)] for scale in drawn.rims
    }
    front, back = sides[drawn.rims[0]]
    panel.fill(
        np.concatenate([front[0], back[0][::-1]]), np.concatenate([front[2], back[2][::-1]]), color=NUCLEUS
    )
    for scale, curves in sides.items():
        edge_of = scale in (drawn.rims[0], drawn.rims[-1])
        for curve in curves:
            panel.plot(
                curve[0],
                curve[2],
                color=TOKENS.ink if edge_of else TOKENS.quiet,
                linewidth=1.6 if edge_of else 0.6,
            )
    for start, stop in ((0, 0), (-1, -1)):
        panel.plot(
            [sides[1.0][0][0, start], sides[1.0][1][0, stop]],
            [sides[1.0][0][2, start], sides[1.0][1][2, stop]],
            color=TOKENS.ink,
            linewidth=1.6,
        )
    # cells of the nucleus' path, from mid-height to the upper endplate, at a quarter of the width
    shares = np.cumsum(cell_shares())
    for share in shares:
        height = round((0.5 + 0.5 * share) * (len(ACROSS) - 1))
        rise = (0.5 + 0.5 * share) * (len(ACROSS) - 1)
        z = np.interp(rise, np.arange(len(ACROSS)), 0.5 * (front[2] + back[2]))
        x = 0.5 * (front[0, height] + back[0, height])
        panel.plot([x - 4.0, x + 4.0], [z, z], color=FACET, linewidth=0.5)
    _label(panel, "water: cells,\nfinest at the plate", (1.0, 5.0), (0.0, 17.0))
    _label(
        panel,
        "water: cells,\nfinest at the rim",
        (0.5 * (sides[1.0][0][0, 12] + front[0, 12]), -1.6),
        (2.0, -19.0),
    )
    outer, inner = sides[1.0][0][0, 12], front[0, 12]
    for share in shares:
        panel.plot([inner + share * (outer - inner)] * 2, [-1.6, 1.6], color=FACET, linewidth=0.5)


def _unrolled(panel: Axes, drawn: Drawn) -> None:
    """The outermost layer from the middle in front (left) round the left side to the middle behind."""
    wall = drawn.model.chain.segments.wall
    strips = wall.x_mm.shape[1]
    borders = np.linspace(0.0, np.pi, 16 * strips + 1)
    scale = float(
        np.hypot(wall.x_mm[-1, 0, drawn.joint, 0], wall.y_mm[-1, 0, drawn.joint, 0])
        / np.hypot(*np.array(drawn.rim(np.array([np.pi / 8]))[:2])[:, 0])
    )
    layer = drawn.surface(borders, scale)
    run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(layer[:, :, 12], axis=1), axis=0))])
    tall = np.linalg.norm(layer[:, :, -1] - layer[:, :, 0], axis=0)
    panel.fill_between(run, -0.5 * tall, 0.5 * tall, color=BONE, linewidth=0)
    panel.plot(run, 0.5 * tall, color=TOKENS.ink, linewidth=1.4)
    panel.plot(run, -0.5 * tall, color=TOKENS.ink, linewidth=1.4)
    for strip in range(strips):
        first, last = run[16 * strip], run[16 * strip + 16]
        panel.plot(
            [first, first],
            [-0.5 * tall[16 * strip], 0.5 * tall[16 * strip]],
            color=TOKENS.quiet,
            linewidth=0.6,
        )
        angle = float(
            np.arctan2(
                np.sqrt(wall.sin_square[-1, strip, drawn.joint, 0]),
                np.sqrt(wall.cos_square[-1, strip, drawn.joint, 0]),
            )
        )
        for sign, colour in ((1.0, FIRST), (-1.0, SECOND)):
            for start in np.arange(first - 30.0, last + 30.0, 3.2):
                u = np.linspace(first, last, 60)
                v = sign * np.tan(angle) * (u - start)
                inside = np.abs(v) < 0.5 * np.interp(u, run, tall)
                panel.plot(u[inside], v[inside], color=colour, linewidth=0.8)
        panel.text(
            0.5 * (first + last),
            -0.5 * tall.max() - 1.0,
            f"±{number(np.degrees(angle), 0)}°",
            ha="center",
            va="top",
            fontsize=LABEL_PT,
        )
    panel.plot([run[-1]] * 2, [-0.5 * tall[-1], 0.5 * tall[-1]], color=TOKENS.quiet, linewidth=0.6)
    panel.text(-1, 0, "front", ha="right", va="center", fontsize=LABEL_PT)
    panel.text(run[-1] + 1, 0, "back", ha="left", va="center", fontsize=LABEL_PT)
    panel.set_xlim(-6.0, 69.0)
    panel.set_ylim(-11.0, 11.0)
