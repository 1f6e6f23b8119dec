"""Change questions, asked before every session: at most eight. A change reopens the rules it touches.

NG59: rethink whenever symptoms are new or changed. "no" renews what stood at the last screening; "yes"
meets the emergency rules it names and makes its other rules unknown until they are answered; a question
left out or answered "unknown" reopens all it touches.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from opentraction.chart import (
    Answer,
    BadInput,
    Eligibility,
    Findings,
    Override,
    Patient,
    Reply,
    RuleState,
    Value,
)
from opentraction.screen.examination_facts import worse_since
from opentraction.screen.gates import OnYes, gate_of, gates
from opentraction.screen.intake import answer, with_answers
from opentraction.screen.rules import refuse_unknown
from opentraction.screen.ruling import UNCHANGED, aware
from opentraction.screen.verdict import screen

MOST_CHANGE_QUESTIONS = 8


class Change(Value):
    """One question on what changed since the last session."""

    change_id: str
    ask: str
    meets: tuple[str, ...] = ()
    """Emergency rules that a "yes" meets at once."""
    reopens: tuple[str, ...]
    """Rules that a "yes" makes unknown until they are answered."""

    @property
    def rule_ids(self) -> tuple[str, ...]:
        """All rules the question touches."""
        return (*self.meets, *self.reopens)


@cache
def change_questions() -> tuple[Change, ...]:
    """The change questions, in the order they are asked."""
    text = (files("opentraction.screen") / "data" / "changes.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return tuple(
        Change(
            change_id=part["id"],
            ask=part["ask"],
            meets=tuple(part.get("meets", ())),
            reopens=tuple(part["reopens"]),
        )
        for part in loaded["changes"]
    )


def after_changes(previous: Eligibility, findings: Findings, changes: Sequence[Answer]) -> Findings:
    """Findings with the change answers worked in: what stood is renewed, what changed is reopened or met.

    `changes` are answers whose `rule_id` is a change question ("C01"). What was unknown at `previous` stays
    unknown unless it was asked since. Raises BadInput for an unknown change question, or an answer older than
    `previous`: it says nothing of what changed since.
    """
    known = tuple(change.change_id for change in change_questions())
    for one in changes:
        refuse_unknown(one.rule_id, known, "a change question")
        if aware(one.at) < aware(previous.decided_at):
            last, given = (f"{moment:%Y-%m-%d %H:%M}" for moment in (previous.decided_at, one.at))
            raise BadInput(
                f"Expected change answers given after the last screening ({last}), got {one.rule_id} "
                f"of {given}. Ask again."
            )
    before = {one.rule_id: one.state for one in previous.contraindications}
    new: list[Answer] = []
    renewed: dict[str, Answer] = {}
    for change in change_questions():
        said = [one for one in changes if one.rule_id == change.change_id]
        reply, by = _joined(said)
        if by is None:
            new += [_not_asked(rule_id, previous) for rule_id in change.rule_ids]
        elif reply is Reply.YES:
            new += [_stamp(rule_id, Reply.YES, by, change.ask) for rule_id in change.meets]
            new += [_stamp(rule_id, Reply.UNKNOWN, by, "reopened by a change") for rule_id in change.reopens]
        elif reply is Reply.UNKNOWN:
            new += [_stamp(rule_id, Reply.UNKNOWN, by, "change not known") for rule_id in change.rule_ids]
        else:
            renewed |= dict.fromkeys(change.rule_ids, by)
    asked_since = {one.rule_id for one in findings.answers if aware(one.at) > aware(previous.decided_at)}
    new += _renewals(findings, before, renewed, asked_since)
    ids = {(one.rule_id, one.reply) for one in new}
    kept = tuple(old for old in findings.answers if (old.rule_id, old.reply) not in ids)
    return findings.replace(answers=(*kept, *new))


def return_visit(
    previous: Eligibility, earlier: Findings, today: Findings, changes: Sequence[Answer]
) -> Findings:
    """Today's findings with the answers on record (`earlier`), the change answers and what was answered anew.

    An answer of `today` that is not on record yet and is no older than the change answers settles what they
    reopened; an older one is itself open to change. A "yes" on record stays beside a "no" of today, as
    everywhere: mend it with `with_answers(..., correcting=True)` or by an intake afresh. A muscle weaker by a
    grade, or feeling lost, since `earlier` goes on record as a yes to RF06 or RF19. Raises BadInput as
    `after_changes` does.
    """
    asked_at = max((aware(one.at) for one in changes), default=None)
    new = [one for one in today.answers if one not in earlier.answers]
    since = [one for one in new if asked_at is not None and aware(one.at) >= asked_at]
    chart = with_answers(earlier, (one for one in new if one not in since))
    chart = with_answers(after_changes(previous, chart, changes), since)
    worse = [
        answer(fact.rule_id, Reply.YES, by="the examination", at=asked_at, detail=fact.reason)
        for fact in worse_since(earlier, today)
        if asked_at is not None
    ]
    return today.replace(answers=with_answers(chart, worse).answers)


def rescreen(
    previous: Eligibility,
    patient: Patient,
    findings: Findings,
    changes: Sequence[Answer],
    *,
    at: datetime,
    overrides: tuple[Override, ...] = (),
    table_capacity_kg: float | None = None,
    baseline: Findings | None = None,
) -> Eligibility:
    """Screen again before a session from the change answers: `after_changes`, then `screen`."""
    return screen(
        patient,
        after_changes(previous, findings, changes),
        at=at,
        overrides=overrides,
        table_capacity_kg=table_capacity_kg,
        baseline=baseline,
    )


def _joined(said: Sequence[Answer]) -> tuple[Reply, Answer | None]:
    """The strictest of several answers to one change question; (unknown, None) when there is none."""
    order = (Reply.YES, Reply.UNKNOWN, Reply.NO)
    for reply in order:
        for one in said:
            if one.reply is reply:
                return reply, one
    return Reply.UNKNOWN, None


def _stamp(question_id: str, reply: Reply, by: Answer, detail: str) -> Answer:
    return answer(question_id, reply, by=by.by, at=by.at, detail=detail)


def _not_asked(rule_id: str, previous: Eligibility) -> Answer:
    """Not asked what changed: unknown, dated with the last screening."""
    return answer(
        rule_id, Reply.UNKNOWN, by="nobody", at=previous.decided_at, detail="change question not answered"
    )


def _renewals(
    findings: Findings, before: Mapping[str, RuleState], renewed: Mapping[str, Answer], asked_since: set[str]
) -> list[Answer]:
    """What stood, said again: a rule's own answer as its own, a gate's as the gate's, so that neither gains
    weight. What was unknown is said to be so, unless it (or its gate) is in `asked_since`.
    """
    new: list[Answer] = []
    own = {(one.rule_id, one.reply) for one in findings.answers}
    for rule_id, by in renewed.items():
        state = before.get(rule_id, RuleState.UNKNOWN)
        if state is RuleState.UNKNOWN and asked_since.isdisjoint(_asked_by(rule_id)):
            no_change = by.replace(by="The last screening")
            new.append(_stamp(rule_id, Reply.UNKNOWN, no_change, f"no change since, by {by.by}"))
        elif state is RuleState.MET and _said_yes(rule_id, own):
            new.append(_stamp(rule_id, Reply.YES, by, UNCHANGED))
        elif state is RuleState.NOT_MET and (rule_id, Reply.NO) in own:
            new.append(_stamp(rule_id, Reply.NO, by, UNCHANGED))
    for gate in gates():
        by_gate = [renewed[rule_id] for rule_id in gate.rule_ids if rule_id in renewed]
        if by_gate and (gate.gate_id, Reply.NO) in own and (gate.gate_id, Reply.YES) not in own:
            oldest = min(by_gate, key=lambda one: aware(one.at))
            new.append(_stamp(gate.gate_id, Reply.NO, oldest, UNCHANGED))
    return new


def _asked_by(rule_id: str) -> set[str]:
    """The rule and its gate: the questions that may answer it."""
    gate = gate_of().get(rule_id)
    return {rule_id} if gate is None else {rule_id, gate.gate_id}


def _said_yes(rule_id: str, own: set[tuple[str, Reply]]) -> bool:
    gate = gate_of().get(rule_id)
    through_gate = gate is not None and gate.on_yes is OnYes.MET and (gate.gate_id, Reply.YES) in own
    return (rule_id, Reply.YES) in own or through_gate
