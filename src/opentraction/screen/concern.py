"""The red flags weighed together as a level of concern, after the IFOMPT framework (Finucane 2020, IFOMPTRF).

The framework found little evidence for any single flag and gives no score, so this rule is a consensus
judgement of ours, kept plain enough to argue with:
- HIGH: an emergency rule is met; or two red flags are met; or one is met with a fact that supports the same
  disease.
- RAISED: one red flag is met with nothing beside it.
- LOW: none is met.
A supporting fact alone (older age, thin bones, steroids) raises nothing. Concern sets how soon a doctor
must look; it never softens a verdict, since any red flag that is met already asks for a doctor.
"""

from collections.abc import Mapping

from opentraction.chart import Concern, RuleCategory, RuleState
from opentraction.screen.rules import families
from opentraction.screen.ruling import Ruling


def weigh(states: Mapping[str, Ruling]) -> tuple[Concern, tuple[str, ...]]:
    """Level of concern and its reasons in sentences, from the rulings by rule id."""
    met = {rule_id: one for rule_id, one in states.items() if one.state is RuleState.MET}
    urgent = [one for one in met.values() if one.rule.emergency]
    flags = [
        one for one in met.values() if one.rule.category is RuleCategory.RED_FLAG and not one.rule.emergency
    ]
    reasons = [f"Emergency sign: {one.rule.label}." for one in urgent]
    supported = False
    for family in families():
        up = [met[flag].rule.label for flag in family.flags if flag in met]
        beside = [met[fact].rule.label for fact in family.supports if fact in met]
        if up:
            with_words = f", together with {_listed(beside)}" if beside else ""
            reasons.append(f"Points to {_DISEASE[family.name]}: {_listed(up)}{with_words}.")
            supported = supported or bool(beside)
    if urgent or len(flags) > 1 or (flags and supported):
        return Concern.HIGH, tuple(reasons)
    if flags:
        return Concern.RAISED, tuple(reasons)
    return Concern.LOW, ("No red flag is met.",)


_DISEASE = {
    "cancer": "cancer in the spine",
    "infection": "infection of the spine",
    "fracture": "a fracture",
    "nerves": "damage to the spinal cord or nerves",
}


def _listed(labels: list[str]) -> str:
    return "; ".join(label[0].lower() + label[1:] if label[1:2].islower() else label for label in labels)
