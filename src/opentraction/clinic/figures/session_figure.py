"""Session: planned and measured pull on one axis, what was missed, and the replayed pressure below."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from opentraction.chart import Dose, Level, Plan, Session
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


def session_figure(plan: Plan, session: Session, dose: Dose | None) -> Figure:
    """Draw one session: pull planned (dashed) and measured (solid), trips as flags, delivered dose below."""
    figure = new_figure(190, 105 if dose else 65)
    with styled():
        if dose:
            force, pressure = figure.subplots(2, 1, sharex=True, height_ratios=[1.3, 1])
        else:
            force, pressure = figure.subplots(1, 1), None
        _trace(force, session)
        if dose and pressure is not None:
            _dose(pressure, dose, plan.target)
            force.tick_params(labelbottom=False)
        last = pressure if pressure is not None else force
        last.set_xlabel("time of the session [min:s]")
        minutes(last)
        source_line(figure, f"Table {session.table_id}; {session.kind}; {len(session.samples)} samples")
        simulated_mark(figure, session.simulated)
    return figure


def _trace(axis: Axes, session: Session) -> None:
    times = [sample.time_s for sample in session.samples]
    planned = [sample.planned_n for sample in session.samples]
    measured = [float("nan") if s.measured_n is None else s.measured_n for s in session.samples]
    axis.plot(times, measured, color=TOKENS.ink, linewidth=1.3)
    axis.plot(times, planned, color=TOKENS.accent, dashes=(4, 2), linewidth=1.6)
    for trip in session.trips:
        axis.axvline(trip.time_s, color=TOKENS.stop, linewidth=1)
        axis.annotate(
            f"■ {trip.interlock}",
            (trip.time_s, 0.98), xycoords=("data", "axes fraction"), va="top",
            fontsize=8, color=TOKENS.stop, xytext=(3, 0), textcoords="offset points",
        )  # fmt: skip
    axis.set_ylim(0, max([1.0, *planned]) * 1.25)
    axis.set_ylabel("pull [N]")
    axis.annotate("planned, dashed", (0.99, 0.97), xycoords="axes fraction", ha="right", va="top",
                  fontsize=8, color=TOKENS.accent)  # fmt: skip
    axis.annotate("measured, solid", (0.99, 0.89), xycoords="axes fraction", ha="right", va="top", fontsize=8)
    comparison = session.comparison
    if comparison.rms_error_n is None or comparison.time_in_band is None:
        axis.set_title(f"Session {session.end}: reported, not measured")
    else:
        axis.set_title(
            f"Session {session.end}: {comparison.time_in_band:.0%} of the time in band, "
            f"error {comparison.rms_error_n:.0f} N rms"
        )


def _dose(axis: Axes, dose: Dose, target: Level | None) -> None:
    for level in dose.levels:
        foremost = level.level is target
        if foremost:
            axis.fill_between(dose.time_s, level.pressure_mpa.p05, level.pressure_mpa.p95,
                              color=LEVEL_COLOUR[level.level], alpha=0.18, linewidth=0)  # fmt: skip
        axis.plot(dose.time_s, level.pressure_mpa.p50, color=LEVEL_COLOUR[level.level],
                  linewidth=2.0 if foremost else 1.0, linestyle="-" if level.targetable else ":")  # fmt: skip
    label_ends(
        axis, dose.time_s[-1], {item.level: item.pressure_mpa.p50[-1] for item in dose.levels}, height_mm=30
    )
    axis.axhline(0, color=TOKENS.quiet, linewidth=0.9)
    axis.set_ylabel("pressure, replayed [MPa]")
    axis.set_title("Disc pressure by the model, from the pull that was measured")
