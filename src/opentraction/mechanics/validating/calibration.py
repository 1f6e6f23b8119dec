"""Setting the parameters on the calibration rows, and on these alone: the mode, and what stays open.

Unknowns are the deviates z of the priors, so the prior is the sum of their squares. The rows' residuals,
each against its own error, are added with a soft limit (Huber's: beyond two errors a row pulls no harder),
for some rows contradict each other. The mode is sought by Levenberg and Marquardt, the derivatives by
differences, all parameter sets of an iteration as the samples of one ensemble. The spread is Laplace's: the
inverse of the curvature at the mode. It is local and takes the model for right: its bands are those of the
parameters, not of the model's own error, which the check rows show.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from opentraction.chart import NotConverged
from opentraction.mechanics.patient.posterior import Posterior
from opentraction.mechanics.patient.priors import priors
from opentraction.mechanics.validating.column import SpatialBench
from opentraction.mechanics.validating.experiment import Runs
from opentraction.mechanics.validating.rows import Role, duty
from opentraction.mechanics.validating.targets import Target, read_targets

Numbers = NDArray[np.float64]
UNKNOWNS = (
    "annulus_matrix", "nucleus_matrix", "fibre_stiffness", "fibre_stiffening", "fibre_dispersion",
    "fibre_angle", "fibre_front_to_back",
    "nucleus_share", "nucleus_fill", "nucleus_charge", "annulus_charge", "nucleus_solid", "annulus_solid",
    "nucleus_permeability", "annulus_permeability", "endplate_permeability", "rim_layer", "specimen_flow",
    "slow_modulus", "slow_time", "longitudinal_ligaments", "arch_ligaments", "lying_tension", "path_back",
    "facet_gap", "facet_lean", "facet_tip", "stature_share", "sitting_share", "backrest_share",
)  # fmt: skip
"""What the calibration rows can speak to; everything else keeps its prior."""
HOURS_UP = 6.0
"""Time since rising in the fit, the middle of its prior: a spread of it would spread the answers."""
SHARE_OF_VALUE = {"curve": 0.1, "scalar": 0.25}
"""Error [of the value] of a row that prints none: about half of what passes (25 % and 50 %)."""
OF_ONE_PAPER = 8
"""So many rows of one paper weigh fully; chosen."""
FROM_MEMORY = 2.0
"""Factor on the error of a row that was never verified; chosen."""
SOFT = 2.0
"""Errors beyond which a row pulls no harder; chosen."""
DIFFERENCE = 0.1
"""Of a deviate, for the slopes."""
LARGEST_STEP = 0.8
"""Of a deviate, in one iteration."""
DAMPING = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
"""Of the diagonal of the curvature that is added to it."""
SHARES = (0.3, 0.6, 1.0)
"""Trial steps of an iteration: each damping at each share of its length."""
ENOUGH = 0.002
"""Relative gain below which the search ends."""


@dataclass(frozen=True)
class Measured:
    """A calibration row: what is asked, the value and its error."""

    target: Target
    value: float
    error: float


def calibration_rows() -> tuple[Measured, ...]:
    """The rows whose role is calibration, with their errors.

    Rows of one paper share its specimens and its method: beyond `OF_ONE_PAPER` their errors grow with the
    root of their number, so that all of them together weigh as much as so many.
    """
    rows = [_measured(target) for target in read_targets() if duty(target).role is Role.CALIBRATION]
    papers = Counter(row.target.source for row in rows)
    return tuple(
        replace(row, error=row.error * max(1.0, papers[row.target.source] / OF_ONE_PAPER) ** 0.5)
        for row in rows
    )


def _measured(target: Target) -> Measured:
    """An interval of 95 % or a range is taken as four errors wide, an SD as two; without one, a share.

    What was never verified counts with twice its error.
    """
    low, high, value = target.low, target.high, target.value
    if np.isfinite(low) and np.isfinite(high):
        error = (high - low) / (2.0 if target.spread == "SD" else 4.0)
        value = value if np.isfinite(value) else 0.5 * (low + high)
    else:
        error = SHARE_OF_VALUE[duty(target).shape.value] * abs(value)
    return Measured(target, value, error if target.verified else FROM_MEMORY * error)


Answers = Callable[[Float[Numbers, "s n"]], Float[Numbers, "s rows"]]


def bench_answers(rows: tuple[Measured, ...], names: tuple[str, ...] = UNKNOWNS) -> Answers:
    """The column's answer to each row, for deviates of the named parameters (one set a sample)."""

    def answers(z: Float[Numbers, "s n"]) -> Float[Numbers, "s rows"]:
        given = {name: np.full(len(z), prior.central) for name, prior in priors().items()}
        given |= {name: priors()[name].at(z[:, k]) for k, name in enumerate(names)}
        given["hours_up"] = np.full(len(z), HOURS_UP)
        runs = Runs(SpatialBench(samples=len(z), given=given))
        found = []
        for row in rows:
            question = duty(row.target).question
            assert question is not None
            found.append(runs.answer(question))
        return np.array(found).T

    return answers


def residuals(
    z: Float[Numbers, "s n"], found: Float[Numbers, "s rows"], rows: tuple[Measured, ...]
) -> Float[Numbers, "s rows+n"]:
    """Rows' residuals, Huber's soft limit in their squares, then the prior's; infinite where no answer."""
    off = (found - [row.value for row in rows]) / [row.error for row in rows]
    size = np.abs(off)
    soft = np.sign(off) * np.where(size <= SOFT, size, np.sqrt(SOFT * (2.0 * np.maximum(size, SOFT) - SOFT)))
    both = np.concatenate([soft, z], axis=1)
    both[~np.isfinite(found).all(axis=1)] = np.inf
    return both


def slopes(
    z: Float[Numbers, "n"], answers: Answers, rows: tuple[Measured, ...]
) -> tuple[Float[Numbers, "m"], Float[Numbers, "m n"], Float[Numbers, "rows"]]:
    """Residuals at z, their derivatives by differences towards the middle of the prior, and the answers.

    Raises NotConverged when the model has no answer at z.
    """
    ways = np.where(z > 0.0, -DIFFERENCE, DIFFERENCE)
    sets = np.concatenate([z[None], z + np.diag(ways)])
    found = answers(sets)
    values = residuals(sets, found, rows)
    if not np.isfinite(values[0]).all():
        raise NotConverged("Expected a starting set that the model can answer; it cannot. Start elsewhere.")
    # a neighbour without an answer says nothing about the slope
    values[~np.isfinite(values).all(axis=1)] = values[0]
    return values[0], ((values[1:] - values[0]) / ways[:, None]).T, found[0]


def trials(value: Float[Numbers, "m"], jacobian: Float[Numbers, "m n"]) -> Float[Numbers, "k n"]:
    """Steps of Levenberg and Marquardt at every damping and length."""
    curvature, gradient = jacobian.T @ jacobian, jacobian.T @ value
    steps = []
    for damping in DAMPING:
        full = -np.linalg.solve(curvature + damping * np.diag(np.diag(curvature)), gradient)
        steps += [np.clip(share * full, -LARGEST_STEP, LARGEST_STEP) for share in SHARES]
    return np.array(steps)


def calibrate(
    start: Float[Numbers, "n"],
    answers: Answers,
    rows: tuple[Measured, ...],
    *,
    rounds: int = 12,
    say: Callable[[str], None],
) -> tuple[Float[Numbers, "n"], Float[Numbers, "m n"]]:
    """The mode of the deviates and the residuals' derivatives there.

    Raises NotConverged when the starting set itself finds no balance.
    """
    z = start
    value, jacobian, found = slopes(z, answers, rows)
    for turn in range(rounds):
        tried = z + trials(value, jacobian)
        costs = (residuals(tried, answers(tried), rows) ** 2).sum(axis=1)
        best, cost = int(np.argmin(costs)), float((value**2).sum())
        say(f"round {turn + 1}: cost {cost:.2f} -> {costs[best]:.2f}; " + _told(rows, found))
        if not costs[best] < cost:
            break
        z = tried[best]
        value, jacobian, found = slopes(z, answers, rows)
        if costs[best] > (1.0 - ENOUGH) * cost:
            break
    return z, jacobian


def _told(rows: tuple[Measured, ...], found: Float[Numbers, "rows"]) -> str:
    return ", ".join(
        f"{row.target.id} {value:.3g} ({row.value:.3g})" for row, value in zip(rows, found, strict=True)
    )


def laplace(names: tuple[str, ...], mode: Float[Numbers, "n"], jacobian: Float[Numbers, "m n"]) -> Posterior:
    """The normal with the curvature of the sum of squares at the mode; the prior is part of the jacobian."""
    covariance = np.linalg.inv(jacobian.T @ jacobian)
    factor = np.linalg.cholesky(0.5 * (covariance + covariance.T))
    return Posterior(names, mode, np.asarray(factor, dtype=np.float64))
