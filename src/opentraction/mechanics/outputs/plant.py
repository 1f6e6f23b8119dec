"""The patient as a table feels them: a `PatientPlant` fitted to the middle sample of the column."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from opentraction.chart import (
    CreepBranch,
    Family,
    Hold,
    PatientPlant,
    Ramp,
    Release,
    Segment,
    TableKind,
    TractionProfile,
)
from opentraction.mechanics.loading import friction_n
from opentraction.mechanics.loading.posture import GRAVITY_M_S2
from opentraction.mechanics.outputs.response import Response
from opentraction.mechanics.outputs.session import Rested, rest, simulate
from opentraction.mechanics.patient.model import SpineModel

Numbers = NDArray[np.float64]
_PROBE_N = 600.0
"""Pull up to which the spring is read."""
_PROBE_RAMP_S = 6.0
"""So fast that hardly any water moves."""
_HELD_N = 300.0
"""Pull of the hold from which the creep is read, in the middle of what is used."""
_HELD_RAMP_S = 3.0
_HOLD_S = 1800.0
"""The longest time that the creep is read for."""
_TAUS_S = (40.0, 300.0, 2400.0)
"""Times of the creep branches: a minute, some minutes and longer than a session; assumed."""
_FORCES_N = (0.0, 50.0, 100.0, 150.0, 200.0, 250.0, 300.0, 400.0, 500.0, 600.0)
_LEAST_COMPLIANCE_MM_PER_N = 1e-9
"""A branch that creeps less is left out."""


def plant(model: SpineModel, *, rested: Rested | None = None) -> PatientPlant:
    """Fit a nonlinear spring and up to three creep branches to the travel that a table sees (`stroke_mm`).

    The middle sample (the median of every parameter) is probed: a fast ramp to 600 N gives the spring, a
    hold of 30 min at 300 N the creep; `fit_rms_mm` is the plant's error against that hold. The spring holds
    column and harness. The harness's slip on the skin is not in it: it does not come back, and a spring
    would give it back. Friction of a plain table is a number of its own, so the probe is free of it.
    """
    middle = model.subset(1)
    kept = rested.subset(1) if rested is not None else rest(middle)
    firm = replace(middle, found=middle.found | {"slip": np.zeros(1)})
    firm = firm.with_setup(model.setup.replace(table=TableKind.SPLIT))
    up = Ramp(force_n=_PROBE_N, duration_s=_PROBE_RAMP_S)
    fast = simulate(firm, _probe(up, Release(duration_s=_PROBE_RAMP_S)), rested=kept)
    rising = fast.time_s <= _PROBE_RAMP_S * (1.0 + 1e-9)
    spring = np.interp(_FORCES_N, fast.pull_n[rising], fast.stroke_mm[rising, 0])
    up, hold = Ramp(force_n=_HELD_N, duration_s=_HELD_RAMP_S), Hold(duration_s=_HOLD_S)
    slow = simulate(firm, _probe(up, hold, Release(duration_s=_HELD_RAMP_S)), rested=kept)
    branches, rms = _creep(slow, float(np.interp(_HELD_N, _FORCES_N, spring)))
    weight = float(np.median(model.weight_n))
    friction = friction_n(model.setup, np.array([weight]), np.zeros((1, 1)))
    return PatientPlant(
        extension_mm=tuple(float(x) for x in np.maximum.accumulate(spring - spring[0])),
        force_n=_FORCES_N,
        creep=branches,
        friction_n=float(friction[0, 0]),
        mass_kg=0.5 * weight / GRAVITY_M_S2,
        fit_rms_mm=rms,
    )


def _probe(*segments: Segment) -> TractionProfile:
    return TractionProfile(name="probe", family=Family.STATIC, segments=segments)


def _creep(slow: Response, at_once_mm: float) -> tuple[tuple[CreepBranch, ...], float]:
    """Branches that creep as the hold does beyond the spring's `at_once_mm`, and their error [mm]."""
    from scipy.optimize import nnls  # its import takes as long as a session

    end = _HELD_RAMP_S + _HOLD_S
    held = (slow.time_s >= _HELD_RAMP_S - 1e-9) & (slow.time_s <= end + 1e-9)
    creep = slow.stroke_mm[held, 0] - at_once_mm
    # even weight to early and late: the grid is fine early
    since = slow.time_s[held] - _HELD_RAMP_S
    basis = np.stack([_HELD_N * (1.0 - np.exp(-since / tau)) for tau in _TAUS_S], axis=1)
    compliance, _ = nnls(basis, creep)
    error = basis @ compliance - creep
    branches = tuple(
        CreepBranch(stiffness_n_per_mm=float(1.0 / c), tau_s=tau)
        for c, tau in zip(compliance, _TAUS_S, strict=True)
        if c > _LEAST_COMPLIANCE_MM_PER_N
    )
    return branches, float(np.sqrt(np.mean(error**2)))
