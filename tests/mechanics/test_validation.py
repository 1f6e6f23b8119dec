"""The machinery of the validation: rules, roles, what counts; and the page of misses."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import pytest

from opentraction import mechanics
from opentraction.chart import BadInput
from opentraction.mechanics.priors import deviates, draw, priors
from opentraction.mechanics.validation import Role, Status, acceptance, read_targets

HEAD = "id,quantity,level,condition,load_value,load_unit,value,low,high,unit,kind,verified,source\n"


def _table(tmp_path: Path, *rows: str) -> Path:
    path = tmp_path / "targets.csv"
    path.write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_windows_follow_the_rule(tmp_path: Path) -> None:
    table = read_targets(
        _table(
            tmp_path,
            "A,q,L,plain,,,10,,,mm,in_vivo,yes,X",
            "B,q,L,[spread: SD],,,10,8,12,mm,in_vivo,yes,X",
            "C,q,L,[spread: 95% CI],,,10,9,12,mm,in_vivo,yes,X",
            "D,q,L,below,,,-13,,-13,kPa,in_vivo,yes,X",
            "E,q,L,above,,,3,3,,mm,in_vivo,yes,X",
        )
    )
    windows = [acceptance(target, curve=False)[0] for target in table]
    assert windows[0] == (5.0, 15.0)
    assert windows[1] == (6.0, 14.0)
    assert windows[2] == (9.0, 12.0)
    assert windows[3] == (-math.inf, -13.0)
    assert windows[4] == (3.0, math.inf)
    assert acceptance(table[0], curve=True)[0] == (7.5, 12.5)
    assert acceptance(table[1], curve=True)[0] == (8.0, 12.0)


def test_every_row_has_a_known_role_and_experiment() -> None:
    from opentraction.mechanics.experiments import Experiments
    from opentraction.mechanics.validation import _roles

    known = {target.id for target in read_targets()}
    bench = Experiments(samples=1)
    for identity, row in _roles().items():
        assert identity in known
        role = Role(row["role"])
        assert row["reason"], identity
        assert bool(row["experiment"]) == (role in (Role.CHECK, Role.CALIBRATION)), identity
        name = row["experiment"]
        assert (
            not name
            or hasattr(bench, f"do_{name}")
            or name.rpartition("_")[0].split("_")[0] in ("flexion", "extension")
        )


def test_a_row_that_zero_passes_never_counts(tmp_path: Path) -> None:
    path = _table(
        tmp_path, "V006,q,L,plain,,,0,-1,1,mm,in_vivo,yes,X", "V999,q,L,plain,,,1,,,mm,in_vivo,yes,X"
    )
    report = mechanics.validate(path, samples=2)
    assert report.row("V006").status is Status.WEAK
    assert report.row("V999").status is Status.CANNOT_SAY
    assert report.counted == ()
    with pytest.raises(KeyError):
        report.row("V001")


def test_secondary_and_unverified_rows_never_count(tmp_path: Path) -> None:
    path = _table(
        tmp_path,
        "V059,q,L4-L5,plain,,,0.4,,,MPa,in_vivo,no,X",
        "V052,q,L4-L5,plain,,,0.2,,,MPa,in_vivo,yes,MAKER(secondary of X)",
        "V058,q,L4-L5,plain,,,0.1,,,MPa,in_vivo,yes,X",
    )
    report = mechanics.validate(path, samples=2)
    assert [row.gates for row in report.rows] == [False, False, False]
    assert {row.status for row in report.rows} == {Status.PASS}


def test_bad_tables_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,value\nV001,1\n", encoding="utf-8")
    with pytest.raises(BadInput, match="missing"):
        mechanics.validate(tmp_path / "a.csv")
    with pytest.raises(BadInput, match="number"):
        mechanics.validate(_table(tmp_path, "V001,q,L,plain,,,ten,,,mm,in_vivo,yes,X"))
    with pytest.raises(BadInput, match="readable"):
        mechanics.validate(tmp_path / "none.csv")


def test_parameters_stay_inside_their_published_ranges() -> None:
    found = draw(3, 2000)
    for name, prior in priors().items():
        assert found[name].min() >= prior.low
        assert found[name].max() <= prior.high
        assert abs((found[name] < prior.central).mean() - 0.5) < 0.05
        assert prior.reason or prior.rows, name


def test_sources_of_the_priors_exist() -> None:
    from importlib.resources import files

    folder = files("opentraction.mechanics").joinpath("data")
    known = set()
    for name in ("parameters.csv", "validation.csv"):
        known |= {
            row["id"]
            for row in csv.DictReader(folder.joinpath(name).read_text(encoding="utf-8").splitlines())
        }
    for prior in priors().values():
        assert set(filter(None, prior.rows.split(";"))) <= known


def test_a_sample_does_not_depend_on_how_many_there_are() -> None:
    few, many = deviates("wall_stiffness", 7, 5), deviates("wall_stiffness", 7, 500)
    assert (few == many[:5]).all()
    assert few[0] == 0.0
    assert not (deviates("wall_stiffness", 8, 5)[1:] == few[1:]).any()


def test_the_page_of_misses_is_true(root: Path) -> None:
    """Each row that counts and fails stands on the page with the value measured; no other row does."""
    report = mechanics.validate()
    page = (root / "docs" / "explanation" / "not-yet-believed.md").read_text(encoding="utf-8")
    listed = {}
    for line in page.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) > 4 and cells[0].startswith("V") and cells[0][1:].isdigit():
            listed[cells[0]] = float(cells[3])
    failing = {row.target.id: row for row in report.counted if row.status is Status.FAIL}
    assert set(listed) == set(failing)
    for identity, value in listed.items():
        model = failing[identity].model
        assert model is not None
        assert value == pytest.approx(model[1], rel=0.02)
    assert f"{report.passed} of {len(report.counted)}" in page
