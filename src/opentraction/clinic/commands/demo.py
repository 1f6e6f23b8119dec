"""`opentraction demo`: one SIMULATED patient, scan to report, through the same path as a real one."""

from datetime import timedelta
from importlib.resources import files
from pathlib import Path

import yaml

from opentraction import evaluate
from opentraction.chart import Clinician, Instrument, Level, Questionnaire, Role, Sex, Side
from opentraction.clinic.commands.course import print_course, run_case, simulated_capability
from opentraction.clinic.console import Steps, write_whole
from opentraction.clinic.forms import FollowForm, stamped_now
from opentraction.clinic.sources import read_case
from opentraction.course import CourseOptions


def run_demo(out: Path, *, seed: int) -> None:
    """Make a phantom, write its scan as DICOM, read it back, and walk the course to the report."""
    steps = Steps()
    scan = out / "scan"
    with steps.step("phantom: a spine of norms, rendered as DICOM with labels"):
        spec = demo_spec(seed)
        study = evaluate.render(evaluate.make_phantom(spec), voxel_mm=1.0)
        evaluate.write_dicom(study, scan)
        form = write_whole(out / "examination.yaml", demo_form(seed))
    with steps.step("reading and measuring"):
        case = read_case(scan, form=form, labels=None)
    at = stamped_now() - timedelta(hours=1)
    options = CourseOptions(
        at=at,
        approver=Clinician(name="demonstration", role=Role.DEMONSTRATION),
        consent_by="demonstration",
        capability=simulated_capability(),
    )
    course = run_case(case, options=options, follow_form=demo_answers(seed), out=out, steps=steps, seed=seed)
    print_course(course, out)


def demo_spec(seed: int) -> evaluate.PhantomSpec:
    """The demonstration patient: a left L4-L5 protrusion on a degenerated disc."""
    bulge = evaluate.PhantomProtrusion(level=Level.L4_L5, depth_mm=5.0, side=Side.LEFT)
    return evaluate.PhantomSpec(
        seed=seed, age_years=46, sex=Sex.FEMALE, stature_mm=1680, mass_kg=68,
        pfirrmann=(2, 2, 2, 4, 3), protrusions=(bulge,),
    )  # fmt: skip


def demo_form(seed: int) -> str:
    """The demonstration's examination form, filled in; examined at this moment."""
    text = files("opentraction.clinic").joinpath("data", "demo_examination.yaml").read_text(encoding="utf-8")
    fields = yaml.safe_load(text)
    fields["examined_at"] = (stamped_now() - timedelta(hours=2)).isoformat()
    fields["patient"]["patient_id"] = f"demo-{seed}"
    head = "# SIMULATED: an invented patient and invented answers.\n"
    return head + yaml.safe_dump(fields, sort_keys=False, allow_unicode=True)


def demo_answers(seed: int) -> FollowForm:
    """Made-up questionnaires: baseline and after one session. SIMULATED wherever they are shown."""
    later = stamped_now()
    start = later - timedelta(hours=2)
    shift = seed % 2
    rows = (
        (Instrument.NRS_BACK, (6,), (5 - shift,)),
        (Instrument.NRS_LEG, (7,), (5,)),
        (Instrument.ODI, (2, 2, 3, 2, 2, 2, 1, None, 2, 2), (2, 2, 2, 2, 2, 2, 1, None, 2, 1)),
    )
    questionnaires = []
    for instrument, before, after in rows:
        for at, items, done in ((start, before, 0), (later, after, 1)):
            questionnaires.append(
                Questionnaire(instrument=instrument, at=at, items=items, recall="now", after_session=done)
            )
    return FollowForm(questionnaires=tuple(questionnaires))
