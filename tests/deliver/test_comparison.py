"""Planned against measured, by numbers that can be checked by hand."""

from __future__ import annotations

import math

import pytest

from opentraction.chart import (
    Family,
    Hold,
    InterlockKind,
    Ramp,
    RampShape,
    Release,
    SessionEnd,
    SessionSample,
    TractionProfile,
    Trip,
)
from opentraction.deliver import compare, in_band, planned_impulse_n_s

TRAPEZOID = TractionProfile(
    name="trapezoid",
    family=Family.STATIC,
    segments=(Ramp(force_n=100.0, duration_s=2.0), Hold(duration_s=2.0), Release(duration_s=2.0)),
)


def samples(measured: list[float | None], states: list[str] | None = None) -> list[SessionSample]:
    """One sample a second on the trapezoid: 0, 50, 100, 100, 100, 50, 0 N planned."""
    names = states or ["ramping", "ramping", "holding", "holding", "releasing", "releasing", "releasing"]
    return [
        SessionSample(
            time_s=float(t),
            planned_n=TRAPEZOID.force_at(float(t)),
            commanded_n=TRAPEZOID.force_at(float(t)),
            measured_n=value,
            state=names[t],
        )
        for t, value in enumerate(measured)
    ]


def test_the_planned_impulse_of_a_trapezoid() -> None:
    assert planned_impulse_n_s(TRAPEZOID) == pytest.approx(100.0 + 200.0 + 100.0, abs=1e-12)


def test_the_planned_impulse_of_a_logarithmic_ramp() -> None:
    """The mean of ln(1 + 9 s) / ln 10 over s from 0 to 1 is (10 ln 10 - 9) / (9 ln 10)."""
    ramp = TractionProfile(
        name="log",
        family=Family.LOG_RAMP,
        segments=(
            Ramp(force_n=300.0, duration_s=60.0, shape=RampShape.LOGARITHMIC),
            Release(duration_s=10.0),
        ),
    )
    mean = (10.0 * math.log(10.0) - 9.0) / (9.0 * math.log(10.0))
    assert planned_impulse_n_s(ramp) == pytest.approx(300.0 * 60.0 * mean + 1500.0, rel=2e-5)


def test_a_session_as_planned() -> None:
    result = compare(TRAPEZOID, samples([0, 50, 100, 100, 100, 50, 0]), end=SessionEnd.DONE)
    assert result.delivered_impulse_n_s == pytest.approx(400.0)
    assert result.rms_error_n == pytest.approx(0.0, abs=1e-12)
    assert result.time_in_band == pytest.approx(1.0)
    assert result.missed == ()


def test_error_and_band_by_hand() -> None:
    """Errors 0, -12, 0, +4, 0, 0, 0 N: rms sqrt(160 / 7); one of six seconds is out of the band of 10 N."""
    result = compare(TRAPEZOID, samples([0, 38, 100, 104, 100, 50, 0]), end=SessionEnd.DONE)
    assert result.rms_error_n == pytest.approx(math.sqrt(160.0 / 7.0))
    assert result.time_in_band == pytest.approx(5.0 / 6.0)
    assert result.delivered_impulse_n_s == pytest.approx(19.0 + 69.0 + 102.0 + 102.0 + 75.0 + 25.0)


def test_what_was_cut_short_is_not_in_band_and_is_said() -> None:
    trip = Trip(interlock=InterlockKind.SLIP, time_s=3.0, sentence="Slipped.")
    states = ["ramping", "ramping", "holding", "holding", "tripped", "tripped", "tripped"]
    result = compare(
        TRAPEZOID, samples([0, 50, 100, 100, 40, 10, 0], states), end=SessionEnd.TRIPPED, trips=(trip,)
    )
    assert result.time_in_band == pytest.approx(0.5)
    assert result.delivered_impulse_n_s == pytest.approx(25 + 75 + 100 + 70 + 25 + 5)
    assert result.missed == (
        "The plan ran 3 of 6 s, 75 % of its impulse; the session ended early: tripped (harness slip).",
    )


def test_what_was_not_measured_counts_nothing_and_is_said() -> None:
    result = compare(TRAPEZOID, samples([0, 50, None, None, 100, 50, 0]), end=SessionEnd.DONE)
    assert result.delivered_impulse_n_s == pytest.approx(25.0 + 75.0 + 25.0)
    assert result.time_in_band == pytest.approx(4.0 / 6.0)
    assert result.missed == ("No trusted reading for 2 s while the plan ran; those count as not delivered.",)


def test_nothing_measured_gives_no_numbers() -> None:
    result = compare(TRAPEZOID, samples([None] * 7), end=SessionEnd.INTERRUPTED)
    assert result.delivered_impulse_n_s is None
    assert result.rms_error_n is None
    assert result.time_in_band is None


@pytest.mark.parametrize(
    ("planned_n", "measured_n", "inside"),
    [(100.0, 110.0, True), (100.0, 110.5, False), (400.0, 380.0, True), (400.0, 379.0, False)],
)
def test_the_band_is_the_larger_of_ten_newtons_and_five_percent(
    planned_n: float, measured_n: float, inside: bool
) -> None:
    assert in_band(planned_n, measured_n) is inside
