"""Who is treated, and who treats."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field

from opentraction.chart.value import Value, migration


class Sex(StrEnum):
    """Sex as used by norms of spine size."""

    FEMALE = "female"
    MALE = "male"
    UNKNOWN = "unknown"


class Patient(Value):
    """A person. Mass and stature set loads and norms; an unknown one stays None and widens the bands."""

    patient_id: Annotated[str, Field(min_length=1, max_length=64)]
    name: str = ""
    birth_date: date | None = None
    sex: Sex = Sex.UNKNOWN
    mass_kg: Annotated[float, Field(ge=20, le=300)] | None = None
    stature_mm: Annotated[float, Field(ge=1000, le=2300)] | None = None
    allergies: tuple[str, ...] | None = None
    """What the patient is allergic to (latex, tape); empty when asked and none, None when not known."""
    simulated: bool = False
    """True for a phantom or a demonstration: it never enters a cohort of patients."""

    def age_years(self, on: date) -> float | None:
        """Age [years] on a day, or None when the birth date is not known."""
        return None if self.birth_date is None else (on - self.birth_date).days / 365.25


@migration("Patient", 1)
def _patient_1_to_2(fields: dict[str, Any]) -> dict[str, Any]:
    """Version 1 wrote `weight_kg` and a stature in centimetres."""
    lifted = dict(fields)
    if "weight_kg" in lifted:
        lifted["mass_kg"] = lifted.pop("weight_kg")
    if "height_cm" in lifted:
        height_cm = lifted.pop("height_cm")
        lifted["stature_mm"] = None if height_cm is None else height_cm * 10.0
    return lifted


class Role(StrEnum):
    """What a person of the clinic may do."""

    CLINICIAN = "clinician"
    THERAPIST = "therapist"
    DEMONSTRATION = "demonstration"


class Clinician(Value):
    """A named person who answers, overrides or signs."""

    name: Annotated[str, Field(min_length=2, max_length=120)]
    role: Role = Role.CLINICIAN
