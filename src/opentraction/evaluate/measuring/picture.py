"""What the grey image adds to an endplate that its labels leave open.

A surface that runs along the grid is parted from its neighbour by whole voxels: between the last labelled
voxel and the first one beyond lies a slack in which the labels say nothing. In an MR image a voxel cut by
the surface is a mixture, so its grey value tells the share. The endplate is cut into cells; where a quarter
of them have a wide slack, a step between two tissues, blurred by the voxel, is fitted to the grey values of
each. Cells without a clear step, with one outside of their slack, or with another contrast than the rest of
the endplate (a bright nucleus beside a dark annulus) are left to the labels.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from opentraction.evaluate.measuring.frames import Array

CELL_MM = 5.0
SLACK_MM = 0.3
"""A cell is open when its labels leave more than this."""
OPEN_SHARE = 0.25
"""Least share of open cells; below it the labels alone place the endplate."""
CLEAR = 4.0
"""Least contrast across the surface, over the standard deviation of the grey values about the fitted step."""
STEEPEST = 0.2
"""Largest change of a tissue's own grey value per voxel, of the contrast: above it is no plateau."""
ALIKE = 0.5
"""Least contrast of a cell, of the strongest on its endplate and with the same sign."""
_REACH = 3.2
"""Grey values this far from the surface are used [voxels across]."""
_BLUR = 0.48
"""Standard deviation of the edge [voxels]: a box of one voxel (0.29) and a blur between neighbours (0.38).
With none, or twice as much, cells are off by less than 0.07 voxel on average (tests state it)."""
_BEYOND = 0.12
"""How far outside of the slack a step is looked for, to tell that it lies there [voxels]."""
_LEAST_SD = 0.1
"""Least standard deviation of one cell's place [voxels]: tissues are not as even as the model."""
_RIDGE = 0.02
"""Weight that keeps the slopes of the two tissues small where the voxels cannot tell them from a shift."""
_FEWEST = 40
_TRIES = 25


@dataclass(frozen=True)
class Clues:
    """Where the image places the surface in some cells, from a first surface [mm]."""

    x: Array
    y: Array
    offset_mm: Array
    sd_mm: Array


def clues(x: Array, y: Array, off: Array, beyond: Array, grey: Array, thick: float) -> Clues:
    """Places of the step between two tissues, cell by cell, where the labels leave them open.

    Args:
        x: voxel centres in the frame of the slab (n,) [mm].
        y: as x.
        off: their height above a first surface (n,) [mm].
        beyond: whether the label puts each above the surface (n,).
        grey: their grey values (n,); NaN where the image has none.
        thick: voxel size across the surface [mm].
    """
    near = np.abs(off) <= _REACH * thick
    x, y, off, beyond, grey = x[near], y[near], off[near], beyond[near], grey[near]
    cell = np.stack([np.floor(x / CELL_MM), np.floor(y / CELL_MM)], axis=1)
    _, number = np.unique(cell, axis=0, return_inverse=True)
    number = number.reshape(-1)
    cells = [np.flatnonzero(number == each) for each in range(int(number.max(initial=-1)) + 1)]
    cells = [at for at in cells if at.size >= _FEWEST]
    slacks = [_slack(off[at], beyond[at]) for at in cells]
    known = [slack[1] - slack[0] for slack in slacks if slack is not None]
    if not known or np.mean(np.array(known) > SLACK_MM) < OPEN_SHARE:
        return Clues(*np.empty((4, 0)))
    steps = []
    for at, slack in zip(cells, slacks, strict=True):
        if slack is None or not np.isfinite(grey[at]).all():
            continue
        step = _step(off[at], grey[at], slack, thick)
        if step is not None:
            steps.append((x[at].mean(), y[at].mean(), *step))
    if not steps:
        return Clues(*np.empty((4, 0)))
    table = np.array(steps)
    contrast = table[:, 4]
    strongest = contrast[np.argmax(np.abs(contrast))]
    return Clues(*table[contrast / strongest > ALIKE, :4].T)


def _slack(off: Array, beyond: Array) -> tuple[float, float] | None:
    """Between the last voxel below and the first above, one stray voxel on either side forgiven."""
    below, above = np.sort(off[~beyond]), np.sort(off[beyond])
    if min(below.size, above.size) < 3:
        return None
    return float(below[-2]), float(above[1])


def _step(
    off: Array, grey: Array, slack: tuple[float, float], thick: float
) -> tuple[float, float, float] | None:
    """Place of the step, its standard deviation [mm], and its contrast; None without a clear one."""
    places = np.linspace(slack[0] - _BEYOND * thick, slack[1] + _BEYOND * thick, _TRIES)
    share = special.ndtr((off[None, :] - places[:, None]) / (_BLUR * thick))
    ahead = (off[None, :] - places[:, None]) / thick
    design = np.stack([1.0 - share, share, (1.0 - share) * ahead, share * ahead], axis=-1)
    ridge = off.size * _RIDGE * np.diag([0.0, 0.0, 1.0, 1.0])
    square = design.transpose(0, 2, 1) @ design
    solution = np.linalg.solve(square + ridge, (design.transpose(0, 2, 1) @ grey)[..., None])[..., 0]
    rest = ((grey - np.einsum("tnk,tk->tn", design, solution)) ** 2).sum(axis=1)
    rest = rest + (solution[:, 2:] ** 2).sum(axis=1) * off.size * _RIDGE
    best = int(np.argmin(rest))
    if best in (0, _TRIES - 1):
        return None
    below, above, *slopes = solution[best]
    contrast = abs(above - below)
    noise = float(np.sqrt(rest[best] / (off.size - 5)))
    if contrast < CLEAR * noise or max(np.abs(slopes)) > STEEPEST * contrast:
        return None
    width = places[1] - places[0]
    bend = (rest[best - 1] - 2.0 * rest[best] + rest[best + 1]) / width**2
    shift = 0.5 * width * (rest[best - 1] - rest[best + 1]) / max(bend * width**2, 1e-12)
    sd = np.hypot(noise / np.sqrt(max(0.5 * bend, 1e-12)), _LEAST_SD * thick)
    return float(places[best] + shift), float(sd), float(above - below)
