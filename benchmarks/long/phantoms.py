"""Run 200 random phantoms through history and session; a quarter of an hour on one core. `make phantoms`.

They are those of the long tests: 20 to 90 years, every tenth with all its discs alike or collapsed beside
sound ones. One that cannot be modelled says why. Ends with an error when any does.
"""

from __future__ import annotations

import argparse
import os
import runpy
import time
from pathlib import Path

os.environ.setdefault("JAX_PLATFORMS", "cpu")

import numpy as np

from opentraction import mechanics
from opentraction.chart import OpenTractionError, Patient
from opentraction.evaluate.phantoms.build import make_phantom

TESTS = Path(__file__).parents[2] / "tests" / "mechanics" / "patient" / "test_spines.py"


def main() -> None:
    """Run them, one line each, and say how many ran."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first", type=int, default=0, help="seed of the first")
    parser.add_argument("--count", type=int, default=200, help="how many")
    parser.add_argument("--samples", type=int, default=2, help="samples of each")
    parser.add_argument("--pull", type=float, default=300.0, help="greatest pull [N]")
    asked = parser.parse_args()
    tests = runpy.run_path(str(TESTS))
    way, failed, lost, begun = tests["profile"](asked.pull), 0, 0, time.monotonic()
    for seed in range(asked.first, asked.first + asked.count):
        spec = tests["random_spec"](seed)
        patient = Patient(patient_id="phantom", mass_kg=spec.mass_kg, simulated=True)
        said = f"{seed:4d}  {spec.age_years:4.0f} years, grades {spec.pfirrmann}, slips {spec.slip_mm}: "
        try:
            model = mechanics.build(make_phantom(spec).spine, patient, samples=asked.samples)
            response = mechanics.simulate(model, way, after_s=600.0)
        except OpenTractionError as error:
            failed += 1
            print(f"{said}{error}", flush=True)
            continue
        missed = (*model.missed, *response.missed)
        lost += len({item.sample for item in missed})
        why = "; ".join(f"sample {item.sample} in {item.what}: {item.residual:.2g}" for item in missed)
        low, high = np.nanmin(response.pressure_mpa), np.nanmax(response.pressure_mpa)
        print(f"{said}{low:.2f} to {high:.2f} MPa {why}", flush=True)
    print(f"{asked.count - failed} of {asked.count} phantoms ran in {time.monotonic() - begun:.0f} s")
    print(f"{lost} of {asked.samples * asked.count} samples without a result")
    if failed or lost:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
