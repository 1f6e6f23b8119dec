"""The rules as data: all rows of the contraindication table, and our reading of the lumbar ones.

`contraindications.csv` is carried in as it is, all 83 rows with codes and sources; `rules.yaml` adds, for
each lumbar row, the question as asked, how long an answer stands, the precaution and where published lists
disagree.
"""

import csv
import difflib
import hashlib
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from opentraction.chart import BadInput, RuleCategory, Value

_DATA = files("opentraction.screen") / "data"
_CATEGORY = {
    "red_flag": RuleCategory.RED_FLAG,
    "absolute": RuleCategory.ABSOLUTE,
    "relative": RuleCategory.RELATIVE,
}


class Source(Value):
    """A published list or study behind a rule. Weight: A guideline, review or trial; B manual or case; C
    vendor or clinic.
    """

    key: str
    weight: str
    title: str
    address: str


class Position(Value):
    """What one group of published lists says about a rule, where others say something else."""

    by: tuple[str, ...]
    says: str


class Row(Value):
    """One row of the contraindication table, as carried in."""

    rule_id: str
    label: str
    category: RuleCategory
    applies_to: str
    """lumbar, cervical or both."""
    finding_kind: str
    threshold: str
    icd10: tuple[str, ...]
    """ICD-10-CM codes, checked against an open copy of the code set."""
    snomed: tuple[str, ...]
    """SNOMED CT codes; `sct:unsourced` among the sources marks those not yet checked."""
    ask: str
    """The question as the table words it."""
    rationale: str
    sources: tuple[str, ...]
    """Keys of `sources.csv`; `unsourced(x)` marks the part x that has none."""

    @property
    def lumbar(self) -> bool:
        """True when the row bears on the lumbar spine."""
        return self.applies_to in ("lumbar", "both")

    @property
    def published(self) -> tuple[str, ...]:
        """The sources without the notes on codes; ("unsourced",) when no list was found that names the
        rule.
        """
        keys = tuple(key for key in self.sources if not key.startswith(("sct:", "unsourced")))
        return keys or ("unsourced",)

    @property
    def threshold_sourced(self) -> bool:
        """False when the table marks any part of the cut-off or definition as unsourced."""
        marked = any(key.startswith("unsourced") for key in self.sources)
        return not marked and "unsourced" not in self.threshold


class Rule(Row):
    """A lumbar rule as applied: the row and our reading of it."""

    question: str
    """The question as asked: "yes" means met, "no" is harmless."""
    standing: RuleCategory
    """The category after the strictest published reading; never milder than `category`."""
    emergency: bool
    stands_days: float
    """Longest time [days] an answer stands before it lapses to unknown. Our judgement."""
    stands_why: str
    positions: tuple[Position, ...] = ()
    precaution: str = ""
    low_force: bool = False
    """True when the precaution asks for a low pull; no source gives a figure, so the clinician has to."""
    send_to: str = ""

    @property
    def blocks(self) -> bool:
        """True when no plan may be signed while the rule is unknown: red flags and absolute rules."""
        return self.emergency or self.standing is not RuleCategory.RELATIVE

    @property
    def conflict(self) -> str:
        """Where published lists disagree, in a sentence; empty when they do not."""
        if not self.positions:
            return ""
        said = "; ".join(f"{position.says} ({', '.join(position.by)})" for position in self.positions)
        raised = self.standing is not self.category
        stands = (
            f"The strictest reading stands: {self.standing.value}"
            + (f" (the table ranks it {self.category.value})" if raised else "")
            if self.standing is RuleCategory.ABSOLUTE
            else f"It is read as {self.standing.value} for the lumbar spine"
        )
        return f"Published lists disagree: {said}. {stands}."


class Family(Value):
    """Red flags that point to the same serious disease, and facts that support them but are no flag alone."""

    name: str
    flags: tuple[str, ...]
    supports: tuple[str, ...]


@cache
def reading() -> dict[str, Any]:
    """The parsed `rules.yaml`."""
    loaded: dict[str, Any] = yaml.safe_load(_text("rules.yaml"))
    return loaded


@cache
def rows() -> tuple[Row, ...]:
    """All rows of the table, cervical ones included, in its order."""
    return tuple(
        Row(
            rule_id=row["id"],
            label=row["label"],
            category=_CATEGORY[row["category"]],
            applies_to=row["applies_to"],
            finding_kind=row["finding_kind"],
            threshold=row["threshold"],
            icd10=_split(row["icd10"], "|"),
            snomed=_split(row["snomed"], "|"),
            ask=row["ask"],
            rationale=row["rationale"],
            sources=_split(row["source"], ";"),
        )
        for row in csv.DictReader(_text("contraindications.csv").splitlines())
    )


@cache
def rules() -> tuple[Rule, ...]:
    """The lumbar rules as applied, in the order of the table."""
    ours = reading()
    send = {rule_id: part["text"] for part in ours["send_to"].values() for rule_id in part["rules"]}
    return tuple(_rule(row, ours, send.get(row.rule_id, "")) for row in rows() if row.lumbar)


def _rule(row: Row, ours: dict[str, Any], send_to: str) -> Rule:
    note = ours["rules"][row.rule_id]
    standing = ours["standing"][note["stands"]]
    return Rule(
        **dict(row),
        question=note["ask"],
        standing=RuleCategory(note.get("strictest", row.category)),
        emergency=row.rule_id in ours["emergency"],
        stands_days=standing["days"],
        stands_why=standing["why"],
        positions=tuple(Position(**position) for position in note.get("positions", ())),
        precaution=note.get("precaution", ""),
        low_force=note.get("low_force", False),
        send_to=send_to,
    )


@cache
def by_id() -> dict[str, Rule]:
    """The lumbar rules by id."""
    return {rule.rule_id: rule for rule in rules()}


@cache
def families() -> tuple[Family, ...]:
    """The families of red flags."""
    return tuple(Family(name=name, **body) for name, body in reading()["families"].items())


@cache
def sources() -> dict[str, Source]:
    """The published lists and studies by key."""
    return {row["key"]: Source(**row) for row in csv.DictReader(_text("sources.csv").splitlines())}


def refuse_unknown(given: str, known: tuple[str, ...], what: str) -> None:
    """Raise BadInput when `given` is no known id, with a near match where there is one."""
    if given in known:
        return
    cervical = {row.rule_id for row in rows() if not row.lumbar}
    if given in cervical:
        raise BadInput(
            f"Expected a lumbar screening rule, got '{given}', which is a rule for the neck. "
            "OpenTraction plans the lumbar spine only; leave that answer out."
        )
    near = difflib.get_close_matches(given.upper(), known, n=1, cutoff=0.5)
    hint = f"Did you mean '{near[0]}'?" if near else f"Known ids run from {known[0]} to {known[-1]}."
    raise BadInput(f"Expected the id of {what}, got '{given}'. {hint}")


def _split(text: str, mark: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(mark) if part.strip())


def _text(name: str) -> str:
    return (_DATA / name).read_text(encoding="utf-8")


def _ruleset() -> str:
    parts = ("contraindications.csv", "rules.yaml", "gates.yaml", "changes.yaml", "words.yaml")
    digest = hashlib.sha256("\0".join(_text(part) for part in parts).encode()).hexdigest()
    return f"opentraction-lumbar-screening 1.0 ({digest[:12]})"


RULESET = _ruleset()
"""Name, version and digest of the data files the verdicts rest on."""
