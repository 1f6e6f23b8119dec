"""The numbers of the tutorial that come from the demonstration; write them again when the model has changed.

.venv/bin/python docs/tutorial_numbers.py
"""

from __future__ import annotations

import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from opentraction.chart import Alternative, Course
from opentraction.clinic.commands.demo import run_demo

PAGE = Path(__file__).parent / "tutorial" / "first-patient.md"
TALL = "{:.1f}"
ROUND = "{:.0f}"


@dataclass(frozen=True)
class Said:
    """A phrase of the page, its numbers, and by how much each may be off before a reader would mind."""

    phrase: str
    """`#` stands for each number."""
    numbers: tuple[float, ...]
    off: float
    shape: str = ROUND
    """How a number is written; empty for minutes:seconds."""

    def found(self, page: str) -> tuple[float, ...] | None:
        """The numbers that the page says; None when it does not hold the phrase."""
        match = re.search(self._pattern, page)
        return None if match is None else tuple(map(seconds, match.groups()[1::2]))

    def put(self, page: str) -> str:
        """The page with these numbers in it."""
        words = [written(number, self.shape) for number in self.numbers]

        def new(match: re.Match[str]) -> str:
            parts = list(match.groups())
            parts[1::2] = words
            return "".join(parts)

        changed, count = re.subn(self._pattern, new, page, count=1)
        if count != 1:
            sys.exit(f"Expected the page to say '{self.phrase}'.")
        return changed

    @property
    def _pattern(self) -> str:
        pieces = [re.sub(r"(\\ )+", r"\\s+", re.escape(piece)) for piece in self.phrase.split("#")]
        return r"([\d.:]*\d)".join(f"({piece})" for piece in pieces)


def said(course: Course) -> tuple[Said, ...]:
    """Every phrase with the numbers of this course. Raises StopIteration where the plan has no such lines."""
    plan = course.plan
    if plan is None or plan.target is None:
        sys.exit("Expected a course with a plan for one level.")
    height = course.spine.disc(plan.target).height_mid_mm
    limits = sorted(limit.force_n for limit in plan.limits)
    chosen = next(item for item in plan.alternatives if item.chosen)
    best = next(item for item in plan.alternatives if "The highest score found" in item.why)
    low, middle, high = chosen.target_seconds_below
    return (
        Said("height # mm (# to #)", (height.value, height.low, height.high), 0.15, TALL),
        Said("Holds of # N alternate", (plan.profile.peak_force_n,), 1.0),
        Said("**# N is not the strongest plan", (plan.profile.peak_force_n,), 1.0),
        Said("**# N** is the limit", (limits[0],), 1.0),
        Said("would be # N", (limits[1],), 1.0),
        Said("about # MPa s, # to #, against", dose(chosen), 1.6),
        Said("against about #, # to #)", dose(best), 1.6),
        Said("Below zero for # (# to #)", (middle, low, high), 10.0, ""),
    )


def dose(item: Alternative) -> tuple[float, float, float]:
    """Median, 5 and 95 % of the unloading dose at the target."""
    low, middle, high = item.target_dose_mpa_s
    return middle, low, high


def seconds(word: str) -> float:
    """A number; minutes:seconds as seconds."""
    minutes, _, rest = word.rpartition(":")
    return (60.0 * float(minutes) if minutes else 0.0) + float(rest)


def written(number: float, shape: str) -> str:
    """A number as the page writes it."""
    whole = round(number)
    return shape.format(number) if shape else f"{whole // 60}:{whole % 60:02d}"


def main() -> None:
    """Run the demonstration and write its numbers into the page."""
    with tempfile.TemporaryDirectory() as name:
        run_demo(Path(name), seed=7)
        course = Course.from_json((Path(name) / "course.json").read_text(encoding="utf-8"))
    page = PAGE.read_text(encoding="utf-8")
    for phrase in said(course):
        page = phrase.put(page)
    PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
