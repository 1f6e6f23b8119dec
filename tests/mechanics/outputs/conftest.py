"""A small column with a protrusion at L4-L5 and one without, and both pressed and pulled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from opentraction.chart import (
    Level,
    Measure,
    Patient,
    Protrusion,
    ProtrusionKind,
    Quality,
    Sex,
    Side,
    Spine,
)
from opentraction.mechanics.chain.march import march
from opentraction.mechanics.chain.model import Trace, start_state
from opentraction.mechanics.outputs.shape import Moved, moved
from opentraction.mechanics.patient.build import build
from opentraction.mechanics.patient.loads import LYING_BEFORE_SCAN_S, blocks, history, steady, tilted
from opentraction.mechanics.patient.model import SpineModel
from opentraction.mechanics.validating.subject import norm_spine

SAMPLES = 2
LYING, PRESSED, PULLED = 9, 20, 31
"""Last steps of the three loads of a `Run`."""


@dataclass(frozen=True)
class Run:
    """A model lying as at the scan, then pressed by 500 N, then pulled by 200 N; no time passes."""

    model: SpineModel
    trace: Trace
    at: Moved


def protruded(spine: Spine, side: Side) -> Spine:
    """The spine with a protrusion of 5 mm at L4-L5."""
    depth = Measure(value=5.0, sd=0.5, quality=Quality.MEASURED)
    found = Protrusion(kind=ProtrusionKind.PROTRUSION, depth_mm=depth, side=side)
    discs = tuple(
        disc.model_copy(update={"protrusion": found}) if disc.level is Level.L4_L5 else disc
        for disc in spine.discs
    )
    return spine.model_copy(update={"discs": discs})


def run_of(spine: Spine) -> Run:
    """Build a model and take it through the three loads."""
    patient = Patient(patient_id="norms", sex=Sex.MALE, mass_kg=70.0, simulated=True)
    model = build(spine, patient, samples=SAMPLES)
    loads = history(model.trunk, model.top, model.found["hours_up"], lying_s=LYING_BEFORE_SCAN_S)
    state, _ = march(model.chain, start_state(model.chain), loads, what="the history")
    lying = np.asarray(loads[-1].follower_n)[-1]
    ends = (lying, lying + 500.0, lying - 200.0)
    steps = np.diff([-1, LYING, PRESSED, PULLED])
    parts = zip((ends[0], *ends[:2]), ends, steps, strict=True)
    follower = np.concatenate([a + (np.arange(n) + 1.0)[:, None, None] / n * (b - a) for a, b, n in parts])
    still = np.zeros((len(follower), SAMPLES))
    tilt = np.broadcast_to(tilted(model.top, np.zeros(SAMPLES)), (len(follower), 3, SAMPLES))
    load = steady(still, follower, tilt, np.zeros((len(follower), 3, SAMPLES)))
    _, trace = march(model.chain, state, blocks(load), what="a test of the outputs")
    return Run(model, trace, moved(trace, model.rest))


@pytest.fixture(scope="session")
def sound() -> Run:
    return run_of(norm_spine())


@pytest.fixture(scope="session")
def weak() -> Run:
    return run_of(protruded(norm_spine(), Side.CENTRE))


@pytest.fixture(scope="session")
def left() -> Run:
    return run_of(protruded(norm_spine(), Side.LEFT))
