"""The `opentraction` command. Each command loads what it needs when it runs, so `--help` is quick."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from opentraction import __version__
from opentraction.clinic.console import run_guarded

app = typer.Typer(
    name="opentraction",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Plan, deliver and follow spinal decompression (lumbar traction): scan, findings, screening, plan, "
    "session, outcome, evidence. Research and decision support; not a cleared medical device.",
    epilog="Start with: opentraction demo --out demo-out",
)

Convention = Annotated[
    str | None,
    typer.Option(
        help="What the label numbers mean, when they leave it open: totalspineseg, verse, totalsegmentator."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON for machines, nothing else.")]
OutFolder = Annotated[Path, typer.Option("--out", "-o", help="Folder to write into; made when absent.")]
Labels = Annotated[
    Path | None, typer.Option(help="Label map of the image (NIfTI), TotalSpineSeg or VerSe/TPTBox numbers.")
]
Form = Annotated[
    Path, typer.Option("--form", "-f", help="Examination form (YAML); see: opentraction screen --form-help")
]
At = Annotated[
    str | None,
    typer.Option(
        "--at",
        help="Judge the form at this moment (2026-11-20T10:00) instead of now; nothing is signed then.",
    ),
]
Overrides = Annotated[
    Path | None,
    typer.Option("--overrides", help="Overrides of screening rules (YAML): rule, name, time, reason."),
]
Changes = Annotated[
    Path | None,
    typer.Option(
        "--changes",
        help="Return visit: answers to the change questions (YAML); see: opentraction screen --changes-help",
    ),
]
ConsentBy = Annotated[
    str | None, typer.Option("--consent-by", help="Who gave consent to the text of the draft.")
]
Approver = Annotated[
    str | None,
    typer.Option("--approve-as", help="Name of the clinician who signs. Without it all stops at a draft."),
]


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"opentraction {__version__}")
        raise typer.Exit


@app.callback()
def about(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and stop."),
    ] = False,
) -> None:
    """Plan, deliver and follow spinal decompression (lumbar traction).

    Scan, findings, screening, plan, session, outcome, evidence. Research and decision support; not a
    cleared medical device.
    """


@app.command(epilog="Example: opentraction demo --out demo-out")
def demo(
    out: OutFolder = Path("demo-out"),
    seed: Annotated[int, typer.Option(help="Another seed makes another demonstration patient.")] = 7,
) -> None:
    """Walk one SIMULATED patient through everything, scan to report. Only this command signs by itself."""
    from opentraction.clinic.commands.demo import run_demo

    run_demo(out, seed=seed)


@app.command(
    epilog="Example: opentraction phantom spine-3 --age 52 --sex female --protrusion L4-L5=5 --grade L4-L5=4"
)
def phantom(
    out: Annotated[Path, typer.Argument(help="Folder for the image, the labels and the truth.")],
    seed: Annotated[int, typer.Option(help="Natural variation of the sizes.")] = 1,
    age: Annotated[float, typer.Option(help="Age [years].")] = 45.0,
    sex: Annotated[str, typer.Option(help="female or male.")] = "female",
    stature_mm: Annotated[float | None, typer.Option(help="Body height [mm]; 1680 when left out.")] = None,
    mass_kg: Annotated[float | None, typer.Option(help="Body mass [kg]; 70 when left out.")] = None,
    protrusion: Annotated[
        list[str] | None, typer.Option(help="LEVEL=mm, as L4-L5=5; may be repeated.")
    ] = None,
    grade: Annotated[list[str] | None, typer.Option(help="LEVEL=Pfirrmann 1-5; may be repeated.")] = None,
    slip: Annotated[list[str] | None, typer.Option(help="LEVEL=mm of forward slip; may be repeated.")] = None,
    voxel_mm: Annotated[float, typer.Option(help="Voxel size [mm].")] = 1.0,
    oblique_deg: Annotated[float, typer.Option(help="Rotation of the acquisition, up to 30 [deg].")] = 0.0,
    form: Annotated[str, typer.Option("--format", help="nifti, dicom or both.")] = "nifti",
    as_json: Json = False,
) -> None:
    """Make a SIMULATED spine from published norms and render it as a T2-like image with labels."""
    from opentraction.clinic.commands.phantom import make

    make(
        out, seed=seed, age=age, sex=sex, stature_mm=stature_mm, mass_kg=mass_kg, protrusion=protrusion or [],
        grade=grade or [], slip=slip or [], voxel_mm=voxel_mm, oblique_deg=oblique_deg, form=form,
        as_json=as_json,
    )  # fmt: skip


@app.command(
    epilog="Example: opentraction evaluate scan/t2w.nii.gz --labels scan/labels.nii.gz --out spine.json"
)
def evaluate(
    image: Annotated[
        Path | None, typer.Argument(help="DICOM folder, NIfTI image, label map, or landmark file (.yaml).")
    ] = None,
    labels: Labels = None,
    convention: Convention = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write the Spine as JSON here.")] = None,
    picture: Annotated[
        Path | None, typer.Option(help="Write the mid-sagittal picture (.png or .svg) here.")
    ] = None,
    landmark_help: Annotated[
        bool, typer.Option("--landmark-help", help="Print how to write a landmark file, with an example.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Measure a spine from MRI or CT: heights, wedges, areas, slips, each with quality and spread."""
    from opentraction.clinic.commands.evaluate import measure_image

    measure_image(
        image, labels=labels, convention=convention, out=out, picture=picture, landmark_help=landmark_help,
        as_json=as_json,
    )  # fmt: skip


@app.command(
    epilog="Example: opentraction screen --form-help > form.yaml; opentraction screen --form form.yaml. "
    "A return visit: opentraction screen --changes-help > changes.yaml; "
    "opentraction screen --since case --changes changes.yaml"
)
def screen(
    form: Annotated[Path | None, typer.Option("--form", "-f", help="Examination form (YAML).")] = None,
    spine: Annotated[
        Path | None, typer.Option(help="A measured Spine (JSON) whose findings count too.")
    ] = None,
    form_help: Annotated[bool, typer.Option("--form-help", help="Print an empty form and its help.")] = False,
    questions: Annotated[
        bool, typer.Option("--questions", help="Print the questions and their numbers.")
    ] = False,
    since: Annotated[
        Path | None, typer.Option(help="Folder (or course.json) of the last visit; goes with --changes.")
    ] = None,
    changes: Changes = None,
    changes_help: Annotated[
        bool, typer.Option("--changes-help", help="Print an empty file of change answers and stop.")
    ] = False,
    overrides: Overrides = None,
    at: At = None,
    as_json: Json = False,
) -> None:
    """Screen for contraindications and red flags: each yes, no or unknown, cited; unknown is never no."""
    from opentraction.clinic.commands.screen import screen_form

    screen_form(
        form,
        spine=spine,
        form_help=form_help,
        questions=questions,
        since=since,
        changes_file=changes,
        changes_help=changes_help,
        override_file=overrides,
        at=at,
        as_json=as_json,
    )


@app.command(epilog="Example: opentraction plan --form form.yaml --spine spine.json --out case")
def plan(
    form: Form,
    spine: Annotated[
        Path | None, typer.Option(help="Measured Spine (JSON); without it, a spine of norms.")
    ] = None,
    out: OutFolder = Path("case"),
    cap_n: Annotated[float | None, typer.Option(help="The clinician's own cap of the pull [N].")] = None,
    minutes: Annotated[float, typer.Option(help="Length of a session [min].")] = 20.0,
    overrides: Overrides = None,
    changes: Changes = None,
    as_json: Json = False,
) -> None:
    """Draft a plan: force, angle and timing for this spine, bands, limits, alternatives. Not signed."""
    from opentraction.clinic.commands.plan import draft_plan

    draft_plan(
        form, spine=spine, out=out, cap_n=cap_n, minutes=minutes, override_file=overrides,
        changes_file=changes, as_json=as_json,
    )  # fmt: skip


@app.command(epilog='Example: opentraction deliver case --approve-as "Dr Ada Roe" --consent-by "the patient"')
def deliver(
    folder: Annotated[
        Path, typer.Argument(help="A case folder with patient, spine and plan, as 'plan' writes it.")
    ],
    approve_as: Approver = None,
    consent_by: ConsentBy = None,
    despite: Annotated[
        str | None,
        typer.Option(help="Why the signer goes on after an advice to stop; kept in the approval."),
    ] = None,
    sheet: Annotated[
        str | None, typer.Option(help="Print the setting sheet for this table; 'list' names them.")
    ] = None,
    rating: Annotated[
        list[str] | None,
        typer.Option(
            help="What the table's plate says, as force_max_n=890 or native_unit=lb; may be repeated."
        ),
    ] = None,
    reported: Annotated[
        Path | None, typer.Option(help="Typed return of an unconnected table (YAML).")
    ] = None,
    real_time: Annotated[bool, typer.Option(help="Run at the pace of the clock, not faster.")] = False,
    seed: Annotated[int, typer.Option(help="Noise and breathing of the simulated patient.")] = 1,
    clear_trips_as: Annotated[
        str | None, typer.Option(help="Who looked at the cause of the last session's trips and clears them.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Run a signed plan on the SIMULATED table, or print the setting sheet for a table you own."""
    from opentraction.clinic.commands.deliver import deliver_case

    deliver_case(
        folder, approve_as=approve_as, consent_by=consent_by, despite=despite, sheet=sheet,
        rating=rating or [], reported=reported, real_time=real_time, seed=seed, clear_as=clear_trips_as,
        as_json=as_json,
    )  # fmt: skip


@app.command(epilog="Example: opentraction record case/session-01.record")
def record(
    file: Annotated[Path, typer.Argument(help="A session record.")],
    as_json: Json = False,
) -> None:
    """Open a session record, whole or cut off: where it ended, whether a byte changed, whether it replays."""
    from opentraction.clinic.commands.record import describe

    describe(file, as_json=as_json)


@app.command(epilog="Example: opentraction follow questionnaires.yaml")
def follow(
    questionnaires: Annotated[
        Path | None, typer.Argument(help="Answered questionnaires (YAML); see --form-help.")
    ] = None,
    form_help: Annotated[bool, typer.Option("--form-help", help="Print an example file and stop.")] = False,
    as_json: Json = False,
) -> None:
    """Score questionnaires and set the change against measurement error (MDC) and importance (MCID)."""
    from opentraction.clinic.commands.follow import score_file

    score_file(questionnaires, form_help=form_help, as_json=as_json)


@app.command(epilog="Example: opentraction evidence --figure forest.svg")
def evidence(
    figure: Annotated[Path | None, typer.Option(help="Write the forest plot (.svg or .png) here.")] = None,
    as_json: Json = False,
) -> None:
    """Pool the published trials: random effects (REML, Hartung-Knapp) with a prediction interval."""
    from opentraction.clinic.commands.evidence import pooled

    pooled(figure=figure, as_json=as_json)


@app.command(epilog="Example: opentraction course scan-folder --form form.yaml --out case")
def course(
    folder: Annotated[
        Path, typer.Argument(help="Folder with the scan (DICOM, NIfTI) and its labels, or landmarks.")
    ],
    form: Annotated[
        Path | None,
        typer.Option("--form", "-f", help="Examination form; examination.yaml of the folder when left out."),
    ] = None,
    labels: Labels = None,
    convention: Convention = None,
    out: OutFolder = Path("case"),
    approve_as: Approver = None,
    consent_by: ConsentBy = None,
    questionnaires: Annotated[Path | None, typer.Option(help="Answered questionnaires (YAML).")] = None,
    cap_n: Annotated[float | None, typer.Option(help="The clinician's own cap of the pull [N].")] = None,
    overrides: Overrides = None,
    changes: Changes = None,
    at: At = None,
    as_json: Json = False,
) -> None:
    """All of it: scan to report. Stops at a draft unless a named clinician signs with --approve-as."""
    from opentraction.clinic.commands.course import run_folder

    run_folder(
        folder, form=form, labels=labels, convention=convention, out=out, approve_as=approve_as,
        consent_by=consent_by, questionnaires=questionnaires, cap_n=cap_n, override_file=overrides,
        changes_file=changes, at=at, as_json=as_json,
    )  # fmt: skip


@app.command(epilog="Example: opentraction validate --html validation.html")
def validate(
    targets: Annotated[
        Path | None, typer.Option(help="Another table of targets (CSV, same columns).")
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Also write the page with every row and curve.")] = None,
    samples: Annotated[int, typer.Option(help="Samples of each experiment.")] = 32,
    understood: Annotated[
        bool, typer.Option("--understood", help="Print the quantities and conditions that are understood.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Hold the mechanical model against published measurements; misses are printed, not hidden."""
    from opentraction.clinic.commands.validate import print_understood, print_validation

    if understood:
        print_understood()
        return
    print_validation(targets=targets, as_json=as_json, html=html, samples=samples)


@app.command(epilog="Example: opentraction report case/course.json --out report.html")
def report(
    course_file: Annotated[Path, typer.Argument(help="A course.json.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The HTML file to write.")] = Path("report.html"),
    scan: Annotated[Path | None, typer.Option(help="The scan's folder, for the picture.")] = None,
    labels: Labels = None,
    convention: Convention = None,
    as_json: Json = False,
) -> None:
    """Write the report of a course as one HTML page that prints."""
    from opentraction.clinic.commands.report import write_from_file

    write_from_file(course_file, out=out, scan=scan, labels=labels, convention=convention, as_json=as_json)


def main() -> None:
    """Entry point of the `opentraction` command."""
    sys.exit(run_guarded(app))
