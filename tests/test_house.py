"""The order of the house: who imports whom, how long a file may be, and what may lie where.

import-linter holds the contracts along every chain of imports (`make check`); here the same rules are read
from the source as lists of what is allowed, so that a library nobody thought to forbid is caught too.
"""

from __future__ import annotations

import ast
import importlib
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "opentraction"
ROOMS = ("chart", "mechanics", "evaluate", "screen", "plan", "deliver", "follow", "evidence", "clinic")
STEPS = {"evaluate", "screen", "plan", "deliver", "follow", "evidence"}

MAY_IMPORT: dict[str, set[str]] = {
    "chart": {"chart"},
    "mechanics": {"mechanics", "chart"},
    "deliver": {"deliver", "chart"},
    **{step: {step, "mechanics", "chart"} for step in STEPS - {"deliver"}},
    "course": {"mechanics", "chart"} | STEPS,
    "clinic": {"clinic", "course", "mechanics", "chart"} | STEPS,
    "__init__": set(),
    "__main__": {"clinic"},
}
LONGEST_FILE = 400
TOP_FOLDERS = {".ci", ".github", "benchmarks", "docs", "examples", "src", "tests"}
TOP_FILES = 20
MODULES_IN_A_ROOM = 30


def sources(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.py") if "__pycache__" not in path.parts)


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Every module a file imports anywhere in it, absolute, with the line."""
    package = (
        ["opentraction", *path.relative_to(PACKAGE).parent.parts] if path.is_relative_to(PACKAGE) else []
    )
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            # "from opentraction import chart" names the room in the alias
            yield from (
                (node.lineno, f"{module}.{alias.name}" if module == "opentraction" else module)
                for alias in node.names
            )


def listed(*kinds: str) -> list[Path]:
    """The files of the checkout that git tracks or would track, by ending; all of them without an ending."""
    done = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, capture_output=True, check=True,
    )  # fmt: skip
    names = [name for name in done.stdout.decode().split("\0") if name]
    return [ROOT / name for name in names if (ROOT / name).is_file() and (not kinds or name.endswith(kinds))]


SOURCES = sources(PACKAGE)


def each_source(paths: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("path", paths, ids=lambda path: path.relative_to(ROOT).as_posix())


# Who may import whom


@each_source(SOURCES)
def test_a_file_imports_only_rightwards(path: Path) -> None:
    room = room_of(path)
    assert room in MAY_IMPORT, f"{room} is a new top-level name; the rooms are {', '.join(ROOMS)} and course"
    inside = [(line, name.split(".")[1]) for line, name in imports(path) if name.startswith("opentraction.")]
    reached = {(line, name) for line, name in inside if name != "__version__"}
    wrong = [f"line {line}: {other}" for line, other in sorted(reached) if other not in MAY_IMPORT[room]]
    assert not wrong, f"{room} may not import {wrong}"


def declared(group: str) -> set[str]:
    """Names of distributions that pyproject.toml asks for, as import-safe lower case."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = project["dependencies"] if group == "run" else project["optional-dependencies"][group]
    return {re.split(r"[<>=\[; ]", line)[0].lower().replace("-", "_") for line in wanted}


IMPORT_NAMES = {"pyyaml": "yaml", "salib": "SALib", "pylibjpeg_openjpeg": "openjpeg"}


@each_source(SOURCES)
def test_a_file_imports_only_declared_libraries(path: Path) -> None:
    room = room_of(path)
    if room in ("chart", "deliver"):
        allowed = {"pydantic", "pydantic_core"}
    else:
        allowed = {IMPORT_NAMES.get(name, name) for name in declared("run")} | {"pydantic_core"}
        # parts of typer and Jinja2, without which their errors and their safe text cannot be named
        allowed |= {"click", "markupsafe"} if room == "clinic" else set()
    known = set(sys.stdlib_module_names) | {"opentraction"} | allowed
    wrong = [f"line {line}: {name}" for line, name in imports(path) if name.split(".")[0] not in known]
    assert not wrong, f"{room} may not import {wrong}"


@pytest.mark.parametrize("room", ["chart", "deliver"])
def test_a_light_room_loads_no_numerical_library(room: str) -> None:
    program = f"import json, sys, opentraction.{room}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in json.loads(done.stdout)}
    heavy = set("numpy scipy jax equinox nibabel pydicom matplotlib pandas typer rich".split())
    assert f"opentraction.{room}" in json.loads(done.stdout)
    assert not loaded & heavy


DECIDERS = [
    path
    for name in ("loop", "control", "interlocks", "readings", "decision", "limits", "states")
    if (path := PACKAGE / "deliver" / f"{name}.py").is_file()
]


INQUIRIES = {"isinstance", "issubclass", "getattr", "hasattr", "type"}


def questions(tree: ast.AST) -> Iterator[ast.expr]:
    """Every expression a program branches on."""
    for node in ast.walk(tree):
        if isinstance(node, ast.If | ast.IfExp | ast.While | ast.Assert):
            yield node.test
        elif isinstance(node, ast.comprehension):
            yield from node.ifs
        elif isinstance(node, ast.BoolOp | ast.Compare):
            yield node
        elif isinstance(node, ast.Match):
            yield node.subject
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in INQUIRIES:
            yield node


def names_in(node: ast.AST) -> set[str]:
    return {
        *(inner.id.lower() for inner in ast.walk(node) if isinstance(inner, ast.Name)),
        *(inner.attr.lower() for inner in ast.walk(node) if isinstance(inner, ast.Attribute)),
        *(
            inner.value.lower()
            for inner in ast.walk(node)
            if isinstance(inner, ast.Constant) and isinstance(inner.value, str)
        ),
    }


def asks_whether_simulated(source: str) -> list[int]:
    """Lines on which a program branches on something whose name speaks of simulation."""
    return sorted(
        {
            node.lineno
            for node in questions(ast.parse(source))
            if any("simulat" in name for name in names_in(node))
        }
    )


def test_the_search_for_the_forbidden_question_finds_it() -> None:
    assert asks_whether_simulated("if table.simulated:\n    pass\n") == [1]
    assert asks_whether_simulated("x = 1\ny = 2 if isinstance(t, SimulatedTable) else 3\n") == [2]
    assert asks_whether_simulated("record = Session(simulated=capability.simulated)\n") == []


def test_what_decides_never_knows_a_simulated_table() -> None:
    assert {"loop", "control", "interlocks"} <= {path.stem for path in DECIDERS}
    for path in DECIDERS:
        assert not [name for _, name in imports(path) if "simulat" in name], path.name
        assert asks_whether_simulated(path.read_text(encoding="utf-8")) == [], path.name


# One public import path


def room(name: str) -> ModuleType:
    return importlib.import_module(f"opentraction.{name}")


@pytest.mark.parametrize("name", [name for name in ROOMS if name != "clinic"])
def test_a_room_says_what_is_public_and_has_it(name: str) -> None:
    public = room(name).__all__
    assert len(public) == len(set(public)), "a name stands twice in __all__"
    missing = [wanted for wanted in public if not hasattr(room(name), wanted)]
    assert public
    assert not missing
    assert not [wanted for wanted in public if wanted.startswith("_") and wanted != "__version__"]


def test_a_name_is_public_in_one_room_only() -> None:
    homes: dict[int, list[str]] = {}
    for name in ROOMS:
        for wanted in getattr(room(name), "__all__", ()):
            thing = getattr(room(name), wanted)
            if isinstance(thing, type) or callable(thing):
                homes.setdefault(id(thing), []).append(f"{name}.{wanted}")
    twice = [paths for paths in homes.values() if len(paths) > 1]
    assert not twice


@each_source(SOURCES)
def test_a_room_is_entered_by_its_door(path: Path) -> None:
    """Another room's names come from its __init__, never from a module inside it."""
    here = room_of(path)
    wrong = [
        f"line {line}: {name}"
        for line, name in imports(path)
        if name.startswith("opentraction.") and name.split(".")[1] != here and len(name.split(".")) > 2
    ]
    assert not wrong, f"import these from the room itself: {wrong}"


# What may lie where


def test_the_top_of_the_package_holds_the_rooms_and_the_main_path() -> None:
    found = {path.name for path in PACKAGE.iterdir() if path.name != "__pycache__"}
    assert found <= {*ROOMS, "__init__.py", "__main__.py", "course.py", "py.typed"}
    assert set(ROOMS) <= found


def test_the_top_of_the_checkout_is_not_crowded() -> None:
    tops = [path.relative_to(ROOT).parts for path in listed()]
    assert {parts[0] for parts in tops if len(parts) > 1} <= TOP_FOLDERS
    assert len({parts[0] for parts in tops if len(parts) == 1}) <= TOP_FILES


@pytest.mark.parametrize("name", ROOMS)
def test_a_room_is_not_crowded(name: str) -> None:
    assert len(list((PACKAGE / name).glob("*.py"))) <= MODULES_IN_A_ROOM


def test_no_folder_for_what_has_no_name() -> None:
    vague = {"utils", "util", "core", "helpers", "helper", "common", "misc", "lib"}
    assert not [
        path
        for path in SOURCES
        if vague & {part.removesuffix(".py") for part in path.relative_to(PACKAGE).parts}
    ]


def test_no_file_is_too_long() -> None:
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in listed(".py")
    }
    assert lengths
    assert not {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE}


# Nothing of the machine it was written on. A letter in brackets keeps this file from finding itself.

MACHINE = re.compile(r"(?<![\w.\-/])/(?:wo[r]k|ro[o]t|tm[p]|fa[r]m|hom[e]/[a-z]+)(?:/|(?=[\"'`\s]))")
REGISTRY = re.compile(r"pyp[i]\.org|python[h]osted\.org|npm[j]s\.(?:org|com)|--inde[x]-url|--find-lin[k]s")
UNFINISHED = re.compile(r"\b(?:TO[D]O|FIX[M]E|XX[X])\b|\braise NotImplemented[E]rror\b")


def written() -> Iterator[tuple[str, int, str]]:
    """Every line of text in the checkout, with its file and number."""
    for path in listed():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        name = path.relative_to(ROOT).as_posix()
        yield from ((name, number, line) for number, line in enumerate(text.splitlines(), start=1))


@pytest.mark.parametrize(
    ("what", "parts"),
    [
        (MACHINE, ('open("/', 'tmp/x")')),
        (MACHINE, ("see /", "work/main")),
        (REGISTRY, ("https://py", "pi.org/simple")),
        (UNFINISHED, ("# TO", "DO later")),
    ],
    ids=["temporary path", "machine path", "registry address", "unfinished"],
)
def test_nothing_of_the_machine_and_nothing_unfinished(what: re.Pattern[str], parts: tuple[str, str]) -> None:
    assert what.search("".join(parts)), "the search itself is blind"
    found = [f"{name}:{number}" for name, number, line in written() if what.search(line)]
    assert not found


def test_the_search_for_machine_paths_lets_addresses_be() -> None:
    assert not MACHINE.search("/".join(["https://example.org", "work", "of/others and a", "tmp", "b"]))


def test_the_lock_holds_a_hash_for_everything() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8").replace("\\\n", " ")
    entries = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    names = {re.split(r"==", entry)[0].lower().replace("-", "_") for entry in entries}
    assert not [entry for entry in entries if "==" not in entry or "--hash=sha256:" not in entry]
    assert declared("run") | declared("dev") <= names
