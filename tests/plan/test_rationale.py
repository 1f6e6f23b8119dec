"""What a draft says of itself: why this pull, what would change it, what was not known."""

import re

import pytest
from analytic_spine import FINDINGS, PATIENT, AnalyticModel, draft, table

from opentraction.chart import Family, Finding, FindingKind, FindingSource, Level, Setup, TableKind
from opentraction.plan import family_profile, impulse_n_s


def test_a_pull_at_the_last_step_of_the_table_stands_at_the_limit():
    """222.4 N in steps of 5 N is 220 N: the limit sets it, though it is not reached to the newton."""
    made = draft(AnalyticModel(spread=1e-4), capability=table(force_step_n=5.0))
    assert made.profile.peak_force_n == 220.0
    text = " ".join(made.rationale)
    assert "The proposal stands at this limit" in text
    assert "does not set the proposal" not in text
    below = " ".join(draft(AnalyticModel(spread=0.6), capability=table(force_step_n=5.0)).rationale)
    assert "does not set the proposal" in below


def test_what_the_preset_is_called_is_what_it_is():
    def preset(**other):
        made = draft(AnalyticModel(spread=0.3), **other)
        return next(item.why for item in made.alternatives if item.name.startswith("Conventional preset"))

    assert "a third of body weight, cut to the limits" in preset()
    unweighed = preset(patient=PATIENT.replace(mass_kg=None))
    assert "this preset pulls the lowest limit" in unweighed
    assert "cut to the limits" not in unweighed
    assert "raised to the least pull" in preset(session_number=3, least_pull_n=300.4)


def test_unknown_mass_is_said():
    made = draft(patient=PATIENT.replace(mass_kg=None), session_number=5)
    assert any("Body mass is not known: the strictest absolute cap" in line for line in made.rationale)
    assert made.profile.peak_force_n <= 177.93


def test_what_the_last_step_of_pull_adds_is_said():
    text = " ".join(draft(AnalyticModel(spread=1e-3), session_number=3).rationale)
    assert (
        "The last step of the intermittent pull searched, from 395 to 435 N, changes the median unloading"
        in text
    )
    gained = re.search(r"at L4-L5 by ([+-]\d+\.\d) MPa s", text)
    low, high = (
        impulse_n_s(family_profile(Family.INTERMITTENT, peak_n=peak, minutes=20)) for peak in (395, 435)
    )
    assert float(gained.group(1)) == pytest.approx(0.0006 * (high - low), abs=0.06)


def test_a_small_dose_is_said_with_a_decimal_and_zero_without_a_minus():
    """A column that feels 3 N only unloads by about 2 MPa s: "2 MPa s, 2 to 2" would say nothing."""
    text = " ".join(draft(AnalyticModel(spread=0.2, saturates_at_n=3.0)).rationale)
    bands = re.findall(r"\((\S+) MPa s, (\S+) to (\S+)\)", text)
    assert bands
    assert all(low != high for _, low, high in bands)
    assert "changes the median unloading at L4-L5 by less than 0.05 MPa s" in text
    assert "-0.0" not in text


def test_what_another_target_would_change_is_said():
    """Only L4-L5 likes 30 degrees: another target would be pulled flat; without angles nothing changes."""
    model = AnalyticModel(spread=1e-3, best_angle_deg=30.0)
    text = " ".join(draft(model, capability=table()).rationale)
    assert "With L1-L2, L2-L3, L3-L4 or L5-S1 as the target the first, coarse search would propose" in text
    assert "at 0 deg instead." in text
    flat = " ".join(draft(AnalyticModel(spread=1e-3)).rationale)
    assert "would propose the same profile." in flat


def test_a_table_whose_smallest_step_is_above_the_limit_gives_no_pull_and_says_so():
    made = draft(capability=table(force_step_n=50.0), clinician_cap_n=30.0)
    assert made.profile.family is Family.LYING
    assert (
        "No pull can be planned: the smallest step of the table lies above the lowest limit."
        in made.rationale
    )


def test_what_friction_takes_on_a_plain_table_is_said():
    text = " ".join(draft(AnalyticModel(setup=Setup(table=TableKind.PLAIN))).rationale)
    assert (
        "friction can take up to about 196 N before any pull reaches the spine" in text
    )  # 0.5 * 0.5 * 80 * g
    assert "friction" not in " ".join(draft().rationale)


def test_a_displaced_disc_at_the_target_brings_the_published_harm_to_mind():
    displaced = Finding(
        kind=FindingKind.DISC_DISPLACEMENT,
        text="Extrusion of 7 mm at L4-L5.",
        source=FindingSource.IMAGE,
        level=Level.L4_L5,
    )
    text = " ".join(draft(findings=FINDINGS.replace(items=(displaced,))).rationale)
    assert "Extrusion of 7 mm at L4-L5. In one case a large protrusion grew suddenly" in text
    assert "DEEN03" in text
    elsewhere = FINDINGS.replace(items=(displaced.replace(level=Level.L1_L2),))
    assert "grew suddenly" not in " ".join(draft(findings=elsewhere).rationale)
