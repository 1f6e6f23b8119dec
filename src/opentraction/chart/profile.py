"""Force and angle over time: Ramp, Hold, Release; and the profile of a manual session."""

import math
from enum import StrEnum
from itertools import accumulate
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from opentraction.chart.level import Level, NonNegative, Positive
from opentraction.chart.value import Value

ForceN = Annotated[float, Field(ge=0, le=2000)]
"""A pull [N]. 2000 N is far beyond any table; larger numbers are unit mistakes and are refused."""


class RampShape(StrEnum):
    """How force rises over a ramp."""

    LINEAR = "linear"
    LOGARITHMIC = "logarithmic"


class Ramp(Value):
    """Force goes from where it is to `force_n` in `duration_s`."""

    kind: Literal["ramp"] = "ramp"
    force_n: ForceN
    duration_s: Positive
    shape: RampShape = RampShape.LINEAR


class Hold(Value):
    """One plateau at the force reached before it."""

    kind: Literal["hold"] = "hold"
    duration_s: Positive


class Release(Value):
    """Controlled release to zero in `duration_s`."""

    kind: Literal["release"] = "release"
    duration_s: Positive


Segment = Annotated[Ramp | Hold | Release, Field(discriminator="kind")]


class Family(StrEnum):
    """Profile families in clinical use."""

    LYING = "lying without pull"
    STATIC = "static"
    INTERMITTENT = "intermittent"
    PROGRESSIVE = "progressive"
    CYCLIC = "cyclic"
    LOG_RAMP = "logarithmic ramp"


class TractionProfile(Value):
    """Axial pull [N] over time [s] of one session, at one angle of pull [deg]; it ends at zero force."""

    name: str
    family: Family
    segments: Annotated[tuple[Segment, ...], Field(min_length=1)]
    angle_deg: Annotated[float, Field(ge=0, le=45)] = 0.0
    """Angle of the pull above the table's plane [deg], kept constant: not changed under tension."""

    @model_validator(mode="after")
    def _ends_at_zero(self) -> Self:
        if self._knots()[-1][1] > 1e-9:
            raise ValueError("A TractionProfile must end at zero force; add a Release")
        if self.duration_s > 7200:
            raise ValueError(f"A session lasts at most 7200 s, this profile {self.duration_s:g} s")
        return self

    @property
    def duration_s(self) -> float:
        """Length of the session [s]."""
        return math.fsum(segment.duration_s for segment in self.segments)

    @property
    def peak_force_n(self) -> float:
        """Largest pull [N]."""
        return max(force for _, force in self._knots())

    @property
    def steepest_n_per_s(self) -> float:
        """Largest rate of rise [N/s] of any ramp (release not counted)."""
        rates, force = [0.0], 0.0
        for segment in self.segments:
            if isinstance(segment, Ramp):
                slope = (segment.force_n - force) / segment.duration_s
                steep = _LOG_START_SLOPE if segment.shape is RampShape.LOGARITHMIC else 1.0
                rates.append(slope * steep)
            force = _end_force(segment, force)
        return max(rates)

    def force_at(self, time_s: float) -> float:
        """Planned pull [N] at a time [s]; zero before the start and after the end."""
        start, force = 0.0, 0.0
        for segment in self.segments:
            if start <= time_s < start + segment.duration_s:
                share = (time_s - start) / segment.duration_s
                if isinstance(segment, Ramp) and segment.shape is RampShape.LOGARITHMIC:
                    share = math.log1p(_LOG_CURVE * share) / math.log1p(_LOG_CURVE)
                return force + share * (_end_force(segment, force) - force)
            start, force = start + segment.duration_s, _end_force(segment, force)
        return 0.0

    def knots(self) -> tuple[tuple[float, float], ...]:
        """(time_s, force_n) at the ends of all segments, first one (0, 0)."""
        return self._knots()

    def _knots(self) -> tuple[tuple[float, float], ...]:
        times = [0.0, *accumulate(segment.duration_s for segment in self.segments)]
        forces = [0.0]
        for segment in self.segments:
            forces.append(_end_force(segment, forces[-1]))
        return tuple(zip(times, forces, strict=True))


_LOG_CURVE = 9.0
_LOG_START_SLOPE = _LOG_CURVE / math.log1p(_LOG_CURVE)


def _end_force(segment: Ramp | Hold | Release, force_n: float) -> float:
    if isinstance(segment, Ramp):
        return segment.force_n
    return 0.0 if isinstance(segment, Release) else force_n


class ManualProfile(Value):
    """Flexion-distraction by hand: contact, hand force, table flexion and rhythm."""

    name: str
    contact_level: Level
    hand_force_n: Annotated[float, Field(ge=0, le=400)]
    flexion_deg: Annotated[float, Field(ge=0, le=30)]
    push_s: Positive = 4.0
    """One distraction, 4 s in the published course protocol (COXPROT)."""
    pushes: Annotated[int, Field(ge=1, le=60)] = 5
    sets: Annotated[int, Field(ge=1, le=20)] = 3
    rest_s: NonNegative = 20.0
