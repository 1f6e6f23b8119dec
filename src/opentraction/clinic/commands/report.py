"""`opentraction report`: the report page of a stored course."""

from pathlib import Path

from opentraction import evaluate, evidence
from opentraction.chart import Course
from opentraction.clinic.case_folder import read_value
from opentraction.clinic.console import print_json, write_whole
from opentraction.clinic.forms import stamped_now
from opentraction.clinic.report import ReportExtras, report_html
from opentraction.evaluate import ImagingStudy


def write_from_file(
    course_file: Path, *, out: Path, scan: Path | None, labels: Path | None, as_json: bool
) -> None:
    """Write the report of the course in `course_file` to `out`."""
    course = read_value(course_file, Course)
    study = evaluate.read_study(scan, labels=labels) if scan is not None else None
    write_course_report(course, out, study=study)
    print_json({"report": str(out)}) if as_json else print(f"Report: {out}")


def write_course_report(course: Course, out: Path, *, study: ImagingStudy | None) -> None:
    """Write the report of a course, with the picture of its scan where there is one."""
    section = evaluate.mid_sagittal(study, course.spine) if study is not None else None
    extras = ReportExtras(
        section=section,
        effects=evidence.traction_effects(),
        evidence_lines=(evidence.evidence_statement(),),
        without_traction=evidence.without_traction(),
        made_at=stamped_now(),
    )
    write_whole(out, report_html(course, extras=extras))
