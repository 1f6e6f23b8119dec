"""The pages say what the program says: parameters, counts of rules, commands, exit codes, names."""

from __future__ import annotations

import ast
import importlib
import json
import re
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.main import get_command

from opentraction import deliver, screen
from opentraction.chart import Course, RuleState, Verdict
from opentraction.clinic import cli, console
from opentraction.clinic.commands.demo import run_demo
from opentraction.mechanics.disc.solutes import SOLUTES

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([ROOT / "README.md", *DOCS.rglob("*.md")])
BLOCKS = [
    pytest.param(block, id=f"{page.stem}-{number}")
    for page in PAGES
    for number, block in enumerate(re.findall(r"^```python\n(.*?)^```", page.read_text("utf-8"), re.M | re.S))
]


def text(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def table(page: str, first: str) -> list[list[str]]:
    """The rows of a Markdown table whose first cell matches, without the cells' backquotes."""
    rows = [line.strip("|").split("|") for line in page.splitlines() if line.startswith("|")]
    cells = [[cell.strip().strip("`") for cell in row] for row in rows]
    return [row for row in cells if re.fullmatch(first, row[0])]


def test_the_generated_tables_are_those_of_the_program() -> None:
    """Written by docs/make_tables.py; run it when this fails."""
    from opentraction import mechanics

    made = runpy.run_path(str(DOCS / "make_tables.py"))
    shown = f"<!-- parameters -->\n{made['parameters']()}<!-- end of parameters -->"
    assert shown in text("reference/model.md")
    assert text("reference/targets.md") == mechanics.understood()


def test_the_page_of_misses_names_rows_that_count() -> None:
    from opentraction.mechanics.validating.rows import Role, duty
    from opentraction.mechanics.validating.targets import read_targets

    known = {target.id: target for target in read_targets()}
    listed = [row[0] for row in table(text("explanation/not-yet-believed.md"), r"V\d+")]
    assert listed
    for identity in listed:
        assert known[identity].verified
        assert duty(known[identity]).question is not None
        assert duty(known[identity]).role is Role.CHECK


def test_the_counts_of_rules_are_those_of_the_tables() -> None:
    from opentraction.screen.rules import rules

    page = text("reference/screening-rules.md")
    prose = " ".join(page.split())
    held = rules()
    kinds = {
        kind: sum(rule.standing == kind for rule in held) for kind in ("red flag", "absolute", "relative")
    }
    unsourced = sum(not rule.threshold_sourced for rule in held)
    assert f"with {len(held)} rows" in prose
    assert (
        f"{kinds['red flag']} red flags (RF), {kinds['absolute']} absolute and {kinds['relative']} relative"
        in prose
    )
    assert f"{unsourced} of the {len(held)} rules have a cut-off" in prose
    assert f"one of {len(screen.gates())} plain questions" in prose
    shown = {row[0] for row in table(page, r"\d+ days?")}
    assert shown == {f"{days:g} day{'s' if days > 1 else ''}" for days in {rule.stands_days for rule in held}}
    assert {row[0] for row in table(page, "|".join(Verdict))} == set(Verdict)
    assert all(f"**{state}**" in prose for state in RuleState)


def test_every_command_stands_on_the_page_and_no_other() -> None:
    shown = {row[0].split()[0] for row in table(text("reference/command-line.md"), r"[a-z]+( [A-Z.a-z]+)?.*")}
    commands = set(getattr(get_command(cli.app), "commands", {}))
    assert commands <= shown
    assert shown - commands <= {"command", "option", "code"}


def test_every_option_on_the_page_belongs_to_its_command() -> None:
    commands = getattr(get_command(cli.app), "commands", {})
    for row in table(text("reference/command-line.md"), r"--.*"):
        options = re.findall(r"--[a-z-]+", row[0])
        names = [] if row[1] in ("most", "many") else re.findall(r"[a-z]+", row[1])
        for name in names:
            known = {word for parameter in commands[name].params for word in parameter.opts}
            assert set(options) <= known, f"{name}: {options}"


def test_the_exit_codes_are_those_of_the_program() -> None:
    shown = {int(row[0]) for row in table(text("reference/command-line.md"), r"\d+")}
    held = {value for name, value in vars(console).items() if name.startswith("EXIT_")}
    assert shown == held | {0}


def test_the_list_of_tables_is_that_of_the_program() -> None:
    page = text("how-to/use-my-own-table.md")
    for profile in deliver.list_tables():
        assert f"{profile.table_id:24} {profile.name}" in page


@pytest.mark.parametrize("block", BLOCKS)
def test_python_on_a_page_names_what_exists(block: str) -> None:
    tree = ast.parse(block)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("opentraction"):
            module = importlib.import_module(node.module or "")
            for alias in node.names:
                assert hasattr(module, alias.name) or importlib.import_module(f"{node.module}.{alias.name}")
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ROOMS:
            assert hasattr(importlib.import_module(f"opentraction.{node.value.id}"), node.attr), node.attr


def test_the_sweep_of_the_page_is_that_of_its_notebook_and_runs() -> None:
    """Its cells run one after another, as a reader would run them."""
    notebook = json.loads(text("how-to/sweep-a-parameter.ipynb"))
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    (printed,) = re.findall(r"^```python\n(.*?)^```", text("how-to/sweep-a-parameter.md"), re.M | re.S)
    assert cells[0] == printed.rstrip("\n")
    names: dict[str, Any] = {}
    for cell in cells:
        exec(compile(cell, "sweep-a-parameter.ipynb", "exec"), names)
    less, more = (line.get_ydata() for line in names["axis"].lines)
    assert (np.diff(less) < 0).all()
    assert (np.diff(more) < 0).all()
    assert (more > less).all()
    assert len(names["axis"].collections) == 2


def test_the_score_on_both_pages_is_one() -> None:
    """Written by docs/make_tables.py --validation, both from one run."""
    page = text("explanation/how-the-model-works.md")
    (row,) = table(page, "all")
    counted, passed = int(row[1]), int(row[2].split()[0])
    assert f"**{passed} of {counted}**" in text("explanation/not-yet-believed.md")
    assert {row[0] for row in table(page, "|".join(SOLUTES))} == set(SOLUTES)


@pytest.mark.full
def test_the_ranking_runs_as_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """With a smaller base than printed: eight rows are the least."""
    (source,) = re.findall(
        r"^```python\n(.*?)^```", text("how-to/rank-what-drives-a-prediction.md"), re.M | re.S
    )
    assert source.count("base=64") == 1
    namespace: dict[str, object] = {}
    exec(compile(source.replace("base=64", "base=8"), "rank-what-drives-a-prediction.md", "exec"), namespace)
    said = capsys.readouterr().out
    assert "112 of 112 runs" in said
    assert "112 sessions" in said
    assert len(re.findall(r"^[a-z ]+ alone .* in all ", said, re.M)) == 12


ROOMS = {"evaluate", "screen", "mechanics", "deliver", "follow", "evidence"}


def test_every_picture_is_used_and_small() -> None:
    pictures = {path.name: path for path in (DOCS / "pictures").glob("*.png")}
    used = {
        name for page in PAGES for name in re.findall(r"pictures/([a-z-]+\.png)", page.read_text("utf-8"))
    }
    assert pictures
    assert used == set(pictures)
    assert all(path.stat().st_size < 250_000 for path in pictures.values())


@pytest.mark.full
def test_the_numbers_of_the_tutorial_are_those_of_the_demonstration(tmp_path: Path) -> None:
    run_demo(tmp_path, seed=7)
    course = Course.from_json((tmp_path / "course.json").read_text(encoding="utf-8"))
    plan, page = course.plan, text("tutorial/first-patient.md")
    assert plan is not None
    assert plan.target is not None
    for phrase in runpy.run_path(str(DOCS / "tutorial_numbers.py"))["said"](course):
        # a difference that a reader would notice asks to run docs/tutorial_numbers.py
        assert phrase.found(page) == pytest.approx(phrase.numbers, abs=phrase.off), phrase.phrase
    low, _, high = course.doses[0].levels[plan.target.place].unloading_dose_mpa_s
    assert all(low < item.unloading_dose_mpa_s[1] < high for item in course.doses[0].levels)
    lying = next(item for item in plan.alternatives if item.peak_force_n == 0)
    assert lying.target_dose_mpa_s[1] < 0
