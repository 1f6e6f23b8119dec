"""What the physical examination says about the rules. Normal findings clear nothing: the cut-offs are
unsourced.
"""

import re

from opentraction.chart import Finding, FindingKind, Findings, Level, Side, VertebraName
from opentraction.screen.fact import Fact, doubt, met

SEVERE_MRC = 3.0
"""Rules RF06 and RF07: MRC grade 3 or less. Unsourced in the table: beyond it the rule is met, short of it
nobody is cleared.
"""
FULL_MRC = 5.0
ACUTE_DAYS = 3.0
"""Rule AB16: injury within 72 h (EPALMER)."""
RECENT_PROLAPSE_DAYS = 28.0
"""Rule RE35: vendors' entry is disc pain for more than 4 weeks (PORTH); raises a precaution only."""
_DAYS = {
    "h": 1 / 24,
    "hour": 1 / 24,
    "d": 1.0,
    "day": 1.0,
    "w": 7.0,
    "week": 7.0,
    "month": 30.4,
    "year": 365.25,
}

_Place = tuple[Level | None, VertebraName | None, Side | None, str]


def examination_facts(findings: Findings, baseline: Findings | None = None) -> tuple[Fact, ...]:
    """Facts on weakness, both-sided signs, upper motor neuron signs, roots and duration.

    With a `baseline` (the findings of an earlier visit), a muscle weaker by a grade meets RF06, lost
    feeling meets RF19.
    """
    return (
        *_weakness(findings),
        *_both_sides(findings),
        *_reflexes(findings),
        *_roots(findings),
        *_duration(findings),
        *_trial_pull(findings),
        *(() if baseline is None else worse_since(baseline, findings)),
    )


def _weak(item: Finding) -> bool:
    return item.value < FULL_MRC if item.value is not None else item.positive


def _weakness(findings: Findings) -> tuple[Fact, ...]:
    facts: list[Fact] = []
    for item in findings.of(FindingKind.MYOTOME):
        if item.value is None or item.value > SEVERE_MRC:
            continue
        facts.append(met("RF06", f"{item.text} MRC {item.value:g}, {SEVERE_MRC:.0f} or less."))
        lifts_foot = re.search(r"dorsiflex|\bl4\b|\bl5\b|tibialis anterior|heel", item.text.lower())
        if lifts_foot or item.vertebra in (VertebraName.L4, VertebraName.L5):
            facts.append(met("RF07", f"{item.text} The foot is lifted with MRC {item.value:g}."))
    return tuple(facts)


def _sides(items: tuple[Finding, ...]) -> set[Side]:
    sides = {item.side for item in items if item.side is not None}
    return {Side.LEFT, Side.RIGHT} if Side.BOTH in sides else sides & {Side.LEFT, Side.RIGHT}


def _both(items: tuple[Finding, ...]) -> bool:
    return len(_sides(items)) == 2


def _both_sides(findings: Findings) -> tuple[Fact, ...]:
    facts: list[Fact] = []
    if _both(tuple(item for item in findings.of(FindingKind.MYOTOME) if _weak(item))):
        facts.append(met("RF01", "Muscles are weak in both legs, a sign of suspected cauda equina syndrome."))
    if _both(tuple(item for item in findings.of(FindingKind.STRAIGHT_LEG_RAISE) if item.positive)):
        facts.append(met("RF05", "The straight-leg raise is positive on both sides."))
    for kind, words in (
        (FindingKind.PAIN_LEG, "Pain in both legs"),
        (FindingKind.DERMATOME, "Changed feeling in both legs"),
        (FindingKind.REFLEX, "Changed reflexes in both legs"),
    ):
        if _both(tuple(item for item in findings.of(kind) if item.positive and item.value != 0)):
            facts.append(doubt("RF05", f"{words}: is it new or getting worse? A person must say."))
    return tuple(facts)


def _reflexes(findings: Findings) -> tuple[Fact, ...]:
    signs = r"babinski|hoffmann?|clonus|hyper-?reflex|upgoing"
    facts: list[Fact] = []
    for item in findings.of(FindingKind.REFLEX):
        if item.positive and re.search(signs, item.text.lower()):
            facts.append(met("RF08", item.text))
        elif item.positive and "brisk" in item.text.lower():
            facts.append(doubt("RF08", f"{item.text} Is it a sign of the spinal cord? A person must say."))
    return tuple(facts)


def _roots(findings: Findings) -> tuple[Fact, ...]:
    kinds = (FindingKind.MYOTOME, FindingKind.DERMATOME, FindingKind.REFLEX)
    roots = {
        str(item.vertebra or item.level)
        for item in findings.items
        if item.kind in kinds and (item.vertebra or item.level)
        if (_weak(item) if item.kind is FindingKind.MYOTOME else item.positive)
    }
    if len(roots) < 2:
        return ()
    return (met("RE24", f"Signs at more than one root: {', '.join(sorted(roots))}."),)


def _duration(findings: Findings) -> tuple[Fact, ...]:
    facts: list[Fact] = []
    nerve_or_disc = any(
        item.positive and item.kind in (FindingKind.PAIN_LEG, FindingKind.DISC_DISPLACEMENT)
        for item in findings.items
    )
    for item in findings.of(FindingKind.DURATION):
        scale = _DAYS.get(item.unit.strip().lower().removesuffix("s"))
        if item.value is None or scale is None or not item.positive:
            continue
        days = item.value * scale
        if days < ACUTE_DAYS:
            facts.append(met("AB16", f"{item.text} It began less than three days ago."))
        if days < RECENT_PROLAPSE_DAYS and nerve_or_disc:
            facts.append(met("RE35", f"{item.text} It began less than four weeks ago."))
    return tuple(facts)


def _trial_pull(findings: Findings) -> tuple[Fact, ...]:
    return tuple(
        met("AB17", item.text)
        for item in findings.of(FindingKind.PERIPHERALISATION)
        if item.positive and re.search(r"traction|pull|unloading", item.text.lower())
    )


def _place(item: Finding) -> _Place:
    return (
        item.level,
        item.vertebra,
        item.side,
        "" if item.vertebra or item.level else item.text.split(":")[0],
    )


def worse_since(baseline: Findings, findings: Findings) -> tuple[Fact, ...]:
    """Facts on muscles weaker by a grade (RF06) and feeling lost (RF19) since an earlier visit."""
    facts: list[Fact] = []
    before = {_place(item): item for item in baseline.of(FindingKind.MYOTOME)}
    for item in findings.of(FindingKind.MYOTOME):
        old = before.get(_place(item))
        if old is None or old.value is None or item.value is None:
            continue
        if old.value - item.value >= 1.0:
            facts.append(met("RF06", f"{item.text} At the earlier visit: {old.text}"))
    felt = {_place(item) for item in baseline.of(FindingKind.DERMATOME) if not item.positive}
    facts.extend(
        met("RF19", f"{item.text} It was normal at the earlier visit.")
        for item in findings.of(FindingKind.DERMATOME)
        if item.positive and _place(item) in felt
    )
    return tuple(facts)
