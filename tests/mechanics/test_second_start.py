"""What a second process still has to trace and compile for a whole session: next to nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

RUN = """
import json, logging
import jax

jax.config.update("jax_log_compiles", True)
said = []


class Listening(logging.Handler):
    def emit(self, record):
        said.append(record.getMessage())


logging.getLogger("jax").addHandler(Listening())
logging.getLogger("jax").propagate = False
from opentraction import mechanics
from opentraction.chart import Family, Hold, Patient, Ramp, Release, TractionProfile
from opentraction.mechanics.validating.subject import norm_spine

profile = TractionProfile(name="static", family=Family.STATIC, segments=(
    Ramp(force_n=300, duration_s=60), Hold(duration_s=600), Release(duration_s=60)))
patient = Patient(patient_id="textbook", mass_kg=70.0, simulated=True)
model = mechanics.build(norm_spine(), patient, samples=2)
response = mechanics.simulate(model, profile, rested=mechanics.rest(model), after_s=600.0)
numbers = [float(response.pressure_mpa.sum()), float(response.shape.canal_area_mm2.sum())]
lowered = [line for line in said if line.startswith("Finished jaxpr to MLIR")]
large = [line for line in lowered if "kept_" in line]
print(json.dumps({"numbers": numbers, "lowered": len(lowered), "large": len(large)}))
"""


def _told(folder: Path) -> dict[str, object]:
    where = os.environ | {"JAX_COMPILATION_CACHE_DIR": str(folder)}
    done = subprocess.run(
        [sys.executable, "-c", RUN], env=where, check=True, stdout=subprocess.PIPE, text=True
    )
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.full
def test_a_second_process_compiles_no_large_program_and_few_small_ones(tmp_path: Path) -> None:
    """Each small operation outside a program costs a new process ten milliseconds or more."""
    first, second = _told(tmp_path), _told(tmp_path)
    assert first["large"] >= 6  # type: ignore[operator]
    assert second["large"] == 0
    assert second["lowered"] <= 12  # type: ignore[operator]
    assert second["numbers"] == first["numbers"]
