"""No scan, and a file of landmarks: the two other ways in, to a plan."""

import pytest
import yaml

from opentraction import evaluate
from opentraction.chart import Level, Plan, Quality, SessionEnd, SpineSource, Verdict

REPORT = [
    {"kind": "disc displacement", "level": "L4-L5", "displacement": "protrusion", "side": "left",
     "size_mm": 6, "text": "left paracentral protrusion at L4-L5"},
    {"kind": "disc degeneration", "level": "L4-L5", "pfirrmann": 4},
]  # fmt: skip


@pytest.fixture(scope="module")
def without_scan(opentraction, tmp_path_factory):
    """A folder that holds nothing but the form, with what a radiology report said."""
    folder = tmp_path_factory.mktemp("no-scan")
    form = opentraction.rewritten("phantom_p1", folder / "examination.yaml", report=REPORT, scan=None)
    done = opentraction.run("course", folder, "--out", folder / "case", cwd=folder)
    assert done.code == 0, done.err
    return opentraction.walk(
        folder, form, folder / "signed", "--approve-as", "Dr Test", "--consent-by", "the patient"
    ), done


@pytest.fixture(scope="module")
def by_landmarks(opentraction, tmp_path_factory):
    """The example of the landmark file, beside a form."""
    folder = tmp_path_factory.mktemp("landmarks")
    (folder / "landmarks.yaml").write_text(evaluate.landmark_template())
    form = opentraction.rewritten("phantom_p1", folder / "examination.yaml")
    return opentraction.walk(
        folder, form, folder / "case", "--approve-as", "Dr Test", "--consent-by", "the patient"
    )


@pytest.mark.full
def test_without_a_scan_every_number_is_assumed_and_none_is_claimed(without_scan, opentraction):
    walked, draft = without_scan
    course = walked.course
    assert course.spine.source is SpineSource.NORMS
    assert {measure.quality for _, measure in opentraction.measures(course.spine)} == {Quality.ASSUMED}
    assert course.spine.targetable == ()
    assert course.plan.target is None
    assert not any(goal.kind == "unload" for goal in course.plan.goals)
    assert not any(level.targetable for level in course.plan.prediction.levels)
    assert not any(level.targetable for level in course.doses[0].levels)
    assert any("no level-specific claim" in reason for reason in course.plan.rationale)
    assert course.doses[0].planned_dose_mpa_s is None
    assert "draft" in draft.out
    opentraction.holds_together(walked)


@pytest.mark.full
def test_without_a_scan_the_typed_report_still_counts(without_scan):
    course = without_scan[0].course
    said = [item for item in course.findings.items if item.source == "radiology report"]
    assert len(said) == len(REPORT)
    assert course.findings.leading.level is Level.L4_L5
    assert course.spine.disc(Level.L4_L5).pfirrmann.value == 4.0
    assert course.eligibility.verdict in (Verdict.SUITABLE, Verdict.SUITABLE_WITH_PRECAUTIONS)


@pytest.mark.full
def test_without_a_scan_the_bands_are_wider_than_with_one(without_scan, opentraction, tmp_path):
    """The same norms as a measured spine of millimetre spread: what is not known has to show in the band."""
    course = without_scan[0].course
    phantom = evaluate.make_phantom(
        evaluate.PhantomSpec(
            variation=0.0, age_years=46, stature_mm=1680, mass_kg=68, pfirrmann=(2, 2, 2, 4, 3)
        )
    )
    measured = evaluate.measure(evaluate.render(phantom))
    for level in Level:
        assumed = course.spine.disc(level)
        seen = measured.disc(level)
        for name in ("height_mid_mm", "depth_mm", "wedge_deg", "area_mm2", "volume_mm3"):
            assert getattr(assumed, name).sd > 1.5 * getattr(seen, name).sd, (level, name)
    (tmp_path / "spine.json").write_text(measured.to_json())
    form = opentraction.rewritten("phantom_p1", tmp_path / "form.yaml")
    done = opentraction.run(
        "plan", "--form", form, "--spine", tmp_path / "spine.json", "--out", tmp_path / "case", "--json"
    )
    assert done.code == 0, done.err
    sharp = Plan.from_json(done.out).prediction
    wide = course.plan.prediction
    assert wide.time_s[0] == sharp.time_s[0] == 0.0

    def width(prediction, level):
        band = prediction.level(level).pressure_mpa
        return band.p95[0] - band.p05[0]

    assert sum(width(wide, level) for level in Level) > sum(width(sharp, level) for level in Level)


@pytest.mark.full
def test_landmarks_are_a_third_way_in(by_landmarks, opentraction):
    course = by_landmarks.course
    named = yaml.safe_load(evaluate.landmark_template())["bodies"]
    assert course.spine.source is SpineSource.LANDMARKS
    assert set(named) == {"L3", "L4", "L5", "S1"}
    assert course.spine.targetable == (Level.L3_L4, Level.L4_L5, Level.L5_S1)
    for level in course.spine.targetable:
        assert course.spine.disc(level).height_mid_mm.quality is Quality.DERIVED
        assert course.spine.disc(level).width_mm.quality is Quality.ASSUMED
    assert not course.spine.laterality_known
    assert course.plan.target is Level.L4_L5
    assert course.sessions[0].end is SessionEnd.DONE
    opentraction.holds_together(by_landmarks)
