"""Estimates over many courses or trials."""

from typing import Annotated

from pydantic import Field

from opentraction.chart.value import Value


class StudyEffect(Value):
    """One study's contribution: effect, variance, and where the numbers come from."""

    study: str
    effect: float
    variance: Annotated[float, Field(gt=0)]
    n: Annotated[int, Field(ge=1)] | None = None
    weight_percent: float | None = None
    source: str = ""
    sham_controlled: bool | None = None


class Effect(Value):
    """A pooled estimate with its interval, its comparator and its doubts."""

    name: str
    unit: str
    comparator: str
    estimate: float
    se: Annotated[float, Field(ge=0)]
    low: float
    high: float
    """95 % confidence interval (Hartung-Knapp where stated in `method`)."""
    prediction_low: float | None
    prediction_high: float | None
    """95 % prediction interval for a new study."""
    k: Annotated[int, Field(ge=1)]
    tau2: Annotated[float, Field(ge=0)]
    i2_percent: float | None = None
    t_value: float | None = None
    df: int | None = None
    p_value: float | None = None
    method: str
    studies: tuple[StudyEffect, ...] = ()
    bias_notes: tuple[str, ...] = ()


class Cohort(Value):
    """Courses that may be counted together; simulated ones are left out and counted."""

    name: str
    course_ids: tuple[str, ...]
    excluded_simulated: Annotated[int, Field(ge=0)] = 0
    criteria: str = ""
