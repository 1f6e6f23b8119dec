"""`opentraction screen`: contraindications and red flags of an examination form."""

from pathlib import Path

from opentraction import evaluate, screen
from opentraction.chart import BadInput, Eligibility, RuleState, Spine
from opentraction.clinic.case_folder import read_value
from opentraction.clinic.console import print_json
from opentraction.clinic.forms import moment, read_overrides
from opentraction.clinic.sources import patient_of


def screen_form(
    form: Path | None,
    *,
    spine: Path | None,
    form_help: bool,
    questions: bool,
    override_file: Path | None,
    at: str | None,
    as_json: bool,
) -> None:
    """Screen the patient of a form, with the image's findings when a spine is given."""
    if form_help:
        print(evaluate.examination_template(), end="")
        return
    if questions:
        print_questions(as_json=as_json)
        return
    if form is None:
        raise BadInput(
            "Expected --form with an examination form. An empty one: opentraction screen --form-help"
        )
    examination = evaluate.read_examination(form)
    patient = patient_of(examination, form)
    measured = read_value(spine, Spine) if spine else evaluate.spine_of_norms(patient, examination.report)
    findings = evaluate.examine(measured, examination)
    eligibility = screen.screen(patient, findings, at=moment(at), overrides=read_overrides(override_file))
    if as_json:
        print_json(eligibility)
    else:
        print_eligibility(eligibility)


def print_questions(*, as_json: bool) -> None:
    """Print the questions of the intake, and those asked before every later session."""
    if as_json:
        print_json(
            {
                "gates": [gate.model_dump(mode="json") for gate in screen.gates()],
                "before_every_session": [
                    change.model_dump(mode="json") for change in screen.change_questions()
                ],
            }
        )
        return
    print("Asked once, in this order. 'no' on a gate answers for all its rules.")
    for gate in screen.gates():
        print(f"  {gate.gate_id}  {gate.ask}  ({', '.join(gate.rule_ids)}; ask the {gate.asked_of})")
    print("Asked before every later session:")
    for change in screen.change_questions():
        print(f"  {change.change_id}  {change.ask}")


def print_eligibility(eligibility: Eligibility) -> None:
    """Print the verdict, why, and the questions that would settle it."""
    print(f"Verdict: {eligibility.verdict}")
    for reason in eligibility.because:
        print(f"  {reason}")
    if eligibility.send_to:
        print(f"  {eligibility.send_to}")
    for precaution in eligibility.precautions:
        print(f"  precaution: {precaution}")
    for question in eligibility.open_questions:
        print(f"  to settle: {question.ask}  ({', '.join(question.rule_ids)})")
    counts = dict.fromkeys(RuleState, 0)
    for rule in eligibility.contraindications:
        counts[rule.state] += 1
        if rule.state is RuleState.MET:
            print(f"  met: {rule.label} [{', '.join(rule.sources)}]")
        if rule.state is not RuleState.NOT_MET and rule.conflict:
            print(f"       lists disagree: {rule.conflict}")
    print("  rules: " + ", ".join(f"{count} {state}" for state, count in counts.items()))
