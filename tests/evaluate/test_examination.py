"""The examination form: its template, what empty means, how answers pass through, findings from it."""

from datetime import UTC, datetime

import pytest

from opentraction.chart import (
    BadInput,
    FindingKind,
    FindingSource,
    Level,
    Patient,
    Posture,
    Quality,
    Reply,
    Sex,
    Side,
    SpineSource,
    VertebraName,
)
from opentraction.evaluate import (
    Examination,
    ReportFinding,
    examination_template,
    examine,
    parse_examination,
    read_examination,
    spine_of_norms,
    with_posture,
)

HEAD = "examined_by: A. B.\nexamined_at: 2026-11-20T10:00:00+00:00\n"
NORMS = spine_of_norms(Patient(patient_id="x"))


def found(text: str, kind: FindingKind):
    return examine(NORMS, parse_examination(HEAD + text)).of(kind)


def test_empty_template_is_a_valid_form_that_says_nothing():
    form = parse_examination(examination_template())
    assert form.answers == ()
    items = examine(NORMS, form).items
    assert [item for item in items if item.source is not FindingSource.IMAGE] == []


def test_template_names_every_field_of_the_form():
    text = examination_template()
    for name in Examination.model_fields:
        assert f"\n{name}:" in text, name
    for section in ("pain", "straight_leg_raise", "scan"):
        model = Examination.model_fields[section].annotation
        for name in model.model_fields:
            assert f"  {name}:" in text, (section, name)


def test_filled_form_from_a_file(tmp_path):
    path = tmp_path / "form.yaml"
    path.write_text(HEAD + "patient: {patient_id: 17, birth_date: 1980-03-01, sex: female, mass_kg: 70}\n")
    form = read_examination(path)
    assert form.patient == Patient(
        patient_id="17", birth_date=datetime(1980, 3, 1, tzinfo=UTC).date(), sex=Sex.FEMALE, mass_kg=70
    )


def test_empty_is_unknown_and_never_normal():
    form = parse_examination("myotomes:\n  left:\n    L5:\n  right:\npain:\nscreening:\n  G01:\n")
    assert form.myotomes.left.L5 is None
    assert form.screening == {}
    assert not [item for item in examine(NORMS, form).items if item.kind is FindingKind.MYOTOME]


def test_answers_pass_through_with_who_and_when():
    form = parse_examination(
        HEAD
        + "screening:\n  G01: no\n  RF15: unknown\n"
        + "  AB03: {reply: yes, detail: seen on film, by: C. D., at: 2026-11-19, stands_days: 7}\n"
    )
    first, second, third = form.answers
    assert (first.rule_id, first.reply, first.by) == ("G01", Reply.NO, "A. B.")
    assert first.at == datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert second.reply is Reply.UNKNOWN
    assert (third.reply, third.detail, third.by, third.stands_days) == (Reply.YES, "seen on film", "C. D.", 7)
    assert third.at.date().isoformat() == "2026-11-19"
    assert third.at.tzinfo is not None
    assert examine(NORMS, form).answers == form.answers


def test_answers_without_a_name_or_a_time_are_refused():
    with pytest.raises(BadInput, match="does not say who gave it"):
        _ = parse_examination("screening: {G01: no}").answers


@pytest.mark.parametrize(
    ("written", "reply"), [("yes", Reply.YES), ("no", Reply.NO), ("unknown", Reply.UNKNOWN)]
)
def test_bare_yes_and_no_of_yaml(written, reply):
    assert parse_examination(f"pain: {{centralises: {written}}}").pain.centralises is reply


@pytest.mark.parametrize(
    ("angle", "hurts", "positive"),
    [
        (40, "yes", True),
        (69.9, "yes", True),
        (70, "yes", False),
        (40, "no", False),
        (40, "unknown", True),
        (80, "unknown", False),
    ],
)
def test_straight_leg_raise_counts_below_70_degrees_with_leg_pain(angle, hurts, positive):
    text = f"straight_leg_raise: {{left_deg: {angle}, left_hurts_leg: {hurts}}}"
    (item,) = found(text, FindingKind.STRAIGHT_LEG_RAISE)
    assert item.positive is positive
    assert item.side is Side.LEFT
    assert item.value == angle
    assert (item.certainty < 1) is ((angle < 70 and hurts == "unknown") or (angle >= 70 and hurts == "yes"))


def test_crossed_sign_belongs_to_the_painful_leg():
    (item,) = found(
        "straight_leg_raise: {raising_left_hurts_right: yes}", FindingKind.CROSSED_STRAIGHT_LEG_RAISE
    )
    assert item.side is Side.RIGHT
    assert item.positive


def test_root_signs_carry_their_root_and_normals_are_kept():
    items = found("myotomes: {left: {L5: 4, S1: 5}, right: {L5: 4+}}", FindingKind.MYOTOME)
    assert [(item.vertebra, item.side, item.value, item.positive) for item in items] == [
        (VertebraName.L5, Side.LEFT, 4, True),
        (VertebraName.S1, Side.LEFT, 5, False),
        (VertebraName.L5, Side.RIGHT, 4.3, True),
    ]


@pytest.mark.parametrize("written", ["0", "3", "4-", "4", "4+", "5"])
def test_strength_is_said_as_it_was_written(written):
    (item,) = found(f"myotomes: {{left: {{L5: {written}}}}}", FindingKind.MYOTOME)
    assert item.text == f"Strength of root L5 left: MRC {written} of 5."


def test_reflexes_name_their_root_and_a_brisk_one_is_no_root_sign():
    text = "reflexes: {left: {ankle: absent}, right: {knee: brisk}}"
    ankle, knee = found(text, FindingKind.REFLEX)
    assert (ankle.vertebra, ankle.positive) == (VertebraName.S1, True)
    assert (knee.vertebra, knee.positive) == (VertebraName.L4, False)
    assert any("spinal cord" in item.text for item in found(text, FindingKind.OTHER))


def test_report_becomes_findings_that_say_so():
    text = (
        "report:\n"
        "  - {kind: disc displacement, level: L5/S1, side: left, displacement: extrusion, size_mm: 7}\n"
        "  - {kind: vertebral wedging, vertebra: L1, certainty: 0.5}\n"
        "  - {kind: bone density, t_score: -2.7}\n"
    )
    items = [
        i for i in examine(NORMS, parse_examination(HEAD + text)).items if i.source is FindingSource.REPORT
    ]
    disc, wedge, density = items
    assert (disc.level, disc.side, disc.value, disc.unit) == (Level.L5_S1, Side.LEFT, 7.0, "mm")
    assert disc.quality is Quality.DERIVED
    assert "extrusion" in disc.text
    assert (wedge.vertebra, wedge.certainty) == (VertebraName.L1, 0.5)
    assert (density.value, density.unit) == (-2.7, "T-score")


def test_scan_posture_is_read():
    form = parse_examination("scan: {posture: supine, taken_at: 2026-11-01T08:30:00+01:00}")
    assert form.scan.posture is Posture.SUPINE
    assert form.scan.taken_at.hour == 8


@pytest.mark.parametrize("sex", list(Sex))
def test_spine_of_norms_claims_nothing(sex):
    spine = spine_of_norms(Patient(patient_id="x", sex=sex, stature_mm=1700))
    assert spine.source is SpineSource.NORMS
    assert spine.targetable == ()
    assert not any(disc.seen for disc in spine.discs)
    document = spine.to_json()
    assert '"measured"' not in document
    assert '"derived"' not in document
    for disc in spine.discs:
        assert disc.height_mid_mm.sd > 1.0
        assert disc.volume_mm3.sd > 0.15 * disc.volume_mm3.value


def test_unknown_person_has_wider_norms():
    known = Patient(
        patient_id="x", sex=Sex.MALE, stature_mm=1770, birth_date=datetime(1980, 1, 1, tzinfo=UTC).date()
    )
    narrow, wide = spine_of_norms(known), spine_of_norms(Patient(patient_id="x"))
    for first, second in zip(narrow.discs, wide.discs, strict=True):
        assert second.height_mid_mm.sd > first.height_mid_mm.sd
    assert any("age, sex, stature" in note for note in wide.notes)


def test_taller_people_have_larger_spines():
    small, large = (
        spine_of_norms(Patient(patient_id="x", sex=Sex.FEMALE, stature_mm=stature))
        for stature in (1500, 1850)
    )
    for first, second in zip(small.discs, large.discs, strict=True):
        assert second.depth_mm.value > first.depth_mm.value


def test_report_is_written_into_the_spine_of_norms_as_assumed():
    report = (
        ReportFinding(
            kind="disc displacement", level="L5-S1", side="left", displacement="extrusion", size_mm=7
        ),
        ReportFinding(kind="disc degeneration", level="L4-L5", pfirrmann=5),
        ReportFinding(kind="listhesis", level="L3-L4", slip_percent=20),
    )
    plain, spine = spine_of_norms(Patient(patient_id="x")), spine_of_norms(Patient(patient_id="x"), report)
    disc = spine.disc(Level.L5_S1)
    assert disc.protrusion.depth_mm.value == 7
    assert disc.protrusion.depth_mm.quality is Quality.ASSUMED
    assert spine.disc(Level.L4_L5).pfirrmann.value == 5
    assert spine.disc(Level.L4_L5).height_mid_mm.value < plain.disc(Level.L4_L5).height_mid_mm.value
    assert spine.disc(Level.L3_L4).listhesis.grade == 1
    both = ReportFinding(kind="listhesis", level="L3-L4", slip_percent=-15, size_mm=5)
    backward = spine_of_norms(Patient(patient_id="x"), (both,)).disc(Level.L3_L4).listhesis
    assert (backward.slip_mm.value, backward.slip_percent.value) == (-5.0, -15.0)
    assert spine.targetable == ()


def test_posture_of_the_form_fills_what_the_image_leaves_open():
    supine = parse_examination("scan: {posture: supine}")
    open_spine = NORMS.replace(posture=Posture.UNKNOWN)
    filled = with_posture(open_spine, supine)
    assert filled.posture is Posture.SUPINE
    assert "from the examination form" in filled.notes[-1]
    standing = with_posture(filled, parse_examination("scan: {posture: standing}"))
    assert standing.posture is Posture.SUPINE
    assert "the image's word stands" in standing.notes[-1]
    assert with_posture(open_spine, parse_examination("pain: {}")) is open_spine


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("examined_at: 2026-13-40", "a line that cannot be"),
        ("patient: {patient_id: x, birth_date: 1980-02-30}", "a line that cannot be"),
        ("patient: {patient_id: x, birth_date: 2099-01-01}", "birth_date makes the patient -"),
        ("patient: {patient_id: x, birth_date: 1850-01-01}", "birth_date makes the patient 1"),
        ("pain: &again [*again]", "a line that cannot be"),
        ("myotomes: {left: {L5: yes}}", "Expected a number, got yes"),
        ("pain: {back_nrs: no}", "Expected a number, got no"),
        ("fingertip_floor_cm: yes", "Expected a number, got yes"),
        ("pain: {leg_nrs: 5, leg_side: centre}", "left, right or both"),
    ],
)
def test_wrong_lines_are_refused_in_one_sentence(text, words):
    with pytest.raises(BadInput, match=words) as caught:
        parse_examination(text)
    assert "\n" not in str(caught.value)


def test_a_report_that_measured_nothing_is_no_finding():
    (slip,) = found("report: [{kind: listhesis, level: L4-L5, slip_percent: 0}]", FindingKind.LISTHESIS)
    assert not slip.positive
    (density,) = found("report: [{kind: bone density, t_score: 0}]", FindingKind.BONE_DENSITY)
    assert density.positive
