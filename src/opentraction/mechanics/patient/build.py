"""`build`: a measured spine and a patient become a model, at rest as it was imaged."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from opentraction.chart import LEVELS, BadInput, Patient, Setup, Spine
from opentraction.mechanics.chain.outside import Load
from opentraction.mechanics.loading import NUMBERS, trunk
from opentraction.mechanics.loading.posture import GRAVITY_M_S2, Trunk
from opentraction.mechanics.outputs.attachments import imaged_sizes
from opentraction.mechanics.patient.assembly import Parts, Present, Sizes, anatomy_of, assemble, everything
from opentraction.mechanics.patient.chunks import picked
from opentraction.mechanics.patient.earlier import Earlier, Found
from opentraction.mechanics.patient.imaged import Imaged, imaged
from opentraction.mechanics.patient.loads import LYING_BEFORE_SCAN_S, history
from opentraction.mechanics.patient.missed import Missed, bearable
from opentraction.mechanics.patient.model import Numbers, SpineModel
from opentraction.mechanics.patient.priors import deviates, draw
from opentraction.mechanics.patient.settle import TOLERANCE_MM, Settled, settle

LEAST_HEIGHT_MM = 2.5
"""A thinner disc is modelled at this height: below it the strips would have no length to strain."""
LEAST_EDGE = 0.3
"""A disc's edge keeps this share of its height: a wedge that would close it is cut there."""
MEASURED = (*(f"{size} {level.value}" for size in ("height", "area", "grade") for level in LEVELS), "mass")
"""Names of the deviates with which what was measured is spread."""
_OPENINGS = ("foramen height", "foramen width", "canal area", "flavum", "protrusion")
Scores = Callable[[str], Numbers]
"""Standard normal deviates (sample) of a name."""


def build(
    spine: Spine,
    patient: Patient,
    *,
    setup: Setup | None = None,
    samples: int = 64,
    seed: int = 1,
    overrides: Mapping[str, float | Numbers] | None = None,
    scores: Mapping[str, Numbers] | None = None,
    present: Present | None = None,
) -> SpineModel:
    """Make the ensemble of a patient's column that rests in the imaged shape.

    The imaged shape is in balance after the imaging history (night, some hours up, 20 min lying): rest
    lengths of the strips are solved for it, sample by sample. `overrides` fixes named parameters, one number
    or one for each sample (for sweeps); `scores` fixes standard normal deviates of what was measured, by the
    names in `MEASURED` ("height L4-L5", "area L4-L5", "grade L4-L5", "mass"). A sample for which no rest
    lengths are found is left out and named in `SpineModel.missed`. Raises BadInput for an unusable spine or
    number of samples, NotConverged when too many samples are missed (`bearable`).
    """
    if not 1 <= samples <= 100_000:
        raise BadInput(f"Expected 1 to 100000 samples, got {samples}.")
    found = draw(seed, samples)
    for name, value in (overrides or {}).items():
        if name not in found:
            raise BadInput(f"Expected the name of a parameter in priors.csv, got '{name}'.")
        found[name] = np.broadcast_to(np.asarray(value, dtype=float), samples).copy()
    image, there = imaged(spine), present or everything(len(LEVELS))
    spread = _spread(scores or {}, seed, samples)
    sizes = _sizes(image, spread)
    weight = _weight_n(patient, spread)
    numbers: dict[str, object] = {name: found[name] for name in NUMBERS}
    body = trunk(weight, samples=samples, numbers=numbers)
    parts = Parts(image, sizes, found, there)
    settled = _settled(parts, body)
    missed = _missed(settled, sizes, found | {"weight": weight})
    bearable(missed, samples)
    rest = settled.rest
    chain, top = assemble(parts, rest, mirror=True)
    openings, origins = imaged_sizes(spine, anatomy_of(image, sizes), _of_openings(spread))
    model = SpineModel(
        chain=chain,
        found=found,
        weight_n=weight,
        sizes=sizes,
        rest=rest,
        scanned=settled.scanned,
        openings=openings,
        origins=origins,
        top=top,
        image=image,
        structures=there,
        targetable=spine.targetable,
        setup=setup or Setup(),
        patient_id=patient.patient_id,
        spine_digest=spine.digest(),
        seed=seed,
        samples=samples,
        drawn=tuple(range(samples)),
        missed=missed,
        simulated=spine.simulated or patient.simulated,
    )
    left_out = {item.sample for item in missed}
    return model.picked([k for k in range(samples) if k not in left_out]) if missed else model


def _settled(parts: Parts, body: Trunk) -> Settled:
    """At rest as imaged after the imaging history; what is found is kept for the next process."""

    def before(at: NDArray[np.int64], top: Numbers, exact: bool) -> list[Load]:
        hours, filling = parts.found["hours_up"][at], 2 if exact else 1
        return history(picked(body, at), top, hours, lying_s=LYING_BEFORE_SCAN_S, filling=filling)

    earlier = Earlier((parts, body), (3, *parts.sizes.height_mm.shape))
    known = earlier.read()
    settled = settle(parts, before, known)
    if known is None or not np.array_equal(known.off_mm, settled.off_mm):
        earlier.write(Found(settled.lengths_mm, settled.off_mm))
    return settled


def _missed(settled: Settled, sizes: Sizes, found: dict[str, Numbers]) -> tuple[Missed, ...]:
    """The samples without a rest shape."""
    heights = {f"height {level}": row for level, row in zip(LEVELS, sizes.height_mm, strict=True)}
    grades = {f"grade {level}": row for level, row in zip(LEVELS, sizes.grade, strict=True)}
    inputs = {**heights, **grades, **found}
    missed = []
    for sample in map(int, np.flatnonzero(~(settled.off_mm < TOLERANCE_MM))):
        lost = np.isinf(settled.off_mm[sample])
        missed.append(
            Missed(
                sample=sample,
                what="the history before the scan" if lost else "the search for the shape without load",
                residual=float((settled.residual if lost else settled.off_mm)[sample]),
                inputs={name: float(values[sample]) for name, values in inputs.items()},
            )
        )
    return tuple(missed)


def _spread(given: Mapping[str, Numbers], seed: int, samples: int) -> Scores:
    """Deviates by name: the given ones, else the seed's own."""
    for name in given:
        if name not in MEASURED:
            raise BadInput(f"Expected a score of {', '.join(MEASURED)}, got '{name}'.")

    def of(name: str) -> Numbers:
        z = given[name] if name in given else deviates(name, seed, samples)
        return np.broadcast_to(np.clip(np.asarray(z, dtype=float), -2.5, 2.5), samples)

    return of


def _of_openings(scores: Scores) -> Numbers:
    """(5, joint, sample): standard normal numbers that spread the imaged sizes of the openings."""
    return np.array([[scores(f"{name} {level.value}") for level in LEVELS] for name in _OPENINGS])


def _weight_n(patient: Patient, scores: Scores) -> Numbers:
    mass = patient.mass_kg if patient.mass_kg is not None else 70.0
    spread = 0.0 if patient.mass_kg is not None else 0.18
    return np.asarray(mass * GRAVITY_M_S2 * np.exp(spread * scores("mass")))


def _sizes(image: Imaged, scores: Scores) -> Sizes:
    height = _sized(image.height_mm, image.height_sd_mm, LEAST_HEIGHT_MM, "height", scores)
    area = _sized(image.area_mm2, image.area_sd_mm2, 300.0, "area", scores)
    grade = np.clip(_sized(image.grade, image.grade_sd, 1.0, "grade", scores), 1.0, 5.0)
    half_depth = np.repeat(0.5 * image.depth_mm[:, None], height.shape[1], axis=1)
    steepest = 2.0 * np.arctan((1.0 - LEAST_EDGE) * height / (2.0 * half_depth))
    wedge = np.clip(image.wedge_rad[:, None], -steepest, steepest)
    return Sizes(
        height_mm=height,
        wedge_rad=wedge,
        half_depth_mm=half_depth,
        half_width_mm=area / (image.area_share[:, None] * half_depth),
        grade=grade,
    )


def _sized(mean: Numbers, sd: Numbers, least: float, name: str, scores: Scores) -> Numbers:
    """(5, sample): mean and spread of a number, never below `least`; the first sample is the mean."""
    z = np.stack([scores(f"{name} {level.value}") for level in LEVELS])
    return np.maximum(mean[:, None] + sd[:, None] * z, least)
