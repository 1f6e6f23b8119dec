"""Sanity checks of a named label map: order, gaps, sizes, place of the discs, voxel size, left and right."""

from collections.abc import Mapping

import numpy as np

from opentraction.chart import BadInput
from opentraction.evaluate.reading.conventions import LUMBAR, RANK, missing_between, rank_of
from opentraction.evaluate.reading.detection import Structure, structures_of
from opentraction.evaluate.study import ImagingStudy

MAX_SPACING_MM = (6.5, 3.5, 3.5)
"""Largest voxel edge left-right, front-back and head-foot. A lumbar disc is about 50 mm wide and 10 mm high:
6.5 mm leaves at least seven sagittal slices in it, 3.5 mm three samples of its height. Our choice; at 10 mm
no height or width can be trusted, and nothing is measured."""
_BODY_MM3 = (3_000.0, 90_000.0)
_WHOLE_MM3 = (6_000.0, 220_000.0)
_DISC_MM3 = (700.0, 40_000.0)
"""Volumes outside of which a label is no adult body, whole vertebra or disc: wide, to catch a wrong unit or
number."""
_WHOLE_DEPTH_MM = 55.0
"""A body is at most about 45 mm deep; with its arch and spinous process a vertebra is 65 to 100 mm deep."""
_DISC_ASIDE_MM = 20.0


def check_spacing(voxel_mm: tuple[float, float, float], name: str) -> None:
    """Refuse an image too coarse to measure a disc on.

    Raises:
        BadInput: with the voxel size, the largest one that is accepted, and why.
    """
    axes = ("left to right", "front to back", "head to foot")
    for size, largest, axis in zip(voxel_mm, MAX_SPACING_MM, axes, strict=True):
        if size > largest:
            raise BadInput(
                f"{name}: voxels are {size:.3g} mm apart {axis}; above {largest:g} mm too few "
                "samples fall into a disc "
                "to trust a height. Give a series with thinner slices."
            )


def whole_vertebrae(labels: np.ndarray, affine: np.ndarray, names: Mapping[str, int]) -> bool:
    """True when the vertebra labels include the arch: their usual front-to-back extent is over 55 mm."""
    step = float(np.linalg.norm(affine[:3, 1]))
    extents = []
    for name in names:
        if name in RANK and name != "S1":
            rows = np.flatnonzero((labels == names[name]).any(axis=(0, 2)))
            if len(rows):
                extents.append((rows[-1] - rows[0] + 1) * step)
    return bool(extents) and float(np.median(extents)) > _WHOLE_DEPTH_MM


def lumbar_names(study: ImagingStudy) -> tuple[str, ...]:
    """Lumbar vertebrae and discs that the label map holds, head to foot."""
    lumbar = [name for name in study.names if name in LUMBAR or (name.startswith("L") and "-" in name)]
    return tuple(sorted(lumbar, key=lambda name: rank_of(name) or 0.0))


def check_anatomy(study: ImagingStudy) -> tuple[str, ...]:
    """Check a named label map against anatomy and say what is missing or doubtful.

    Returns:
        Plain sentences to keep with the study.

    Raises:
        BadInput: one sentence when the levels are out of order, a middle level is missing, a size is not
            possible, or a disc does not lie between its bodies.
    """
    if study.labels is None:
        return (
            "No label map was given: nothing can be measured. Give labels from a segmenter, or landmarks.",
        )
    name = study.study_id
    found = structures_of(study.labels, study.affine)
    by_name = {each: found[number] for each, number in study.names.items() if number in found}
    ranked = sorted(
        (each for each in by_name if rank_of(each) is not None), key=lambda each: rank_of(each) or 0.0
    )
    _refuse_sixth(ranked, name)
    _refuse_disorder(ranked, by_name, name)
    if missing := missing_between(ranked):
        raise BadInput(
            f"{name}: {', '.join(missing)} is missing between {ranked[0]} and {ranked[-1]}; a gap "
            "in the middle may "
            "mean that levels are misnamed. Complete the label map."
        )
    _refuse_size(study, by_name, name)
    _refuse_stray_disc(by_name, name)
    return (*_limits(study, ranked), *_cut_off(ranked, by_name), *_side(study), *_derived(study))


def _refuse_sixth(ranked: list[str], name: str) -> None:
    extra = [each for each in ranked if each in ("L6", "L7")]
    if extra:
        raise BadInput(
            f"{name}: the label map holds {' and '.join(extra)}, so the names of the lowest levels "
            "are not certain. "
            "Which vertebra stands on the sacrum? Have the count confirmed and the map renumbered L1 to L5."
        )


def _refuse_disorder(ranked: list[str], by_name: Mapping[str, Structure], name: str) -> None:
    heights = [by_name[each].centre_mm[2] for each in ranked]
    wrong = [index for index in range(len(ranked) - 1) if heights[index + 1] >= heights[index]]
    if not wrong:
        return
    if len(wrong) == len(ranked) - 1 and len(ranked) > 2:
        raise BadInput(
            f"{name}: the levels {ranked[0]} to {ranked[-1]} run from foot to head: the header's "
            "orientation or the "
            "numbering is wrong. Export the image again, or mend the numbers."
        )
    first = wrong[0]
    raise BadInput(
        f"{name}: {ranked[first + 1]} lies above {ranked[first]}: the levels are out of order. "
        "Mend the label map."
    )


def _refuse_size(study: ImagingStudy, by_name: Mapping[str, Structure], name: str) -> None:
    voxel = float(np.prod(study.voxel_mm))
    for each, structure in by_name.items():
        if rank_of(each) is None or each == "S1":
            continue
        low, high = _DISC_MM3 if "-" in each else _BODY_MM3 if study.bodies_only else _WHOLE_MM3
        volume = structure.voxels * voxel
        too_small = volume < low and not structure.cut
        if volume > high or too_small:
            raise BadInput(
                f"{name}: the label of {each} takes up {volume / 1000:.3g} cm3 (expected {low / 1000:g} to "
                f"{high / 1000:g}). Check the voxel size and the label map."
            )


def _refuse_stray_disc(by_name: Mapping[str, Structure], name: str) -> None:
    for each, structure in by_name.items():
        upper, _, lower = each.partition("-")
        if not lower or upper not in by_name or lower not in by_name or lower == "S1":
            continue
        top, bottom = np.array(by_name[upper].centre_mm), np.array(by_name[lower].centre_mm)
        along = bottom - top
        share = float((np.array(structure.centre_mm) - top) @ along / (along @ along))
        aside = float(np.linalg.norm(np.array(structure.centre_mm) - top - share * along))
        if not 0.15 < share < 0.85 or aside > _DISC_ASIDE_MM:
            raise BadInput(
                f"{name}: the disc {each} does not lie between {upper} and {lower} ({aside:.0f} mm aside). "
                "Mend the label map."
            )


def _limits(study: ImagingStudy, ranked: list[str]) -> tuple[str, ...]:
    lumbar = lumbar_names(study)
    if not lumbar:
        held = f"{ranked[0]} to {ranked[-1]}" if ranked else "nothing of the spine"
        return (f"The label map holds no lumbar level (it holds {held}): no lumbar disc can be measured.",)
    notes = []
    if "L5" in ranked and "S1" not in ranked and "L5-S1" not in ranked:
        notes.append(
            "S1 and the L5-S1 disc are not labelled: L5-S1 is not measured and cannot be treated as seen."
        )
    elif "L5" not in ranked and "L5-S1" not in ranked:
        lowest = next(each for each in reversed(ranked) if each in lumbar)
        notes.append(f"The lowest labelled lumbar level is {lowest}: the levels below it are not measured.")
    if not any("-" in each for each in lumbar):
        notes.append("No disc is labelled: discs have to be derived from the gaps between the bodies.")
    if not any(each in LUMBAR for each in lumbar):
        notes.append("No vertebra is labelled: endplates are taken from the disc labels only.")
    if "S1" in ranked:
        notes.append(
            "Levels are named as in the label map; the count from the sacrum was not checked by a person."
        )
    else:
        notes.append("The sacrum is not labelled, so the count of levels cannot be checked on this map.")
    return tuple(notes)


def _cut_off(ranked: list[str], by_name: Mapping[str, Structure]) -> tuple[str, ...]:
    cut = [each for each in ranked if by_name[each].cut]
    return (f"Cut by the border of the image: {', '.join(cut)}.",) if cut else ()


def _side(study: ImagingStudy) -> tuple[str, ...]:
    return (
        ()
        if study.laterality_known
        else ("Left and right are not known on this image: no side is named from it.",)
    )


def _derived(study: ImagingStudy) -> tuple[str, ...]:
    if not study.derived:
        return ()
    return (
        "The disc labels were derived by a rule from the bodies and take in the endplates; they "
        "are marked so.",
    )
