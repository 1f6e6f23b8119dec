"""The disc of a joint: annulus, nucleus, grade and protrusion.

Shapes and materials (`wall`, `core`) are made once per patient; `wall_terms`, `volume_terms` and
`centre_terms` give the joint its energy with exact first and second derivatives; `fibre_state`, `outward_mm`
and `local_part_mm` read a settled joint.
"""

from opentraction.mechanics.disc.annulus import (
    LAYERS,
    STRIPS,
    Wall,
    WallMaterial,
    mode_shapes,
    strip_angles,
    wall,
)
from opentraction.mechanics.disc.fibres import FibreState, fibre_state
from opentraction.mechanics.disc.grade import Degeneration, degeneration
from opentraction.mechanics.disc.nucleus import Core, Slow, centre_terms, core, volume_terms
from opentraction.mechanics.disc.outline import Outline, area_mm2, ellipse, fitted
from opentraction.mechanics.disc.protrusion import (
    Spot,
    Weakness,
    local_part_mm,
    outward_mm,
    spot,
    weakening,
    weakness,
)
from opentraction.mechanics.disc.strips import wall_gradient, wall_terms

__all__ = [
    "LAYERS",
    "STRIPS",
    "Core",
    "Degeneration",
    "FibreState",
    "Outline",
    "Slow",
    "Spot",
    "Wall",
    "WallMaterial",
    "Weakness",
    "area_mm2",
    "centre_terms",
    "core",
    "degeneration",
    "ellipse",
    "fibre_state",
    "fitted",
    "local_part_mm",
    "mode_shapes",
    "outward_mm",
    "spot",
    "strip_angles",
    "volume_terms",
    "wall",
    "wall_gradient",
    "wall_terms",
    "weakening",
    "weakness",
]
