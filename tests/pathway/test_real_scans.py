"""Whole patients on real scans, through the command line as a person would run it."""

import json
import os
import subprocess
import sys

import pytest

from opentraction.chart import Course, Level, Quality, SessionEnd, Verdict
from opentraction.deliver import open_record

AT = "2026-11-20T18:00"


def run_course(scan, form, out, *more):
    words = [
        sys.executable, "-c", "from opentraction.clinic.cli import main; main()", "course", scan,
        "--form", form, "--out", out, *more,
    ]  # fmt: skip
    return subprocess.run(
        list(map(str, words)), capture_output=True, text=True, timeout=600, check=False, env=os.environ.copy()
    )


def signed(scan, form, out):
    done = run_course(scan, form, out, "--at", AT, "--approve-as", "Dr Test", "--consent-by", "the patient")
    assert done.returncode == 0, done.stderr
    return Course.from_json((out / "course.json").read_text())


@pytest.fixture
def form(root):
    def of(name):
        return root / "tests" / "pathway" / "cases" / f"{name}.yaml"

    return of


def test_the_slipped_spine_is_measured_as_slipped_and_goes_to_the_end(shared_data, form, tmp_path):
    course = signed(shared_data / "lumbar_mri_t2_listhesis_s02", form("listhesis_s02"), tmp_path / "case")
    slip = course.spine.disc(Level.L5_S1).listhesis
    assert slip is not None
    assert slip.grade == 1
    assert slip.slip_mm.low > 2.0
    others = [disc.listhesis.grade for disc in course.spine.discs if disc.level is not Level.L5_S1]
    assert others == [0, 0, 0, 0]
    assert course.sessions[0].end is SessionEnd.DONE
    assert course.sessions[0].simulated
    assert course.doses[0].session_id == course.sessions[0].session_id
    assert course.outcome is not None
    assert not course.outcome.recorded
    record = open_record(tmp_path / "case" / "session-01.record")
    assert record.complete
    report = (tmp_path / "case" / "report.html").read_text()
    assert "SIMULATED" in report
    assert "L5 lies" in report


@pytest.mark.full
def test_the_fractured_spine_asks_about_the_fracture_and_stays_undelivered(shared_data, form, tmp_path):
    course = signed(shared_data / "lumbar_mri_t2_fracture_f02", form("fracture_f02"), tmp_path / "case")
    assert course.eligibility.verdict is Verdict.NOT_YET_KNOWN
    asked = {rule for question in course.eligibility.open_questions for rule in question.rule_ids}
    assert asked & {"RF15", "AB03", "G11"}
    assert course.approved is None
    assert course.sessions == ()
    assert "cannot be signed" in course.stopped_because
    assert not list((tmp_path / "case").glob("*.record"))


@pytest.mark.full
@pytest.mark.parametrize("name", ["healthy_a", "healthy_b"])
def test_a_level_that_is_not_on_the_scan_is_said_and_never_targeted(shared_data, form, tmp_path, name):
    course = signed(shared_data / f"lumbar_mri_t2_{name}", form(name), tmp_path / "case")
    assert [disc.level for disc in course.spine.discs if disc.seen][-1] is Level.L4_L5
    assert any("L5-S1" in note for note in course.spine.notes)
    assert course.plan is not None
    assert course.plan.target is not Level.L5_S1
    assert not course.plan.prediction.level(Level.L5_S1).targetable
    assert course.sessions[0].end is SessionEnd.DONE


@pytest.mark.full
def test_a_mask_of_whole_vertebrae_gives_derived_discs(shared_data, form, tmp_path):
    course = signed(shared_data / "verse004_ct_mask", form("verse004"), tmp_path / "case")
    seen = [disc for disc in course.spine.discs if disc.seen]
    assert [disc.level for disc in seen] == [Level.L1_L2, Level.L2_L3, Level.L3_L4, Level.L4_L5]
    assert {disc.height_mid_mm.quality for disc in seen} == {Quality.DERIVED}
    assert (tmp_path / "case" / "report.html").stat().st_size > 50_000


@pytest.mark.full
def test_only_discs_are_measured_against_their_published_volumes(shared_data, tmp_path, capsys):
    """Volumes of the origin's readme, manual outlines at native resolution (SOURCE.md of the data)."""
    published_cm3 = {"L1-L2": 3.72, "L2-L3": 5.06, "L3-L4": 5.66, "L4-L5": 6.10, "L5-S1": 5.90}
    out = tmp_path / "spine.json"
    words = ["evaluate", shared_data / "lumbar_mri_t2_discs_a", "--out", out, "--json"]
    done = subprocess.run(
        [sys.executable, "-c", "from opentraction.clinic.cli import main; main()", *map(str, words)],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    discs = {disc["level"]: disc for disc in json.loads(out.read_text())["value"]["discs"]}
    with capsys.disabled():
        print("\ndisc     published cm3   measured cm3   difference %")
        for level, truth in published_cm3.items():
            mine = discs[level]["volume_mm3"]["value"] / 1000
            print(f"{level}   {truth:13.2f} {mine:14.2f} {100 * (mine / truth - 1):14.1f}")
    for level, truth in published_cm3.items():
        # the 1 mm labels at hand are themselves 4-8 % smaller than the native ones the truth was taken from
        assert -0.12 < discs[level]["volume_mm3"]["value"] / 1000 / truth - 1 < 0.03


def evaluated(place, *more):
    words = ["evaluate", place, *more]
    return subprocess.run(
        [sys.executable, "-c", "from opentraction.clinic.cli import main; main()", *map(str, words)],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


def test_labels_that_look_cervical_are_refused_with_a_question(shared_data):
    samples = shared_data / "tptbox_samples"
    done = evaluated(
        samples / "sub-mri_label-6_T2w.nii.gz", "--labels", samples / "sub-mri_seg-vert_label-6_msk.nii.gz"
    )
    assert done.returncode == 2, done.stdout
    assert "?" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_ct_without_a_lumbar_level_is_read_and_said_to_hold_none(shared_data):
    folder = shared_data / "totalsegmentator_ct_dicom"
    done = evaluated(folder, "--labels", folder / "example_seg_dicom.nii.gz")
    assert done.returncode == 2, done.stdout
    assert "no lumbar level" in done.stderr.lower()
    assert "T11" in done.stderr
    assert "T12" in done.stderr
