"""Which root meets which disc."""

from collections.abc import Mapping

from opentraction.chart import LEVELS, Level, VertebraName

TRAVERSING: Mapping[VertebraName, Level] = {level.below: level for level in LEVELS}
"""Disc whose paracentral herniation meets a root on its way down: L4-L5 meets L5, L5-S1 meets S1. The root
of a foraminal one is the exiting root, named by the upper vertebra. Hoppenfeld 1976; Magee, Orthopedic
Physical Assessment (textbooks). Key muscles as in the ISNCSCI examination of the spinal cord injury
societies."""
EXITING: Mapping[VertebraName, Level] = {level.above: level for level in LEVELS}
