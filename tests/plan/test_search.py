"""The rule of overlapping bands, and the search against an analytic spine whose optimum is known."""

from dataclasses import replace

import numpy as np
import pytest
from analytic_spine import ENGINE, FINDINGS, PATIENT, AnalyticModel, table
from hypothesis import given
from hypothesis import strategies as st

from opentraction.chart import BadInput, Family, Findings, Level, NotConverged
from opentraction.plan import bands_overlap, choose_targets, family_profile
from opentraction.plan.objectives import Candidate, band, gain_mpa_s, score
from opentraction.plan.search import choose, search
from opentraction.plan.space import space

TARGETS = choose_targets(FINDINGS, levels=(Level.L4_L5,), targetable=(Level.L4_L5,), goals=None)


def candidate(peak_n, low, high, minutes=20):
    """A candidate whose unloading dose has just the band low to high, evenly spread."""
    pull = family_profile(Family.STATIC if peak_n else Family.LYING, peak_n=peak_n, minutes=minutes)
    spread = (high - low) / 0.9
    dose = np.linspace(low - 0.05 * spread, high + 0.05 * spread, 1001)
    return Candidate(profile=pull, dose_mpa_s={Level.L4_L5: dose}, seconds_below={Level.L4_L5: dose})


def test_bands_that_share_a_single_point_overlap():
    assert bands_overlap((0, 1, 2), (2, 3, 4))
    assert bands_overlap((2, 3, 4), (0, 1, 2))
    assert bands_overlap((0, 5, 9), (4, 5, 6))
    assert not bands_overlap((0, 1, 1.999), (2, 3, 4))


def test_where_bands_overlap_the_gentler_is_proposed():
    strong, gentle = candidate(300, 50, 70), candidate(200, 40, 55)
    choice = choose((strong, gentle), TARGETS)
    assert choice.best is strong
    assert choice.chosen is gentle


def test_where_bands_lie_apart_the_better_is_proposed():
    strong, gentle = candidate(300, 50, 70), candidate(200, 30, 49)
    assert choose((gentle, strong), TARGETS).chosen is strong


def test_overlap_is_with_the_best_only_never_in_a_chain():
    strong, middle, weak = candidate(300, 50, 70), candidate(200, 40, 55), candidate(100, 30, 45)
    assert bands_overlap(band(gain_mpa_s(weak, TARGETS)), band(gain_mpa_s(middle, TARGETS)))
    assert choose((weak, middle, strong), TARGETS).chosen is middle


def test_less_impulse_with_a_higher_peak_is_not_gentler():
    best, short_and_hard = candidate(200, 50, 70), candidate(300, 45, 60, minutes=8)
    assert short_and_hard.impulse_n_s < best.impulse_n_s
    assert choose((best, short_and_hard), TARGETS).chosen is best


def test_an_angle_is_taken_only_where_its_band_parts_from_the_flat_pull():
    flat, better = candidate(200, 40, 55), candidate(200, 42, 58)
    tilted = replace(better, profile=better.profile.replace(angle_deg=15.0))
    assert score(tilted, TARGETS) > score(flat, TARGETS)
    assert choose((tilted, flat), TARGETS).chosen is flat
    apart = replace(tilted, dose_mpa_s={Level.L4_L5: tilted.dose_mpa_s[Level.L4_L5] + 20})
    assert choose((flat, apart), TARGETS).chosen is apart


def test_lying_is_proposed_when_the_model_cannot_tell_pulling_from_it():
    lying, strong = candidate(0, -5, 5), candidate(300, 4, 80)
    assert choose((strong, lying), TARGETS).chosen is lying


@given(
    st.lists(
        st.tuples(st.integers(0, 50), st.floats(-50, 100), st.floats(0.1, 50)),
        min_size=1,
        max_size=8,
        unique_by=lambda x: x[0],
    )
)
def test_the_proposal_overlaps_the_best_and_nothing_gentler_does(rows):
    items = tuple(candidate(10.0 * pull, low, low + width) for pull, low, width in rows)
    choice = choose(items, TARGETS)
    best_band = band(gain_mpa_s(choice.best, TARGETS))
    assert all(score(item, TARGETS) <= score(choice.best, TARGETS) for item in items)
    assert bands_overlap(band(gain_mpa_s(choice.chosen, TARGETS)), best_band)
    assert choice.chosen.profile.peak_force_n <= choice.best.profile.peak_force_n
    for item in items:
        if item.impulse_n_s < choice.chosen.impulse_n_s:
            assert not bands_overlap(band(gain_mpa_s(item, TARGETS)), best_band)


def look(model, *, limit_n=440.0, capability=None, findings=FINDINGS, families=None, **other):
    targets = choose_targets(findings, levels=model.levels, targetable=model.targetable)
    room = space(limit_n=limit_n, patient=PATIENT, capability=capability, minutes=20.0, families=families)
    return search(model, ENGINE, targets, room, **other), targets


@pytest.mark.parametrize("best_angle_deg", [0.0, 15.0, 30.0])
def test_the_search_finds_the_known_best_angle_and_the_limit_when_bands_are_narrow(best_angle_deg):
    """Dose rises with the pull without end and falls away from one angle: the best is the limit at that
    angle.
    """
    model = AnalyticModel(spread=1e-4, best_angle_deg=best_angle_deg)
    result, _ = look(model, capability=table())
    best = result.choice.best.profile
    assert best.angle_deg == best_angle_deg
    assert best.peak_force_n == 440.0
    assert result.choice.chosen is result.choice.best


def test_the_search_stops_where_more_pull_gives_nothing_more():
    """The model feels no more than 250 N: the least pull of the grid above that gives the same, and is
    gentler.
    """
    model = AnalyticModel(spread=0.05, saturates_at_n=250.0)
    result, _ = look(model, families=(Family.INTERMITTENT,))
    room = space(limit_n=440.0, patient=PATIENT, capability=None, minutes=20.0)
    enough = min(peak for peak in room.peaks_n if peak >= 250.0)
    assert result.choice.chosen.profile.peak_force_n <= enough
    assert result.choice.chosen.profile.peak_force_n >= 0.9 * 250.0


def test_wider_bands_make_the_proposal_no_stronger():
    pulls = []
    for spread in (0.001, 0.05, 0.2, 0.6):
        result, _ = look(AnalyticModel(spread=spread))
        pulls.append(result.choice.chosen.impulse_n_s)
    assert pulls == sorted(pulls, reverse=True)
    assert pulls[-1] < pulls[0]


@pytest.mark.parametrize("samples", [1, 8, 40, 400])
@pytest.mark.parametrize("capability", [None, table()])
def test_the_search_stays_within_its_budget(samples, capability):
    for budget in (200, 400, 1500):
        result, _ = look(AnalyticModel(samples=samples), capability=capability, budget=budget)
        assert result.sessions <= budget
        assert result.ensemble.samples <= samples
    assert result.ensemble.samples >= min(samples, 64)


def test_progress_counts_to_its_total_and_what_it_raises_passes_through():
    seen = []
    look(AnalyticModel(), progress=lambda done, total, text: seen.append((done, total, text)))
    assert [done for done, _, _ in seen] == sorted(done for done, _, _ in seen)
    assert all(done <= total for done, total, _ in seen)
    assert seen[-1][0] == seen[-1][1]
    assert seen[-1][2] == "the search is done"
    assert "samples" in seen[0][2]

    class StopNow(Exception):
        pass

    def stop(done, total, text):
        if done > 50:
            raise StopNow

    with pytest.raises(StopNow):
        look(AnalyticModel(), progress=stop)


def test_a_pull_the_model_fails_at_is_left_out_and_named():
    result, _ = look(AnalyticModel(fails_above_n=300.0))
    assert result.choice.best.profile.peak_force_n <= 300.0
    assert any("440 N" in name for name in result.dropped)
    with pytest.raises(NotConverged, match="converged for no candidate"):
        look(AnalyticModel(fails_above_n=-1.0))


def test_without_a_target_only_presets_are_compared():
    result, targets = look(AnalyticModel(targetable=()))
    assert targets.target is None
    assert result.coarse == ()
    assert [item.profile.name.split(":")[0] for item in result.finals] == [
        "Lying without pull", "Conventional preset", "Gentle preset",
    ]  # fmt: skip
    assert result.finals[2].profile.peak_force_n == 196.0  # 25 % of 80 kg
    assert result.finals[1].profile.peak_force_n == 261.0  # a third of it


@given(st.floats(0.5, 2000), st.none() | st.floats(20, 300), st.none() | st.floats(0.1, 50), st.floats(5, 40))
def test_no_point_of_the_space_lies_above_the_limit(limit_n, mass_kg, step_n, minutes):
    capability = table(force_step_n=step_n) if step_n else None
    room = space(
        limit_n=limit_n, patient=PATIENT.replace(mass_kg=mass_kg), capability=capability, minutes=minutes
    )
    for peak_n in (*room.peaks_n, room.conventional_n, room.gentle_n):
        assert peak_n <= limit_n + 1e-6
        steps = peak_n / (step_n or 1.0)
        assert steps == pytest.approx(round(steps), abs=1e-6)
    assert room.gentle_n <= room.conventional_n or mass_kg is None or limit_n < 10


def test_the_table_sets_rate_angles_and_families():
    room = space(
        limit_n=300,
        patient=PATIENT,
        capability=table(rate_max_n_per_s=4.0, modes=(Family.STATIC,)),
        minutes=20,
    )
    assert room.rate_n_per_s == 4.0
    assert room.angles_deg == (0.0, 15.0, 30.0)
    assert room.families == (Family.STATIC,)
    assert space(limit_n=300, patient=PATIENT, capability=None, minutes=20).angles_deg == (0.0,)
    with pytest.raises(BadInput, match="Ask for a family the table has"):
        space(
            limit_n=300,
            patient=PATIENT,
            capability=table(modes=(Family.STATIC,)),
            minutes=20,
            families=(Family.CYCLIC,),
        )
    with pytest.raises(BadInput, match="angle lies in 0 to 30 deg"):
        space(limit_n=300, patient=PATIENT, capability=table(angle_range_deg=(35.0, 40.0)), minutes=20)


def test_no_cause_means_no_target():
    assert choose_targets(Findings(items=()), levels=(Level.L4_L5,), targetable=(Level.L4_L5,)).target is None
