"""The roles of the package's own rows, written out; and the words of other tables."""

from __future__ import annotations

import csv
import math
from dataclasses import replace
from importlib.resources import files

import pytest

from opentraction.chart import Level
from opentraction.mechanics.validating import (
    REGISTRY,
    Role,
    Shape,
    Silent,
    Target,
    asked,
    duty,
    read_row,
    read_targets,
    understood,
    window,
)
from opentraction.mechanics.validating.words import RULES

TURN, KNEES, L45 = "axial rotation", "lifting, knees bent", Level.L4_L5
NORMS = {f"V{k:03d}" for k in [*range(29, 32), *range(145, 180)]}
OWN = {target.id: target for target in read_targets()}


def written() -> dict[str, dict[str, str]]:
    text = files("opentraction.mechanics.validating").joinpath("rows.csv").read_text(encoding="utf-8")
    return {row["id"]: row for row in csv.DictReader(text.splitlines())}


def test_every_row_has_a_duty_and_a_reason() -> None:
    rows = written()
    assert list(rows) == list(OWN)
    assert len(OWN) == 179
    for identity, row in rows.items():
        assert row["reason"], identity
        assert row["meaning"] or row["role"] in ("input", "cannot say"), identity
        for other in row["conflicts"].split():
            assert other in OWN


def test_what_is_written_is_what_is_read_from_the_words() -> None:
    for identity, row in written().items():
        reading = read_row(OWN[identity])
        if isinstance(reading, Silent):
            assert (row["experiment"], row["parameters"]) == ("", ""), identity
            assert row["role"] == ("input" if reading.is_input else "cannot say"), identity
        else:
            assert (row["experiment"], row["parameters"]) == (reading.experiment, reading.words), identity
            assert row["group"] == REGISTRY[reading.experiment].group.value, identity


def test_rows_that_measured_different_things_are_told_apart() -> None:
    assert len({target.what for target in OWN.values()}) == len(OWN)


FROM_MEMORY = {"V053", "V057", "V126", *(f"V{k}" for k in range(133, 143))}
"""Not verified, so they could not count as checks: they may help to set parameters."""


def test_norms_never_count_and_calibration_stands_apart() -> None:
    roles = {identity: duty(target).role for identity, target in OWN.items()}
    assert {identity for identity, role in roles.items() if role is Role.INPUT} == NORMS | {"V010", "V017"}
    assert {identity for identity, role in roles.items() if role is Role.CALIBRATION} == {
        "V020", "V048", "V058", "V070", *(f"V{k:03d}" for k in [83, 84, 85, *range(87, 95)]),
        *FROM_MEMORY,
    }  # fmt: skip
    assert not any(OWN[identity].verified for identity in FROM_MEMORY)
    for identity in ("V011", "V034", "V035", "V036", "V086"):
        assert roles[identity] is Role.CANNOT_SAY


def countable(target: Target) -> bool:
    found = duty(target)
    weak = window(target, found.shape, found.bound).weak
    return found.role is Role.CHECK and target.verified and not target.secondary and not weak


def test_enough_rows_count_in_every_group() -> None:
    counted: dict[str, int] = {}
    for target in OWN.values():
        if countable(target):
            assert duty(target).question is not None
            counted[duty(target).group.value] = counted.get(duty(target).group.value, 0) + 1
    assert counted == {
        "disc only": 19, "traction": 13, "facets": 6, "creep and diurnal": 8, "posture": 8, "foramina": 9,
        "stiffness": 9,
    }  # fmt: skip
    assert sum(counted.values()) == 72


def test_papers_that_disagree_are_marked_on_both_sides() -> None:
    conflicts = {identity: set(duty(target).conflicts) for identity, target in OWN.items()}
    assert conflicts["V046"] == conflicts["V047"] == {"V050"}
    assert conflicts["V018"] == {"V021"}
    assert conflicts["V021"] == {"V018"}
    assert conflicts["V086"] == conflicts["V087"] == {"V083", "V098"}
    assert all(
        identity in conflicts[other] or other == "V050"
        for identity, named in conflicts.items()
        for other in named
    )
    assert conflicts["V050"] == {"V046", "V047"}


def other(
    quantity: str,
    level: str,
    condition: str = "",
    load: float = math.nan,
    load_unit: str = "",
    unit: str = "-",
) -> Target:
    return Target(
        "Z1", quantity, level, condition, load, load_unit, 1.0, math.nan, math.nan, unit, "in_vivo", True, "X"
    )


@pytest.mark.parametrize(
    ("row", "question"),
    [
        (
            other("rotation", "L2-L3", "left lateral bending, pure moment, disc only", 3.0, "Nm", "deg"),
            asked("disc_rotation", direction="left lateral bending", moment_nm=3.0, level=Level.L2_L3),
        ),
        (
            other("intradiscal pressure change", "L4-L5",
                  "axial torsion, pure moment, ligaments and posterior elements removed", 5.0, "Nm", "MPa"),
            asked("disc_pressure", direction="axial rotation", moment_nm=5.0, level=Level.L4_L5),
        ),
        (
            other("rotation, axial rotation", "L3-L4", "whole spine, 280 N follower load", 7.5, "Nm", "deg"),
            asked("spine_rotation", direction=TURN, moment_nm=7.5, levels="L3-L4", follower_n=280.0),
        ),
        (
            other("stature gain", "whole spine", "30 min traction, n=9 men 80 kg", 45.0, "%BW", "mm"),
            asked("stature_gain", at_min=30.0, percent_bw=45.0, table="plain table", mass_kg=80.0),
        ),
        (
            other("intradiscal pressure", "L3-L4", "lifting 10 kg, bent knees; 45 y 82 kg", unit="MPa"),
            asked("posture_pressure", posture=KNEES, held_kg=10.0, level=Level.L3_L4, mass_kg=82.0),
        ),
        (
            other("disc height change AM to PM", "L3-L4", "MRI", unit="%"),
            asked("day_change", what="height", level="L3-L4"),
        ),
        (
            other("intradiscal pressure increase after bilateral facetectomy", "L4-L5", "flexion", unit="%"),
            asked("facetectomy", what="pressure", sides="bilateral", direction="flexion", level=L45),
        ),
        (
            other("segment elongation, final viscoelastic after 10 min", "L4-L5",
                  "cervical suspension in water, age > 60 y", 20.0, "N extra weight", "mm"),
            asked("water_traction", weight_n=20.0, age="old", when_s=600.0, levels="L4-L5"),
        ),
        (
            other("disc volume change AM to PM", "L3-L4/L4-L5", "MRI", unit="%"),
            asked("day_change", what="volume", level="L3-L4/L4-L5"),
        ),
        (
            other("minimum foraminal width change", "L4/L5", "DynaWell, healthy young", unit="%"),
            asked("pressed_opening", what="foramen least width", levels="L4-L5", people="young"),
        ),
        (
            other("flexion-extension range of motion", "L1-L5", "pure moment", 7.5, "Nm", "deg"),
            asked("spine_rotation", direction="flexion + extension", moment_nm=7.5, follower_n=0.0,
                  levels="L1-L2/L2-L3/L3-L4/L4-L5"),
        ),
        (
            other("bending stiffness", "lumbar FSU", "flexion", 20.0, "Nm", "Nm/deg"),
            asked("turning_stiffness", direction="flexion", moment_nm=20.0, level=L45),
        ),
        (
            other("disc bulge change per gram of nucleus removed", "lumbar", "", 1.0, "g", "mm"),
            asked("gram_bulge", grams=1.0, level=L45),
        ),
        (
            other("facet contact force", "T12-L2", "400 N + axial torsion, contralateral", 400.0, "N", "N"),
            asked("facet_force", level=Level.L1_L2, side="contralateral", follower_n=400.0, direction=TURN,
                  moment_nm=7.5, segment="alone"),
        ),
        (
            other("stature gain", "whole spine", "42 min traction, after 21 min; 87 kg", 60.0, "%BW", "mm"),
            asked("stature_gain", at_min=21.0, percent_bw=60.0, table="plain table", mass_kg=87.0),
        ),
        (
            other("facet contact force", "L3-L4", "FE, extension", 7.5, "Nm", "N"),
            asked("facet_force", level=Level.L3_L4, side="mean", follower_n=0.0, direction="extension",
                  moment_nm=7.5, segment="spine"),
        ),
        (
            other("intradiscal pressure", "L4-L5", "flexion, pure moment, whole spine", 7.5, "Nm", "MPa"),
            asked("spine_pressure", moment_nm=7.5, follower_n=0.0, level=L45, direction="flexion"),
        ),
        (
            other("intradiscal pressure", "L3-L4", "FE, follower load", 800.0, "N", "MPa"),
            asked("spine_pressure", moment_nm=0.0, follower_n=800.0, level=Level.L3_L4, direction="all"),
        ),
        (
            other("stiffness multiplier vs no preload, isolated disc", "L3-L4", "6x6", 500.0, "N"),
            asked("preload_factor", preload_n=500.0, structures="disc", levels="L3-L4"),
        ),
    ],
)  # fmt: skip
def test_other_tables_are_read_by_their_words(row: Target, question: object) -> None:
    assert read_row(row) == question
    found = duty(row)
    assert found.role is Role.CHECK
    assert (found.shape is Shape.CURVE) == (found.group.value == "disc only")


@pytest.mark.parametrize(
    "row",
    [
        other("intradiscal pressure", "L4-L5", "walking", unit="MPa"),
        other("rotation", "C4-C5", "disc only, flexion, pure moment", 1.0, "Nm", "deg"),
        other("grip strength", "hand", unit="N"),
        other("disc height change AM to PM", "mean", "MRI", unit="%"),
        other("rotation", "L4-L5", "flexion, pure moment, disc only", unit="deg"),
        other("stature gain", "whole spine", "traction", unit="mm"),
    ],
)
def test_what_is_not_understood_is_said(row: Target) -> None:
    reading = read_row(row)
    assert isinstance(reading, Silent)
    assert reading.reason
    assert duty(row).role is Role.CANNOT_SAY


def test_an_id_of_ours_on_another_measurement_has_no_duty_of_ours() -> None:
    known = duty(OWN["V058"])
    assert known.role is Role.CALIBRATION
    row = other("intradiscal pressure", "L4-L5", "upright sitting", unit="MPa")
    assert duty(replace(row, id="V058")).role is Role.CHECK


def test_every_experiment_is_reached_by_some_row_and_stands_on_the_page() -> None:
    reached = {row["experiment"] for row in written().values()} - {""}
    assert set(REGISTRY) - reached == {"gram_bulge", "turning_stiffness"}, "asked by other tables only"
    page = understood()
    for each in RULES:
        assert f"| {each.quantity} | {each.conditions} |" in page
    assert all(known.does for known in REGISTRY.values())
