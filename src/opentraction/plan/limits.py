"""Limits of the pull that stack: table, harness, published, patient, clinician; the lowest binds."""

import math

from opentraction.chart import BadInput, Capability, Eligibility, Limit, Patient, Sex, lowest
from opentraction.plan.families import LBF_N
from opentraction.plan.sources import cite

GRAVITY_M_PER_S2 = 9.80665
"""Standard gravity (CGPM 1901)."""

TRIAL_SHARE, TRIAL_EXTRA_KG = 0.5, 4.45
"""The largest dose of a sham-controlled trial of decompression: half of body weight + 4.45 kg (SCHIMMEL)."""

MEASURED_SHARE = 0.6
"""The largest share of body weight in a measured experiment (RODACKI2007, healthy men)."""

SURVEY_MAX_N = 60.0 * GRAVITY_M_PER_S2
"""The largest pull in use in a national survey, 60 kg (HARTE05)."""

FIRST_SESSIONS = 2
"""The vendor's cap stands for the first one to two sessions (KDT2); both are taken."""

FIRST_CAP_N = {Sex.FEMALE: 40.0 * LBF_N, Sex.MALE: 50.0 * LBF_N, Sex.UNKNOWN: 40.0 * LBF_N}
"""Vendor's cap of the first sessions by sex [N] (KDT2, class C); the lower one where the sex is not known."""

LARGEST_FORCE_N = 2000.0
"""Above this a number is taken for a mistake of unit, as in the chart."""


def body_weight_n(patient: Patient) -> float | None:
    """Body weight [N], or None when the mass is not known."""
    return None if patient.mass_kg is None else patient.mass_kg * GRAVITY_M_PER_S2


def stack_limits(
    *,
    patient: Patient,
    eligibility: Eligibility,
    capability: Capability | None = None,
    harness_rating_n: float | None = None,
    clinician_cap_n: float | None = None,
    session_number: int = 1,
) -> tuple[Limit, ...]:
    """Every limit of the pull [N] that stands for this session, lowest first; `chart.lowest` binds.

    Without a known body mass the strictest absolute cap stands in for the caps by body weight, in every
    session. Raises BadInput for a cap that is no plausible force.
    """
    limits: list[Limit] = []
    if capability is not None:
        rated = _force("rating of the table", capability.force_max_n)
        limits.append(
            Limit(
                force_n=rated,
                reason=f"the table {capability.table_id} pulls no more",
                source=capability.source or "declared by the table",
            )
        )
    if harness_rating_n is not None:
        limits.append(
            Limit(
                force_n=_force("rating of the harness", harness_rating_n),
                reason="the harness is rated for no more",
                source="rating given by the clinic",
            )
        )
    limits += _published(patient, session_number)
    if eligibility.force_cap_n is not None:
        limits.append(
            Limit(
                force_n=_force("cap of the screening", eligibility.force_cap_n),
                reason=eligibility.force_cap_reason or "a precaution of the screening asks for it",
                source=f"screening, {eligibility.ruleset}",
            )
        )
    if clinician_cap_n is not None:
        limits.append(
            Limit(
                force_n=_force("cap of the clinician", clinician_cap_n),
                reason="the clinician set it",
                source="clinician",
            )
        )
    return tuple(sorted(limits, key=lambda limit: limit.force_n))


def _published(patient: Patient, session_number: int) -> list[Limit]:
    limits = [
        Limit(
            force_n=SURVEY_MAX_N,
            reason="the largest pull that a national survey found in use, 60 kg",
            source=cite("HARTE05"),
        )
    ]
    weight_n = body_weight_n(patient)
    if weight_n is not None:
        limits += [
            Limit(
                force_n=TRIAL_SHARE * weight_n + TRIAL_EXTRA_KG * GRAVITY_M_PER_S2,
                reason="the largest dose of a sham-controlled trial, half of body weight + 4.45 kg",
                source=cite("SCHIMMEL"),
            ),
            Limit(
                force_n=MEASURED_SHARE * weight_n,
                reason="the largest share of body weight in a measured experiment, 60 %",
                source=cite("RODACKI2007"),
            ),
        ]
    else:
        limits.append(
            Limit(
                force_n=min(FIRST_CAP_N.values()),
                reason="body mass is not known: the strictest absolute cap stands in every session, 40 lb",
                source=cite("KDT2"),
            )
        )
    if session_number <= FIRST_SESSIONS:
        cap_n = FIRST_CAP_N[patient.sex]
        who = {Sex.FEMALE: "women", Sex.MALE: "men", Sex.UNKNOWN: "a person whose sex is not known"}[
            patient.sex
        ]
        limits.append(
            Limit(
                force_n=cap_n,
                reason=f"cap of the first {FIRST_SESSIONS} sessions, {cap_n / LBF_N:.0f} lb for {who}",
                source=cite("KDT2"),
            )
        )
    return limits


def snap(force_n: float, step_n: float | None) -> float:
    """The pull rounded down to what the table can set (whole newtons where its step is not known)."""
    step = step_n or 1.0
    return math.floor(force_n / step + 1e-9) * step


def raised(force_n: float, step_n: float | None) -> float:
    """The pull rounded up to what the table can set (whole newtons where its step is not known)."""
    step = step_n or 1.0
    return math.ceil(force_n / step - 1e-9) * step


def binding_sentence(limits: tuple[Limit, ...]) -> str:
    """Which limit binds and why, and the next one above it, in one sentence."""
    binding = lowest(limits)
    above = [limit for limit in limits if limit.force_n > binding.force_n]
    text = f"The pull may be at most {binding.force_n:.0f} N: {binding.reason} ({binding.source})"
    if above:
        after = lowest(tuple(above))
        text += f"; without it the next limit would be {after.force_n:.0f} N: {after.reason} ({after.source})"
    return text + "."


def _force(what: str, force_n: float) -> float:
    if not math.isfinite(force_n) or not 0 < force_n <= LARGEST_FORCE_N:
        raise BadInput(
            f"Expected a {what} above 0 and up to {LARGEST_FORCE_N:g} N, got {force_n:g} N. Check its unit "
            "(N, lb, kgf)."
        )
    return float(force_n)
