"""`opentraction report`: the report page of a stored course."""

from dataclasses import replace
from pathlib import Path

from opentraction import evaluate, evidence
from opentraction.chart import Course, Spine
from opentraction.clinic.case_folder import read_value
from opentraction.clinic.console import print_json, write_whole
from opentraction.clinic.forms import stamped_now
from opentraction.clinic.picture_file import keep_picture, kept_picture
from opentraction.clinic.report import ReportExtras, report_html
from opentraction.evaluate import ImagingStudy, MidSagittal


def write_from_file(
    course_file: Path,
    *,
    out: Path,
    scan: Path | None,
    labels: Path | None,
    convention: str | None,
    as_json: bool,
) -> None:
    """Write the report of the course in `course_file` to `out`; `scan` gives its picture."""
    course = read_value(course_file, Course)
    section: MidSagittal | None
    if scan is not None:
        study = evaluate.read_study(scan, labels=labels, convention=convention)
        section = evaluate.mid_sagittal(study, course.spine)
        section = replace(section, by_hand=not gives_the_sizes_of(study, course.spine))
    else:
        section = kept_picture(course_file.parent, course.spine)
    _write(course, out, section)
    print_json({"report": str(out)}) if as_json else print(f"Report: {out}")


def gives_the_sizes_of(study: ImagingStudy, spine: Spine) -> bool:
    """True when this scan, measured again, gives the very discs of a spine: it is the scan of the course."""
    return study.labels is not None and evaluate.measure(study).discs == spine.discs


def write_course_report(course: Course, out: Path, *, study: ImagingStudy | None) -> None:
    """Write the report of a course into its case folder, and keep the picture of its scan beside it."""
    section = evaluate.mid_sagittal(study, course.spine) if study is not None else None
    keep_picture(section, out.parent, course.spine)
    _write(course, out, section)


def rewrite_report(course: Course, folder: Path) -> Path:
    """Write the report of a case folder anew, with the picture kept there; returns its path."""
    out = folder / "report.html"
    _write(course, out, kept_picture(folder, course.spine))
    return out


def _write(course: Course, out: Path, section: MidSagittal | None) -> None:
    extras = ReportExtras(
        section=section,
        effects=evidence.traction_effects(),
        evidence_lines=(evidence.evidence_statement(),),
        without_traction=evidence.without_traction(),
        made_at=stamped_now(),
    )
    write_whole(out, report_html(course, extras=extras))
