"""Figures of the report as SVG text, from plain arrays; colours are variables of the page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 560.0, 330.0
LEFT, RIGHT, TOP, BOTTOM = 62.0, 118.0, 14.0, 44.0
MARK = 4.5
WORD = {"pass": "pass", "fail": "fail", "weak": "weak", "cannot_say": "cannot say"}


@dataclass(frozen=True)
class Scale:
    """From values to places: linear on both axes."""

    x: tuple[float, float]
    y: tuple[float, float]
    height: float = HEIGHT

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Place of a point."""
        across = (x - self.x[0]) / (self.x[1] - self.x[0])
        up = (y - self.y[0]) / (self.y[1] - self.y[0])
        return LEFT + across * (WIDTH - LEFT - RIGHT), self.height - BOTTOM - up * (
            self.height - TOP - BOTTOM
        )


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers from low to high, some `about` of them."""
    rough = (high - low) / about
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * k for k in (1, 2, 5, 10) if size * k >= rough)
    first = math.ceil(low / step - 1e-9)
    return [round(k * step, 10) for k in range(first, math.floor(high / step + 1e-9) + 1)]


def mark(x: float, y: float, word: str) -> str:
    """A verdict's shape: circle passed, octagon failed, triangle weak, ring without a verdict."""
    name = f"<title>{WORD[word]}</title>"
    if word == "fail":
        corners = [(x + MARK * 1.1 * math.cos(a), y + MARK * 1.1 * math.sin(a)) for a in _octagon()]
        return f'<polygon class="fail" points="{_points(corners)}">{name}</polygon>'
    if word == "weak":
        corners = [(x, y - MARK), (x + MARK, y + MARK), (x - MARK, y + MARK)]
        return f'<polygon class="weak" points="{_points(corners)}">{name}</polygon>'
    kind = "pass" if word == "pass" else "silent"
    return f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="{MARK}">{name}</circle>'


def _octagon() -> list[float]:
    return [math.pi / 8 + k * math.pi / 4 for k in range(8)]


def _points(corners: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)


def _text(x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{escape(words)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _svg(body: Sequence[str], height: float, label: str) -> str:
    head = f'<svg viewBox="0 0 {WIDTH:g} {height:g}" role="img" aria-label="{escape(label, quote=True)}">'
    return "".join([head, *body, "</svg>"])


def _axes(scale: Scale, x_label: str, y_label: str) -> list[str]:
    parts = []
    for value in ticks(*scale.y):
        x, y = scale.at(scale.x[0], value)
        parts += [_line(x, y, WIDTH - RIGHT, y, "grid"), _text(x - 6, y + 4, f"{value:g}", "tick", "end")]
    for value in ticks(*scale.x):
        x, y = scale.at(value, scale.y[0])
        parts += [_line(x, y, x, y + 4, "axis"), _text(x, y + 17, f"{value:g}", "tick", "middle")]
    left, base = scale.at(scale.x[0], scale.y[0])
    parts.append(_line(left, base, WIDTH - RIGHT, base, "axis"))
    parts.append(_text((left + WIDTH - RIGHT) / 2, scale.height - 8, x_label, "label", "middle"))
    turn = f'transform="rotate(-90 14 {scale.height / 2:.0f})"'
    parts.append(
        f'<text x="14" y="{scale.height / 2:.0f}" class="label" text-anchor="middle" {turn}>'
        f"{escape(y_label)}</text>"
    )
    return parts


def curve_svg(
    load: Sequence[float],
    p05: Sequence[float],
    p50: Sequence[float],
    p95: Sequence[float],
    linear: Sequence[float],
    points: Sequence[tuple[str, float, float, float, float, str]],
    *,
    x_label: str,
    y_label: str,
    label: str,
) -> str:
    """A curve: band 5 to 95 %, median, linear disc dashed, points with windows.

    Points are (id, load, value, low, high, verdict).
    """
    all_y = [0.0, *p05, *p95, *linear, *(v for point in points for v in point[3:5] if math.isfinite(v))]
    top, low = max(all_y), min(all_y)
    reach = (top - low) or 1.0
    scale = Scale((0.0, max(load) * 1.02), (low - 0.02 * reach, top + 0.05 * reach))
    body = _axes(scale, x_label, y_label)
    upper = [scale.at(x, y) for x, y in zip(load, p95, strict=True)]
    lower = [scale.at(x, y) for x, y in zip(load, p05, strict=True)]
    body.append(f'<polygon class="band" points="{_points([*upper, *reversed(lower)])}"/>')
    places = []
    for kind, values, words in (("null", linear, "linear disc"), ("median", p50, "model, median")):
        path = [scale.at(x, y) for x, y in zip(load, values, strict=True)]
        body.append(f'<polyline class="{kind}" points="{_points(path)}"/>')
        places.append((path[-1], words))
    apart = places[0][0][1] - places[1][0][1]
    shift = (6.0 if apart >= 0 else -6.0) if abs(apart) < 13.0 else 0.0
    for ((x, y), words), move in zip(places, (shift, -shift), strict=True):
        body.append(_text(x + 6, y + 4 + move, words, "label"))
    for identity, at, value, bottom, above, word in points:
        x, y = scale.at(at, value)
        (_, y_low), (_, y_high) = scale.at(at, max(bottom, low)), scale.at(at, min(above, top))
        body += [_line(x, y_low, x, y_high, "window"), _line(x - 4, y_low, x + 4, y_low, "window")]
        body += [_line(x - 4, y_high, x + 4, y_high, "window"), mark(x, y, word)]
        body.append(_text(x + 7, y - 5, identity, "tick"))
    return _svg(body, HEIGHT, label)


def ratio_svg(
    rows: Sequence[tuple[str, str, tuple[float, float, float], float | None, tuple[float, float], str]],
    *,
    label: str,
) -> str:
    """Scalars on one axis, each over its published value: (id, words, band, linear disc, window, verdict).

    1 is the published value; what lies beyond the axis is drawn at its edge with an arrow.
    """
    step, height = 20.0, TOP + BOTTOM + 20.0 * len(rows)
    scale = Scale((-1.0, 3.0), (0.0, 1.0), height)
    body: list[str] = []
    for value in (-1.0, 0.0, 1.0, 2.0, 3.0):
        x, _ = scale.at(value, 0.0)
        body.append(_line(x, TOP, x, height - BOTTOM, "axis" if value == 1.0 else "grid"))
        body.append(_text(x, height - BOTTOM + 16, f"{value:g}", "tick", "middle"))
    middle, _ = scale.at(1.0, 0.0)
    body.append(_text(middle, height - 10, "model over published value; 1 is equal", "label", "middle"))
    for place, (identity, words, band, linear, window, word) in enumerate(rows):
        y = TOP + step * (place + 0.5)
        (low, _), (high, _) = scale.at(_kept(window[0]), 0.0), scale.at(_kept(window[1]), 0.0)
        wide = max(high - low, 1.0)
        body.append(f'<rect class="frame" x="{low:.1f}" y="{y - 6:.1f}" width="{wide:.1f}" height="12"/>')
        first, mid, last = (scale.at(_kept(value), 0.0)[0] for value in band)
        body.append(_line(first, y, last, y, "window"))
        if linear is not None:
            x, _ = scale.at(_kept(linear), 0.0)
            body.append(f'<path class="null" d="M{x - 4:.1f} {y - 4:.1f}l8 8m0 -8l-8 8"/>')
        body.append(mark(mid, y, word))
        if not -1.0 <= band[1] <= 3.0:
            body.append(
                _text(
                    mid + (9 if band[1] > 3.0 else -9),
                    y + 4,
                    ">" if band[1] > 3.0 else "<",
                    "label",
                    "middle",
                )
            )
        body.append(_text(LEFT - 8, y + 4, identity, "tick", "end"))
        body.append(_text(WIDTH - RIGHT + 16, y + 4, words, "tick"))
    return _svg(body, height, label)


def _kept(value: float) -> float:
    """A ratio held inside the axis."""
    return min(max(value, -1.0), 3.0)
