"""What image and report findings say about the rules. Assumed values say nothing."""

import re

from opentraction.chart import (
    LEVELS,
    NORMAL_95,
    Finding,
    FindingKind,
    Findings,
    FindingSource,
    Level,
    Quality,
    Side,
)
from opentraction.screen.fact import Fact, cleared, doubt, met

GRADE_II_PERCENT = 25.0
"""Rule AB08: Meyerding grade II from a quarter of the endplate (ITRAC; HOLLADAY; CENTERW)."""
SURE_SLIP = 0.84
"""Rule RE17: how sure an image must be of a slip, the cut-off cleared by one standard deviation (0.841 of a
normal spread). Short of it a person must say.
"""
OSTEOPOROSIS_T = -2.5
"""Rule RE01: T-score of osteoporosis (WHO, as in NCT00791180)."""
OSTEOPENIA_T = -1.0
"""Rule RE02: upper end of osteopenia; the table marks it unsourced, so it raises a precaution and clears
nobody.
"""
LARGE_CENTRAL_MM = 5.0
"""Rule RE14: no size of a large central protrusion was found in print; this figure is ours and only raises
a precaution.
"""
NARROW_DURAL_MM2 = 100.0
"""Rule RE15: upper end of the 75-100 mm2 of the table (unsourced there): raises a precaution, clears
nobody.
"""
ADVANCED_PFIRRMANN = 5.0
"""Rule RE23: Pfirrmann grade V read as advanced degeneration; ours, raises a precaution only."""


def image_facts(findings: Findings) -> tuple[Fact, ...]:
    """Facts on slips, fractures, disc displacement, stenosis, bone density and wear."""
    seen = tuple(item for item in findings.items if item.quality is not Quality.ASSUMED)
    facts: list[Fact] = [*_listhesis([item for item in seen if item.kind is FindingKind.LISTHESIS])]
    for item in seen:
        if item.positive:
            facts.extend(_of_one(item))
    return tuple(facts)


def _of_one(item: Finding) -> tuple[Fact, ...]:
    match item.kind:
        case FindingKind.VERTEBRAL_WEDGING:
            return _wedging(item)
        case FindingKind.DISC_DISPLACEMENT:
            return _displacement(item)
        case FindingKind.CANAL_STENOSIS:
            return _stenosis(item)
        case FindingKind.BONE_DENSITY:
            return _density(item)
        case FindingKind.DISC_DEGENERATION:
            if item.value is not None and item.value >= ADVANCED_PFIRRMANN:
                return (met("RE23", item.text),)
        case FindingKind.NEUROGENIC_CLAUDICATION:
            return (doubt("RE15", f"{item.text} This fits a narrow canal."),)
    return ()


def _listhesis(items: list[Finding]) -> tuple[Fact, ...]:
    """Slips. A reading below grade II clears AB08 only when all five levels were read and none reaches it
    within its spread.

    Lying images under-read slips, so no image clears RE17.
    """
    facts: list[Fact] = []
    bounded: set[Level] = set()
    for item in items:
        percent, sd = _slip_percent(item)
        high = None if percent is None or sd is None else percent + NORMAL_95 * sd
        if high is not None and high < GRADE_II_PERCENT and item.level is not None:
            bounded.add(item.level)
        if item.positive:
            facts.extend(_slip(item, percent, high))
    if bounded == set(LEVELS):
        reason = "Every level was measured; none slips by a quarter within its spread (image taken lying)."
        facts.extend(cleared("AB08", reason, from_image=True))
    return tuple(facts)


_GRADE_II_UP = r"(?:ii|iii|iv|v|[2-5])\b"
_WORDED_II_UP = rf"\bgrade\s*{_GRADE_II_UP}"
_WORDED_BETWEEN = rf"\bgrade\s*(?:i|1)\s*(?:-|–|/|to|or)\s*(?:grade\s*)?{_GRADE_II_UP}"
_WORDED_I = r"\bgrade\s*(?:i|1)\b"


def _slip(item: Finding, percent: float | None, high: float | None) -> tuple[Fact, ...]:
    worded, read = item.text.lower(), item.source is FindingSource.REPORT
    if read and re.search(_WORDED_BETWEEN, worded):
        return (met("RE17", item.text), doubt("AB08", f"{item.text} Is it below or above a quarter?"))
    if percent is None:
        if read and re.search(_WORDED_I, worded):
            return (met("RE17", item.text),)
        if re.search(_WORDED_II_UP, worded):
            return (met("AB08", item.text),)
        return (
            met("RE17", item.text),
            doubt("AB08", f"{item.text} Its grade is not known: below or above a quarter?"),
        )
    if percent >= GRADE_II_PERCENT and item.certainty >= 0.5:
        return (met("AB08", item.text),)
    slip = met("RE17", item.text)
    if item.source is FindingSource.IMAGE and item.certainty < SURE_SLIP:
        slip = doubt("RE17", f"{item.text} A person must say whether it has slipped.")
    if percent < GRADE_II_PERCENT and item.source is FindingSource.REPORT:
        return (slip,)  # a reader graded it; a bare reading of the image has to show its spread
    if percent >= GRADE_II_PERCENT or high is None or high >= GRADE_II_PERCENT:
        spread = "with no spread stated" if high is None else f"up to {high:.0f} % within its spread"
        return (
            slip,
            doubt(
                "AB08", f"{item.text} It reads {percent:.0f} %, {spread}, and lying images under-read slips."
            ),
        )
    return (slip,)


def _slip_percent(item: Finding) -> tuple[float | None, float | None]:
    """Slip [% of the endplate] and its standard deviation, read from the value or from a percentage in the
    text.
    """
    if item.value is None:
        return None, None
    if item.unit.strip().lower() in ("%", "percent"):
        return abs(item.value), item.sd
    named = re.search(r"(\d+(?:\.\d+)?)\s*%", item.text)
    if item.unit.strip().lower() == "mm" and named:
        percent = float(named[1])
        scaled = None if item.sd is None or item.value == 0 else item.sd * percent / abs(item.value)
        return percent, scaled
    return None, None


def _wedging(item: Finding) -> tuple[Fact, ...]:
    reason = f"{item.text} It may be a fracture; a person must say whether it is one, and whether it healed."
    return (doubt("RF15", reason), doubt("AB03", reason))


def _displacement(item: Finding) -> tuple[Fact, ...]:
    text = item.text.lower()
    facts: list[Fact] = []
    if re.search(r"sequest|free fragment|migrated", text) and not re.search(
        r"\bno (sequest|free|migrat)", text
    ):
        facts.append(met("RE13", item.text))
    central = item.side not in (Side.LEFT, Side.RIGHT)
    large = item.value is not None and item.unit in ("", "mm") and item.value >= LARGE_CENTRAL_MM
    if (central and large) or re.search(r"\b(large|massive|medial to the root)\b", text):
        facts.append(met("RE14", item.text))
    return tuple(facts)


def _stenosis(item: Finding) -> tuple[Fact, ...]:
    area = item.unit.replace("²", "2") == "mm2" and item.value is not None and item.value < NARROW_DURAL_MM2
    if area or re.search(r"\bsevere|schizas\s*[cd]\b", item.text.lower()):
        return (met("RE15", item.text),)
    return ()


def _density(item: Finding) -> tuple[Fact, ...]:
    score = item.value
    if score is None:
        thin = {"osteoporo": "RE01", "osteopen": "RE02"}
        return tuple(met(rule, item.text) for word, rule in thin.items() if word in item.text.lower())
    if score <= OSTEOPOROSIS_T:
        return (
            met("RE01", item.text),
            doubt("AB09", f"{item.text} Has a bone ever broken from a small fall?"),
        )
    facts: tuple[Fact, ...] = (met("RE02", item.text),) if score < OSTEOPENIA_T else ()
    if item.sd is not None and score - NORMAL_95 * item.sd > OSTEOPOROSIS_T:
        facts += cleared("RE01", item.text, from_image=True)
    return facts
