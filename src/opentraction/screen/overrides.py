"""A person's decision to go on although a rule is met: who may, and when it counts.

Relative rule or red flag: one clinician and a reason. Absolute rule: two different people. Emergency: nobody.
An override lapses like an answer, and a newer "yes" outdates it; while a rule is unknown it does not count.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from opentraction.chart import Clinician, Override, Patient, Refused, Role, RuleCategory, RuleState
from opentraction.screen.rules import Rule, by_id, refuse_unknown
from opentraction.screen.ruling import CLOCK_TOLERANCE, Ruling, aware


def check_overrides(overrides: Sequence[Override], patient: Patient, at: datetime) -> None:
    """Raise Refused for an override that nobody may give, BadInput for one of an unknown rule."""
    for override in overrides:
        refuse_unknown(override.rule_id, tuple(by_id()), "a lumbar screening rule")
        rule = by_id()[override.rule_id]
        _check(rule, override, patient)
        if aware(override.at) > aware(at) + CLOCK_TOLERANCE:
            raise Refused(
                f"The override of {rule.rule_id} is dated {override.at:%Y-%m-%d %H:%M}, after this "
                "screening. Mend the date."
            )


def _check(rule: Rule, override: Override, patient: Patient) -> None:
    if rule.emergency:
        raise Refused(f"{rule.rule_id} ({rule.label}) is an emergency: no override exists. {rule.send_to}")
    people = [override.by] if override.second is None else [override.by, override.second]
    if override.by.role is Role.THERAPIST:
        raise Refused(
            f"The override of {rule.rule_id} is by {override.by.name}, a therapist; it needs a clinician. "
            "Ask one."
        )
    if not patient.simulated and any(person.role is Role.DEMONSTRATION for person in people):
        raise Refused(
            f"The override of {rule.rule_id} is signed as a demonstration, which holds only for a simulated "
            "patient. Have a clinician sign."
        )
    if rule.standing is RuleCategory.ABSOLUTE and len({_key(person) for person in people}) < 2:
        raise Refused(
            f"{rule.rule_id} ({rule.label}) is absolute: its override needs two different people, got only "
            f"{override.by.name}. Name a second person."
        )


def _key(person: Clinician) -> str:
    return " ".join(person.name.casefold().split())


def valid_override(
    ruling: Ruling, overrides: Sequence[Override], at: datetime
) -> tuple[Override | None, str]:
    """The override that counts for a rule, or None with the reason why one on file does not count."""
    mine = [override for override in overrides if override.rule_id == ruling.rule.rule_id]
    if not mine:
        return None, ""
    last = max(mine, key=lambda override: aware(override.at))
    if ruling.state is not RuleState.MET:
        why = "while it is unknown" if ruling.state is RuleState.UNKNOWN else "since the rule is not met"
        return None, f"The override by {last.by.name} does not count {why}."
    if ruling.said_yes_at is not None and aware(last.at) < ruling.said_yes_at:
        return (
            None,
            f"The override by {last.by.name} is older than the latest yes and does not count; decide again.",
        )
    if aware(at) >= aware(last.at) + timedelta(days=ruling.rule.stands_days):
        return None, f"The override by {last.by.name} of {last.at:%Y-%m-%d} has lapsed; decide again."
    return last, ""
