"""The command line as a person runs it: a program of its own, what it said, and the memory it took."""

import json
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import yaml

from opentraction import evaluate
from opentraction.chart import (
    LEVELS,
    Course,
    Level,
    Measure,
    ProtrusionKind,
    Sex,
    Side,
    Value,
    lowest,
)
from opentraction.deliver import open_record, replay_record, verify_record

CASES = Path(__file__).parent / "cases"
PROGRAM = (sys.executable, "-c", "from opentraction.clinic.cli import main; main()")
AT = "2026-11-20T18:00"
"""Eight hours after the examination on the forms."""
LONGEST_S = 580
SECTIONS = (
    "1. The spine", "2. Findings and candidate causes", "3. Screening", "4. Plan", "5. Sessions",
    "6. Outcome", "7. What the published trials say",
)  # fmt: skip


@dataclass(frozen=True)
class Ran:
    """How a command ended, what it said, and the most memory it held [GB]."""

    code: int
    out: str
    err: str
    peak_gb: float


@dataclass(frozen=True)
class Walked:
    """A course that was walked by the command line, and where it lies."""

    course: Course
    folder: Path
    ran: Ran

    @property
    def report(self) -> str:
        return (self.folder / "report.html").read_text(encoding="utf-8")


def start(
    *words: object, cwd: Path | None = None, out: object = None, err: object = None
) -> subprocess.Popen:
    return subprocess.Popen([*PROGRAM, *map(str, words)], stdout=out, stderr=err, text=True, cwd=cwd)


def run(*words: object, cwd: Path | None = None) -> Ran:
    """Run one command to its end in a fresh process."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        process = start(*words, cwd=cwd, out=out, err=err)
        alarm = threading.Timer(LONGEST_S, process.kill)
        alarm.start()
        _, status, usage = os.wait4(process.pid, 0)
        alarm.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        for file in (out, err):
            file.seek(0)
        return Ran(process.returncode, out.read(), err.read(), usage.ru_maxrss / 1e6)


def walk(scan: Path, form: Path, out: Path, *more: object) -> Walked:
    """`course` to its end; the command has to succeed."""
    ran = run("course", scan, "--form", form, "--out", out, *more)
    assert ran.code == 0, ran.err
    return Walked(Course.from_json((out / "course.json").read_text(encoding="utf-8")), out, ran)


SIGNED = ("--at", AT, "--approve-as", "Dr Test", "--consent-by", "the patient")


def form_of(name: str) -> Path:
    return CASES / f"{name}.yaml"


def rewritten(name: str, to: Path, **changes: object) -> Path:
    """A copy of a form, examined two hours ago, with top-level fields changed (None takes one away)."""
    fields = yaml.safe_load(form_of(name).read_text(encoding="utf-8"))
    now = datetime.now().astimezone().replace(microsecond=0)
    fields["examined_at"] = (now - timedelta(hours=2)).isoformat()
    fields.update(changes)
    kept = {key: value for key, value in fields.items() if value is not None}
    to.write_text("# INVENTED: no person's data.\n" + yaml.safe_dump(kept, sort_keys=False), encoding="utf-8")
    return to


def measures(value: object, path: str = "") -> Iterator[tuple[str, Measure]]:
    """Every number with a spread inside a chart value, with its place."""
    if isinstance(value, Measure):
        yield path, value
    elif isinstance(value, Value):
        for name in type(value).model_fields:
            yield from measures(getattr(value, name), f"{path}.{name}")
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from measures(item, f"{path}[{index}]")


def holds_together(walked: Walked) -> None:
    """What is true of every course that was delivered, whoever the patient is."""
    course, folder = walked.course, walked.folder
    for place, measure in measures(course.spine):
        assert measure.sd > 0, f"{place} has no spread"
    _plan_holds(course)
    session, dose = course.sessions[0], course.doses[0]
    most = max(sample.measured_n for sample in session.samples if sample.measured_n is not None)
    assert most < lowest(course.plan.limits).force_n + 5.0
    assert session.comparison.time_in_band > 0.95
    assert session.plan_digest == course.approved.approval.plan_digest == course.plan.digest()
    assert session.simulated
    assert dose.session_id == session.session_id
    assert [level.level for level in dose.levels] == list(LEVELS)
    record = next(folder.glob("session-*.record"))
    opened = open_record(record)
    assert opened.complete
    assert opened.session.samples == session.samples
    assert verify_record(record).damaged_line is None
    assert replay_record(record).same
    assert not course.outcome.recorded
    page_holds(walked)
    for part in ("patient", "spine", "findings", "eligibility", "plan", "approved", "outcome"):
        on_disk = json.loads((folder / f"{part}.json").read_text(encoding="utf-8"))
        assert on_disk["value"] == json.loads(getattr(course, part).to_json())["value"], part
    assert not list(folder.glob(".*.part"))


def _plan_holds(course: Course) -> None:
    plan, spine = course.plan, course.spine
    assert plan.profile.peak_force_n <= lowest(plan.limits).force_n
    assert all(limit.reason and limit.source for limit in plan.limits)
    assert sum(option.chosen for option in plan.alternatives) == 1
    assert len(plan.alternatives) >= 3
    assert min(option.peak_force_n for option in plan.alternatives) == 0.0
    assert [level.level for level in plan.prediction.levels if level.targetable] == list(spine.targetable)
    assert plan.target is None or plan.target in spine.targetable
    for level in plan.prediction.levels:
        assert all(
            low < high for low, high in zip(level.pressure_mpa.p05, level.pressure_mpa.p95, strict=True)
        )
    assert plan.spine_digest == spine.digest()
    assert plan.evidence_line
    assert plan.course.stop_rules


def page_holds(walked: Walked) -> None:
    """Every section is on the page, it says SIMULATED, and it fetches nothing from outside."""
    page = walked.report
    headings = re.findall(r"<h2[^>]*>(.*?)</h2>", page, re.DOTALL)
    assert [each for each in headings if each in SECTIONS] == list(SECTIONS)
    assert "SIMULATED" in page
    fetched = re.findall(r"(?:src|href|action|data)\s*=\s*[\"']?(?!#|data:)([^\"'\s>]+)", page)
    assert [place for place in fetched if "w3.org" not in place] == []
    assert "@import" not in page
    assert "<script" not in page


PHANTOMS = {
    "phantom_p1": evaluate.PhantomSpec(
        seed=1, age_years=46, sex=Sex.FEMALE, stature_mm=1680, mass_kg=68,
        protrusions=(evaluate.PhantomProtrusion(level=Level.L4_L5, depth_mm=6.0, side=Side.LEFT),),
    ),
    "phantom_p2": evaluate.PhantomSpec(
        seed=2, age_years=38, sex=Sex.MALE, stature_mm=1820, mass_kg=88, pfirrmann=(2, 2, 2, 3, 4),
        protrusions=(
            evaluate.PhantomProtrusion(
                level=Level.L5_S1, kind=ProtrusionKind.EXTRUSION, depth_mm=7.0, side=Side.RIGHT
            ),
        ),
    ),
    "phantom_p3": evaluate.PhantomSpec(
        seed=3, age_years=67, sex=Sex.FEMALE, stature_mm=1590, mass_kg=72, pfirrmann=(3, 3, 4, 4, 4),
        slip_mm=(0, 0, 0, 5, 0),
    ),
}  # fmt: skip
"""The specifications that the comments of the forms name."""


@dataclass(frozen=True)
class CommandLine:
    """What the tests of the pathway share."""

    run: Callable[..., Ran] = run
    start: Callable[..., subprocess.Popen] = start
    walk: Callable[..., Walked] = walk
    form_of: Callable[[str], Path] = form_of
    rewritten: Callable[..., Path] = rewritten
    holds_together: Callable[[Walked], None] = holds_together
    page_holds: Callable[[Walked], None] = page_holds
    measures: Callable[..., Iterator[tuple[str, Measure]]] = measures
    at: str = AT
    signed: tuple[str, ...] = SIGNED


@pytest.fixture(scope="session")
def opentraction() -> CommandLine:
    """The command line and what is looked at after it."""
    return CommandLine()


@pytest.fixture(scope="session")
def phantom_specs() -> dict[str, evaluate.PhantomSpec]:
    return PHANTOMS


@pytest.fixture(scope="session")
def walked(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Walked]:
    """The signed course of a real scan, walked once for all tests of a file."""
    done: dict[str, Walked] = {}

    def of(scan: str, form: str) -> Walked:
        if scan not in done:
            out = tmp_path_factory.mktemp(form) / "case"
            done[scan] = walk(shared_data / scan, form_of(form), out, *SIGNED)
        return done[scan]

    return of
