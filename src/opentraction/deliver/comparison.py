"""Planned against measured: how well a session followed its plan, and what was missed and why."""

import math
from collections.abc import Sequence
from itertools import accumulate, pairwise

from opentraction.chart import (
    PlannedAgainstMeasured,
    Ramp,
    RampShape,
    SessionEnd,
    SessionSample,
    TractionProfile,
    Trip,
)
from opentraction.deliver.states import DeliveryState

BAND_N = 10.0
BAND_SHARE = 0.05
"""The measured pull is in band within the larger of `BAND_N` and this share of the plan."""
_PLAN_STATES = (DeliveryState.RAMPING, DeliveryState.HOLDING, DeliveryState.RELEASING)
_SIMPSON_PARTS = 64
_GAP_S = 1.0


def compare(
    profile: TractionProfile, samples: Sequence[SessionSample], *, end: SessionEnd, trips: Sequence[Trip] = ()
) -> PlannedAgainstMeasured:
    """Compare the samples taken while the plan ran with the plan.

    The delivered impulse [N s] is the trapezoid of the measured pull over the whole session, release after
    a trip included; an interval without a trusted reading at both ends counts nothing. The error and the
    time in band are taken over the planned time, and what was not delivered or not measured is not in band.
    """
    planned = planned_impulse_n_s(profile)
    following = [sample for sample in samples if sample.state in _PLAN_STATES]
    errors = [s.measured_n - s.planned_n for s in following if s.measured_n is not None]
    delivered = _impulse_n_s(samples)
    return PlannedAgainstMeasured(
        planned_impulse_n_s=planned,
        delivered_impulse_n_s=delivered,
        rms_error_n=math.sqrt(math.fsum(e * e for e in errors) / len(errors)) if errors else None,
        time_in_band=_time_in_band(profile, following) if errors else None,
        missed=tuple(_missed(profile, following, planned, delivered, end=end, trips=trips)),
    )


def planned_impulse_n_s(profile: TractionProfile) -> float:
    """Integral of the planned pull over the session [N s]: exact for linear parts, Simpson for log ramps."""
    starts = [0.0, *accumulate(segment.duration_s for segment in profile.segments)]
    forces = [force for _, force in profile.knots()]
    total = []
    for index, segment in enumerate(profile.segments):
        if isinstance(segment, Ramp) and segment.shape is RampShape.LOGARITHMIC:
            step = segment.duration_s / _SIMPSON_PARTS
            inner = [profile.force_at(starts[index] + part * step) for part in range(1, _SIMPSON_PARTS)]
            weighted = 4.0 * math.fsum(inner[::2]) + 2.0 * math.fsum(inner[1::2])
            total.append(step / 3.0 * (forces[index] + weighted + forces[index + 1]))
        else:
            total.append(0.5 * (forces[index] + forces[index + 1]) * segment.duration_s)
    return math.fsum(total)


def in_band(planned_n: float, measured_n: float) -> bool:
    """Whether a measured pull is within the larger of 10 N and 5 % of the plan."""
    return abs(measured_n - planned_n) <= max(BAND_N, BAND_SHARE * planned_n)


def _impulse_n_s(samples: Sequence[SessionSample]) -> float | None:
    if not any(sample.measured_n is not None for sample in samples):
        return None
    parts = [
        0.5 * (max(a.measured_n, 0.0) + max(b.measured_n, 0.0)) * (b.time_s - a.time_s)
        for a, b in pairwise(samples)
        if a.measured_n is not None and b.measured_n is not None
    ]
    return math.fsum(parts)


def _time_in_band(profile: TractionProfile, following: Sequence[SessionSample]) -> float:
    """Share of the planned time; each sample stands for the time until the next one."""
    good_s = math.fsum(
        b.time_s - a.time_s
        for a, b in pairwise(following)
        if a.measured_n is not None and in_band(a.planned_n, a.measured_n)
    )
    return min(1.0, good_s / profile.duration_s)


def _missed(
    profile: TractionProfile,
    following: Sequence[SessionSample],
    planned: float,
    delivered: float | None,
    *,
    end: SessionEnd,
    trips: Sequence[Trip],
) -> list[str]:
    missed = []
    ran_s = following[-1].time_s - following[0].time_s if following else 0.0
    if end is not SessionEnd.DONE:
        why = f" ({trips[0].interlock})" if trips else ""
        share = (
            "" if delivered is None or planned <= 0 else f", {100 * delivered / planned:.0f} % of its impulse"
        )
        missed.append(
            f"The plan ran {ran_s:.0f} of {profile.duration_s:.0f} s{share}; the session ended "
            f"early: {end}{why}."
        )
    gaps = [b.time_s - a.time_s for a, b in pairwise(following) if a.measured_n is None]
    if math.fsum(gaps) >= _GAP_S:
        missed.append(
            f"No trusted reading for {math.fsum(gaps):.0f} s while the plan ran; those count as "
            "not delivered."
        )
    return missed
