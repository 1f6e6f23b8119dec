"""Spine, eligibility and goals become a plan: traction profile, limits, prediction."""

from opentraction.plan.angles import REPEATED_ANGLES, RepeatedAngle
from opentraction.plan.coarse_grid import on_coarse_grid
from opentraction.plan.consent import consent_text
from opentraction.plan.course_plan import (
    STOP_RULES,
    Progression,
    course_plan,
    next_pull,
    reassessments,
)
from opentraction.plan.ensemble import Engine
from opentraction.plan.evidence_line import MODEL_LINE, evidence_line
from opentraction.plan.families import FAMILY_SETTINGS, Setting, family_profile
from opentraction.plan.guardrails import GUARDRAILS, guardrail_questions
from opentraction.plan.histogram import HistogramRow, histogram, seconds_below, unloading_dose
from opentraction.plan.limits import binding_sentence, stack_limits
from opentraction.plan.manual import MANUAL_SETTINGS, contact_order, manual_profile
from opentraction.plan.objectives import Targets, choose_targets, default_goals, impulse_n_s
from opentraction.plan.optimise import optimise, refuse_impossible
from opentraction.plan.search import Choice, bands_overlap
from opentraction.plan.sources import SOURCES, Source, cite

__all__ = [
    "FAMILY_SETTINGS",
    "GUARDRAILS",
    "MANUAL_SETTINGS",
    "MODEL_LINE",
    "REPEATED_ANGLES",
    "SOURCES",
    "STOP_RULES",
    "Choice",
    "Engine",
    "HistogramRow",
    "Progression",
    "RepeatedAngle",
    "Setting",
    "Source",
    "Targets",
    "bands_overlap",
    "binding_sentence",
    "choose_targets",
    "cite",
    "consent_text",
    "contact_order",
    "course_plan",
    "default_goals",
    "evidence_line",
    "family_profile",
    "guardrail_questions",
    "histogram",
    "impulse_n_s",
    "manual_profile",
    "next_pull",
    "on_coarse_grid",
    "optimise",
    "reassessments",
    "refuse_impossible",
    "seconds_below",
    "stack_limits",
    "unloading_dose",
]
