"""Small courses for the tests: a box of a disc, sessions with a constant pull, questionnaires by the day."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from opentraction.chart import (
    Course,
    Disc,
    Eligibility,
    Findings,
    Frame,
    HeightField,
    Instrument,
    Level,
    Measure,
    Patient,
    PlannedAgainstMeasured,
    Quality,
    Questionnaire,
    RecordKind,
    Session,
    SessionEnd,
    SessionSample,
    Spine,
    SpineSource,
    Verdict,
)

START = datetime(2024, 3, 1, 9, 0, tzinfo=UTC)


def session_of(
    number: int, *, pull_n: float | None = 200.0, commanded_n: float = 200.0, **other: Any
) -> Session:
    """Session `number`, two days apart; `pull_n` None: no reading could be trusted."""
    samples = tuple(
        SessionSample(time_s=float(t), planned_n=200.0, commanded_n=commanded_n, measured_n=pull_n)
        for t in range(0, 30, 10)
    )
    fields: dict[str, Any] = {
        "session_id": f"s{number}",
        "patient_id": "p1",
        "plan_digest": "0",
        "table_id": "t1",
        "started_at": START + timedelta(days=2 * number),
        "kind": RecordKind.MEASURED,
        "samples": samples,
        "events": (),
        "end": SessionEnd.DONE,
        "comparison": PlannedAgainstMeasured(
            planned_impulse_n_s=4000.0,
            delivered_impulse_n_s=None if pull_n is None else 20.0 * pull_n,
            rms_error_n=None,
            time_in_band=None,
        ),
    }
    return Session(**{**fields, **other})


def answered(
    instrument: Instrument, items: tuple[int | None, ...], *, after: int | None = 0
) -> Questionnaire:
    """A questionnaire answered on the day of session `after` (the start, for 0 or None)."""
    return Questionnaire(
        instrument=instrument,
        at=START + timedelta(days=2 * (after or 0), hours=2),
        items=items,
        after_session=after,
    )


def spine_of(**other: Any) -> Spine:
    def measure(value: float) -> Measure:
        return Measure(value=value, sd=0.5, quality=Quality.MEASURED)

    circle = [2.0 * math.pi * i / 12 for i in range(12)]
    flat = (0.0, 0.0, 0.0, 0.0, 0.0)
    disc = Disc(
        level=Level("L4-L5"),
        frame=Frame(origin_mm=(0, 0, 0), x_axis=(1, 0, 0), y_axis=(0, 1, 0), z_axis=(0, 0, 1)),
        outline_mm=tuple((17 * math.cos(a), 25 * math.sin(a)) for a in circle),
        upper=HeightField(coefficients_mm=(5.0, *flat)),
        lower=HeightField(coefficients_mm=(-5.0, *flat)),
        height_front_mm=measure(10),
        height_mid_mm=measure(10),
        height_back_mm=measure(10),
        mean_height_mm=measure(10),
        depth_mm=measure(34),
        width_mm=measure(50),
        wedge_deg=measure(0),
        area_mm2=measure(1335),
        volume_mm3=measure(13350),
        farfan_index=measure(0.6),
        dabbs_mm=measure(10),
    )
    fields = {
        "study_id": "x",
        "source": SpineSource.NORMS,
        "method": "test",
        "vertebrae": (),
        "discs": (disc,),
    }
    return Spine(**{**fields, **other})


def course_of(*, patient: str = "p1", **other: Any) -> Course:
    eligibility = Eligibility(
        verdict=Verdict.SUITABLE, because=(), contraindications=(), decided_at=START, ruleset="test"
    )
    fields: dict[str, Any] = {
        "patient": Patient(patient_id=patient),
        "spine": spine_of(),
        "findings": Findings(items=()),
        "eligibility": eligibility,
    }
    return Course(**{**fields, **other})


@pytest.fixture
def make_session() -> Callable[..., Session]:
    return session_of


@pytest.fixture
def make_questionnaire() -> Callable[..., Questionnaire]:
    return answered


@pytest.fixture
def make_course() -> Callable[..., Course]:
    return course_of
