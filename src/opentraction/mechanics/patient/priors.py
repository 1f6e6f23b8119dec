"""Parameters with their spread: `priors.csv` and the numbers of the load path, drawn by name and seed.

What the calibration rows add to the priors stands in `posterior`.
"""

from __future__ import annotations

import csv
import hashlib
import zlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from opentraction.chart import BadInput
from opentraction.mechanics.loading import NUMBERS, PULL_NUMBERS
from opentraction.mechanics.loading.quantity import Number
from opentraction.mechanics.patient.posterior import FILE, posterior

_NORMAL = NormalDist()
Z95 = _NORMAL.inv_cdf(0.95)
"""Deviate of the 95 % point."""


@dataclass(frozen=True)
class Prior:
    """One parameter: two-piece normal (of the logarithm when `shape` is log), cut at its published range."""

    name: str
    group: str
    """What is varied together in a ranking of what drives a prediction."""
    unit: str
    shape: str
    central: float
    p05: float
    p95: float
    low: float
    high: float
    rows: str
    conversion: str
    reason: str

    def at(self, z: NDArray[np.float64]) -> NDArray[np.float64]:
        """Value at a standard normal deviate: median at 0, p05 and p95 at -1.645 and 1.645."""
        side = np.where(z < 0, self.p05, self.p95)
        steps = np.abs(z) / Z95
        if self.shape == "log":
            value = self.central * (side / self.central) ** steps
        else:
            value = self.central + (side - self.central) * steps
        return np.clip(value, self.low, self.high)


@cache
def priors() -> dict[str, Prior]:
    """Every prior by name. Raises BadInput when a row leaves its own range."""
    found: dict[str, Prior] = {}
    with files("opentraction.mechanics").joinpath("patient/priors.csv").open(encoding="utf-8") as table:
        for row in csv.DictReader(table):
            prior = Prior(
                name=row["name"],
                group=row["group"],
                unit=row["unit"],
                shape=row["shape"],
                central=float(row["central"]),
                p05=float(row["p05"]),
                p95=float(row["p95"]),
                low=float(row["low"]),
                high=float(row["high"]),
                rows=row["rows"],
                conversion=row["conversion"],
                reason=row["reason"],
            )
            if not prior.low <= prior.p05 < prior.central < prior.p95 <= prior.high:
                raise BadInput(
                    f"Prior {prior.name} must have low <= p05 < central < p95 <= high. Mend priors.csv."
                )
            found[prior.name] = prior
    return found | _load_path()


def _load_path() -> dict[str, Prior]:
    """The numbers of posture and pull."""
    return {name: of_number(name, number) for name, number in (NUMBERS | PULL_NUMBERS).items()}


def of_number(name: str, number: Number) -> Prior:
    """The spread of a number of the load path: its range is read as 5 to 95 %."""
    return Prior(
        name=name,
        group=_group(name, number.unit),
        unit=number.unit,
        shape="linear",
        central=number.value,
        p05=number.low,
        p95=number.high,
        low=number.low,
        high=number.high,
        rows="",
        conversion="",
        reason=number.source,
    )


def _group(name: str, unit: str) -> str:
    if unit in ("N", "% of maximum"):
        return "muscle"
    return "delivery" if name in PULL_NUMBERS else "posture"


def parameter_digest() -> str:
    """SHA-256 of the parameter files: one set serves every patient and every row of the validation."""
    folder = files("opentraction.mechanics")
    text = folder.joinpath("patient/priors.csv").read_bytes() + folder.joinpath(FILE).read_bytes()
    return hashlib.sha256(text).hexdigest()


def deviates(name: str, seed: int, samples: int) -> NDArray[np.float64]:
    """Standard normal deviates of one name; entry i depends on the seed, the name and i alone.

    Sample 0 is nought: the middle of every prior and the mode of what is drawn jointly, so that a single
    sample is the middle model.
    """
    generator = np.random.Generator(np.random.Philox(key=[seed, zlib.crc32(name.encode())]))
    # Philox hands out doubles one after the other, so the first n of a longer draw are the same to the bit
    uniform = generator.random(samples)
    z = np.array([_NORMAL.inv_cdf(min(max(u, 1e-12), 1.0 - 1e-12)) for u in uniform])
    if samples:
        z[0] = 0.0
    return z


def draw(seed: int, samples: int) -> dict[str, NDArray[np.float64]]:
    """All parameters, each (samples,): those of the calibration jointly, the others from their priors."""
    known = posterior()
    z = {name: deviates(name, seed, samples) for name in priors()}
    return {name: priors()[name].at(value) for name, value in (z | known.joined(z)).items()}
