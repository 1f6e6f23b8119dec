"""`rank`: which groups of parameters drive a prediction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from opentraction.chart import LEVELS, BadInput, Level, Patient, Setup, Spine, TractionProfile
from opentraction.mechanics.outputs.response import Response
from opentraction.mechanics.outputs.session import simulate
from opentraction.mechanics.outputs.sobol import Progress, Share, indices
from opentraction.mechanics.outputs.summary import quantiles_of, unloading_dose
from opentraction.mechanics.patient.build import MEASURED, build
from opentraction.mechanics.patient.posterior import posterior
from opentraction.mechanics.patient.priors import priors

Numbers = NDArray[np.float64]
MOST_GROUPS = 12
AT_ONCE = 128
"""Runs between two words of progress."""
SIZES_GROUP, MASS_GROUP = "disc geometry", "posture"
"""Groups that the spread of the measured discs and of an unknown body mass belong to."""
INDEPENDENT = (
    "Groups are drawn independently: parameters that calibration left correlated have their own spread each, "
    "without the correlations."
)


@dataclass(frozen=True)
class Ranking:
    """Which groups drive one quantity of one session, the largest total share first."""

    quantity: str
    unit: str
    level: Level
    shares: tuple[Share, ...]
    band: tuple[float, float, float]
    """5, 50 and 95 % of the quantity over the independent draws; see `note`."""
    runs: int
    """Sessions run, each with its own history; those without a result included."""
    missed: int
    """Runs that found no balance."""
    rows_kept: int
    """Rows of the design without such a run; what the shares rest on."""
    rows: int
    seed: int
    note: str = INDEPENDENT


Read = Callable[[Response, int], Numbers]


def _pressure(response: Response, place: int) -> Numbers:
    return response.pressure_mpa[place, _end_of_hold(response)]


def _height_gain(response: Response, place: int) -> Numbers:
    height = response.height_mid_mm[place]
    return np.asarray(height[_end_of_hold(response)] - height[0])


def _axial_force(response: Response, place: int) -> Numbers:
    return np.asarray(response.axial_force_n[place, _session(response)].max(axis=0))


def _dose(response: Response, place: int) -> Numbers:
    at = _session(response)
    resting = response.rest_pressure_mpa[place]
    return unloading_dose(response.time_s[at], response.pressure_mpa[place, at], resting)


def _session(response: Response) -> NDArray[np.bool_]:
    return np.asarray(response.time_s <= response.session_s + 1e-9)


def _end_of_hold(response: Response) -> int:
    """The last time at which the table pulls its most."""
    pull = response.pull_n
    return int(np.flatnonzero(pull >= pull.max() - 1e-6)[-1])


QUANTITIES: dict[str, tuple[str, Read]] = {
    "pressure": ("MPa", _pressure),
    "height gain": ("mm", _height_gain),
    "axial force": ("N", _axial_force),
    "unloading dose": ("MPa s", _dose),
}
"""What can be ranked: unit, and how it is read from a response."""


def groups_of_inputs(patient: Patient) -> dict[str, tuple[str, ...]]:
    """Names of what varies, by group: parameters, sizes of the measured discs, body mass if not known.

    Raises BadInput when the tables of parameters name more than 12 groups.
    """
    found: dict[str, list[str]] = {}
    for name, prior in priors().items():
        found.setdefault(prior.group, []).append(name)
    found.setdefault(SIZES_GROUP, []).extend(name for name in MEASURED if name != "mass")
    if patient.mass_kg is None:
        found.setdefault(MASS_GROUP, []).append("mass")
    if len(found) > MOST_GROUPS:
        raise BadInput(
            f"Expected at most {MOST_GROUPS} groups of parameters, got {len(found)}: {', '.join(found)}. "
            "Join some in priors.csv."
        )
    return {group: tuple(names) for group, names in found.items()}


def rank(
    spine: Spine,
    patient: Patient,
    profile: TractionProfile,
    *,
    setup: Setup | None = None,
    quantity: str = "pressure",
    level: Level = Level.L4_L5,
    base: int = 64,
    seed: int = 1,
    progress: Progress | None = None,
) -> Ranking:
    """First-order and total Sobol indices of each group of parameters, for one number of one session.

    Quantities at `level`: "pressure" [MPa] of the nucleus and "height gain" [mm] in the middle of the disc,
    both at the end of the (last, strongest) hold; "axial force" [N], the greatest net force in the session,
    tension positive; "unloading dose" [MPa s]. base * (groups + 2) sessions are run, each with its own
    history: 896 for 64 and 12 groups. Inputs are independent: what calibration left correlated is drawn with
    each parameter's own posterior median and spread, the correlations left out, so that indices add up and
    the band is not that of an ensemble. A session without a balance takes its row of the design with it.
    `progress(done, total, text)` may raise to stop. Raises BadInput for a quantity that is not known or a
    base that is no power of 2 from 8 on; NotConverged as `build` and `simulate` do, and when too few rows
    are left or the quantity does not vary.
    """
    if quantity not in QUANTITIES:
        raise BadInput(f"Expected one of {', '.join(QUANTITIES)}, got '{quantity}'.")
    unit, read = QUANTITIES[quantity]

    def answers(deviates: dict[str, Numbers]) -> Numbers:
        runs = len(next(iter(deviates.values())))
        model = build(
            spine,
            patient,
            setup=setup,
            samples=runs,
            seed=seed,
            overrides=_values(deviates),
            scores={name: z for name, z in deviates.items() if name in MEASURED},
        )
        found = np.full(runs, np.nan)
        found[list(model.drawn)] = read(simulate(model, profile), LEVELS.index(level))
        return found

    groups = groups_of_inputs(patient)
    found = indices(groups, answers, base=base, seed=seed, at_once=AT_ONCE, progress=progress)
    return Ranking(
        quantity=quantity,
        unit=unit,
        level=level,
        shares=found.shares,
        band=quantiles_of(found.values),
        runs=found.runs,
        missed=found.missed,
        rows_kept=found.rows,
        rows=base,
        seed=seed,
    )


def _values(deviates: dict[str, Numbers]) -> dict[str, float | Numbers]:
    """Parameters of independent deviates, each with its own median and spread after calibration."""
    known = posterior()
    mode, width = dict(zip(known.names, known.mode, strict=True)), known.widths
    return {
        name: prior.at(mode.get(name, 0.0) + width.get(name, 1.0) * deviates[name])
        for name, prior in priors().items()
    }
