"""T2 signal of the nucleus against cerebrospinal fluid, and the Pfirrmann grade it would fit: an estimate."""

import numpy as np
from scipy import ndimage

from opentraction.chart import Measure, Quality
from opentraction.evaluate import norms
from opentraction.evaluate.measuring.endplates import Slab
from opentraction.evaluate.measuring.frames import Array
from opentraction.evaluate.study import ImagingStudy

_ECHO_TIME_MS = 100.0
_FLUID_T2_MS = 2000.0
_GRADE_SD, _GRADE_SD_NO_FLUID = 0.8, 1.1
_BRIGHTEST_GRADE = 2.0
"""Grade the brightest disc is taken to have when there is no cerebrospinal fluid to compare with."""


def nucleus_signal(study: ImagingStudy, slab: Slab) -> float | None:
    """Mean grey value of the central half of the depth and width and the middle 60 % of the height.

    None without an image, for CT, and for an image that is known not to be T2-weighted: on T1 the fluid is
    dark and the nucleus tells nothing of its water.
    """
    if study.image is None or study.modality == "CT" or no_t2(study):
        return None
    half_depth, half_width = 0.25 * slab.depth_mm, 0.25 * slab.width_mm
    x, y, share = np.meshgrid(
        np.linspace(-half_depth, half_depth, 9),
        np.linspace(-half_width, half_width, 9),
        np.linspace(0.2, 0.8, 7),
    )
    inner = (x / half_depth) ** 2 + (y / half_width) ** 2 <= 1.0
    x, y, share = x[inner], y[inner], share[inner]
    low, up = slab.lower.z(x, y), slab.upper.z(x, y)
    points = slab.axes.to_world(np.stack([x, y, low + share * (up - low)], axis=-1))
    inverse = np.linalg.inv(study.affine)
    index = points.reshape(-1, 3) @ inverse[:3, :3].T + inverse[:3, 3]
    values = ndimage.map_coordinates(study.image, index.T, order=1, mode="nearest")
    mean = float(values.mean())
    return mean if np.isfinite(mean) else None


def no_t2(study: ImagingStudy) -> bool:
    """True where the header, the sidecar or the file name says that the image is not T2-weighted."""
    return study.weighting not in ("", "T2")


def fluid_signal(study: ImagingStudy, slab: Slab, canal: Array | None) -> float | None:
    """Grey value of cerebrospinal fluid near a disc: the upper quartile of the canal within 12 mm.

    Args:
        study: image and labels.
        slab: the disc.
        canal: indices (n, 3) of the canal's voxels without the cord, or None.
    """
    if study.image is None or study.modality == "CT" or canal is None:
        return None
    world = canal @ study.affine[:3, :3].T + study.affine[:3, 3]
    near = np.abs(slab.axes.to_local(world)[:, 2]) <= 12.0
    if near.sum() < 30:
        return None
    values = study.image[tuple(canal[near].T)]
    if not np.isfinite(values).all():
        return None
    return float(np.mean(values[values >= np.quantile(values, 0.75)]))


def ratio_and_grade(nucleus: float, fluid: float | None, brightest: float) -> tuple[Measure, Measure] | None:
    """Signal ratio and a continuous Pfirrmann-like grade, each with a wide spread; None for an empty image.

    The table from ratio to grade follows exp(-TE/T2) at TE 100 ms with the T2 of each grade (norms) over
    fluid. Other echo times shift it: the spread of 0.8 grade is wide for that. Without fluid the ratio is
    taken over the brightest disc, itself assumed to be grade II.
    """
    reference = fluid if fluid is not None else brightest
    if reference <= 0.0:
        return None
    ratio = nucleus / reference
    if fluid is not None:
        note, sd, over_fluid = "nucleus over cerebrospinal fluid", _GRADE_SD, ratio
    else:
        note, sd = "nucleus over the brightest disc, for want of a labelled canal", _GRADE_SD_NO_FLUID
        over_fluid = ratio * grade_to_ratio(_BRIGHTEST_GRADE)
    grade = ratio_to_grade(over_fluid)
    return (
        Measure(value=ratio, sd=0.1 * ratio + 0.03, quality=Quality.MEASURED, note=note),
        Measure(
            value=grade, sd=sd, quality=Quality.DERIVED,
            note=f"estimated from signal, no reading; {note}; taken as T2-weighted, echo time near 100 ms",
        ),
    )  # fmt: skip


def grade_to_ratio(grade: float) -> float:
    """Signal of the nucleus over fluid expected at a Pfirrmann grade 1 to 5."""
    grades = np.array(sorted(norms.NUCLEUS_T2_MS))
    t2 = np.array([norms.NUCLEUS_T2_MS[int(g)] for g in grades])
    ratio = np.exp(-_ECHO_TIME_MS / t2) / np.exp(-_ECHO_TIME_MS / _FLUID_T2_MS)
    return float(np.interp(grade, grades, ratio))


def ratio_to_grade(ratio: float) -> float:
    """Pfirrmann grade 1 to 5 at which that ratio is expected."""
    grades = np.linspace(1.0, 5.0, 81)
    ratios = np.array([grade_to_ratio(float(grade)) for grade in grades])
    return float(np.interp(-ratio, -ratios, grades))
