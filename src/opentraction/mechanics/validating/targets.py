"""The table of published values: the package's own, or any file of the same columns."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from opentraction.chart import BadInput

COLUMNS = (
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
_NAN = float("nan")


@dataclass(frozen=True)
class Target:
    """One published value; numbers that are not printed are NaN."""

    id: str
    quantity: str
    level: str
    condition: str
    load_value: float
    load_unit: str
    value: float
    low: float
    high: float
    unit: str
    kind: str
    verified: bool
    source: str

    @property
    def secondary(self) -> bool:
        """Read through another party's summary: shown, never counted."""
        return "secondary" in self.source.lower()

    @property
    def spread(self) -> str:
        """What low and high are, as the condition says: `SD`, `95% CI`, `min-max`; else empty."""
        _, found, rest = self.condition.partition("[spread: ")
        return rest.split("]")[0].split(",")[0].strip() if found else ""

    @property
    def what(self) -> tuple[str, ...]:
        """What was measured, whatever the row is called: quantity, level, condition and load."""
        load = "" if math.isnan(self.load_value) else f"{self.load_value:g}"
        return (self.quantity, self.level, self.condition, load, self.load_unit, self.unit)


def read_targets(path: Path | None = None) -> tuple[Target, ...]:
    """The package's own table, or that of a file. Raises BadInput when it is no table of these columns."""
    try:
        if path is None:
            text = files("opentraction.mechanics").joinpath("data/validation.csv").read_text(encoding="utf-8")
        else:
            text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(
            f"Expected a readable table of targets, got {path}: {error}. Give a CSV file in UTF-8."
        ) from None
    reader = csv.DictReader(io.StringIO(text))
    missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise BadInput(
            f"Expected a table with the columns {', '.join(COLUMNS)}; missing: {', '.join(missing)}."
        )
    table = tuple(_target(row) for row in reader)
    twice = sorted({row.id for row in table if sum(other.id == row.id for other in table) > 1})
    if twice:
        raise BadInput(f"Expected one row for each id; twice or more: {', '.join(twice)}. Rename them.")
    return table


def _target(row: Mapping[str, str | None]) -> Target:
    def words(name: str) -> str:
        return (row[name] or "").strip()

    def number(name: str) -> float:
        try:
            found = float(words(name)) if words(name) else _NAN
        except ValueError:
            found = math.inf
        if math.isinf(found):
            raise BadInput(f"Row {words('id')}: expected a number in '{name}', got '{words(name)}'.")
        return found

    found = Target(
        id=words("id"),
        quantity=words("quantity"),
        level=words("level"),
        condition=words("condition"),
        load_value=number("load_value"),
        load_unit=words("load_unit"),
        value=number("value"),
        low=number("low"),
        high=number("high"),
        unit=words("unit"),
        kind=words("kind"),
        verified=words("verified").lower() == "yes",
        source=words("source"),
    )
    if not found.id or all(math.isnan(n) for n in (found.value, found.low, found.high)):
        raise BadInput(
            f"Row '{found.id}': expected an id and a value, or a low and a high. Complete the row."
        )
    return found
