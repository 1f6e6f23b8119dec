"""What the calibration rows say about the parameters: a joint normal in the coordinates of the priors.

Each parameter is a standard normal deviate z of its prior (`Prior.at`), so a priori z is N(0, 1) one by one.
Given the calibration rows it is N(mode, factor factor^T), all parameters of the table together: what the rows
cannot tell apart (residual compression, intrinsic pressure, charge, stiffness in tension) stays drawn
together. A parameter outside the table keeps its prior. `validating.calibration` makes the table.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
FILE = "patient/posterior.csv"
"""Of the package `opentraction.mechanics`."""
DOMINATED = 0.9
"""A parameter whose spread the rows leave above this share of the prior's is called prior-dominated."""


@dataclass(frozen=True)
class Posterior:
    """Joint distribution of the deviates of the named parameters."""

    names: tuple[str, ...]
    mode: Float[Numbers, "n"]
    factor: Float[Numbers, "n n"]
    """Lower triangular; covariance = factor factor^T."""

    def joined(self, deviates: Mapping[str, Numbers]) -> dict[str, Numbers]:
        """Deviates drawn one by one, (sample) each, turned into those of the joint distribution."""
        z = np.stack([deviates[name] for name in self.names])
        # a sum of our own, in one order: a matrix product may round by the number of samples
        moved = [self.mode[i] + sum(self.factor[i, k] * z[k] for k in range(i + 1)) for i in range(len(z))]
        return dict(zip(self.names, map(np.asarray, moved), strict=True))

    @property
    def widths(self) -> dict[str, float]:
        """Standard deviation of each parameter against that of its prior: 1 when the rows say nothing."""
        return dict(zip(self.names, map(float, np.sqrt((self.factor**2).sum(axis=1))), strict=True))


@cache
def posterior() -> Posterior:
    """The package's own, from `posterior.csv`."""
    with files("opentraction.mechanics").joinpath(FILE).open(encoding="utf-8") as table:
        rows = list(csv.DictReader(table))
    names = tuple(row["name"] for row in rows)
    factor = np.array([[float(row[other] or 0.0) for other in names] for row in rows])
    return Posterior(names, np.array([float(row["mode"]) for row in rows]), factor)


def write(found: Posterior, path: Path) -> None:
    """Write a table that `posterior` reads."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["name", "mode", *found.names])
        for i, name in enumerate(found.names):
            row = [f"{value:.6g}" if k <= i else "" for k, value in enumerate(found.factor[i])]
            table.writerow([name, f"{found.mode[i]:.6g}", *row])
