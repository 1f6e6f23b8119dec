"""Norms: near the published numbers they were taken from, and honest about what is not known."""

from datetime import date, timedelta

import pytest

from opentraction.chart import LEVELS, Level, Patient, Quality, Sex, VertebraName
from opentraction.evaluate import norms, spine_of_norms


def person(sex: Sex, years: int = 46, stature_mm: float | None = None) -> Patient:
    today = date.today()
    return Patient(patient_id="p", sex=sex, birth_date=date(today.year - years, 1, 1), stature_mm=stature_mm)


def test_l4_l5_disc_near_the_literature_averages():
    """Gruber 2024: height 14, width 49, depth 33.4 mm; each within the stated 95 % band."""
    norm = norms.expected(Level.L4_L5)
    for measure, published in ((norm.height_mid_mm, 14.0), (norm.width_mm, 49.0), (norm.depth_mm, 33.4)):
        assert measure.low < published < measure.high


@pytest.mark.parametrize(
    ("sex", "front", "back", "depth"), [(Sex.FEMALE, 29.6, 25.5, 33.3), (Sex.MALE, 30.7, 26.8, 37.1)]
)
def test_l5_body_near_the_ct_of_196_patients(sex, front, back, depth):
    """Int J Spine Surg 2021;15:1072 table 6."""
    norm = norms.expected(VertebraName.L5, person(sex))
    assert norm.depth_upper_mm.value == pytest.approx(depth, rel=0.04)
    assert norm.height_front_mm.value == pytest.approx(front, rel=0.02)
    assert norm.height_back_mm.value == pytest.approx(back, rel=0.02)


def test_mean_body_height_near_that_of_87_patients():
    """Clouthier 2023: 27.75 mm over L2 to L5."""
    bodies = [norms.expected(VertebraName(name)) for name in ("L2", "L3", "L4", "L5")]
    mean = sum(body.height_front_mm.value + body.height_back_mm.value for body in bodies) / 8
    assert mean == pytest.approx(27.75, abs=0.6)


def test_wedges_of_discs_and_bodies_make_the_recumbent_lordosis():
    discs = sum(norms.expected(level).wedge_deg.value for level in LEVELS)
    bodies = sum(norms.expected(level.above).wedge_deg.value for level in LEVELS)
    assert discs + bodies == pytest.approx(36.8, abs=1e-9)


def test_unknown_person_widens_the_band_and_all_is_assumed_with_a_source():
    known = norms.expected(Level.L3_L4, person(Sex.MALE, stature_mm=1770.0))
    anyone = norms.expected(Level.L3_L4)
    for name in ("height_front_mm", "height_mid_mm", "height_back_mm", "depth_mm", "width_mm", "wedge_deg"):
        ours, theirs = getattr(anyone, name), getattr(known, name)
        assert ours.sd / ours.value > theirs.sd / theirs.value
        assert ours.quality is Quality.ASSUMED
        assert ours.note.startswith("norm: ")


def test_degeneration_narrows_the_disc_and_stature_does_not():
    heights = [norms.expected(Level.L4_L5, pfirrmann=grade).height_mid_mm.value for grade in range(1, 6)]
    assert heights == sorted(heights, reverse=True)
    assert heights[-1] < 0.6 * heights[0]
    tall = norms.expected(Level.L4_L5, person(Sex.FEMALE, stature_mm=1800.0))
    short = norms.expected(Level.L4_L5, person(Sex.FEMALE, stature_mm=1500.0))
    assert tall.height_mid_mm.value == pytest.approx(short.height_mid_mm.value)
    assert tall.depth_mm.value > short.depth_mm.value


def test_the_norms_of_a_person_do_not_drift_from_day_to_day():
    """A spine of norms is signed for by its digest: it may not differ tomorrow."""
    born = date.today() - timedelta(days=40 * 365 + 100)
    spines = [
        spine_of_norms(Patient(patient_id="p", sex=Sex.MALE, birth_date=day, stature_mm=1800.0))
        for day in (born, born - timedelta(days=30))
    ]
    assert spines[0].digest() == spines[1].digest()
    older = Patient(patient_id="p", sex=Sex.MALE, birth_date=born - timedelta(days=3653), stature_mm=1800.0)
    assert spine_of_norms(older).digest() != spines[0].digest()


@pytest.mark.parametrize("sex", [Sex.FEMALE, Sex.MALE])
def test_the_spread_of_a_size_goes_with_the_size(sex):
    body = norms.expected(VertebraName.L3, person(sex, stature_mm=1500.0))
    disc = norms.expected(Level.L3_L4, person(sex, stature_mm=1500.0))
    for measure in (body.depth_upper_mm, body.width_lower_mm, disc.depth_mm, disc.width_mm):
        assert measure.sd / measure.value == pytest.approx(0.085)


def test_above_t12_there_are_no_norms():
    with pytest.raises(KeyError):
        norms.expected(VertebraName.T10)
