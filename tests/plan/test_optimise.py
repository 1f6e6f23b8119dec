"""The draft: limits kept under any input, repeatable, refused where it must be, honest in what it says."""

import math
import re

import pytest
from analytic_spine import (
    AT,
    HERNIATION,
    AnalyticModel,
    draft,
    eligibility,
    table,
)
from hypothesis import event, given, reject, settings
from hypothesis import strategies as st

from opentraction import plan
from opentraction.chart import (
    ApprovalRefused,
    ApprovedPlan,
    BadInput,
    BadValue,
    Cause,
    Clinician,
    CoInterventionKind,
    Family,
    Findings,
    Goal,
    GoalKind,
    Level,
    Patient,
    Refused,
    Setup,
    Sex,
    Verdict,
    lowest,
)
from opentraction.plan import angles, bands_overlap

SIGNER = Clinician(name="Dr Example")


def test_a_plan_says_all_that_a_plan_must_say():
    made = draft(capability=table(), co_interventions=(CoInterventionKind.EXERCISE,))
    text = " ".join(made.rationale)
    assert made.target is Level.L4_L5
    assert made.simulated
    assert made.profile.peak_force_n <= lowest(made.limits).force_n
    assert "L4-L5 is the target: it is the level of the leading cause" in text
    assert "The pull may be at most 222 N: cap of the first 2 sessions, 50 lb for men" in text
    assert (
        "From session 3 the cap of the first sessions falls away: a new draft would search up to 436 N"
        in text
    )
    assert "Unloading is a quantity of the model; that it predicts relief is not shown." in made.rationale
    assert "The rating of the harness is not known" in text
    assert "SIMULATED" in text
    assert "32 trials with 2,762 people found little or no difference" in made.evidence_line
    assert "SCHIMMEL" in made.evidence_line
    assert made.course.co_interventions[0].kind is CoInterventionKind.EXERCISE
    assert made.prediction.samples == 40
    assert made.plan_id.startswith("plan-")


def test_alternatives_stand_side_by_side_with_lying_and_a_preset_among_them():
    made = draft()
    names = [item.name for item in made.alternatives]
    assert len(names) >= 3
    assert names[0] == "Lying without pull"
    assert any(name.startswith("Conventional preset: intermittent") for name in names)
    assert [item.gentler_rank for item in made.alternatives] == list(range(1, len(names) + 1))
    assert sum(item.chosen for item in made.alternatives) == 1
    chosen = next(item for item in made.alternatives if item.chosen)
    assert chosen.profile == made.profile
    assert all(item.why for item in made.alternatives)
    best = next(item for item in made.alternatives if "The highest score" in item.why)
    gentler = [item for item in made.alternatives if item.gentler_rank < chosen.gentler_rank]
    assert bands_overlap(chosen.target_dose_mpa_s, best.target_dose_mpa_s)
    assert not any(bands_overlap(item.target_dose_mpa_s, best.target_dose_mpa_s) for item in gentler)


def test_the_shown_dose_is_that_of_the_prediction():
    made = draft()
    chosen = next(item for item in made.alternatives if item.chosen)
    assert chosen.target_dose_mpa_s == pytest.approx(
        made.prediction.level(Level.L4_L5).unloading_dose_mpa_s, rel=1e-12
    )


def test_the_same_input_gives_the_same_plan_bit_for_bit():
    one, other = draft(capability=table()), draft(capability=table())
    assert one.to_json() == other.to_json()
    assert one.plan_id == other.plan_id
    assert draft(capability=table(), minutes=21.0).plan_id != one.plan_id


def test_the_vendors_cap_falls_away_from_the_third_session():
    assert lowest(draft(session_number=2).limits).force_n == pytest.approx(222.4, abs=0.1)
    later = draft(AnalyticModel(spread=1e-4), session_number=3)
    assert later.profile.peak_force_n == 435.0
    assert "The proposal stands at this limit" in " ".join(later.rationale)


def test_a_least_pull_raises_the_proposal_and_never_above_a_limit():
    wide = AnalyticModel(spread=0.3)
    plain = draft(wide, session_number=3)
    more = draft(wide, session_number=3, least_pull_n=plain.profile.peak_force_n + 22.3)
    assert more.profile.peak_force_n == math.ceil(plain.profile.peak_force_n + 22.3)
    assert any("the clinician asked for no less" in line for line in more.rationale)
    assert more.alternatives[0].name == "Lying without pull"
    assert "Gentler than the clinician asked for." in more.alternatives[0].why
    with pytest.raises(BadInput, match="Expected a least pull above 0 and up to 222 N"):
        draft(wide, least_pull_n=300.0)
    with pytest.raises(BadInput, match="got nan N"):
        draft(wide, least_pull_n=math.nan)


MAYBE_FORCE = st.none() | st.floats(5, 900)
WILD = st.floats(-1e10, 0) | st.floats(2000.1, 1e12) | st.sampled_from([math.nan, math.inf, -math.inf])


@settings(max_examples=60)
@given(
    mass_kg=st.none() | st.floats(20, 300),
    sex=st.sampled_from(Sex),
    clinician_cap_n=MAYBE_FORCE,
    least_pull_n=st.none() | st.floats(1, 150),
    harness_rating_n=MAYBE_FORCE,
    screening_cap_n=st.none() | st.floats(5, 900),
    table_n=st.none() | st.floats(20, 1500),
    step_n=st.none() | st.floats(0.1, 60),
    rate=st.floats(1.5, 100),
    minutes=st.floats(8, 42),
    session_number=st.integers(1, 12),
    spread=st.floats(0, 0.5),
    seen=st.booleans(),
)
def test_no_input_gives_a_pull_above_any_limit(
    mass_kg,
    sex,
    clinician_cap_n,
    least_pull_n,
    harness_rating_n,
    screening_cap_n,
    table_n,
    step_n,
    rate,
    minutes,
    session_number,
    spread,
    seen,
):
    patient = Patient(patient_id="x", mass_kg=mass_kg, sex=sex)
    capability = table(force_max_n=table_n, force_step_n=step_n, rate_max_n_per_s=rate) if table_n else None
    try:
        made = draft(
            AnalyticModel(samples=4, spread=spread, targetable=(Level.L4_L5,) if seen else ()),
            eligibility(force_cap_n=screening_cap_n),
            patient=patient, clinician_cap_n=clinician_cap_n, least_pull_n=least_pull_n,
            harness_rating_n=harness_rating_n, capability=capability, minutes=minutes,
            session_number=session_number,
        )  # fmt: skip
    except BadInput as refusal:
        refused = str(refusal)
    else:
        refused = ""
    if refused:
        # Only a least pull above the limit, or a table too slow for its pull, may be refused here.
        assert re.search("least pull|long enough for one cycle|time enough|and its release", refused)
        event(refused[:30])
        reject()
    bound = min(
        limit
        for limit in (
            clinician_cap_n, harness_rating_n, screening_cap_n, table_n,
            178.0 if mass_kg is None else (0.5 * mass_kg + 4.45) * 9.80665,
            222.5 if session_number <= 2 else None,
        )
        if limit is not None
    )  # fmt: skip
    for profile in (made.profile, *(item.profile for item in made.alternatives)):
        assert profile.peak_force_n <= bound + 1e-6
        assert profile.steepest_n_per_s <= min(rate if capability else 10.0, 10.0) * (1 + 1e-9)
        assert profile.knots()[-1][1] == 0.0
        assert profile.duration_s <= 42 * 60 + 1e-6
    caps = (clinician_cap_n, harness_rating_n, screening_cap_n, table_n, 589.0)
    assert made.course.steps[-1].peak_force_n <= min(cap for cap in caps if cap is not None) + 1e-6


@given(WILD, st.sampled_from(["clinician_cap_n", "harness_rating_n", "least_pull_n", "minutes"]))
def test_a_wild_number_is_one_sentence(number, where):
    with pytest.raises(BadInput) as refusal:
        draft(AnalyticModel(samples=2), **{where: number})
    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) > 30


def test_a_force_of_a_billion_is_one_sentence():
    with pytest.raises(BadInput, match=r"got 1e\+09 N\. Check its unit \(N, lb, kgf\)\."):
        draft(clinician_cap_n=1e9)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"minutes": 0.0}, "Session must be 3 to 42 min"),
        ({"session_number": 0}, "Expected a session of the course, 1 to 12, got session 0"),
        ({"session_number": 13}, "Expected a session of the course, 1 to 12, got session 13"),
        ({"budget": 10}, "Expected a budget of 100 sample-sessions or more"),
        ({"sessions": 41}, "Expected 1 to 40 sessions"),
        ({"sessions_per_week": 14.0}, "Sessions must be 1 to 5 a week"),
    ],
)
def test_settings_that_cannot_be_are_refused(wrong, says):
    searched = []
    with pytest.raises(BadInput, match=says):
        draft(**wrong, progress=lambda *told: searched.append(told))
    assert not searched, "refused only after the search"


def test_no_draft_for_an_emergency_or_for_a_patient_who_is_not_suitable():
    with pytest.raises(Refused, match="send the patient to the emergency department"):
        draft(verdict=eligibility(Verdict.EMERGENCY, send_to="to the emergency department now"))
    with pytest.raises(Refused, match=r"'not suitable' \(an unhealed fracture\)"):
        draft(verdict=eligibility(Verdict.NOT_SUITABLE, because=("an unhealed fracture",)))


@pytest.mark.parametrize("verdict", [Verdict.SEE_DOCTOR, Verdict.NOT_YET_KNOWN])
def test_a_draft_that_may_not_be_signed_says_so_first_and_cannot_be(verdict):
    made = draft(verdict=eligibility(verdict, because=("bone density is not known",)))
    assert made.rationale[0].startswith("THIS DRAFT CANNOT BE SIGNED: screening says")
    assert "bone density is not known" in made.rationale[0]
    with pytest.raises(ApprovalRefused, match="cannot be signed: screening says"):
        made.approve(SIGNER, at=AT)


def test_approval_needs_consent_and_is_void_after_any_change():
    with pytest.raises(ApprovalRefused, match="consent is not recorded"):
        draft(consent=None).approve(SIGNER, at=AT)
    approved = draft().approve(SIGNER, at=AT)
    changed = approved.plan.replace(rationale=(*approved.plan.rationale, "one word more"))
    with pytest.raises(BadValue, match="changed after it was signed"):
        ApprovedPlan(plan=changed, approval=approved.approval)


def test_without_a_level_that_was_seen_no_level_specific_claim_is_made():
    made = draft(AnalyticModel(targetable=()))
    assert made.target is None
    assert made.goals == ()
    assert "is at L4-L5, which no image shows" in made.rationale[0]
    assert made.rationale[1] == "The plan makes no level-specific claim."
    assert all("no claim is made for any one" in item.why for item in made.alternatives)
    assert "It aims at no single disc" in draft(AnalyticModel(targetable=()), consent=None).consent.text
    assert len(made.alternatives) == 3


def test_a_goal_at_a_level_that_was_not_seen_is_refused():
    goals = (Goal(kind=GoalKind.UNLOAD, level=Level.L5_S1),)
    with pytest.raises(Refused, match="L5-S1 cannot be the target: no image shows it"):
        draft(AnalyticModel(targetable=(Level.L4_L5,)), goals=goals)
    twice = (Goal(kind=GoalKind.UNLOAD, level=Level.L4_L5), Goal(kind=GoalKind.UNLOAD, level=Level.L5_S1))
    with pytest.raises(BadInput, match="Expected one level to unload"):
        draft(goals=twice)


@pytest.mark.parametrize("cause", [Cause.VERTEBRAL_FRACTURE, Cause.SPONDYLOLISTHESIS, Cause.NON_SPECIFIC])
def test_a_fractured_or_slipped_level_is_never_the_default_target(cause):
    made = draft(findings=Findings(items=(), causes=(HERNIATION.replace(cause=cause),)))
    assert made.target is None


def test_a_setup_other_than_the_models_is_refused():
    assert draft(setup=Setup()).setup == Setup()
    with pytest.raises(BadInput, match="Build the model anew"):
        draft(setup=Setup(hip_flexion_deg=90.0))


def test_the_unsourced_table_of_angles_is_shown_as_such_and_never_used(monkeypatch):
    assert all(
        row.sourced is False and "no source was found" in row.note for row in angles.REPEATED_ANGLES.values()
    )
    before = draft(AnalyticModel(spread=1e-4, best_angle_deg=30.0), capability=table())
    assert before.profile.angle_deg == 30.0
    monkeypatch.setattr(angles, "REPEATED_ANGLES", {})
    monkeypatch.setattr(plan, "REPEATED_ANGLES", {})
    after = draft(AnalyticModel(spread=1e-4, best_angle_deg=30.0), capability=table())
    assert after.to_json() == before.to_json()
    assert draft(capability=None).profile.angle_deg == 0.0


def test_a_family_asked_for_is_used():
    made = draft(AnalyticModel(spread=1e-4), families=(Family.STATIC,))
    assert {item.profile.family for item in made.alternatives} == {Family.LYING, Family.STATIC}
