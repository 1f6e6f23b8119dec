"""Pictures of runs: hours and minutes, pressure against pull, error of the steps, validation curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator
from numpy.typing import NDArray

from opentraction import mechanics
from opentraction.chart import Family, Hold, Level, Ramp, Release, TractionProfile
from opentraction.clinic.figures.style import (
    LABEL_PT,
    LEVEL_COLOUR,
    TOKENS,
    EndLabel,
    axes_at,
    foot,
    heading,
    label_ends,
    new_figure,
    styled,
    write,
)
from opentraction.mechanics.chain.march import march
from opentraction.mechanics.chain.model import start_state
from opentraction.mechanics.fluid import CELLS
from opentraction.mechanics.loading import (
    BLOCK,
    history_durations_s,
    history_layout,
    posture_load,
    setup_stance,
)
from opentraction.mechanics.loading.grid import LYING_BEFORE_SESSION_S
from opentraction.mechanics.outputs.session import simulate_pull
from opentraction.mechanics.outputs.shape import moved
from opentraction.mechanics.patient.loads import history
from opentraction.mechanics.validating import Curve, Status
from opentraction.mechanics.validating.rows import duty
from opentraction.mechanics.validating.steps import Accuracy, accuracies
from opentraction.mechanics.validating.targets import read_targets

Numbers = NDArray[np.float64]
FOREMOST = Level.L4_L5
AFTER_S = 3600.0
SESSION = TractionProfile(
    name="300 N for 20 min",
    family=Family.STATIC,
    segments=(Ramp(force_n=300, duration_s=60), Hold(duration_s=1080), Release(duration_s=60)),
)
CYCLES = TractionProfile(
    name="12 cycles of 300 to 100 N",
    family=Family.INTERMITTENT,
    segments=(
        *(
            Ramp(force_n=300, duration_s=10),
            Hold(duration_s=60),
            Ramp(force_n=100, duration_s=10),
            Hold(duration_s=30),
        )
        * 12,
        Release(duration_s=30),
    ),
)
MARKS = {
    Status.PASS: ("o", TOKENS.good),
    Status.FAIL: ("X", TOKENS.stop),
    Status.WEAK: ("^", TOKENS.quiet),
    Status.CANNOT_SAY: ("o", TOKENS.quiet),
}
SUBJECT = "Norm spine of grade 2, 75 kg, supine on a split table"


@dataclass(frozen=True)
class Piece:
    """A piece of time of its own scale: minutes from its start, and (level, time, sample) values."""

    name: str
    minutes: Numbers
    pressure_mpa: Numbers
    height_mm: Numbers


def hours_figure(model: mechanics.SpineModel) -> Figure:
    """Height and pressure over night, day, lying, session and the hour after."""
    pieces = _pieces(model)
    widths = (22.0, 30.0, 26.0, 30.0, 26.0)
    figure = new_figure(170, 124)
    with styled():
        heading(figure, 3, 2, 164, _day_in_short(pieces))
        reference = pieces[0].height_mm[:, -1:]
        for row, (top, what) in enumerate(((21.0, "height since the night [mm]"), (69.0, "pressure [MPa]"))):
            values = [p.height_mm - reference if row == 0 else p.pressure_mpa for p in pieces]
            low = min(np.quantile(v[FOREMOST.place], 0.05, axis=-1).min() for v in values)
            high = max(np.quantile(v[FOREMOST.place], 0.95, axis=-1).max() for v in values)
            most = max(np.median(v, axis=-1).max() for v in values)
            limits = (min(low, 0.0) - 0.06 * (high - low), max(high, most) + 0.06 * (high - low))
            left = 16.0
            for place, (piece, width) in enumerate(zip(pieces, widths, strict=True)):
                axis = axes_at(figure, left, top, width - 1.5, 36.0)
                _piece(axis, piece, values[place], limits, first=place == 0, last=place == len(pieces) - 1)
                if row == 0:
                    write(figure, left + 0.5 * width, top - 7.0, piece.name, ha="center", color=TOKENS.quiet)
                left += width
            write(figure, 3.0, top + 18.0, what, rotation=90, va="center", color=TOKENS.quiet)
        foot(
            figure,
            f"{SUBJECT}; {SESSION.name}; {model.samples} samples, median, band of 5-95 % "
            f"at {FOREMOST}. The pieces have time scales of their own.",
            simulated=True,
        )
    return figure


def _pieces(model: mechanics.SpineModel) -> list[Piece]:
    rested, trace, layout = _history(model)
    pose = moved(trace, model.rest)
    height, pressure = np.moveaxis(pose.height_mm, 1, 0), np.moveaxis(np.asarray(trace.pressure_mpa), 1, 0)
    found, start = [], 0
    hours = float(model.found["hours_up"][0])
    names = ("first night", "day up", "night [h]", "up and about [h]", "lying [min]")
    durations = np.asarray(history_durations_s(jnp.asarray([hours]), lying_s=LYING_BEFORE_SESSION_S))[:, 0]
    times = np.asarray(layout.time_s(durations))
    for name, piece in zip(names, layout.pieces, strict=True):
        steps = slice(start, start + piece.steps)
        began = times[start - 1] if start else 0.0
        # the end of the piece before is where this one's lines begin
        whole = slice(max(start - 1, 0), start + piece.steps)
        minutes = (times[whole] - began) / 60.0
        found.append(Piece(name, np.maximum(minutes, 0.0), pressure[:, whole], height[:, whole]))
        start = steps.stop
    response = mechanics.simulate(model, SESSION, rested=rested, after_s=AFTER_S)
    during = response.time_s <= response.session_s + 1e-9
    for name, chosen in (("session [min]", during), ("lying after [min]", ~during)):
        at = np.flatnonzero(chosen)
        at = at if at[0] == 0 else np.concatenate([[at[0] - 1], at])
        minutes = (response.time_s[at] - response.time_s[at[0]]) / 60.0
        found.append(Piece(name, minutes, response.pressure_mpa[:, at], response.height_mid_mm[:, at]))
    return [found[2], found[3], *found[4:]]


def _day_in_short(pieces: Sequence[Piece]) -> str:
    """The finding: what each piece does to the height of the foremost disc, median."""

    def change(piece: Piece, until: int = -1) -> float:
        height = piece.height_mm[FOREMOST.place]
        return float(np.median(height[until] - height[0]))

    # the last value before the release
    _, up, lying, session, _ = pieces
    held = int(np.argmax(np.median(session.height_mm[FOREMOST.place], axis=-1)))
    return (
        f"{FOREMOST} loses {-change(up):.1f} mm in {up.minutes[-1] / 60.0:.0f} h up, regains "
        f"{change(lying):.1f} in 45 min lying; 300 N add {change(session, held):.1f}"
    )


def _history(model: mechanics.SpineModel) -> tuple[mechanics.Rested, object, object]:
    """As `mechanics.rest`, with the trace."""
    lying = posture_load(model.trunk, setup_stance(model.setup), hip_flexion_deg=model.setup.hip_flexion_deg)
    loads = history(
        model.trunk, model.top, model.found["hours_up"], lying_s=LYING_BEFORE_SESSION_S, last=lying
    )
    state, trace = march(model.chain, start_state(model.chain), loads, what="the history before the session")
    return mechanics.Rested(state, np.asarray(trace.pressure_mpa[-1])), trace, history_layout(blocks=2)


def _piece(
    axis: Axes, piece: Piece, values: Numbers, limits: tuple[float, float], *, first: bool, last: bool
) -> None:
    for level in drawn_order():
        mine = values[level.place]
        colour = LEVEL_COLOUR[level]
        if level is FOREMOST:
            low, high = np.quantile(mine, (0.05, 0.95), axis=-1)
            axis.fill_between(piece.minutes, low, high, color=colour, alpha=0.2, linewidth=0)
        axis.plot(
            piece.minutes, np.median(mine, axis=-1), color=colour, linewidth=2.2 if level is FOREMOST else 1.1
        )
    axis.set_ylim(*limits)
    axis.set_xlim(0.0, piece.minutes[-1])
    axis.axhline(0.0, color=TOKENS.quiet, linewidth=1.0, zorder=1.5)
    axis.grid(True, axis="y")
    hours = piece.minutes[-1] > 120.0
    step = (
        (240.0 if piece.minutes[-1] > 400.0 else 120.0)
        if hours
        else (10.0 if piece.minutes[-1] < 30.0 else 30.0)
    )
    axis.set_xticks(np.arange(0.0, piece.minutes[-1] + 1e-6, step))
    axis.xaxis.set_major_formatter(FuncFormatter(lambda m, _: f"{m / 60.0 if hours else m:.0f}"))
    if not first:
        axis.tick_params(axis="y", length=0, labelleft=False)
        axis.spines["left"].set_visible(False)
    axis.get_xticklabels()[0].set_horizontalalignment("left")
    axis.get_xticklabels()[-1].set_horizontalalignment("right")
    if last:
        ends = [
            EndLabel(
                str(level),
                float(np.median(values[level.place][-1])),
                LEVEL_COLOUR[level],
                bold=level is FOREMOST,
            )
            for level in drawn_order()
        ]
        label_ends(axis, ends, height_mm=36.0)


def drawn_order() -> tuple[Level, ...]:
    """Head to foot, the foremost one last so that it is drawn on top."""
    return (*(level for level in Level if level is not FOREMOST and level.place < 5), FOREMOST)


def pull_figure(model: mechanics.SpineModel, most_n: float = 600.0, seconds: float = 120.0) -> Figure:
    """Pressure against the pull at the table, rising slowly, once."""
    share = np.concatenate([[0.0], np.linspace(0.0, 1.0, BLOCK)[1:]])
    response = simulate_pull(model, seconds * share, most_n * share, session_s=seconds)
    pull = response.pull_n
    figure = new_figure(170, 88)
    middle = np.median(response.pressure_mpa[FOREMOST.place], axis=-1)
    above = f"Up to {most_n:.0f} N the median pressure at {FOREMOST} stays above zero"
    below = f"The median pressure at {FOREMOST} falls to zero at about {np.interp(0.0, -middle, pull):.0f} N"
    crossed = below if middle[-1] < 0.0 else above
    with styled():
        heading(figure, 3, 2, 164, f"{crossed}; the band is wide")
        axis = axes_at(figure, 18, 12, 124, 58)
        for level in drawn_order():
            mine, colour = response.pressure_mpa[level.place], LEVEL_COLOUR[level]
            if level is FOREMOST:
                low, high = np.quantile(mine, (0.05, 0.95), axis=-1)
                axis.fill_between(pull, low, high, color=colour, alpha=0.2, linewidth=0)
            axis.plot(
                pull, np.median(mine, axis=-1), color=colour, linewidth=2.2 if level is FOREMOST else 1.1
            )
        axis.set_xlim(0.0, most_n)
        axis.axhline(0.0, color=TOKENS.quiet, linewidth=1.1)
        axis.grid(True)
        axis.set_xlabel("pull at the table [N], risen from 0 in two minutes")
        axis.set_ylabel("pressure of the nucleus [MPa]")
        ends = [
            EndLabel(
                str(level),
                float(np.median(response.pressure_mpa[level.place][-1])),
                LEVEL_COLOUR[level],
                bold=level is FOREMOST,
            )
            for level in drawn_order()
        ]
        label_ends(axis, [*ends, EndLabel("zero pressure", 0.0, TOKENS.quiet)], height_mm=58.0)
        foot(
            figure,
            f"{SUBJECT}, muscle guarding at first as in pain; {model.samples} samples, "
            f"median, band of 5-95 % at {FOREMOST}.",
            simulated=True,
        )
    return figure


def step_errors(model: mechanics.SpineModel) -> tuple[Accuracy, ...]:
    """Errors of the time grid against steps cut into 16."""
    return accuracies(
        model, CYCLES, grids=((1, CELLS), (2, CELLS), (4, CELLS)), finest=(16, CELLS), after_s=AFTER_S
    )


def steps_figure(found: Sequence[Accuracy], samples: int) -> Figure:
    """Error against processor time."""
    figure = new_figure(170, 84)
    with styled():
        plain, halved = found[:2]
        heading(
            figure,
            3,
            2,
            164,
            f"Steps in use err by {plain.gain:.1f} % of the gain in height, halved by {halved.gain:.2f} %",
        )
        axis = axes_at(figure, 18, 12, 108, 54)
        seconds = [item.seconds / samples for item in found]
        lines = (
            ("gain in the session", "gain", TOKENS.accent, "o", 1.0),
            ("creep over the cycles", "creep", TOKENS.ask, "s", 3.0),
            ("an hour after", "after", TOKENS.quiet, "^", None),
        )
        for _, name, colour, shape, _ in lines:
            axis.plot(
                seconds, [getattr(item, name) for item in found], color=colour, marker=shape, markersize=4
            )
        axis.set_xscale("log")
        axis.set_yscale("log")
        for item, at in zip(found, seconds, strict=True):
            top = max(item.gain, item.creep, item.after)
            axis.annotate(
                f"{item.steps} steps",
                (at, top),
                xytext=(0, 6),
                textcoords="offset points",
                ha="center",
                fontsize=LABEL_PT,
            )
        axis.set_ylim(0.5 * min(min(i.gain, i.creep, i.after) for i in found), 5.0)
        axis.set_xlim(0.7 * seconds[0], 1.4 * seconds[-1])
        for limit, words in ((1.0, "bound of the gain, 1 %"), (3.0, "bound of the creep, 3 %")):
            axis.axhline(limit, color=TOKENS.stop, linewidth=0.8)
            axis.text(
                1.36 * seconds[-1],
                limit * 1.06,
                words,
                ha="right",
                va="bottom",
                fontsize=LABEL_PT,
                color=TOKENS.stop,
            )
        for axle in (axis.xaxis, axis.yaxis):
            axle.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            axle.set_minor_locator(NullLocator())
        axis.set_xticks([float(f"{s:.2g}") for s in seconds])
        axis.set_xlabel("processor time of history and session, s a sample")
        axis.set_ylabel("largest error of all samples, %")
        axis.grid(True)
        ends = [
            EndLabel(words, float(np.log(getattr(found[-1], name))), colour)
            for words, name, colour, _, _ in lines
        ]
        _log_labels(axis, ends, 54.0)
        foot(
            figure,
            f"{SUBJECT}; {CYCLES.name}; {samples} samples, against steps cut into 16. The "
            "time is of one machine: read its ratios.",
            simulated=True,
        )
    return figure


def _log_labels(axis: Axes, ends: list[EndLabel], height_mm: float) -> None:
    """Labels at the ends of lines on a logarithmic axis, on a linear twin of it."""
    twin = axis.twinx()
    twin.set_ylim(*np.log(axis.get_ylim()))
    twin.set_axis_off()
    label_ends(twin, ends, height_mm=height_mm)


def disc_curves(samples: int = 32) -> Sequence[Curve]:
    """The curves of rotation against moment of the validation."""
    asked = [(target.id, duty(target).question) for target in read_targets()]
    rows = [
        name for name, question in asked if question is not None and question.experiment == "disc_rotation"
    ]
    return mechanics.validate(mechanics.SpatialBench(samples=samples), only=rows).curves


def curves_figure(curves: Sequence[Curve], samples: int) -> Figure:
    """Published moment-rotation and pressure curves of a disc beside the model's."""
    figure = new_figure(170, 62.0 * ((len(curves) + 1) // 2) + 18.0)
    with styled():
        heading(
            figure, 3, 2, 164, "Published points of a disc alone, and the model's curve through the same load"
        )
        for place, curve in enumerate(curves):
            left, top = 16.0 + 84.0 * (place % 2), 20.0 + 62.0 * (place // 2)
            write(
                figure, left, top - 7.0, curve.title.replace(", disc only", ""), size=LABEL_PT, weight="bold"
            )
            _curve(axes_at(figure, left, top, 54.0, 42.0), curve)
        foot(
            figure,
            f"Norm disc, {samples} samples: median, band of 5-95 %; dashed, a linear disc. "
            "Bars: where the median passes. Circle, passed; cross, not; grey, not judged.",
            simulated=True,
        )
    return figure


def _curve(axis: Axes, curve: Curve) -> None:
    axis.fill_between(curve.load, curve.p05, curve.p95, color=TOKENS.accent, alpha=0.2, linewidth=0)
    axis.plot(curve.load, curve.p50, color=TOKENS.accent)
    axis.plot(curve.load, curve.linear, color=TOKENS.quiet, linewidth=1.0, linestyle=(0, (4, 3)))
    for point in curve.points:
        shape, colour = MARKS[point.status]
        axis.plot([point.load] * 2, [point.low, point.high], color=TOKENS.ink, linewidth=0.9)
        axis.plot(point.load, point.value, shape, color=colour, markersize=5)
    axis.set_xlim(0.0, 1.03 * max(curve.load))
    axis.set_ylim(0.0, 1.08 * max(*curve.p95, *curve.linear, *(p.high for p in curve.points)))
    axis.grid(True)
    axis.set_xlabel(curve.load_label)
    axis.set_ylabel(curve.value_label)
    ends = [
        EndLabel("model", curve.p50[-1], TOKENS.accent),
        EndLabel("linear", curve.linear[-1], TOKENS.quiet),
    ]
    label_ends(axis, ends, height_mm=42.0)
