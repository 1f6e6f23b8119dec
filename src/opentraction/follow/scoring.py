"""Questionnaire to score, with the missing-item rule of each instrument."""

import math
from enum import StrEnum

from opentraction.chart import BadInput, Instrument, Questionnaire, Score
from opentraction.follow.instruments import RULES


class OdiRule(StrEnum):
    """What to do about unanswered ODI sections (`data/instruments.csv`, row ODI 2.1a)."""

    NINE_PROPORTIONAL = "at least 9 of 10, proportional"
    """100 sum / (5 answered) when 9 or 10 sections are answered; never rounded. The default."""
    STRICT = "at least 9 of 10, missing one mean-imputed, rounded"
    """Stricter published algorithm (I-ODIstata): rounded half up to a whole percent."""
    PROPORTIONAL = "any number answered, proportional"
    """The scoring sheet's own rule (I-ODIa): the denominator falls by 5 per unanswered section."""


class RmdqForm(StrEnum):
    """How RMDQ-24 was given."""

    TICK = "tick what applies"
    """The published way: a blank counts as not ticked."""
    YES_NO = "yes or no"
    """Studied alternative: 24 ticked / answered when some are blank (I-KENT)."""


def score(
    questionnaire: Questionnaire,
    *,
    odi_rule: OdiRule = OdiRule.NINE_PROPORTIONAL,
    rmdq_form: RmdqForm = RmdqForm.TICK,
) -> Score:
    """Score one questionnaire: NRS 0-10 points, ODI 0-100 percent, RMDQ 0-24 points; higher is worse.

    The value is None, with the reason in `note`, where the missing-item rule forbids one.
    Raises BadInput when the number of items is wrong or an item is out of its range.
    """
    instrument, items = questionnaire.instrument, questionnaire.items
    _check_items(instrument, items)
    if instrument is Instrument.ODI:
        value, note = _odi(items, odi_rule)
    elif instrument is Instrument.RMDQ:
        value, note = _rmdq(items, rmdq_form)
    else:
        value, note = _nrs(items)
    if questionnaire.recall and value is not None:
        note = f"{note} Recall: {questionnaire.recall}.".strip()
    return Score(
        instrument=instrument,
        at=questionnaire.at,
        value=value,
        unit=RULES[instrument].unit,
        missing_items=sum(item is None for item in items),
        note=note,
        after_session=questionnaire.after_session,
    )


def _check_items(instrument: Instrument, items: tuple[int | None, ...]) -> None:
    rule = RULES[instrument]
    if len(items) != rule.item_count:
        raise BadInput(
            f"{instrument} has {rule.item_count} item{'s' if rule.item_count > 1 else ''}, got {len(items)}. "
            "Give every item in order, and leave an unanswered one empty."
        )
    for number, item in enumerate(items, start=1):
        if item is not None and not 0 <= item <= rule.item_max:
            raise BadInput(
                f"{instrument} item {number} must be a whole number from 0 to {rule.item_max}, got {item}. "
                "Look at the form again, or leave the item empty."
            )


def _nrs(items: tuple[int | None, ...]) -> tuple[float | None, str]:
    if items[0] is None:
        return None, "Not answered; a missing rating stays missing."
    return float(items[0]), ""


def _odi(items: tuple[int | None, ...], rule: OdiRule) -> tuple[float | None, str]:
    answered = [item for item in items if item is not None]
    least = 1 if rule is OdiRule.PROPORTIONAL else 9
    if len(answered) < least:
        return None, f"{len(answered)} of 10 sections answered; a score needs at least {least}."
    percent = 100.0 * sum(answered) / (5 * len(answered))
    missing = 10 - len(answered)
    flags = (
        [f"{missing} of 10 sections not answered; scored on the other {len(answered)}."] if missing else []
    )
    if rule is OdiRule.STRICT:
        percent = float(math.floor(percent + 0.5))
        flags.append("Rounded to a whole percent.")
    return percent, " ".join(flags)


def _rmdq(items: tuple[int | None, ...], form: RmdqForm) -> tuple[float | None, str]:
    answered = [item for item in items if item is not None]
    blank = 24 - len(answered)
    if not answered:
        return None, "The whole form is blank: nothing ticked cannot be told from not filled in."
    if not blank:
        return float(sum(answered)), ""
    if form is RmdqForm.TICK:
        return float(sum(answered)), f"{blank} of 24 left blank, counted as not ticked (tick-only form)."
    return (
        24.0 * sum(answered) / len(answered),
        f"{blank} of 24 not answered; scored in proportion to the other {len(answered)}, a studied "
        "alternative, not a standard rule.",
    )
