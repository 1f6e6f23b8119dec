"""What a person reads of the column: sizes of foramina and canal, posterior border of the disc."""

from opentraction.mechanics.outputs.attachments import Origins, Sizes, imaged_sizes, surroundings
from opentraction.mechanics.outputs.openings import (
    Above,
    Below,
    Deformation,
    Openings,
    Surroundings,
    border_bulge_mm,
    flavum_length_mm,
    openings,
)

__all__ = [
    "Above",
    "Below",
    "Deformation",
    "Openings",
    "Origins",
    "Sizes",
    "Surroundings",
    "border_bulge_mm",
    "flavum_length_mm",
    "imaged_sizes",
    "openings",
    "surroundings",
]
