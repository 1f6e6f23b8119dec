"""Sessions and questionnaires of one course become its outcome; what was not recorded is said, never
invented."""

from collections.abc import Sequence

from opentraction.chart import (
    AdverseEvent,
    Change,
    CoIntervention,
    Instrument,
    Outcome,
    Questionnaire,
    Score,
    Session,
)
from opentraction.follow.change import change
from opentraction.follow.clock import check_one_clock
from opentraction.follow.scoring import OdiRule, RmdqForm, score

NO_OUTCOME = "No outcome recorded"


def pull_was_applied(session: Session) -> bool:
    """True when the patient was, or must be taken to have been, pulled in this session.

    Measured pull decides where there is one. A session with no trusted reading counts when a pull was
    commanded; one typed in without samples (reported, not measured) counts too: exposure is counted rather
    than missed.
    """
    impulse = session.comparison.delivered_impulse_n_s
    if impulse is not None:
        return impulse > 0
    if session.samples:
        return any(sample.commanded_n > 0 for sample in session.samples)
    return True


def baseline_of(scores: Sequence[Score], instrument: Instrument) -> Score | None:
    """The last valid score at session 0, else the earliest valid one; None without any."""
    valid = sorted(_valid(scores, instrument), key=lambda item: item.at)
    at_start = [item for item in valid if item.after_session == 0]
    if at_start:
        return at_start[-1]
    return valid[0] if valid else None


def latest_of(scores: Sequence[Score], instrument: Instrument) -> Score | None:
    """The latest valid score after the baseline; None when there is none."""
    baseline = baseline_of(scores, instrument)
    if baseline is None:
        return None
    later = [
        item
        for item in _valid(scores, instrument)
        if item.at > baseline.at and item.after_session != 0 and item is not baseline
    ]
    return max(later, key=lambda item: item.at) if later else None


def assess(
    sessions: Sequence[Session],
    questionnaires: Sequence[Questionnaire],
    *,
    adverse_events: Sequence[AdverseEvent] = (),
    co_interventions: Sequence[CoIntervention] = (),
    simulated: bool = False,
    odi_rule: OdiRule = OdiRule.NINE_PROPORTIONAL,
    rmdq_form: RmdqForm = RmdqForm.TICK,
) -> Outcome:
    """Outcome of one course: scores, change per instrument from baseline to latest, adverse events per
    session.

    `recorded` is False and `statement` says why when no instrument has a baseline and a later score.
    `simulated` is True when asked for or when any session is; the statement then begins with SIMULATED.
    Raises BadInput when a questionnaire cannot be scored as given, or times cannot be put in order.
    """
    check_one_clock(item.at for item in questionnaires)
    ordered = sorted(questionnaires, key=lambda item: item.at)
    scores = tuple(score(item, odi_rule=odi_rule, rmdq_form=rmdq_form) for item in ordered)
    changes = _changes(scores)
    delivered = sum(pull_was_applied(session) for session in sessions)
    made_up = simulated or any(session.simulated for session in sessions)
    statement = _statement(scores, changes, delivered, tuple(adverse_events), tuple(co_interventions))
    return Outcome(
        recorded=bool(changes),
        statement=f"SIMULATED. {statement}" if made_up else statement,
        scores=scores,
        changes=changes,
        adverse_events=tuple(adverse_events),
        sessions_delivered=delivered,
        co_interventions=tuple(co_interventions),
        simulated=made_up,
    )


def _valid(scores: Sequence[Score], instrument: Instrument) -> list[Score]:
    return [item for item in scores if item.instrument is instrument and item.value is not None]


def _changes(scores: tuple[Score, ...]) -> tuple[Change, ...]:
    found = []
    for instrument in Instrument:
        baseline, latest = baseline_of(scores, instrument), latest_of(scores, instrument)
        if baseline is None or latest is None:
            continue
        item = change(baseline, latest)
        if baseline.after_session != 0:
            when = (
                "at an unstated time"
                if baseline.after_session is None
                else f"after session {baseline.after_session}"
            )
            caution = f"The first score was taken {when}, so it may not be a true baseline."
            item = item.replace(sentence=f"{item.sentence} {caution}")
        found.append(item)
    return tuple(found)


def _statement(
    scores: tuple[Score, ...],
    changes: tuple[Change, ...],
    delivered: int,
    events: tuple[AdverseEvent, ...],
    co_interventions: tuple[CoIntervention, ...],
) -> str:
    parts = [_what_was_recorded(scores, changes)]
    parts.append(_events_sentence(events, delivered))
    if co_interventions:
        names = ", ".join(dict.fromkeys(item.kind.value for item in co_interventions))
        parts.append(f"In the same course: {names}; a change may come from these too.")
    if changes:
        parts.append("A change after treatment is not an effect of it; no comparison was made.")
    return " ".join(parts)


def _what_was_recorded(scores: tuple[Score, ...], changes: tuple[Change, ...]) -> str:
    if changes:
        listed = "; ".join(
            f"{item.instrument} {item.baseline:.3g} to {item.latest:.3g} ({_in_words(item)})"
            for item in changes
        )
        return f"{listed}."
    if not scores:
        return f"{NO_OUTCOME}: no questionnaire was answered."
    if all(item.value is None for item in scores):
        return f"{NO_OUTCOME}: no questionnaire could be scored ({scores[0].note.rstrip('.')})."
    return f"{NO_OUTCOME}: no instrument has both a baseline and a later score."


def _in_words(item: Change) -> str:
    if item.change == 0:
        return "no change"
    way = "better" if item.change < 0 else "worse"
    error = {True: "beyond", False: "within", None: "not known to be beyond"}[item.beyond_error]
    weight = {True: "important", False: "not important", None: "importance not assessable"}[item.important]
    return f"{way}, {error} measurement error, {weight}"


def _events_sentence(events: tuple[AdverseEvent, ...], delivered: int) -> str:
    unit = "session" if delivered == 1 else "sessions"
    if not events:
        return (
            f"No adverse event was recorded in {delivered} {unit} delivered; none recorded is not none "
            "happened."
        )
    with_event = {item.after_session for item in events if item.after_session is not None}
    unplaced = sum(item.after_session is None for item in events)
    count = "1 adverse event" if len(events) == 1 else f"{len(events)} adverse events"
    where = f"after {len(with_event)} of {delivered} {unit} delivered"
    if unplaced:
        where += f", {unplaced} not tied to a session"
    listed = "; ".join(f"{item.what} ({item.severity})" for item in events)
    return f"{count}, {where}: {listed}."
