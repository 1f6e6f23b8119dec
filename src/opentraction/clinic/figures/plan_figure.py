"""Plan: force over time above, predicted pressure per level below, seconds below a pressure at the right."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from opentraction.chart import Level, LevelPrediction, Plan, lowest
from opentraction.clinic.figures.style import (
    LEVEL_COLOUR,
    TOKENS,
    label_ends,
    minutes,
    new_figure,
    simulated_mark,
    source_line,
    styled,
)


def plan_figure(plan: Plan) -> Figure:
    """Draw a plan's profile, its predicted pressure bands and its decompression-time histogram."""
    figure = new_figure(190, 130)
    with styled():
        grid = figure.add_gridspec(2, 2, width_ratios=[2.2, 1], height_ratios=[1, 1.7])
        force = figure.add_subplot(grid[0, 0])
        pressure = figure.add_subplot(grid[1, 0], sharex=force)
        histogram = figure.add_subplot(grid[:, 1])
        _force(force, plan)
        _pressure(pressure, plan)
        _histogram(histogram, plan)
        minutes(pressure)
        force.tick_params(labelbottom=False)
        source_line(figure, f"Model {plan.prediction.model}, {plan.prediction.samples} samples; band 5-95 %")
        simulated_mark(figure, plan.simulated)
    return figure


def shown_level(plan: Plan) -> Level:
    """The level drawn foremost: the target, or the lowest level when there is none."""
    return plan.target or plan.prediction.levels[-1].level


def _force(axis: Axes, plan: Plan) -> None:
    times, pulls = plan.prediction.time_s, plan.prediction.pull_n
    axis.plot(times, pulls, color=TOKENS.accent, dashes=(4, 2))
    axis.fill_between(times, pulls, color=TOKENS.accent, alpha=0.08, linewidth=0)
    binding = lowest(plan.limits)
    axis.axhline(binding.force_n, color=TOKENS.stop, linewidth=0.9)
    axis.annotate(
        f"limit {binding.force_n:.0f} N: {binding.reason}",
        (1.0, binding.force_n), xycoords=("axes fraction", "data"), ha="right", va="bottom",
        fontsize=7.5, color=TOKENS.stop, xytext=(0, 1.5), textcoords="offset points",
    )  # fmt: skip
    axis.set_ylim(0, max(binding.force_n, *pulls, 1.0) * 1.2)
    axis.set_ylabel("pull at the table [N]")
    peak = plan.profile.peak_force_n
    axis.set_title(f"{plan.profile.name}: at most {peak:.0f} N, {plan.profile.duration_s / 60:.0f} min")


def _pressure(axis: Axes, plan: Plan) -> None:
    times = plan.prediction.time_s
    target = shown_level(plan)
    for prediction in sorted(plan.prediction.levels, key=lambda item: item.level is target):
        foremost = prediction.level is target
        colour = LEVEL_COLOUR[prediction.level]
        band = prediction.pressure_mpa
        if foremost:
            axis.fill_between(times, band.p05, band.p95, color=colour, alpha=0.18, linewidth=0)
        style = "-" if prediction.targetable else ":"
        axis.plot(times, band.p50, color=colour, linewidth=2.0 if foremost else 1.0, linestyle=style)
    axis.axhline(0, color=TOKENS.quiet, linewidth=0.9)
    axis.annotate("zero", (1.0, 0), xycoords=("axes fraction", "data"), fontsize=7.5, va="center",
                  color=TOKENS.quiet, xytext=(3, 0), textcoords="offset points")  # fmt: skip
    label_ends(
        axis, times[-1], {p.level: p.pressure_mpa.p50[-1] for p in plan.prediction.levels}, height_mm=60
    )
    axis.set_xlabel("time of the session [min:s]")
    axis.set_ylabel("disc pressure, median [MPa]")
    axis.set_title(_pressure_title(plan, plan.prediction.level(target)))


def _pressure_title(plan: Plan, prediction: LevelPrediction) -> str:
    lowest_at = min(range(len(prediction.pressure_mpa.p50)), key=lambda i: prediction.pressure_mpa.p50[i])
    band = prediction.pressure_mpa
    place = (
        f"{prediction.level}" if plan.target else f"{prediction.level} (assumed spine, no claim per level)"
    )
    return (
        f"{place}: falls to {band.p50[lowest_at]:.2f} MPa "
        f"({band.p05[lowest_at]:.2f} to {band.p95[lowest_at]:.2f})"
    )


def _histogram(axis: Axes, plan: Plan) -> None:
    prediction = plan.prediction.level(shown_level(plan))
    thresholds = [f"{value:+.2f}" if value else "0" for value in plan.prediction.thresholds_mpa]
    places = range(len(thresholds))
    band = prediction.seconds_below
    colour = LEVEL_COLOUR[prediction.level]
    axis.barh(places, [s / 60 for s in band.p50], color=colour, alpha=0.35, height=0.6)
    axis.errorbar(
        [s / 60 for s in band.p50], list(places),
        xerr=[[(m - lo) / 60 for m, lo in zip(band.p50, band.p05, strict=True)],
              [(hi - m) / 60 for m, hi in zip(band.p50, band.p95, strict=True)]],
        fmt="none", ecolor=TOKENS.ink, elinewidth=1.0, capsize=2.5,
    )  # fmt: skip
    axis.set_yticks(list(places), thresholds)
    axis.set_ylabel("pressure p [MPa]")
    axis.set_xlabel("minutes below p (5-95 %)")
    axis.set_xlim(0, plan.profile.duration_s / 60 * 1.02)
    axis.set_title(f"{prediction.level}: time below p")
