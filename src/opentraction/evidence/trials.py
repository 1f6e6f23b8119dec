"""The published trials as data, with the checks that keep a misprint out of a pooled number.

`data/trials.csv` holds arm means, between-arm differences and pooled results as they were read, each with its
source key. What was not printed is blank, never filled in.
"""

import csv
import math
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from opentraction.chart import BadInput

Z_95 = 1.959963984540054
"""Standard normal quantile at 0.975, for 95 % intervals."""
_NUMBER = r"(-?\d+(?:\.\d+)?)"
_INTERVAL = re.compile(rf"CI95 {_NUMBER}\.\.{_NUMBER}")
_READ_AS_SE = re.compile(r"printed \+-(\d+(?:\.\d+)?) read as SE")
_RANGE = re.compile(rf"^(?:raw )?{_NUMBER}-(\d+(?:\.\d+)?)\b")

_KEY = re.compile(r"\bT-[A-Z][A-Za-z0-9]*")
_UNIT = re.compile(r"^(percent|degrees|cm|mm|s)\b")


@dataclass(frozen=True, slots=True)
class TrialRow:
    """One printed number of one study (arm mean, difference between arms, or pooled result)."""

    study: str
    year: int | None
    design: str
    condition: str
    arm: str
    intervention: str
    n: int | None
    outcome: str
    scale: str
    timepoint: str
    """As printed: weeks since the start, or a word such as 'discharge'."""
    mean: float | None
    sd: float | None
    change_mean: float | None
    change_sd: float | None
    verified: bool
    source: str

    @property
    def weeks(self) -> float | None:
        """Weeks since the start; None where the source gives a word."""
        return _number(self.timepoint)

    @property
    def interval(self) -> tuple[float, float] | None:
        """Printed 95 % confidence interval, or None."""
        found = _INTERVAL.search(self.source)
        return (float(found[1]), float(found[2])) if found else None

    @property
    def standard_error(self) -> float | None:
        """Standard error: a printed '+-' that reads as one, or half the printed interval over 1.96; or
        None."""
        found = _READ_AS_SE.search(self.source)
        if found:
            return float(found[1])
        return None if self.interval is None else (self.interval[1] - self.interval[0]) / (2.0 * Z_95)

    @property
    def scale_range(self) -> tuple[float, float] | None:
        """Ends of the scale where it states them, such as (0, 100)."""
        found = _RANGE.match(self.scale)
        return (float(found[1]), float(found[2])) if found else None

    @property
    def is_difference(self) -> bool:
        """True for a difference between two arms."""
        return self.arm == "A-B difference"

    @property
    def is_pooled(self) -> bool:
        """True for the result of a review."""
        return self.arm == "pooled"

    @property
    def is_median(self) -> bool:
        """True when the number is a median, which is never pooled as a mean."""
        return "median" in self.outcome.lower() or "is a median" in self.source.lower()

    @property
    def sign_known(self) -> bool:
        """False when the source does not say which sign favours traction."""
        return "sign convention not stated" not in self.source

    @property
    def sham_controlled(self) -> bool | None:
        """True against sham, False for a trial without one, None when the row is no trial of its own."""
        if not re.search(r"RCT|trial", self.design) or self.is_pooled:
            return None
        return "sham-controlled" in self.design

    @property
    def citations(self) -> tuple[str, ...]:
        """The papers behind the row, spelt out."""
        return tuple(sources()[key] for key in dict.fromkeys(_KEY.findall(self.source)))

    @property
    def lumbar(self) -> bool:
        """False for studies of the neck."""
        return not re.search(r"cervical|neck", self.condition)


def check_interval(estimate: float, low: float, high: float) -> str:
    """The reason to distrust a printed interval, or an empty string.

    An interval on its own scale lies evenly about its estimate; a tenth of the half-width is allowed for
    rounding.
    """
    if not low < high:
        return f"interval {low:g} to {high:g} is not in order"
    half = (high - low) / 2.0
    if abs((low + high) / 2.0 - estimate) > 0.1 * half:
        return f"interval {low:g} to {high:g} does not lie evenly about {estimate:g}: suspect misprint"
    return ""


def check_spread(sd: float, *, low: float, high: float, n: int | None = None) -> str:
    """The reason to distrust a standard deviation on a scale from `low` to `high`, or an empty string.

    Below a twentieth of the range (0.5 on a 0-10 pain score) it reads like a standard error; above what a
    bounded scale allows, half the range times sqrt(n / (n - 1)), it cannot be one.
    """
    if not high > low:
        raise BadInput(
            f"Expected a scale with its high end above its low end, got {low:g} to {high:g}. Mend it."
        )
    width = high - low
    if not (math.isfinite(sd) and sd > 0):
        return f"SD {sd:g} is not above 0"
    if sd < 0.05 * width:
        return f"SD {sd:g} on a scale of {width:g} looks like a standard error"
    most = width / 2.0 * math.sqrt(n / (n - 1)) if n is not None and n > 1 else width / 2.0 * math.sqrt(2.0)
    if sd > most:
        return f"SD {sd:g} is more than a scale of {width:g} allows"
    return ""


def problems(row: TrialRow) -> tuple[str, ...]:
    """Every reason not to pool this row, in words; empty when it may be pooled as it stands."""
    found = []
    if not row.verified:
        found.append("not verified at its source")
    if row.is_median:
        found.append("a median, never pooled as a mean")
    if row.is_pooled:
        found.append("a pooled result of a review, not a trial")
    elif row.sham_controlled is None:
        found.append("no randomised comparison")
    if row.mean is None and row.change_mean is None:
        found.append("no number printed")
    if "do not pool" in row.source:
        found.append("the printed spread looks like a standard error and the reading is unsure")
    found += _number_problems(row)
    if not row.sign_known:
        found.append("which sign favours traction is not stated")
    return tuple(found)


def _number_problems(row: TrialRow) -> list[str]:
    found = []
    if row.scale_range is None and not _UNIT.match(row.scale):
        found.append("neither a unit nor the ends of the scale are stated")
    if row.sd is None and row.change_sd is None and row.standard_error is None:
        found.append("no spread printed")
    estimate = row.mean if row.mean is not None else row.change_mean
    if row.interval is not None and estimate is not None:
        found.append(check_interval(estimate, *row.interval))
    if row.scale_range is not None and row.sd is not None:
        found.append(check_spread(row.sd, low=row.scale_range[0], high=row.scale_range[1], n=row.n))
    if row.scale_range is not None and row.mean is not None and not (row.is_difference or row.is_pooled):
        low, high = row.scale_range
        if not low <= row.mean <= high:
            found.append(f"mean {row.mean:g} lies outside the scale {low:g} to {high:g}")
    if row.n is None:
        found.append("number of people not printed")
    return [reason for reason in found if reason]


def poolable(row: TrialRow) -> bool:
    """True when nothing speaks against pooling the row."""
    return not problems(row)


@cache
def sources() -> dict[str, str]:
    """Source keys of `data/trials.csv` (such as T-SCH09) and the papers they stand for."""
    text = (files("opentraction.evidence") / "data" / "sources.csv").read_text(encoding="utf-8")
    return {row["key"]: row["citation"] for row in csv.DictReader(text.splitlines())}


@cache
def trials() -> tuple[TrialRow, ...]:
    """Every row of `data/trials.csv`, in its order."""
    text = (files("opentraction.evidence") / "data" / "trials.csv").read_text(encoding="utf-8")
    return parse_trials(text)


def parse_trials(text: str) -> tuple[TrialRow, ...]:
    """Read trial rows from CSV text with the columns of `data/trials.csv`.

    Raises BadInput for missing columns or a cell that should be a number and is not.
    """
    reader = csv.DictReader(text.splitlines())
    missing = [name for name in _COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise BadInput(
            f"Expected the columns {', '.join(_COLUMNS)}; missing: {', '.join(missing)}. Add them."
        )
    return tuple(_row(fields, line) for line, fields in enumerate(reader, start=2))


_COLUMNS = (
    *(
        "study",
        "year",
        "design",
        "condition",
        "arm",
        "intervention",
        "n",
        "outcome",
        "scale",
        "timepoint_weeks",
    ),
    *("mean", "sd", "change_mean", "change_sd", "verified", "source"),
)


def _row(fields: dict[str, str], line: int) -> TrialRow:
    numbers = {name: _cell(fields, name, line) for name in ("n", "mean", "sd", "change_mean", "change_sd")}
    if fields["verified"] not in ("yes", "no"):
        raise BadInput(
            f"Expected 'yes' or 'no' under verified in line {line}, got '{fields['verified']}'. Mend it."
        )
    year, n = _number(fields["year"]), numbers["n"]
    return TrialRow(
        study=fields["study"],
        year=None if year is None else int(year),
        design=fields["design"],
        condition=fields["condition"],
        arm=fields["arm"],
        intervention=fields["intervention"],
        n=None if n is None else int(n),
        outcome=fields["outcome"],
        scale=fields["scale"],
        timepoint=fields["timepoint_weeks"],
        mean=numbers["mean"],
        sd=numbers["sd"],
        change_mean=numbers["change_mean"],
        change_sd=numbers["change_sd"],
        verified=fields["verified"] == "yes",
        source=fields["source"],
    )


def _cell(fields: dict[str, str], name: str, line: int) -> float | None:
    text = (fields[name] or "").strip()
    value = _number(text)
    if text and value is None:
        raise BadInput(
            f"Expected a number under {name} in line {line}, got '{text}'. Mend it, or leave it blank."
        )
    return value


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
