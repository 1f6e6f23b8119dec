"""The course: progression from what was tolerated and delivered; consent, evidence line, manual sessions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opentraction.chart import (
    LEVELS,
    BadInput,
    Cause,
    CoIntervention,
    CoInterventionKind,
    Family,
    Level,
    Refused,
    RootCause,
)
from opentraction.plan import (
    MANUAL_SETTINGS,
    consent_text,
    contact_order,
    course_plan,
    evidence_line,
    family_profile,
    manual_profile,
    next_pull,
    reassessments,
)

STEP_N = 5 * 4.4482216152605


def test_a_course_rises_in_published_steps_up_to_its_ceiling():
    course = course_plan(150.0, ceiling_n=400.0)
    assert [(s.first, s.last, s.peak_force_n) for s in course.steps] == [
        (1, 2, 150.0),
        (3, 5, 172.0),
        (6, 12, 194.0),
    ]
    assert course.sessions == 12
    assert course.reassess_at == (6, 10, 12)
    assert "tolerated" in course.steps[1].condition
    assert "really delivered" in course.steps[1].condition
    assert "signed anew" in course.steps[2].condition
    capped = course_plan(150.0, ceiling_n=160.0)
    assert [s.peak_force_n for s in capped.steps] == [150.0, 160.0]
    assert capped.steps[-1].last == 12
    assert [s.peak_force_n for s in course_plan(150.0, ceiling_n=150.0).steps] == [150.0]
    assert [s.peak_force_n for s in course_plan(0.0, ceiling_n=400.0).steps] == [0.0]


def test_a_course_drafted_later_starts_at_its_session():
    course = course_plan(172.0, ceiling_n=400.0, first=3)
    assert [(s.first, s.last, s.peak_force_n) for s in course.steps] == [(3, 5, 172.0), (6, 12, 194.0)]
    late = course_plan(172.0, ceiling_n=400.0, first=8)
    assert [(s.first, s.last, s.peak_force_n) for s in late.steps] == [(8, 12, 172.0)]
    assert late.reassess_at == (10, 12)
    with pytest.raises(BadInput, match="1 to 12, got session 13"):
        course_plan(172.0, ceiling_n=400.0, first=13)


def test_stop_rules_name_the_published_harm_and_the_emergencies():
    rules = " ".join(course_plan(100.0, ceiling_n=200.0).stop_rules)
    for word in (
        "weakness",
        "bladder, bowel",
        "peripheralisation",
        "DEEN03",
        "session 10",
        "class C",
        "any time",
    ):
        assert word in rules


def test_other_therapies_are_recorded():
    course = course_plan(
        100.0,
        ceiling_n=200.0,
        co_interventions=(
            CoInterventionKind.ACUPUNCTURE,
            CoIntervention(kind=CoInterventionKind.HEAT, detail="pad"),
        ),
    )
    assert [item.kind for item in course.co_interventions] == [
        CoInterventionKind.ACUPUNCTURE,
        CoInterventionKind.HEAT,
    ]


@given(st.floats(0, 600), st.floats(0, 600), st.integers(1, 40), st.none() | st.floats(0.5, 50))
def test_a_course_never_rises_above_its_ceiling_nor_leaves_a_gap(peak_n, more_n, sessions, step_n):
    course = course_plan(peak_n, ceiling_n=peak_n + more_n, sessions=sessions, step_n=step_n)
    assert course.steps[0].first == 1
    assert course.steps[-1].last == sessions
    for before, after in zip(course.steps, course.steps[1:], strict=False):
        assert after.first == before.last + 1
        assert after.peak_force_n > before.peak_force_n
    assert max(step.peak_force_n for step in course.steps) <= peak_n + more_n + 1e-6
    assert set(course.reassess_at) <= set(range(1, sessions + 1))


def test_reassessment_is_half_way_at_ten_and_at_the_end():
    assert reassessments(12) == (6, 10, 12)
    assert reassessments(20) == (10, 20)
    assert reassessments(4) == (2, 4)
    assert reassessments(1) == (1,)


COURSE = course_plan(150.0, ceiling_n=400.0)


@pytest.mark.hazard("H15")
@pytest.mark.parametrize(
    ("tolerated", "share", "peak_n", "because"),
    [
        (True, 1.0, 172.0, "one step up at most"),
        (None, 1.0, 150.0, "not known whether the last session was tolerated"),
        (True, None, 150.0, "not measured"),
        (True, 0.8, 150.0, "Only 80% of the planned pull was delivered"),
        (True, float("nan"), 150.0, "no raise"),
        (False, 1.0, 150.0 - STEP_N, "one step back"),
    ],
)
def test_the_pull_rises_only_when_tolerated_and_really_delivered(tolerated, share, peak_n, because):
    progression = next_pull(
        COURSE, sessions_done=2, last_peak_n=150.0, tolerated=tolerated, delivered_share=share
    )
    assert progression.peak_n == pytest.approx(peak_n)
    assert because in progression.because


@pytest.mark.hazard("H15")
@given(
    st.integers(0, 11), st.floats(0, 400), st.sampled_from([True, False, None]), st.none() | st.floats(0, 2)
)
def test_the_next_pull_is_never_more_than_the_course_allows_nor_a_double_step(done, last_n, tolerated, share):
    progression = next_pull(
        COURSE, sessions_done=done, last_peak_n=last_n, tolerated=tolerated, delivered_share=share
    )
    allowed = next(step.peak_force_n for step in COURSE.steps if step.last > done)
    assert 0 <= progression.peak_n <= max(allowed, 0)
    assert progression.peak_n <= last_n + STEP_N + 1e-9
    if tolerated is not True or share is None:
        assert progression.peak_n <= last_n


def test_after_the_last_session_there_is_no_next_pull():
    with pytest.raises(Refused, match="The course of 12 sessions is done"):
        next_pull(COURSE, sessions_done=12, last_peak_n=150.0, tolerated=True, delivered_share=1.0)


def test_the_consent_says_in_plain_words_what_must_be_said():
    text = consent_text(family_profile(Family.STATIC, peak_n=200.0), Level.L5_S1, sessions=12)
    for words in (
        "up to 200 newtons", "weight of 20 kg", "disc L5-S1", "has not been shown", "little or no difference",
        "urgent surgery", "Deen 2003", "Other ways", "stop at any time", "emergency department",
    ):  # fmt: skip
        assert words in text
    assert "does not pull" in consent_text(family_profile(Family.LYING, peak_n=0.0), None, sessions=6)


def test_the_evidence_line_names_the_review_the_guideline_and_both_sham_trials():
    herniation = RootCause(cause=Cause.DISC_HERNIATION, weight=0.5, reasons_for=())
    line = evidence_line(herniation)
    for key in ("WEGNER", "NG59", "CHENG", "SCHIMMEL", "CHOI"):
        assert f"[{key}, class A]" in line
    assert "does not recommend" in line
    assert "CHENG" not in evidence_line(None)
    assert "did not differ from sham" in evidence_line(None)


def test_a_manual_session_keeps_the_published_rhythm():
    session = manual_profile(Level.L4_L5)
    assert (session.push_s, session.pushes, session.sets) == (4.0, 5, 3)
    assert session.contact_level is Level.L4_L5
    with pytest.raises(BadInput, match=r"hand force of 0 to 119\.2 N"):
        manual_profile(Level.L4_L5, hand_force_n=200.0)
    with pytest.raises(BadInput, match="got nan"):
        manual_profile(Level.L4_L5, hand_force_n=float("nan"))
    assert all("class" in setting.source or setting.assumed for setting in MANUAL_SETTINGS)
    assert next(s for s in MANUAL_SETTINGS if s.name == "hand_force_n").assumed


def test_with_sciatica_or_unknown_no_contact_is_below_the_herniated_level():
    assert contact_order(Level.L4_L5, sciatica=True) == LEVELS[:4]
    assert contact_order(Level.L4_L5, sciatica=None) == LEVELS[:4]
    assert contact_order(Level.L4_L5, sciatica=False) == tuple(reversed(LEVELS))
