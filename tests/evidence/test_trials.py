"""The trials as data: what the import checks catch, and what may be pooled."""

from __future__ import annotations

import re

import pytest

from opentraction.chart import BadInput
from opentraction.evidence import (
    check_interval,
    check_spread,
    parse_trials,
    poolable,
    problems,
    published_pools,
    regression_rates,
    sham_arm_changes,
    sources,
    traction_effects,
    trial_differences,
    trials,
    without_traction,
)
from opentraction.evidence.trials import TrialRow

HEADER = (
    "study,year,design,condition,arm,intervention,n,outcome,scale,timepoint_weeks,"
    "mean,sd,change_mean,change_sd,verified,source\n"
)


def rows(study: str) -> list[TrialRow]:
    return [row for row in trials() if row.study == study]


def test_every_row_is_read() -> None:
    assert len(trials()) == 123
    assert all(row.study and row.source and row.outcome for row in trials())
    assert {row.study for row in trials()} >= {
        "Schimmel",
        "Beurskens",
        "Choi E",
        "Amjad",
        "Cheng",
        "Wegner Cochrane",
    }


def test_every_row_names_a_paper() -> None:
    for row in trials():
        assert row.citations, row.source
    assert set(re.findall(r"\bT-[A-Z][A-Za-z0-9]*", " ".join(row.source for row in trials()))) == set(
        sources()
    )
    assert rows("Schimmel")[0].citations[0].startswith("Schimmel, Eur Spine J 2009")


def test_park_and_kim_is_caught_as_standard_error() -> None:
    assert all(not poolable(row) for row in rows("Park & Kim"))
    assert "looks like a standard error" in check_spread(0.2, low=0, high=10, n=30)


def test_harte_is_caught_as_median() -> None:
    found = rows("Harte")
    assert found
    assert all("a median, never pooled as a mean" in problems(row) for row in found)


def test_hernandez_is_caught_by_its_interval() -> None:
    (row,) = rows("Hernandez Vio")
    assert row.interval == (-1.96, -0.25)
    assert any("suspect misprint" in reason for reason in problems(row))


def test_wang_2022_and_fritz_2014_pass_the_interval_check() -> None:
    for row in rows("Wang W") + [row for row in rows("Fritz") if row.year == 2014]:
        assert row.interval is not None
        assert row.mean is not None
        assert check_interval(row.mean, *row.interval) == ""


def test_unverified_rows_are_never_pooled() -> None:
    unverified = [row for row in trials() if not row.verified]
    assert len(unverified) == 14
    assert not any(poolable(row) for row in unverified)


def test_uncontrolled_series_are_never_pooled() -> None:
    for study in ("Apfel", "Macario", "Beattie", "Cai", "Adar"):
        assert not any(poolable(row) for row in rows(study)), study


def test_a_difference_of_unknown_sign_is_not_poolable_as_it_stands() -> None:
    unsure = [row for row in trials() if not row.sign_known]
    assert len(unsure) == 5
    assert not any(poolable(row) for row in unsure)


@pytest.mark.parametrize("sd", [0.4, 6.0, 0.0, float("nan")])
def test_implausible_spread_on_a_ten_point_scale(sd: float) -> None:
    assert check_spread(sd, low=0, high=10, n=30)


@pytest.mark.parametrize("sd", [0.5, 2.3, 5.0])
def test_plausible_spread_on_a_ten_point_scale(sd: float) -> None:
    assert check_spread(sd, low=0, high=10, n=30) == ""


def test_interval_checks() -> None:
    assert check_interval(1.0, 0.5, 1.5) == ""
    assert "not in order" in check_interval(1.0, 1.5, 0.5)
    assert "suspect" in check_interval(1.0, 0.9, 1.8)


def test_schimmel_difference_as_computed_by_hand() -> None:
    (item,) = [found for found in trial_differences() if found.study == "Schimmel 2009"]
    assert item.effect == pytest.approx(-4.0)
    half = 1.96 * item.variance**0.5
    assert (item.effect - half, item.effect + half) == pytest.approx((-17.7, 9.7), abs=0.06)
    assert item.sham_controlled


def test_choi_difference_as_computed_by_hand() -> None:
    (item,) = [found for found in trial_differences() if found.study == "Choi E 2022"]
    assert item.effect == pytest.approx(-20.5)
    half = 1.96 * item.variance**0.5
    assert (item.effect - half, item.effect + half) == pytest.approx((-33.8, -7.2), abs=0.06)


def test_amjad_is_turned_so_that_negative_favours_traction() -> None:
    (item,) = [
        found for found in trial_differences() if "VAS" in found.outcome and found.study == "Amjad 2022"
    ]
    assert item.effect == -1.07
    assert item.variance == pytest.approx(0.32**2)


def test_no_baseline_and_no_neck_among_the_differences() -> None:
    assert all(item.weeks > 0 for item in trial_differences())
    assert not any("Fritz" in item.study or "Young" in item.study for item in trial_differences())


def test_sham_and_unblinded_trials_are_pooled_apart() -> None:
    for effect in traction_effects():
        assert len({study.sham_controlled for study in effect.studies}) == 1
        assert effect.low < 0 < effect.high
        assert effect.prediction_low is not None
        assert effect.bias_notes


def test_the_two_readings_of_beurskens_are_both_shown() -> None:
    sham = [effect for effect in traction_effects() if effect.comparator == "sham traction"]
    signs = [
        study.effect for effect in sham for study in effect.studies if study.study.startswith("Beurskens")
    ]
    assert signs == pytest.approx([0.57, -0.57])
    assert all("both readings" in " ".join(effect.bias_notes) for effect in sham)


def test_quoted_reviews_are_lumbar_and_doubts_are_said() -> None:
    quoted = published_pools()
    assert {item.study for item in quoted} == {"Cheng", "Vanti", "Vanti VT", "Wang W", "Hernandez Vio"}
    assert [item.study for item in quoted if item.doubt] == ["Hernandez Vio"]


def test_bad_tables_are_refused_in_a_sentence() -> None:
    with pytest.raises(BadInput, match="missing: source"):
        parse_trials(HEADER.replace(",source", "") + "a\n")
    line = "X,2020,RCT,LBP,A,t,thirty,VAS,0-10,4,1,1,,,yes,s\n"
    with pytest.raises(BadInput, match="number under n in line 2, got 'thirty'"):
        parse_trials(HEADER + line)
    with pytest.raises(BadInput, match="'yes' or 'no'"):
        parse_trials(HEADER + line.replace("thirty", "30").replace("yes", "maybe"))


def test_a_mean_off_its_scale_is_caught() -> None:
    (row,) = parse_trials(HEADER + "X,2020,RCT,LBP,A,t,30,VAS,0-10,4,43,2,,,yes,s\n")
    assert any("outside the scale" in reason for reason in problems(row))


def test_sham_arms_improve_too() -> None:
    found = {item.outcome: item.change for item in sham_arm_changes() if item.study == "Schimmel 2009"}
    assert found == {"LBP VAS": -17.0, "ODI": -10.0}
    assert not any("herniation" in item.outcome for item in sham_arm_changes())


def test_herniations_shrink_by_themselves() -> None:
    rates = {item.kind: item.percent for item in regression_rates()}
    assert rates == {
        "all": 70.39,
        "sequestration": 87.77,
        "extrusion": 66.91,
        "protrusion": 37.53,
        "bulge": 13.33,
    }
    text = without_traction()
    for part in ("Schimmel 2009", "29 people", "-17", "-10", "70 %", "bulge 13 %"):
        assert part in text
