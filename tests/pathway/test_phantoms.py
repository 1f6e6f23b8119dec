"""Three made patients, each brought in another way: NIfTI, DICOM with labels, an oblique acquisition."""

import pytest

from opentraction import evaluate
from opentraction.chart import (
    LEVELS,
    Cause,
    GoalKind,
    Level,
    ProtrusionKind,
    SessionEnd,
    Side,
    Spine,
    Verdict,
)

HEIGHT_MM, ANGLE_DEG, VOLUME_SHARE = 0.5, 1.5, 0.03
"""How near a rendering at 1 mm has to be to what it was made from."""


@pytest.fixture(scope="module")
def as_nifti(opentraction, phantom_specs, tmp_path_factory):
    """Left protrusion at L4-L5: image and labels in one folder."""
    folder = tmp_path_factory.mktemp("p1")
    phantom = evaluate.make_phantom(phantom_specs["phantom_p1"])
    evaluate.write_nifti(evaluate.render(phantom), folder / "scan")
    form = opentraction.form_of("phantom_p1")
    return opentraction.walk(folder / "scan", form, folder / "case", *opentraction.signed), phantom.spine


@pytest.fixture(scope="module")
def as_dicom(opentraction, phantom_specs, tmp_path_factory):
    """Right extrusion at L5-S1: a DICOM series, and the label map of a segmenter beside it."""
    folder = tmp_path_factory.mktemp("p2")
    phantom = evaluate.make_phantom(phantom_specs["phantom_p2"])
    study = evaluate.render(phantom)
    evaluate.write_dicom(study, folder / "scan")
    _, labels = evaluate.write_nifti(study, folder / "segmentation")
    form = opentraction.form_of("phantom_p2")
    done = opentraction.walk(folder / "scan", form, folder / "case", "--labels", labels, *opentraction.signed)
    return done, phantom.spine


@pytest.fixture(scope="module")
def dicom_only(opentraction, tmp_path_factory):
    """The folder that `phantom --format dicom` writes, and nothing beside it."""
    scan = tmp_path_factory.mktemp("dicom") / "scan"
    made = opentraction.run(
        "phantom", scan, "--format", "dicom", "--seed", 1, "--age", 46, "--protrusion", "L4-L5=6",
        "--mass-kg", 68, "--oblique-deg", 10,
    )  # fmt: skip
    assert made.code == 0, made.err
    assert len(list(scan.glob("*.dcm"))) > 40
    assert [path.name for path in scan.glob("*.nii.gz")] == ["labels.nii.gz"]
    return scan


@pytest.fixture(scope="module")
def oblique(opentraction, tmp_path_factory):
    """Worn discs and a slip of L4, made by the command line with the grid turned by 20 degrees."""
    folder = tmp_path_factory.mktemp("p3")
    made = opentraction.run(
        "phantom", folder / "scan", "--seed", 3, "--age", 67, "--sex", "female", "--stature-mm", 1590,
        "--mass-kg", 72, "--grade", "L1-L2=3", "--grade", "L2-L3=3", "--grade", "L3-L4=4",
        "--grade", "L4-L5=4", "--grade", "L5-S1=4", "--slip", "L4-L5=5", "--oblique-deg", 20,
    )  # fmt: skip
    assert made.code == 0, made.err
    truth = Spine.from_json((folder / "scan" / "truth.json").read_text())
    form = opentraction.form_of("phantom_p3")
    return opentraction.walk(folder / "scan", form, folder / "case", *opentraction.signed), truth


def near(spine, truth):
    """Every measured disc beside what it was made from."""
    for level in LEVELS:
        mine, true = spine.disc(level), truth.disc(level)
        for name in ("height_front_mm", "height_mid_mm", "height_back_mm"):
            assert getattr(mine, name).value == pytest.approx(getattr(true, name).value, abs=HEIGHT_MM), name
        assert mine.wedge_deg.value == pytest.approx(true.wedge_deg.value, abs=ANGLE_DEG)
        assert mine.volume_mm3.value == pytest.approx(true.volume_mm3.value, rel=VOLUME_SHARE)
    assert spine.lordosis_deg.value == pytest.approx(truth.lordosis_deg.value, abs=2 * ANGLE_DEG)


@pytest.mark.full
def test_a_left_protrusion_of_l4_l5(as_nifti, opentraction):
    done, truth = as_nifti
    course = done.course
    near(course.spine, truth)
    found = course.spine.disc(Level.L4_L5).protrusion
    assert found.side is Side.LEFT
    assert found.depth_mm.value == pytest.approx(6.0, abs=1.5)
    assert all(disc.protrusion is None for disc in course.spine.discs if disc.level is not Level.L4_L5)
    cause = course.findings.leading
    assert (cause.cause, cause.level, cause.side) == (
        Cause.DISC_HERNIATION_RADICULOPATHY, Level.L4_L5, Side.LEFT
    )  # fmt: skip
    assert course.eligibility.verdict in (Verdict.SUITABLE, Verdict.SUITABLE_WITH_PRECAUTIONS)
    assert course.plan.target is Level.L4_L5
    assert [goal.level for goal in course.plan.goals if goal.kind is GoalKind.UNLOAD] == [Level.L4_L5]
    assert course.sessions[0].end is SessionEnd.DONE
    assert course.doses[0].planned_dose_mpa_s is not None
    opentraction.holds_together(done)


@pytest.mark.full
def test_the_delivered_dose_is_the_planned_one_where_the_pull_was_followed(as_nifti):
    course = as_nifti[0].course
    planned = course.doses[0].planned_dose_mpa_s
    delivered = next(level for level in course.doses[0].levels if level.level is course.plan.target)
    for mine, theirs in zip(delivered.unloading_dose_mpa_s, planned, strict=True):
        assert mine == pytest.approx(theirs, rel=0.05, abs=0.5)


@pytest.mark.full
def test_a_right_extrusion_of_l5_s1_from_dicom(as_dicom, opentraction):
    done, truth = as_dicom
    course = done.course
    near(course.spine, truth)
    assert course.spine.laterality_known
    found = course.spine.disc(Level.L5_S1).protrusion
    assert found.side is Side.RIGHT
    assert found.kind is ProtrusionKind.EXTRUSION
    assert found.depth_mm.value == pytest.approx(7.0, abs=1.5)
    cause = course.findings.leading
    assert (cause.cause, cause.level, cause.side) == (
        Cause.DISC_HERNIATION_RADICULOPATHY, Level.L5_S1, Side.RIGHT
    )  # fmt: skip
    assert course.plan.target is Level.L5_S1
    assert course.sessions[0].end is SessionEnd.DONE
    opentraction.holds_together(done)


def test_the_dicom_folder_of_a_phantom_is_measured_alone(dicom_only, opentraction, tmp_path):
    done = opentraction.run("evaluate", dicom_only, "--out", tmp_path / "spine.json")
    assert done.code == 0, done.err
    measured = Spine.from_json((tmp_path / "spine.json").read_text())
    assert measured.simulated
    near(measured, Spine.from_json((dicom_only / "truth.json").read_text()))


@pytest.mark.full
def test_the_dicom_folder_of_a_phantom_alone_is_walked_to_the_report(dicom_only, opentraction, tmp_path):
    form = opentraction.form_of("phantom_p1")
    done = opentraction.walk(dicom_only, form, tmp_path / "case", *opentraction.signed)
    assert done.course.plan.target is Level.L4_L5
    assert done.course.sessions[0].end is SessionEnd.DONE
    opentraction.holds_together(done)


@pytest.mark.full
def test_a_slip_of_l4_in_an_oblique_acquisition(oblique, opentraction):
    done, truth = oblique
    course = done.course
    near(course.spine, truth)
    slip = course.spine.disc(Level.L4_L5).listhesis
    assert slip.grade == 1
    assert slip.slip_mm.value == pytest.approx(5.0, abs=1.0)
    assert [disc.level for disc in course.spine.discs if disc.listhesis.grade] == [Level.L4_L5]
    assert course.findings.leading.level is Level.L4_L5
    assert course.eligibility.verdict is Verdict.SUITABLE_WITH_PRECAUTIONS
    assert course.eligibility.precautions
    assert course.sessions[0].end is SessionEnd.DONE
    opentraction.holds_together(done)
