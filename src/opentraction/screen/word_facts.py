"""Words in medication and history findings that bear on a rule; they raise questions and clear nobody."""

import re
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from opentraction.chart import FindingKind, Findings, Quality
from opentraction.screen.fact import Fact, doubt, met

_DENIAL = r"\bno\b|\bnot\b|\bnever\b|\bdenie[sd]\b|\bwithout\b|\bfamily\b"
_STOPPED = r"\bstopped\b"
"""Denies a medicine ("stopped warfarin"), not an illness ("stopped working after breast cancer")."""


@cache
def _words() -> dict[str, dict[str, list[str]]]:
    text = (files("opentraction.screen") / "data" / "words.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def word_facts(findings: Findings) -> tuple[Fact, ...]:
    """Medicines that meet a rule; words of the history or of a note that put one in doubt."""
    facts: list[Fact] = []
    for item in findings.of(FindingKind.MEDICATION):
        if item.positive:
            facts.extend(met(rule, item.text) for rule in _named(item.text, "medication"))
    for item in findings.of(FindingKind.HISTORY):
        if item.positive:
            facts.extend(
                doubt(rule, f"The history says: {item.text} A person must answer this rule itself.")
                for rule in _named(item.text, "history")
            )
    for item in findings.of(FindingKind.OTHER):
        if item.positive and item.quality is not Quality.ASSUMED:
            facts.extend(
                doubt(rule, f"{item.text} A person must answer this rule itself.")
                for rule in _named(item.text, "sign")
            )
    return tuple(facts)


def _named(text: str, kind: str) -> tuple[str, ...]:
    return tuple(
        rule
        for rule, stems in _words()[kind].items()
        if any(_says(text.lower(), stem, kind) for stem in stems)
    )


def _says(text: str, stem: str, kind: str) -> bool:
    """True when `stem` begins a word and no denial stands before it in the same clause.

    A comma ends a clause in a list of medicines ("no opioids, warfarin"), not in a history ("no cancer,
    fracture or fusion").
    """
    medicine = kind == "medication"
    ends = r"[.;:,]|\bbut\b" if medicine else r"[.;:]|\bbut\b"
    denial = f"{_DENIAL}|{_STOPPED}" if medicine else _DENIAL
    for found in re.finditer(rf"\b{re.escape(stem)}", text):
        clause = re.split(ends, text[: found.start()])[-1]
        if not re.search(denial, clause):
            return True
    return False
