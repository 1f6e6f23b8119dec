"""The validation as one self-contained HTML page: scores, goals, what fails and why, figures, every row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files
from math import isfinite, isnan

from opentraction.mechanics.patient.widths import Width, widths
from opentraction.mechanics.validating.acceptance import Shape, Status
from opentraction.mechanics.validating.experiment import Group
from opentraction.mechanics.validating.figures import WORD, curve_svg, mark, ratio_svg
from opentraction.mechanics.validating.report import Row, ValidationReport, likely_reason

_INTRO = (
    "Each row is one published value. Its role, its window and what its measurement is taken to mean were "
    "fixed before any fit; where one was changed later, its reason says so. A row counts when it is a check, "
    "verified, not read through a maker, and failed by a model that answers zero. The median of the ensemble "
    "must lie in the window. The same rows are asked of two null models: one that answers zero, and a linear "
    "disc without time."
)


def page(report: ValidationReport) -> str:
    """The whole page; nothing is fetched from elsewhere."""
    style = files("opentraction.mechanics.validating").joinpath("page.css").read_text(encoding="utf-8")
    title = f"Validation of {report.model}"
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}</title><style>{style}</style></head><body><main>",
        f"<h1>{escape(title)}</h1>",
        f'<p class="quiet">{report.samples} samples, 5 to 95 % bands; one parameter file serves every row, '
        f"SHA-256 {escape(report.parameters[:16])}. Research software, not a cleared medical device.</p>",
        f"<p>{_INTRO}</p>",
        _summary(report),
        _scores(report),
        _goals(report),
        _failures(report),
        _conflicts(report),
        _curves(report),
        _scatters(report),
        _all_rows(report),
        _parameters(widths()),
        "</main></body></html>",
    ]
    return "\n".join(part for part in parts if part)


def _table(
    caption: str, head: Sequence[str], rows: Iterable[Sequence[str]], numbers: Sequence[int] = ()
) -> str:
    """A table of cells that are HTML already; columns in `numbers` stand to the right."""

    def kind(place: int) -> str:
        return ' class="number"' if place in numbers else ""

    first = "".join(f'<th scope="col"{kind(k)}>{escape(word)}</th>' for k, word in enumerate(head))
    lines = [
        "<tr>" + "".join(f"<td{kind(k)}>{cell}</td>" for k, cell in enumerate(row)) + "</tr>" for row in rows
    ]
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{escape(caption, quote=True)}"><table>'
        f"<caption>{escape(caption)}</caption><thead><tr>{first}</tr></thead>"
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )


def _summary(report: ValidationReport) -> str:
    linear = sum(row.linear_passed for row in report.counted)
    calibration = sum(row.passed for row in report.calibration)
    return (
        f"<p><strong>{report.passed} of {len(report.counted)} rows that count are passed</strong>; the "
        f"linear disc passes {linear}, all zero {report.zero_passed}. Of {len(report.calibration)} "
        f"calibration rows, which may have set a parameter and do not count, {calibration} are met.</p>"
    )


def _scores(report: ValidationReport) -> str:
    rows = [
        (
            escape(score.group),
            f"{score.counted}",
            f"{score.passed} ({score.share:.0%})" if score.counted else "0",
            f"{score.linear_passed}",
            f"{score.zero_passed}",
        )
        for score in report.scores
    ]
    head = ("group", "rows that count", "passed", "linear disc", "all zero")
    return "<h2>Scores by group</h2>" + _table("Rows that count, by group", head, rows, (1, 2, 3, 4))


def _goals(report: ValidationReport) -> str:
    rows = [
        (
            escape(goal.what),
            escape(goal.asked),
            escape(goal.found),
            _verdict("pass" if goal.met else "fail", goal.met),
        )
        for goal in report.goals
    ]
    head = ("what", "asked", "found", "verdict")
    return "<h2>Goals set before the fit</h2>" + _table("Goals", head, rows, (1, 2))


def _verdict(status: str, met: bool | None = None) -> str:
    word = WORD[status] if met is None else "met" if met else "not met"
    shape = f'<svg viewBox="0 0 12 12" aria-hidden="true">{mark(6.0, 6.0, status)}</svg>'
    return f'<span class="verdict is-{status}">{shape}{word}</span>'


def _failures(report: ValidationReport) -> str:
    failed = [row for row in report.counted if row.status is Status.FAIL]
    if not failed:
        return "<h2>Rows that fail</h2><p>No row that counts fails.</p>"
    rows = [
        (_name(row), _asked(row), _answer(row), escape(row.duty.group.value), escape(likely_reason(row)))
        for row in failed
    ]
    head = ("row", "passes", "model, median (5 to 95 %)", "group", "likely reason")
    return "<h2>Rows that fail</h2>" + _table("Rows that count and fail; none is left out", head, rows)


def _conflicts(report: ValidationReport) -> str:
    rows = [
        (
            _name(row),
            _asked(row),
            _answer(row),
            escape(", ".join(row.duty.conflicts)),
            _verdict(row.status.value),
        )
        for row in report.rows
        if row.duty.conflicts
    ]
    if not rows:
        return ""
    head = ("row", "passes", "model, median (5 to 95 %)", "against", "verdict")
    return "<h2>Where papers disagree</h2>" + _table("Rows that contradict one another", head, rows)


def _curves(report: ValidationReport) -> str:
    figures = []
    for curve in report.curves:
        points = [(p.id, p.load, p.value, p.low, p.high, p.status.value) for p in curve.points]
        inside = sum(p.status is Status.PASS for p in curve.points)
        title = f"{curve.title}: {inside} of {len(curve.points)} points passed"
        drawing = curve_svg(
            curve.load, curve.p05, curve.p50, curve.p95, curve.linear, points,
            x_label=curve.load_label, y_label=curve.value_label, label=title,
        )  # fmt: skip
        sources = ", ".join(sorted({p.source for p in curve.points}))
        figures.append(
            _figure(title, drawing, f"Band 5 to 95 %. Bars: windows. Published: {sources}. Model: SIMULATED.")
        )
    return f'<h2>Curves</h2><div class="figures">{"".join(figures)}</div>' if figures else ""


def _figure(title: str, drawing: str, foot: str) -> str:
    return f"<figure><h3>{escape(title)}</h3>{drawing}<figcaption>{escape(foot)}</figcaption></figure>"


def _scatters(report: ValidationReport) -> str:
    figures = []
    for group in Group:
        rows = [
            row
            for row in report.rows
            if row.duty.group is group
            and row.duty.shape is Shape.SCALAR
            and row.model is not None
            and _unit_of(row)
        ]
        if rows:
            passed = sum(row.passed for row in rows)
            title = f"{group.value}: {passed} of {len(rows)} single values inside their windows"
            drawing = ratio_svg([_ratio(row) for row in rows], label=title)
            foot = "Shaded: window. Line: 5 to 95 %. Cross: linear disc. Model: SIMULATED."
            figures.append(_figure(title, drawing, foot))
    return f'<h2>Single values</h2><div class="figures">{"".join(figures)}</div>' if figures else ""


def _unit_of(row: Row) -> float:
    """What a row is divided by: its value, the middle of its range, or nothing for a target of zero."""
    target = row.target
    return 0.5 * (target.low + target.high) if isnan(target.value) else target.value


def _ratio(row: Row) -> tuple[str, str, tuple[float, float, float], float | None, tuple[float, float], str]:
    unit = _unit_of(row)
    assert row.model is not None
    band = (row.model[0] / unit, row.model[1] / unit, row.model[2] / unit)
    edges = sorted((row.window.low / unit, row.window.high / unit))
    words = f"{_number(row.target.value)} {row.target.unit}" if isfinite(row.target.value) else "range"
    linear = None if row.linear is None else row.linear / unit
    return row.target.id, words, band, linear, (edges[0], edges[1]), row.status.value


def _all_rows(report: ValidationReport) -> str:
    rows = [
        (
            _name(row),
            _verdict(row.status.value),
            _asked(row),
            _answer(row),
            "not asked" if row.linear is None else f"{_number(row.linear)}",
            escape(row.duty.role.value) + ("" if row.counts else "<br><small>does not count</small>"),
            _meaning(row),
        )
        for row in report.rows
    ]
    head = (
        "row",
        "verdict",
        "passes",
        "model, median (5 to 95 %)",
        "linear disc",
        "role",
        "meaning and reason",
    )
    return "<h2>Every row</h2>" + _table("Every row of the table of targets", head, rows)


def _parameters(found: Sequence[Width]) -> str:
    rows = [
        (
            f"<strong>{escape(one.name)}</strong><br><small>{escape(one.group)}</small>",
            f"{_number(one.published[0])} to {_number(one.published[1])} {escape(one.unit.strip('-'))}",
            _points(one.prior),
            _points(one.posterior) if one.calibrated else "not calibrated",
            f"{one.share:.2f}",
            "prior-dominated" if one.dominated else "narrowed",
        )
        for one in found
    ]
    narrowed = sum(not one.dominated for one in found)
    intro = (
        f"<p>{narrowed} of {len(found)} parameters are narrowed by the calibration rows. The others are "
        "prior-dominated: more than 0.9 of the prior's width is left, or no calibration row speaks to them. "
        "Bands are each parameter's own; together they are drawn with their correlations.</p>"
    )
    head = (
        "parameter",
        "published range",
        "prior, 5 / 50 / 95 %",
        "posterior, 5 / 50 / 95 %",
        "width left",
        "called",
    )
    return "<h2>Parameters</h2>" + intro + _table("Parameters before and after calibration", head, rows, (4,))


def _points(points: Sequence[float]) -> str:
    return " / ".join(map(_number, points))


def _name(row: Row) -> str:
    target = row.target
    load = "" if isnan(target.load_value) else f", {target.load_value:g} {target.load_unit}"
    what = f"{target.quantity}, {target.level}{load}"
    return f"<strong>{escape(target.id)}</strong> {escape(what)}<br><small>{escape(target.source)}</small>"


def _asked(row: Row) -> str:
    value = "" if isnan(row.target.value) else f"{_number(row.target.value)} {row.target.unit}"
    frame = row.window
    low = "" if not isfinite(frame.low) else f"from {_number(frame.low)} "
    high = "" if not isfinite(frame.high) else f"to {_number(frame.high)}"
    return f"{escape(value)}<br><small>{low}{high}: {escape(frame.rule)}</small>"


def _answer(row: Row) -> str:
    if row.model is None:
        return escape(row.note or "not asked")
    low, mid, high = row.model
    said = f"{_number(mid)} ({_number(low)} to {_number(high)}) {row.target.unit}"
    return escape(said) + (f"<br><small>{escape(row.note)}</small>" if row.note else "")


def _meaning(row: Row) -> str:
    parts = [row.duty.meaning, row.duty.reason, row.note if row.model is None else ""]
    return "<br>".join(f"<small>{escape(part)}</small>" for part in parts if part)


def _number(value: float) -> str:
    return f"{value:.3g}"
