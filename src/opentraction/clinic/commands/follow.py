"""`opentraction follow`: score questionnaires, and the change against MDC and MCID."""

from pathlib import Path

from opentraction import follow
from opentraction.chart import BadInput, Outcome
from opentraction.clinic.console import print_json
from opentraction.clinic.forms import FOLLOW_FORM, read_follow_form


def score_file(questionnaires: Path | None, *, form_help: bool, as_json: bool) -> None:
    """Score a file of questionnaires and print the outcome."""
    if form_help:
        print(FOLLOW_FORM, end="")
        return
    if questionnaires is None:
        raise BadInput("Expected a questionnaire file. An example: opentraction follow --form-help")
    form = read_follow_form(questionnaires)
    outcome = follow.assess((), form.questionnaires, adverse_events=form.adverse_events)
    if as_json:
        print_json(outcome)
    else:
        print_outcome(outcome)


def print_outcome(outcome: Outcome) -> None:
    """Print an outcome in plain lines."""
    print(outcome.statement)
    for score in outcome.scores:
        value = "not known" if score.value is None else f"{score.value:g} {score.unit}".strip()
        print(f"  {score.at:%Y-%m-%d}  {score.instrument}: {value}{'  ' + score.note if score.note else ''}")
    for change in outcome.changes:
        print(f"  {change.sentence}")
    print(
        f"  Adverse events: {len(outcome.adverse_events)} in {outcome.sessions_delivered} sessions delivered."
    )
    print("  A change after treatment is not an effect of treatment.")
