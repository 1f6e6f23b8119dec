"""Small courses of hand-made values, one for each way in which a course can end."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import numpy as np

from opentraction.chart import (
    LEVELS,
    AdverseEvent,
    AdverseEventSeverity,
    Advice,
    Alternative,
    Band,
    Cause,
    Change,
    Clinician,
    Concern,
    Consent,
    Contraindication,
    Course,
    CoursePlan,
    CourseStep,
    Dose,
    Effect,
    Eligibility,
    Family,
    Finding,
    FindingKind,
    Findings,
    FindingSource,
    Goal,
    GoalKind,
    Hold,
    Instrument,
    InterlockKind,
    Level,
    LevelDose,
    LevelPrediction,
    Limit,
    Outcome,
    Patient,
    Plan,
    PlannedAgainstMeasured,
    Prediction,
    Quality,
    Question,
    Ramp,
    RecordKind,
    Release,
    RootCause,
    RuleCategory,
    RuleState,
    Score,
    Session,
    SessionEnd,
    SessionEvent,
    SessionSample,
    Setup,
    Sex,
    Side,
    Spine,
    StudyEffect,
    TractionProfile,
    Trip,
    Verdict,
)
from opentraction.clinic.report import ReportExtras
from opentraction.evaluate import MidSagittal, PhantomSpec, make_phantom, spine_of_norms
from opentraction.evaluate.section import Endplate, LevelLabel, Outline

NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)
SEND_TO = "Hospital emergency department now, MRI within 4 hours."
KEYED = "Schimmel 2009, randomised sham-controlled trial [SCHIMMEL, class A]"
VENDOR = "KDT, adding force (a vendor's rule) [KDT1, class C]"


def make_patient(**changes: Any) -> Patient:
    fields: dict[str, Any] = {
        "patient_id": "p-001", "name": "Ann Example", "birth_date": date(1980, 3, 14), "sex": Sex.FEMALE,
        "mass_kg": 68.0, "stature_mm": 1680.0,
    }  # fmt: skip
    return Patient(**{**fields, **changes})


@cache
def measured_spine() -> Spine:
    """A spine with all five levels seen; the phantom's mark is taken off so that a test can set it."""
    return make_phantom(PhantomSpec(seed=3)).spine.replace(
        simulated=False,
        notes=tuple(f"{level} is derived from the bodies: its outline is approximate." for level in LEVELS),
    )


@cache
def norms_spine() -> Spine:
    return spine_of_norms(make_patient())


def make_findings() -> Findings:
    roots = [
        Finding(kind=FindingKind.MYOTOME, text=f"Strength of root {root} left: MRC 5 of 5.",
                source=FindingSource.EXAMINATION, positive=False)
        for root in ("L2", "L3", "L4")
    ]  # fmt: skip
    pain = Finding(kind=FindingKind.PAIN_LEG, text="Leg pain 7 of 10, left.", source=FindingSource.PATIENT)
    cause = RootCause(
        cause=Cause.DISC_HERNIATION_RADICULOPATHY, level=Level.L4_L5, side=Side.LEFT, weight=0.7,
        reasons_for=("Leg pain 7 of 10, left.",), reasons_against=("Common without pain.",),
        would_settle=("A repeat examination.",),
    )  # fmt: skip
    return Findings(items=(pain, *roots), causes=(cause,))


def make_rule(number: int, state: RuleState, **changes: Any) -> Contraindication:
    fields: dict[str, Any] = {
        "rule_id": f"RF{number:02d}", "label": f"Rule number {number}", "category": RuleCategory.RED_FLAG,
        "state": state, "reasons": ("The examiner answered the gate question.",), "sources": ("BMJCES",),
        "threshold": "MRC 3 of 5", "threshold_sourced": False,
    }  # fmt: skip
    return Contraindication(**{**fields, **changes})


def make_eligibility(verdict: Verdict = Verdict.SUITABLE, **changes: Any) -> Eligibility:
    fields: dict[str, Any] = {
        "verdict": verdict, "because": ("No rule is met and none is open.",),
        "contraindications": tuple(make_rule(i, RuleState.NOT_MET) for i in range(1, 8)),
        "concern": Concern.LOW, "concern_reasons": ("No red flag is met.",), "decided_at": NOW,
        "ruleset": "lumbar 1.0", "stands_until": NOW + timedelta(days=1),
    }  # fmt: skip
    return Eligibility(**{**fields, **changes})


def emergency() -> Eligibility:
    return make_eligibility(
        Verdict.EMERGENCY, because=("Suspected cauda equina syndrome is met.",), send_to=SEND_TO,
        contraindications=(make_rule(1, RuleState.MET, label="Suspected cauda equina syndrome"),
                           make_rule(2, RuleState.UNKNOWN)), concern=Concern.HIGH,
    )  # fmt: skip


def open_questions() -> Eligibility:
    asked = Question(rule_ids=("RF02",), ask="Any new trouble passing water?", why="it may be an emergency")
    return make_eligibility(
        Verdict.NOT_YET_KNOWN, because=("One rule is open.",), open_questions=(asked,),
        contraindications=(make_rule(2, RuleState.UNKNOWN),),
    )  # fmt: skip


def make_profile(force_n: float = 130.0) -> TractionProfile:
    segments = (
        Ramp(force_n=force_n, duration_s=30), Hold(duration_s=240), Ramp(force_n=force_n / 2, duration_s=15),
        Hold(duration_s=60), Ramp(force_n=force_n, duration_s=15), Hold(duration_s=200),
        Release(duration_s=40),
    )  # fmt: skip
    return TractionProfile(name="Intermittent", family=Family.INTERMITTENT, segments=segments, angle_deg=10)


TIMES = tuple(float(t) for t in range(0, 601, 10))


def _band(profile: TractionProfile, rest_mpa: float, half_mpa: float) -> Band:
    middle = tuple(rest_mpa - 0.0008 * profile.force_at(t) for t in TIMES)
    return Band(p05=tuple(p - half_mpa for p in middle), p50=middle, p95=tuple(p + half_mpa for p in middle))


def make_prediction(profile: TractionProfile, rest_mpa: tuple[float, ...], unseen: bool) -> Prediction:
    levels = []
    thresholds = (0.1, 0.05, 0.0, -0.05)
    for level, rest in zip(LEVELS, rest_mpa, strict=True):
        gain = Band(p05=(0.0,) * len(TIMES), p50=(0.1,) * len(TIMES), p95=(0.2,) * len(TIMES))
        levels.append(
            LevelPrediction(
                level=level, pressure_mpa=_band(profile, rest, 0.04), height_front_gain_mm=gain,
                height_back_gain_mm=gain, net_pull_n=gain,
                seconds_below=Band(p05=(300.0, 200.0, 0.0, 0.0), p50=(600.0, 500.0, 310.0, 20.0),
                                   p95=(600.0, 600.0, 560.0, 400.0)),
                unloading_dose_mpa_s=(5.0, 10.0, 26.0),
                pressure_by_force_mpa=((0.0, 0.05, 0.1, 0.15), (130.0, -0.04, 0.0, 0.05)),
                targetable=not (unseen and level is Level.L5_S1),
            )
        )  # fmt: skip
    return Prediction(
        time_s=TIMES, pull_n=tuple(profile.force_at(t) for t in TIMES), thresholds_mpa=thresholds,
        levels=tuple(levels), samples=64, seed=1, model="spatial column 1",
    )  # fmt: skip


REST_MPA = (0.15, 0.14, 0.13, 0.08, 0.06)


def make_plan(
    *, target: Level | None = Level.L4_L5, rest_mpa: tuple[float, ...] = REST_MPA, unseen: bool = False,
    **changes: Any,
) -> Plan:  # fmt: skip
    profile = make_profile()
    chosen = Alternative(
        name="Intermittent, 130 N", profile=profile, target_seconds_below=(0.0, 310.0, 560.0),
        target_dose_mpa_s=(5.0, 10.0, 26.0), spare_dose_mpa_s=(20.0, 40.0, 60.0), peak_force_n=130.0,
        gentler_rank=1, chosen=True, why="The gentlest whose band overlaps that of the highest score.",
    )  # fmt: skip
    fields: dict[str, Any] = {
        "plan_id": "plan-1", "patient_id": "p-001", "spine_digest": "0" * 64, "created_at": NOW,
        "indication": make_findings().causes[0], "target": target, "setup": Setup(), "profile": profile,
        "goals": (Goal(kind=GoalKind.UNLOAD, level=Level.L4_L5),) if target else (),
        "limits": (Limit(force_n=178.0, reason="cap of the first 2 sessions", source=VENDOR),
                   Limit(force_n=377.0, reason="the largest dose of a trial", source=KEYED)),
        "prediction": make_prediction(profile, rest_mpa, unseen), "alternatives": (chosen,),
        "rationale": (f"The pull may be at most 178 N ({VENDOR}).", f"Trials disagree ({KEYED}; {VENDOR})."),
        "course": CoursePlan(
            steps=(CourseStep(first=1, last=6, peak_force_n=130.0, sessions_per_week=3.0),),
            reassess_at=(3, 6),
            stop_rules=(f"New weakness: stop ({KEYED}).", "The patient may stop at any time."),
        ),
        "evidence_line": f"Little or no difference from sham ({KEYED}).",
        "consent": Consent(text="What it is.\n\nWhat is not known.", given=True, by="the patient", at=NOW),
        "eligibility": make_eligibility(), "simulated": False,
    }  # fmt: skip
    return Plan(**{**fields, **changes})


def make_session(plan: Plan, *, noise_n: float = 2.0, until_s: float = 600.0, **changes: Any) -> Session:
    samples = tuple(
        SessionSample(time_s=t / 10, planned_n=plan.profile.force_at(t / 10), commanded_n=0.0,
                      measured_n=plan.profile.force_at(t / 10) + noise_n * math.sin(t))
        for t in range(int(until_s * 10))
    )  # fmt: skip
    fields: dict[str, Any] = {
        "session_id": "s-1", "patient_id": "p-001", "plan_digest": plan.digest(), "table_id": "table-7",
        "started_at": NOW, "kind": RecordKind.MEASURED, "samples": samples,
        "events": (SessionEvent(time_s=0.0, what="The session begins."),), "end": SessionEnd.DONE,
        "comparison": PlannedAgainstMeasured(planned_impulse_n_s=65000.0, delivered_impulse_n_s=64000.0,
                                             rms_error_n=2.0, time_in_band=0.99),
    }  # fmt: skip
    return Session(**{**fields, **changes})


def make_trips(*times_s: float) -> tuple[Trip, ...]:
    kinds = list(InterlockKind)
    return tuple(
        Trip(interlock=kinds[i % len(kinds)], time_s=t, sentence="Expected 130 N, got 210 N; limit 178 N.")
        for i, t in enumerate(times_s)
    )


def make_dose(plan: Plan) -> Dose:
    levels = tuple(
        LevelDose(level=item.level, pressure_mpa=item.pressure_mpa, unloading_dose_mpa_s=(5.0, 9.8, 25.0),
                  seconds_below_zero=(0.0, 300.0, 550.0), targetable=item.targetable)
        for item in plan.prediction.levels
    )  # fmt: skip
    return Dose(session_id="s-1", time_s=TIMES, pull_n=plan.prediction.pull_n, levels=levels,
                planned_dose_mpa_s=(5.0, 10.0, 26.0), model="spatial column 1")  # fmt: skip


def make_outcome(**changes: Any) -> Outcome:
    rows = ((Instrument.NRS_BACK, 6.0, 4.0, 2.8, 2.0), (Instrument.NRS_LEG, 7.0, 3.0, 2.8, 2.0),
            (Instrument.ODI, 40.0, 35.6, 10.0, 10.0), (Instrument.RMDQ, 14.0, 15.0, 5.0, 5.0))  # fmt: skip
    scores, changed = [], []
    for instrument, before, after, mdc, mcid in rows:
        for done, value in ((0, before), (1, after)):
            at = NOW + timedelta(hours=done)
            scores.append(Score(instrument=instrument, at=at, value=value, unit="points", after_session=done))
        beyond = abs(after - before) > mdc
        changed.append(
            Change(instrument=instrument, baseline=before, latest=after, change=after - before, mdc=mdc,
                   mcid=mcid, beyond_error=beyond, important=abs(after - before) >= mcid,
                   sentence=f"{instrument}: {before:g} to {after:g}. A change after treatment.")
        )  # fmt: skip
    fields: dict[str, Any] = {
        "recorded": True, "statement": "Four scores were compared.", "scores": tuple(scores),
        "changes": tuple(changed), "sessions_delivered": 1,
        "advice": Advice(action="continue", reasons=(changed[0].sentence, changed[1].sentence, "Ask first.")),
    }  # fmt: skip
    return Outcome(**{**fields, **changes})


def make_event() -> AdverseEvent:
    return AdverseEvent(at=NOW, what="soreness under the belt", severity=AdverseEventSeverity.MILD,
                        after_session=1)  # fmt: skip


def make_effect(**changes: Any) -> Effect:
    studies = tuple(
        StudyEffect(study=name, effect=effect, variance=variance, n=n, weight_percent=weight)
        for name, effect, variance, n, weight in (("Alpha 1997", 0.57, 0.27, 151, 61.3),
                                                  ("Beta 2009", -0.40, 0.49, 60, 38.7))
    )  # fmt: skip
    fields: dict[str, Any] = {
        "name": "Pain about 3 months after the start, traction against sham",
        "unit": "points on a 0-10 pain scale, negative favours traction", "comparator": "sham traction",
        "estimate": 0.19, "se": 0.4, "low": -5.8, "high": 6.2, "prediction_low": -6.9, "prediction_high": 7.3,
        "k": 2, "tau2": 0.09, "method": "REML; Hartung-Knapp", "studies": studies,
        "bias_notes": ("Only 2 studies.",),
    }  # fmt: skip
    return Effect(**{**fields, **changes})


def make_section(*, simulated: bool = False, width_mm: float = 130.0) -> MidSagittal:
    """A grey picture with one body, five level names close together, and an endplate."""
    turn = np.linspace(0, 2 * np.pi, 40)
    ring = np.stack([-10 + 17 * np.cos(turn), 60 + 12 * np.sin(turn)], axis=1)
    names = tuple(
        LevelLabel(name=str(level), at_mm=(40.0, 60.0 - 3.0 * i), centre_mm=(0.0, 60.0 - 30.0 * i),
                   seen=level is not Level.L5_S1)
        for i, level in enumerate(LEVELS)
    )  # fmt: skip
    line = np.stack([np.linspace(-20, 10, 9), np.full(9, 40.0)], axis=1)
    return MidSagittal(
        image=np.linspace(0, 1, 200 * 130, dtype=np.float32).reshape(200, 130),
        extent_mm=(-65.0, width_mm - 65.0, -100.0, 100.0), pixel_mm=1.0,
        outlines=(Outline(name="L3", points_mm=ring, derived=False),), levels=names,
        endplates=(Endplate(level="L3-L4", upper=True, points_mm=line, quality=Quality.DERIVED),),
        origin_mm=(0.0, 0.0, 0.0), across=(0.0, -1.0, 0.0), up=(0.0, 0.0, 1.0), simulated=simulated,
    )  # fmt: skip


def make_extras(*, section: bool = True, simulated: bool = False) -> ReportExtras:
    return ReportExtras(
        section=make_section(simulated=simulated) if section else None,
        effects=(make_effect(), make_effect(low=-1.2, high=-0.3, estimate=-0.7)),
        evidence_lines=("The largest review found little or no difference.",),
        without_traction="People get better without traction too.", made_at=NOW,
    )  # fmt: skip


@cache
def complete_course(*, simulated: bool = False) -> Course:
    """From scan to outcome, with one session, its dose and four pairs of scores."""
    plan = make_plan(simulated=simulated)
    return Course(
        patient=make_patient(simulated=simulated), spine=measured_spine(), findings=make_findings(),
        eligibility=make_eligibility(), plan=plan,
        approved=plan.approve(Clinician(name="Dr Careful"), at=NOW),
        sessions=(make_session(plan, simulated=simulated),), doses=(make_dose(plan),),
        outcome=make_outcome(simulated=simulated, adverse_events=(make_event(),)),
    )  # fmt: skip


@cache
def emergency_course() -> Course:
    return Course(
        patient=make_patient(), spine=measured_spine(), findings=make_findings(), eligibility=emergency(),
        outcome=Outcome(recorded=False, statement="No outcome recorded: no questionnaire was answered.",
                        scores=(), changes=()),
        stopped_because="No plan: screening says 'emergency'.",
    )  # fmt: skip


@cache
def draft_course() -> Course:
    consent = Consent(text="What it is.")
    return Course(
        patient=make_patient(), spine=measured_spine(), findings=make_findings(),
        eligibility=make_eligibility(), plan=make_plan(consent=consent),
        stopped_because="The plan is a draft: no clinician has signed it.",
    )  # fmt: skip


@cache
def no_scan_course() -> Course:
    plan = make_plan(target=None)
    return Course(
        patient=make_patient(sex=Sex.UNKNOWN, mass_kg=None, stature_mm=None, birth_date=None),
        spine=norms_spine(), findings=Findings(items=()), eligibility=make_eligibility(), plan=plan,
        approved=plan.approve(Clinician(name="Dr Careful"), at=NOW),
    )  # fmt: skip


@cache
def unsettled_course() -> Course:
    return Course(
        patient=make_patient(), spine=measured_spine(), findings=make_findings(),
        eligibility=open_questions(),
        stopped_because="This plan cannot be signed: screening says 'not yet known'.",
    )  # fmt: skip


COURSES = {
    "complete": complete_course,
    "emergency": emergency_course,
    "draft": draft_course,
    "no scan": no_scan_course,
    "unsettled": unsettled_course,
}
