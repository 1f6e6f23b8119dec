"""Course: every instrument on one session axis; MDC as a band, MCID as a line, events as flags."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, MultipleLocator

from opentraction.chart import AdverseEvent, Change, Instrument, Outcome
from opentraction.clinic.figures.style import (
    LABEL_PT,
    SUBTITLE_PT,
    TITLE_PT,
    TOKENS,
    EndLabel,
    axes_at,
    foot,
    foot_mm,
    heading,
    heading_mm,
    label_ends,
    lines_mm,
    new_figure,
    number,
    styled,
    wrapped,
)

_SCALE = {
    Instrument.NRS_BACK: (10.0, "points, 0-10"),
    Instrument.NRS_LEG: (10.0, "points, 0-10"),
    Instrument.ODI: (100.0, "percent"),
    Instrument.RMDQ: (24.0, "points, 0-24"),
}
_WIDTH, _LEFT, _RIGHT, _HEIGHT, _AXIS, _GAP = 190.0, 17.0, 52.0, 24.0, 10.0, 3.0
_PANEL = _WIDTH - _LEFT - _RIGHT
_SOURCE = (
    "Lower is better on every scale. Grey: within measurement error (MDC) of the baseline. "
    "A change after treatment is not an effect of treatment."
)


def course_figure(outcome: Outcome, *, simulated: bool = False) -> Figure | None:
    """Draw scores over sessions, one panel per instrument; None when there is no score at all."""
    series = _series(outcome)
    if not series:
        return None
    changes = {change.instrument: change for change in outcome.changes}
    title = _title(outcome, series)
    events = [event for event in outcome.adverse_events if event.after_session is not None]
    flags = [f"▲ after session {event.after_session}: {event.what} ({event.severity})" for event in events]
    flag_lines = [line for flag in flags for line in wrapped(flag, _WIDTH - 4, LABEL_PT)]
    heads = [_head(instrument, changes.get(instrument)) for instrument in series]
    top = 2.0 + heading_mm(title, _WIDTH - 4, TITLE_PT) + lines_mm(len(flag_lines), LABEL_PT)
    tall = sum(heading_mm(head, _WIDTH - _LEFT - 4, SUBTITLE_PT) + _HEIGHT + _GAP for head in heads)
    figure = new_figure(_WIDTH, top + tall + _AXIS + foot_mm(_SOURCE, _WIDTH))
    with styled():
        heading(figure, 1.5, 2.0, _WIDTH - 4, title)
        if flag_lines:
            height = lines_mm(len(flag_lines), LABEL_PT)
            figure.text(1.5 / _WIDTH, 1 - (top - height) / (figure.get_figheight() * 25.4),
                        "\n".join(flag_lines), fontsize=LABEL_PT, va="top", color=TOKENS.stop)  # fmt: skip
        axis = None
        last = max(at for points in series.values() for at, _ in points)
        for (instrument, points), head in zip(series.items(), heads, strict=True):
            heading(figure, _LEFT, top, _WIDTH - _LEFT - 4, head, size=SUBTITLE_PT)
            top += heading_mm(head, _WIDTH - _LEFT - 4, SUBTITLE_PT)
            axis = axes_at(figure, _LEFT, top, _PANEL, _HEIGHT)
            _panel(axis, instrument, points, changes.get(instrument), events)
            axis.set_xlim(-0.03 * max(last, 1), max(last, 1) * 1.03)
            axis.xaxis.set_major_locator(MaxNLocator(integer=True))
            axis.tick_params(labelbottom=False)
            top += _HEIGHT + _GAP
        assert axis is not None  # there is at least one series
        axis.tick_params(labelbottom=True)
        axis.set_xlabel("sessions done when it was answered; 0 is the baseline")
        foot(figure, _SOURCE, simulated=simulated or outcome.simulated)
    return figure


def _series(outcome: Outcome) -> dict[Instrument, list[tuple[int, float]]]:
    """Points (sessions done, score) per instrument; scores not tied to a session cannot be placed."""
    series: dict[Instrument, list[tuple[int, float]]] = {}
    for score in outcome.scores:
        if score.value is not None and score.after_session is not None:
            series.setdefault(score.instrument, []).append((score.after_session, score.value))
    return {instrument: sorted(series[instrument]) for instrument in _SCALE if instrument in series}


def _title(outcome: Outcome, series: dict[Instrument, list[tuple[int, float]]]) -> str:
    changes = [change for change in outcome.changes if change.instrument in series]
    if not changes:
        return "Scores of the course; no pair of scores to compare yet"
    fell = [change for change in changes if change.important is True and change.change < 0]
    sure = sum(change.beyond_error is True for change in fell)
    rose = sum(change.important is True and change.change > 0 for change in changes)
    title = f"{len(fell)} of {len(changes)} scores fell by an important amount"
    if fell:
        title += f", {sure} of them known to be beyond measurement error"
    return f"{title}; {rose} rose by one" if rose else title


def _head(instrument: Instrument, change: Change | None) -> str:
    if change is None:
        return f"{instrument}: no pair of scores to compare"
    error = {True: "beyond", False: "within", None: "not known to be beyond"}[change.beyond_error]
    digits = 0 if all(float(v).is_integer() for v in (change.baseline, change.latest)) else 1
    return (
        f"{instrument}: {number(change.baseline, digits)} to {number(change.latest, digits)}, "
        f"{error} measurement error"
    )


def _panel(
    axis: Axes, instrument: Instrument, points: list[tuple[int, float]], change: Change | None,
    events: list[AdverseEvent],
) -> None:  # fmt: skip
    top, unit = _SCALE[instrument]
    axis.set_ylim(0, top)
    axis.set_ylabel(unit)
    axis.yaxis.set_major_locator(MultipleLocator(top / 4 if top > 10 else top / 2))
    latest = float(points[-1][1])
    labels = [
        EndLabel(f"latest {number(latest, 0 if latest.is_integer() else 1)}", latest, TOKENS.ink, bold=True)
    ]
    if change is not None and change.mdc is not None:
        axis.axhspan(change.baseline - change.mdc, change.baseline + change.mdc, color=TOKENS.quiet,
                     alpha=0.16, linewidth=0)  # fmt: skip
        labels.append(EndLabel(f"baseline ± MDC {change.mdc:.3g}", change.baseline, TOKENS.quiet))
    if change is not None and change.mcid is not None:
        line = change.baseline - change.mcid
        axis.axhline(line, color=TOKENS.accent, linewidth=1.0, linestyle=(0, (1, 1.5)))
        labels.append(EndLabel(f"important: MCID {change.mcid:.3g}", line, TOKENS.accent))
    xs, ys = zip(*points, strict=True)
    axis.plot(xs, ys, marker="o", markersize=4.5, color=TOKENS.ink)
    for event in events:
        axis.plot([event.after_session or 0], [0.93], "^", color=TOKENS.stop, markersize=5,
                  transform=axis.get_xaxis_transform(), clip_on=False)  # fmt: skip
    label_ends(axis, labels, height_mm=_HEIGHT)
