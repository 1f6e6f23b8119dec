"""Session: planned and measured pull on one axis, trips as flags, and the replayed pressure below."""

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from opentraction.chart import Dose, Plan, Session, SessionEnd, SessionSample, Trip
from opentraction.clinic.figures.pressure_panel import LABEL_MM, LevelPressure, pressure_panel
from opentraction.clinic.figures.style import (
    LABEL_PT,
    SUBTITLE_PT,
    TITLE_PT,
    TOKENS,
    axes_at,
    clock,
    foot,
    foot_mm,
    heading,
    heading_mm,
    lines_mm,
    minutes,
    new_figure,
    styled,
    text_mm,
)

_WIDTH, _LEFT = 190.0, 17.0
_PANEL = _WIDTH - _LEFT - LABEL_MM - 6.0
_FORCE, _PRESSURE, _AXIS = 42.0, 38.0, 10.0
"""Places and sizes in millimetres."""
_BAND_N, _BAND_SHARE = 10.0, 0.05
"""The band that `PlannedAgainstMeasured.time_in_band` counts: the larger of 10 N and 5 % of the plan."""


def session_figure(plan: Plan, session: Session, dose: Dose | None, *, simulated: bool = False) -> Figure:
    """Draw one session: pull planned (dashed) and measured (solid), trips as flags, delivered dose below."""
    title, source = session_title(session), _source(session, dose)
    top = 2.0 + heading_mm(title, _WIDTH - 4, TITLE_PT) + lines_mm(1, LABEL_PT)
    bottom = top + _FORCE
    below = bottom + 5.0
    pressure_top = below + heading_mm("Disc pressure", _PANEL, SUBTITLE_PT)
    if dose is not None:
        bottom = pressure_top + _PRESSURE
    figure = new_figure(_WIDTH, bottom + _AXIS + foot_mm(source, _WIDTH))
    with styled():
        heading(figure, 1.5, 2.0, _WIDTH - 4, title)
        force = last = axes_at(figure, _LEFT, top, _PANEL, _FORCE)
        _trace(force, session)
        if dose is not None:
            heading(figure, _LEFT, below, _PANEL, _dose_title(plan, dose), size=SUBTITLE_PT)
            last = axes_at(figure, _LEFT, pressure_top, _PANEL, _PRESSURE, sharex=force)
            levels = [LevelPressure(i.level, i.pressure_mpa, not i.targetable) for i in dose.levels]
            pressure_panel(last, dose.time_s, levels, target=plan.target, height_mm=_PRESSURE)
            last.set_ylabel("disc pressure [MPa]")
            force.tick_params(labelbottom=False)
        end = max([sample.time_s for sample in session.samples] + list(dose.time_s if dose else ()) + [1.0])
        last.set_xlim(0, end)
        _trips(force, session.trips, end)
        last.set_xlabel("time of the session [min:s]")
        minutes(last)
        foot(figure, source, simulated=simulated or session.simulated)
    return figure


def session_title(session: Session) -> str:
    """The finding of the figure in one sentence."""
    comparison = session.comparison
    end = "Done" if session.end is SessionEnd.DONE else f"Ended early, {session.end}"
    if comparison.rms_error_n is None or comparison.time_in_band is None:
        return f"{end}: the pull was reported, not measured"
    return (
        f"{end}: the measured pull was within its band {comparison.time_in_band:.0%} of the planned time, "
        f"error {comparison.rms_error_n:.0f} N (rms)"
    )


def _source(session: Session, dose: Dose | None) -> str:
    model = f" Pressure: model {dose.model}, from the measured pull." if dose else ""
    return (
        f"Table {session.table_id}; {session.kind}; {len(session.samples)} samples. Shaded about the plan: "
        f"the larger of {_BAND_N:.0f} N and {_BAND_SHARE:.0%}.{model}"
    )


def _dose_title(plan: Plan, dose: Dose) -> str:
    level = next((item for item in dose.levels if item.level is plan.target), None)
    if level is None:
        return "Disc pressure by the model; no target level, no claim for any one"
    low, mid, high = level.seconds_below_zero
    return f"{level.level}: below zero pressure for {clock(mid)} ({clock(low)} to {clock(high)}) by the model"


def _trace(axis: Axes, session: Session) -> None:
    samples = _thinned(session.samples)
    times = [sample.time_s for sample in samples]
    planned = [sample.planned_n for sample in samples]
    measured = [math.nan if s.measured_n is None else s.measured_n for s in samples]
    margin = [max(_BAND_N, _BAND_SHARE * force) for force in planned]
    axis.fill_between(
        times, [max(f - m, 0.0) for f, m in zip(planned, margin, strict=True)],
        [f + m for f, m in zip(planned, margin, strict=True)], color=TOKENS.accent, alpha=0.14, linewidth=0,
    )  # fmt: skip
    axis.plot(times, measured, color=TOKENS.ink, linewidth=1.4)
    axis.plot(times, planned, color=TOKENS.accent, dashes=(4, 2), linewidth=1.6)
    seen = [force for force in measured if not math.isnan(force)]
    axis.set_ylim(0, max([1.0, *planned, *seen]) * 1.12)
    axis.set_ylabel("pull at the table [N]")
    words = ["measured", "planned"] if seen else ["planned", "measured: nothing"]
    styles = {"measured": (TOKENS.ink, "-"), "planned": (TOKENS.accent, (0, (3, 1.5)))}
    right = 1.0
    for word in words:
        share = (text_mm(word) + 1.0) / _PANEL
        axis.annotate(word, (right, 1.0), xycoords="axes fraction", xytext=(0, 5), textcoords="offset points",
                      ha="right", va="center", fontsize=LABEL_PT)  # fmt: skip
        right -= share
        if word in styles:
            colour, line = styles[word]
            y = 1.0 + 5 * 0.3528 / _FORCE
            axis.plot([right - 7.0 / _PANEL, right - 1.0 / _PANEL], [y, y], transform=axis.transAxes,
                      color=colour, linestyle=line, linewidth=1.6, clip_on=False)  # fmt: skip
        right -= 11.0 / _PANEL


def _thinned(samples: Sequence[SessionSample]) -> list[SessionSample]:
    """Some 2,500 samples: of each run of neighbours the first, the least, the greatest, the untrusted.

    So no peak and no gap of the measured pull is lost, and the figure stays small enough for a page.
    """
    run = math.ceil(len(samples) / 800)
    if run < 4:
        return list(samples)
    kept: set[int] = {len(samples) - 1}
    for start in range(0, len(samples), run):
        indices = range(start, min(start + run, len(samples)))
        seen = [(sample.measured_n, i) for i in indices if (sample := samples[i]).measured_n is not None]
        gaps = [i for i in indices if samples[i].measured_n is None]
        kept.update([start, *gaps[:1], *gaps[-1:]])
        if seen:
            kept.update([min(seen)[1], max(seen)[1]])
    return [samples[i] for i in sorted(kept)]


def _trips(axis: Axes, trips: tuple[Trip, ...], end_s: float) -> None:
    """Flags with a shape and words, one row each when several come, never out of the frame."""
    step = min(1.35 * lines_mm(1, LABEL_PT) / _FORCE, 0.9 / max(len(trips), 1))
    for row, trip in enumerate(trips):
        axis.axvline(trip.time_s, color=TOKENS.stop, linewidth=1)
        left = trip.time_s > 0.6 * end_s
        axis.annotate(
            f"■ {clock(trip.time_s)} {trip.interlock}", (trip.time_s, 0.97 - row * step),
            xycoords=("data", "axes fraction"), ha="right" if left else "left", va="top", fontsize=LABEL_PT,
            color=TOKENS.stop, xytext=(-3 if left else 3, 0), textcoords="offset points", weight="bold",
            bbox={"boxstyle": "square,pad=0.1", "facecolor": TOKENS.panel, "edgecolor": "none",
                  "alpha": 0.85},
        )  # fmt: skip
