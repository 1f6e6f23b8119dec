"""Names of places in the lumbar spine, and the quality mark a number carries."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from opentraction.chart.errors import BadValue
from opentraction.chart.value import Value

NORMAL_95 = 1.6448536269514722
"""Standard normal quantile at 0.95, for 5-95 % bands."""

Vec3 = tuple[float, float, float]
Point2 = tuple[float, float]
NonNegative = Annotated[float, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]
Fraction = Annotated[float, Field(ge=0, le=1)]


class VertebraName(StrEnum):
    """Vertebrae that a lumbar scan may show, head to foot."""

    T9 = "T9"
    T10 = "T10"
    T11 = "T11"
    T12 = "T12"
    L1 = "L1"
    L2 = "L2"
    L3 = "L3"
    L4 = "L4"
    L5 = "L5"
    S1 = "S1"


class Level(StrEnum):
    """A lumbar motion segment, named by its disc: `Level("L5-S1")`."""

    L1_L2 = "L1-L2"
    L2_L3 = "L2-L3"
    L3_L4 = "L3-L4"
    L4_L5 = "L4-L5"
    L5_S1 = "L5-S1"

    @classmethod
    def _missing_(cls, value: object) -> "Level | None":
        text = str(value).upper().replace("/", "-").replace(" ", "")
        for level in cls:
            if (
                text in (level.value, level.value.replace("-L", "-").replace("-S", "-"))
                and level.value != value
            ):
                return level
        region = "cervical" if text.startswith("C") else "not lumbar"
        raise BadValue(
            f"Expected a lumbar level ({', '.join(level.value for level in cls)}), got '{value}', which is "
            f"{region}. OpenTraction plans the lumbar spine only."
        )

    @property
    def above(self) -> VertebraName:
        """The vertebra above the disc."""
        return VertebraName(self.value.split("-")[0])

    @property
    def below(self) -> VertebraName:
        """The vertebra below the disc."""
        return VertebraName(self.value.split("-")[1])

    @property
    def place(self) -> int:
        """0 for L1-L2 to 4 for L5-S1."""
        return LEVELS.index(self)


LEVELS: tuple[Level, ...] = tuple(Level)
"""The five lumbar levels, head to foot."""


class Side(StrEnum):
    """The patient's side."""

    LEFT = "left"
    RIGHT = "right"
    BOTH = "both"
    CENTRE = "centre"


class Quality(StrEnum):
    """Where a number comes from."""

    MEASURED = "measured"
    DERIVED = "derived"
    ASSUMED = "assumed"


class Measure(Value):
    """One number with its spread and its origin; the unit stands in the name of the field that holds it."""

    value: float
    sd: NonNegative
    """One standard deviation, in the unit of the value."""
    quality: Quality
    note: str = ""
    """Why it is derived or assumed, or what limits it."""

    @property
    def low(self) -> float:
        """5 % bound, normal approximation."""
        return self.value - NORMAL_95 * self.sd

    @property
    def high(self) -> float:
        """95 % bound, normal approximation."""
        return self.value + NORMAL_95 * self.sd
