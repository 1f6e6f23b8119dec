"""`replay`: the dose of a session, from the pull that was measured."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from opentraction.chart import BadInput, Dose, LevelDose, RecordKind, Session
from opentraction.mechanics.loading import BLOCK
from opentraction.mechanics.outputs.session import Rested, simulate_pull
from opentraction.mechanics.outputs.summary import band_of, quantiles_of, seconds_below, unloading_dose
from opentraction.mechanics.patient.model import MODEL_NAME, SpineModel

Numbers = NDArray[np.float64]
_REPLAY_STEPS = 256
"""Steps of a replayed record at most; up to half of them stand at corners, which is enough for 30 cycles."""
_REPLAY_TOLERANCE_N = 1.0
"""By which straight lines between kept corners may miss the record, at first; assumed."""
_COARSER = 1.5
"""Factor by which that grows until the corners fit into half of the steps."""


def replay(
    model: SpineModel, session: Session, *, angle_deg: float | int = 0.0, rested: Rested | None = None
) -> Dose:
    """Delivered dose per level, from the pull that was measured (typed-in sessions: reported).

    Samples that were missed are left out: `Dose.samples` says how many were used. Raises BadInput when the
    session holds fewer than two samples, NotConverged when too many are missed.
    """
    time, pull = _thinned(*_delivered(session))
    response = simulate_pull(model, time, pull, angle_deg=angle_deg, session_s=float(time[-1]), rested=rested)
    used = response.answered
    levels = []
    for index, level in enumerate(response.levels):
        pressure, resting = response.pressure_mpa[index][:, used], response.rest_pressure_mpa[index][used]
        levels.append(
            LevelDose(
                level=level,
                pressure_mpa=band_of(pressure),
                unloading_dose_mpa_s=quantiles_of(unloading_dose(time, pressure, resting)),
                seconds_below_zero=quantiles_of(seconds_below(time, pressure, (0.0,))[0]),
                targetable=level in response.targetable,
            )
        )
    return Dose(
        session_id=session.session_id,
        time_s=tuple(map(float, time)),
        pull_n=tuple(map(float, pull)),
        levels=tuple(levels),
        model=MODEL_NAME,
        samples=int(used.sum()),
        reported_not_measured=session.kind is RecordKind.REPORTED,
    )


def _delivered(session: Session) -> tuple[Numbers, Numbers]:
    """Times from the first sample and the pull then; readings that were not trusted are bridged in a line."""
    samples = sorted(session.samples, key=lambda sample: sample.time_s)
    measured = [(s.time_s, s.measured_n) for s in samples if s.measured_n is not None]
    if session.kind is RecordKind.REPORTED and not measured:
        measured = [(s.time_s, s.commanded_n) for s in samples]
    points = [(t, f) for (t, f), (after, _) in pairwise([*measured, (np.inf, 0.0)]) if after > t]
    if len(points) < 2:
        raise BadInput(
            f"Expected at least two samples of pull in session {session.session_id}, got {len(points)}. "
            "Give the whole record."
        )
    time = np.array([point[0] for point in points], dtype=float)
    return time - time[0], np.maximum(np.array([point[1] for point in points], dtype=float), 0.0)


def _thinned(time: Numbers, pull: Numbers) -> tuple[Numbers, Numbers]:
    """At most `_REPLAY_STEPS` steps: the corners of the record (Douglas-Peucker), filled up evenly."""
    tolerance = _REPLAY_TOLERANCE_N
    corners = _corners(time, pull, tolerance)
    while len(corners) > _REPLAY_STEPS // 2:
        tolerance *= _COARSER
        corners = _corners(time, pull, tolerance)
    steps = int(np.ceil(2 * len(corners) / BLOCK)) * BLOCK
    steps = max(steps, 4 * BLOCK)
    chosen = np.unique(time[corners])
    while len(chosen) < steps:
        gaps = np.diff(chosen)
        widest = int(np.argmax(gaps))
        chosen = np.insert(chosen, widest + 1, chosen[widest] + 0.5 * gaps[widest])
    return chosen, np.interp(chosen, time, pull)


def _corners(time: Numbers, pull: Numbers, tolerance_n: float) -> list[int]:
    keep, open_spans = {0, len(time) - 1}, [(0, len(time) - 1)]
    while open_spans:
        a, b = open_spans.pop()
        if b - a < 2:
            continue
        line = np.interp(time[a + 1 : b], [time[a], time[b]], [pull[a], pull[b]])
        off = np.abs(pull[a + 1 : b] - line)
        worst = int(np.argmax(off))
        if off[worst] > tolerance_n:
            middle = a + 1 + worst
            keep.add(middle)
            open_spans += [(a, middle), (middle, b)]
    return sorted(keep)
