"""`opentraction evaluate`: a scan becomes a measured spine."""

from pathlib import Path

from opentraction import evaluate
from opentraction.chart import BadInput, Measure, Spine
from opentraction.clinic.console import Steps, picture_path, print_json, write_whole
from opentraction.clinic.figures import scan_figure, write_figure
from opentraction.clinic.sources import landmark_file, read_spine
from opentraction.evaluate import ImagingStudy


def measure_image(
    image: Path | None,
    *,
    labels: Path | None,
    convention: str | None,
    out: Path | None,
    picture: Path | None,
    landmark_help: bool,
    as_json: bool,
) -> None:
    """Measure a scan or a landmark file, print the table, write what was asked for."""
    if landmark_help:
        print(evaluate.landmark_template(), end="")
        return
    if image is None:
        raise BadInput(
            "Expected an image, a label map or a landmark file. Example: opentraction evaluate scan"
        )
    if picture_path(picture) is not None and landmark_file(image) is not None:
        raise BadInput("Expected an image for --picture, a landmark file holds none. Leave --picture out.")
    steps = Steps(quiet=as_json)
    with steps.step("reading and measuring"):
        study, spine = read_spine(image, labels=labels, convention=convention)
    if out is not None:
        write_whole(out, spine.to_json())
    if picture is not None and study is not None:
        draw_scan(study, spine, picture)
    if as_json:
        print_json(spine)
    else:
        print_spine(spine)


def draw_scan(study: ImagingStudy, spine: Spine, picture: Path) -> None:
    """Write the mid-sagittal picture as PNG, or as SVG when the name ends so."""
    figure = scan_figure(evaluate.mid_sagittal(study, spine), spine, target=None)
    title, description = "Mid-sagittal picture", "Head up, front left."
    write_figure(picture, figure, title=title, description=description, salt="scan")


def print_spine(spine: Spine) -> None:
    """Print the measured discs and what to know about them."""
    print(f"{'SIMULATED  ' if spine.simulated else ''}{spine.method}")
    print(
        "  level   front          mid            back           depth          wedge          volume     slip"
    )
    print(
        "          mm             mm             mm             mm             deg            cm3        mm"
    )
    for disc in spine.discs:
        columns = [
            disc.height_front_mm,
            disc.height_mid_mm,
            disc.height_back_mm,
            disc.depth_mm,
            disc.wedge_deg,
        ]
        volume = f"{disc.volume_mm3.value / 1000:.1f} ±{disc.volume_mm3.sd / 1000:.1f}"
        slip = disc.listhesis
        slipped = "not known" if slip is None else f"{_short(slip.slip_mm)} ({slip.grade_words})"
        print(f"  {disc.level}   " + "".join(f"{_short(m):15}" for m in columns) + f"{volume:11}" + slipped)
    lordosis = "not known" if spine.lordosis_deg is None else _short(spine.lordosis_deg)
    print(
        f"  lordosis L1-S1: {lordosis} deg;  ± is one standard deviation;  m measured, d derived, a assumed"
    )
    for note in spine.notes:
        print(f"  {note}")


def _short(measure: Measure) -> str:
    return f"{measure.value:.1f} ±{measure.sd:.1f} {measure.quality.value[0]}"
