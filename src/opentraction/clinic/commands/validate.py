"""`opentraction validate`: the model against published measurements."""

import math
from pathlib import Path
from typing import Any

from opentraction import mechanics
from opentraction.clinic.console import Steps, print_json
from opentraction.mechanics import Role, Row, Status, ValidationReport

_WORD = {Status.PASS: "pass", Status.FAIL: "FAIL", Status.WEAK: "weak", Status.CANNOT_SAY: "cannot say"}


def print_validation(*, targets: Path | None, as_json: bool) -> None:
    """Print every row the model can speak to, with pass and fail, and count the rest."""
    steps = Steps(quiet=as_json)
    with steps.step("experiments behind the table"):
        report = mechanics.validate(targets)
    if as_json:
        print_json(as_document(report))
        return
    print("row   result      model, median (5-95 %)          target                            role")
    for row in report.rows:
        if row.model is not None:
            print(_line(row))
    silent = sum(row.model is None for row in report.rows)
    calibration = [row for row in report.rows if row.role is Role.CALIBRATION and row.model is not None]
    fitted = sum(row.status is Status.PASS for row in calibration)
    print(f"{report.passed} of {len(report.counted)} rows that count are passed; "
          f"a model answering zero would pass {report.zero_passed}.")  # fmt: skip
    print(f"{fitted} of {len(calibration)} calibration rows are met; they were fitted and do not count.")
    print(f"{silent} rows this first model cannot speak to. {report.model}, {report.samples} samples.")


def _line(row: Row) -> str:
    target = row.target
    low, mid, high = row.model or (math.nan,) * 3
    bounds = [f"{word} {value:g}" for word, value in (("from", target.low), ("to", target.high))
              if not math.isnan(value)]  # fmt: skip
    band = f" ({' '.join(bounds)})" if bounds else ""
    model = f"{mid:.3g} ({low:.3g} to {high:.3g})"
    asked = f"{target.value:g}{band} {target.unit}"
    what = f"{target.quantity}, {target.level}"
    said = f"{target.id}  {_WORD[row.status]:10}  {model:30}  {asked:32}"
    return f"{said}  {row.role.value:11}  {what} [{target.source}]"


def as_document(report: ValidationReport) -> dict[str, Any]:
    """The report as plain JSON: every row, with its target, role, model band, window and verdict."""

    def number(value: float) -> float | None:
        return None if math.isnan(value) else value

    rows = [
        {
            "id": row.target.id,
            "quantity": row.target.quantity,
            "level": row.target.level,
            "condition": row.target.condition,
            "target": number(row.target.value),
            "low": number(row.target.low),
            "high": number(row.target.high),
            "unit": row.target.unit,
            "source": row.target.source,
            "verified": row.target.verified,
            "role": row.role.value,
            "counts": row.gates,
            "status": row.status.value,
            "model_p05_p50_p95": None if row.model is None else list(row.model),
            "passes_between": None if row.window is None else list(row.window),
            "rule": row.rule,
            "reason": row.reason,
        }
        for row in report.rows
    ]
    return {
        "model": report.model,
        "parameters_sha256": report.parameters,
        "samples": report.samples,
        "passed": report.passed,
        "counted": len(report.counted),
        "rows": rows,
    }
