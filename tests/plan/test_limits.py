"""The lowest limit binds and says why; guardrails ask and refuse."""

import math

import pytest
from analytic_spine import PATIENT, eligibility, table
from hypothesis import given
from hypothesis import strategies as st

from opentraction.chart import BadInput, BadValue, Family, Patient, Sex, lowest
from opentraction.plan import GUARDRAILS, binding_sentence, family_profile, guardrail_questions, stack_limits


def stack(**other):
    return stack_limits(**{"patient": PATIENT, "eligibility": eligibility(), "session_number": 5, **other})


def test_the_trial_dose_binds_for_an_ordinary_patient_and_says_why():
    limits = stack()
    # (0.5 * 80 + 4.45) kg * 9.80665 m/s2
    assert lowest(limits).force_n == pytest.approx(435.906, abs=1e-3)
    text = binding_sentence(limits)
    assert text.startswith(
        "The pull may be at most 436 N: the largest dose of a sham-controlled trial, half of body weight "
        "+ 4.45 kg (Schimmel 2009, randomised sham-controlled trial, Eur Spine J 18:1843 [SCHIMMEL, class "
        "A]); without it the next limit would be 471 N: the largest share of body weight in a measured "
        "experiment"
    )


@pytest.mark.parametrize(
    ("sex", "force_n", "pounds"), [(Sex.MALE, 222.4, 50), (Sex.FEMALE, 177.9, 40), (Sex.UNKNOWN, 177.9, 40)]
)
def test_a_vendors_cap_binds_in_the_first_two_sessions_and_is_shown_as_such(sex, force_n, pounds):
    for session in (1, 2):
        binding = lowest(stack(patient=PATIENT.replace(sex=sex), session_number=session))
        assert binding.force_n == pytest.approx(force_n, abs=0.1)
        assert f"cap of the first 2 sessions, {pounds} lb" in binding.reason
        assert "(a vendor's rule) [KDT2, class C]" in binding.source
    assert lowest(stack(patient=PATIENT.replace(sex=sex), session_number=3)).force_n > force_n


def test_without_a_known_mass_the_strictest_absolute_cap_stands_in_every_session():
    limits = stack(patient=Patient(patient_id="x", sex=Sex.MALE), session_number=9)
    assert lowest(limits).force_n == pytest.approx(177.93, abs=0.01)
    assert (
        "body mass is not known: the strictest absolute cap stands in every session, 40 lb"
        in binding_sentence(limits)
    )
    assert not any("body weight" in limit.reason for limit in limits)


@pytest.mark.parametrize(
    ("given_", "reason"),
    [
        ({"capability": table(force_max_n=90.0)}, "the table T1 pulls no more"),
        ({"harness_rating_n": 90.0}, "the harness is rated for no more"),
        ({"clinician_cap_n": 90.0}, "the clinician set it"),
        ({"eligibility": eligibility(force_cap_n=90.0, force_cap_reason="bone loss")}, "bone loss"),
    ],
)
def test_each_limit_binds_when_it_is_the_lowest(given_, reason):
    limits = stack(**given_)
    assert lowest(limits).force_n == 90.0
    assert lowest(limits).reason == reason
    assert f"at most 90 N: {reason}" in binding_sentence(limits)
    assert list(limits) == sorted(limits, key=lambda limit: limit.force_n)


def test_a_heavy_patient_is_held_by_the_largest_pull_of_the_survey():
    assert lowest(stack(patient=PATIENT.replace(mass_kg=150.0))).force_n == pytest.approx(588.4, abs=0.1)


@pytest.mark.parametrize("wrong", [1e9, -5.0, 0.0, math.nan, math.inf])
def test_a_cap_that_is_no_force_is_one_sentence(wrong):
    with pytest.raises(BadInput, match="Expected a cap of the clinician above 0 and up to 2000 N") as refusal:
        stack(clinician_cap_n=wrong)
    assert str(refusal.value).count("\n") == 0


@pytest.mark.hazard("H1")
@given(
    st.none() | st.floats(20, 300),
    st.sampled_from(Sex),
    st.none() | st.floats(1, 2000),
    st.none() | st.floats(1, 2000),
    st.integers(1, 30),
)  # fmt: skip
def test_one_more_limit_never_raises_the_lowest(mass_kg, sex, cap_n, table_n, session):
    patient = Patient(patient_id="x", mass_kg=mass_kg, sex=sex)
    plain = lowest(stack(patient=patient, session_number=session))
    capped = lowest(
        stack(
            patient=patient,
            session_number=session,
            clinician_cap_n=cap_n,
            capability=table(force_max_n=table_n) if table_n else None,
        )
    )
    assert capped.force_n <= plain.force_n
    assert capped.force_n <= min(cap_n or math.inf, table_n or math.inf)
    if mass_kg is not None:
        assert plain.force_n <= (0.5 * mass_kg + 4.45) * 9.80665 + 1e-9


@pytest.mark.hazard("H1")
def test_guardrails_ask_about_the_unusual_and_refuse_the_impossible():
    usual = family_profile(Family.INTERMITTENT, peak_n=300.0, minutes=25)
    assert guardrail_questions(usual, PATIENT, sessions_per_week=3) == ()
    strong = family_profile(Family.INTERMITTENT, peak_n=420.0, minutes=25)
    asked = guardrail_questions(strong, PATIENT, sessions_per_week=1)
    assert len(asked) == 2
    assert "Pull by body weight 53.5" in asked[0]
    assert "Sessions 1 a week is unusual" in asked[1]
    with pytest.raises(BadValue, match="Pull by body weight must be 0 to 60"):
        guardrail_questions(strong, PATIENT.replace(mass_kg=60.0))
    with pytest.raises(BadValue, match="Angle of pull must be 0 to 30 deg"):
        guardrail_questions(usual.replace(angle_deg=40.0), PATIENT)
    with pytest.raises(BadValue, match="Sessions must be 1 to 5 a week"):
        guardrail_questions(usual, PATIENT, sessions_per_week=7)
    with pytest.raises(BadValue, match="Session must be 3 to 42 min"):
        guardrail_questions(family_profile(Family.STATIC, peak_n=100, minutes=60), PATIENT)


@pytest.mark.parametrize(
    ("share", "minutes", "per_week"),
    [
        pytest.param(
            0.5 + 4.45 / 80.0, 25.0, 20 / 6, id="Schimmel: half of body weight + 4.45 kg, 20 in 6 weeks"
        ),
        pytest.param(0.6, 42.0, 1.0, id="Rodacki: 60 % of body weight for 42 min"),
        pytest.param(0.5, 20.0, 12 / 5, id="Beurskens: up to 50 %, 12 sessions of 20 min in 5 weeks"),
        pytest.param(1 / 3, 30.0, 5.0, id="Beattie: 30 min, five a week"),
    ],
)
def test_no_published_protocol_is_outside_the_absolute_ranges(share, minutes, per_week):
    pull = family_profile(Family.STATIC, peak_n=share * 80.0 * 9.80665, minutes=minutes)
    assert isinstance(guardrail_questions(pull, PATIENT, sessions_per_week=per_week), tuple)
    assert pull.peak_force_n <= 0.6 * 80.0 * 9.80665 + 1e-9


def test_every_guardrail_names_its_source():
    for guardrail in GUARDRAILS:
        assert "class" in guardrail.source
