"""Windows and verdicts: the rules by which a row is passed."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opentraction.chart import BadInput
from opentraction.mechanics.validating import Shape, Status, Target, read_targets, window
from opentraction.mechanics.validating.acceptance import verdict

HEAD = "id,quantity,level,condition,load_value,load_unit,value,low,high,unit,kind,verified,source\n"


def table(folder: Path, *rows: str) -> Path:
    path = folder / "targets.csv"
    path.write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")
    return path


def target(value: str = "", low: str = "", high: str = "", condition: str = "", unit: str = "mm") -> Target:
    def number(text: str) -> float:
        return float(text) if text else math.nan

    return Target(
        "A", "q", "L4-L5", condition, math.nan, "", number(value), number(low), number(high), unit,
        "in_vivo", True, "X",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("row", "shape", "edges"),
    [
        (target("10"), Shape.SCALAR, (5.0, 15.0)),
        (target("10"), Shape.CURVE, (7.5, 12.5)),
        (target("-10"), Shape.SCALAR, (-15.0, -5.0)),
        (target("10", "8", "12", "[spread: SD]"), Shape.SCALAR, (6.0, 14.0)),
        (target("10", "8", "12", "[spread: SD]"), Shape.CURVE, (8.0, 12.0)),
        (target("31.3", "0", "64.7", "[spread: SD]"), Shape.SCALAR, (-35.5, 98.1)),
        (target("10", "9", "12", "[spread: 95% CI]"), Shape.SCALAR, (9.0, 12.0)),
        (target("10", "9", "12", "[spread: min-max, lower bar clipped at 0]"), Shape.CURVE, (9.0, 12.0)),
        (target("", "53", "140"), Shape.SCALAR, (53.0, 140.0)),
        (target("-13", "", "-13"), Shape.SCALAR, (-math.inf, -13.0)),
        (target("3", "3", ""), Shape.SCALAR, (3.0, math.inf)),
        (target("", "3", ""), Shape.SCALAR, (3.0, math.inf)),
        (target("0"), Shape.SCALAR, (-0.5, 0.5)),
        (target("0", unit="deg"), Shape.SCALAR, (-1.0, 1.0)),
    ],
)
def test_windows_follow_the_rule(row: Target, shape: Shape, edges: tuple[float, float]) -> None:
    found = window(row, shape)
    assert (found.low, found.high) == pytest.approx(edges)
    assert found.rule


def test_a_value_may_be_read_as_a_bound() -> None:
    most = window(target("0.08"), Shape.SCALAR, "at most")
    assert most.weak
    assert most.holds(0.08)
    assert not most.holds(0.09)
    assert not window(target("8"), Shape.SCALAR, "at least").weak


def test_zero_makes_a_row_weak_whatever_the_model_says() -> None:
    frame = window(target("0.02", "0", "0.09", "[spread: min-max]"), Shape.CURVE)
    assert verdict(frame, 0.02) is Status.WEAK
    assert verdict(frame, 5.0) is Status.WEAK
    assert verdict(window(target("1"), Shape.SCALAR), 1.2) is Status.PASS
    assert verdict(window(target("1"), Shape.SCALAR), 1.6) is Status.FAIL
    assert verdict(window(target("1"), Shape.SCALAR), math.nan) is Status.FAIL
    assert verdict(window(target("1"), Shape.SCALAR), None) is Status.CANNOT_SAY


@given(st.floats(-1e6, 1e6).filter(lambda v: abs(v) > 1e-6), st.sampled_from(list(Shape)))
def test_the_value_itself_always_passes_and_zero_never(value: float, shape: Shape) -> None:
    frame = window(target(repr(value)), shape)
    assert frame.holds(value)
    assert not frame.weak


def test_bad_tables_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,value\nV001,1\n", encoding="utf-8")
    with pytest.raises(BadInput, match="missing"):
        read_targets(tmp_path / "a.csv")
    with pytest.raises(BadInput, match="number in 'value'"):
        read_targets(table(tmp_path, "A,q,L,plain,,,ten,,,mm,in_vivo,yes,X"))
    with pytest.raises(BadInput, match="number in 'low'"):
        read_targets(table(tmp_path, "A,q,L,plain,,,1,inf,,mm,in_vivo,yes,X"))
    with pytest.raises(BadInput, match="readable"):
        read_targets(tmp_path / "none.csv")
    with pytest.raises(BadInput, match="a value, or a low and a high"):
        read_targets(table(tmp_path, "A,q,L,plain,,,,,,mm,in_vivo,yes,X"))
    with pytest.raises(BadInput, match="twice or more: A"):
        read_targets(table(tmp_path, *["A,q,L,plain,,,1,,,mm,in_vivo,yes,X"] * 2))


def test_a_cell_may_hold_a_line_break_and_a_comma(tmp_path: Path) -> None:
    (found,) = read_targets(
        table(tmp_path, 'A,q,L4-L5,"one,\ntwo [spread: SD]",,,1,0.5,1.5,mm,in_vivo,yes,X')
    )
    assert found.spread == "SD"
    assert window(found, Shape.CURVE).high == 1.5
