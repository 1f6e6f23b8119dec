"""What to ask a patient, in order: the gates, then only what they open. An ordinary patient answers at most
30 questions.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from opentraction.chart import Answer, BadInput, Findings, Patient, Question, Reply, RuleState
from opentraction.screen.gates import Gate, OnYes, gates
from opentraction.screen.open_questions import fewest_questions
from opentraction.screen.rules import by_id, refuse_unknown
from opentraction.screen.ruling import Ruling, rulings

MOST_QUESTIONS = 30
"""What an ordinary patient may be asked at intake."""


def intake(
    patient: Patient,
    findings: Findings,
    *,
    at: datetime | None = None,
    table_capacity_kg: float | None = None,
) -> tuple[Gate, ...]:
    """The gate questions still to be asked, in order; those whose rules are all settled by facts or answers
    are left out.
    """
    unknown = _unknown(patient, findings, at, table_capacity_kg)
    waiting = {one.rule.rule_id for one in unknown if not one.needs_own}
    return tuple(gate for gate in gates() if waiting & set(gate.rule_ids))


def follow_up(
    patient: Patient,
    findings: Findings,
    *,
    at: datetime | None = None,
    table_capacity_kg: float | None = None,
) -> tuple[Question, ...]:
    """The questions that need an answer of their own: those of opened gates, doubts from the image, and a
    missing birth date or weight.
    """
    unknown = _unknown(patient, findings, at, table_capacity_kg)
    return fewest_questions([one for one in unknown if one.needs_own])


def answer(
    question_id: str,
    reply: Reply,
    *,
    by: str,
    at: datetime,
    detail: str = "",
    stands_days: float | None = None,
) -> Answer:
    """An answer to a rule or gate that stands as long as its rules let it, or `stands_days` where that is
    less. Raises BadInput for an unknown id.
    """
    known = (*by_id(), *(gate.gate_id for gate in gates()))
    refuse_unknown(question_id, known, "a lumbar screening rule or gate question")
    return Answer(rule_id=question_id, reply=reply, by=by, at=at, detail=detail, stands_days=stands_days)


def with_answers(findings: Findings, new: Iterable[Answer], *, correcting: bool = False) -> Findings:
    """Findings with answers added. An earlier "unknown" goes when the same question is answered, when each
    rule of its gate now has an answer, or when the gate of that rule is now answered "no".

    An earlier yes or no stays: a yes and a no contradict, and the yes stands. To mend an answer recorded in
    error, a named person gives it again with `correcting=True` and the reason (ten letters or more) as its
    `detail`; all earlier answers to it then go.

    Raises BadInput when a correction has no reason.
    """
    added = tuple(new)
    ids = {one.rule_id for one in added}
    if correcting:
        for one in added:
            if len(one.detail.strip()) < 10:
                raise BadInput(
                    f"Expected the reason for correcting {one.rule_id} in its detail, ten letters or more, "
                    f"got '{one.detail}'. Give it."
                )
    closed = {one.rule_id for one in added if one.reply is Reply.NO}
    cleared = {rule_id for gate in gates() if gate.gate_id in closed for rule_id in gate.rule_ids}
    have = ids | {one.rule_id for one in findings.answers}
    whole = {
        gate.gate_id for gate in gates() if gate.on_yes is OnYes.MET and set(gate.rule_ids) <= have
    }  # the gate's "don't know" is settled once each of its rules has its own answer

    def superseded(old: Answer) -> bool:
        if correcting and old.rule_id in ids:
            return True
        return old.reply is Reply.UNKNOWN and old.rule_id in ids | whole | cleared

    kept = tuple(old for old in findings.answers if not superseded(old))
    return findings.replace(answers=(*kept, *added))


def _unknown(
    patient: Patient, findings: Findings, at: datetime | None, capacity_kg: float | None
) -> list[Ruling]:
    ruled = rulings(patient, findings, at or datetime.now(UTC), table_capacity_kg=capacity_kg)
    return [one for one in ruled if one.state is RuleState.UNKNOWN]
