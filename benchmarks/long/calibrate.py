"""Set the parameters of the column on the calibration rows; about an hour. `make calibrate`.

Writes the table that `opentraction.mechanics` draws from. Changed numbers are news: say so in CHANGELOG.md.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from opentraction.mechanics.patient.posterior import posterior, write
from opentraction.mechanics.patient.priors import priors
from opentraction.mechanics.validating.calibration import (
    UNKNOWNS,
    bench_answers,
    calibrate,
    calibration_rows,
    laplace,
)


def main() -> None:
    """Calibrate from the package's own mode, or from the priors' middle, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="where to write the table")
    parser.add_argument("--rounds", type=int, default=12, help="iterations at most")
    parser.add_argument("--from-priors", action="store_true", help="start from the middle of the priors")
    asked = parser.parse_args()
    known = {} if asked.from_priors else dict(zip(posterior().names, posterior().mode, strict=True))
    start = np.array([float(known.get(name, 0.0)) for name in UNKNOWNS])
    rows, begun = calibration_rows(), time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - begun:6.0f} s  {line}", flush=True)

    mode, jacobian = calibrate(start, bench_answers(rows), rows, rounds=asked.rounds, say=say)
    found = laplace(UNKNOWNS, mode, jacobian)
    write(found, asked.out)
    for name, z in zip(UNKNOWNS, mode, strict=True):
        prior = priors()[name]
        value, share = float(prior.at(np.array([z]))[0]), found.widths[name]
        say(f"{name:24s} {value:10.4g} {prior.unit:18s} spread {share:4.2f} of the prior's")


if __name__ == "__main__":
    main()
