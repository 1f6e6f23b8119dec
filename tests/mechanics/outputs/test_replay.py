"""The dose of a session is that of the pull that was measured."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from opentraction import mechanics
from opentraction.chart import (
    BadInput,
    PlannedAgainstMeasured,
    RecordKind,
    Session,
    SessionEnd,
    SessionSample,
    TractionProfile,
)


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


def test_replay_of_a_faithful_record_gives_the_planned_dose(
    model: mechanics.SpineModel, rested: mechanics.Rested, static: TractionProfile
) -> None:
    planned = mechanics.summarise(mechanics.simulate(model, static, rested=rested))
    session = _session(static, kind=RecordKind.MEASURED, every_s=0.5)
    dose = mechanics.replay(model, session, rested=rested)
    for got, wanted in zip(dose.levels, planned.levels, strict=True):
        assert got.unloading_dose_mpa_s[1] == pytest.approx(wanted.unloading_dose_mpa_s[1], rel=0.01)
    assert not dose.reported_not_measured
    assert dose.samples == model.samples


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
