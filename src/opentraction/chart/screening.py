"""The result of screening: each rule with its state and source, and the verdict they add up to."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from opentraction.chart.patient import Clinician
from opentraction.chart.value import Value


class Verdict(StrEnum):
    """The six verdicts, most urgent first."""

    EMERGENCY = "emergency"
    NOT_SUITABLE = "not suitable"
    SEE_DOCTOR = "see a doctor first"
    NOT_YET_KNOWN = "not yet known"
    SUITABLE_WITH_PRECAUTIONS = "suitable with precautions"
    SUITABLE = "suitable"

    @property
    def permits_plan(self) -> bool:
        """True when a plan may be signed under this verdict."""
        return self in (Verdict.SUITABLE, Verdict.SUITABLE_WITH_PRECAUTIONS)

    @property
    def restrictiveness(self) -> int:
        """5 for emergency down to 0 for suitable."""
        return len(Verdict) - 1 - list(Verdict).index(self)


class RuleCategory(StrEnum):
    """Kind of contraindication."""

    RED_FLAG = "red flag"
    ABSOLUTE = "absolute"
    RELATIVE = "relative"


class RuleState(StrEnum):
    """State of one rule."""

    MET = "met"
    NOT_MET = "not met"
    UNKNOWN = "unknown"


class Override(Value):
    """A person's decision to go on although a rule is met: who, when, why; absolute rules need a second."""

    rule_id: str
    by: Clinician
    second: Clinician | None = None
    at: datetime
    reason: Annotated[str, Field(min_length=10)]


class Contraindication(Value):
    """One rule and its state, with who says so and why it stands."""

    rule_id: str
    label: str
    category: RuleCategory
    state: RuleState
    reasons: tuple[str, ...] = ()
    sources: tuple[str, ...]
    threshold: str = ""
    threshold_sourced: bool = True
    """False when the cut-off has no published source: it can then never clear anyone."""
    conflict: str = ""
    """Where published lists disagree, in a sentence; empty when they do not."""
    override: Override | None = None


class Question(Value):
    """One open question that would help to settle the verdict."""

    rule_ids: tuple[str, ...]
    ask: str
    why: str = ""


class Concern(StrEnum):
    """Level of concern from the red flags weighed together."""

    LOW = "low"
    RAISED = "raised"
    HIGH = "high"


class Eligibility(Value):
    """The sum of the rules at one moment."""

    verdict: Verdict
    because: tuple[str, ...]
    """The reasons for the verdict in plain sentences, weightiest first."""
    contraindications: tuple[Contraindication, ...]
    open_questions: tuple[Question, ...] = ()
    concern: Concern = Concern.LOW
    concern_reasons: tuple[str, ...] = ()
    send_to: str = ""
    """Where to send the patient, for an emergency or a doctor's opinion."""
    precautions: tuple[str, ...] = ()
    force_cap_n: Annotated[float, Field(gt=0)] | None = None
    """Upper limit of pull that a precaution asks for, if any."""
    force_cap_reason: str = ""
    low_force: tuple[str, ...] = ()
    """Ids of the rules whose precaution asks for a low pull: the clinician names a figure, no source does."""
    decided_at: datetime
    ruleset: str
    """Name and version of the rule table."""
    stands_until: datetime | None = None
    """When the first answer it rests on lapses."""

    def met(self) -> tuple[Contraindication, ...]:
        """Rules that are met, overridden ones included."""
        return tuple(rule for rule in self.contraindications if rule.state is RuleState.MET)
