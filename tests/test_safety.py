"""Every hazard has a control and a test, or is called not yet; the page of hazards is that of today."""

from __future__ import annotations

import importlib
import runpy
from pathlib import Path

DOCS = Path(__file__).parent.parent / "docs"
SAFETY = runpy.run_path(str(DOCS / "make_safety.py"))
ROWS = SAFETY["hazards"]()


def test_the_hazards_are_h1_to_h18() -> None:
    assert [row["id"] for row in ROWS] == [f"H{number}" for number in range(1, 19)]
    assert {row["state"] for row in ROWS} <= set(SAFETY["STATES"])


def test_a_hazard_has_a_control_and_a_test_or_is_called_not_yet() -> None:
    tests = SAFETY["tests_by_hazard"]()
    for row in ROWS:
        controlled = row["state"] != "not yet"
        assert bool(row["control"]) is controlled, row["id"]
        assert bool(row["where"]) is controlled, row["id"]
        assert bool(tests.get(row["id"])) is controlled, f"{row['id']}: {tests.get(row['id'])}"
        assert bool(row["lacking"]) is (row["state"] != "controlled"), row["id"]


def test_a_test_names_known_hazards_only() -> None:
    assert set(SAFETY["tests_by_hazard"]()) <= {row["id"] for row in ROWS}


def test_a_control_stands_where_it_is_said_to() -> None:
    for row in ROWS:
        for name in row["where"].split():
            importlib.import_module(name)


def test_the_page_is_that_of_today() -> None:
    """Written by docs/make_safety.py; run it when this fails."""
    text = (DOCS / "safety" / "README.md").read_text(encoding="utf-8")
    assert SAFETY["page"](text) == text
