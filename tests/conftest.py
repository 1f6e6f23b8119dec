"""What all tests share: the real data where it is, a browser where there is one, a count of the skips."""

from __future__ import annotations

import gc
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import hypothesis
import pytest

# nohup and background shells start programs deaf to these; the tests send them
for _deaf, _hears in ((signal.SIGHUP, signal.SIG_DFL), (signal.SIGINT, signal.default_int_handler)):
    if signal.getsignal(_deaf) is signal.SIG_IGN:
        signal.signal(_deaf, _hears)

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parent.parent

# Before anything imports JAX, and inherited by the programs that tests start.
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(ROOT / ".cache" / "jax"))
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.01")
os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("MPLCONFIGDIR", str(ROOT / ".cache" / "matplotlib"))

# The same examples on every run, no judgement of their speed, and the line that repeats a failure.
hypothesis.settings.register_profile(
    "house",
    derandomize=True,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("house")

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def missing_program(name: str, remedy: str) -> NoReturn:
    """Skip the test for want of a program, by name; where CI=true, fail it: there it was to be installed."""
    message = f"{name} is not on this machine: {remedy}"
    if os.environ.get("CI", "").lower() in ("true", "1"):
        pytest.fail(f"{message} (CI=true, so a missing program fails)")
    pytest.skip(message)


MOST_MIB = 2500
"""Memory beyond which a test process lets go of its compiled programs: one of the column holds some 300 MiB,
and a whole run needs dozens. Those kept on disk are read again in a second."""


@pytest.fixture(scope="module", autouse=True)
def programs_do_not_pile_up() -> Iterator[None]:
    """After a file of tests, forget compiled programs when there are many."""
    yield
    if "opentraction.mechanics.kept" in sys.modules and _resident_mib() > MOST_MIB:
        from opentraction.mechanics.kept import Kept

        for one in [item for item in gc.get_objects() if isinstance(item, Kept)]:
            one._ready.clear()
        sys.modules["jax"].clear_caches()
        gc.collect()


def _resident_mib() -> float:
    """Memory of this process; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0.0
    return pages * resource.getpagesize() / 2**20


@pytest.fixture(scope="session")
def root() -> Path:
    """The top folder of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real scans: OPENTRACTION_DATA, else ../shared/data beside the checkout. Read-only."""
    named = os.environ.get("OPENTRACTION_DATA")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    if named and not folder.is_dir():
        pytest.fail(f"OPENTRACTION_DATA names {named}, which is no folder; mend it or unset it.")
    if not folder.is_dir():
        pytest.skip("the real scans are not here: set OPENTRACTION_DATA to their folder to run this test")
    return folder


@pytest.fixture(scope="session")
def chromium() -> str:
    """A browser for Playwright's `executable_path`: OPENTRACTION_CHROMIUM, else the first one found."""
    named = os.environ.get("OPENTRACTION_CHROMIUM")
    found = next((path for name in ((named,) if named else BROWSERS) if (path := shutil.which(name))), None)
    if found is None:
        missing_program("Chromium", "install Debian's package chromium, or name one in OPENTRACTION_CHROMIUM")
    driver = subprocess.run(
        [sys.executable, "-m", "playwright", "--version"], capture_output=True, text=True, check=False
    )
    if driver.returncode:
        missing_program("Playwright's driver", f"it did not start: {driver.stderr.strip()[-200:]}")
    return found


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """A headless Chromium under Playwright; `browser.new_page()` opens a page."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # Chromium's sandbox refuses to run as root; the pages tested are our own.
        args = ["--no-sandbox"] if os.geteuid() == 0 else []
        opened = playwright.chromium.launch(executable_path=chromium, args=args)
        yield opened
        opened.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Count the skips by their reason, so that what was not tested is seen."""
    skipped = terminalreporter.stats.get("skipped", [])
    if not skipped:
        terminalreporter.write_line("Skipped: none.")
        return
    reasons = Counter(
        str(report.longrepr[2]).removeprefix("Skipped: ")
        if isinstance(report.longrepr, tuple)
        else str(report.longrepr)
        for report in skipped
    )
    terminalreporter.section(f"skipped: {len(skipped)}")
    for reason, count in reasons.most_common():
        terminalreporter.write_line(f"{count:4d}  {reason}")
