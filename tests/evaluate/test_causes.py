"""Root causes: the textbook patterns, agreement and discordance of image and signs, what was not imaged."""

from functools import cache

import pytest

from opentraction.chart import (
    Cause,
    Disc,
    Finding,
    FindingKind,
    FindingSource,
    Level,
    Measure,
    Patient,
    Protrusion,
    ProtrusionKind,
    Quality,
    Side,
    Spine,
    SpineSource,
    VertebraName,
)
from opentraction.evaluate import examine, parse_examination, root_causes, spine_of_norms
from opentraction.evaluate.examining.roots import EXITING, TRAVERSING
from opentraction.evaluate.phantoms.build import PhantomProtrusion, PhantomSpec, make_phantom


@pytest.fixture(scope="module")
def plain() -> Spine:
    """A measured spine without any finding."""
    return make_phantom(PhantomSpec(variation=0.0, pfirrmann=(1, 1, 1, 1, 1))).spine


@cache
def with_protrusion(level: Level, side: Side, depth: float = 6.0) -> Spine:
    spec = PhantomSpec(
        variation=0.0,
        pfirrmann=(1, 1, 1, 1, 1),
        protrusions=(PhantomProtrusion(level=level, depth_mm=depth, side=side),),
    )
    return make_phantom(spec).spine


def form(**roots: str):
    """A form with back and leg pain and the given lines."""
    lines = [f"{key}: {value}" for key, value in roots.items()]
    return parse_examination(
        "examined_by: A. B.\nexamined_at: 2026-11-20T10:00:00+00:00\n" + "\n".join(lines)
    )


L5_LEFT = {
    "pain": "{back_nrs: 4, leg_nrs: 7, leg_side: left}",
    "straight_leg_raise": "{left_deg: 35, left_hurts_leg: yes, right_deg: 85, right_hurts_leg: no}",
    "myotomes": "{left: {L4: 5, L5: 4, S1: 5}}",
    "dermatomes": "{left: {L5: reduced, S1: normal}}",
    "reflexes": "{left: {knee: normal, ankle: normal}}",
}
S1_RIGHT = {
    "pain": "{back_nrs: 4, leg_nrs: 6, leg_side: right}",
    "straight_leg_raise": "{right_deg: 40, right_hurts_leg: yes, left_deg: 85, left_hurts_leg: no}",
    "myotomes": "{right: {L5: 5, S1: 4}}",
    "dermatomes": "{right: {S1: reduced}}",
    "reflexes": "{right: {knee: normal, ankle: absent}}",
}


def test_root_to_disc_is_the_textbook_map():
    assert TRAVERSING[VertebraName.L5] is Level.L4_L5
    assert TRAVERSING[VertebraName.S1] is Level.L5_S1
    assert EXITING[VertebraName.L5] is Level.L5_S1
    assert VertebraName.L1 not in TRAVERSING


def test_l5_root_with_a_fitting_protrusion():
    leading = examine(with_protrusion(Level.L4_L5, Side.LEFT), form(**L5_LEFT)).leading
    assert leading.cause is Cause.DISC_HERNIATION_RADICULOPATHY
    assert (leading.level, leading.side) == (Level.L4_L5, Side.LEFT)
    said = " ".join(leading.reasons_for)
    assert "MRC 4" in said
    assert "Protrusion of L4-L5" in said
    assert "35 deg" in said


def test_s1_root_with_a_fitting_protrusion():
    leading = examine(with_protrusion(Level.L5_S1, Side.RIGHT), form(**S1_RIGHT)).leading
    assert leading.cause is Cause.DISC_HERNIATION_RADICULOPATHY
    assert (leading.level, leading.side) == (Level.L5_S1, Side.RIGHT)
    assert any("Ankle reflex right: absent" in reason for reason in leading.reasons_for)


def test_agreement_of_image_and_root_raises_the_weight(plain):
    agreed = examine(with_protrusion(Level.L4_L5, Side.LEFT), form(**L5_LEFT)).leading
    unseen = examine(plain, form(**L5_LEFT)).leading
    assert unseen.cause is Cause.RADICULOPATHY_NO_IMAGE
    assert agreed.weight > unseen.weight


@pytest.mark.parametrize(("level", "side"), [(Level.L5_S1, Side.LEFT), (Level.L4_L5, Side.RIGHT)])
def test_discordance_is_a_reason_against_both(level, side):
    found = examine(with_protrusion(level, side), form(**L5_LEFT))
    assert found.leading.cause is Cause.RADICULOPATHY_NO_IMAGE
    assert any("disagree" in reason for reason in found.leading.reasons_against)
    herniation = next(cause for cause in found.causes if cause.cause is Cause.DISC_HERNIATION)
    assert (herniation.level, herniation.side) == (level, side)
    assert any("disagree" in reason for reason in herniation.reasons_against)
    assert any("common without any pain" in reason for reason in herniation.reasons_against)
    exiting = (level, side) == (Level.L5_S1, Side.LEFT)
    for cause in (found.leading, herniation):
        (said,) = (reason for reason in cause.reasons_against if "disagree" in reason)
        assert ("unless it reaches into the foramen" in said) is exiting


def test_free_leg_speaks_against(plain):
    limited = examine(plain, form(**L5_LEFT)).leading
    free = form(**(L5_LEFT | {"straight_leg_raise": "{left_deg: 88, left_hurts_leg: no}"}))
    found = examine(plain, free).leading
    assert found.weight < limited.weight
    assert any("speaks against a herniation" in reason for reason in found.reasons_against)


def test_leg_pain_late_in_the_raise_speaks_less_against_than_none(plain):
    """At 75 degrees it is no sign by the 70 of the trial, but the leg is not free."""
    free = form(**(L5_LEFT | {"straight_leg_raise": "{left_deg: 75, left_hurts_leg: no}"}))
    late = form(**(L5_LEFT | {"straight_leg_raise": "{left_deg: 75, left_hurts_leg: yes}"}))
    found = examine(plain, late).leading
    assert found.weight > examine(plain, free).leading.weight
    assert not any("free" in reason for reason in found.reasons_against)


def test_crossed_sign_weighs_more_than_the_plain_one(plain):
    base = {key: value for key, value in L5_LEFT.items() if key != "straight_leg_raise"}
    plain_sign = examine(plain, form(**base, straight_leg_raise="{left_deg: 40, left_hurts_leg: yes}"))
    crossed = examine(plain, form(**base, straight_leg_raise="{raising_right_hurts_left: yes}"))
    assert crossed.leading.weight > plain_sign.leading.weight
    assert crossed.leading.side is Side.LEFT


def test_backache_alone_is_non_specific(plain):
    found = examine(
        plain,
        form(
            pain="{back_nrs: 5, leg_nrs: 0}",
            straight_leg_raise="{left_deg: 90, right_deg: 90, left_hurts_leg: no, right_hurts_leg: no}",
            myotomes="{left: {L4: 5, L5: 5, S1: 5}, right: {L4: 5, L5: 5, S1: 5}}",
        ),
    )
    assert found.leading.cause is Cause.NON_SPECIFIC
    assert found.leading.level is None


def test_nothing_examined_names_no_cause_with_weight(plain):
    found = examine(plain, form())
    assert [cause.cause for cause in found.causes] == [Cause.NON_SPECIFIC]
    assert found.leading.weight < 0.2


def test_walking_limited_leg_pain_with_a_narrow_canal(plain):
    found = examine(
        plain,
        form(
            pain="{leg_nrs: 5, leg_side: both, walking_limited_bending_eases: yes, extension_provokes: yes}",
            report="[{kind: canal stenosis, level: L3-L4, severity: severe}]",
        ),
    )
    assert found.leading.cause is Cause.CENTRAL_STENOSIS
    assert found.leading.level is Level.L3_L4


def test_walking_pattern_without_image_names_no_level(plain):
    found = examine(plain, form(pain="{leg_nrs: 5, leg_side: both, walking_limited_bending_eases: yes}"))
    assert found.leading.cause is Cause.CENTRAL_STENOSIS
    assert found.leading.level is None
    assert any("No image or report" in reason for reason in found.leading.reasons_against)


def test_foramen_meets_the_exiting_root(plain):
    """A narrow L5-S1 foramen meets root L5, which traverses L4-L5."""
    report = "[{kind: foramen stenosis, level: L5-S1, side: left, severity: severe}]"
    found = examine(plain, form(**L5_LEFT, report=report))
    foramen = next(cause for cause in found.causes if cause.cause is Cause.FORAMINAL_STENOSIS)
    assert any("Root L5 left" in reason for reason in foramen.reasons_for)
    other = examine(plain, form(**S1_RIGHT, report=report.replace("left", "right")))
    away = next(cause for cause in other.causes if cause.cause is Cause.FORAMINAL_STENOSIS)
    assert any("No sign of root L5" in reason for reason in away.reasons_against)
    assert away.weight < foramen.weight


def test_wedged_body_is_a_fracture_without_a_level_to_pull_at():
    spine = make_phantom(PhantomSpec(variation=0.0, fractured=VertebraName.L1, fracture_loss=0.4)).spine
    found = examine(spine, form(pain="{back_nrs: 7}"))
    assert found.leading.cause is Cause.VERTEBRAL_FRACTURE
    assert found.leading.level is None
    assert any("physician" in step for step in found.leading.would_settle)
    wedge = found.of(FindingKind.VERTEBRAL_WEDGING)
    assert [item.vertebra for item in wedge] == [VertebraName.L1]
    assert 0.30 < wedge[0].value < 0.50


def test_a_body_crushed_all_over_is_set_against_its_neighbours(plain):
    """Its own back is lost as well: set against that, 8.4 of 26 mm would read as a loss of 45 %."""

    def crushed(vertebra):
        if vertebra.name is not VertebraName.L3:
            return vertebra
        heights = {"height_front_mm": 16.8, "height_mid_mm": 8.4, "height_back_mm": 15.3}
        return vertebra.replace(
            **{name: getattr(vertebra, name).replace(value=value, sd=0.5) for name, value in heights.items()}
        )

    spine = plain.replace(vertebrae=tuple(crushed(each) for each in plain.vertebrae))
    (found,) = examine(spine, form()).of(FindingKind.VERTEBRAL_WEDGING)
    beside = [spine.vertebra(name).height_back_mm.value for name in (VertebraName.L2, VertebraName.L4)]
    assert found.vertebra is VertebraName.L3
    assert found.value == pytest.approx(1 - 8.4 / (sum(beside) / 2))
    assert found.value > 0.65
    assert "middle height" in found.text
    assert "Genant grade 3" in found.text
    assert found.certainty > 0.95


def test_coarse_image_grades_no_fracture():
    spine = make_phantom(PhantomSpec(variation=0.0, fractured=VertebraName.L1, fracture_loss=0.4)).spine
    wedge = examine(spine.replace(voxel_mm=(3.0, 3.0, 3.0)), form()).of(FindingKind.VERTEBRAL_WEDGING)
    assert "too coarse to grade" in wedge[0].text
    assert "Genant" not in wedge[0].text
    assert wedge[0].certainty < 0.5


def test_slip_is_graded_and_the_posture_said():
    spine = make_phantom(PhantomSpec(variation=0.0, slip_mm=(0, 0, 0, 6, 0))).spine
    found = examine(spine, form(pain="{back_nrs: 5, extension_provokes: yes}"))
    slip = next(item for item in found.of(FindingKind.LISTHESIS) if item.positive)
    assert slip.level is Level.L4_L5
    assert "forward" in slip.text
    assert "grade 1" in slip.text
    assert "standing film" in slip.text
    assert len(found.of(FindingKind.LISTHESIS)) == 5, "levels without a slip are stated as looked for"
    assert found.leading.cause is Cause.SPONDYLOLISTHESIS


@pytest.mark.parametrize(
    ("slip_mm", "sd", "said", "present"),
    [
        (4.2, 0.9, "L4 lies 4.2 mm (12 %) forward on L5, Meyerding grade 1.", True),
        (-3.1, 0.9, "L4 may lie backward on L5: the offset reads 3.1 mm ± 0.9, which cannot be told", True),
        (2.4, 0.9, "L4 may lie forward on L5: the offset reads 2.4 mm ± 0.9, which cannot be told", True),
        (1.7, 0.9, "No slip at L4-L5: 1.7 mm, within 3 mm.", False),
    ],
)
def test_a_slip_is_called_one_only_where_it_clears_its_spread(slip_mm, sd, said, present):
    spine = make_phantom(PhantomSpec(variation=0.0)).spine
    disc = spine.disc(Level.L4_L5)
    read = disc.listhesis.replace(
        slip_mm=disc.listhesis.slip_mm.replace(value=slip_mm, sd=sd),
        slip_percent=disc.listhesis.slip_percent.replace(value=slip_mm / 0.34, sd=sd / 0.34),
    )
    discs = (*spine.discs[:3], disc.replace(listhesis=read), *spine.discs[4:])
    found = examine(spine.replace(discs=discs), form())
    item = next(item for item in found.of(FindingKind.LISTHESIS) if item.level is Level.L4_L5)
    assert item.text.startswith(said)
    assert item.positive is present
    candidates = [cause.level for cause in found.causes if cause.cause is Cause.SPONDYLOLISTHESIS]
    assert candidates == ([Level.L4_L5] if abs(slip_mm) >= 3 else [])
    assert ("Meyerding" in item.text) == (abs(slip_mm) - sd >= 3)


def test_narrow_and_worn_disc():
    spine = make_phantom(PhantomSpec(variation=0.0, pfirrmann=(2, 2, 2, 5, 2))).spine
    found = examine(spine, form(pain="{back_nrs: 5, leg_nrs: 3, leg_side: left, centralises: yes}"))
    assert [item.level for item in found.of(FindingKind.DISC_NARROWING)] == [Level.L4_L5]
    assert [item.level for item in found.of(FindingKind.DISC_DEGENERATION)] == [Level.L4_L5]
    assert found.leading.cause is Cause.DISC_DEGENERATION
    assert any("pain-free people" in reason for reason in found.leading.reasons_against)


def test_side_of_an_image_without_laterality_is_not_used():
    spine = with_protrusion(Level.L4_L5, Side.RIGHT).replace(laterality_known=False)
    leading = examine(spine, form(**L5_LEFT)).leading
    assert leading.cause is Cause.DISC_HERNIATION_RADICULOPATHY
    assert leading.side is Side.LEFT
    assert any("does not tell left from right" in reason for reason in leading.reasons_against)


def test_level_missing_on_the_image_is_said(plain):
    cut = plain.replace(discs=plain.discs[:4])
    leading = examine(cut, form(**S1_RIGHT)).leading
    assert leading.cause is Cause.RADICULOPATHY_NO_IMAGE
    assert leading.level is Level.L5_S1
    assert any("L5-S1 is not on this image" in reason for reason in leading.reasons_against)
    assert any("An image that holds L5-S1" in step for step in leading.would_settle)


def test_disc_that_was_not_outlined_excludes_nothing(plain):
    """Discs filled in between the bodies hold no herniation: that none is seen there means nothing."""
    derived = tuple(
        disc.replace(volume_mm3=disc.volume_mm3.replace(quality=Quality.DERIVED)) for disc in plain.discs
    )
    found = examine(plain.replace(discs=derived), form(**L5_LEFT))
    against = " ".join(found.leading.reasons_against)
    assert "neither seen nor excluded" in against
    assert "shows no displacement" not in against
    assert any("cannot be judged at L1-L2" in item.text for item in found.of(FindingKind.OTHER))
    sure = examine(plain, form(**L5_LEFT))
    assert "shows no displacement" in " ".join(sure.leading.reasons_against)


def test_without_a_scan_no_level_is_claimed():
    spine = spine_of_norms(Patient(patient_id="x"))
    found = examine(spine, form(**S1_RIGHT))
    assert found.leading.cause is Cause.RADICULOPATHY_NO_IMAGE
    assert found.leading.level is None
    assert found.leading.side is Side.RIGHT
    assert not [item for item in found.items if item.source is FindingSource.IMAGE and item.positive]


def test_report_without_a_scan_names_its_level():
    spine = spine_of_norms(Patient(patient_id="x"))
    report = "[{kind: disc displacement, level: L5-S1, side: right, displacement: extrusion, size_mm: 7}]"
    found = examine(spine, form(**S1_RIGHT, report=report))
    assert found.leading.cause is Cause.DISC_HERNIATION_RADICULOPATHY
    assert found.leading.level is Level.L5_S1
    assert spine.targetable == ()


def test_assumed_numbers_make_no_image_finding(plain):
    def assumed(disc: Disc) -> Disc:
        deep = Measure(value=8.0, sd=1.0, quality=Quality.ASSUMED)
        return disc.replace(
            height_mid_mm=Measure(value=2.0, sd=1.0, quality=Quality.ASSUMED),
            pfirrmann=Measure(value=5.0, sd=0.5, quality=Quality.ASSUMED),
            protrusion=Protrusion(kind=ProtrusionKind.BULGE, depth_mm=deep),
            canal_area_mm2=Measure(value=40.0, sd=1.0, quality=Quality.ASSUMED),
            seen=False,
        )

    spine = plain.replace(discs=tuple(assumed(disc) for disc in plain.discs), vertebrae=())
    assert spine.source is SpineSource.LABEL_MAP
    assert not [item for item in examine(spine, form()).items if item.positive]


def test_weights_fall_and_causes_are_pure(plain):
    items = (
        Finding(
            kind=FindingKind.MYOTOME, text="weak", source=FindingSource.EXAMINATION, side=Side.LEFT,
            vertebra=VertebraName.L5, value=4, unit="MRC 0-5",
        ),
    )  # fmt: skip
    causes = root_causes(plain, items)
    weights = [cause.weight for cause in causes]
    assert weights == sorted(weights, reverse=True)
    assert causes == root_causes(plain, items)
    assert all(0 < weight < 1 for weight in weights)
