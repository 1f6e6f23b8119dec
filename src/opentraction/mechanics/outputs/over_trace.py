"""The openings of a patient's column in every pose of a trace, with its protrusions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from opentraction.mechanics.chain.model import Trace
from opentraction.mechanics.outputs.openings import Openings
from opentraction.mechanics.outputs.shape import (
    Disc,
    Moved,
    around,
    border_modes_mm,
    imaged_border_mm,
    opened,
)
from opentraction.mechanics.outputs.weak_place import local_bulge_mm
from opentraction.mechanics.patient.assembly import anatomy_of, inner_scale, outline_of
from opentraction.mechanics.patient.model import SpineModel

Numbers = NDArray[np.float64]


def openings_over(model: SpineModel, trace: Trace, at: Moved) -> Openings:
    """Sizes of the openings at every step of a trace of the model, `at` being its poses (`moved`)."""
    disc = Disc(
        model.rest,
        outline_of(model.image, model.sizes),
        np.asarray(inner_scale(model.found, model.sizes)),
    )
    modes, scanned = np.asarray(trace.modes_mm), model.scanned.modes_mm
    border = border_modes_mm(at, modes, np.asarray(trace.annulus), disc)
    # the scan is laterally symmetric; in 3-D the modes of sin stand after its own
    skew = np.zeros((modes.shape[1] - len(scanned), *scanned.shape[1:]))
    then = imaged_border_mm(np.concatenate([scanned, skew]), model.scanned.swelling, disc)
    local, local_then = local_bulge_mm(model, trace, at)
    surroundings = around(
        anatomy_of(model.image, model.sizes),
        model.rest,
        model.openings,
        then,
        local_mm=local_then,
        weak_width_rad=np.asarray(model.image.weak.width_rad),
    )
    return opened(surroundings, at, border, local)


def protrusion_change_mm(model: SpineModel, sized: Openings) -> Numbers:
    """Change of the depth of each disc's protrusion against the scan, (step, joint, sample).

    Where no protrusion was read: of the disc's border in the middle at the back.
    """
    return np.asarray(sized.protrusion_mm) - model.openings.protrusion_mm
