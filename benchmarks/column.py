"""How fast the column is: starts of the process, sessions per second, against one at a time, and alone.

Also how memory and time grow with the samples, each size in a process of its own, beside the size of what is
handed out. Run with `make bench ONLY=column`; on two cores, as the goals say, with taskset -c 0,1 before it.
Ratios are of one run. Figures of a shared machine: 20 % either way, and far more where others use its cores.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

os.environ.setdefault("JAX_PLATFORMS", "cpu")

BEGIN = """
import sys, time; last = begun = time.perf_counter()
def said(what):
    global last
    now = time.perf_counter(); print(f"  {what:39}{now - last:8.2f} s", flush=True); last = now
from opentraction import mechanics
from opentraction.chart import Family, Hold, Patient, Ramp, Release, TractionProfile
from opentraction.mechanics.validating.subject import norm_spine
said("import")
profile = TractionProfile(name="static", family=Family.STATIC, segments=(
    Ramp(force_n=300, duration_s=60), Hold(duration_s=1080), Release(duration_s=60)))
patient = Patient(patient_id="bench", mass_kg=float(sys.argv[1]), simulated=True)
model = mechanics.build(norm_spine(), patient, samples=4)
said("build of 4 samples")
rested = mechanics.rest(model); said("their history")
response = mechanics.simulate(model, profile, rested=rested, after_s=3600.0); said("their session")
response.shape; said("openings, border and fibres")
print(f"  {'in all':39}{time.perf_counter() - begun:8.2f} s")
"""
TIMES = (125, 500, 1000)
CHUNK = 32
LOADS = 10


def seconds(work: Callable[[], object], repeats: int = 3) -> float:
    """Shortest of a few runs [s]."""
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def main() -> None:
    """Measure and print."""
    patient, other = str(new_mass_kg()), str(new_mass_kg())
    starts = {
        "first start of the process, if no programs are kept": patient,
        "second start, same patient (wanted 4 s in all)": patient,
        "second start, another patient, never seen": other,
    }
    for what, mass_kg in starts.items():
        print(what, flush=True)
        subprocess.run([sys.executable, "-c", BEGIN, mass_kg], check=True)
    found = [alone_in_a_process(size) for size in TIMES]
    least = found[0]
    print("samples   history      session      greatest   at its start   model and  ")
    print("          ms each      ms each      memory     of that        outputs    ")
    for one in found:
        print(
            f"{one['samples']:7.0f}   {one['history_ms']:6.2f} x{one['history_ms'] / least['history_ms']:.2f}"
            f"   {one['session_ms']:6.2f} x{one['session_ms'] / least['session_ms']:.2f}"
            f"   {one['memory_mib']:5.0f} MiB   {one['start_mib']:5.0f} MiB      {one['held_mib']:5.0f} MiB"
        )
    last = found[-1]
    more = (last["memory_mib"] - least["memory_mib"], last["held_mib"] - least["held_mib"])
    print(
        f"from {least['samples']:.0f} to {last['samples']:.0f} samples memory grows by {more[0]:.0f} MiB, "
        f"what is handed out by {more[1]:.0f} MiB: {more[0] / more[1]:.2f} times that"
    )
    ensembles()


def new_mass_kg() -> float:
    """75 kg and a little, so that no rest shape was found before: see `mechanics.patient.earlier`."""
    return 75.0 + time.time() % 1.0 * 1e-3


def alone_in_a_process(size: int) -> dict[str, float]:
    """Times and greatest memory of an ensemble in a process of its own."""
    said = subprocess.run(
        [sys.executable, __file__, str(size)], check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    found: dict[str, float] = json.loads(said.splitlines()[-1])
    return found


def measured(size: int) -> None:
    """What `alone_in_a_process` reads."""
    import jax
    import numpy as np

    from opentraction import mechanics

    # one chunk first: programs are loaded or compiled then
    small = column(CHUNK)
    played(small, mechanics.rest(small))
    start = memory_mib()
    model = column(size)
    rested = mechanics.rest(model)
    response = played(model, rested)
    greatest = memory_mib()
    shown = [*vars(response).values(), *vars(response.shape).values()]
    held = [*(x for x in shown if isinstance(x, np.ndarray)), rested.state, rested.pressure_mpa]
    held += [vars(model)[name] for name in ("chain", "found", "sizes", "rest", "scanned", "openings", "top")]
    each = 1e3 / model.samples
    print(
        json.dumps(
            {
                "samples": model.samples,
                "history_ms": each * seconds(lambda: mechanics.rest(model), 2),
                "session_ms": each * seconds(lambda: played(model, rested), 2),
                "memory_mib": greatest,
                "start_mib": start,
                "held_mib": sum(np.asarray(x).nbytes for x in jax.tree.leaves(held)) / 2**20,
            }
        )
    )


def memory_mib() -> float:
    """Greatest memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def column(samples: int) -> Any:
    """The column of the norm spine."""
    from opentraction import mechanics
    from opentraction.chart import Patient
    from opentraction.mechanics.validating.subject import norm_spine

    patient = Patient(patient_id="bench", mass_kg=new_mass_kg(), simulated=True)
    return mechanics.build(norm_spine(), patient, samples=samples)


def played(model: Any, rested: Any) -> Any:
    """A session with an hour after it, all outputs read."""
    from opentraction import mechanics
    from opentraction.chart import Family, Hold, Ramp, Release, TractionProfile

    profile = TractionProfile(
        name="static",
        family=Family.STATIC,
        segments=(Ramp(force_n=300, duration_s=60), Hold(duration_s=1080), Release(duration_s=60)),
    )
    response = mechanics.simulate(model, profile, rested=rested, after_s=3600.0)
    assert response.shape.canal_area_mm2.size
    return response


def ensembles() -> None:
    """The largest ensemble in this process, and a sample alone."""
    from opentraction import mechanics

    count = TIMES[-1]
    start = time.perf_counter()
    large = column(count)
    print(f"build of {count}                            {time.perf_counter() - start:8.2f} s")
    count = large.samples
    kept = mechanics.rest(large)
    one, kept_one = large.subset(1), kept.subset(1)
    played(one, kept_one)
    alone = seconds(lambda: played(one, kept_one))
    alone_history = seconds(lambda: mechanics.rest(one))
    print(f"one session alone                        {alone:8.3f} s, its history {alone_history:.3f} s")
    history, session = seconds(lambda: mechanics.rest(large), 2), seconds(lambda: played(large, kept), 2)
    used, steps = float(kept.state.iterations.sum()), len(played(one, kept_one).time_s)
    print(f"{count / (history + session):.1f} sessions/s, each with its own history (wanted 40, goal 100)")
    print(f"{count / session:.1f} sessions/s, histories kept (wanted 80, goal 200)")
    print(f"{5 * used / history:.0f} joint evaluations/s in the histories")
    print(f"{5 * steps * count / session:.0f} steps of a joint per second in the sessions")
    ratio = count * (alone + alone_history) / (history + session)
    print(f"{ratio:.1f} times as fast as one sample at a time (wanted 10)")
    print(
        f"a gradient by {LOADS} loads costs {gradient(large.subset(32), kept.subset(32)):.2f} runs (wanted 4)"
    )


def gradient(model: Any, rested: Any) -> float:
    """Runs that the tangents by ten pulls cost, in a block of steps of 32 samples."""
    import equinox as eqx
    import jax
    import jax.numpy as jnp
    import numpy as np

    from opentraction.mechanics.chain.march import step
    from opentraction.mechanics.loading import BLOCK
    from opentraction.mechanics.patient.loads import LYING_BEFORE_SCAN_S, history, steady

    lying = history(model.trunk, model.top, model.found["hours_up"], lying_s=LYING_BEFORE_SCAN_S)[-1]
    follower, tilt = (np.repeat(np.asarray(x[-1:]), BLOCK, 0) for x in (lying.follower_n, lying.tilt_rad))
    force = np.zeros((BLOCK, 3, model.samples))
    force[:, 2] = 250.0
    load = steady(np.full((BLOCK, model.samples), 40.0), follower, tilt, force)
    chain, start = (jax.tree.map(jnp.asarray, tree) for tree in (model.chain, rested.state))
    span = jnp.minimum(jnp.arange(BLOCK) * LOADS // BLOCK, LOADS - 1)

    def run(more: jax.Array) -> jax.Array:
        pulls = load.force_n * (1.0 + more[span])[:, None, None, None, None]
        now = eqx.tree_at(lambda x: x.force_n, load, pulls)
        end, _ = jax.lax.scan(lambda before, here: (step(chain, before, here)[0], None), start, now)
        return end.place.pressure_mpa

    plain, tangents = jax.jit(run), jax.jit(jax.jacfwd(run))
    at = jnp.zeros(LOADS)
    for work in (plain, tangents):
        work(at).block_until_ready()
    return seconds(lambda: tangents(at).block_until_ready()) / seconds(lambda: plain(at).block_until_ready())


if __name__ == "__main__":
    if len(sys.argv) > 1:
        measured(int(sys.argv[1]))
    else:
        main()
