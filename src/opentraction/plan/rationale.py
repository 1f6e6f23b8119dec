"""Why this profile, and what would change the answer, in sentences."""

from opentraction.chart import (
    Capability,
    Eligibility,
    FindingKind,
    Findings,
    GoalKind,
    Level,
    Limit,
    Patient,
    Setup,
    TableKind,
    TractionProfile,
    lowest,
)
from opentraction.plan.evidence_line import MODEL_LINE
from opentraction.plan.limits import FIRST_SESSIONS, binding_sentence, body_weight_n
from opentraction.plan.objectives import Candidate, Targets, band, default_goals, gain_mpa_s
from opentraction.plan.search import Choice, SearchResult, bands_overlap, choose
from opentraction.plan.sources import cite
from opentraction.plan.space import CONVENTIONAL_SHARE, LOWEST_SHARE


def eligibility_lines(eligibility: Eligibility, clinician_cap_n: float | None = None) -> tuple[str, ...]:
    """What the screening says of this draft: loudly when it cannot be signed; then the precautions.

    Where a precaution asks for a low pull and the clinician named no cap, it is asked for.
    """
    lines = []
    if not eligibility.verdict.permits_plan:
        because = " ".join(eligibility.because[:2]) or "No reason was written."
        lines.append(
            f"THIS DRAFT CANNOT BE SIGNED: screening says '{eligibility.verdict}'. {because} Settle that "
            "first."
        )
    lines += [f"Precaution: {precaution}" for precaution in eligibility.precautions]
    if eligibility.low_force and clinician_cap_n is None:
        lines.append(
            "ASKED OF THE CLINICIAN: the largest pull for this patient. A precaution asks for a low one "
            f"({', '.join(eligibility.low_force)}), no source gives a figure, and no cap was named (--cap-n)."
        )
    return tuple(lines)


def choice_lines(choice: Choice, targets: Targets, lowest_n: float | None) -> tuple[str, ...]:
    """Which profile is proposed and by what rule, with the bands compared."""
    chosen, best = choice.chosen, choice.best
    where = f"at {targets.target}" if targets.target is not None else "as the mean over all levels"
    what = f"Proposed: {_named(chosen.profile)}, {chosen.profile.duration_s / 60:.0f} min."
    if lowest_n is None:
        return (what, "No pull can be planned: the smallest step of the table lies above the lowest limit.")
    if chosen is best:
        return (
            what,
            f"It has the highest robust score, and no gentler plan has a band of unloading {where} that "
            f"reaches its own ({_band(chosen, targets)}).",
        )
    lines = [
        what,
        f"Its band of unloading {where} ({_band(chosen, targets)}) overlaps that of the plan with the "
        f"highest score, {_named(best.profile)} ({_band(best, targets)}): the model cannot tell them "
        "apart, so the gentler one is proposed.",
    ]
    if targets.least_n > 0:
        lines.append(f"Nothing below {targets.least_n:.0f} N was proposed: the clinician asked for no less.")
    elif chosen.profile.peak_force_n == lowest_n:
        lines.append(
            f"It is the gentlest pull searched: {LOWEST_SHARE:.0%} of body weight ({cite('KDTCALC')}), or "
            "half of the limit where that is lower or the mass is not known."
        )
    if chosen.profile.peak_force_n <= 0:
        lines.append("Pulling gives nothing here that the model can tell from lying down.")
    return tuple(lines)


def change_lines(
    result: SearchResult,
    targets: Targets,
    limits: tuple[Limit, ...],
    later_limits: tuple[Limit, ...],
    *,
    top_n: float,
    targetable: tuple[Level, ...],
    session_number: int,
) -> tuple[str, ...]:
    """What it would take to change the answer: another limit, later sessions, another target.

    `top_n` is the lowest limit rounded down to what the table can set [N].
    """
    binding = lowest(limits)
    chosen = result.choice.chosen.profile
    lines = [binding_sentence(limits)]
    if chosen.peak_force_n < top_n - 1e-6:
        lines.append(
            f"This limit does not set the proposal, which pulls {chosen.peak_force_n:.0f} N; a higher "
            "limit would change it only if a stronger plan's band parted from it."
        )
    else:
        lines.append("The proposal stands at this limit: a higher limit would allow more pull.")
    lines += _last_step(result, targets)
    later = lowest(later_limits)
    if session_number <= FIRST_SESSIONS and later.force_n > binding.force_n:
        lines.append(
            f"From session {FIRST_SESSIONS + 1} the cap of the first sessions falls away: a new draft "
            f"would search up to {later.force_n:.0f} N ({later.reason})."
        )
    lines += _other_targets(result, targets, targetable)
    if result.dropped:
        left = ", ".join(sorted(set(result.dropped)))
        lines.append(f"Left out, since the model or the time did not allow it: {left}.")
    return tuple(lines)


def _last_step(result: SearchResult, targets: Targets) -> list[str]:
    """What the last step of pull up to the limit adds in the model, at the best angle of the grid."""
    if targets.target is None or not result.coarse:
        return []
    family = result.coarse[0].profile.family
    grid = tuple(item for item in result.coarse if item.profile.family is family)
    angle = choose(grid, targets).best.profile.angle_deg
    line = sorted(
        (item for item in grid if item.profile.angle_deg == angle), key=lambda item: item.profile.peak_force_n
    )
    if len(line) < 2:
        return []
    before, last = line[-2:]
    more = band(gain_mpa_s(last, targets))[1] - band(gain_mpa_s(before, targets))[1]
    return [
        f"The last step of the {family} pull searched, from {before.profile.peak_force_n:.0f} to "
        f"{last.profile.peak_force_n:.0f} N, changes the median unloading at {targets.target} by "
        f"{f'{more:+.{_places(more)}f}' if abs(more) >= 0.05 else 'less than 0.05'} MPa s."
    ]


def _other_targets(result: SearchResult, targets: Targets, targetable: tuple[Level, ...]) -> list[str]:
    """What the coarse search would propose for the other levels that were seen; nothing is run."""
    if targets.target is None or not result.coarse:
        return []
    levels = tuple(result.coarse[0].dose_mpa_s)
    # Other families were tried at this target's angle only, so the comparison keeps to the grid's family.
    grid = tuple(item for item in result.coarse if item.profile.family is result.coarse[0].profile.family)
    mine = choose(grid, targets).chosen.profile
    by_profile: dict[str, list[str]] = {}
    for level in targetable:
        if level is targets.target or level not in levels:
            continue
        goals = default_goals(level, levels)
        theirs = choose(grid, Targets(level, goals, None, (), targets.least_n)).chosen.profile
        instead = "the same profile" if theirs == mine else f"{_named(theirs)} instead"
        by_profile.setdefault(instead, []).append(str(level))
    return [
        f"With {_either(names)} as the target the first, coarse search would propose {instead}."
        for instead, names in by_profile.items()
    ]


def table_lines(setup: Setup, patient: Patient) -> tuple[str, ...]:
    """What friction takes on a plain table, in the model's own terms."""
    weight_n = body_weight_n(patient)
    if setup.table is not TableKind.PLAIN or weight_n is None:
        return ()
    return (
        f"On this plain table friction can take up to about {setup.friction * 0.5 * weight_n:.0f} N "
        "before any "
        f"pull reaches the spine (friction {setup.friction:g} on half of body weight; "
        f"{cite('LANECC')}); a split "
        "table would not.",
    )


def displaced_lines(findings: Findings, targets: Targets) -> tuple[str, ...]:
    """A word of care where a disc that the plan unloads is displaced."""
    displaced = [
        finding
        for finding in findings.of(FindingKind.DISC_DISPLACEMENT)
        if finding.positive and (targets.target is None or finding.level is targets.target)
    ]
    if not displaced:
        return ()
    return (
        f"{displaced[0].text.rstrip('.')}. In one case a large protrusion grew suddenly during "
        f"decompression ({cite('DEEN03')}): watch the leg in every session, and stop on new or worse leg "
        "pain or weakness.",
    )


def not_known_lines(
    patient: Patient, capability: Capability | None, harness_rating_n: float | None, peak_n: float
) -> tuple[str, ...]:
    """What was not known and what was done about it."""
    lines = []
    if patient.mass_kg is None:
        lines.append(
            "Body mass is not known: the strictest absolute cap of pull stands, and bands are wider."
        )
    if capability is None:
        lines.append(
            "No table is named: its rating, steps, speed and angles are not known, so the angle is 0 deg; "
            f"check that the table pulls {peak_n:.0f} N."
        )
    if harness_rating_n is None and peak_n > 0:
        lines.append(f"The rating of the harness is not known: check that it holds {peak_n:.0f} N.")
    return tuple(lines)


def closing_lines(simulated: bool, targets: Targets, samples: int) -> tuple[str, ...]:
    """The scenarios, the weights, the line on the model, and the mark of a simulated patient."""
    spared = [goal for goal in targets.goals if goal.kind is GoalKind.SPARE]
    lines = [f"Bands are 5 to 95 % of {samples} samples of the model's parameters for this spine."]
    if spared:
        lines.append(
            "Score: the unloading that 9 samples in 10 reach at the target, less the weighted unloading "
            f"that 1 in 20 exceeds at {_listed([str(goal.level) for goal in spared])}; these weights are a "
            "choice, not a finding."
        )
    lines.append(MODEL_LINE)
    if simulated:
        lines.append("SIMULATED patient: this plan is a demonstration.")
    return tuple(lines)


def alternative_why(candidate: Candidate, result: SearchResult, targets: Targets, patient: Patient) -> str:
    """Why this alternative is shown, and how it stands to the best."""
    choice = result.choice
    parts = []
    if targets.target is None:
        parts.append("Numbers are the mean over all levels; no claim is made for any one of them.")
    if candidate.profile.peak_force_n <= 0:
        parts.append("The comparison that shows what lying down does by itself.")
    elif candidate is result.conventional:
        parts.append(_preset_why(candidate, patient))
    if candidate is choice.best:
        parts.append("The highest score found within the limits.")
    if candidate is choice.chosen:
        parts.append("Proposed: the gentlest whose band overlaps that of the highest score.")
    elif candidate is not choice.best:
        overlaps = bands_overlap(band(gain_mpa_s(candidate, targets)), band(gain_mpa_s(choice.best, targets)))
        gentler = candidate.impulse_n_s < choice.chosen.impulse_n_s
        if candidate.profile.peak_force_n < targets.least_n:
            parts.append("Gentler than the clinician asked for.")
        elif not overlaps:
            parts.append("Its band lies apart from that of the highest score.")
        elif not gentler:
            parts.append(
                "Its band overlaps that of the highest score, but it is no gentler than the proposal."
            )
    return " ".join(parts)


def _preset_why(candidate: Candidate, patient: Patient) -> str:
    """What the conventional preset is here: a third of body weight, cut, raised, or not known."""
    weight_n = body_weight_n(patient)
    if weight_n is None:
        return "For comparison: a third of body weight is not known, so this preset pulls the lowest limit."
    if candidate.profile.peak_force_n > CONVENTIONAL_SHARE * weight_n + 1e-6:
        return "For comparison, a common preset of clinics, raised to the least pull the clinician asked for."
    return "For comparison, a common preset of clinics: a third of body weight, cut to the limits."


def _named(profile: TractionProfile) -> str:
    if profile.peak_force_n <= 0:
        return "lying without pull"
    return f"{profile.family} pull, {profile.peak_force_n:.0f} N at {profile.angle_deg:.0f} deg"


def _band(candidate: Candidate, targets: Targets) -> str:
    low, mid, high = band(gain_mpa_s(candidate, targets))
    places = _places(0.5 * (high - low))
    low, mid, high = (round(value, places) + 0.0 for value in (low, mid, high))  # + 0.0: no minus before 0
    return f"{mid:.{places}f} MPa s, {low:.{places}f} to {high:.{places}f}"


def _places(size: float) -> int:
    """Decimals worth saying of a dose [MPa s]: none where it is 3 or more, else one."""
    return 0 if abs(size) >= 3 else 1


def _either(items: list[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} or {items[-1]}"


def _listed(items: list[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"
