"""How fast the column is: compilation, sessions per second with and without histories, against one at a time.

Run with `make bench ONLY=column`. Figures of one run on a shared machine: 20 % either way.
"""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable

os.environ.setdefault("JAX_PLATFORMS", "cpu")


def seconds(work: Callable[[], object], repeats: int = 3) -> float:
    """Shortest of a few runs [s]."""
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def main() -> None:
    start = time.perf_counter()
    from opentraction import mechanics
    from opentraction.chart import Family, Hold, Patient, Ramp, Release, TractionProfile
    from opentraction.mechanics.validating.subject import norm_spine

    print(f"import                                   {time.perf_counter() - start:8.2f} s")
    patient, spine = Patient(patient_id="bench", mass_kg=75, simulated=True), norm_spine()
    profile = TractionProfile(
        name="static",
        family=Family.STATIC,
        segments=(Ramp(force_n=300, duration_s=60), Hold(duration_s=1080), Release(duration_s=60)),
    )
    start = time.perf_counter()
    small = mechanics.build(spine, patient, samples=64)
    print(f"build of 64, compilation included        {time.perf_counter() - start:8.2f} s")
    again = seconds(lambda: mechanics.build(spine, patient, samples=64))
    print(f"build of 64                              {again:8.2f} s")
    one, kept = small.subset(1), mechanics.rest(small)
    single = seconds(lambda: mechanics.simulate(one, profile, rested=kept.subset(1), after_s=3600.0))
    print(f"one session with 60 min after            {single:8.3f} s")
    batch = seconds(lambda: mechanics.simulate(small, profile, rested=kept, after_s=3600.0))
    print(f"64 sessions with 60 min after            {batch:8.3f} s")
    count = 1000
    large = mechanics.build(spine, patient, samples=count)
    rested = mechanics.rest(large)
    history = seconds(lambda: mechanics.rest(large), 2)
    session = seconds(lambda: mechanics.simulate(large, profile, rested=rested, after_s=3600.0), 2)
    print(f"{count} samples, histories included        {count / (history + session):8.0f} sessions/s")
    print(f"{count} samples, histories kept            {count / session:8.0f} sessions/s")
    print(f"against one sample at a time             {single * count / session:8.1f} times")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"peak memory                              {memory:8.2f} GiB")


if __name__ == "__main__":
    main()
