"""Nested ranges of the settings: outside the absolute range refused, outside the usual one asked about."""

from opentraction.chart import Guardrail, Patient, TractionProfile
from opentraction.plan.limits import SURVEY_MAX_N, body_weight_n
from opentraction.plan.sources import cite

FORCE = Guardrail(
    name="Pull",
    unit="N",
    usual=(0.0, SURVEY_MAX_N),
    absolute=(0.0, 1000.0),
    source=f"usual: {cite('HARTE05')}; absolute: assumed, no published pull above it was found",
)
FORCE_SHARE = Guardrail(
    name="Pull by body weight",
    unit="% of body weight",
    usual=(0.0, 50.0),
    absolute=(0.0, 60.0),
    source=f"usual: {cite('SCHIMMEL')}; absolute: {cite('RODACKI2007')}",
)
DURATION = Guardrail(
    name="Session",
    unit="min",
    usual=(10.0, 30.0),
    absolute=(3.0, 42.0),
    source=f"usual: {cite('HARTE05', 'CAVAG')}; absolute: {cite('CAVAG', 'RODACKI2007')}",
)
SESSIONS_PER_WEEK = Guardrail(
    name="Sessions",
    unit="a week",
    usual=(2.0, 5.0),
    absolute=(1.0, 5.0),
    source=f"usual: {cite('HARTE05', 'BEATTIE')}; absolute: {cite('LAUREL', 'BEATTIE')}",
)
ANGLE = Guardrail(
    name="Angle of pull",
    unit="deg",
    usual=(0.0, 30.0),
    absolute=(0.0, 30.0),
    source=f"range of the tables found: {cite('K023160')}",
)

GUARDRAILS: tuple[Guardrail, ...] = (FORCE, FORCE_SHARE, DURATION, SESSIONS_PER_WEEK, ANGLE)
"""All guardrails of a traction plan."""


def guardrail_questions(
    profile: TractionProfile, patient: Patient, *, sessions_per_week: float | None = None
) -> tuple[str, ...]:
    """What to ask the clinician about unusual settings.

    Raises BadValue for a setting outside its absolute range. The share of body weight is asked about only
    where the mass is known; the stacked limits then hold the pull below an absolute cap.
    """
    # A setting exactly at its bound must not trip over the rounding of its own sum.
    checked = [
        (FORCE, profile.peak_force_n),
        (DURATION, round(profile.duration_s / 60.0, 9)),
        (ANGLE, profile.angle_deg),
    ]
    weight_n = body_weight_n(patient)
    if weight_n is not None:
        checked.append((FORCE_SHARE, round(100.0 * profile.peak_force_n / weight_n, 9)))
    if sessions_per_week is not None:
        checked.append((SESSIONS_PER_WEEK, sessions_per_week))
    asked = (guardrail.question(value) for guardrail, value in checked)
    return tuple(question for question in asked if question is not None)
