"""`opentraction phantom`: a SIMULATED spine of published norms, rendered."""

from pathlib import Path
from typing import Any

from opentraction import evaluate
from opentraction.chart import LEVELS, BadInput, Level, Sex
from opentraction.clinic.console import print_json, write_whole


def make(
    out: Path,
    *,
    seed: int,
    age: float,
    sex: str,
    stature_mm: float | None,
    mass_kg: float | None,
    protrusion: list[str],
    grade: list[str],
    slip: list[str],
    voxel_mm: float,
    oblique_deg: float,
    form: str,
    as_json: bool,
) -> None:
    """Make a phantom and write image, labels and truth into `out`."""
    if form not in ("nifti", "dicom", "both"):
        raise BadInput(f"Expected --format nifti, dicom or both, got '{form}'.")
    sizes: dict[str, Any] = {"stature_mm": stature_mm, "mass_kg": mass_kg}
    spec = evaluate.PhantomSpec(
        seed=seed,
        age_years=age,
        sex=_sex(sex),
        protrusions=tuple(
            evaluate.PhantomProtrusion(level=level, depth_mm=size)
            for level, size in _by_level(protrusion, "--protrusion").items()
        ),
        pfirrmann=_filled(grade, "--grade", evaluate.PhantomSpec().pfirrmann, whole=True),
        slip_mm=_filled(slip, "--slip", evaluate.PhantomSpec().slip_mm),
        **{name: value for name, value in sizes.items() if value is not None},
    )
    made = evaluate.make_phantom(spec)
    study = evaluate.render(made, voxel_mm=voxel_mm, rotation_deg=oblique_deg)
    if form in ("nifti", "both"):
        evaluate.write_nifti(study, out)
    if form in ("dicom", "both"):
        evaluate.write_dicom(study, out if form == "dicom" else out / "dicom")
    write_whole(out / "truth.json", made.spine.to_json())
    write_whole(out / "spec.json", spec.to_json())
    write_whole(out / "patient.json", made.patient.to_json())
    if as_json:
        print_json(made.spine)
    else:
        print(f"SIMULATED spine in {out}: image, labels, truth.json (what it was made from).")
        print(f"Measure it: opentraction evaluate {out}")


def _sex(text: str) -> Sex:
    try:
        return Sex(text)
    except ValueError:
        raise BadInput(f"Expected --sex female or male, got '{text}'.") from None


def _by_level(words: list[str], option: str) -> dict[Level, float]:
    values = {}
    for word in words:
        name, _, number = word.partition("=")
        try:
            values[Level(name)] = float(number)
        except ValueError as error:
            reason = str(error) if isinstance(error, BadInput) else "the number is missing or no number"
            raise BadInput(
                f"Expected {option} LEVEL=number such as L4-L5=4, got '{word}': {reason.rstrip('.')}."
            ) from None
    return values


def _filled(words: list[str], option: str, usual: tuple[Any, ...], *, whole: bool = False) -> tuple[Any, ...]:
    given = _by_level(words, option)
    numbers = [given.get(level, value) for level, value in zip(LEVELS, usual, strict=True)]
    return tuple(int(number) if whole and number == int(number) else number for number in numbers)
