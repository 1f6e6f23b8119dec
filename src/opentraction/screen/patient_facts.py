"""What birth date, weight and height say about the rules."""

from datetime import date

from opentraction.chart import Patient
from opentraction.screen.fact import Fact, cleared, met

ADULT_YEARS = 18.0
"""Rule AB25: DRX clinic guidance and trial entry (SHOSH; NCT00414596; PORTH)."""
OLDER_YEARS = 55.0
"""Rule RE21: precaution above 55 years (OHIOST, a list for the neck); it can raise a precaution, never
clear one.
"""
BMI_LIMIT_KG_M2 = 30.0
"""Rule RE34: trial entry limited to BMI <= 30 (NCT04852900)."""
PUBLISHED_CAPACITY_KG = 181.0
"""Rule AB26: SpineMED, 400 lb (K051013). That table's figure only: above it the rule is met, below it
clears nobody elsewhere.
"""


def patient_facts(patient: Patient, on: date, table_capacity_kg: float | None) -> tuple[Fact, ...]:
    """Facts on AB25, RE21, AB26 and RE34. An unknown birth date, weight or height gives no fact."""
    return (
        *_age(patient, on),
        *_weight(patient, table_capacity_kg),
        *_bmi(patient),
    )


def _age(patient: Patient, on: date) -> tuple[Fact, ...]:
    years = patient.age_years(on)
    if years is None:
        return ()
    if years < ADULT_YEARS:
        return (met("AB25", f"Age {years:.1f} years, under {ADULT_YEARS:.0f}."),)
    facts = cleared("AB25", f"Age {int(years)} years.")
    if years > OLDER_YEARS:
        facts += (met("RE21", f"Age {years:.1f} years, above {OLDER_YEARS:.0f} (OHIOST)."),)
    return facts


def _weight(patient: Patient, capacity_kg: float | None) -> tuple[Fact, ...]:
    mass = patient.mass_kg
    if mass is None:
        return ()
    if capacity_kg is None:
        if mass > PUBLISHED_CAPACITY_KG:
            reason = (
                f"Weight {mass:.0f} kg is above {PUBLISHED_CAPACITY_KG:.0f} kg, the only table capacity "
                "found in print (SpineMED, K051013). Name the capacity of the table to be used."
            )
            return (met("AB26", reason),)
        return ()
    if mass > capacity_kg:
        return (met("AB26", f"Weight {mass:.0f} kg is above this table's {capacity_kg:.0f} kg."),)
    return cleared("AB26", f"Weight {mass:.0f} kg, this table carries {capacity_kg:.0f} kg.")


def _bmi(patient: Patient) -> tuple[Fact, ...]:
    if patient.mass_kg is None or patient.stature_mm is None:
        return ()
    bmi = patient.mass_kg / (patient.stature_mm / 1000.0) ** 2
    if bmi > BMI_LIMIT_KG_M2:
        return (met("RE34", f"BMI {bmi:.1f} kg/m2, above {BMI_LIMIT_KG_M2:.0f}."),)
    return cleared("RE34", f"BMI {bmi:.1f} kg/m2.")
