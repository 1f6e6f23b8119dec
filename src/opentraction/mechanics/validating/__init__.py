"""The column against the published record: rows and roles, acceptance, experiments by group, the report.

A model is judged through `Bench` (see `bench.py`); `validate(bench)` gives the report, `page(report)` the
HTML page.
"""

from opentraction.mechanics.validating import (
    days,
    discs,
    facets,
    laboratory_words,
    living_words,
    openings,
    postures,
    segments,
    traction,
)
from opentraction.mechanics.validating.acceptance import Shape, Status, Window, window
from opentraction.mechanics.validating.bench import (
    LYING,
    PRONE,
    STANDING,
    UNLOADED,
    Bearing,
    Bench,
    Column,
    Cut,
    Load,
    Part,
    Phase,
    Pull,
    Subject,
    Trace,
    Wrench,
)
from opentraction.mechanics.validating.curves import Curve, Point
from opentraction.mechanics.validating.experiment import REGISTRY, Asked, Group, Runs, asked
from opentraction.mechanics.validating.linear import LinearBench
from opentraction.mechanics.validating.page import page
from opentraction.mechanics.validating.report import (
    GoalLine,
    Row,
    Score,
    ValidationReport,
    document,
    likely_reason,
    validate,
)
from opentraction.mechanics.validating.rows import Duty, Role, duty
from opentraction.mechanics.validating.targets import Target, read_targets
from opentraction.mechanics.validating.words import Silent, read_row, understood

GROUPS_OF_EXPERIMENTS = (discs, segments, facets, postures, traction, days, openings)
"""Modules whose import registers the experiments."""
WORDS = (laboratory_words, living_words)
"""Modules whose import registers the words by which rows are known, in the order in which they are tried."""

__all__ = [
    "GROUPS_OF_EXPERIMENTS",
    "LYING",
    "PRONE",
    "REGISTRY",
    "STANDING",
    "UNLOADED",
    "WORDS",
    "Asked",
    "Bearing",
    "Bench",
    "Column",
    "Curve",
    "Cut",
    "Duty",
    "GoalLine",
    "Group",
    "LinearBench",
    "Load",
    "Part",
    "Phase",
    "Point",
    "Pull",
    "Role",
    "Row",
    "Runs",
    "Score",
    "Shape",
    "Silent",
    "Status",
    "Subject",
    "Target",
    "Trace",
    "ValidationReport",
    "Window",
    "Wrench",
    "asked",
    "document",
    "duty",
    "likely_reason",
    "page",
    "read_row",
    "read_targets",
    "understood",
    "validate",
    "window",
]
