"""`opentraction screen`: contraindications and red flags of an examination form."""

from pathlib import Path

from opentraction import evaluate, screen
from opentraction.chart import BadInput, Course, Eligibility, Findings, Patient, Refused, RuleState, Spine
from opentraction.clinic.case_folder import last_visit, read_value
from opentraction.clinic.console import print_json
from opentraction.clinic.forms import moment, read_changes, read_overrides
from opentraction.clinic.sources import patient_of


def screen_form(
    form: Path | None,
    *,
    spine: Path | None,
    form_help: bool,
    questions: bool,
    since: Path | None,
    changes_file: Path | None,
    changes_help: bool,
    override_file: Path | None,
    at: str | None,
    as_json: bool,
) -> None:
    """Screen the patient of a form, with the image's findings when a spine is given.

    With `since` (the last visit) and the answers to the change questions, what stood then is renewed or
    reopened; the form may then be left out.
    """
    if form_help:
        print(evaluate.examination_template(), end="")
        return
    if questions:
        print_questions(as_json=as_json)
        return
    if changes_help:
        print(changes_template(), end="")
        return
    if (since is None) != (changes_file is None):
        raise BadInput(
            "Expected --since with the folder of the last visit and --changes with today's answers, got only "
            "one of them. An empty file of answers: opentraction screen --changes-help"
        )
    last, changes = None if since is None else last_visit(since), read_changes(changes_file)
    patient, findings = _examined(form, spine, last)
    if last is not None:
        findings = screen.return_visit(last.eligibility, last.findings, findings, changes)
    eligibility = screen.screen(patient, findings, at=moment(at), overrides=read_overrides(override_file))
    if as_json:
        print_json(eligibility)
        return
    print_eligibility(eligibility)
    if since is not None:
        print("  Nothing was written down. To keep it, give the same --changes to course or plan.")


def _examined(form: Path | None, spine: Path | None, last: Course | None) -> tuple[Patient, Findings]:
    """Who is screened and what was found: by the form, or as it stood at the last visit."""
    if form is None and last is not None and spine is None:
        return last.patient, last.findings
    if form is None:
        raise BadInput(
            "Expected --form with an examination form. An empty one: opentraction screen --form-help"
        )
    examination = evaluate.read_examination(form)
    patient = patient_of(examination, form)
    if last is not None and last.patient.patient_id != patient.patient_id:
        raise Refused(
            f"The last visit is of patient {last.patient.patient_id}, the form is of {patient.patient_id}. "
            "Give the folder of the same patient."
        )
    if spine is not None:
        measured = read_value(spine, Spine)
    elif last is not None:
        measured = last.spine
    else:
        measured = evaluate.spine_of_norms(patient, examination.report)
    return patient, evaluate.examine(measured, examination)


def changes_template() -> str:
    """An empty file of answers to the change questions, each under its question (YAML)."""
    head = (
        "# Asked before every later session. Answer yes, no or unknown; one left empty counts as unknown.\n"
        "answered_by:\nat:            # when they were asked, such as 2026-11-20T10:00\nchanges:\n"
    )
    return head + "".join(
        f"  # {change.ask}\n  {change.change_id}:\n" for change in screen.change_questions()
    )


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
            print(f"       {rule.conflict}")
    print("  rules: " + ", ".join(f"{count} {state}" for state, count in counts.items()))
