"""Spine model, eligibility and goals become a draft plan."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from opentraction.chart import (
    Alternative,
    BadInput,
    Capability,
    CoIntervention,
    CoInterventionKind,
    Consent,
    Eligibility,
    Family,
    Findings,
    Goal,
    Limit,
    Patient,
    Plan,
    Refused,
    Setup,
    Verdict,
    lowest,
)
from opentraction.plan.coarse_grid import on_coarse_grid
from opentraction.plan.column import column_engine
from opentraction.plan.consent import consent_text
from opentraction.plan.course_plan import PER_WEEK, SESSIONS, course_plan
from opentraction.plan.ensemble import Engine
from opentraction.plan.evidence_line import evidence_line
from opentraction.plan.guardrails import DURATION, guardrail_questions
from opentraction.plan.limits import FIRST_SESSIONS, snap, stack_limits
from opentraction.plan.objectives import (
    Targets,
    band,
    choose_targets,
    gain_mpa_s,
    gain_seconds,
    spare_mpa_s,
)
from opentraction.plan.rationale import (
    alternative_why,
    change_lines,
    choice_lines,
    closing_lines,
    displaced_lines,
    eligibility_lines,
    not_known_lines,
    table_lines,
)
from opentraction.plan.search import SESSION_BUDGET, ProgressCallback, SearchResult, search
from opentraction.plan.space import Space, space

if TYPE_CHECKING:
    from opentraction.mechanics import SpineModel


def optimise(
    model: "SpineModel",
    eligibility: Eligibility,
    goals: tuple[Goal, ...] | None = None,
    *,
    patient: Patient,
    findings: Findings,
    at: datetime,
    spine_digest: str | None = None,
    setup: Setup | None = None,
    capability: Capability | None = None,
    harness_rating_n: float | None = None,
    clinician_cap_n: float | None = None,
    least_pull_n: float | None = None,
    minutes: float = 25.0,
    families: tuple[Family, ...] | None = None,
    session_number: int = 1,
    sessions: int = SESSIONS,
    sessions_per_week: float = PER_WEEK,
    co_interventions: Sequence[CoIntervention | CoInterventionKind] = (),
    consent: Consent | None = None,
    budget: int = SESSION_BUDGET,
    progress: ProgressCallback | None = None,
    engine: Engine | None = None,
) -> Plan:
    """Draft a plan: the gentlest profile that the model cannot tell from the best, and the course around it.

    The search stays inside the stacked limits (`stack_limits`) and within `budget` sample-sessions. In the
    first two sessions a vendor's cap stands among the limits; give `session_number` when drafting a later
    one, and `least_pull_n` to raise the pull after sessions that were tolerated without the wanted gain.
    `spine_digest` is that of the spine the model was built from, unless given. The same input gives the
    same plan, bit for bit. `progress(done, total, text)` may raise to stop; nothing is left half-made.

    Raises Refused for an emergency and for a patient who is not suitable (no draft at all; an override
    belongs in the screening, which then gives another verdict). "See a doctor first" and "not yet known"
    may be drafted: the draft says loudly that it cannot be signed, and `Plan.approve` refuses it. Raises
    BadInput for a force, time or number that cannot be, NotConverged when the model fails for every
    candidate.
    """
    _refuse_unsuitable(eligibility)
    if setup is not None and setup != model.setup:
        raise BadInput(
            "Expected the setup the model was built with, got another posture, table or harness. Build "
            "the model anew."
        )
    DURATION.question(minutes)
    request = _Request(
        patient=patient,
        eligibility=eligibility,
        findings=findings,
        capability=capability,
        harness_rating_n=harness_rating_n,
        clinician_cap_n=clinician_cap_n,
        session_number=session_number,
        sessions_per_week=sessions_per_week,
    )
    limits, later = request.limits(session_number), request.limits(FIRST_SESSIONS + 1)
    course_from = partial(
        course_plan,
        ceiling_n=lowest(later).force_n,
        sessions=sessions,
        sessions_per_week=sessions_per_week,
        co_interventions=co_interventions,
        step_n=capability.force_step_n if capability else None,
        first=session_number,
    )
    course_from(0.0)  # a course that cannot be is refused before the search, not after it
    targets = choose_targets(findings, levels=model.levels, targetable=model.targetable, goals=goals)
    targets = replace(targets, least_n=least_pull_n or 0.0)
    room = space(
        limit_n=lowest(limits).force_n,
        patient=patient,
        capability=capability,
        minutes=minutes,
        families=families,
        least_n=least_pull_n,
    )
    result = search(model, engine or column_engine(), targets, room, budget=budget, progress=progress)
    chosen = result.choice.chosen.profile
    course = course_from(chosen.peak_force_n)
    draft = Plan(
        plan_id="draft",
        patient_id=patient.patient_id,
        spine_digest=spine_digest or model.spine_digest,
        created_at=at,
        indication=targets.cause,
        target=targets.target,
        goals=targets.goals,
        setup=model.setup,
        profile=chosen,
        limits=limits,
        prediction=on_coarse_grid(result.ensemble.predict(result.response)),
        alternatives=_alternatives(result, targets, patient),
        rationale=_rationale(request, model, targets, room, result),
        course=course,
        evidence_line=evidence_line(targets.cause),
        consent=consent or Consent(text=consent_text(chosen, targets.target, sessions=course.sessions)),
        eligibility=eligibility,
        simulated=patient.simulated or model.simulated,
    )
    return draft.replace(plan_id=f"plan-{draft.digest()[:12]}")


def refuse_impossible(
    eligibility: Eligibility,
    *,
    patient: Patient,
    capability: Capability | None = None,
    clinician_cap_n: float | None = None,
    minutes: float = 25.0,
    session_number: int = 1,
) -> None:
    """Refuse what `optimise` would refuse whatever the spine: ask before a model is built, which takes long.

    Raises Refused for an emergency and for a patient who is not suitable, BadInput for a force or a time that
    cannot be.
    """
    _refuse_unsuitable(eligibility)
    DURATION.question(minutes)
    stack_limits(
        patient=patient,
        eligibility=eligibility,
        capability=capability,
        clinician_cap_n=clinician_cap_n,
        session_number=session_number,
    )


@dataclass(frozen=True)
class _Request:
    """What was asked for, beside the model and the goals."""

    patient: Patient
    eligibility: Eligibility
    findings: Findings
    capability: Capability | None
    harness_rating_n: float | None
    clinician_cap_n: float | None
    session_number: int
    sessions_per_week: float

    def limits(self, session_number: int) -> tuple[Limit, ...]:
        """The limits that stand in a session."""
        return stack_limits(
            patient=self.patient,
            eligibility=self.eligibility,
            capability=self.capability,
            harness_rating_n=self.harness_rating_n,
            clinician_cap_n=self.clinician_cap_n,
            session_number=session_number,
        )


def _rationale(
    request: _Request, model: "SpineModel", targets: Targets, room: Space, result: SearchResult
) -> tuple[str, ...]:
    """Why this profile, what would change the answer, what was not known; weightiest first."""
    chosen, patient = result.choice.chosen.profile, request.patient
    limits, later = request.limits(request.session_number), request.limits(FIRST_SESSIONS + 1)
    return (
        *eligibility_lines(request.eligibility, request.clinician_cap_n),
        *targets.why,
        *choice_lines(result.choice, targets, min(room.peaks_n, default=None)),
        *change_lines(
            result,
            targets,
            limits,
            later,
            top_n=snap(lowest(limits).force_n, room.step_n),
            targetable=model.targetable,
            session_number=request.session_number,
        ),
        *table_lines(model.setup, patient),
        *displaced_lines(request.findings, targets),
        *not_known_lines(patient, request.capability, request.harness_rating_n, chosen.peak_force_n),
        *guardrail_questions(chosen, patient, sessions_per_week=request.sessions_per_week),
        *closing_lines(patient.simulated or model.simulated, targets, result.ensemble.samples),
    )


def _refuse_unsuitable(eligibility: Eligibility) -> None:
    if eligibility.verdict is Verdict.EMERGENCY:
        where = eligibility.send_to or "to a hospital now"
        raise Refused(f"No plan is drafted for an emergency: send the patient {where}.")
    if eligibility.verdict is Verdict.NOT_SUITABLE:
        because = "; ".join(eligibility.because[:2]) or "see the screening"
        raise Refused(
            f"No plan is drafted: the screening says 'not suitable' ({because}). Choose another treatment, "
            "or record an override in the screening and draft anew."
        )


def _alternatives(result: SearchResult, targets: Targets, patient: Patient) -> tuple[Alternative, ...]:
    """The finalists side by side, gentlest first."""
    ordered = sorted(result.finals, key=lambda item: (item.impulse_n_s, item.profile.peak_force_n))
    return tuple(
        Alternative(
            name=item.profile.name,
            profile=item.profile,
            target_seconds_below=band(gain_seconds(item, targets)),
            target_dose_mpa_s=band(gain_mpa_s(item, targets)),
            spare_dose_mpa_s=band(spare_mpa_s(item, targets)),
            peak_force_n=item.profile.peak_force_n,
            gentler_rank=rank,
            chosen=item is result.choice.chosen,
            why=alternative_why(item, result, targets, patient),
        )
        for rank, item in enumerate(ordered, start=1)
    )
