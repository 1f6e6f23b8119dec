"""Make the pictures of these pages again.

    .venv/bin/python docs/make_pictures.py              all of them: some minutes
    .venv/bin/python docs/make_pictures.py parameters   only those of one group, or of several

The groups: `demo` the demonstration's figures and report, `model` drawings and runs of the norm spine,
`parameters` their spread, `validation` published curves, `sweep` the notebook of the how-to. The patients are
SIMULATED; no person's scan is shown. The picture of the report needs Chromium (named in
OPENTRACTION_CHROMIUM, else found); without it that one is left as it is.
"""

import io
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

from joint_pictures import joint_figure
from load_pictures import load_path_figure
from matplotlib.figure import Figure
from PIL import Image
from run_pictures import curves_figure, disc_curves, hours_figure, pull_figure, step_errors, steps_figure

from opentraction import evaluate, evidence, mechanics
from opentraction.chart import Course, Patient, Sex
from opentraction.clinic.commands.demo import run_demo
from opentraction.clinic.figures import (
    course_figure,
    forest_figure,
    parameter_figure,
    plan_figure,
    scan_figure,
    session_figure,
    to_png,
)
from opentraction.mechanics.validating.subject import norm_spine

HERE = Path(__file__).parent
PICTURES = HERE / "pictures"
SAMPLES, CURVE_SAMPLES = 32, 32
WIDTH_PX, HEIGHT_PX = 1300, 1450
"""Largest size of a picture on a page: sharp at twice the usual 650 px."""
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def main() -> None:
    """Write the pictures of the groups that were asked for."""
    groups = {
        "demo": demonstration,
        "model": model,
        "parameters": parameters,
        "validation": validation,
        "sweep": sweep,
    }
    wanted = sys.argv[1:] or list(groups)
    if unknown := sorted(set(wanted) - set(groups)):
        sys.exit(f"Expected {', '.join(groups)}, got {', '.join(unknown)}.")
    PICTURES.mkdir(exist_ok=True)
    for name in wanted:
        groups[name]()


def model() -> None:
    """Draw the column of the norm spine and run it; prints the errors of the steps."""
    patient = Patient(patient_id="norms", sex=Sex.MALE, mass_kg=75.0, simulated=True)
    column = mechanics.build(norm_spine(), patient, samples=SAMPLES)
    draw(joint_figure(column), "joint")
    draw(load_path_figure(column), "load-path")
    draw(hours_figure(column), "hours")
    draw(pull_figure(column), "pull")
    errors = step_errors(column)
    for item in errors:
        sys.stdout.write(
            f"{item.steps} steps: gain {item.gain:.2f} %, creep {item.creep:.2f} %, "
            f"after {item.after:.2f} %, {item.seconds / SAMPLES:.3f} s a sample\n"
        )
    draw(steps_figure(errors, SAMPLES), "steps")


def parameters() -> None:
    """Draw what calibration left of each parameter's spread."""
    draw(parameter_figure(mechanics.widths()), "parameters")


def validation() -> None:
    """Draw published curves beside the model's."""
    draw(curves_figure(disc_curves(CURVE_SAMPLES), CURVE_SAMPLES), "curves")


def sweep() -> None:
    """Run the notebook of the how-to and keep its figure."""
    notebook = json.loads((HERE / "how-to" / "sweep-a-parameter.ipynb").read_text(encoding="utf-8"))
    names: dict[str, object] = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)
    figure = names["figure"]
    assert isinstance(figure, Figure)
    draw(figure, "sweep")


def draw(figure: Figure, title: str) -> None:
    """Save a figure."""
    save(Image.open(io.BytesIO(to_png(figure))), title)


def demonstration() -> None:
    """Run the demonstration in a temporary folder and draw its figures and its report."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run_demo(folder, seed=7)
        course = Course.from_json((folder / "course.json").read_text(encoding="utf-8"))
        for title, figure in figures(course, folder).items():
            draw(figure, title)
        photograph(folder / "report.html")


def figures(course: Course, folder: Path) -> dict[str, Figure]:
    """The figures of the report, by the name of their file."""
    study = evaluate.read_study(folder / "scan")
    section = evaluate.mid_sagittal(study, course.spine)
    plan, outcome = course.plan, course.outcome
    if plan is None or outcome is None or not course.sessions:
        sys.exit("The demonstration did not reach an outcome; see what it printed.")
    drawn = {
        "scan": scan_figure(section, course.spine, target=plan.target),
        "plan": plan_figure(plan),
        "session": session_figure(plan, course.sessions[0], course.doses[0]),
        "course": course_figure(outcome),
        "forest": forest_figure(evidence.traction_effects()[0]),
    }
    return {title: figure for title, figure in drawn.items() if figure is not None}


def photograph(page: Path) -> None:
    """Save the top of the report as a browser shows it."""
    wanted = (os.environ.get("OPENTRACTION_CHROMIUM"), *BROWSERS)
    browser = next((path for name in wanted if name and (path := shutil.which(name))), None)
    if browser is None:
        sys.stderr.write("No Chromium was found: the picture of the report is left as it was.\n")
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # Chromium's sandbox refuses to run as root; the page is our own
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        opened = playwright.chromium.launch(executable_path=browser, args=arguments)
        view = opened.new_page(viewport={"width": 1150, "height": 1260}, device_scale_factor=1.13)
        view.goto(page.as_uri())
        save(Image.open(io.BytesIO(view.screenshot())), "report")
        opened.close()


def save(picture: Image.Image, title: str) -> None:
    """Write a picture with a palette of 256 colours, no larger than a page needs."""
    picture = picture.convert("RGB")
    picture.thumbnail((WIDTH_PX, HEIGHT_PX), Image.Resampling.LANCZOS)
    small = picture.quantize(256, method=Image.Quantize.MAXCOVERAGE, kmeans=2, dither=Image.Dither.NONE)
    small.save(PICTURES / f"{title}.png", optimize=True)


if __name__ == "__main__":
    main()
