"""The ensemble of spine models that candidates are tried on: a profile in, doses per level out."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from opentraction.chart import Level, NotConverged, Prediction, TractionProfile
from opentraction.plan.histogram import seconds_below, unloading_dose
from opentraction.plan.objectives import Candidate

PressureTrace = tuple[NDArray[np.float64], dict[Level, NDArray[np.float64]], dict[Level, NDArray[np.float64]]]
"""Times [s]; pressure per level [MPa], time x sample; pressure lying at rest per level [MPa], sample."""


@dataclass(frozen=True)
class Engine:
    """The four calls of a mechanical model that planning needs. Tests give an analytic one."""

    rest: Callable[[Any], Any]
    """Model -> the same lying at rest, after the history before the session."""
    simulate: Callable[[Any, TractionProfile, Any], Any]
    """Model, profile, rested -> response over the session."""
    summarise: Callable[[Any], Prediction]
    """Response -> quantiles per level."""
    pressures: Callable[[Any], PressureTrace]
    """Response -> pressure per level and sample."""


class Ensemble:
    """One model with its samples, rested once; it remembers what it has run."""

    def __init__(self, model: Any, engine: Engine, *, samples: int, threshold_mpa: float) -> None:
        self._model = model.subset(samples)
        self._engine = engine
        self._rested = engine.rest(self._model)
        self._threshold_mpa = threshold_mpa
        self._known: dict[tuple[object, ...], tuple[Candidate, Any]] = {}
        self.samples = samples

    def respond(self, profile: TractionProfile) -> tuple[Candidate, Any]:
        """Run a profile, once, on every sample: the candidate and the model's response.

        Raises NotConverged when the model does, or when it gives something that is not a number.
        """
        if self.knows(profile):
            candidate, response = self._known[_pull(profile)]
            return replace(candidate, profile=profile), response
        response = self._engine.simulate(self._model, profile, self._rested)
        time_s, pressure, rest = self._engine.pressures(response)
        dose = {level: unloading_dose(time_s, pressure[level], rest[level]) for level in pressure}
        below = {level: seconds_below(time_s, pressure[level], self._threshold_mpa) for level in pressure}
        if not all(np.all(np.isfinite(values)) for values in dose.values()):
            raise NotConverged(
                f"Expected a finite pressure at every level for '{profile.name}', got one that is not a "
                "number. Lower the pull or look at the measures of the spine."
            )
        candidate = Candidate(profile=profile, dose_mpa_s=dose, seconds_below=below)
        self._known[_pull(profile)] = candidate, response
        return candidate, response

    def knows(self, profile: TractionProfile) -> bool:
        """True when the same pull over time and angle was run before, under whatever name."""
        return _pull(profile) in self._known

    def predict(self, response: Any) -> Prediction:
        """The quantiles of a response."""
        return self._engine.summarise(response)


def _pull(profile: TractionProfile) -> tuple[object, ...]:
    return (profile.segments, profile.angle_deg)
