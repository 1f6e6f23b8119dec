"""The tables of the posterior structures: attachments, ligament laws and facets, each row with its source."""

from __future__ import annotations

import csv
from importlib.resources import files

LEVELS = ("L1-L2", "L2-L3", "L3-L4", "L4-L5", "L5-S1")


def rows(name: str) -> list[dict[str, str]]:
    """Rows of one table of this room, by column name."""
    text = (files("opentraction.mechanics.segment") / "data" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
