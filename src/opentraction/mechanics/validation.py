"""`validate`: the model against the published record, row by row, failures included."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from pathlib import Path

import numpy as np

from opentraction.chart import BadInput
from opentraction.mechanics.experiments import Experiments
from opentraction.mechanics.model import MODEL_NAME
from opentraction.mechanics.priors import parameter_digest

_COLUMNS = (
    "id",
    "quantity",
    "level",
    "condition",
    "load_value",
    "load_unit",
    "value",
    "low",
    "high",
    "unit",
    "kind",
    "verified",
    "source",
)


class Status(StrEnum):
    """Verdict on one row."""

    PASS = "pass"
    FAIL = "fail"
    WEAK = "weak"
    CANNOT_SAY = "cannot_say"


class Role(StrEnum):
    """What a row is for; fixed in `data/rows.csv` before any fit."""

    CALIBRATION = "calibration"
    CHECK = "check"
    INPUT = "input"
    CANNOT_SAY = "cannot say"


@dataclass(frozen=True)
class Target:
    """One row of the table of published values; low and high are NaN where nothing is printed."""

    id: str
    quantity: str
    level: str
    condition: str
    value: float
    low: float
    high: float
    unit: str
    verified: bool
    secondary: bool
    source: str


@dataclass(frozen=True)
class Row:
    """Target and model side by side."""

    target: Target
    role: Role
    status: Status
    gates: bool
    """Counts for or against the model: a check that is verified, not vendor-secondary, and not weak."""
    model: tuple[float, float, float] | None
    """5 %, median and 95 % of the ensemble, in the row's unit."""
    window: tuple[float, float] | None
    """The median passes inside."""
    rule: str
    reason: str


@dataclass(frozen=True)
class ValidationReport:
    """Every row, with the model and the parameter file that answered."""

    rows: tuple[Row, ...]
    model: str
    parameters: str
    """SHA-256 of the parameter file."""
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
        return tuple(row for row in self.rows if row.gates)

    @property
    def passed(self) -> int:
        """How many of the rows that count are passed."""
        return sum(row.status is Status.PASS for row in self.counted)

    @property
    def zero_passed(self) -> int:
        """How many of them a model that answers zero would pass: none, by the way rows are counted."""
        return sum(row.window is not None and row.window[0] <= 0.0 <= row.window[1] for row in self.counted)


def validate(
    targets: Path | None = None, *, samples: int = 32, seed: int = 1, only: tuple[str, ...] | None = None
) -> ValidationReport:
    """Run the experiments behind the table and judge each row; `only` limits the run to some ids.

    Raises BadInput when `targets` is not a table of the same columns.
    """
    table = read_targets(targets)
    roles = _roles()
    bench = Experiments(samples=samples, seed=seed)
    chosen = [target for target in table if only is None or target.id in only]
    rows = tuple(_judged(target, roles.get(target.id), bench) for target in chosen)
    return ValidationReport(rows=rows, model=MODEL_NAME, parameters=parameter_digest(), samples=samples)


def read_targets(path: Path | None = None) -> tuple[Target, ...]:
    """The table of published values: the package's own, or another file of the same columns."""
    try:
        if path is None:
            text = files("opentraction.mechanics").joinpath("data/validation.csv").read_text(encoding="utf-8")
        else:
            text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(
            f"Expected a readable table of targets, got {path}: {error}. Give a CSV file."
        ) from None
    reader = csv.DictReader(text.splitlines())
    missing = [name for name in _COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise BadInput(
            f"Expected a table with the columns {', '.join(_COLUMNS)}; missing: {', '.join(missing)}."
        )
    return tuple(_target(row) for row in reader)


def _target(row: Mapping[str, str]) -> Target:
    def number(name: str) -> float:
        try:
            return float(row[name]) if row[name] else float("nan")
        except ValueError:
            raise BadInput(f"Row {row['id']}: expected a number in '{name}', got '{row[name]}'.") from None

    return Target(
        id=row["id"],
        quantity=row["quantity"],
        level=row["level"],
        condition=row["condition"],
        value=number("value"),
        low=number("low"),
        high=number("high"),
        unit=row["unit"],
        verified=row["verified"] == "yes",
        secondary="secondary" in row["source"].lower(),
        source=row["source"],
    )


def _roles() -> dict[str, dict[str, str]]:
    with files("opentraction.mechanics").joinpath("data/rows.csv").open(encoding="utf-8") as table:
        return {row["id"]: row for row in csv.DictReader(table)}


def _judged(target: Target, known: dict[str, str] | None, bench: Experiments) -> Row:
    if known is None or not known["experiment"]:
        role = Role(known["role"]) if known else Role.CANNOT_SAY
        reason = (
            known["reason"]
            if known
            else "not a quantity of a sagittal column without facets, canal and trunk"
        )
        return Row(target, role, Status.CANNOT_SAY, False, None, None, "", reason)
    window, rule = acceptance(target, curve=known["shape"] == "curve")
    low, mid, high = (float(q) for q in np.quantile(bench.run(known["experiment"]), (0.05, 0.5, 0.95)))
    weak = window[0] <= 0.0 <= window[1]
    inside = window[0] <= mid <= window[1]
    status = Status.WEAK if weak else Status.PASS if inside else Status.FAIL
    role = Role(known["role"])
    gates = role is Role.CHECK and target.verified and not target.secondary and not weak
    return Row(target, role, status, gates, (low, mid, high), window, rule, known["reason"])


def acceptance(target: Target, *, curve: bool) -> tuple[tuple[float, float], str]:
    """The window the median must fall into, and the rule in words.

    With an SD: 1 SD for points of a curve, 2 SD for scalars. Min-max or confidence interval: inside. Neither:
    25 % for curves, 50 % for scalars. One-sided as printed: one bound equal to the value, the other empty.
    """
    low, high, value = target.low, target.high, target.value
    if np.isnan(low) and high == value:
        return (-np.inf, high), "at most, as printed"
    if np.isnan(high) and low == value:
        return (low, np.inf), "at least, as printed"
    if low == value == high:
        return (low, np.inf), "at least, as printed"
    if not (np.isnan(low) or np.isnan(high)):
        if "spread: SD" in target.condition and not curve:
            return (value - 2 * (value - low), value + 2 * (high - value)), "2 SD"
        return (low, high), "1 SD" if "spread: SD" in target.condition else "as printed"
    share = 0.25 if curve else 0.5
    return (value - share * abs(value), value + share * abs(value)), f"{share:.0%}"
