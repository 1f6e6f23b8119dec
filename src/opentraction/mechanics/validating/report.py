"""The validation report: every row with its window, our answer and the null models', scores and goals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

import numpy as np

from opentraction.chart import NotConverged
from opentraction.mechanics.validating.acceptance import Shape, Status, Window, verdict, window
from opentraction.mechanics.validating.bench import Bench
from opentraction.mechanics.validating.curves import Curve, curves_of
from opentraction.mechanics.validating.experiment import REGISTRY, Asked, Group, Runs, conversion
from opentraction.mechanics.validating.linear import LinearBench
from opentraction.mechanics.validating.rows import Duty, Role, duty
from opentraction.mechanics.validating.targets import Target, read_targets

ANSWERED_MUST = 65
FEW = 5
"""Groups of fewer counted rows have no goal of their own."""
MUST = {"disc only": 0.80, "all": 0.70, "each other group": 0.50}
GOAL = {"disc only": 0.85, "all": 0.80, "each other group": 0.65}
QUANTILES = (0.05, 0.50, 0.95)

Band = tuple[float, float, float]
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Row:
    """Target and model side by side."""

    target: Target
    duty: Duty
    status: Status
    counts: bool
    """For or against the model: a check that is verified, not secondary and not weak."""
    model: Band | None
    """5 %, median and 95 % of the ensemble, in the row's unit."""
    linear: float | None
    """Answer of the linear disc."""
    window: Window
    note: str
    """What went wrong, if anything did."""

    @property
    def passed(self) -> bool:
        """Whether the median lies in the window, counted or not."""
        return self.model is not None and self.window.holds(self.model[1])

    @property
    def linear_passed(self) -> bool:
        """Whether the linear disc lies in it."""
        return self.linear is not None and self.window.holds(self.linear)


@dataclass(frozen=True)
class Score:
    """Rows that count in a group, and how many are passed by the model and by the null models."""

    group: str
    counted: int
    passed: int
    linear_passed: int
    zero_passed: int

    @property
    def share(self) -> float:
        """Passed over counted; NaN where nothing counts."""
        return self.passed / self.counted if self.counted else float("nan")


@dataclass(frozen=True)
class GoalLine:
    """One of the goals that were set, and whether it is met."""

    what: str
    asked: str
    found: str
    met: bool


@dataclass(frozen=True)
class ValidationReport:
    """Every row, with the model and the parameter file that answered."""

    rows: tuple[Row, ...]
    curves: tuple[Curve, ...]
    model: str
    parameters: str
    """SHA-256 of the one parameter file that served every row."""
    samples: int

    def row(self, identity: str) -> Row:
        """The row of that id; raises KeyError when the table does not hold it."""
        for row in self.rows:
            if row.target.id == identity:
                return row
        raise KeyError(identity)

    @property
    def counted(self) -> tuple[Row, ...]:
        """Rows that count."""
        return tuple(row for row in self.rows if row.counts)

    @property
    def passed(self) -> int:
        """How many of them are passed."""
        return sum(row.passed for row in self.counted)

    @property
    def zero_passed(self) -> int:
        """How many of them a model that answers zero would pass: none, by the way rows are counted."""
        return sum(row.window.weak for row in self.counted)

    @property
    def calibration(self) -> tuple[Row, ...]:
        """Rows that may have set a parameter: shown apart."""
        return tuple(row for row in self.rows if row.duty.role is Role.CALIBRATION)

    @property
    def scores(self) -> tuple[Score, ...]:
        """Scores by group, then of all rows that count."""
        by_group = [
            _score(group.value, [row for row in self.counted if row.duty.group is group]) for group in Group
        ]
        return (*(score for score in by_group if score.counted), _score("all", self.counted))

    @property
    def goals(self) -> tuple[GoalLine, ...]:
        """The goals that were set before the fit, musts first."""
        answered = sum(row.model is not None for row in self.counted)
        lines = [
            GoalLine(
                "countable rows answered",
                f"at least {ANSWERED_MUST}",
                f"{answered}",
                answered >= ANSWERED_MUST,
            )
        ]
        for word, shares in (("must", MUST), ("goal", GOAL)):
            for score in self.scores:
                of_one = "each other group" if score.group not in shares else score.group
                if of_one == "each other group" and score.counted < FEW:
                    continue
                least = shares[of_one]
                found = f"{score.passed} of {score.counted} ({score.share:.0%})"
                lines.append(GoalLine(f"{score.group} ({word})", f"{least:.0%}", found, score.share >= least))
        return tuple(lines)


def _score(name: str, rows: Sequence[Row]) -> Score:
    return Score(
        group=name,
        counted=len(rows),
        passed=sum(row.passed for row in rows),
        linear_passed=sum(row.linear_passed for row in rows),
        zero_passed=sum(row.window.weak for row in rows),
    )


def validate(
    bench: Bench,
    targets: Path | None = None,
    *,
    only: Sequence[str] | None = None,
    null: Bench | None = None,
    progress: Progress | None = None,
) -> ValidationReport:
    """Run the experiments behind a table on a model and judge each row; `only` limits the run to some ids.

    `null` is the null model beside it, the linear disc unless given. `progress(done, total, id)` is told of
    each row before it is asked; what it raises ends the run. Raises BadInput when `targets` is no table.
    """
    table = read_targets(targets)
    ours, theirs = Runs(bench), Runs(null or LinearBench())
    chosen = [target for target in table if only is None or target.id in only]
    judged = []
    for done, target in enumerate(chosen):
        if progress is not None:
            progress(done, len(chosen), target.id)
        judged.append(_judged(target, duty(target), ours, theirs))
    rows = tuple(judged)
    points = [
        (row.target, row.duty.question, row.window, row.status)
        for row in rows
        if row.duty.shape is Shape.CURVE and row.duty.question is not None and row.model is not None
    ]
    return ValidationReport(
        rows=rows,
        curves=curves_of(points, ours, theirs),
        model=bench.name,
        parameters=bench.parameters,
        samples=bench.samples,
    )


def _judged(target: Target, role: Duty, ours: Runs, theirs: Runs) -> Row:
    frame = window(target, role.shape, role.bound)
    if role.question is None:
        return Row(target, role, Status.CANNOT_SAY, False, None, None, frame, "")
    factor = conversion(REGISTRY[role.question.experiment].unit, target.unit)
    if factor is None:
        note = f"the unit '{target.unit}' does not fit the experiment"
        return Row(target, role, Status.CANNOT_SAY, False, None, None, frame, note)
    model, note = _band(role.question, factor, ours)
    linear, _ = _band(role.question, factor, theirs)
    status = verdict(frame, None if model is None else model[1])
    if model is None and not frame.weak:
        status = Status.FAIL
    if role.role is not Role.CHECK and role.role is not Role.CALIBRATION:
        status = Status.CANNOT_SAY
    counts = role.role is Role.CHECK and target.verified and not target.secondary and not frame.weak
    return Row(target, role, status, counts, model, None if linear is None else linear[1], frame, note)


def _band(question: Asked, factor: float, runs: Runs) -> tuple[Band | None, str]:
    """Quantiles of an answer, and what went wrong; none when more than half of the samples have no answer."""
    try:
        numbers = factor * runs.answer(question)
    except NotConverged as error:
        return None, f"no balance: {error}"
    finite = numbers[np.isfinite(numbers)]
    if 2 * len(finite) <= len(numbers):
        return None, f"no answer in {len(numbers) - len(finite)} of {len(numbers)} samples"
    low, mid, high = (float(q) for q in np.quantile(finite, QUANTILES))
    lost = len(numbers) - len(finite)
    return (low, mid, high), f"no answer in {lost} of {len(numbers)} samples" if lost else ""


def document(report: ValidationReport) -> dict[str, object]:
    """The report as plain JSON: every row with its target, role, meaning, answers, window and verdict."""
    return {
        "model": report.model,
        "parameters_sha256": report.parameters,
        "samples": report.samples,
        "counted": len(report.counted),
        "passed": report.passed,
        "scores": [
            {
                "group": score.group,
                "counted": score.counted,
                "passed": score.passed,
                "linear_disc_passed": score.linear_passed,
                "zero_passed": score.zero_passed,
            }
            for score in report.scores
        ],
        "goals": [{"what": g.what, "asked": g.asked, "found": g.found, "met": g.met} for g in report.goals],
        "rows": [_row_document(row) for row in report.rows],
    }


def _row_document(row: Row) -> dict[str, object]:
    target, role = row.target, row.duty
    return {
        "id": target.id,
        "status": row.status.value,
        "role": role.role.value,
        "counts": row.counts,
        "inside": row.passed if row.model is not None else None,
        "group": role.group.value,
        "shape": role.shape.value,
        "quantity": target.quantity,
        "level": target.level,
        "condition": target.condition,
        "target": _plain(target.value),
        "low": _plain(target.low),
        "high": _plain(target.high),
        "unit": target.unit,
        "source": target.source,
        "verified": target.verified,
        "model_p05_p50_p95": None if row.model is None else [_plain(value) for value in row.model],
        "linear_disc": None if row.linear is None else _plain(row.linear),
        "zero_passes": row.window.weak,
        "linear_disc_passes": row.linear_passed,
        "passes_between": [_plain(row.window.low), _plain(row.window.high)],
        "rule": row.window.rule,
        "experiment": "" if role.question is None else role.question.experiment,
        "parameters": "" if role.question is None else role.question.words,
        "conflicts": list(role.conflicts),
        "meaning": role.meaning,
        "reason": role.reason,
        "note": row.note,
    }


def _plain(value: float) -> float | None:
    return float(value) if isfinite(value) else None


def likely_reason(row: Row) -> str:
    """A word on a row that fails: no balance, or to which side it is off, and whether papers disagree."""
    if row.model is None:
        return row.note
    low, mid, high = row.model
    edge = row.window.low if mid < row.window.low else row.window.high
    side = (
        "too small"
        if abs(mid) < abs(row.target.value if isfinite(row.target.value) else edge)
        else "too large"
    )
    if mid * edge < 0.0:
        side = "of the wrong sign"
    touches = low <= row.window.high and high >= row.window.low
    also = ["the band reaches into the window"] if touches else []
    also += [f"papers disagree: {', '.join(row.duty.conflicts)}"] if row.duty.conflicts else []
    return "; ".join([f"the answer is {side}", *also])
