"""The patient as a table feels them: a `PatientPlant` fitted to the middle sample of the column."""

from __future__ import annotations

import numpy as np

from opentraction.chart import CreepBranch, Family, Hold, PatientPlant, Ramp, Release, TractionProfile
from opentraction.mechanics.loading import friction_n
from opentraction.mechanics.loading.posture import GRAVITY_M_S2
from opentraction.mechanics.outputs.session import Rested, rest, simulate
from opentraction.mechanics.patient.model import SpineModel

_PROBE_N = 600.0
_HELD_N = 300.0
_HOLD_S = 1800.0
_TAUS_S = (40.0, 300.0, 2400.0)
_FORCES_N = (0.0, 50.0, 100.0, 150.0, 200.0, 250.0, 300.0, 400.0, 500.0, 600.0)


def plant(model: SpineModel, *, rested: Rested | None = None) -> PatientPlant:
    """Fit a nonlinear spring and up to three creep branches to the column's lengthening and harness.

    The middle sample (the median of every parameter) is probed: a fast ramp to 600 N gives the spring, a
    hold of 30 min at 300 N the creep; `fit_rms_mm` is the plant's error against that hold.
    """
    from scipy.optimize import nnls  # its import takes as long as a session

    middle = model.subset(1)
    kept = rested.subset(1) if rested is not None else rest(middle)
    harness = model.setup.harness_stiffness_n_per_mm
    ramp = TractionProfile(
        name="probe",
        family=Family.STATIC,
        segments=(Ramp(force_n=_PROBE_N, duration_s=6.0), Release(duration_s=6.0)),
    )
    fast = simulate(middle, ramp, rested=kept)
    rising = fast.time_s <= 6.0 + 1e-9
    length = _lengthening(fast.height_mid_mm)[rising]
    forces = np.array(_FORCES_N)
    spring = np.maximum.accumulate(np.interp(forces, fast.pull_n[rising], length)) + forces / harness
    hold = TractionProfile(
        name="hold",
        family=Family.STATIC,
        segments=(Ramp(force_n=_HELD_N, duration_s=3.0), Hold(duration_s=_HOLD_S), Release(duration_s=3.0)),
    )
    slow = simulate(middle, hold, rested=kept)
    held = (slow.time_s >= 3.0 - 1e-9) & (slow.time_s <= 3.0 + _HOLD_S + 1e-9)
    since = slow.time_s[held] - 3.0
    creep = _lengthening(slow.height_mid_mm)[held] - float(np.interp(_HELD_N, fast.pull_n[rising], length))
    # even weight to early and late: the grid is fine early
    basis = np.stack([_HELD_N * (1.0 - np.exp(-since / tau)) for tau in _TAUS_S], axis=1)
    compliance, _ = nnls(basis, creep)
    error = basis @ compliance - creep
    branches = tuple(
        CreepBranch(stiffness_n_per_mm=float(1.0 / c), tau_s=tau)
        for c, tau in zip(compliance, _TAUS_S, strict=True)
        if c > 1e-9
    )
    weight = float(np.median(model.weight_n))
    friction = friction_n(model.setup, np.array([weight]), np.zeros((1, 1)))
    return PatientPlant(
        extension_mm=tuple(float(x) for x in spring - spring[0]),
        force_n=_FORCES_N,
        creep=branches,
        friction_n=float(friction[0, 0]),
        mass_kg=0.5 * weight / GRAVITY_M_S2,
        fit_rms_mm=float(np.sqrt(np.mean(error**2))),
    )


def _lengthening(mid_mm: np.ndarray) -> np.ndarray:
    """Lengthening of the whole column [mm] over time, from the heights (level, time, one sample)."""
    total = mid_mm[..., 0].sum(axis=0)
    return np.asarray(total - total[0])
