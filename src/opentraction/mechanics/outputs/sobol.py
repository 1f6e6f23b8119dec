"""Sobol indices of groups of inputs: which share of a quantity's variance each group explains.

Saltelli's design on a scrambled Sobol sequence, the estimators of Saltelli et al., Comput Phys Commun
2010;181:259 as SALib computes them. The inputs are independent standard normal deviates; a group is changed
as one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from opentraction.chart import BadInput, NotConverged

Numbers = NDArray[np.float64]
Answers = Callable[[dict[str, Numbers]], Numbers]
"""The quantity (n) for deviates by name, each (n); NaN where there is none."""
Progress = Callable[[int, int, str], None]
LEAST_ROWS = 8
"""With fewer rows of the design the intervals say nothing."""
_RESAMPLES = 500
_EDGE = 1e-9
"""Deviates reach to 6 at most: the sequence may hand out 0."""


@dataclass(frozen=True)
class Share:
    """What one group explains of the variance of a quantity; intervals are 95 %, by the bootstrap."""

    group: str
    inputs: tuple[str, ...]
    first: float
    """By the group alone. An estimate: it may fall a little below 0."""
    first_interval: tuple[float, float]
    total: float
    """By the group alone and with others together."""
    total_interval: tuple[float, float]


@dataclass(frozen=True)
class Indices:
    """Shares of the groups, the largest total first, and the runs they rest on."""

    shares: tuple[Share, ...]
    values: Numbers
    """The quantity for independent draws of all inputs: the first and last run of each row kept."""
    rows: int
    """Rows of the design that were kept."""
    runs: int
    """Runs in all, those left out included."""
    missed: int
    """Runs without a result; each takes its whole row with it."""


def indices(
    groups: Mapping[str, Sequence[str]],
    answers: Answers,
    *,
    base: int,
    seed: int,
    at_once: int,
    progress: Progress | None = None,
) -> Indices:
    """First-order and total indices from base * (groups + 2) runs, `at_once` at a time.

    A row of the design is one run of each group's change and two more; a row with a run that has no result is
    left out whole. `progress(done, total, text)` may raise to stop. Raises BadInput unless `base` is a power
    of 2 of 8 or more (what the sequence needs), NotConverged when fewer than 8 rows are left or the quantity
    does not vary.
    """
    if base < LEAST_ROWS or base & (base - 1):
        raise BadInput(f"Expected a base that is a power of 2, {LEAST_ROWS} or more, got {base}.")
    names = [name for group in groups.values() for name in group]
    problem = {
        "num_vars": len(names),
        "names": names,
        "bounds": [[0.0, 1.0]] * len(names),
        "groups": [group for group, members in groups.items() for _ in members],
    }
    design = _design(problem, base, seed)
    width = len(groups) + 2
    found = []
    for start in range(0, len(design), at_once):
        some = design[start : start + at_once]
        found.append(answers(dict(zip(names, some.T, strict=True))))
        if progress is not None:
            progress(start + len(some), len(design), "runs")
    quantity = np.concatenate(found)
    kept = quantity.reshape(base, width)
    kept = kept[np.isfinite(kept).all(axis=1)]
    if len(kept) < LEAST_ROWS or np.ptp(kept) == 0.0:
        raise NotConverged(
            f"Expected at least {LEAST_ROWS} rows of runs with a result that varies, but {len(kept)} of "
            f"{base} were left. Ask a quantity that the profile changes, with a larger base or a lower pull."
        )
    return Indices(
        shares=_shares(problem, groups, kept, seed),
        values=kept[:, [0, -1]].ravel(),
        rows=len(kept),
        runs=len(quantity),
        missed=int((~np.isfinite(quantity)).sum()),
    )


def _design(problem: dict[str, object], base: int, seed: int) -> Float[Numbers, "run input"]:
    # loaded when asked for: a second to import, which nothing else needs
    from SALib.sample import sobol
    from scipy.special import ndtri

    even = sobol.sample(problem, base, calc_second_order=False, seed=seed)
    return np.asarray(ndtri(np.clip(even, _EDGE, 1.0 - _EDGE)), dtype=np.float64)


def _shares(
    problem: dict[str, object], groups: Mapping[str, Sequence[str]], kept: Numbers, seed: int
) -> tuple[Share, ...]:
    from SALib.analyze import sobol

    found = sobol.analyze(
        problem, kept.ravel(), calc_second_order=False, num_resamples=_RESAMPLES, seed=seed + 1
    )
    shares = [
        Share(
            group=group,
            inputs=tuple(members),
            first=float(found["S1"][k]),
            first_interval=_interval(found["S1"][k], found["S1_conf"][k]),
            total=float(found["ST"][k]),
            total_interval=_interval(found["ST"][k], found["ST_conf"][k]),
        )
        for k, (group, members) in enumerate(groups.items())
    ]
    return tuple(sorted(shares, key=lambda share: -share.total))


def _interval(value: float, half: float) -> tuple[float, float]:
    return float(value - half), float(value + half)
