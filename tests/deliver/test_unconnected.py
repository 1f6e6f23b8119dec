"""Tables without an interface: the sheet never asks for more than planned; what is typed back is checked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sessions_by_hand import NOW, make_approved, make_long_profile, make_profile

from opentraction.chart import (
    BadInput,
    Capability,
    Clinician,
    Family,
    InterlockKind,
    NativeUnit,
    Ramp,
    RampShape,
    RecordKind,
    Refused,
    Release,
    SessionEnd,
    TractionProfile,
)
from opentraction.deliver import (
    NEWTON_PER,
    TypedReturn,
    TypedStop,
    clear_trips,
    find_table,
    list_tables,
    refuse_unless_signed,
    reported_session,
    round_down,
    run,
    setting_sheet,
)

LB = NEWTON_PER[NativeUnit.POUND]


def capability(**changes: Any) -> Capability:
    fields: dict[str, Any] = {
        "table_id": "old-table",
        "maker": "Maker",
        "simulated": False,
        "connected": False,
        "force_max_n": 200.0 * LB,
        "rate_max_n_per_s": 50.0,
        "modes": (Family.STATIC, Family.INTERMITTENT),
        "native_unit": NativeUnit.POUND,
    }
    return Capability(**{**fields, **changes})


def typed(**changes: Any) -> TypedReturn:
    told = {"highest_pull": 67.0, "duration_s": 65.0, "end": SessionEnd.DONE, "by": Clinician(name="Ann")}
    return TypedReturn(**{**told, **changes})


@pytest.mark.hazard("H1")
def test_300_newtons_are_67_pounds_on_a_table_of_whole_pounds() -> None:
    """300 N are 67.44 lb; 67 lb are 298.03 N."""
    sheet = setting_sheet(make_approved(), capability())
    pull = next(row for row in sheet.rows if row.name == "Highest pull")
    assert (pull.planned, pull.set_to, pull.why) == ("300.0 N", "67 lb", "rounded down")
    assert sheet.profile.peak_force_n == pytest.approx(298.0308, abs=1e-3)
    assert sheet.differences == (
        "The highest pull is 67 lb (298.0 N) instead of 300.0 N: "
        "rounded down to the table's step, and no higher than its rating.",
    )
    assert "whole lb are assumed" in " ".join(sheet.to_check)


@pytest.mark.hazard("H7")
def test_the_sheet_is_bound_to_the_plan_and_the_patient() -> None:
    approved = make_approved()
    sheet = setting_sheet(approved, capability())
    assert sheet.plan_digest == approved.approval.plan_digest
    assert sheet.patient_id == "patient-1"
    assert sheet.limit.reason == "half of body weight"


def test_steps_are_in_the_tables_own_unit() -> None:
    steps = setting_sheet(make_approved(), capability()).steps
    assert [(step.what, step.pull, step.duration_s) for step in steps] == [
        ("go to", 67.0, 30.0),
        ("stay at", 67.0, 20.0),
        ("let go to", 0.0, 15.0),
    ]


def test_a_logarithmic_rise_becomes_a_straight_one_which_pulls_less() -> None:
    profile = TractionProfile(
        name="log",
        family=Family.LOG_RAMP,
        segments=(
            Ramp(force_n=300.0, duration_s=60.0, shape=RampShape.LOGARITHMIC),
            Release(duration_s=15.0),
        ),
    )
    sheet = setting_sheet(make_approved(profile), capability())
    assert sheet.profile.family is Family.STATIC
    assert "straight" in sheet.differences[0]
    assert all(sheet.profile.force_at(t) <= profile.force_at(t) for t in range(60))


def test_a_table_that_rises_slowly_gets_longer_ramps() -> None:
    sheet = setting_sheet(make_approved(), capability(rate_max_n_per_s=5.0))
    assert sheet.profile.segments[0].duration_s == pytest.approx(67 * LB / 5.0)
    assert "instead of 30 s" in sheet.differences[0]


def test_what_the_table_does_not_offer_is_refused() -> None:
    cyclic = TractionProfile(
        name="c", family=Family.CYCLIC, segments=(Ramp(force_n=50, duration_s=5), Release(duration_s=5))
    )
    with pytest.raises(Refused, match="offers static, intermittent"):
        setting_sheet(make_approved(cyclic), capability())
    with pytest.raises(Refused, match="pulls at 18 deg"):
        setting_sheet(make_approved(make_profile(angle_deg=18.0)), capability())


@pytest.mark.hazard("H1")
@given(
    peak_n=st.floats(20.0, 800.0),
    step_n=st.floats(0.5, 50.0),
    top_n=st.floats(50.0, 900.0),
    rate=st.floats(1.0, 60.0),
)
def test_snapping_never_pulls_harder_or_faster(
    peak_n: float, step_n: float, top_n: float, rate: float
) -> None:
    approved = make_approved(make_profile(peak_n), limit_n=800.0)
    table = capability(force_step_n=step_n, force_max_n=top_n, rate_max_n_per_s=rate)
    profile = setting_sheet(approved, table).profile
    assert profile.peak_force_n <= min(peak_n, top_n) + 1e-9
    assert profile.steepest_n_per_s <= rate + 1e-9


@pytest.mark.parametrize(
    ("value", "step", "down"), [(67.4, 1.0, 67.0), (10.0, 2.5, 10.0), (9.99, 2.5, 7.5), (3.0, None, 3.0)]
)
def test_rounding_is_towards_less(value: float, step: float | None, down: float) -> None:
    assert round_down(value, step) == pytest.approx(down)


def test_a_typed_session_is_reported_not_measured() -> None:
    session = reported_session(make_approved(), capability(), typed(), started_at=NOW)
    assert session.kind is RecordKind.REPORTED
    assert session.end is SessionEnd.DONE
    assert all(sample.measured_n is None for sample in session.samples)
    assert max(sample.commanded_n for sample in session.samples) == pytest.approx(67 * LB)
    assert session.samples[-1].time_s == 65.0
    assert session.samples[-1].commanded_n == 0.0
    assert session.comparison.rms_error_n is None
    assert session.comparison.delivered_impulse_n_s is None
    assert session.comparison.missed[0].startswith("Reported by Ann, not measured")
    assert not session.simulated


def test_a_session_cut_short_says_so() -> None:
    report = typed(
        highest_pull=50.0,
        duration_s=40.0,
        end=SessionEnd.STOPPED_BY_PATIENT,
        stops=(TypedStop(at_s=38.0, why="leg pain"),),
    )
    session = reported_session(make_approved(), capability(), report, started_at=NOW)
    assert session.events[0].what == "Stop: leg pain"
    assert session.comparison.missed[1:] == (
        "The highest pull reported is 222 N, planned were 300 N.",
        "It lasted 0:40 min of 1:05 min: stopped by the patient.",
    )


@pytest.mark.hazard("H1")
def test_a_reported_pull_above_the_limit_is_kept_as_a_trip() -> None:
    session = reported_session(make_approved(), capability(), typed(highest_pull=80.0), started_at=NOW)
    assert [trip.interlock for trip in session.trips] == [InterlockKind.OVER_FORCE]
    assert "356 N was reported" in session.trips[0].sentence
    assert session.trips[0].cleared_by == ""


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"highest_pull": 300.0}, "another unit"),
        ({"duration_s": 3900.0}, "in seconds"),
        ({"duration_s": 30.0}, "Say how it ended"),
        ({"stops": (TypedStop(at_s=99.0, why="cough"),)}, "after the end"),
    ],
)
def test_what_cannot_be_is_asked_about(changes: dict[str, Any], word: str) -> None:
    with pytest.raises(BadInput, match=word):
        reported_session(make_approved(), capability(), typed(**changes), started_at=NOW)


def test_the_known_tables_say_what_is_not_known() -> None:
    tables = list_tables()
    assert len(tables) >= 6
    assert len({table.table_id for table in tables}) == len(tables)
    for table in tables:
        assert table.sources
        assert "force_step_n" in table.unknown
    assert "force_max_n" not in find_table("saunders-lumbar").unknown


def test_an_unknown_rating_is_asked_never_guessed() -> None:
    with pytest.raises(BadInput, match="No source gives force_max_n, rate_max_n_per_s, native_unit"):
        find_table("chattanooga-triton-dts").capability()
    table = find_table("saunders-lumbar").capability(force_max_n=2000.0, rate_max_n_per_s=20.0)
    assert table.force_max_n == 889.6
    assert not table.connected


def test_an_unknown_table_names_the_known_ones() -> None:
    with pytest.raises(BadInput, match="axiom-drx9000"):
        find_table("drx")


def test_an_unconnected_table_is_never_driven(tmp_path: Any) -> None:
    from sessions_by_hand import make_plant

    from opentraction.deliver import SimulatedTable

    class Unconnected(SimulatedTable):
        def capability(self) -> Capability:
            return capability(force_max_n=900.0)

    with pytest.raises(Refused, match="setting sheet"):
        run(make_approved(), Unconnected(make_plant(), seed=1), record=tmp_path / "r", started_at=NOW)


def test_a_long_plan_has_cycles_on_its_sheet() -> None:
    sheet = setting_sheet(make_approved(make_long_profile()), capability())
    names = [row.name for row in sheet.rows]
    low = sheet.rows[names.index("Lowest pull between")]
    assert (low.planned, low.set_to, low.why) == ("150.0 N", "33 lb", "rounded down")
    assert sheet.steps[0].pull == 67.0


def test_how_it_ended_is_typed_never_taken_for_granted() -> None:
    with pytest.raises(BadInput, match="end"):
        TypedReturn(highest_pull=67.0, duration_s=65.0, by=Clinician(name="Ann"))


def test_the_pull_on_the_plate_can_be_typed_back() -> None:
    """The plate says 200 lb, which is 889.644 N; its source gives 889.6 N."""
    saunders = find_table("saunders-lumbar").capability(rate_max_n_per_s=20.0)
    session = reported_session(make_approved(), saunders, typed(highest_pull=200.0), started_at=NOW)
    assert [trip.interlock for trip in session.trips] == [InterlockKind.OVER_FORCE]
    with pytest.raises(BadInput, match="another unit"):
        reported_session(make_approved(), saunders, typed(highest_pull=201.0), started_at=NOW)


@pytest.mark.hazard("H7", "H8")
def test_nobody_is_treated_by_a_plan_whose_screening_lapsed_or_over_a_trip() -> None:
    plan = make_approved().plan
    lapsed = make_approved(eligibility=plan.eligibility.replace(stands_until=NOW + timedelta(days=7)))
    refuse_unless_signed(lapsed, at=NOW + timedelta(days=6))
    with pytest.raises(Refused, match="lapsed on 2026-03-09"):
        refuse_unless_signed(lapsed, at=NOW + timedelta(days=8))
    tripped = reported_session(make_approved(), capability(), typed(highest_pull=80.0), started_at=NOW)
    with pytest.raises(Refused, match="is not cleared"):
        refuse_unless_signed(make_approved(), at=NOW, previous=tripped)
    refuse_unless_signed(make_approved(), at=NOW, previous=clear_trips(tripped, by=Clinician(name="Ann")))
