"""Course: pain and function over sessions on one axis, MDC as a band around the baseline, MCID as a line."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from opentraction.chart import Change, Instrument, Outcome, Score
from opentraction.clinic.figures.style import TOKENS, new_figure, simulated_mark, source_line, styled

_LINE = {
    Instrument.NRS_BACK: (TOKENS.ink, "back pain"),
    Instrument.NRS_LEG: (TOKENS.accent, "leg pain"),
    Instrument.ODI: (TOKENS.ink, "ODI"),
    Instrument.RMDQ: (TOKENS.accent, "RMDQ-24"),
}


def course_figure(outcome: Outcome) -> Figure | None:
    """Draw scores over sessions, pain above and function below; None when there is no score at all."""
    pain = [s for s in outcome.scores if s.instrument in (Instrument.NRS_BACK, Instrument.NRS_LEG)]
    function = [s for s in outcome.scores if s.instrument in (Instrument.ODI, Instrument.RMDQ)]
    groups = [(name, scores) for name, scores in (("Pain, 0-10", pain), ("Function", function)) if scores]
    if not groups:
        return None
    figure = new_figure(190, 20 + 45 * len(groups))
    with styled():
        axes = figure.subplots(len(groups), 1, sharex=True, squeeze=False)[:, 0]
        for axis, (name, scores) in zip(axes, groups, strict=True):
            _group(axis, name, scores, outcome)
        axes[-1].xaxis.set_major_locator(MaxNLocator(integer=True))
        axes[-1].set_xlabel("sessions done when answered")
        source_line(
            figure, "A change after treatment is not an effect of treatment. Grey: measurement error (MDC)."
        )
        simulated_mark(figure, outcome.simulated)
    return figure


def _group(axis: Axes, name: str, scores: list[Score], outcome: Outcome) -> None:
    changes: dict[Instrument, Change] = {change.instrument: change for change in outcome.changes}
    for instrument in dict.fromkeys(score.instrument for score in scores):
        points = [
            (score.after_session or 0, score.value)
            for score in scores
            if score.instrument is instrument and score.value is not None
        ]
        if not points:
            continue
        colour, label = _LINE[instrument]
        change = changes.get(instrument)
        if change is not None and change.mdc is not None:
            axis.axhspan(change.baseline - change.mdc, change.baseline + change.mdc, color=colour, alpha=0.07)
        if change is not None and change.mcid is not None:
            axis.axhline(change.baseline - change.mcid, color=colour, linewidth=0.8, linestyle=(0, (1, 2)))
            axis.annotate(f"{label}: an important change", (0.005, change.baseline - change.mcid),
                          xycoords=("axes fraction", "data"), fontsize=7, color=colour,
                          va="bottom")  # fmt: skip
        xs, ys = zip(*points, strict=True)
        axis.plot(xs, ys, marker="o", color=colour)
        axis.annotate(label, (xs[-1], ys[-1]), xytext=(6, 0), textcoords="offset points", va="center",
                      fontsize=8, color=colour, annotation_clip=False)  # fmt: skip
    axis.set_ylim(bottom=0)
    axis.set_title(f"{name}: lower is better")
