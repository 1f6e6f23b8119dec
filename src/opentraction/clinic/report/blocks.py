"""What the page lists: rules, findings, sessions and advice, grouped so that nothing is read twice."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from opentraction.chart import (
    Advice,
    Contraindication,
    Course,
    Disc,
    Finding,
    Findings,
    Measure,
    RuleState,
    Session,
    Vertebra,
)
from opentraction.clinic.report.numbers import NOT_KNOWN, dose_cell, measure_cell, number, row_places
from opentraction.clinic.report.sentences import likewise, without_common_end
from opentraction.clinic.report.summary import impulse_sentence

_GROUPS = {
    RuleState.MET: ("Met", True),
    RuleState.UNKNOWN: ("Unknown: never read as no", True),
    RuleState.NOT_MET: ("Answered no, or ruled out by a person", False),
}


@dataclass(frozen=True)
class RuleGroup:
    """Rules of one state; `by_reason` gathers those that one answer settles, for the long list of noes."""

    title: str
    open: bool
    rules: tuple[Contraindication, ...]
    by_reason: tuple[tuple[str, tuple[Contraindication, ...]], ...] = ()


def rule_groups(rules: Sequence[Contraindication]) -> list[RuleGroup]:
    """The rules by state: met and unknown one by one, answered noes gathered by what answers them."""
    groups = []
    for state, (title, shown) in _GROUPS.items():
        own = tuple(rule for rule in rules if rule.state is state)
        gathered: dict[str, list[Contraindication]] = {}
        if state is RuleState.NOT_MET:
            for rule in own:
                gathered.setdefault(" ".join(rule.reasons) or "No reason was written.", []).append(rule)
        by_reason = tuple((reason, tuple(items)) for reason, items in gathered.items())
        if own:
            groups.append(RuleGroup(title, shown, own, by_reason))
    return groups


@dataclass(frozen=True)
class FindingGroups:
    """Findings that were there, one by one, and those looked for and absent, gathered."""

    present: tuple[Finding, ...]
    absent: tuple[str, ...]


def finding_groups(findings: Findings) -> FindingGroups:
    """What was found, and what was looked for and not found."""
    present = tuple(item for item in findings.items if item.positive)
    absent = likewise(item.text for item in findings.items if not item.positive)
    return FindingGroups(present, tuple(absent))


_ROWS = (
    ("front height", "mm", "height_front_mm", 1.0),
    ("middle height", "mm", "height_mid_mm", 1.0),
    ("back height", "mm", "height_back_mm", 1.0),
    ("depth", "mm", "depth_mm", 1.0),
    ("width", "mm", "width_mm", 1.0),
    ("wedge", "°", "wedge_deg", 1.0),
    ("area", "cm²", "area_mm2", 0.01),
    ("volume", "cm³", "volume_mm3", 0.001),
    ("Farfan index", "", "farfan_index", 1.0),
    ("T2 signal ratio", "", "signal_ratio", 1.0),
    ("Pfirrmann grade, estimated", "", "pfirrmann", 1.0),
    ("canal area", "mm²", "canal_area_mm2", 1.0),
    ("foramen height", "mm", "foramen_height_mm", 1.0),
)


def disc_rows(discs: Sequence[Disc]) -> list[tuple[str, str, list[Markup | str]]]:
    """Rows (measure, unit, one cell per level) of the disc table; a row nobody measured is left out."""
    rows = []
    for name, unit, attribute, scale in _ROWS:
        measures = [getattr(disc, attribute) for disc in discs]
        if any(measure is not None for measure in measures):
            rows.append((name, unit, _cells(measures, scale)))
    rows.append(("slip, forward positive", "mm", [_slip(disc) for disc in discs]))
    if any(disc.protrusion is not None for disc in discs):
        rows.append(("displacement behind the corners", "mm", [_protrusion(disc) for disc in discs]))
    return rows


_BONE_ROWS = (
    ("front height", "mm", "height_front_mm"),
    ("middle height", "mm", "height_mid_mm"),
    ("back height", "mm", "height_back_mm"),
    ("wedge", "°", "wedge_deg"),
)


def bone_rows(bones: Sequence[Vertebra]) -> list[tuple[str, str, list[Markup | str]]]:
    """Rows (measure, unit, one cell per body) of the table of bones; empty when nothing is known of any."""
    rows = []
    for name, unit, attribute in _BONE_ROWS:
        measures = [getattr(bone, attribute) for bone in bones]
        if any(measure is not None for measure in measures):
            rows.append((name, unit, _cells(measures)))
    return rows


def _cells(measures: Sequence[Measure | None], scale: float = 1.0) -> list[Markup | str]:
    places = row_places(measures, scale)
    return [measure_cell(measure, scale, places=places) for measure in measures]


def _slip(disc: Disc) -> Markup | str:
    if disc.listhesis is None:
        return NOT_KNOWN
    return Markup('{} <span class="band">{} %, {}</span>').format(
        measure_cell(disc.listhesis.slip_mm), number(disc.listhesis.slip_percent.value, 0),
        disc.listhesis.grade_words,
    )  # fmt: skip


def _protrusion(disc: Disc) -> Markup | str:
    if disc.protrusion is None:
        return "none seen" if disc.seen else NOT_KNOWN
    return Markup('{} <span class="band">{}, {}</span>').format(
        measure_cell(disc.protrusion.depth_mm), disc.protrusion.kind, disc.protrusion.side
    )


@dataclass(frozen=True)
class SessionBlock:
    """One session with its figure and what to say about it."""

    session: Session
    figure: Markup
    lines: tuple[Markup | str, ...]


def session_lines(course: Course, index: int) -> tuple[Markup | str, ...]:
    """How a session ended, what it delivered against the plan, and what was missed."""
    session = course.sessions[index]
    lines: list[Markup | str] = [f"Ended: {session.end}. {impulse_sentence(course, index)}"]
    dose = next((dose for dose in course.doses if dose.session_id == session.session_id), None)
    target = course.plan.target if course.plan else None
    level = next((item for item in dose.levels if item.level is target), None) if dose else None
    if dose is not None and level is not None:
        planned = dose.planned_dose_mpa_s
        text = Markup("Unloading dose at {}, by the model from the measured pull: {} MPa s").format(
            level.level, dose_cell(level.unloading_dose_mpa_s)
        )
        lines.append(text + (Markup("; planned {}.").format(dose_cell(planned)) if planned else "."))
    lines.extend(session.comparison.missed)
    return (*lines, session.note) if session.note else tuple(lines)


@dataclass(frozen=True)
class ChangeTable:
    """The sentences of the changes, without the ending they share, and that ending once."""

    sentences: tuple[str, ...]
    shared: str


def change_table(course: Course) -> ChangeTable:
    """What is said of each change, the closing sentences that all share said once."""
    changes = course.outcome.changes if course.outcome else ()
    sentences, shared = without_common_end([change.sentence for change in changes])
    return ChangeTable(tuple(sentences), shared)


def advice_reasons(advice: Advice, course: Course) -> list[str]:
    """The reasons of an advice, with one pointer for those that the page already says word for word."""
    said = {change.sentence for change in course.outcome.changes} if course.outcome else set()
    shown = ["The changes in the table above." if reason in said else reason for reason in advice.reasons]
    return list(dict.fromkeys(shown))
