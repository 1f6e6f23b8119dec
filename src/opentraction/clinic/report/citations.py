"""Sources named inside sentences, moved to one numbered list at the end of the page.

The steps write a source as "Schimmel 2009, randomised trial [SCHIMMEL, class A]" wherever they rest on it. On
a page of many such sentences that buries what is said, so the page shows a number there and the full source
once.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup, escape

_KEY = re.compile(r"\[([A-Z][A-Z0-9]+), class ([ABC])\]")
_GRADE = {"A": "guideline, review or trial", "B": "manual, cohort or case", "C": "vendor or clinic"}


@dataclass(frozen=True)
class Citation:
    """One source of the page: its number, its key, its text, and what class of source it is."""

    number: int
    key: str
    text: str
    grade: str


class Citations:
    """The sources of all texts of a page, numbered by their first mention."""

    def __init__(self, texts: Iterable[str]) -> None:
        mentions: dict[str, list[str]] = {}
        grades: dict[str, str] = {}
        for text in texts:
            for match in _KEY.finditer(text):
                mentions.setdefault(match[1], []).append(text[_start(text, match.start()) : match.start()])
                grades.setdefault(match[1], match[2])
        self._by_key = {
            key: Citation(number, key, _common_end(found).strip(), _GRADE[grades[key]])
            for number, (key, found) in enumerate(mentions.items(), start=1)
        }

    @property
    def listed(self) -> tuple[Citation, ...]:
        """All sources, by number."""
        return tuple(self._by_key.values())

    def in_full(self, text: str) -> Markup:
        """The text, escaped, each source's key replaced by its linked number; the source itself stays."""
        pieces: list[str] = []
        at = 0
        for match in _KEY.finditer(text):
            citation = self._by_key.get(match[1])
            if citation is not None:
                pieces += [str(escape(text[at : match.start()])), _link(citation)]
                at = match.end()
        return Markup("".join([*pieces, str(escape(text[at:]))]))

    def cite(self, text: str) -> Markup:
        """The text, escaped, with a linked number in place of each source that is in the list."""
        pieces: list[str] = []
        at = 0
        for match in _KEY.finditer(text):
            citation = self._by_key.get(match[1])
            before = text[at : match.start()].rstrip()
            if citation is None or not before.endswith(citation.text):
                continue
            pieces.append(str(escape(before[: len(before) - len(citation.text)])))
            pieces.append(_link(citation))
            at = match.end()
        pieces.append(str(escape(text[at:])))
        joined = "".join(pieces)
        one = r'<a class="cite"[^>]*>\[\d+\]</a>'
        # brackets that hold nothing but numbers are not needed round them
        return Markup(re.sub(rf"\(({one}(?:; {one})*)\)", r"\1", joined))


def _link(citation: Citation) -> str:
    return (
        f'<a class="cite" href="#source-{citation.number}" title="{escape(citation.text)}">'
        f"[{citation.number}]</a>"
    )


def _start(text: str, end: int) -> int:
    """Where the source that ends at `end` begins: after its bracket, the last semicolon or full stop."""
    depth = 0
    for at in range(end - 1, -1, -1):
        if text[at] == ")":
            depth += 1
        elif text[at] == "(":
            if depth == 0:
                return at + 1
            depth -= 1
        elif depth == 0 and (text[at] == ";" or text[at : at + 2] == ". "):
            return at + 1
    return 0


def _common_end(found: list[str]) -> str:
    """The longest ending, beginning at a word, that all mentions of a source share."""
    words = [mention.split() for mention in found]
    count = 0
    while all(len(own) > count for own in words) and len({own[-1 - count] for own in words}) == 1:
        count += 1
    return " ".join(words[0][len(words[0]) - count :])
