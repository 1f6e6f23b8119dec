"""An analytic stand-in for the mechanical model, whose best pull and angle are known by hand.

Pressure at a level = rest - k(level, angle) * stiffness(sample) * pull; times are the knots of the profile,
refined.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

import numpy as np

from opentraction.chart import (
    LEVELS,
    Band,
    Capability,
    Cause,
    Consent,
    Eligibility,
    Findings,
    Level,
    LevelPrediction,
    NotConverged,
    Patient,
    Prediction,
    RootCause,
    Setup,
    Sex,
    Verdict,
)
from opentraction.plan import Engine, optimise

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
REST_MPA = 0.10


@dataclass(frozen=True)
class AnalyticModel:
    """Samples differ by one factor each, drawn with a fixed seed."""

    samples: int = 40
    spread: float = 0.05
    best_angle_deg: float = 0.0
    saturates_at_n: float | None = None
    fails_above_n: float | None = None
    levels: tuple[Level, ...] = LEVELS
    targetable: tuple[Level, ...] = LEVELS
    spine_digest: str = "0" * 64
    setup: Setup = field(default_factory=Setup)
    simulated: bool = False

    @property
    def factors(self) -> np.ndarray:
        return 1.0 + self.spread * np.random.default_rng(7).standard_normal(400)[: self.samples]

    def subset(self, count: int) -> "AnalyticModel":
        return replace(self, samples=count)


@dataclass(frozen=True)
class AnalyticResponse:
    model: AnalyticModel
    time_s: np.ndarray
    pull_n: np.ndarray
    pressure: dict
    seed: int = 7


def simulate(model, profile, rested):
    if model.fails_above_n is not None and profile.peak_force_n > model.fails_above_n:
        raise NotConverged("too much")
    times = np.unique(
        np.concatenate([np.linspace(0, profile.duration_s, 400), *zip(*profile.knots(), strict=True)][:2])
    )
    pull = np.array([profile.force_at(float(t)) for t in times])
    pull_felt = np.minimum(pull, model.saturates_at_n or np.inf)
    pressure = {}
    for level in model.levels:
        off = profile.angle_deg - model.best_angle_deg
        gain = 0.0006 * (1.0 - (off / 60.0) ** 2) if level is Level.L4_L5 else 0.0004
        pressure[level] = REST_MPA - gain * pull_felt[:, None] * model.factors[None, :]
    return AnalyticResponse(model, times, pull, pressure)


def pressures(response):
    rest = {level: np.full(response.model.samples, REST_MPA) for level in response.pressure}
    return response.time_s, response.pressure, rest


def summarise(response):
    from opentraction.plan import seconds_below, unloading_dose

    thresholds = (-0.05, 0.0, 0.05)
    levels = []
    for level, pressure in response.pressure.items():
        q = np.quantile(pressure, (0.05, 0.5, 0.95), axis=1)
        below = np.array(
            [np.quantile(seconds_below(response.time_s, pressure, p), (0.05, 0.5, 0.95)) for p in thresholds]
        )
        dose = np.quantile(unloading_dose(response.time_s, pressure, REST_MPA), (0.05, 0.5, 0.95))
        flat = Band(p05=(0.0,) * len(q[0]), p50=(0.0,) * len(q[0]), p95=(0.0,) * len(q[0]))
        levels.append(
            LevelPrediction(
                level=level,
                pressure_mpa=Band(p05=tuple(q[0]), p50=tuple(q[1]), p95=tuple(q[2])),
                height_front_gain_mm=flat,
                height_back_gain_mm=flat,
                net_pull_n=flat,
                seconds_below=Band(p05=tuple(below[:, 0]), p50=tuple(below[:, 1]), p95=tuple(below[:, 2])),
                unloading_dose_mpa_s=tuple(dose),
                pressure_by_force_mpa=(),
                targetable=level in response.model.targetable,
            )
        )
    return Prediction(
        time_s=tuple(response.time_s),
        pull_n=tuple(response.pull_n),
        thresholds_mpa=thresholds,
        levels=tuple(levels),
        samples=response.model.samples,
        seed=response.seed,
        model="analytic",
    )


ENGINE = Engine(rest=lambda model: None, simulate=simulate, summarise=summarise, pressures=pressures)

PATIENT = Patient(
    patient_id="p1",
    birth_date=date(1980, 1, 1),
    sex=Sex.MALE,
    mass_kg=80.0,
    stature_mm=1780.0,
    simulated=True,
)
HERNIATION = RootCause(
    cause=Cause.DISC_HERNIATION_RADICULOPATHY,
    level=Level.L4_L5,
    weight=0.8,
    reasons_for=("extrusion on the scan",),
)
FINDINGS = Findings(items=(), causes=(HERNIATION,))


def eligibility(verdict=Verdict.SUITABLE, **other):
    fields = {"because": ("no rule is met",), "contraindications": (), "decided_at": AT, "ruleset": "test 1"}
    return Eligibility(verdict=verdict, **{**fields, **other})


def table(**other):
    fields = {
        "table_id": "T1", "maker": "test", "simulated": True, "connected": True, "force_max_n": 900.0,
        "force_step_n": 5.0, "rate_max_n_per_s": 20.0, "angle_range_deg": (0.0, 30.0),
    }  # fmt: skip
    return Capability(**{**fields, **other})


CONSENT = Consent(text="told", given=True, by="Pat", at=AT)


def draft(model=None, verdict=None, **other):
    """A plan on the analytic model, from an ordinary request with `other` in its place."""
    fields = {
        "patient": PATIENT, "findings": FINDINGS, "at": AT, "engine": ENGINE, "minutes": 20.0,
        "consent": CONSENT,
    }  # fmt: skip
    return optimise(model or AnalyticModel(), verdict or eligibility(), **{**fields, **other})
