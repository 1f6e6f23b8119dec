"""Make the pictures of these pages again: the demonstration is run, its figures and its report are drawn.

    .venv/bin/python docs/make_pictures.py                all of them
    .venv/bin/python docs/make_pictures.py --parameters   only that of the parameters: seconds

Every picture is of the SIMULATED patient of `opentraction demo`; no person's scan is shown. The picture of
the report needs Chromium (named in OPENTRACTION_CHROMIUM, else found); without it that one is left as it is.
"""

import io
import os
import shutil
import sys
import tempfile
from pathlib import Path

from matplotlib.figure import Figure
from PIL import Image

from opentraction import evaluate, evidence, mechanics
from opentraction.chart import Course
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

PICTURES = Path(__file__).parent / "pictures"
WIDTH_PX, HEIGHT_PX = 1300, 1450
"""Largest size of a picture on a page: sharp at twice the usual 650 px."""
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def main() -> None:
    """Run the demonstration in a temporary folder and write every picture."""
    PICTURES.mkdir(exist_ok=True)
    save(Image.open(io.BytesIO(to_png(parameter_figure(mechanics.widths())))), "parameters")
    if "--parameters" in sys.argv:
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run_demo(folder, seed=7)
        course = Course.from_json((folder / "course.json").read_text(encoding="utf-8"))
        for title, figure in figures(course, folder).items():
            save(Image.open(io.BytesIO(to_png(figure))), title)
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
