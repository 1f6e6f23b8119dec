"""Parts of one joint beside its disc: point-to-point ligament strands and unilateral facet contacts.

Both are built from the sizes of the imaged joint, fixed to its two vertebrae, and give energy, gradient and
Hessian over the small motion of the upper one. `algebra` and `points` are the arithmetic the disc uses too.
"""

from opentraction.mechanics.segment.anatomy import (
    Anatomy,
    ImagedPose,
    anchored,
    half_turned,
    lower_points,
    reference_anatomy,
    rotation_of,
    unloaded_pose,
    upper_points,
)
from opentraction.mechanics.segment.facets import (
    SIDES,
    FacetLaw,
    Facets,
    FacetState,
    build_facets,
    facet_state,
    facet_terms,
    published_facets,
)
from opentraction.mechanics.segment.strands import (
    GROUPS,
    LigamentState,
    Strands,
    build_strands,
    ligament_state,
    strand_terms,
)

__all__ = [
    "GROUPS",
    "SIDES",
    "Anatomy",
    "FacetLaw",
    "FacetState",
    "Facets",
    "ImagedPose",
    "LigamentState",
    "Strands",
    "anchored",
    "build_facets",
    "build_strands",
    "facet_state",
    "facet_terms",
    "half_turned",
    "ligament_state",
    "lower_points",
    "published_facets",
    "reference_anatomy",
    "rotation_of",
    "strand_terms",
    "unloaded_pose",
    "upper_points",
]
