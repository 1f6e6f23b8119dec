"""Plans, plants and tables by hand: small enough to reason about, whole enough to be signed and delivered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from opentraction.chart import (
    ApprovedPlan,
    Band,
    Clinician,
    Consent,
    CoursePlan,
    CourseStep,
    CreepBranch,
    Eligibility,
    Family,
    Hold,
    Level,
    LevelPrediction,
    Limit,
    PatientPlant,
    Plan,
    Prediction,
    Ramp,
    RampShape,
    Release,
    Setup,
    TractionProfile,
    Verdict,
)
from opentraction.deliver import Fault, SimulatedTable

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def make_profile(peak_n: float = 300.0, *, hold_s: float = 20.0, angle_deg: float = 0.0) -> TractionProfile:
    """Ramp up at 10 N/s, hold, release at 20 N/s."""
    return TractionProfile(
        name="short static",
        family=Family.STATIC,
        angle_deg=angle_deg,
        segments=(
            Ramp(force_n=peak_n, duration_s=peak_n / 10.0),
            Hold(duration_s=hold_s),
            Release(duration_s=peak_n / 20.0),
        ),
    )


def make_long_profile(minutes: float = 20.0) -> TractionProfile:
    """Logarithmic rise, then cycles of 60 s at 300 N and 20 s at 150 N, as a clinic would run them."""
    segments: list[Ramp | Hold | Release] = [
        Ramp(force_n=300.0, duration_s=60.0, shape=RampShape.LOGARITHMIC)
    ]
    while sum(part.duration_s for part in segments) < minutes * 60.0 - 150.0:
        segments += [
            Hold(duration_s=60.0),
            Ramp(force_n=150.0, duration_s=10.0),
            Hold(duration_s=20.0),
            Ramp(force_n=300.0, duration_s=10.0),
        ]
    left_s = minutes * 60.0 - sum(part.duration_s for part in segments) - 30.0
    segments += [Hold(duration_s=left_s), Release(duration_s=30.0)]
    return TractionProfile(name="intermittent", family=Family.INTERMITTENT, segments=tuple(segments))


def make_plan(profile: TractionProfile, *, limit_n: float = 300.0, **changes: Any) -> Plan:
    three = (0.0, 0.0, 0.0)
    band = Band(p05=(0.0,), p50=(0.0,), p95=(0.0,))
    level = LevelPrediction(
        level=Level("L5-S1"),
        pressure_mpa=band,
        height_front_gain_mm=band,
        height_back_gain_mm=band,
        net_pull_n=band,
        seconds_below=band,
        unloading_dose_mpa_s=three,
        pressure_by_force_mpa=(),
        targetable=True,
    )
    fields: dict[str, Any] = {
        "plan_id": "plan-1",
        "patient_id": "patient-1",
        "spine_digest": "0" * 64,
        "created_at": NOW,
        "indication": None,
        "target": Level("L5-S1"),
        "goals": (),
        "setup": Setup(),
        "profile": profile,
        "limits": (
            Limit(force_n=limit_n, reason="half of body weight", source="test"),
            Limit(force_n=800.0, reason="published cap", source="test"),
        ),
        "prediction": Prediction(
            time_s=(0.0,),
            pull_n=(0.0,),
            thresholds_mpa=(0.0,),
            levels=(level,),
            samples=1,
            seed=1,
            model="made by hand",
        ),
        "alternatives": (),
        "rationale": (),
        "course": CoursePlan(
            steps=(CourseStep(first=1, last=1, peak_force_n=limit_n, sessions_per_week=2),),
            reassess_at=(1,),
            stop_rules=(),
        ),
        "evidence_line": "Mixed.",
        "consent": Consent(text="Told.", given=True, by="patient", at=NOW),
        "eligibility": Eligibility(
            verdict=Verdict.SUITABLE, because=(), contraindications=(), decided_at=NOW, ruleset="test"
        ),
    }
    return Plan(**{**fields, **changes})


def make_approved(
    profile: TractionProfile | None = None,
    *,
    limit_n: float = 300.0,
    by: Clinician | None = None,
    **changes: Any,
) -> ApprovedPlan:
    plan = make_plan(profile or make_profile(), limit_n=limit_n, **changes)
    return plan.approve(by or Clinician(name="Dr Test"), at=NOW)


def make_plant(*, stiffness: float = 1.0, friction_n: float = 30.0, mass_kg: float = 35.0) -> PatientPlant:
    """A body that stretches 12 mm at 300 N and creeps some 4 mm more, stiffening as it goes."""
    return PatientPlant(
        extension_mm=(0.0, 3.0, 7.0, 12.0, 18.0, 24.0),
        force_n=tuple(stiffness * force for force in (0.0, 40.0, 140.0, 300.0, 560.0, 900.0)),
        creep=(
            CreepBranch(stiffness_n_per_mm=150.0 * stiffness, tau_s=20.0),
            CreepBranch(stiffness_n_per_mm=120.0 * stiffness, tau_s=300.0),
        ),
        friction_n=friction_n,
        mass_kg=mass_kg,
    )


def make_table(
    *, faults: Sequence[Fault] = (), seed: int = 1, plant: PatientPlant | None = None, **options: Any
) -> SimulatedTable:
    return SimulatedTable(plant or make_plant(), seed=seed, faults=faults, **options)
