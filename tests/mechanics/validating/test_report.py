"""The report: verdicts, scores, goals, JSON and the page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from opentraction.chart import NotConverged
from opentraction.mechanics.patient.widths import widths
from opentraction.mechanics.validating import (
    LinearBench,
    Load,
    Phase,
    Role,
    Status,
    Subject,
    Trace,
    ValidationReport,
    document,
    likely_reason,
    page,
    validate,
)
from opentraction.mechanics.validating.figures import curve_svg, ratio_svg, ticks
from opentraction.mechanics.validating.linear import LinearColumn

HEAD = "id,quantity,level,condition,load_value,load_unit,value,low,high,unit,kind,verified,source\n"


@pytest.fixture(scope="module")
def report() -> ValidationReport:
    return validate(LinearBench(samples=2))


def table(folder: Path, *rows: str) -> Path:
    path = folder / "targets.csv"
    path.write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_every_row_of_the_table_stands_in_the_report(report: ValidationReport) -> None:
    assert [row.target.id for row in report.rows] == [f"V{k:03d}" for k in range(1, 180)]
    assert report.zero_passed == 0
    assert {row.duty.role for row in report.counted} == {Role.CHECK}
    assert all(row.target.verified for row in report.counted)
    assert "V002" not in {row.target.id for row in report.counted}
    assert report.row("V086").status is Status.CANNOT_SAY
    assert report.row("V051").status is Status.WEAK
    with pytest.raises(KeyError):
        report.row("V999")


def test_at_least_65_rows_that_count_are_answered(report: ValidationReport) -> None:
    assert len(report.counted) == 72
    assert report.goals[0].met
    unanswered = {row.target.id for row in report.counted if row.model is None}
    assert unanswered == {"V054", "V055"}, "only what a disc without time cannot show"
    assert {report.row(identity).status for identity in unanswered} == {Status.FAIL}


def test_the_null_model_beside_itself_scores_the_same(report: ValidationReport) -> None:
    for score in report.scores:
        assert score.passed == score.linear_passed
        assert score.zero_passed == 0
    assert report.scores[-1].group == "all"
    assert report.scores[-1].counted == sum(score.counted for score in report.scores[:-1])
    assert 0.1 < report.scores[-1].share < 0.5


def test_goals_name_every_group_of_five_or_more(report: ValidationReport) -> None:
    said = [goal.what for goal in report.goals]
    for group in (
        "disc only",
        "traction",
        "facets",
        "creep and diurnal",
        "posture",
        "foramina",
        "stiffness",
        "all",
    ):
        assert f"{group} (must)" in said
        assert f"{group} (goal)" in said
    asked = {goal.what: goal.asked for goal in report.goals}
    assert (asked["disc only (must)"], asked["all (must)"], asked["facets (must)"]) == ("80%", "70%", "50%")
    assert (asked["disc only (goal)"], asked["all (goal)"], asked["facets (goal)"]) == ("85%", "80%", "65%")


def test_the_json_is_strict_and_has_the_agreed_shape(report: ValidationReport) -> None:
    text = json.dumps(document(report), allow_nan=False)
    rows = json.loads(text)["rows"]
    assert len(rows) == 179
    assert {row["status"] for row in rows} <= {"pass", "fail", "weak", "cannot_say"}
    by_id = {row["id"]: row for row in rows}
    assert by_id["V001"]["passes_between"] == [None, -13.3]
    assert by_id["V001"]["model_p05_p50_p95"][1] < -100.0, "MPa are given as the row's kPa"
    assert by_id["V046"]["conflicts"] == ["V050"]
    assert by_id["V145"]["role"] == "input"
    assert not by_id["V145"]["counts"]


class Strict(HTMLParser):
    """Every tag that is opened is closed, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.linked: list[str] = []

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.linked += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.linked += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_and_fetches_nothing(report: ValidationReport) -> None:
    text = page(report)
    reader = Strict()
    reader.feed(text)
    assert reader.open == []
    assert reader.linked == []
    assert "url(" not in text
    for row in report.rows:
        assert f"<strong>{row.target.id}</strong>" in text
    assert text.count("<figure>") == len(report.curves) + 6
    assert "SIMULATED" in text
    assert "nan" not in text.lower().replace("finance", "")


def test_the_page_tells_prior_from_posterior(report: ValidationReport) -> None:
    text = page(report)
    _, _, parameters = text.partition("<h2>Parameters</h2>")
    found = widths()
    for one in found:
        assert f"<strong>{one.name}</strong><br><small>{one.group}</small>" in parameters
    dominated = sum(one.dominated for one in found)
    assert parameters.count(">prior-dominated<") == dominated
    assert parameters.count(">narrowed<") == len(found) - dominated
    assert f"{len(found) - dominated} of {len(found)} parameters are narrowed" in parameters


def test_every_curve_has_its_points_and_windows(report: ValidationReport) -> None:
    assert len(report.curves) == 8
    points = [point for curve in report.curves for point in curve.points]
    assert {point.id for point in points} == {f"V{k:03d}" for k in range(71, 107)}
    for curve in report.curves:
        assert curve.load[0] == 0.0
        assert curve.load[-1] == 8.0
        for point in curve.points:
            assert point.low <= point.value <= point.high


class Failing(LinearColumn):
    def march(self, phases: Sequence[Phase], *, start: object | None = None) -> Trace:
        raise NotConverged("sample 1 finds no balance.")


class Patchy(LinearColumn):
    def static(self, load: Load, **more: object) -> Trace:
        trace = super().static(load, **more)  # type: ignore[arg-type]
        trace.rotation_rad[..., 0] = np.nan
        return trace


def test_a_model_that_finds_no_balance_fails_the_row() -> None:
    class FailingBench(LinearBench):
        def column(self, subject: Subject) -> LinearColumn:
            return Failing(subject, self.samples)

    found = validate(FailingBench(), only=("V059", "V084", "V077"))
    assert found.row("V059").status is Status.FAIL
    assert "no balance" in likely_reason(found.row("V059"))
    assert found.row("V077").status is not Status.PASS
    assert found.curves == ()


def test_samples_without_an_answer_are_told() -> None:
    class PatchyBench(LinearBench):
        def column(self, subject: Subject) -> LinearColumn:
            return Patchy(subject, self.samples)

    some = validate(PatchyBench(samples=4), only=("V095",)).row("V095")
    assert some.model is not None
    assert some.note == "no answer in 1 of 4 samples"
    none = validate(PatchyBench(samples=2), only=("V095",)).row("V095")
    assert none.model is None
    assert none.status is Status.FAIL


def test_another_table_is_judged_by_its_words(tmp_path: Path) -> None:
    path = table(
        tmp_path,
        '"X1",rotation,L4-L5,"flexion, pure moment, disc only",5,Nm,7.5,,,deg,in_vitro,yes,NEW',
        '"X2",grip strength,hand,,,,1,,,N,in_vivo,yes,NEW',
        '"X3",rotation,L4-L5,"flexion, pure moment, disc only",5,Nm,7.5,,,furlong,in_vitro,yes,NEW',
        '"V058",intradiscal pressure,L4-L5,upright sitting,,,9,,,MPa,in_vivo,no,NEW',
        '"X5",disc height anterior,L4-L5,MRI,,,15,,,mm,in_vivo,yes,NEW',
    )
    found = validate(LinearBench(), path)
    assert [row.status.value for row in found.rows] == [
        "pass",
        "cannot_say",
        "cannot_say",
        "fail",
        "cannot_say",
    ]
    assert [row.target.id for row in found.counted] == ["X1"]
    assert "unit" in found.row("X3").note
    assert found.row("X5").duty.role is Role.INPUT


def test_reasons_name_the_side_of_a_miss(report: ValidationReport) -> None:
    assert likely_reason(report.row("V024")) == "the answer is too small"
    assert likely_reason(report.row("V012")).startswith("the answer is too large")
    assert "wrong sign" in likely_reason(report.row("V041"))
    assert likely_reason(report.row("V046")) == "the answer is too small; papers disagree: V050"


def test_ticks_are_round_and_inside() -> None:
    assert ticks(0.0, 8.16) == [0.0, 2.0, 4.0, 6.0, 8.0]
    assert ticks(-0.3, 0.3) == [-0.2, 0.0, 0.2]


def test_figures_take_plain_numbers() -> None:
    drawing = curve_svg(
        [0.0, 1.0], [0.0, 1.0], [0.0, 2.0], [0.0, 3.0], [0.0, 1.5], [("A<1>", 1.0, 2.0, 1.5, 2.5, "pass")],
        x_label="x", y_label="y", label="one",
    )  # fmt: skip
    assert "A&lt;1&gt;" in drawing
    assert 'class="pass"' in drawing
    row = ("B", "3 mm", (4.0, 5.0, 6.0), None, (0.5, float("inf")), "fail")
    assert ">&gt;<" in ratio_svg([row], label="two"), "what lies beyond the axis has an arrow"
