"""Scan to report for each real case at hand: seconds and peak memory of a fresh process on two cores.

Needs the folder of real scans (OPENTRACTION_DATA, or ../shared/data beside the checkout). The goal is under
90 s and under 3 GB. Each run starts with an empty compilation cache, so the first compilation counts.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("OPENTRACTION_DATA", ROOT.parent / "shared" / "data"))
CASES = {
    "lumbar_mri_t2_fracture_f02": "fracture_f02",
    "lumbar_mri_t2_healthy_a": "healthy_a",
    "lumbar_mri_t2_healthy_b": "healthy_b",
    "lumbar_mri_t2_listhesis_s02": "listhesis_s02",
    "verse004_ct_mask": "verse004",
}
CORES = 2


def run_case(folder: Path, form: Path) -> tuple[float, float, str]:
    """Seconds, peak memory [GB] and the last line of one run in a fresh process on two cores."""
    with tempfile.TemporaryDirectory() as scratch:
        environment = {**os.environ, "JAX_COMPILATION_CACHE_DIR": f"{scratch}/cache", "JAX_PLATFORMS": "cpu"}
        words = [sys.executable, "-c", "from opentraction.clinic.cli import main; main()", "course", folder]
        words += ["--form", form, "--at", "2026-11-20T18:00", "--out", f"{scratch}/out"]
        words += ["--approve-as", "Benchmark", "--consent-by", "benchmark"]
        start = time.monotonic()
        done = subprocess.run(
            [str(word) for word in words], env=environment, capture_output=True, text=True, check=False,
            preexec_fn=lambda: os.sched_setaffinity(0, range(CORES)),
        )  # fmt: skip
        seconds = time.monotonic() - start
    last = (done.stdout.strip() or done.stderr.strip() or "nothing said").splitlines()[-1]
    peak_gb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6
    print(done.stderr, end="")
    return seconds, peak_gb, last


def main() -> None:
    if not DATA.is_dir():
        sys.exit(f"No real scans at {DATA}; set OPENTRACTION_DATA.")
    print("case                              seconds   peak GB (largest so far)")
    for name, form in CASES.items():
        seconds, peak_gb, last = run_case(DATA / name, ROOT / "tests" / "pathway" / "cases" / f"{form}.yaml")
        print(f"{name:32} {seconds:8.1f} {peak_gb:9.2f}   {last}", flush=True)


if __name__ == "__main__":
    main()
