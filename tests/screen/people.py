"""Patients, answers and whole intakes for the tests of screening."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import yaml

from opentraction.chart import Finding, Findings, Patient, Reply
from opentraction.screen import OnYes, answer, follow_up, gates, intake, with_answers

NOW = datetime(2025, 6, 2, 10, 0, tzinfo=UTC)
ADULT = Patient(patient_id="adult", birth_date=date(1985, 5, 5), mass_kg=75, stature_mm=1780)
EMPTY = Findings(items=(), examined_at=NOW)


def says(findings: Findings, reply: Reply, *ids: str, at: datetime = NOW, by: str = "Dr Reader") -> Findings:
    """Findings with the same reply to several rules or gates."""
    return with_answers(findings, [answer(one, reply, by=by, at=at) for one in ids])


def all_no(at: datetime = NOW, without: Iterable[str] = ()) -> Findings:
    """Every gate answered no, but some."""
    return says(
        EMPTY, Reply.NO, *(gate.gate_id for gate in gates() if gate.gate_id not in set(without)), at=at
    )


@dataclass(frozen=True)
class Vignette:
    """One patient with what is true of them and the verdict to come."""

    name: str
    patient: Patient
    items: tuple[Finding, ...]
    expect: tuple[str, ...]
    fields: dict[str, Any] = field(default_factory=dict)

    def rule_ids(self, key: str) -> set[str]:
        return set(self.fields.get(key, ()))


def vignettes(prefix: str) -> list[Vignette]:
    """The vignettes of one kind, "ok" or "no", in order."""
    paths = sorted((Path(__file__).parent / "vignettes").glob(f"{prefix}_*.yaml"))
    return [_read(path) for path in paths]


def _read(path: Path) -> Vignette:
    fields = yaml.safe_load(path.read_text(encoding="utf-8"))
    known = {"story", "patient", "findings", "yes", "unknown", "opens", "leaves", "expect", "met", "open"}
    assert set(fields) <= known | {"send_to", "concern"}, f"{path.name}: {set(fields) - known}"
    items = tuple(Finding(**{"source": "examination", **item}) for item in fields["findings"])
    patient = Patient(patient_id=path.stem, **fields["patient"])
    return Vignette(path.stem, patient, items, tuple(fields["expect"]), fields)


def walk_intake(person: Vignette) -> tuple[Findings, int]:
    """Ask as the intake says, gates then what they opened; the findings and the number of questions."""
    findings = Findings(items=person.items, examined_at=NOW)
    yes, unknown = person.rule_ids("yes"), person.rule_ids("unknown")
    count = 0
    for gate in intake(person.patient, findings, at=NOW):
        touched = bool(yes & set(gate.rule_ids)) or gate.gate_id in person.rule_ids("opens")
        is_met = gate.on_yes is OnYes.MET and bool(yes & set(gate.rule_ids))
        reply = Reply.UNKNOWN if gate.gate_id in unknown else Reply.YES if touched or is_met else Reply.NO
        findings = says(findings, reply, gate.gate_id)
        count += 1
    leaves = person.rule_ids("leaves")
    for question in follow_up(person.patient, findings, at=NOW):
        rules = [one for one in question.rule_ids if one not in leaves]
        for one in rules:
            findings = says(findings, Reply.YES if one in yes else Reply.NO, one)
        count += 1
    return findings, count
