"""`widths`: what calibration left of each parameter's prior."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from opentraction.mechanics.patient.posterior import DOMINATED, posterior
from opentraction.mechanics.patient.priors import Z95, priors

Points = tuple[float, float, float]


@dataclass(frozen=True)
class Width:
    """One parameter before and after calibration; bands are its 5, 50 and 95 % points."""

    name: str
    group: str
    unit: str
    shape: str
    """"log" or "linear": on what scale the published range is walked."""
    published: tuple[float, float]
    """Range that no draw leaves."""
    prior: Points
    posterior: Points
    """Of the parameter by itself; that of the prior where calibration does not speak to it."""
    share: float
    """Standard deviation left of the prior's, both as deviates of the prior; 1 where not calibrated."""
    calibrated: bool
    """Is among those that the calibration rows were let to set."""

    @property
    def dominated(self) -> bool:
        """The data say next to nothing: the share is above 0.9, or the parameter was not calibrated."""
        return not self.calibrated or self.share > DOMINATED


def widths() -> tuple[Width, ...]:
    """Every parameter of the column, in the order of its tables: prior against posterior."""
    known = posterior()
    mode, left = dict(zip(known.names, known.mode, strict=True)), known.widths
    found = []
    for name, prior in priors().items():
        z = float(mode.get(name, 0.0)) + left.get(name, 1.0) * Z95 * np.array([-1.0, 0.0, 1.0])
        low, middle, high = map(float, prior.at(z))
        found.append(
            Width(
                name=name,
                group=prior.group,
                unit=prior.unit,
                shape=prior.shape,
                published=(prior.low, prior.high),
                prior=(prior.p05, prior.central, prior.p95),
                posterior=(low, middle, high),
                share=left.get(name, 1.0),
                calibrated=name in left,
            )
        )
    return tuple(found)
