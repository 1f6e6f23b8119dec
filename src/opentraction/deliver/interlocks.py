"""Conditions that must hold while a patient is under tension. Each says what was expected and what came.

A measured pull above the lowest limit plus its tolerance, a rise faster than commanded, a drop with travel
(harness slip), a pull that does not follow the command, a stop by patient or operator, a lost link, a
record that cannot be written, a table that lets go by itself, and every doubt about a reading.
"""

from collections.abc import Callable, Iterator

from opentraction.chart import InterlockKind, Reading, TableState
from opentraction.deliver.decision import DecisionInput
from opentraction.deliver.limits import GONE_N
from opentraction.deliver.readings import Distrust
from opentraction.deliver.states import DeliveryState

RATE_WINDOW_S = 0.5

Broken = tuple[InterlockKind, str]
"""An interlock that does not hold, and the sentence that says why."""


def broken(given: DecisionInput, verdict: Reading | Distrust) -> Iterator[Broken]:
    """Every interlock that does not hold now, people first, then the link and the record, then the pull."""
    pulls = given.memory.state.pulls
    yield from _people(given)
    if not given.record_ok:
        yield (
            InterlockKind.RECORD_FAILED,
            "Expected every decision to be on disk before its effect; the record cannot be written any more.",
        )
    lost = _link(given) if pulls else None
    if lost:
        yield lost
    if isinstance(verdict, Distrust):
        silent = verdict.kind is InterlockKind.READING_MISSING
        if (pulls or given.memory.state is DeliveryState.IDLE) and not (lost and silent):
            yield verdict.kind, verdict.sentence
        return
    for check in _PULL_CHECKS if pulls else (_over_force,):
        if found := check(given, verdict):
            yield found


def off_track(given: DecisionInput, reading: Reading) -> bool:
    """Whether the pull differs from the command by more than the settings allow at one moment."""
    commanded, settings = given.memory.commanded_n, given.settings
    return abs(reading.force_n - commanded) > max(settings.follow_n, settings.follow_share * commanded)


def _people(given: DecisionInput) -> Iterator[Broken]:
    if given.reading is not None and given.reading.switch_pressed:
        yield InterlockKind.PATIENT_STOP, "The patient pressed the switch."
    if given.operator_stop:
        yield InterlockKind.OPERATOR_STOP, "The operator asked to stop."


def _link(given: DecisionInput) -> Broken | None:
    since = given.memory.unconfirmed_since_s
    if given.confirmed or since is None:
        return None
    silent_s = given.now_s - since
    if silent_s < given.settings.link_silent_s - 1e-9:
        return None
    return (
        InterlockKind.LINK_LOST,
        f"Expected the table to confirm each command within {given.settings.link_silent_s:g} s; it has "
        f"confirmed none for {silent_s:.2f} s. It releases by itself when the last command expires.",
    )


def _over_force(given: DecisionInput, reading: Reading) -> Broken | None:
    settings = given.settings
    if reading.force_n <= settings.ceiling_n:
        return None
    return (
        InterlockKind.OVER_FORCE,
        f"Expected at most {settings.ceiling_n:.1f} N: the lowest limit is {settings.limit.force_n:.0f} N "
        f"({settings.limit.reason}) and the tolerance {settings.ceiling_n - settings.limit.force_n:.0f} N. "
        f"Came {reading.force_n:.1f} N.",
    )


def _over_rate(given: DecisionInput, reading: Reading) -> Broken | None:
    earlier = _earlier(given, reading)
    if earlier is None:
        return None
    elapsed_s = reading.time_s - earlier.time_s
    allowed_n = 1.5 * given.settings.rise_n_per_s * elapsed_s + given.settings.rate_allowance_n
    rise_n = reading.force_n - earlier.force_n
    if rise_n <= allowed_n:
        return None
    return (
        InterlockKind.OVER_RATE,
        f"Expected a rise of at most {allowed_n:.0f} N in {elapsed_s:.2f} s (the plan's fastest "
        "ramp times 1.5, and "
        f"{given.settings.rate_allowance_n:g} N for breathing and noise); came {rise_n:.0f} N.",
    )


def _slip(given: DecisionInput, reading: Reading) -> Broken | None:
    earlier = _earlier(given, reading)
    if earlier is None or given.memory.state is DeliveryState.TAKING_UP_SLACK:
        return None
    settings = given.settings
    drop_n = earlier.force_n - reading.force_n
    travel_mm = reading.position_mm - earlier.position_mm
    allowed_n = max(settings.slip_drop_n, settings.slip_drop_share * given.memory.commanded_n)
    if drop_n < allowed_n or travel_mm < settings.slip_travel_mm:
        return None
    return (
        InterlockKind.SLIP,
        f"Expected the pull to rise when the cord is wound in; it fell by {drop_n:.0f} N while "
        f"{travel_mm:.1f} mm "
        f"came in (at most {allowed_n:.0f} N is allowed). The harness slips: fit it again.",
    )


def _table_let_go(given: DecisionInput, reading: Reading) -> Broken | None:
    if reading.switch_pressed or reading.state not in (TableState.RELEASING, TableState.STOPPED):
        return None
    return (
        InterlockKind.TABLE_STOPPED,
        f"Expected the table to pull as commanded; it says '{reading.state}' by itself. See its own display.",
    )


def _slack(given: DecisionInput, reading: Reading) -> Broken | None:
    memory, settings = given.memory, given.settings
    if memory.state is not DeliveryState.TAKING_UP_SLACK:
        return None
    elapsed_s = given.now_s - memory.state_since_s
    travel_mm = reading.position_mm - memory.slack_from_mm
    if elapsed_s <= settings.slack_time_s and travel_mm <= settings.slack_travel_mm:
        return None
    return (
        InterlockKind.SLACK,
        f"Expected {settings.preload_n:g} N within {settings.slack_time_s:g} s and "
        f"{settings.slack_travel_mm:g} mm of "
        f"cord; came {reading.force_n:.0f} N after {elapsed_s:.0f} s and {travel_mm:.0f} mm. "
        "Fasten the harness.",
    )


def _not_following(given: DecisionInput, reading: Reading) -> Broken | None:
    since = given.memory.off_track_since_s
    if since is None or given.now_s - since < given.settings.follow_s or not off_track(given, reading):
        return None
    return (
        InterlockKind.READING_IMPLAUSIBLE,
        f"Expected the pull to follow the command of {given.memory.commanded_n:.0f} N; it has read "
        f"{reading.force_n:.0f} N or as far off for {given.now_s - since:.1f} s. Sensor, drive or "
        "cord is at fault.",
    )


def _not_gone(given: DecisionInput, reading: Reading) -> Broken | None:
    """The plan is over, nothing is commanded, and still a pull is read: an offset, or a drive that hangs."""
    memory, settings = given.memory, given.settings
    if memory.profile_started_s is None or memory.commanded_n > 0.0 or reading.force_n <= GONE_N:
        return None
    over_s = given.now_s - memory.profile_started_s - settings.profile.duration_s
    allowed_s = settings.profile.peak_force_n / settings.fall_n_per_s + settings.gone_within_s
    if over_s <= allowed_s:
        return None
    return (
        InterlockKind.READING_IMPLAUSIBLE,
        f"Expected at most {GONE_N:g} N once the plan is over; {over_s:.0f} s after its end "
        f"{reading.force_n:.0f} N is read. Go to the patient: the load cell or the drive is at fault.",
    )


def _earlier(given: DecisionInput, reading: Reading) -> Reading | None:
    """The oldest trusted reading of the last half second, if it is at least 0.15 s older than this one."""
    for candidate in given.memory.recent:
        age_s = reading.time_s - candidate.time_s
        if 0.15 <= age_s <= RATE_WINDOW_S + 0.05:
            return candidate
    return None


_PULL_CHECKS: tuple[Callable[[DecisionInput, Reading], Broken | None], ...] = (
    _over_force,
    _over_rate,
    _slip,
    _table_let_go,
    _slack,
    _not_following,
    _not_gone,
)
