"""The decision: a pure function of one serialisable input. No clock, no file, no table, no chance."""

from collections.abc import Sequence

from opentraction.chart import (
    Command,
    CommandKind,
    Hold,
    InterlockKind,
    Ramp,
    Reading,
    TractionProfile,
    Trip,
    Value,
)
from opentraction.deliver.decision import Decision, DecisionInput, Memory
from opentraction.deliver.interlocks import broken, off_track
from opentraction.deliver.limits import GONE_N, RELEASE_WITHIN_S, DeliverySettings
from opentraction.deliver.readings import Distrust, Still, stillness, trusted
from opentraction.deliver.states import DeliveryState, Occasion, after

TIGHT_S = 0.5
"""The preload must stand this long before the slack counts as gone."""
LAST_WORD_S = 15.0
"""After a trip the drive's power is taken off no later than this, whatever the readings say."""
BLIND_S = RELEASE_WITHIN_S + 3.0
"""Without a trusted reading the power is taken off after the time that a release takes, and three seconds."""
_RECENT_S = 1.0
_STOPS = (InterlockKind.PATIENT_STOP, InterlockKind.OPERATOR_STOP)


class _Course(Value):
    """Where the session goes now."""

    state: DeliveryState
    segment: int
    profile_started_s: float | None
    events: tuple[str, ...] = ()
    finished: bool = False


def decide(given: DecisionInput) -> Decision:
    """Decide what to command now. Pure: the same input always gives the same decision."""
    before, settings = given.memory, given.settings
    verdict = _verdict(given)
    reading = verdict if isinstance(verdict, Reading) and given.reading is not None else None
    trips = tuple(
        Trip(interlock=kind, time_s=_session_s(given), sentence=sentence)
        for kind, sentence in broken(given, verdict)
        if kind not in before.tripped
    )
    course = _course(given, reading, trips)
    letting_go = course.state.lets_go
    release_rate = before.release_rate_n_per_s
    if letting_go and not before.state.lets_go:
        release_rate = settings.release_rate_n_per_s(before.commanded_n)
    planned = _planned(settings, course, given.now_s)
    commanded = _commanded(given, course, planned, release_rate)
    memory = _remembered(given, course, verdict, reading, trips, commanded, release_rate)
    return Decision(
        state=course.state,
        command=_command(given, course, commanded, release_rate),
        trips=trips,
        events=course.events,
        planned_n=planned,
        measured_n=None if reading is None else reading.force_n,
        position_mm=None if reading is None else reading.position_mm,
        finished=course.finished,
        memory=memory,
    )


def _session_s(given: DecisionInput) -> float:
    return round(given.now_s - given.memory.started_s, 6)


def _verdict(given: DecisionInput) -> Reading | Distrust:
    before = given.memory
    readings: Sequence[Reading] = before.recent
    if given.reading is not None:
        readings = (*before.recent, given.reading)
    return trusted(
        readings,
        now_s=given.now_s,
        rules=given.settings.rules,
        commanded_n=before.commanded_n,
        still=before.still,
        heard=given.reading is not None,
    )


def _course(given: DecisionInput, reading: Reading | None, trips: tuple[Trip, ...]) -> _Course:
    """Where the session goes: a trip or stop before all, then the end of a release, then the plan."""
    before = given.memory
    if trips:
        stop = trips[0].interlock in _STOPS
        state = after(before.state, Occasion.STOP if stop else Occasion.TRIP)
        events = tuple(f"{trip.interlock}: {trip.sentence}" for trip in trips)
        return _stay(before, state=state, events=events)
    if before.state.lets_go:
        return _letting_go(given, reading)
    if before.state is DeliveryState.IDLE:
        return _begun(given)
    if before.state is DeliveryState.TAKING_UP_SLACK and not _tight(given):
        return _stay(before)
    started_s = given.now_s if before.profile_started_s is None else before.profile_started_s
    return _following(given, reading, started_s)


def _stay(
    before: Memory,
    *,
    state: DeliveryState | None = None,
    events: tuple[str, ...] = (),
    finished: bool = False,
) -> _Course:
    return _Course(
        state=before.state if state is None else state,
        segment=before.segment,
        profile_started_s=before.profile_started_s,
        events=events,
        finished=finished,
    )


def _begun(given: DecisionInput) -> _Course:
    if given.settings.preload_n <= 0:
        return _Course(
            state=after(DeliveryState.IDLE, Occasion.START_WITHOUT_PULL),
            segment=0,
            profile_started_s=given.now_s,
            events=("The session begins: lying without pull.",),
        )
    return _stay(
        given.memory,
        state=after(DeliveryState.IDLE, Occasion.START),
        events=(f"The session begins: taking up slack to {given.settings.preload_n:g} N.",),
    )


def _tight(given: DecisionInput) -> bool:
    since = given.memory.tight_since_s
    return since is not None and given.now_s - since >= TIGHT_S - 1e-9


def _following(given: DecisionInput, reading: Reading | None, started_s: float) -> _Course:
    """Follow the plan: begin the segment that is due, or end when the plan is over and the pull is gone."""
    before, profile = given.memory, given.settings.profile
    elapsed_s = given.now_s - started_s
    if elapsed_s >= profile.duration_s:
        gone = reading is not None and reading.force_n <= GONE_N and before.commanded_n <= 0.0
        if gone:
            done = after(before.state, Occasion.RELEASED)
            return _stay(before, state=done, events=("The plan is done; the pull is gone.",), finished=True)
        return _stay(before)
    segment = _segment_at(profile, elapsed_s)
    state: DeliveryState = before.state
    events: tuple[str, ...] = ()
    if segment != before.segment:
        state, events = _segment_begun(given, segment)
    return _Course(state=state, segment=segment, profile_started_s=started_s, events=events)


def _segment_at(profile: TractionProfile, elapsed_s: float) -> int:
    """Index of the segment that is due; the last one after the end."""
    ends_s = 0.0
    for index, part in enumerate(profile.segments):
        ends_s += part.duration_s
        if elapsed_s < ends_s:
            return index
    return len(profile.segments) - 1


def _segment_begun(given: DecisionInput, segment: int) -> tuple[DeliveryState, tuple[str, ...]]:
    part = given.settings.profile.segments[segment]
    if isinstance(part, Ramp):
        occasion, event = Occasion.RAMP, f"Ramping to {part.force_n:.0f} N in {part.duration_s:g} s."
    elif isinstance(part, Hold):
        held_n = given.settings.profile.knots()[segment][1]
        occasion, event = Occasion.HOLD, f"Holding {held_n:.0f} N for {part.duration_s:g} s."
    else:
        occasion, event = Occasion.RELEASE, f"Releasing in {part.duration_s:g} s."
    return after(given.memory.state, occasion), (event,)


def _letting_go(given: DecisionInput, reading: Reading | None) -> _Course:
    """Go on releasing; cut the drive's power when the pull is gone, or when waiting helps nobody."""
    before = given.memory
    since_s = given.now_s - before.state_since_s
    if before.commanded_n <= 0.0 and reading is not None and reading.force_n <= GONE_N:
        return _stay(before, events=("Released; the drive is switched off.",), finished=True)
    if reading is None and since_s >= BLIND_S:
        event = (
            "No trusted reading shows that the pull is gone: go to the patient and open the quick release."
        )
        return _stay(before, events=(event,), finished=True)
    if reading is not None and since_s >= LAST_WORD_S:
        event = (
            f"{LAST_WORD_S:g} s after the trip the table still reads {reading.force_n:.0f} N: go "
            "to the patient and "
            "open the quick release."
        )
        return _stay(before, events=(event,), finished=True)
    return _stay(before)


def _planned(settings: DeliverySettings, course: _Course, now_s: float) -> float:
    if course.profile_started_s is None:
        return 0.0
    return settings.profile.force_at(now_s - course.profile_started_s)


def _commanded(given: DecisionInput, course: _Course, planned_n: float, release_rate: float) -> float:
    """The pull to command: the plan within the limit, no faster than the rate; after a trip only less."""
    before, settings = given.memory, given.settings
    elapsed_s = max(0.0, min(given.now_s - before.now_s, 2.0 * settings.period_s))
    if course.finished:
        return 0.0
    if course.state.lets_go:
        return max(0.0, before.commanded_n - release_rate * elapsed_s)
    if course.state is DeliveryState.TAKING_UP_SLACK:
        return min(settings.preload_n, before.commanded_n + settings.slack_rate_n_per_s * elapsed_s)
    target = min(planned_n, settings.limit.force_n)
    if course.segment == 0 and course.state is DeliveryState.RAMPING:
        target = max(target, settings.preload_n)
    lowest = before.commanded_n - settings.fall_n_per_s * elapsed_s
    highest = before.commanded_n + settings.rise_n_per_s * elapsed_s
    return min(max(target, lowest, 0.0), highest)


def _command(given: DecisionInput, course: _Course, commanded_n: float, release_rate: float) -> Command:
    settings = given.settings
    rising = commanded_n >= given.memory.commanded_n
    kind, rate = CommandKind.FORCE, settings.rise_n_per_s if rising else settings.fall_n_per_s
    if course.finished:
        kind, rate = CommandKind.STOP, max(release_rate, settings.fall_n_per_s)
    elif course.state.lets_go:
        kind, rate = CommandKind.RELEASE, release_rate
    return Command(
        kind=kind,
        sequence=given.memory.sequence + 1,
        issued_s=given.now_s,
        expires_s=given.now_s + settings.command_life_s,
        force_n=commanded_n,
        rate_n_per_s=rate,
    )


def _remembered(
    given: DecisionInput,
    course: _Course,
    verdict: Reading | Distrust,
    reading: Reading | None,
    trips: tuple[Trip, ...],
    commanded_n: float,
    release_rate: float,
) -> Memory:
    before, now_s = given.memory, given.now_s
    return Memory(
        state=course.state,
        started_s=before.started_s,
        now_s=now_s,
        state_since_s=before.state_since_s if course.state is before.state else now_s,
        profile_started_s=course.profile_started_s,
        segment=course.segment,
        commanded_n=commanded_n,
        sequence=before.sequence + 1,
        recent=_recent(before, reading),
        still=_still(given, reading),
        slack_from_mm=before.slack_from_mm,
        tight_since_s=_since(before.tight_since_s, _at_preload(given, reading), now_s),
        unconfirmed_since_s=_since(before.unconfirmed_since_s, not given.confirmed, before.now_s),
        off_track_since_s=_since(before.off_track_since_s, _strays(given, reading), now_s),
        tripped=(*before.tripped, *(trip.interlock for trip in trips)),
        release_rate_n_per_s=release_rate,
    )


def _since(before: float | None, holds: bool, now_s: float) -> float | None:
    """Since when a condition has held without a break."""
    if not holds:
        return None
    return now_s if before is None else before


def _recent(before: Memory, reading: Reading | None) -> tuple[Reading, ...]:
    if reading is None or reading.time_s <= before.recent[-1].time_s:
        return before.recent
    return (*(old for old in before.recent if reading.time_s - old.time_s <= _RECENT_S), reading)


def _still(given: DecisionInput, reading: Reading | None) -> Still | None:
    before = given.memory
    if before.state in (DeliveryState.IDLE, DeliveryState.TAKING_UP_SLACK):
        return None  # a slack cord reads the same whatever the actuator does
    if reading is None:
        return before.still
    return stillness(before.still, before.recent[-1], reading, commanded_n=before.commanded_n)


def _at_preload(given: DecisionInput, reading: Reading | None) -> bool:
    if given.memory.state is not DeliveryState.TAKING_UP_SLACK or reading is None:
        return False
    return reading.force_n >= 0.6 * given.settings.preload_n


def _strays(given: DecisionInput, reading: Reading | None) -> bool:
    state = given.memory.state
    if reading is None or not state.pulls or state is DeliveryState.TAKING_UP_SLACK:
        return False
    return off_track(given, reading)
