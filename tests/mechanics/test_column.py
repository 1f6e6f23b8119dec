"""What a patient's column does as a whole: signs, repeatability, odd spines, and samples without a result."""

from __future__ import annotations

from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from opentraction import mechanics
from opentraction.chart import (
    BadInput,
    Family,
    Hold,
    NotConverged,
    Patient,
    Quality,
    Ramp,
    Release,
    Setup,
    TableKind,
    TractionProfile,
)
from opentraction.mechanics.chain.march import advance
from opentraction.mechanics.outputs.session import simulate_pull
from opentraction.mechanics.patient.missed import Missed, bearable
from opentraction.mechanics.validating.subject import norm_spine


def _held(force_n: float, *, angle_deg: float = 0.0) -> TractionProfile:
    segments = (Ramp(force_n=force_n, duration_s=30), Hold(duration_s=60), Release(duration_s=30))
    return TractionProfile(name="p", family=Family.STATIC, segments=segments, angle_deg=angle_deg)


def test_pressure_falls_with_pull_in_every_sample(
    model: mechanics.SpineModel, rested: mechanics.Rested
) -> None:
    """Guarding as in the healthy; that in pain can press more at first than a weak pull takes off."""
    well = replace(model, found=model.found | {"guarding_in_pain": model.found["guarding"]})
    least = []
    for force in (0.0, 150.0, 300.0, 450.0):
        response = mechanics.simulate(well, _held(force), rested=rested)
        at = int(np.searchsorted(response.time_s, 30.0))
        least.append(response.pressure_mpa[:, at])
    assert (np.diff(np.array(least), axis=0) < 1e-9).all()


def test_a_pull_unloads_every_disc_and_opens_the_spine(pulled: mechanics.Response) -> None:
    top = int(np.argmax(pulled.pull_n))
    assert np.all(pulled.pressure_mpa[:, top] < pulled.rest_pressure_mpa)
    assert np.all(pulled.height_mid_mm[:, top] > pulled.height_mid_mm[:, 0])
    assert np.all(pulled.facet_force_n >= 0.0)
    for opening in (pulled.foramen_height_mm, pulled.foramen_area_mm2, pulled.canal_area_mm2):
        assert np.all(opening[:, top].mean(axis=0) > opening[:, 0].mean(axis=0))


def test_net_axial_force_is_the_pull_less_the_load_lying(pulled: mechanics.Response) -> None:
    """At the end of the hold, when what muscles guard more in pain is gone."""
    top = int(np.flatnonzero(pulled.pull_n == pulled.pull_n.max())[-1])
    lying = pulled.axial_force_n[:, 0]
    assert np.all(lying < 0.0)
    gained = pulled.axial_force_n[:, top] - lying
    assert np.all(gained < pulled.transmitted_n[top] + 1.0)
    assert np.all(gained > 0.5 * pulled.transmitted_n[top])


def test_what_a_pull_gains_over_lying_is_mostly_gone_half_an_hour_later(
    model: mechanics.SpineModel, rested: mechanics.Rested, static: TractionProfile, pulled: mechanics.Response
) -> None:
    """Lying on gains by itself, so the same time without a pull is what to compare with."""
    segments = (static.segments[0].replace(force_n=0.0), *static.segments[1:])
    lying = mechanics.simulate(
        model, static.replace(segments=segments), rested=rested, after_s=1800.0
    ).height_mid_mm.sum(axis=0)
    height = pulled.height_mid_mm.sum(axis=0)
    end = int(np.searchsorted(pulled.time_s, 960.0))
    gained = height - lying
    assert np.all(gained[end] > 0.2)
    assert np.all(gained[-1] < 0.5 * gained[end])


def test_a_response_says_what_of_the_openings_was_assumed(pulled: mechanics.Response) -> None:
    """The norm subject has no scan of its canal or foramina."""
    assert set(pulled.origins.canal_area) == {Quality.ASSUMED}
    assert any("assumed" in sentence for sentence in pulled.origins.notes)
    assert pulled.missed == ()
    assert pulled.answered.all()


def test_a_plain_table_passes_less(
    model: mechanics.SpineModel, rested: mechanics.Rested, static: TractionProfile
) -> None:
    more = mechanics.simulate(model, static, rested=rested)
    less = mechanics.simulate(model.with_setup(Setup(table=TableKind.PLAIN)), static, rested=rested)
    middle = int(np.searchsorted(more.time_s, 500.0))
    assert (less.pressure_mpa[3, middle] > more.pressure_mpa[3, middle]).all()
    assert less.transmitted_n[-1].max() > 0  # what friction keeps after the release


def test_samples_repeat_and_do_not_depend_on_the_others(
    model: mechanics.SpineModel, rested: mechanics.Rested, patient: Patient
) -> None:
    few = mechanics.build(norm_spine(), patient, samples=3, seed=1)
    alone = mechanics.simulate(few, _held(300.0)).pressure_mpa
    among = mechanics.simulate(model, _held(300.0), rested=rested).pressure_mpa
    cut = mechanics.simulate(model.subset(3), _held(300.0), rested=rested.subset(3)).pressure_mpa
    assert np.array_equal(alone, among[..., :3])
    assert np.array_equal(alone, cut)


@pytest.mark.full
def test_another_seed_gives_other_samples_and_the_same_middle(patient: Patient) -> None:
    one, other = (
        mechanics.rest(mechanics.build(norm_spine(), patient, samples=2, seed=seed)).pressure_mpa
        for seed in (1, 2)
    )
    assert np.array_equal(one[:, 0], other[:, 0])
    assert not np.array_equal(one[:, 1], other[:, 1])


def test_profiles_of_any_family_share_one_compilation(
    model: mechanics.SpineModel, rested: mechanics.Rested
) -> None:
    mechanics.simulate(model, _held(100.0), rested=rested)
    before = advance.shapes
    for cycles in (1, 7, 20):
        segments: tuple = (
            Ramp(force_n=250, duration_s=10),
            Hold(duration_s=30),
            Ramp(force_n=100, duration_s=10),
        ) * cycles
        profile = TractionProfile(
            name="c", family=Family.INTERMITTENT, segments=(*segments, Release(duration_s=10))
        )
        mechanics.simulate(model, profile, rested=rested)
    assert advance.shapes == before


@pytest.mark.full
@pytest.mark.parametrize(("grade", "scale"), [(1.0, 1.2), (5.0, 0.3), (3.5, 0.6), (4.0, 0.45)])
def test_unusual_discs_run(patient: Patient, static: TractionProfile, grade: float, scale: float) -> None:
    model = mechanics.build(norm_spine(pfirrmann=grade, scale=scale), patient, samples=8)
    response = mechanics.simulate(model, static.replace(angle_deg=20.0), after_s=600.0)
    assert response.answered.all()
    assert (response.height_mid_mm > 0).all()


@pytest.mark.parametrize(
    "kept",
    [slice(0, 4), *(pytest.param(part, marks=pytest.mark.full) for part in (slice(1, 5), slice(3, 4)))],
)
def test_missing_end_levels_stand_in_from_norms(patient: Patient, kept: slice) -> None:
    spine = norm_spine()
    part = spine.replace(discs=spine.discs[kept])
    model = mechanics.build(part, patient, samples=2)
    assert model.present == tuple(disc in part.discs for disc in spine.discs)
    response = mechanics.simulate(model, _held(200.0))
    assert np.isfinite(response.height_front_mm).all()
    assert response.pressure_mpa.shape[0] == len(model.levels) == 5


@pytest.mark.full
@pytest.mark.parametrize("mass", [30.0, 200.0])
def test_extremes_of_body_and_pull_run(mass: float) -> None:
    model = mechanics.build(norm_spine(), Patient(patient_id="x", mass_kg=mass), samples=8)
    response = mechanics.simulate(model, _held(900.0, angle_deg=45.0))
    assert np.isfinite(response.flexion_deg).all()


@pytest.mark.full
def test_an_unknown_mass_spreads_the_weight(patient: Patient) -> None:
    unknown = mechanics.build(norm_spine(), Patient(patient_id="x"), samples=4)
    assert float(np.std(unknown.weight_n)) > 20.0


def test_a_sample_that_loses_its_balance_is_named_with_its_inputs(
    model: mechanics.SpineModel, rested: mechanics.Rested
) -> None:
    """One sample is handed a state that no number can balance; the others answer as before."""
    spoilt = jnp.asarray(rested.state.place.pressure_mpa).at[:, 5].set(jnp.nan)
    state = jax.tree.map(jnp.asarray, rested.state)
    state = eqx.tree_at(lambda s: s.place.pressure_mpa, state, spoilt)
    found = mechanics.simulate(model, _held(300.0), rested=replace(rested, state=state))
    whole = mechanics.simulate(model, _held(300.0), rested=rested)
    assert [item.sample for item in found.missed] == [5]
    lost = found.missed[0]
    assert lost.inputs["pull"] == pytest.approx(300.0)
    assert lost.inputs["annulus_matrix"] == model.found["annulus_matrix"][5]
    assert "300 N" in lost.what
    others = np.arange(model.samples) != 5
    assert np.isnan(found.pressure_mpa[..., 5]).all()
    assert np.array_equal(found.pressure_mpa[..., others], whole.pressure_mpa[..., others])
    assert mechanics.summarise(found).samples == model.samples - 1


def test_one_missed_sample_in_twenty_is_borne_and_no_more() -> None:
    def lost(count: int) -> list[Missed]:
        return [Missed(k, "a test", 1.0, {"pull": 900.0}) for k in range(count)]

    for count, drawn in ((0, 1), (1, 2), (1, 20), (2, 21), (4, 64)):
        bearable(lost(count), drawn)
    for count, drawn in ((1, 1), (2, 20), (5, 64)):
        with pytest.raises(NotConverged, match="pull 900"):
            bearable(lost(count), drawn)


def test_bad_requests_are_refused(patient: Patient, model: mechanics.SpineModel) -> None:
    with pytest.raises(BadInput, match="samples"):
        mechanics.build(norm_spine(), patient, samples=0)
    with pytest.raises(BadInput, match="samples"):
        model.subset(model.samples + 1)
    with pytest.raises(BadInput, match=r"priors\.csv"):
        mechanics.build(norm_spine(), patient, overrides={"colour": 1.0})
    with pytest.raises(BadInput, match="blocks"):
        simulate_pull(model, np.arange(5.0), np.zeros(5), session_s=4.0)
