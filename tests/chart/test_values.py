"""Chart values: frozen, closed, with sentences for what is wrong, and JSON that older versions still open."""

import json
import math
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opentraction import chart
from opentraction.chart import (
    Answer,
    BadInput,
    BadValue,
    Guardrail,
    Level,
    Limit,
    Measure,
    Patient,
    Quality,
    Reply,
    lowest,
)


def test_a_value_cannot_be_changed():
    patient = Patient(patient_id="p1", mass_kg=80)
    with pytest.raises(ValueError, match="frozen"):
        patient.mass_kg = 70.0


def test_a_misspelt_field_is_refused_with_the_near_name():
    with pytest.raises(BadValue, match=r"Patient\.mas_kg is not a known field\. Did you mean 'mass_kg'\?"):
        Patient(patient_id="p1", mas_kg=80)


def test_an_out_of_range_field_says_what_was_expected_and_what_came():
    with pytest.raises(BadValue, match=r"mass_kg: expected less than or equal to 300, got 1000000000"):
        Patient(patient_id="p1", mass_kg=1e9)


def test_a_missing_field_is_named():
    with pytest.raises(BadValue, match=r"Patient\.patient_id is missing"):
        Patient()


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_none_is_refused(number):
    with pytest.raises(BadValue, match="finite"):
        Measure(value=number, sd=1.0, quality=Quality.MEASURED)


def test_a_wrong_value_inside_a_value_is_one_sentence():
    with pytest.raises(BadValue) as caught:
        chart.Findings(items=({"kind": "no such kind", "text": "x", "source": "image"},))
    assert "\n" not in str(caught.value)
    assert "no such kind" in str(caught.value)


def test_json_goes_out_and_comes_back():
    answer = Answer(rule_id="RF01", reply=Reply.UNKNOWN, by="Dr A", at=datetime(2026, 5, 1, 9, tzinfo=UTC))
    assert Answer.from_json(answer.to_json()) == answer


@given(
    mass=st.none() | st.floats(20, 300),
    stature=st.none() | st.floats(1000, 2300),
    born=st.none() | st.dates(date(1900, 1, 1), date(2026, 1, 1)),
)
def test_any_patient_survives_json_and_keeps_its_digest(mass, stature, born):
    patient = Patient(patient_id="p", mass_kg=mass, stature_mm=stature, birth_date=born)
    back = Patient.from_json(patient.to_json())
    assert back == patient
    assert back.digest() == patient.digest()


def test_version_1_of_a_patient_is_lifted():
    old = {
        "kind": "Patient",
        "schema_version": 1,
        "value": {"patient_id": "p", "weight_kg": 71.5, "height_cm": 168},
    }
    patient = Patient.from_json(json.dumps(old))
    assert patient.mass_kg == 71.5
    assert patient.stature_mm == 1680.0


def test_version_1_of_a_value_inside_another_is_lifted_and_only_while_it_is_read():
    class Letter(chart.Value):
        to: tuple[Patient, ...]

    fields = {"patient_id": "p", "weight_kg": 71.5, "height_cm": 168}
    old = {"kind": "Letter", "schema_version": 1, "value": {"to": [fields]}}
    letter = Letter.from_json(json.dumps(old))
    assert (letter.to[0].mass_kg, letter.to[0].stature_mm) == (71.5, 1680.0)
    for refused in (lambda: Patient(**fields), lambda: Letter(to=(fields,))):
        with pytest.raises(BadValue, match="weight_kg is not a known field"):
            refused()
    with pytest.raises(BadValue, match="weight_kg is not a known field"):
        Letter.from_json(json.dumps({**old, "schema_version": 2}))


def test_a_field_named_self_is_an_unknown_field_and_no_traceback():
    with pytest.raises(BadValue, match=r"Patient\.self is not a known field"):
        Patient.from_json('{"kind": "Patient", "schema_version": 2, "value": {"self": 1, "patient_id": "p"}}')


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "not JSON"),
        ("[]", "Expected a JSON object"),
        ('{"kind": "Spine", "schema_version": 2, "value": {}}', "Expected a Patient, got a Spine"),
        ('{"kind": "Patient", "schema_version": 99, "value": {}}', "Update OpenTraction"),
        ('{"kind": "Patient", "schema_version": 2, "value": 7}', "Expected the fields"),
    ],
)
def test_a_document_of_another_form_is_refused(text, sentence):
    with pytest.raises(BadInput, match=sentence):
        Patient.from_json(text)


def test_levels_are_read_as_people_write_them():
    assert Level("L5/S1") is Level.L5_S1
    assert Level("l4-5") is Level.L4_L5
    assert Level.L4_L5.above == "L4"
    assert Level.L5_S1.place == 4


@pytest.mark.parametrize(("text", "region"), [("C5-C6", "cervical"), ("T11-T12", "not lumbar")])
def test_another_region_is_refused_in_a_sentence(text, region):
    with pytest.raises(BadValue, match=f"{region}. OpenTraction plans the lumbar spine only"):
        Level(text)


def test_a_measure_gives_its_5_to_95_percent_band():
    measure = Measure(value=10.0, sd=1.0, quality=Quality.MEASURED)
    assert measure.low == pytest.approx(10 - 1.644854, abs=1e-6)
    assert measure.high == pytest.approx(10 + 1.644854, abs=1e-6)


def test_the_lowest_limit_binds_and_keeps_its_reason():
    rating = Limit(force_n=890, reason="table rating", source="plate")
    clinician = Limit(force_n=400, reason="clinician's cap", source="Dr A")
    assert lowest((rating, clinician)).reason == "clinician's cap"


def test_no_limit_at_all_is_an_error_not_no_bound():
    with pytest.raises(BadValue, match="at least one limit"):
        lowest(())


def test_a_guardrail_refuses_asks_or_is_content():
    rail = Guardrail(name="Peak force", unit="N", usual=(0, 400), absolute=(0, 900), source="rating plate")
    assert rail.question(300) is None
    assert rail.question(500) == "Peak force 500 N is unusual (rating plate). Keep it?"
    with pytest.raises(BadValue, match=r"Peak force must be 0 to 900 N, got 1e\+09 N \(rating plate\)"):
        rail.question(1e9)
    with pytest.raises(BadValue, match="0 to 900 N, got nan"):
        rail.question(math.nan)


def test_a_guardrail_with_crossed_ranges_is_refused():
    with pytest.raises(BadValue, match="must lie inside"):
        Guardrail(name="x", unit="N", usual=(0, 10), absolute=(2, 8), source="s")
