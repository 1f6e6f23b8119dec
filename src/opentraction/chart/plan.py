"""The plan: goals, limits, what is predicted, alternatives, consent, and the signature that binds them."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from opentraction.chart.errors import ApprovalRefused, BadInput, BadValue
from opentraction.chart.finding import RootCause
from opentraction.chart.level import Level, NonNegative, Positive
from opentraction.chart.patient import Clinician
from opentraction.chart.profile import TractionProfile
from opentraction.chart.screening import Eligibility, Verdict
from opentraction.chart.spine import Posture
from opentraction.chart.value import Value


class Limit(Value):
    """An upper bound of the pull, and why it stands."""

    force_n: NonNegative
    reason: str
    source: str


def lowest(limits: tuple[Limit, ...]) -> Limit:
    """The limit that binds. Raises BadValue when there is none: no limit is never no bound."""
    if not limits:
        raise BadValue("Expected at least one limit of force, got none. State the table's rating.")
    return min(limits, key=lambda limit: limit.force_n)


class Guardrail(Value):
    """Two nested ranges of a setting: outside `absolute` it is refused, outside `usual` it is asked about."""

    name: str
    unit: str
    usual: tuple[float, float]
    absolute: tuple[float, float]
    source: str

    @model_validator(mode="after")
    def _nested(self) -> Self:
        if not self.absolute[0] <= self.usual[0] <= self.usual[1] <= self.absolute[1]:
            raise ValueError(f"Guardrail {self.name}: the usual range must lie inside the absolute one")
        return self

    def question(self, value: float) -> str | None:
        """The question for the clinician, or None; raises BadValue outside the absolute range."""
        low, high = self.absolute
        if not low <= value <= high:
            raise BadValue(
                f"{self.name} must be {low:g} to {high:g} {self.unit}, got {value:g} {self.unit} "
                f"({self.source})."
            )
        if self.usual[0] <= value <= self.usual[1]:
            return None
        return f"{self.name} {value:g} {self.unit} is unusual ({self.source}). Keep it?"


class GoalKind(StrEnum):
    """What a goal asks for at its level."""

    UNLOAD = "unload"
    SPARE = "spare"


class Goal(Value):
    """Unload the target level, or spare another one; `weight` against the other goals."""

    kind: GoalKind
    level: Level
    weight: Positive = 1.0
    pressure_below_mpa: float = 0.0
    """The decompression-time histogram counts seconds below this disc pressure [MPa]."""


class TableKind(StrEnum):
    """How the table's lower part moves."""

    SPLIT = "split table"
    PLAIN = "plain table"


class Setup(Value):
    """Posture and harness: everything between the table's actuator and the pelvis."""

    posture: Posture = Posture.SUPINE
    table: TableKind = TableKind.SPLIT
    hip_flexion_deg: Annotated[float, Field(ge=0, le=110)] = 45.0
    knee_flexion_deg: Annotated[float, Field(ge=0, le=120)] = 60.0
    friction: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Static friction of the body on a plain table, 0.5 (LANECC)."""
    harness_stiffness_n_per_mm: Positive = 20.0


class Band(Value):
    """Quantiles of an ensemble over a grid: 5 %, 50 %, 95 %."""

    p05: tuple[float, ...]
    p50: tuple[float, ...]
    p95: tuple[float, ...]

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not len(self.p05) == len(self.p50) == len(self.p95):
            raise ValueError("Band quantiles must have the same length")
        for low, mid, high in zip(self.p05, self.p50, self.p95, strict=True):
            if not low <= mid + 1e-12 or not mid <= high + 1e-12:
                raise ValueError("Band quantiles must be in order: p05 <= p50 <= p95")
        return self


class LevelPrediction(Value):
    """What the model expects at one level during the session (times: `Prediction.time_s`)."""

    level: Level
    pressure_mpa: Band
    height_front_gain_mm: Band
    """Change of front height since the start of the session."""
    height_back_gain_mm: Band
    net_pull_n: Band
    """Axial force at the level, tension positive."""
    seconds_below: Band
    """Seconds of the session below each of `Prediction.thresholds_mpa`."""
    unloading_dose_mpa_s: tuple[float, float, float]
    """Integral of (pressure lying at rest - pressure) over the session, 5/50/95 % [MPa s]."""
    pressure_by_force_mpa: tuple[tuple[float, float, float, float], ...]
    """(pull at the table [N], 5, 50, 95 % pressure [MPa]) at the start of a hold: the live display's grid."""
    targetable: bool
    """False when the level stands in from norms: no claim is made for it."""


class Prediction(Value):
    """Quantiles per level; a prediction of the model, not a promise of relief."""

    time_s: tuple[float, ...]
    pull_n: tuple[float, ...]
    """Pull at the table at those times."""
    thresholds_mpa: tuple[float, ...]
    levels: tuple[LevelPrediction, ...]
    samples: Annotated[int, Field(ge=1)]
    seed: int
    model: str
    """Name and version of the mechanical model."""

    @model_validator(mode="after")
    def _same_grid(self) -> Self:
        count = len(self.time_s)
        if len(self.pull_n) != count or any(len(level.pressure_mpa.p50) != count for level in self.levels):
            raise ValueError("Prediction: every band must have one value per time")
        return self

    def level(self, level: Level) -> LevelPrediction:
        """The prediction at one level.

        Raises:
            BadInput: when the prediction does not cover that level.
        """
        for item in self.levels:
            if item.level is level:
                return item
        held = ", ".join(item.level for item in self.levels)
        raise BadInput(f"Expected a level of the prediction ({held}), got {level}. Choose one of them.")


class Alternative(Value):
    """One way of treating, side by side with the others; bands are 5-95 %."""

    name: str
    profile: TractionProfile
    target_seconds_below: tuple[float, float, float]
    """Seconds below zero pressure at the target level, 5/50/95 %."""
    target_dose_mpa_s: tuple[float, float, float]
    spare_dose_mpa_s: tuple[float, float, float]
    """Unloading dose at the levels to spare, mean over them."""
    peak_force_n: NonNegative
    gentler_rank: Annotated[int, Field(ge=1)]
    """1 is the gentlest (least impulse)."""
    chosen: bool = False
    why: str = ""


class CoInterventionKind(StrEnum):
    """What else is done in the course."""

    PHYSIOTHERAPY = "physiotherapy"
    EXERCISE = "exercise"
    CHIROPRACTIC = "chiropractic adjustment"
    ACUPUNCTURE = "acupuncture"
    HEAT = "heat"
    MEDICATION = "medication"
    EDUCATION = "education"


class CoIntervention(Value):
    """Another therapy in the same course; it is recorded because it may be the cause of a change."""

    kind: CoInterventionKind
    detail: str = ""


class CourseStep(Value):
    """Sessions `first` to `last` of a course and their peak force."""

    first: Annotated[int, Field(ge=1)]
    last: Annotated[int, Field(ge=1)]
    peak_force_n: NonNegative
    sessions_per_week: Positive
    condition: str = ""
    """What must hold before this step begins."""


class CoursePlan(Value):
    """Progression, reassessment and stop rules of the whole course."""

    steps: Annotated[tuple[CourseStep, ...], Field(min_length=1)]
    reassess_at: tuple[int, ...]
    """Session numbers after which questionnaires are due."""
    stop_rules: tuple[str, ...]
    co_interventions: tuple[CoIntervention, ...] = ()

    @property
    def sessions(self) -> int:
        """Number of sessions planned."""
        return max(step.last for step in self.steps)


class Consent(Value):
    """What the patient was told and whether they agreed."""

    text: str
    given: bool = False
    by: str = ""
    at: datetime | None = None


class Plan(Value):
    """A draft: profile per session, limits, predicted band, alternatives, course, evidence line, consent."""

    plan_id: str
    version: Annotated[int, Field(ge=1)] = 1
    patient_id: str
    spine_digest: str
    created_at: datetime
    indication: RootCause | None
    target: Level | None
    """None when no level was measured: the plan then makes no level-specific claim."""
    goals: tuple[Goal, ...]
    setup: Setup
    profile: TractionProfile
    limits: Annotated[tuple[Limit, ...], Field(min_length=1)]
    prediction: Prediction
    alternatives: tuple[Alternative, ...]
    rationale: tuple[str, ...]
    """Why this profile, and what would change the answer."""
    course: CoursePlan
    evidence_line: str
    consent: Consent
    eligibility: Eligibility
    simulated: bool = False

    @model_validator(mode="after")
    def _within_limits(self) -> Self:
        binding = lowest(self.limits)
        if self.profile.peak_force_n > binding.force_n + 1e-6:
            raise ValueError(
                f"Plan pulls {self.profile.peak_force_n:.0f} N, above its lowest limit "
                f"{binding.force_n:.0f} N ({binding.reason})"
            )
        if self.eligibility.verdict is Verdict.EMERGENCY:
            raise ValueError("No plan is drafted for an emergency; send the patient where the screening says")
        return self

    def approve(self, by: Clinician, *, at: datetime, despite: str = "") -> "ApprovedPlan":
        """Sign this plan; `despite` is why, where the sessions so far advise to stop.

        Raises ApprovalRefused when the eligibility does not permit it, has lapsed, or consent is missing.
        """
        verdict = self.eligibility.verdict
        if not verdict.permits_plan:
            raise ApprovalRefused(
                f"This plan cannot be signed: screening says '{verdict}' "
                f"({self.eligibility.because[0].rstrip('.')}). Settle that first."
            )
        until = self.eligibility.stands_until
        if until is not None and _aware(at) > _aware(until):
            raise ApprovalRefused(
                f"This plan cannot be signed: an answer of the screening lapsed on {until:%Y-%m-%d %H:%M}. "
                "Ask again, then draft anew."
            )
        if not self.consent.given:
            raise ApprovalRefused(
                "This plan cannot be signed: consent is not recorded. Record it, then sign."
            )
        approval = Approval(by=by, at=at, plan_digest=self.digest(), despite=despite)
        return ApprovedPlan(plan=self, approval=approval)


def _aware(moment: datetime) -> datetime:
    """The moment with a time zone; one without is read as UTC, as in screening."""
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


class Approval(Value):
    """Who signed, when, and the digest of exactly what was signed."""

    by: Clinician
    at: datetime
    plan_digest: str
    despite: str = ""
    """Why it was signed although the sessions so far advised to stop; empty when they did not."""


class ApprovedPlan(Value):
    """A signed plan. Any change of the plan voids the signature: the digest no longer fits."""

    plan: Plan
    approval: Approval

    @model_validator(mode="after")
    def _signature_fits(self) -> Self:
        if self.plan.digest() != self.approval.plan_digest:
            raise ValueError(
                "The plan was changed after it was signed; the approval is void. Have it signed again"
            )
        if not self.plan.eligibility.verdict.permits_plan:
            raise ValueError("An approved plan needs an eligibility that permits it")
        return self
