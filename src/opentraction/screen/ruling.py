"""The state of one rule, joined from what was said and what the facts show. Unknown is never no.

In this order, the first that applies decides:
1. a person says yes to the rule (or to a gate that is the rule), or a fact meets it: met; a "no" beside it
  does not count;
2. a person says "unknown" to it, or such an answer has lapsed: unknown;
3. a person says no to the rule itself (or to a gate of one rule, asked in the same words): not met;
4. a fact puts it in doubt: unknown, until a person answers the rule itself;
5. a fact clears it (only by a published cut-off): not met;
6. its gate was answered yes or unknown: unknown; 7. its gate was answered no: not met; 8. nobody was asked:
  unknown. So to replace any answer by "unknown", or to add a "yes", never makes a verdict more permissive.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from opentraction.chart import Answer, BadInput, Findings, Patient, Reply, RuleState
from opentraction.screen.examination_facts import examination_facts
from opentraction.screen.fact import Bearing, Fact
from opentraction.screen.gates import OnYes, gate_of, gates
from opentraction.screen.image_facts import image_facts
from opentraction.screen.patient_facts import patient_facts
from opentraction.screen.rules import Rule, by_id, refuse_unknown, rules
from opentraction.screen.word_facts import word_facts

CLOCK_TOLERANCE = timedelta(minutes=5)
"""An answer may be dated this much after the screening: clocks differ."""
UNCHANGED = "unchanged since the last screening"
"""Detail of an answer renewed by a change question; such a yes is no new yes, and outdates no override."""


@dataclass(frozen=True)
class Ruling:
    """One rule with its state, the reasons, and what would settle it."""

    rule: Rule
    state: RuleState
    reasons: tuple[str, ...]
    until: datetime | None = None
    """When the answer it rests on lapses, where it is not met by an answer."""
    said_yes_at: datetime | None = None
    """The latest "yes" it rests on."""
    needs_own: bool = False
    """True when only an answer to the rule itself settles it, not one to its gate."""


@dataclass(frozen=True)
class _Said:
    answer: Answer
    until: datetime
    live: bool


def aware(moment: datetime) -> datetime:
    """The moment with a time zone; one without is read as UTC."""
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def rulings(
    patient: Patient,
    findings: Findings,
    at: datetime,
    *,
    table_capacity_kg: float | None = None,
    baseline: Findings | None = None,
) -> tuple[Ruling, ...]:
    """The state of every lumbar rule at a moment. Raises BadInput for an unknown rule id or an answer from
    the future.
    """
    now = aware(at)
    check_answers(findings.answers, now)
    facts = collect_facts(
        patient, findings, now.date(), table_capacity_kg=table_capacity_kg, baseline=baseline
    )
    imaged = None if findings.imaged_at is None else aware(findings.imaged_at)
    said: dict[str, list[Answer]] = {}
    for answer in findings.answers:
        said.setdefault(answer.rule_id, []).append(answer)
    return tuple(_ruling(rule, said, _fresh(facts, rule, imaged, now), now) for rule in rules())


def check_answers(answers: Iterable[Answer], now: datetime) -> None:
    """Raise BadInput for an answer to no known rule or gate, or one dated after the screening."""
    known = (*by_id(), *(gate.gate_id for gate in gates()))
    for answer in answers:
        refuse_unknown(answer.rule_id, known, "a lumbar screening rule or gate question")
        if aware(answer.at) > now + CLOCK_TOLERANCE:
            raise BadInput(
                f"Expected answers given before the screening ({now:%Y-%m-%d %H:%M %Z}), got the answer to "
                f"{answer.rule_id} by {answer.by} dated {answer.at:%Y-%m-%d %H:%M}. "
                "Mend the date, or give it a time zone."
            )


def collect_facts(
    patient: Patient,
    findings: Findings,
    on: date,
    *,
    table_capacity_kg: float | None = None,
    baseline: Findings | None = None,
) -> tuple[Fact, ...]:
    """All facts of patient, image, examination and free words that bear on a rule."""
    return (
        *patient_facts(patient, on, table_capacity_kg),
        *image_facts(findings),
        *examination_facts(findings, baseline),
        *word_facts(findings),
    )


def _fresh(facts: tuple[Fact, ...], rule: Rule, imaged: datetime | None, now: datetime) -> tuple[Fact, ...]:
    """The facts on one rule, less image facts that would clear it and are too old to, or of unknown age."""
    old = imaged is None or now - imaged > timedelta(days=rule.stands_days)
    return tuple(
        fact
        for fact in facts
        if fact.rule_id == rule.rule_id and not (old and fact.from_image and fact.bearing is Bearing.CLEARS)
    )


def _ruling(rule: Rule, said: dict[str, list[Answer]], facts: tuple[Fact, ...], now: datetime) -> Ruling:
    gate = gate_of().get(rule.rule_id)
    own = [_said(answer, rule, now) for answer in said.get(rule.rule_id, [])]
    at_gate = [_said(answer, rule, now) for answer in said.get(gate.gate_id, [])] if gate else []
    is_rule = gate is not None and gate.on_yes is OnYes.MET
    if gate is not None and is_rule and len(gate.rule_ids) == 1:  # the very same question
        own, at_gate = [*own, *at_gate], []
    return (
        _met(rule, own, at_gate if is_rule else [], [*own, *at_gate], facts)
        or _by_own(rule, own, at_gate, is_rule, facts)
        or _by_fact(rule, facts)
        or _by_gate(rule, at_gate, own)
    )


def _said(answer: Answer, rule: Rule, now: datetime) -> _Said:
    longest = rule.stands_days
    until = aware(answer.at) + timedelta(days=min(answer.stands_days or longest, longest))
    return _Said(answer, until, now < until)


def _met(
    rule: Rule, own: list[_Said], gate: list[_Said], all_said: list[_Said], facts: tuple[Fact, ...]
) -> Ruling | None:
    yes = [one for one in (*own, *gate) if one.live and one.answer.reply is Reply.YES]
    meeting = [fact for fact in facts if fact.bearing is Bearing.MEETS]
    if not yes and not meeting:
        return None
    reasons = [_sentence(one) for one in yes] + [fact.reason for fact in meeting]
    against = [one for one in all_said if one.live and one.answer.reply is Reply.NO]
    reasons += [f"{_sentence(one)} The yes stands over this no." for one in against]
    latest = max((aware(one.answer.at) for one in yes if one.answer.detail != UNCHANGED), default=None)
    return Ruling(rule, RuleState.MET, _once(reasons), said_yes_at=latest)


def _by_own(
    rule: Rule, own: list[_Said], at_gate: list[_Said], is_rule: bool, facts: tuple[Fact, ...]
) -> Ruling | None:
    live = [one for one in own if one.live]
    unsure = [one for one in live if one.answer.reply is Reply.UNKNOWN]
    if unsure:
        doubts = [fact.reason for fact in facts if fact.bearing is Bearing.DOUBTS]
        opened = any(one.live and one.answer.reply is Reply.YES for one in at_gate)
        needs_own = bool(doubts) or opened or rule.rule_id not in gate_of()
        reasons = _once([*(_sentence(one) for one in unsure), *doubts])
        return Ruling(rule, RuleState.UNKNOWN, reasons, needs_own=needs_own)
    gate_unsure = [one for one in at_gate if is_rule and one.live and one.answer.reply is Reply.UNKNOWN]
    if gate_unsure:
        return Ruling(rule, RuleState.UNKNOWN, _once(_sentence(one) for one in gate_unsure))
    if live:
        until = max(one.until for one in live)
        return Ruling(rule, RuleState.NOT_MET, _once(_sentence(one) for one in live), until=until)
    return None


def _by_fact(rule: Rule, facts: tuple[Fact, ...]) -> Ruling | None:
    doubts = [fact.reason for fact in facts if fact.bearing is Bearing.DOUBTS]
    if doubts:
        return Ruling(rule, RuleState.UNKNOWN, _once(doubts), needs_own=True)
    clears = [fact.reason for fact in facts if fact.bearing is Bearing.CLEARS]
    return Ruling(rule, RuleState.NOT_MET, _once(clears)) if clears else None


def _by_gate(rule: Rule, at_gate: list[_Said], own: list[_Said]) -> Ruling:
    """The gate decides. An own answer that lapsed after the last gate answer was given leaves the rule
    unknown.
    """
    live = [one for one in at_gate if one.live]
    lapsed_own = [
        one for one in own if not any(aware(one.answer.at) < aware(gate.answer.at) for gate in live)
    ]
    opened = [one for one in live if one.answer.reply is Reply.YES]
    unsure = [one for one in live if one.answer.reply is Reply.UNKNOWN]
    if opened:
        reasons = _once(f"{_sentence(one)} This question has not been answered since." for one in opened)
        return Ruling(rule, RuleState.UNKNOWN, reasons, needs_own=True)
    if lapsed_own:
        return Ruling(rule, RuleState.UNKNOWN, _once(_lapse(rule, one) for one in lapsed_own))
    if unsure:
        return Ruling(rule, RuleState.UNKNOWN, _once(_sentence(one) for one in unsure))
    if live:
        until = max(one.until for one in live)
        return Ruling(rule, RuleState.NOT_MET, _once(_sentence(one) for one in live), until=until)
    lapsed = _once(_lapse(rule, one) for one in at_gate)
    ungated = rule.rule_id not in gate_of()
    return Ruling(rule, RuleState.UNKNOWN, lapsed or ("Not asked yet.",), needs_own=ungated)


def _sentence(one: _Said) -> str:
    answer = one.answer
    detail = f" ({answer.detail})" if answer.detail else ""
    where = f" to {answer.rule_id}" if answer.rule_id.startswith("G") else ""
    return f"{answer.by} said {answer.reply.value}{where} on {answer.at:%Y-%m-%d}{detail}."


def _lapse(rule: Rule, one: _Said) -> str:
    return (
        f"{one.answer.by} said {one.answer.reply.value} on {one.answer.at:%Y-%m-%d}; that answer lapsed on "
        f"{one.until:%Y-%m-%d} ({rule.stands_why})."
    )


def _once(sentences: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(sentences))
