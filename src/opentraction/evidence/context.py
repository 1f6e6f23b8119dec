"""What happens without real traction: the changes in sham arms, and herniations that shrink by themselves.

These stand beside a patient's own change, so that it is not read as what the treatment did. They are
context, not a comparison: the people of the trials differ from the patient.
"""

import re
from dataclasses import dataclass

from opentraction.evidence.trials import TrialRow, trials


@dataclass(frozen=True, slots=True)
class ShamArmChange:
    """Mean change in the sham arm of one trial, on the printed scale; lower is better, negative is
    improvement."""

    study: str
    condition: str
    intervention: str
    outcome: str
    scale: str
    weeks: float
    n: int
    change: float
    citation: str


@dataclass(frozen=True, slots=True)
class RegressionRate:
    """Share of herniations that shrank under conservative care [percent], pooled over studies."""

    kind: str
    percent: float
    citation: str


def sham_arm_changes() -> tuple[ShamArmChange, ...]:
    """Changes of pain and function in the sham arms of the lumbar trials, where verified and printed."""
    found = []
    for row in trials():
        if not (row.verified and row.sham_controlled and row.lumbar and "sham" in row.arm):
            continue
        if row.change_mean is None or row.weeks is None or row.n is None or "herniation" in row.outcome:
            continue
        found.append(
            ShamArmChange(
                study=f"{row.study} {row.year}",
                condition=row.condition,
                intervention=row.intervention,
                outcome=row.outcome,
                scale=row.scale,
                weeks=row.weeks,
                n=row.n,
                change=row.change_mean,
                citation=row.citations[0],
            )
        )
    return tuple(found)


def regression_rates() -> tuple[RegressionRate, ...]:
    """Share of herniations that shrink without surgery, all kinds first, then by kind (Zou 2023)."""
    row = _resorption()
    kinds = re.findall(r"(sequestration|extrusion|protrusion|bulge) (\d+(?:\.\d+)?)", row.source)
    all_kinds = [("all", row.mean)] if row.mean is not None else []
    return tuple(
        RegressionRate(kind, float(percent), row.citations[0])
        for kind, percent in (*all_kinds, *((kind, float(text)) for kind, text in kinds))
    )


def without_traction() -> str:
    """Two or three sentences: what people in sham arms reported, and how often herniations shrink by
    themselves."""
    arms = sham_arm_changes()
    first = arms[0]
    changes = "; ".join(
        f"{item.outcome} {item.change:+g} on {item.scale.removesuffix(' lower better')}"
        for item in arms
        if item.study == first.study
    )
    rates = {item.kind: item.percent for item in regression_rates()}
    kinds = ", ".join(f"{kind} {percent:.0f} %" for kind, percent in rates.items() if kind != "all")
    return (
        f"People get better without real traction too: in the sham arm of {first.study} ({first.n} people, "
        f"{first.condition}; {first.intervention}) the mean changes in {first.weeks:.0f} weeks were "
        f"{changes}. Under conservative care {rates['all']:.0f} % of herniations shrink ({kinds}). A "
        "patient's own change has to be read beside these."
    )


def _resorption() -> TrialRow:
    return next(row for row in trials() if row.study == "Zou")
