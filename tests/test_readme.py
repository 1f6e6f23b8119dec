"""The Python of the README runs as printed, in one namespace; the links of all pages lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def python_blocks(text: str) -> list[tuple[int, str]]:
    """The fenced python blocks of a Markdown text, each with the line number its code starts at."""
    fence = re.compile(r"^```python[ \t]*\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
    return [(text.count("\n", 0, match.start(1)) + 1, match.group(1)) for match in fence.finditer(text)]


def test_a_block_is_found_with_its_line() -> None:
    text = "# Title\n\n```python\nx = 1\n```\n\n```sh\nmake demo\n```\n\n```python\nx += 1\n```\n"
    assert python_blocks(text) == [(4, "x = 1\n"), (12, "x += 1\n")]


def test_the_readme_runs(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    readme = root / "README.md"
    blocks = python_blocks(readme.read_text(encoding="utf-8"))
    assert blocks, "README.md shows no Python at all"
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {"__name__": "readme"}
    for line, source in blocks:
        # Blank lines in front, so that a traceback names the line of the README.
        exec(compile("\n" * (line - 1) + source, str(readme), "exec"), namespace)


def test_the_readme_names_only_targets_that_exist(root: Path) -> None:
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):.*##", makefile, re.MULTILINE))
    shown = re.findall(r"```sh\n(.*?)```", (root / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    named = {target for block in shown for target in re.findall(r"^make ([a-z-]+)", block, re.MULTILINE)}
    assert {"demo", "test"} <= named
    assert named <= targets


PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_page_links_only_to_what_is_there(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    targets = re.findall(r"\]\(([^)\s#]+)[^)]*\)", text)
    local = [target for target in targets if not re.match(r"[a-z]+:", target)]
    assert not [target for target in local if not (page.parent / target).exists()]
