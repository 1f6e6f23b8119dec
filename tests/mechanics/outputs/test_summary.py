"""From arrays to the chart: bands, histogram, dose, replay of a record, and the plant."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from opentraction import mechanics
from opentraction.chart import (
    BadInput,
    Level,
    Patient,
    PlannedAgainstMeasured,
    RecordKind,
    Session,
    SessionEnd,
    SessionSample,
    Setup,
    TractionProfile,
)
from opentraction.mechanics.subject import norm_spine
from opentraction.mechanics.summary import seconds_below, unloading_dose


def _session(profile: TractionProfile, *, kind: RecordKind, every_s: float, measured: bool = True) -> Session:
    times = np.arange(0.0, profile.duration_s + every_s / 2, every_s)
    samples = tuple(
        SessionSample(
            time_s=float(t) + 100.0,
            planned_n=profile.force_at(float(t)),
            commanded_n=profile.force_at(float(t)),
            measured_n=profile.force_at(float(t)) if measured and index % 7 else None,
        )
        for index, t in enumerate(times)
    )
    return Session(
        session_id="s",
        patient_id="p",
        plan_digest="d",
        table_id="t",
        started_at=datetime(2026, 1, 5, tzinfo=UTC),
        kind=kind,
        samples=samples,
        events=(),
        end=SessionEnd.DONE,
        comparison=PlannedAgainstMeasured(
            planned_impulse_n_s=0, delivered_impulse_n_s=None, rms_error_n=None, time_in_band=None
        ),
        simulated=True,
    )


def test_histogram_and_dose_are_exact_for_straight_lines() -> None:
    time = np.array([0.0, 10.0, 20.0])
    pressure = np.array([[0.1], [-0.1], [0.1]])
    below = seconds_below(time, pressure, (-0.2, 0.0, 0.05, 0.1))
    assert below[:, 0].tolist() == pytest.approx([0.0, 10.0, 15.0, 20.0])
    assert unloading_dose(time, pressure, np.array([0.1]))[0] == pytest.approx(2.0)


def test_a_prediction_holds_the_session_and_no_more(
    model: mechanics.SpineModel, rested: mechanics.Rested, static: TractionProfile
) -> None:
    response = mechanics.simulate(model, static, rested=rested, after_s=1800.0)
    prediction = mechanics.summarise(response)
    assert prediction.time_s[-1] == pytest.approx(static.duration_s)
    assert prediction.samples == 32
    level = prediction.level(Level.L4_L5)
    assert list(level.seconds_below.p50) == sorted(level.seconds_below.p50)
    assert level.unloading_dose_mpa_s[1] > 0
    force = [row[0] for row in level.pressure_by_force_mpa]
    assert force == sorted(force)
    assert force[-1] == pytest.approx(300.0, abs=1.0)
    assert not level.targetable  # the norm subject is nobody's scan: no level of it is a target
    assert level.height_front_gain_mm.p50[0] == 0.0


def test_replay_of_a_faithful_record_gives_the_planned_dose(
    model: mechanics.SpineModel, rested: mechanics.Rested, static: TractionProfile
) -> None:
    planned = mechanics.summarise(mechanics.simulate(model, static, rested=rested))
    session = _session(static, kind=RecordKind.MEASURED, every_s=0.5)
    dose = mechanics.replay(model, session, rested=rested)
    for got, wanted in zip(dose.levels, planned.levels, strict=True):
        assert got.unloading_dose_mpa_s[1] == pytest.approx(wanted.unloading_dose_mpa_s[1], rel=0.01)
    assert not dose.reported_not_measured


def test_replay_of_a_typed_session_says_so(
    model: mechanics.SpineModel, rested: mechanics.Rested, static: TractionProfile
) -> None:
    session = _session(static, kind=RecordKind.REPORTED, every_s=20.0, measured=False)
    dose = mechanics.replay(model, session, rested=rested)
    assert dose.reported_not_measured
    assert dose.levels[3].unloading_dose_mpa_s[1] > 0


def test_a_session_without_a_pull_is_refused(model: mechanics.SpineModel, static: TractionProfile) -> None:
    empty = _session(static, kind=RecordKind.MEASURED, every_s=20.0, measured=False)
    with pytest.raises(BadInput, match="two samples"):
        mechanics.replay(model, empty)


def test_the_plant_feels_like_the_column(model: mechanics.SpineModel, rested: mechanics.Rested) -> None:
    plant = mechanics.plant(model, rested=rested)
    assert plant.extension_mm[0] == 0.0
    assert (np.diff(plant.extension_mm) > 0).all()
    stretch = plant.extension_mm[6] - 300.0 / model.setup.harness_stiffness_n_per_mm
    assert 0.5 < stretch < 6.0
    assert plant.creep
    assert plant.fit_rms_mm < 0.1
    assert plant.friction_n == 0.0


def test_degenerate_discs_unload_less(patient: Patient, static: TractionProfile) -> None:
    gains = []
    for grade in (1.0, 3.0, 5.0):
        model = mechanics.build(norm_spine(pfirrmann=grade), patient, samples=8, setup=Setup())
        response = mechanics.simulate(model, static)
        gains.append(float(np.median(response.height_mid_mm[3, -8] - response.height_mid_mm[3, 0])))
    assert gains[0] > gains[1] > gains[2] > 0


@pytest.mark.parametrize(("grade", "scale"), [(1.0, 1.2), (5.0, 0.3), (3.5, 0.6), (4.0, 0.45)])
def test_unusual_discs_run(patient: Patient, static: TractionProfile, grade: float, scale: float) -> None:
    model = mechanics.build(norm_spine(pfirrmann=grade, scale=scale), patient, samples=16)
    response = mechanics.simulate(model, static.replace(angle_deg=20.0), after_s=600.0)
    assert np.isfinite(response.pressure_mpa).all()
    assert (response.height_mid_mm > 0).all()


@pytest.mark.parametrize("kept", [slice(0, 4), slice(1, 5), slice(2, 4), slice(3, 4)])
def test_missing_end_levels_stand_in_from_norms(
    patient: Patient, static: TractionProfile, kept: slice
) -> None:
    spine = norm_spine()
    part = spine.replace(discs=spine.discs[kept])
    model = mechanics.build(part, patient, samples=4)
    assert model.present == tuple(disc in part.discs for disc in spine.discs)
    response = mechanics.simulate(model, static)
    assert np.isfinite(response.height_front_mm).all()
    assert response.pressure_mpa.shape[0] == 5


def test_an_unknown_mass_widens_the_band(static: TractionProfile) -> None:
    widths = []
    for mass in (70.0, None):
        unknown = Patient(patient_id="x", mass_kg=mass)
        model = mechanics.build(norm_spine(), unknown, samples=64)
        widths.append(float(np.std(np.asarray(model.body.weight_n))))
    assert widths[0] == pytest.approx(0.0, abs=1e-9)
    assert widths[1] > 50.0


def test_extremes_of_body_and_pull_run(static: TractionProfile) -> None:
    for mass in (30.0, 200.0):
        model = mechanics.build(norm_spine(), Patient(patient_id="x", mass_kg=mass), samples=8)
        segments = (static.segments[0].replace(force_n=900.0), *static.segments[1:])
        response = mechanics.simulate(model, static.replace(segments=segments, angle_deg=45.0))
        assert np.isfinite(response.flexion_deg).all()
