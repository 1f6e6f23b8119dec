"""The fewest questions that would settle the rules still unknown.

Each rule stands behind one gate, so the smallest set is found gate by gate: one gate question settles all
its rules that a gate may settle; rules that need an answer of their own are asked one by one, or in one
graded question.
"""

from collections.abc import Sequence

from opentraction.chart import Question
from opentraction.screen.gates import Gate, OnYes, gate_of, gates, ladders
from opentraction.screen.rules import by_id
from opentraction.screen.ruling import Ruling


def fewest_questions(unknown: Sequence[Ruling]) -> tuple[Question, ...]:
    """The shortest list that settles all of `unknown`, emergency questions first.

    In a question to a gate the first of `rule_ids` is the gate's id, to be answered; in the others each id
    is a rule to answer.
    """
    questions: list[Question] = []
    by_gate: dict[str, list[Ruling]] = {}
    for ruling in unknown:
        gate = gate_of().get(ruling.rule.rule_id)
        by_gate.setdefault(gate.gate_id if gate else "", []).append(ruling)
    for gate in gates():
        questions.extend(_of_gate(gate, by_gate.get(gate.gate_id, [])))
    questions.extend(_direct(by_gate.get("", [])))
    return tuple(questions)


def _of_gate(gate: Gate, unknown: list[Ruling]) -> list[Question]:
    through = [ruling for ruling in unknown if not ruling.needs_own]
    own = [ruling for ruling in unknown if ruling.needs_own]
    if not through:
        return _direct(own)
    own_ids = {ruling.rule.rule_id for ruling in own}
    graded = next((part.rule_ids for part in ladders() if own_ids & set(part.rule_ids)), ())
    if gate.on_yes is OnYes.ASK and len(through) == 1 and through[0].rule.rule_id in graded:
        return _direct(unknown)
    return [gate_question(gate, through), *_direct(own)]


def gate_question(gate: Gate, unknown: Sequence[Ruling]) -> Question:
    """The gate as a question; `rule_ids` starts with the gate's own id."""
    why = next(
        (one.reasons[0] for one in unknown if one.reasons and one.reasons[0] != "Not asked yet."),
        "Not asked yet.",
    )
    return Question(rule_ids=(gate.gate_id, *(one.rule.rule_id for one in unknown)), ask=gate.ask, why=why)


def _direct(unknown: Sequence[Ruling]) -> list[Question]:
    """Rules asked for themselves; two or more of one ladder become one graded question."""
    left = {ruling.rule.rule_id: ruling for ruling in unknown}
    questions: list[Question] = []
    for ruling in unknown:
        rule_id = ruling.rule.rule_id
        if rule_id not in left:
            continue
        graded = next((part for part in ladders() if rule_id in part.rule_ids), None)
        ids = tuple(one for one in graded.rule_ids if one in left) if graded else (rule_id,)
        why = " ".join(dict.fromkeys(reason for one in ids for reason in left[one].reasons))
        asked = graded.ask if graded and len(ids) > 1 else by_id()[rule_id].question
        if graded and len(ids) > 1:
            asked = f"{asked} {'; '.join(graded.choices[one] for one in ids)}; or none of these?"
            asked += " (Tick all that apply.)" if graded.several else ""
        questions.append(Question(rule_ids=ids, ask=asked, why=why))
        for one in ids:
            del left[one]
    return questions
