"""Plan: force over time above, predicted pressure per level below, time below a pressure at the right."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from opentraction.chart import Plan, lowest
from opentraction.clinic.figures.pressure_panel import LevelPressure, pressure_panel
from opentraction.clinic.figures.style import (
    LEVEL_COLOUR,
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
    number,
    styled,
    wrapped,
)

_WIDTH, _LEFT, _PANEL, _BARS_LEFT, _BARS = 190.0, 17.0, 78.0, 144.0, 43.0
_FORCE, _PRESSURE, _GAP, _AXIS = 32.0, 52.0, 5.0, 10.0
"""Places and sizes in millimetres."""


def plan_figure(plan: Plan, *, simulated: bool = False) -> Figure:
    """Draw a plan's profile, its predicted pressure bands and its decompression-time histogram."""
    title, source = plan_title(plan), _source(plan)
    pull = f"Pull: {plan.profile.name}, {plan.profile.duration_s / 60:.0f} min"
    bars = _bars_title(plan)
    top = 2.0 + heading_mm(title, _WIDTH - 4, TITLE_PT)
    under = top + max(heading_mm(pull, _PANEL + 20, SUBTITLE_PT), heading_mm(bars, _BARS + 14, SUBTITLE_PT))
    below = under + _FORCE + _GAP
    pressure_top = below + heading_mm("Disc pressure", _PANEL, SUBTITLE_PT)
    bottom = pressure_top + _PRESSURE
    figure = new_figure(_WIDTH, bottom + _AXIS + foot_mm(source, _WIDTH))
    with styled():
        heading(figure, 1.5, 2.0, _WIDTH - 4, title)
        heading(figure, _LEFT, top, _PANEL + 20, pull, size=SUBTITLE_PT)
        force = axes_at(figure, _LEFT, under, _PANEL, _FORCE)
        _force(force, plan)
        heading(figure, _LEFT, below, _PANEL + 20, "Disc pressure by the model", size=SUBTITLE_PT)
        pressure = axes_at(figure, _LEFT, pressure_top, _PANEL, _PRESSURE, sharex=force)
        levels = [
            LevelPressure(item.level, item.pressure_mpa, not item.targetable)
            for item in plan.prediction.levels
        ]
        pressure_panel(pressure, plan.prediction.time_s, levels, target=plan.target, height_mm=_PRESSURE)
        pressure.set_xlabel("time of the session [min:s]")
        pressure.set_ylabel("disc pressure, median [MPa]")
        minutes(pressure)
        force.tick_params(labelbottom=False)
        heading(figure, _BARS_LEFT - 12, top, _BARS + 14, bars, size=SUBTITLE_PT)
        _bars(axes_at(figure, _BARS_LEFT, under, _BARS, bottom - under), plan)
        foot(figure, source, simulated=simulated or plan.simulated)
    return figure


def plan_title(plan: Plan) -> str:
    """The finding of the figure in one sentence."""
    if plan.target is None:
        return (
            f"At most {plan.profile.peak_force_n:.0f} N for {plan.profile.duration_s / 60:.0f} min; "
            "no target level: no claim is made for any one level"
        )
    band = plan.prediction.level(plan.target).pressure_mpa
    at = min(range(len(band.p50)), key=lambda index: band.p50[index])
    start, low, mid, high = (number(v, 2) for v in (band.p50[0], band.p05[at], band.p50[at], band.p95[at]))
    return (
        f"{plan.target}: predicted pressure falls from {start} to {mid} MPa ({low} to {high}) "
        f"under at most {plan.profile.peak_force_n:.0f} N"
    )


def _source(plan: Plan) -> str:
    names = [str(item.level) for item in plan.prediction.levels if not item.targetable]
    assumed = f" Dotted: {', '.join(names)}, from norms." if names else ""
    band = "" if plan.target is None else f" Shaded: 5-95 % of {plan.target}."
    return (
        f"Model {plan.prediction.model}, {plan.prediction.samples} samples; a prediction, not a promise of "
        f"relief.{band}{assumed}"
    )


def _force(axis: Axes, plan: Plan) -> None:
    times, pulls = plan.prediction.time_s, plan.prediction.pull_n
    axis.plot(times, pulls, color=TOKENS.accent, dashes=(4, 2))
    axis.fill_between(times, pulls, color=TOKENS.accent, alpha=0.08, linewidth=0)
    binding = lowest(plan.limits)
    peak = max([*pulls, 1.0])
    on_scale = binding.force_n <= 2.5 * peak
    beyond = "" if on_scale else ", above this scale"
    lines = wrapped(f"limit {binding.force_n:.0f} N{beyond}: {binding.reason}", _PANEL - 3, 7.5)
    text_mm = lines_mm(len(lines), 7.5) + 1.5
    highest = binding.force_n if on_scale else 1.15 * peak
    axis.set_ylim(0, highest / (1 - text_mm / _FORCE))
    axis.set_xlim(times[0], times[-1])
    if on_scale:
        axis.axhline(binding.force_n, color=TOKENS.stop, linewidth=0.9)
    axis.annotate(
        "\n".join(lines), (0.01, highest), xycoords=("axes fraction", "data"), ha="left", va="bottom",
        fontsize=7.5, color=TOKENS.stop, xytext=(0, 1.5), textcoords="offset points",
    )  # fmt: skip
    axis.set_ylabel("pull at the table [N]")


def _nearest_zero(plan: Plan) -> int:
    thresholds = plan.prediction.thresholds_mpa
    return min(range(len(thresholds)), key=lambda index: abs(thresholds[index]))


def _bars_title(plan: Plan) -> str:
    if plan.target is not None:
        return f"{plan.target}: time below a pressure"
    return f"Time below {_threshold(plan, _nearest_zero(plan))} MPa, per level"


def _threshold(plan: Plan, index: int) -> str:
    value = plan.prediction.thresholds_mpa[index]
    return number(value, 2) if value else "0"


def _bars(axis: Axes, plan: Plan) -> None:
    """Bars of the median with the 5-95 % interval as a whisker, and both in words above each bar."""
    zero = _nearest_zero(plan)
    if plan.target is not None:
        band = plan.prediction.level(plan.target).seconds_below
        thresholds = plan.prediction.thresholds_mpa
        order = sorted(range(len(thresholds)), key=thresholds.__getitem__)
        rows = [
            (_threshold(plan, i), LEVEL_COLOUR[plan.target], band.p05[i], band.p50[i], band.p95[i], i == zero)
            for i in order
        ]
        axis.set_ylabel("pressure p [MPa]", labelpad=1)
    else:
        rows = [
            (str(item.level), LEVEL_COLOUR[item.level], item.seconds_below.p05[zero],
             item.seconds_below.p50[zero], item.seconds_below.p95[zero], False)
            for item in reversed(plan.prediction.levels)
        ]  # fmt: skip
    for place, (_, colour, low, mid, high, bold) in enumerate(rows):
        axis.barh(place, mid / 60, color=colour, alpha=0.4, height=0.34)
        axis.plot([low / 60, high / 60], [place, place], color=TOKENS.ink, linewidth=1.1,
                  marker="|", markersize=6)  # fmt: skip
        axis.annotate(
            f"{clock(mid)} ({clock(low)} to {clock(high)})", (0.0, place + 0.22),
            xycoords=("axes fraction", "data"), xytext=(2, 1), textcoords="offset points", va="bottom",
            fontsize=7.5, weight="bold" if bold else "normal",
        )  # fmt: skip
    axis.set_yticks(range(len(rows)), [row[0] for row in rows])
    for label, row in zip(axis.get_yticklabels(), rows, strict=True):
        if row[5]:
            label.set_fontweight("bold")
            label.set_color(TOKENS.ink)
    axis.set_ylim(-0.5, len(rows) - 0.25)
    axis.set_xlabel("minutes below p; line: 5-95 %" if plan.target else "minutes; line: 5-95 %")
    axis.set_xlim(0, plan.profile.duration_s / 60 * 1.03)
