"""The disc of a joint: annulus, nucleus, grade and protrusion."""

from opentraction.mechanics.disc.annulus import Wall, WallMaterial, mode_shapes, strip_angles, wall
from opentraction.mechanics.disc.nucleus import Core, Slow, centre_terms, core, volume_terms
from opentraction.mechanics.disc.outline import Outline, ellipse
from opentraction.mechanics.disc.strips import wall_gradient, wall_terms

__all__ = [
    "Core",
    "Outline",
    "Slow",
    "Wall",
    "WallMaterial",
    "centre_terms",
    "core",
    "ellipse",
    "mode_shapes",
    "strip_angles",
    "volume_terms",
    "wall",
    "wall_gradient",
    "wall_terms",
]
