"""Findings become contraindications and an eligibility, each with its rule and source.

`intake` says what to ask, `screen` gives the verdict, `rescreen` repeats it before a session from at most
eight change questions.
"""

from opentraction.screen.changes import (
    MOST_CHANGE_QUESTIONS,
    Change,
    after_changes,
    change_questions,
    rescreen,
    return_visit,
)
from opentraction.screen.gates import AskedOf, Gate, Ladder, OnYes, gates, ladders
from opentraction.screen.intake import MOST_QUESTIONS, answer, follow_up, intake, with_answers
from opentraction.screen.rules import (
    RULESET,
    Family,
    Position,
    Row,
    Rule,
    Source,
    families,
    rows,
    rules,
    sources,
)
from opentraction.screen.verdict import NO_FORCE_FIGURE, screen

__all__ = [
    "MOST_CHANGE_QUESTIONS",
    "MOST_QUESTIONS",
    "NO_FORCE_FIGURE",
    "RULESET",
    "AskedOf",
    "Change",
    "Family",
    "Gate",
    "Ladder",
    "OnYes",
    "Position",
    "Row",
    "Rule",
    "Source",
    "after_changes",
    "answer",
    "change_questions",
    "families",
    "follow_up",
    "gates",
    "intake",
    "ladders",
    "rescreen",
    "return_visit",
    "rows",
    "rules",
    "screen",
    "sources",
    "with_answers",
]
