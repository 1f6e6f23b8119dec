"""Families of traction profile: published settings as defaults, each with its source or "assumed"."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from opentraction.chart import (
    BadInput,
    Family,
    Hold,
    Ramp,
    RampShape,
    Release,
    Segment,
    TractionProfile,
)
from opentraction.plan.sources import cite

LBF_N = 4.4482216152605
"""One pound-force [N]. Sources speak in pounds; the product does not."""

LOG_START_SLOPE = 9.0 / math.log1p(9.0)
"""Slope at the start of chart's logarithmic ramp over its mean slope; a test holds it to the chart."""

SHORTEST_PULL_S = 10.0
"""A last pull shorter than this [s] is not begun; assumed."""

SHORTEST_RELEASE_S = 5.0
"""A release never takes less than this [s]; assumed."""


@dataclass(frozen=True)
class Setting:
    """One number of a family with its unit and where it comes from."""

    name: str
    value: float
    unit: str
    source: str

    @property
    def assumed(self) -> bool:
        """True when no published source was found."""
        return self.source.startswith("assumed")


_RATE = Setting(
    "rate_n_per_s",
    10.0,
    "N/s",
    "assumed: no published rate was found; slow, since guarding fades over minutes "
    f"({cite('CHOLEWICKI2009')})",
)
_PULL_REST = cite("VAXSPORT")
_HOLD = Setting("hold_s", 60.0, "s", _PULL_REST)
_REST = Setting("rest_s", 30.0, "s", _PULL_REST)
_REST_N = Setting(
    "rest_n", 20 * LBF_N, "N", f"20 lb, at most half the pull (the half is assumed); {cite('KDT1')}"
)

FAMILY_SETTINGS: Mapping[Family, tuple[Setting, ...]] = {
    Family.LYING: (),
    Family.STATIC: (_RATE,),
    Family.INTERMITTENT: (_RATE, _HOLD, _REST, _REST_N),
    Family.PROGRESSIVE: (
        _RATE,
        Setting("hold_s", 60.0, "s", f"assumed as for intermittent; {_PULL_REST}"),
        Setting("rest_s", 30.0, "s", f"assumed as for intermittent; {_PULL_REST}"),
        Setting("rest_share", 0.5, "of the step's pull", cite("TRITON")),
        Setting("steps", 4.0, "steps", "assumed: the manual leaves the number of steps to the user"),
    ),
    Family.CYCLIC: (
        _RATE,
        Setting("rise_s", 20.0, "s", f"assumed split of a 60 s cycle; {cite('IDDLEOM')}"),
        Setting("hold_s", 10.0, "s", f"assumed split of a 60 s cycle; {cite('IDDLEOM')}"),
        Setting("rest_s", 10.0, "s", f"assumed split of a 60 s cycle; {cite('IDDLEOM')}"),
        Setting("rest_share", 0.5, "of the pull", "assumed"),
    ),
    Family.LOG_RAMP: (
        _RATE,
        Setting("rise_s", 60.0, "s", f"{cite('VAXSPORT')}; logarithmic shape: {cite('US6039737')}"),
        Setting("fall_s", 10.0, "s", f"assumed part of the 30 s between pulls; {cite('US6039737')}"),
        Setting("rest_s", 20.0, "s", f"assumed part of the 30 s between pulls; {_PULL_REST}"),
        _REST_N,
    ),
}
"""Settings of each family. Sources are published pages and manuals, not proofs that the setting helps."""


def family_profile(
    family: Family,
    *,
    peak_n: float,
    minutes: float = 25.0,
    angle_deg: float = 0.0,
    name: str = "",
    **settings: float,
) -> TractionProfile:
    """A profile of `family` that reaches `peak_n` [N] and never more, at one angle [deg].

    It lasts exactly `minutes` and ends in a Release; the last cycle is cut short when the time is up, and
    what is left over makes the release longer. `settings` replace the family's defaults (`FAMILY_SETTINGS`);
    no ramp and no release is steeper than `rate_n_per_s`.

    Raises BadInput for a pull, time or setting that cannot be, and when the time is too short for the family.
    """
    chosen = _settings(family, settings)
    peak_n = _number("pull", peak_n, 0.0, 2000.0, "N")
    minutes = _number("session length", minutes, 1.0, 120.0, "min")
    if (peak_n > 0) is (family is Family.LYING):
        raise BadInput(
            f"Expected a pull above 0 N for a {family} profile and 0 N for lying without pull, got "
            f"{peak_n:g} N. Choose the other family."
        )
    track = _LAYOUTS[family](peak_n, minutes * 60.0, chosen)
    profile = TractionProfile(
        name=name or profile_name(family, peak_n, angle_deg),
        family=family,
        segments=tuple(track.segments),
        angle_deg=angle_deg,
    )
    if abs(profile.peak_force_n - peak_n) > 1e-9:
        raise BadInput(
            f"Expected time enough for the {family} profile to reach {peak_n:.0f} N, got {minutes:g} min. "
            "Give more minutes or fewer steps."
        )
    return profile


def profile_name(family: Family, peak_n: float, angle_deg: float) -> str:
    """What a person reads: family, pull and angle."""
    if family is Family.LYING:
        return "Lying without pull"
    angle = f" at {angle_deg:.0f} deg" if angle_deg else ""
    return f"{family.value.capitalize()}, {peak_n:.0f} N{angle}"


class _Track:
    """Segments laid end to end; it knows its time and force."""

    def __init__(self, rate_n_per_s: float) -> None:
        self.rate = rate_n_per_s
        self.segments: list[Segment] = []
        self.time_s = 0.0
        self.force_n = 0.0

    def copy(self) -> "_Track":
        other = _Track(self.rate)
        other.segments, other.time_s, other.force_n = [*self.segments], self.time_s, self.force_n
        return other

    def to(self, force_n: float, at_least_s: float = 0.0, shape: RampShape = RampShape.LINEAR) -> None:
        steep = LOG_START_SLOPE if shape is RampShape.LOGARITHMIC else 1.0
        duration = max(at_least_s, steep * abs(force_n - self.force_n) / self.rate)
        if duration > 0:
            self._add(Ramp(force_n=force_n, duration_s=duration, shape=shape))
        self.force_n = force_n

    def hold(self, duration_s: float) -> None:
        if duration_s > 0:
            self._add(Hold(duration_s=duration_s))

    @property
    def release_s(self) -> float:
        return max(self.force_n / self.rate, SHORTEST_RELEASE_S)

    def release(self, end_s: float = 0.0) -> None:
        """Let go by `end_s` [s], or as soon as the rate allows."""
        self._add(Release(duration_s=max(self.release_s, end_s - self.time_s)))
        self.force_n = 0.0

    def _add(self, segment: Segment) -> None:
        self.segments.append(segment)
        self.time_s += segment.duration_s


_Layout = Callable[[float, float, Mapping[str, float]], _Track]


def _fill(track: _Track, total_s: float, cycle: Callable[[_Track, int], None]) -> _Track:
    """Whole cycles while they and the release fit into `total_s`, a last one cut short, then the release.

    The last pull is begun only when at least `SHORTEST_PULL_S` of it fit; seconds left over make the
    release longer.
    """
    number = 0
    while True:
        longer = track.copy()
        cycle(longer, number)
        if longer.time_s + longer.release_s > total_s + 1e-9:
            break
        track, number = longer, number + 1
    if number == 0:
        raise BadInput(
            f"Expected a session long enough for one cycle of {longer.time_s + longer.release_s:.0f} s, "
            f"got {total_s:.0f} s. Give more minutes or shorter cycles."
        )
    for segment in longer.segments[len(track.segments) :]:
        if isinstance(segment, Hold):
            left_s = total_s - track.time_s - track.release_s
            track.hold(min(segment.duration_s, left_s))
            if left_s <= segment.duration_s:
                break
        elif isinstance(segment, Ramp):
            further = track.copy()
            further.to(segment.force_n, segment.duration_s, segment.shape)
            rises = segment.force_n > track.force_n
            if further.time_s + further.release_s + (SHORTEST_PULL_S if rises else 0.0) > total_s:
                break
            track = further
    track.release(total_s)
    return track


def _lying(peak_n: float, total_s: float, settings: Mapping[str, float]) -> _Track:
    track = _Track(_RATE.value)
    track.hold(total_s - track.release_s)
    track.release()
    return track


def _static(peak_n: float, total_s: float, settings: Mapping[str, float]) -> _Track:
    track = _Track(settings["rate_n_per_s"])
    track.to(peak_n)
    plateau_s = total_s - track.time_s - track.release_s
    if plateau_s <= 0:
        raise BadInput(
            f"Expected more than {total_s - plateau_s:.0f} s for the ramp to {peak_n:.0f} N and its "
            f"release, got {total_s:.0f} s. Give more minutes or a lower pull."
        )
    track.hold(plateau_s)
    track.release()
    return track


def _intermittent(peak_n: float, total_s: float, settings: Mapping[str, float]) -> _Track:
    rest_n = min(settings["rest_n"], 0.5 * peak_n)

    def cycle(track: _Track, number: int) -> None:
        track.to(peak_n)
        track.hold(settings["hold_s"])
        track.to(rest_n)
        track.hold(settings["rest_s"])

    return _fill(_Track(settings["rate_n_per_s"]), total_s, cycle)


def _progressive(peak_n: float, total_s: float, settings: Mapping[str, float]) -> _Track:
    steps = int(settings["steps"])

    def cycle(track: _Track, number: int) -> None:
        pull_n = peak_n if number + 1 >= steps else peak_n * (number + 1) / steps
        track.to(pull_n)
        track.hold(settings["hold_s"])
        track.to(settings["rest_share"] * pull_n)
        track.hold(settings["rest_s"])

    return _fill(_Track(settings["rate_n_per_s"]), total_s, cycle)


def _cyclic(peak_n: float, total_s: float, settings: Mapping[str, float]) -> _Track:
    base_n = settings["rest_share"] * peak_n

    def cycle(track: _Track, number: int) -> None:
        track.to(peak_n, settings["rise_s"])
        track.hold(settings["hold_s"])
        track.to(base_n, settings["rise_s"])
        track.hold(settings["rest_s"])

    track = _Track(settings["rate_n_per_s"])
    track.to(base_n)
    return _fill(track, total_s, cycle)


def _log_ramp(peak_n: float, total_s: float, settings: Mapping[str, float]) -> _Track:
    base_n = min(settings["rest_n"], 0.5 * peak_n)

    def cycle(track: _Track, number: int) -> None:
        track.to(peak_n, settings["rise_s"], RampShape.LOGARITHMIC)
        track.to(base_n, settings["fall_s"])
        track.hold(settings["rest_s"])

    track = _Track(settings["rate_n_per_s"])
    track.to(base_n)
    return _fill(track, total_s, cycle)


_LAYOUTS: Mapping[Family, _Layout] = {
    Family.LYING: _lying,
    Family.STATIC: _static,
    Family.INTERMITTENT: _intermittent,
    Family.PROGRESSIVE: _progressive,
    Family.CYCLIC: _cyclic,
    Family.LOG_RAMP: _log_ramp,
}

_BOUNDS: Mapping[str, tuple[float, float, str]] = {
    "rate_n_per_s": (0.01, 100.0, "N/s"),
    "hold_s": (1.0, 3600.0, "s"),
    "rest_s": (0.0, 3600.0, "s"),
    "rise_s": (1.0, 3600.0, "s"),
    "fall_s": (1.0, 3600.0, "s"),
    "rest_n": (0.0, 2000.0, "N"),
    "rest_share": (0.0, 1.0, "of the pull"),
    "steps": (1.0, 20.0, "steps"),
}


def _settings(family: Family, given: Mapping[str, float]) -> dict[str, float]:
    chosen = {setting.name: setting.value for setting in FAMILY_SETTINGS[family]}
    for name, value in given.items():
        if name not in chosen and not (family is Family.LYING and name == "rate_n_per_s"):
            raise BadInput(
                f"Expected a setting of a {family} profile ({', '.join(chosen) or 'none'}), got '{name}'. "
                "Leave it out."
            )
        low, high, unit = _BOUNDS[name]
        chosen[name] = _number(name, value, low, high, unit)
    return chosen


def _number(name: str, value: object, low: float, high: float, unit: str) -> float:
    """`value` when it is a number inside its range; raises BadInput in one sentence when it is not."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise BadInput(
            f"Expected a {name} of {low:g} to {high:g} {unit}, got {value} {unit}. Check its unit."
        )
    return float(value)
