"""Write the matrix of hazards, controls and tests in docs/safety again.

.venv/bin/python docs/make_safety.py
"""

import ast
import csv
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

SAFETY = Path(__file__).parent / "safety"
TESTS = Path(__file__).parent.parent / "tests"
BEGIN, END = "<!-- hazards -->", "<!-- end of hazards -->"
STATES = ("controlled", "in part", "not yet")


def hazards() -> list[dict[str, str]]:
    """The rows of docs/safety/hazards.csv."""
    with (SAFETY / "hazards.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def tests_by_hazard() -> dict[str, list[str]]:
    """Per hazard the tests that carry its id, as file::name, from the sources without running them."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(TESTS.rglob("test_*.py")):
        for name, ids in _marked(ast.parse(path.read_text(encoding="utf-8"))):
            for hazard in ids:
                found[hazard].append(f"{path.relative_to(TESTS).as_posix()}::{name}")
    return found


def _marked(tree: ast.Module) -> Iterator[tuple[str, tuple[str, ...]]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            ids = tuple(hazard for mark in node.decorator_list for hazard in _ids(mark))
            if ids:
                yield node.name, ids


def _ids(mark: ast.expr) -> tuple[str, ...]:
    """The ids of @pytest.mark.hazard("H1", ...); none of any other decorator."""
    if not isinstance(mark, ast.Call) or ast.unparse(mark.func) != "pytest.mark.hazard":
        return ()
    return tuple(str(ast.literal_eval(argument)) for argument in mark.args)


def matrix() -> str:
    """Hazard, control, number of tests and what is lacking as a table; then, per hazard, places and tests."""
    tests, rows = tests_by_hazard(), hazards()
    counts = ", ".join(f"{sum(row['state'] == state for row in rows)} {state}" for state in STATES)
    lines = [
        f"{len(rows)} hazards: {counts}.",
        "",
        "| | hazard | control | tests | lacking |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        control = row["control"] or f"**{row['state']}**"
        number = len(tests.get(row["id"], ()))
        lines.append(f"| {row['id']} | {row['hazard']} | {control} | {number} | {row['lacking']} |")
    for row in rows:
        if row["state"] != "not yet":
            lines += ["", *_details(row, tests[row["id"]])]
    return "\n".join(lines)


def _details(row: dict[str, str], tests: list[str]) -> list[str]:
    where = ", ".join(f"`{name.removeprefix('opentraction.')}`" for name in row["where"].split())
    title = f"### {row['id']}: {row['hazard'].split(':')[0].lower()}"
    return [title, "", f"Stands in {where}. Tests:", "", *(f"- `{name}`" for name in tests)]


def page(text: str) -> str:
    """The page with the matrix of today between its marks."""
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n{matrix()}\n{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    path = SAFETY / "README.md"
    path.write_text(page(path.read_text(encoding="utf-8")), encoding="utf-8")
