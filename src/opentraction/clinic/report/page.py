"""One self-contained HTML page of a course that a person can read, print and keep."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from opentraction import __version__, screen
from opentraction.chart import Course, Effect, FindingKind, FindingSource, SpineSource
from opentraction.clinic.figures import (
    course_figure,
    forest_figure,
    plan_figure,
    scan_figure,
    session_figure,
    to_svg,
)
from opentraction.clinic.report import numbers
from opentraction.clinic.report.blocks import (
    SessionBlock,
    advice_reasons,
    bone_rows,
    change_table,
    disc_rows,
    finding_groups,
    rule_groups,
    session_lines,
)
from opentraction.clinic.report.citations import Citations
from opentraction.clinic.report.sentences import likewise
from opentraction.clinic.report.summary import TONE, no_plan, shape, steps, summary, warnings
from opentraction.evaluate import MidSagittal


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


def report_html(course: Course, *, extras: ReportExtras) -> str:
    """The report page as text."""
    citations = Citations(_texts(course))
    environment = Environment(
        loader=PackageLoader("opentraction.clinic.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(cite=citations.cite, cite_in_full=citations.in_full, likewise=likewise)
    environment.globals.update(
        measure=numbers.measure_cell, quality=numbers.quality_mark, clock_band=numbers.clock_cell,
        clock=numbers.clock, dose=numbers.dose_cell, stamp=numbers.stamp, force=numbers.force,
        plain=numbers.plain, signed=numbers.signed, shape=shape,
    )  # fmt: skip
    return environment.get_template("report.html.j2").render(
        css=Markup(files("opentraction.clinic.report").joinpath("report.css").read_text(encoding="utf-8")),
        course=course,
        extras=extras,
        patient=course.patient,
        spine=course.spine,
        findings=course.findings,
        eligibility=course.eligibility,
        plan=course.plan,
        outcome=course.outcome,
        sources=citations.listed,
        screen_sources=_screen_sources(course),
        **_heads(course, extras),
        **_parts(course, extras),
        **_figures(course, extras),
    )


def is_simulated(course: Course) -> bool:
    """True when any part is simulated: the patient, the image, the plan, the table or the answers."""
    return (
        course.patient.simulated
        or course.spine.simulated
        or (course.plan is not None and course.plan.simulated)
        or any(session.simulated for session in course.sessions)
        or (course.outcome is not None and course.outcome.simulated)
    )


def _heads(course: Course, extras: ReportExtras) -> dict[str, Any]:
    simulated = is_simulated(course)
    mark = "SIMULATED, " if simulated else ""
    who = course.patient.name or course.patient.patient_id
    version = f"plan version {course.plan.version}" if course.plan else "no plan"
    running = f"{mark}{who}, {course.patient.patient_id}, {version}, OpenTraction {__version__}"
    return {
        "simulated": simulated,
        "title": f"{mark}{who}: traction course report",
        "running_head": running,
        "running_css": Markup(_css_string(running)),
        "made_line": f"Made {numbers.stamp(extras.made_at)} with OpenTraction {__version__}."
        if extras.made_at
        else f"Made with OpenTraction {__version__}.",
    }


def _parts(course: Course, extras: ReportExtras) -> dict[str, Any]:
    advice = course.outcome.advice if course.outcome else None
    return {
        "target": course.plan.target if course.plan else None,
        "steps": steps(course),
        "summary": summary(course),
        "warnings": warnings(course),
        "no_plan": no_plan(course),
        "tone": TONE[course.eligibility.verdict],
        "from_norms": course.spine.source is SpineSource.NORMS,
        "bone_rows": bone_rows(course.spine.vertebrae),
        "disc_rows": disc_rows(course.spine.discs),
        "finding_groups": finding_groups(course.findings),
        "rule_groups": rule_groups(course.eligibility.contraindications),
        "changes": change_table(course),
        "advice_reasons": advice_reasons(advice, course) if advice else [],
    }


def _figures(course: Course, extras: ReportExtras) -> dict[str, Any]:
    simulated = is_simulated(course)
    scan, plan, scores = Markup(), Markup(), Markup()
    if extras.section is not None:
        target = course.plan.target if course.plan else None
        scan = _svg(
            scan_figure(
                extras.section, course.spine, target=target, finding=_fracture(course), simulated=simulated
            ), "scan",
            "Mid-sagittal picture of the spine",
            "Head up, front at the left; outlines of bodies and discs with their names. "
            "The numbers are in the tables of this section.",
        )  # fmt: skip
    if course.plan is not None:
        plan = _svg(
            plan_figure(course.plan, simulated=simulated), "plan", f"Plan: {course.plan.profile.name}",
            "Pull over time, predicted disc pressure per level, and time below a pressure. "
            "The table of alternatives below gives the numbers.",
        )  # fmt: skip
    drawn = course_figure(course.outcome, simulated=simulated) if course.outcome else None
    if drawn is not None:
        scores = _svg(drawn, "course", "Scores over the course", "The table below gives the numbers.")
    forests = [
        (effect, _svg(forest_figure(effect), f"forest{index}", effect.name, effect.method))
        for index, effect in enumerate(extras.effects)
    ]
    return {
        "scan": scan, "plan_drawing": plan, "scores": scores, "forests": forests,
        "sessions": list(_sessions(course, simulated)),
    }  # fmt: skip


def _fracture(course: Course) -> str:
    """The sentence on the most wedged vertebra, where the image makes one suspicious of a fracture."""
    wedged = [
        item for item in course.findings.items
        if item.kind is FindingKind.VERTEBRAL_WEDGING and item.source is FindingSource.IMAGE and item.positive
    ]  # fmt: skip
    return max(wedged, key=lambda item: item.value or 0.0).text if wedged else ""


def _sessions(course: Course, simulated: bool) -> Iterator[SessionBlock]:
    if course.plan is None:
        return
    doses = {dose.session_id: dose for dose in course.doses}
    for index, session in enumerate(course.sessions):
        figure = session_figure(course.plan, session, doses.get(session.session_id), simulated=simulated)
        svg = _svg(
            figure, f"session{index}", f"Session {index + 1}",
            "Pull planned and measured over time, and disc pressure by the model. "
            "The list below gives the numbers.",
        )  # fmt: skip
        yield SessionBlock(session, svg, session_lines(course, index))


def _svg(figure: Any, salt: str, title: str, description: str) -> Markup:
    return Markup(to_svg(figure, title=title, description=description, salt=salt))


def _texts(course: Course) -> Iterator[str]:
    """All texts of the page in which sources are named, in the order of the page."""
    plan = course.plan
    if plan is not None:
        yield from plan.rationale
        yield from (alternative.why for alternative in plan.alternatives)
        for limit in plan.limits:
            yield from (limit.reason, limit.source)
        yield from (step.condition for step in plan.course.steps)
        yield from plan.course.stop_rules
        yield plan.evidence_line
    yield course.stopped_because
    if course.outcome is not None and course.outcome.advice is not None:
        yield from course.outcome.advice.reasons


def _screen_sources(course: Course) -> list[Any]:
    """The lists and studies behind the rules shown, by key."""
    known = screen.sources()
    keys = {key for rule in course.eligibility.contraindications for key in rule.sources}
    return [known[key] for key in sorted(keys) if key in known]


def _css_string(text: str) -> str:
    """`text` inside the quotes of a CSS string: all but letters, digits and spaces as code points."""
    return "".join(c if c.isalnum() or c == " " else f"\\{ord(c):x} " for c in text)
