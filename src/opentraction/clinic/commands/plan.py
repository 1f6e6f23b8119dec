"""`opentraction plan`: a draft for one spine and one examination."""

from pathlib import Path

from opentraction import evaluate
from opentraction.chart import Plan, Spine, lowest
from opentraction.clinic.case_folder import read_value, write_course
from opentraction.clinic.commands.course import course_so_far, simulated_capability
from opentraction.clinic.commands.report import rewrite_report
from opentraction.clinic.console import Steps, print_json
from opentraction.clinic.forms import read_changes, read_overrides, stamped_now
from opentraction.clinic.sources import patient_of
from opentraction.course import CourseOptions, run_course


def draft_plan(
    form: Path,
    *,
    spine: Path | None,
    out: Path,
    cap_n: float | None,
    minutes: float,
    override_file: Path | None,
    changes_file: Path | None,
    as_json: bool,
) -> None:
    """Draft a plan and write it with what it rests on; nothing is signed or delivered."""
    examination = evaluate.read_examination(form)
    patient = patient_of(examination, form)
    measured = read_value(spine, Spine) if spine else evaluate.spine_of_norms(patient, examination.report)
    options = CourseOptions(
        at=stamped_now(),
        clinician_cap_n=cap_n,
        minutes=minutes,
        overrides=read_overrides(override_file),
        changes=read_changes(changes_file),
        capability=simulated_capability(),
    )
    steps = Steps(quiet=as_json)
    earlier = course_so_far(out, patient, quiet=as_json)
    course = run_course(patient, examination, options=options, spine=measured, earlier=earlier, watch=steps)
    write_course(course, out)
    if (out / "report.html").is_file():
        rewrite_report(course, out)  # it would tell of the plan before
    if as_json:
        print_json(course.plan if course.plan is not None else course.eligibility)
    elif course.plan is not None:
        print_plan(course.plan)
        print(f"  Draft: {out / 'plan.json'}")
    else:
        print(course.stopped_because)


def print_plan(plan: Plan) -> None:
    """Print a plan: profile, the limit that binds, why, and the alternatives."""
    profile, binding = plan.profile, lowest(plan.limits)
    print(f"{'SIMULATED  ' if plan.simulated else ''}{profile.name}: at most {profile.peak_force_n:.0f} N, "
          f"{profile.duration_s / 60:.0f} min at {profile.angle_deg:g} deg")  # fmt: skip
    print(f"  limit: {binding.force_n:.0f} N, {binding.reason} [{binding.source}]")
    for reason in plan.rationale:
        print(f"  {reason}")
    for other in sorted(plan.alternatives, key=lambda item: item.gentler_rank):
        low, mid, high = other.target_dose_mpa_s
        mark = "*" if other.chosen else " "
        print(f"  {mark} {other.name}: {other.peak_force_n:.0f} N, unloading {mid:.0f} "
              f"({low:.0f} to {high:.0f}) MPa s")  # fmt: skip
