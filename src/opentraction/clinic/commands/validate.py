"""`opentraction validate`: the model against published measurements."""

import math
from pathlib import Path

from opentraction import mechanics
from opentraction.chart import BadInput
from opentraction.clinic.console import Steps, print_json, write_whole
from opentraction.mechanics import Role, Row, Status, ValidationReport

_WORD = {Status.PASS: "pass", Status.FAIL: "FAIL", Status.WEAK: "weak", Status.CANNOT_SAY: "cannot say"}


def print_understood() -> None:
    """Print the quantities and conditions that a table of targets may hold."""
    print(mechanics.understood(), end="")


def print_validation(*, targets: Path | None, as_json: bool, html: Path | None, samples: int) -> None:
    """Run the experiments and print every row that the model is asked, with pass and fail, and the sums.

    Raises BadInput for a number of samples that cannot be, or a table that is none.
    """
    if not 1 <= samples <= 10_000:
        raise BadInput(f"Expected 1 to 10000 samples, got {samples}.")
    steps = Steps(quiet=as_json)
    with steps.step("experiments behind the table"):
        report = mechanics.validate(
            mechanics.SpatialBench(samples=samples),
            targets,
            progress=lambda done, total, row: steps.progress(done, total, f"rows asked, now {row}"),
        )
    if html is not None:
        write_whole(html, mechanics.page(report))
    if as_json:
        print_json(mechanics.document(report))
        return
    _print_rows(report)
    _print_conflicts(report)
    _print_failures(report)
    _print_sums(report)
    if html is not None:
        print(f"The page is {html}.")


def _print_rows(report: ValidationReport) -> None:
    print("row   result      model, median (5-95 %)          target                            role")
    for row in report.rows:
        if row.model is not None:
            print(_line(row))


def _print_conflicts(report: ValidationReport) -> None:
    shown = [row for row in report.rows if row.duty.conflicts]
    if shown:
        print("\nPapers that contradict each other:")
    for row in shown:
        asked = f"{row.target.value:g} {row.target.unit}"
        print(f"  {row.target.id} ({asked}) against {', '.join(row.duty.conflicts)} [{row.target.source}]")


def _print_failures(report: ValidationReport) -> None:
    missed = [row for row in report.counted if row.status is Status.FAIL]
    if missed:
        print("\nRows that count and fail:")
    for row in missed:
        print(f"  {row.target.id}  {row.target.quantity}, {row.target.level}: {mechanics.likely_reason(row)}")


def _print_sums(report: ValidationReport) -> None:
    print("\ngroup                counted  passed  linear disc  all zero")
    for score in report.scores:
        print(
            f"{score.group:20} {score.counted:7}  {score.passed:6}  {score.linear_passed:11}  "
            f"{score.zero_passed:8}"
        )
    print()
    for goal in report.goals:
        print(f"{'met    ' if goal.met else 'NOT met'}  {goal.what}: {goal.found}, asked {goal.asked}")
    calibration = [row for row in report.calibration if row.model is not None]
    silent = sum(row.model is None for row in report.rows)
    print(f"\n{report.passed} of {len(report.counted)} rows that count are passed; a linear disc passes "
          f"{report.scores[-1].linear_passed}, a model answering zero {report.zero_passed}.")  # fmt: skip
    missed = [row.target.id for row in calibration if not row.passed]
    print(f"{len(calibration) - len(missed)} of {len(calibration)} calibration rows are met; they may "
          f"have set a parameter and do not count. Missed: {', '.join(missed) or 'none'}.")  # fmt: skip
    print(f"{silent} rows are inputs of the model, or it cannot speak to them. {report.model}, "
          f"{report.samples} samples; all SIMULATED.")  # fmt: skip


def _line(row: Row) -> str:
    target = row.target
    low, mid, high = row.model or (math.nan,) * 3
    bounds = [f"{word} {value:g}" for word, value in (("from", target.low), ("to", target.high))
              if not math.isnan(value)]  # fmt: skip
    band = f" ({' '.join(bounds)})" if bounds else ""
    model = f"{mid:.3g} ({low:.3g} to {high:.3g})"
    asked = f"{target.value:g}{band} {target.unit}"
    what = f"{target.quantity}, {target.level}"
    role = row.duty.role.value if row.counts or row.duty.role is not Role.CHECK else "not counted"
    return f"{target.id}  {_WORD[row.status]:10}  {model:30}  {asked:32}  {role:11}  {what} [{target.source}]"
