"""Findings become an eligibility: every lumbar rule with its state and source, and the verdict they add up
to.
"""

from datetime import datetime

from opentraction.chart import (
    Concern,
    Contraindication,
    Eligibility,
    Findings,
    Override,
    Patient,
    Question,
    RuleCategory,
    RuleState,
    Verdict,
)
from opentraction.screen.concern import weigh
from opentraction.screen.open_questions import fewest_questions
from opentraction.screen.overrides import check_overrides, valid_override
from opentraction.screen.rules import RULESET
from opentraction.screen.ruling import Ruling, rulings

NO_FORCE_FIGURE = (
    "No published force limit was found for any precaution, so none is set here: the clinician has to name "
    "the largest pull for this patient. A vendor's cap of the first sessions, 178 N (women) or 222 N (men), "
    "stands for everybody (KDT2)."
)
"""Said beside precautions that ask for a low force: 40 and 50 lb in newtons."""


def screen(
    patient: Patient,
    findings: Findings,
    *,
    at: datetime,
    overrides: tuple[Override, ...] = (),
    table_capacity_kg: float | None = None,
    baseline: Findings | None = None,
) -> Eligibility:
    """Screen a patient at a moment.

    Answers older than they stand count as unknown, so `at` is the time of the session or of the plan.
    `table_capacity_kg` is the plate of the table to be used; without it a member of staff answers G25.
    `baseline` are the findings of an earlier visit: muscles weaker by a grade since then are an emergency.

    An unknown red flag or absolute rule gives NOT_YET_KNOWN. An unknown relative rule weighs as if it were
    met: it adds its precaution until somebody answers. `force_cap_n` stays None: no source supports a
    figure; `low_force` names the rules that leave it to the clinician (see `NO_FORCE_FIGURE`).

    Raises BadInput for an unknown rule id or an answer from the future, Refused for an override nobody may
    give.
    """
    check_overrides(overrides, patient, at)
    ruled = rulings(patient, findings, at, table_capacity_kg=table_capacity_kg, baseline=baseline)
    accepted = {one.rule.rule_id: valid_override(one, overrides, at) for one in ruled}
    overridden = {rule_id: override for rule_id, (override, _) in accepted.items() if override is not None}
    verdict, weighty = _verdict(ruled, set(overridden))
    concern, concern_reasons = weigh({one.rule.rule_id: one for one in ruled})
    low_force = _low_force(ruled, overridden) if verdict is not Verdict.EMERGENCY else ()
    precautions = _precautions(ruled, overridden) if verdict is not Verdict.EMERGENCY else ()
    if low_force:
        precautions = (*precautions, NO_FORCE_FIGURE)
    return Eligibility(
        verdict=verdict,
        because=_because(verdict, weighty, ruled, overridden),
        contraindications=tuple(_contraindication(one, *accepted[one.rule.rule_id]) for one in ruled),
        open_questions=_open(verdict, ruled),
        concern=concern,
        concern_reasons=concern_reasons,
        send_to=_send_to(verdict, concern, weighty),
        precautions=precautions,
        low_force=low_force,
        decided_at=at,
        ruleset=RULESET,
        stands_until=_until(ruled, at),
    )


def _verdict(ruled: tuple[Ruling, ...], overridden: set[str]) -> tuple[Verdict, tuple[Ruling, ...]]:
    """The verdict and the rules it rests on, most urgent class first."""
    met = [one for one in ruled if one.state is RuleState.MET]
    standing = [one for one in met if one.rule.rule_id not in overridden]
    unknown = [one for one in ruled if one.state is RuleState.UNKNOWN]
    relative = [one for one in (*standing, *unknown) if not one.rule.blocks]
    classes = (
        (Verdict.EMERGENCY, [one for one in standing if one.rule.emergency]),
        (Verdict.NOT_SUITABLE, [one for one in standing if one.rule.standing is RuleCategory.ABSOLUTE]),
        (Verdict.SEE_DOCTOR, [one for one in standing if one.rule.standing is RuleCategory.RED_FLAG]),
        (Verdict.NOT_YET_KNOWN, [one for one in unknown if one.rule.blocks]),
        (
            Verdict.SUITABLE_WITH_PRECAUTIONS,
            [*relative, *(one for one in met if one.rule.rule_id in overridden)],
        ),
    )
    for verdict, rules in classes:
        if rules:
            return verdict, tuple(rules)
    return Verdict.SUITABLE, ()


def _because(
    verdict: Verdict, weighty: tuple[Ruling, ...], ruled: tuple[Ruling, ...], overridden: dict[str, Override]
) -> tuple[str, ...]:
    if verdict is Verdict.SUITABLE:
        return ("No rule is met and none is open.",)
    sentences = [_why(one, overridden.get(one.rule.rule_id)) for one in weighty]
    if verdict.restrictiveness > Verdict.NOT_YET_KNOWN.restrictiveness:
        count = sum(1 for one in ruled if one.state is RuleState.UNKNOWN and one.rule.blocks)
        if count:
            sentences.append(f"Besides, {count} red flags or absolute rules are still unknown.")
        others = [
            one for one in ruled if one not in weighty and one.rule.blocks and one.state is RuleState.MET
        ]
        sentences += [_why(one, overridden.get(one.rule.rule_id)) for one in others]
    return tuple(sentences)


def _why(ruling: Ruling, override: Override | None) -> str:
    rule = ruling.rule
    name = f"{rule.label} ({rule.rule_id}, {rule.standing.value})"
    if override is not None:
        return f"{name} is met and was overridden by {_people(override)}: {override.reason.rstrip('.')}."
    if ruling.state is RuleState.UNKNOWN:
        return f"{name} is not known. {ruling.reasons[0]}"
    return f"{name} is met. {ruling.reasons[0]}"


def _people(override: Override) -> str:
    return override.by.name if override.second is None else f"{override.by.name} and {override.second.name}"


def _contraindication(ruling: Ruling, override: Override | None, note: str) -> Contraindication:
    rule = ruling.rule
    return Contraindication(
        rule_id=rule.rule_id,
        label=rule.label,
        category=rule.standing,
        state=ruling.state,
        reasons=(*ruling.reasons, note) if note else ruling.reasons,
        sources=rule.published,
        threshold=rule.threshold,
        threshold_sourced=rule.threshold_sourced,
        conflict=rule.conflict,
        override=override,
    )


def _open(verdict: Verdict, ruled: tuple[Ruling, ...]) -> tuple[Question, ...]:
    """What would settle the verdict: nothing more in an emergency; precautions only once nothing blocks."""
    if verdict is Verdict.EMERGENCY:
        return ()
    unknown = [one for one in ruled if one.state is RuleState.UNKNOWN]
    blocking = [one for one in unknown if one.rule.blocks]
    return fewest_questions(unknown if verdict.permits_plan else blocking)


def _send_to(verdict: Verdict, concern: Concern, weighty: tuple[Ruling, ...]) -> str:
    if verdict is Verdict.EMERGENCY:
        return " ".join(dict.fromkeys(one.rule.send_to for one in weighty))
    if verdict is Verdict.SEE_DOCTOR or (verdict is Verdict.NOT_SUITABLE and concern is not Concern.LOW):
        soon = "today" if concern is Concern.HIGH else "within days, before any treatment"
        return f"A doctor, {soon}, with this page; imaging as the doctor decides (ACRVAR; NG59)."
    return ""


def _precautions(ruled: tuple[Ruling, ...], overridden: dict[str, Override]) -> tuple[str, ...]:
    sentences: list[str] = []
    for one in ruled:
        rule, override = one.rule, overridden.get(one.rule.rule_id)
        if override is not None:
            sentences.append(f"Accepted by {_people(override)}: {rule.label}. {rule.precaution}".strip())
        elif rule.blocks:
            continue
        elif one.state is RuleState.MET:
            sentences.append(rule.precaution)
        elif one.state is RuleState.UNKNOWN:
            sentences.append(
                f"Not known: {rule.label}. Until answered it counts as present. {rule.precaution}"
            )
    return tuple(sentences)


def _low_force(ruled: tuple[Ruling, ...], overridden: dict[str, Override]) -> tuple[str, ...]:
    """Rules that ask for a low pull: relative ones met or unknown, and those a person accepted."""
    return tuple(
        one.rule.rule_id
        for one in ruled
        if one.rule.low_force
        and (one.rule.rule_id in overridden or (not one.rule.blocks and one.state is not RuleState.NOT_MET))
    )


def _until(ruled: tuple[Ruling, ...], at: datetime) -> datetime | None:
    """When the first "no" it rests on lapses, written as `at` is: with or without a time zone."""
    first = min((one.until for one in ruled if one.until is not None), default=None)
    if first is None:
        return None
    return first.replace(tzinfo=None) if at.tzinfo is None else first.astimezone(at.tzinfo)
