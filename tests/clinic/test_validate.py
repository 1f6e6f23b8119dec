"""`opentraction validate`: another table of targets, the page, the words, the whole table."""

import json
import re

import pytest
from command_line import ok, say


def test_validate_prints_what_it_can_answer_and_counts_the_rest(tmp_path, root):
    """A table of three rows: one that the column answers, one that is an input of it, one of other words."""
    table = root / "src" / "opentraction" / "mechanics" / "data" / "validation.csv"
    lines = table.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if line.startswith(("id,", "V070,", "V171,"))]
    other = "X1,colour,L4-L5,at dusk,,,1,,,mm,in_vivo,yes,NOBODY"
    (tmp_path / "mine.csv").write_text("\n".join([*kept, other]) + "\n", encoding="utf-8")
    words = ("validate", "--targets", tmp_path / "mine.csv", "--samples", "2")
    report = json.loads(ok(*words, "--json").out)
    verdicts = {row["id"]: row["status"] for row in report["rows"]}
    assert verdicts["V070"] in ("pass", "fail")
    assert verdicts["V171"] == verdicts["X1"] == "cannot_say"
    assert report["samples"] == 2
    said = ok(*words, "--html", tmp_path / "page.html").out
    assert "V070" in said
    assert "2 rows are inputs of the model, or it cannot speak to them" in said
    assert "a linear disc passes" in said
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "V070" in page
    assert "SIMULATED" in page


def test_validate_says_what_it_understands_and_refuses_no_samples():
    said = ok("validate", "--understood").out
    assert "| quantity | condition, level, load |" in said
    assert say("validate", "--samples", "0").code == 2


@pytest.mark.full
def test_validate_answers_the_whole_table_and_the_page_of_misses_is_true(root):
    """Each row that counts and fails stands on the page with its median; no other row does.

    Written by docs/make_tables.py --validation; run it when this fails.
    """
    report = json.loads(ok("validate", "--json").out)
    rows = report["rows"]
    assert len({row["id"] for row in rows}) == len(rows) > 150
    assert {row["status"] for row in rows} <= {"pass", "fail", "weak", "cannot_say"}
    assert report["counted"] >= 65
    page = (root / "docs" / "explanation" / "not-yet-believed.md").read_text(encoding="utf-8")
    shown = dict(re.findall(r"^\| (V\d+) \|.*\|.*\| (.*?) \|.*\|$", page, re.M))
    failing = {
        row["id"]: row["model_p05_p50_p95"] for row in rows if row["counts"] and row["status"] == "fail"
    }
    assert set(shown) == set(failing)
    for identity, band in failing.items():
        assert (shown[identity] == "no balance") is (band is None)
        assert band is None or float(shown[identity]) == pytest.approx(band[1], rel=0.02, abs=1e-6)
    assert f"**{report['passed']} of {report['counted']}**" in page
