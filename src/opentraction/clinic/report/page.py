"""One self-contained HTML page of a course that a person can read, print and keep."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from opentraction import __version__
from opentraction.chart import (
    NORMAL_95,
    Contraindication,
    Course,
    Effect,
    Measure,
    Quality,
    RuleState,
    Session,
    Verdict,
)
from opentraction.clinic.figures import (
    course_figure,
    forest_figure,
    plan_figure,
    scan_figure,
    session_figure,
    to_svg,
)
from opentraction.evaluate import MidSagittal

_TONE = {
    Verdict.EMERGENCY: "stop",
    Verdict.NOT_SUITABLE: "stop",
    Verdict.SEE_DOCTOR: "ask",
    Verdict.NOT_YET_KNOWN: "ask",
    Verdict.SUITABLE_WITH_PRECAUTIONS: "good",
    Verdict.SUITABLE: "good",
}
_SHAPE = {
    "good": '<circle cx="14" cy="14" r="11" fill="currentColor"/>',
    "ask": '<path d="M14 3 27 25H1z" fill="currentColor"/>',
    "stop": '<path d="M9 2h10l7 7v10l-7 7H9l-7-7V9z" fill="currentColor"/>',
}


@dataclass(frozen=True, kw_only=True)
class ReportExtras:
    """What the page shows beside the course itself."""

    section: MidSagittal | None = None
    """Mid-sagittal picture of the scan."""
    effects: Sequence[Effect] = ()
    """Pooled effects of published trials."""
    evidence_lines: Sequence[str] = field(default_factory=tuple)
    without_traction: str = ""
    """How people fare without real traction, to read a patient's own change beside."""
    made_at: datetime | None = None


def write_report(course: Course, path: Path, *, extras: ReportExtras) -> Path:
    """Write the report of a course to `path` (one HTML file, nothing outside it) and return the path."""
    path.write_text(report_html(course, extras=extras), encoding="utf-8")
    return path


def report_html(course: Course, *, extras: ReportExtras) -> str:
    """The report page as text."""
    environment = Environment(
        loader=PackageLoader("opentraction.clinic.report"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(measure=_measure, quality=_quality, clock=_clock, dose=_dose, stamp=_stamp)
    css = files("opentraction.clinic.report").joinpath("report.css").read_text(encoding="utf-8")
    return environment.get_template("report.html.j2").render(
        css=css,
        page=_page(course, extras),
        figures=_figures(course, extras),
        course=course,
        patient=course.patient,
        spine=course.spine,
        findings=course.findings,
        eligibility=course.eligibility,
        plan=course.plan,
        outcome=course.outcome,
    )


def _figures(course: Course, extras: ReportExtras) -> SimpleNamespace:
    shown = SimpleNamespace(scan="", plan="", course="")
    if extras.section is not None:
        target = course.plan.target if course.plan else None
        shown.scan = to_svg(
            scan_figure(extras.section, course.spine, target=target),
            title="Mid-sagittal picture of the spine",
            description="Head up, front left; outlines of bodies and discs with their names.",
            salt="scan",
        )
    if course.plan is not None:
        shown.plan = to_svg(
            plan_figure(course.plan),
            title=f"Plan: {course.plan.profile.name}",
            description="Pull over time, predicted disc pressure per level, and time below a pressure.",
            salt="plan",
        )
    if course.outcome is not None:
        figure = course_figure(course.outcome)
        if figure is not None:
            shown.course = to_svg(
                figure, title="Scores over the course", description="Pain and function.", salt="course"
            )
    return shown


def _page(course: Course, extras: ReportExtras) -> SimpleNamespace:
    target = course.plan.target if course.plan else None
    tone = _TONE[course.eligibility.verdict]
    simulated = is_simulated(course)
    who = course.patient.name or course.patient.patient_id
    mark = "SIMULATED, " if simulated else ""
    version = f"plan version {course.plan.version}" if course.plan else "no plan"
    return SimpleNamespace(
        title=f"{mark}{who}: traction course report",
        print_head=f"{mark}{who}, {version}, OpenTraction {__version__}".replace('"', "'"),
        simulated=simulated,
        target=target,
        target_text=f"target {target}" if target else "no target level",
        steps=_steps(course),
        made_line=f"Made {_stamp(extras.made_at)} with OpenTraction {__version__}." if extras.made_at else "",
        summary=_summary(course),
        scan_caption="SIMULATED image." if course.spine.simulated else "Not for diagnosis.",
        verdict_tone=tone,
        verdict_shape=f'<svg width="28" height="28" aria-hidden="true">{_SHAPE[tone]}</svg>',
        rule_groups=_rule_groups(course.eligibility.contraindications),
        sessions=_session_blocks(course),
        evidence_lines=extras.evidence_lines,
        without_traction=extras.without_traction,
        forests=[
            (
                effect,
                to_svg(
                    forest_figure(effect), title=effect.name, description=effect.method, salt=f"forest{i}"
                ),
            )
            for i, effect in enumerate(extras.effects)
        ],
        footer="Unloading is a quantity of the model; that it predicts relief is not shown. "
        "A change after treatment is not an effect of treatment.",
    )


def is_simulated(course: Course) -> bool:
    """True when any part is simulated: the patient, the image, the table or the answers."""
    return (
        course.patient.simulated
        or course.spine.simulated
        or any(session.simulated for session in course.sessions)
        or (course.outcome is not None and course.outcome.simulated)
    )


def _steps(course: Course) -> list[SimpleNamespace]:
    permitted = course.eligibility.verdict.permits_plan
    rows = [
        ("Evaluate", True, False),
        ("Screen", permitted, course.eligibility.verdict in (Verdict.EMERGENCY, Verdict.NOT_SUITABLE)),
        ("Plan", course.approved is not None, not permitted),
        ("Deliver", bool(course.sessions), course.approved is None),
        ("Follow", course.outcome is not None and course.outcome.recorded, not course.sessions),
    ]
    words = {"done": "done", "due": "due", "blocked": "blocked"}
    states = ["done" if done else "blocked" if blocked else "due" for _, done, blocked in rows]
    return [
        SimpleNamespace(name=name, state=state, word=words[state])
        for (name, _, _), state in zip(rows, states, strict=True)
    ]


def _summary(course: Course) -> list[str]:
    lines = []
    leading = course.findings.leading
    if leading:
        place = f" at {leading.level}" if leading.level else ""
        lines.append(f"Leading candidate cause: {leading.cause}{place}. {leading.reasons_for[0]}")
    lines.append(f"Screening: {course.eligibility.verdict}. {course.eligibility.because[0]}")
    if course.plan:
        profile = course.plan.profile
        lines.append(
            f"{'Signed plan' if course.approved else 'Draft plan'}: {profile.name}, at most "
            f"{profile.peak_force_n:.0f} N for {profile.duration_s / 60:.0f} min at {profile.angle_deg:g}°, "
            f"{course.plan.course.sessions} sessions."
        )
    for session in course.sessions:
        lines.append(f"Session {session.session_id}: {session.end}.")
    if course.outcome:
        lines.append(course.outcome.statement)
    if course.stopped_because:
        lines.append(course.stopped_because)
    return lines


def _rule_groups(rules: Sequence[Contraindication]) -> list[tuple[str, list[Contraindication]]]:
    names = {
        RuleState.MET: "Met",
        RuleState.UNKNOWN: "Unknown: never read as no",
        RuleState.NOT_MET: "Answered no, or ruled out by a person",
    }
    groups = [(title, [rule for rule in rules if rule.state is state]) for state, title in names.items()]
    return [(title, rows) for title, rows in groups if rows]


def _session_blocks(course: Course) -> list[SimpleNamespace]:
    if course.plan is None:
        return []
    doses = {dose.session_id: dose for dose in course.doses}
    blocks = []
    for number, session in enumerate(course.sessions):
        dose = doses.get(session.session_id)
        svg = to_svg(
            session_figure(course.plan, session, dose),
            title=f"Session {session.session_id}",
            description="Pull planned and measured over time, and replayed disc pressure.",
            salt=f"session{number}",
        )
        lines = _session_lines(session)
        if dose is not None and course.plan.target is not None:
            level = next(item for item in dose.levels if item.level is course.plan.target)
            lines.append(
                f"Delivered dose at {level.level} (model, from the measured pull): "
                f"{_dose(level.unloading_dose_mpa_s)} kPa·min"
                + (f"; planned {_dose(dose.planned_dose_mpa_s)}." if dose.planned_dose_mpa_s else ".")
            )
        blocks.append(SimpleNamespace(session=session, figure=svg, lines=lines))
    return blocks


def _session_lines(session: Session) -> list[str]:
    comparison = session.comparison
    lines = [f"Ended: {session.end}."]
    if comparison.delivered_impulse_n_s is None:
        lines.append(f"Planned impulse {comparison.planned_impulse_n_s:.0f} N·s; delivered: not measured.")
    else:
        share = comparison.delivered_impulse_n_s / max(comparison.planned_impulse_n_s, 1e-9)
        lines.append(
            f"Impulse {comparison.delivered_impulse_n_s / 1000:.1f} kN·s of "
            f"{comparison.planned_impulse_n_s / 1000:.1f} kN·s planned ({share:.0%})."
        )
    return lines + list(comparison.missed)


_LETTER = {Quality.MEASURED: "M", Quality.DERIVED: "D", Quality.ASSUMED: "A"}


def _quality(quality: Quality) -> Markup:
    return Markup('<abbr class="q" title="{0}">{1}</abbr>').format(str(quality), _LETTER[quality])


def _measure(measure: Measure | None, scale: float = 1.0) -> Any:
    """Value, 5-95 % band and quality mark, with as many digits as the spread allows."""
    if measure is None:
        return "not known"
    half = NORMAL_95 * measure.sd * scale
    digits = 0 if half >= 3 else 1 if half >= 0.12 else 2
    value, low, high = (scale * v for v in (measure.value, measure.low, measure.high))
    return Markup('{0} <span class="band">({1} to {2})</span> {3}').format(
        f"{value:.{digits}f}", f"{low:.{digits}f}", f"{high:.{digits}f}", _quality(measure.quality)
    )


def _clock(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"


def _dose(dose_mpa_s: tuple[float, float, float]) -> Markup:
    low, mid, high = (value * 1000 / 60 for value in dose_mpa_s)
    return Markup('{0} <span class="band">({1} to {2})</span>').format(
        f"{mid:.0f}", f"{low:.0f}", f"{high:.0f}"
    )


def _stamp(at: datetime) -> str:
    return f"{at:%a %Y-%m-%d %H:%M}"
