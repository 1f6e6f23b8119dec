"""Oblique acquisitions through files and the command line: the same numbers, within their spread."""

from itertools import product

import pytest

from opentraction import evaluate
from opentraction.chart import LEVELS, Spine

TURNS = [
    (10.0, (0.3, 0.5, 0.8)),
    (20.0, (0.3, 0.5, 0.8)),
    (30.0, (0.3, 0.5, 0.8)),
    (30.0, (1.0, 0.0, 0.0)),
    (30.0, (0.0, 1.0, 0.0)),
    (30.0, (0.0, 0.0, 1.0)),
    (-30.0, (0.5, -0.7, 0.2)),
]
"""How far the grid is turned against the patient [deg], and about which axis (right, front, head)."""
NAMES = (
    "height_front_mm", "height_mid_mm", "height_back_mm", "depth_mm", "width_mm", "wedge_deg", "area_mm2",
    "volume_mm3",
)  # fmt: skip


@pytest.fixture(scope="module")
def straight(opentraction, phantom_specs, tmp_path_factory):
    """The three phantoms measured where the grid lies straight."""
    folder = tmp_path_factory.mktemp("straight")
    return {
        name: measured(opentraction, evaluate.make_phantom(spec), folder / name)
        for name, spec in phantom_specs.items()
    }


def measured(opentraction, phantom, folder, **how):
    evaluate.write_nifti(evaluate.render(phantom, **how), folder)
    out = folder / "spine.json"
    done = opentraction.run("evaluate", folder, "--out", out)
    assert done.code == 0, done.err
    return Spine.from_json(out.read_text())


def differences(turned, other):
    """Each difference over the spread of both together, with its name."""
    for level, name in product(LEVELS, NAMES):
        mine, theirs = getattr(turned.disc(level), name), getattr(other.disc(level), name)
        yield abs(mine.value - theirs.value) / (mine.sd**2 + theirs.sd**2) ** 0.5, f"{level} {name}"
    slips = [(turned.disc(level).listhesis, other.disc(level).listhesis, level) for level in LEVELS]
    for mine, theirs, level in slips:
        sd = (mine.slip_mm.sd**2 + theirs.slip_mm.sd**2) ** 0.5
        yield abs(mine.slip_mm.value - theirs.slip_mm.value) / sd, f"{level} slip"
    mine, theirs = turned.lordosis_deg, other.lordosis_deg
    yield abs(mine.value - theirs.value) / (mine.sd**2 + theirs.sd**2) ** 0.5, "lordosis"


@pytest.mark.full
@pytest.mark.parametrize(("turn_deg", "axis"), TURNS, ids=str)
@pytest.mark.parametrize("name", ["phantom_p1", "phantom_p2", "phantom_p3"])
def test_a_turned_acquisition_measures_the_same_within_the_stated_spread(
    opentraction, phantom_specs, straight, tmp_path, capsys, name, turn_deg, axis
):
    phantom = evaluate.make_phantom(phantom_specs[name])
    turned = measured(opentraction, phantom, tmp_path, rotation_deg=turn_deg, rotation_axis=axis)
    worst, where = max(differences(turned, straight[name]))
    with capsys.disabled():
        print(f"\n{name} turned {turn_deg:g} deg about {axis}: worst {worst:.2f} spreads, {where}")
    assert worst < 2.0
    for level in LEVELS:
        here, there = turned.disc(level).protrusion, straight[name].disc(level).protrusion
        assert (here is None) == (there is None), level
        if here is not None:
            assert (here.side, here.kind) == (there.side, there.kind)


@pytest.mark.full
def test_an_oblique_dicom_series_measures_the_same(opentraction, phantom_specs, straight, tmp_path):
    """The series' own oblique axes, with the label map of its grid beside it."""
    study = evaluate.render(evaluate.make_phantom(phantom_specs["phantom_p1"]), rotation_deg=25.0)
    evaluate.write_dicom(study, tmp_path / "dicom")
    _, labels = evaluate.write_nifti(study, tmp_path / "labels")
    out = tmp_path / "spine.json"
    done = opentraction.run("evaluate", tmp_path / "dicom", "--labels", labels, "--out", out)
    assert done.code == 0, done.err
    worst, where = max(differences(Spine.from_json(out.read_text()), straight["phantom_p1"]))
    assert worst < 2.0, where
