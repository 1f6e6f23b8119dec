"""Files a person fills in: questionnaires and adverse events of a course, in YAML."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BeforeValidator, Field

from opentraction.chart import (
    AdverseEvent,
    Answer,
    BadInput,
    Instrument,
    Override,
    Questionnaire,
    Reply,
    Value,
)

FOLLOW_FORM = """\
# Questionnaires of one course. An item left unanswered is written as null; nothing is ever filled in for it.
# Instruments: "NRS back pain" (1 item, 0-10), "NRS leg pain" (1 item, 0-10), "ODI 2.1a" (10 items, 0-5),
# "RMDQ-24" (24 items, 1 ticked, 0 or null not ticked). ODI wording is licensed: enter the item scores only.
questionnaires:
  - instrument: NRS back pain
    at: 2026-05-04T09:00:00+00:00
    after_session: 0          # sessions done when it was answered; 0 is the baseline
    recall: last week
    items: [7]
  - instrument: NRS back pain
    at: 2026-06-01T09:00:00+00:00
    after_session: 6
    recall: last week
    items: [4]
adverse_events: []            # - {at: ..., what: "...", severity: mild, after_session: 3, action: "..."}
"""


class OverrideForm(Value):
    """Overrides of screening rules: `overrides: [{rule_id: RE17, by: {name: ...}, at: ..., reason: ...}]`."""

    overrides: tuple[Override, ...]


def _replies(value: object) -> object:
    """YAML reads a bare yes or no as true or false; a line left empty is not answered."""
    if not isinstance(value, dict):
        return value
    words = {True: Reply.YES, False: Reply.NO}
    return {
        str(key): words[said] if isinstance(said, bool) else said
        for key, said in value.items()
        if said is not None
    }


class ChangeForm(Value):
    """Answers to the change questions of one visit: `changes: {C01: no, C02: no}`, by whom and when."""

    answered_by: Annotated[str, Field(min_length=1)]
    at: datetime
    changes: Annotated[dict[str, Reply], BeforeValidator(_replies)]


class FollowForm(Value):
    """The questionnaires and adverse events of one course."""

    questionnaires: tuple[Questionnaire, ...] = ()
    adverse_events: tuple[AdverseEvent, ...] = ()


def read_yaml(path: Path, what: str) -> dict[str, Any]:
    """Read a YAML mapping; raises BadInput with the line when it is none."""
    if not path.is_file():
        raise BadInput(f"Expected {what} at {path}, found no such file. Check the path.")
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise BadInput(f"Expected {what} as text, {path.name} is not text. Give the YAML file.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" at line {mark.line + 1}" if mark else ""
        raise BadInput(f"Expected {what} in YAML, {path.name} cannot be read{place}. Mend it.") from None
    if not isinstance(content, dict):
        raise BadInput(f"Expected {what} with named fields, {path.name} has none. Start from --form-help.")
    return content


def read_follow_form(path: Path) -> FollowForm:
    """Read questionnaires and adverse events from YAML; raises BadInput with a sentence."""
    fields = read_yaml(path, "a questionnaire file")
    rows = fields.get("questionnaires")
    if isinstance(rows, list):
        known = [instrument.value for instrument in Instrument]
        for row in rows:
            if isinstance(row, dict) and row.get("instrument") not in known:
                raise BadInput(
                    f"Expected an instrument of {', '.join(known)}, got '{row.get('instrument')}'. "
                    "Correct the name."
                )
    return FollowForm(**fields)


def read_overrides(path: Path | None) -> tuple[Override, ...]:
    """The overrides of a YAML file, each with rule, name, time and reason; none without a file."""
    if path is None:
        return ()
    return OverrideForm(**read_yaml(path, "a list of overrides")).overrides


def read_changes(path: Path | None) -> tuple[Answer, ...]:
    """The change answers of a YAML file; none without a file. A time without a zone is this machine's.

    Raises:
        BadInput: when the file cannot be read, names nobody or no time, or answers nothing.
    """
    if path is None:
        return ()
    form = ChangeForm(**read_yaml(path, "change answers"))
    if not form.changes:
        raise BadInput(f"{path.name}: expected answers to the change questions, found none. Fill them in.")
    at = form.at if form.at.tzinfo is not None else form.at.astimezone()
    return tuple(
        Answer(rule_id=change_id, reply=reply, by=form.answered_by, at=at)
        for change_id, reply in form.changes.items()
    )


def moment(text: str | None) -> datetime:
    """The moment a form is judged at: now, or the one written as 2026-11-20T10:00.

    Raises:
        BadInput: when the text is no date and time, or lies in the future.
    """
    now = stamped_now()
    if text is None:
        return now
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(f"Expected --at as a date and time such as 2026-11-20T10:00, got '{text}'.") from None
    given = given.astimezone() if given.tzinfo is None else given
    if given > now:
        raise BadInput(f"Expected --at to be now or earlier, got {text}. A screening cannot be dated ahead.")
    return given


def stamped_now() -> datetime:
    """The present moment with its time zone, to the second."""
    return datetime.now().astimezone().replace(microsecond=0)
