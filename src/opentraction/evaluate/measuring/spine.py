"""From a labelled study to a measured spine: `measure`.

Everything is measured in millimetres in the world, on endplates fitted between voxels. What the labels do not
show is not invented here: see `assume_missing`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from opentraction.chart import (
    LEVELS,
    BadInput,
    Disc,
    Level,
    Measure,
    Spine,
    SpineSource,
    Vertebra,
    VertebraName,
)
from opentraction.evaluate.measuring.bodies import (
    body_core,
    fit_body,
    rim_cut,
    sacrum_value,
    vertebra_value,
    without_arch,
)
from opentraction.evaluate.measuring.discs import DiscSlab, DiscSource, disc_value, fit_disc, seen_share
from opentraction.evaluate.measuring.endplates import Slab
from opentraction.evaluate.measuring.frames import WORLD_ANTERIOR, Array, Axes, axes_from, tangents
from opentraction.evaluate.measuring.occupancy import Occupancy, crops, label_mask, largest_part, occupancy
from opentraction.evaluate.measuring.protrusion import protrusion_of
from opentraction.evaluate.measuring.signal import fluid_signal, no_t2, nucleus_signal, ratio_and_grade
from opentraction.evaluate.measuring.spread import Spread, measured
from opentraction.evaluate.study import ImagingStudy

METHOD = "fitted endplates 1"
_NAMES = tuple(VertebraName)
_PAIRS = tuple(f"{upper.value}-{lower.value}" for upper, lower in pairwise(_NAMES))
_ARCH_OFFSET_MM = 5.0
"""Least distance from the centroid of a whole vertebra forward to its body that tells the front: it is about
15 mm where the arch is on the picture."""
_LEAST_SEEN = 0.5
"""Least share of the norm's cross-section of a disc that the image border may leave."""
_MOST_LEAN_DEG = 45.0
"""Largest angle between a body's or disc's fitted axis and the column's own direction there: beyond it
something else was fitted, such as the sliver that the image border leaves of a body."""
_PLAUSIBLE_MM = {"mean_height_mm": (1.0, 25.0), "depth_mm": (18.0, 60.0), "width_mm": (22.0, 80.0)}
"""A lumbar disc outside of these sizes is noted: a wrong voxel size shows here first."""


@dataclass
class _Column:
    """The labelled structures of one study, head to foot, with their first frames."""

    study: ImagingStudy
    bones: dict[VertebraName, Occupancy]
    discs: dict[str, Occupancy]
    axes: dict[str, Axes]
    front_from: str
    spread: Spread
    canal: Array | None


def measure(study: ImagingStudy) -> Spine:
    """Measure every lumbar disc and every vertebra whose label allows it.

    Args:
        study: labels with names (an image is used for the signal of the discs where there is one).

    Returns:
        A `Spine`: each number with quality and spread. Levels that the labels do not show are named in its
        notes and left out; lordosis is None unless the superior endplates of L1 and S1 are both seen.

    Raises:
        BadInput: without labels, without any lumbar level, or with a level missing between two others.
    """
    if study.labels is None:
        raise BadInput(
            f"Expected a study with a label map, got an image alone ({study.study_id}). Give the labels of a "
            "segmenter, outlines drawn by a person, or landmarks."
        )
    column = _column(study)
    body_slabs = _fit_bodies(column)
    fitted = _fit_discs(column)
    notes = list(study.notes)
    _leave_out_cut_ends(fitted, notes)
    if not any(level.value in fitted for level in LEVELS):
        found = ", ".join(sorted(study.names)) or "none"
        raise BadInput(
            f"This study holds no lumbar level that can be measured (labels: {found}); expected a lumbar "
            "disc, or two neighbouring lumbar bodies. Give a study of the lumbar spine."
        )
    discs = _disc_values(column, fitted, notes)
    vertebrae = _vertebra_values(column, body_slabs, fitted, notes)
    lordosis = _lordosis(column, body_slabs, fitted, notes)
    notes.append(column.front_from)
    return Spine(
        study_id=study.study_id,
        source=SpineSource.LABEL_MAP,
        method=f"{METHOD}; labels: {study.convention or 'unnamed convention'}",
        posture=study.posture,
        vertebrae=tuple(vertebrae),
        discs=tuple(discs),
        lordosis_deg=lordosis,
        laterality_known=study.laterality_known,
        voxel_mm=study.voxel_mm,
        notes=tuple(dict.fromkeys(notes)),
        simulated=study.simulated,
    )


def _column(study: ImagingStudy) -> _Column:
    """Soften all labels, cut bodies from arches, and give each structure a first frame."""
    boxes = crops(study)
    bones = [name for name in _NAMES if name.value in boxes]
    masks = {name: label_mask(study, name, boxes[name]) for name in (*_PAIRS, "canal") if name in boxes}
    masks |= {name.value: largest_part(label_mask(study, name.value, boxes[name.value])) for name in bones}
    discs = [name for name in _PAIRS if name in boxes]
    order = _in_order(bones, discs)
    whole = {name.value: occupancy(study, masks[name.value], boxes[name.value]) for name in bones}
    centres: dict[str, Array] = {name: whole[name].centroid for name in whole}
    if not study.bodies_only:
        for name in bones:
            if name is not VertebraName.S1:
                centres[name.value] = _core(study, masks[name.value], boxes[name.value])
    soft_discs = {name: occupancy(study, masks[name], boxes[name]) for name in discs}
    centres |= {name: disc.centroid for name, disc in soft_discs.items()}
    for upper, lower in pairwise(bones):
        gap = f"{upper.value}-{lower.value}"
        if gap in _PAIRS and gap not in centres:
            centres[gap] = 0.5 * (centres[upper.value] + centres[lower.value])
            order.append(gap)
    order.sort(key=_rank)
    up = tangents(order, centres)
    fronts, said = _fronts(study, order, centres, up, whole, boxes)
    axes = {name: axes_from(centres[name], up[name], fronts[name]) for name in order}
    soft_bones = {}
    for name in bones:
        mask, box = masks[name.value], boxes[name.value]
        if study.bodies_only or name is VertebraName.S1:
            soft_bones[name] = whole[name.value]
            continue
        affine = study.affine.copy()
        affine[:3, 3] += affine[:3, :3] @ np.array([each.start for each in box])
        soft_bones[name] = occupancy(study, without_arch(mask, affine, axes[name.value]), box)
    canal = np.argwhere(study.mask("canal")) if "canal" in boxes else None
    return _Column(study, soft_bones, soft_discs, axes, said, Spread.of(study), canal)


def _rank(name: str) -> float:
    first = _NAMES.index(VertebraName(name.split("-")[0]))
    return first + (0.5 if "-" in name else 0.0)


def _in_order(bones: list[VertebraName], discs: list[str]) -> list[str]:
    return sorted([name.value for name in bones] + discs, key=_rank)


def _core(study: ImagingStudy, mask: Array, box: tuple[slice, ...]) -> Array:
    """World position of the centre of a body whose label includes the arch."""
    affine = study.affine.copy()
    affine[:3, 3] += affine[:3, :3] @ np.array([each.start for each in box])
    return body_core(mask, affine)


def _fronts(
    study: ImagingStudy,
    order: list[str],
    centres: dict[str, Array],
    up: dict[str, Array],
    whole: dict[str, Occupancy],
    boxes: dict[str, tuple[slice, ...]],
) -> tuple[dict[str, Array], str]:
    """Direction of the front at each structure, and the sentence that says where it came from.

    From the canal where it is labelled; else from the arches; else the image's own anterior axis.
    """
    raw: dict[str, Array] = {}
    said = "The front was taken from the image's own axes: neither canal nor arches are labelled."
    if "canal" in boxes:
        points = _canal_points(study)
        for name in order:
            near = np.abs((points - centres[name]) @ up[name]) <= 8.0
            if near.sum() >= 30:
                raw[name] = centres[name] - points[near].mean(axis=0)
        said = "The front was taken from the labelled canal behind the bodies."
    elif not study.bodies_only:
        # S1 has no arch to tell its front by, and of a body cut by the border too little may be left
        offsets = {name: centres[name] - bone.centroid for name, bone in whole.items()}
        raw = {
            name: offset
            for name, offset in offsets.items()
            if name != VertebraName.S1.value and _across(offset, up[name]) >= _ARCH_OFFSET_MM
        }
        said = "The front was taken from the labelled arches behind the bodies."
    if len(raw) < 2:
        return dict.fromkeys(order, WORLD_ANTERIOR), said
    found = {}
    for index, name in enumerate(order):
        near = [raw[other] for other in order[max(index - 2, 0) : index + 3] if other in raw]
        flat = [each - (each @ up[name]) * up[name] for each in near or list(raw.values())]
        found[name] = np.sum([each / np.linalg.norm(each) for each in flat], axis=0)
    return found, said


def _across(offset: Array, up: Array) -> float:
    """Length of an offset (3,) at right angles to the column [mm]."""
    return float(np.linalg.norm(offset - (offset @ up) * up))


def _canal_points(study: ImagingStudy) -> Array:
    """World positions (n, 3) of canal and cord together: the canal's label leaves the cord out."""
    assert study.labels is not None
    numbers = [study.names[name] for name in ("canal", "cord") if name in study.names]
    index = np.argwhere(np.isin(study.labels, numbers))
    return np.asarray(index @ study.affine[:3, :3].T + study.affine[:3, 3])


def _fit_bodies(column: _Column) -> dict[VertebraName, Slab]:
    found = {}
    for name, bone in column.bones.items():
        axes = column.axes[name.value]
        slab = None if name is VertebraName.S1 else fit_body(bone, axes, axes.matrix[:, 0])
        if slab is not None and _upright(slab, axes):
            found[name] = slab
    return found


def _upright(slab: Slab, axes: Axes) -> bool:
    """True when a fitted slab's axis runs along the column."""
    return float(slab.axes.matrix[:, 2] @ axes.matrix[:, 2]) > float(np.cos(np.radians(_MOST_LEAN_DEG)))


def _fit_discs(column: _Column) -> dict[str, DiscSlab]:
    found = {}
    for name in _PAIRS:
        if name not in column.axes:
            continue
        upper, lower = (VertebraName(part) for part in name.split("-"))
        source = DiscSource(
            name=name,
            label=column.discs.get(name),
            above=column.bones.get(upper),
            below=column.bones.get(lower),
            drawn=name in column.discs and name not in column.study.derived,
        )
        axes = column.axes[name]
        fitted = fit_disc(source, axes, axes.matrix[:, 0])
        if fitted is not None and _upright(fitted.slab, axes):
            found[name] = fitted
    return found


def _leave_out_cut_ends(fitted: dict[str, DiscSlab], notes: list[str]) -> None:
    """Take out the highest and lowest levels whose endplate, or half, the border of the image cuts away."""
    for order in (LEVELS, LEVELS[::-1]):
        for level in order:
            each = fitted.get(level.value)
            if each is None:
                continue
            if not each.cut.ends and not (each.cut and seen_share(each, level) < _LEAST_SEEN):
                break
            del fitted[level.value]
            notes.append(
                f"{level.value} is not measured: the image border cuts through an endplate or cuts half of "
                "the disc away."
            )


def _disc_values(column: _Column, fitted: dict[str, DiscSlab], notes: list[str]) -> list[Disc]:
    study = column.study
    signals = {name: nucleus_signal(study, each.slab) for name, each in fitted.items()}
    if study.image is not None and no_t2(study):
        notes.append(
            f"The image is weighted {study.weighting}, not T2: no signal ratio and no Pfirrmann grade is "
            "estimated."
        )
    brightest = max((each for each in signals.values() if each is not None), default=0.0)
    values: list[Disc] = []
    for level in LEVELS:
        each = fitted.get(level.value)
        if each is None:
            if not any(text.startswith(f"{level.value} is not measured") for text in notes):
                notes.append(_missing(column, level))
            continue
        source = each.source
        note = ""
        if not source.drawn:
            note = "derived from the facing endplates of the two bodies; the disc itself was not outlined"
            notes.append(
                f"{level.value} is derived from the bodies: its outline and volume are approximate and a "
                "protrusion cannot be seen on it."
            )
        if each.cut:
            note = "; ".join(filter(None, (note, "the image border cuts this disc")))
            notes.append(_cut_note(level, each))
        protrusion = protrusion_of(each, column.spread, laterality_known=study.laterality_known)
        disc = disc_value(each, level, column.spread, protrusion, note)
        for field, (low, high) in _PLAUSIBLE_MM.items():
            size = getattr(disc, field).value
            if not low <= size <= high:
                what = field.removesuffix("_mm").replace("_", " ")
                notes.append(
                    f"{level.value} has an implausible {what} of {size:.1f} mm: check the voxel size."
                )
        signal = signals[level.value]
        if signal is not None:
            graded = ratio_and_grade(signal, fluid_signal(study, each.slab, column.canal), brightest)
            if graded is not None:
                disc = disc.replace(signal_ratio=graded[0], pfirrmann=graded[1])
        values.append(disc)
    seen = [disc.level.place for disc in values]
    missing = [LEVELS[index].value for index in range(min(seen), max(seen)) if index not in seen]
    if missing:
        raise BadInput(
            f"Expected consecutive levels, got none at {', '.join(missing)} between measured ones. "
            "Complete the label map at that level."
        )
    return values


def _cut_note(level: Level, fitted: DiscSlab) -> str:
    text = f"{level.value} is cut by the image border: outline and volume are too small, their spread is wide"
    if fitted.cut.along or fitted.cut.ends:
        text += ", and so is that of its heights and wedge"
    if fitted.cut_bodies.behind or fitted.cut_bodies.ends:
        text += "; a slip and a protrusion cannot be judged"
    return text + "."


def _missing(column: _Column, level: Level) -> str:
    upper, lower = level.above in column.bones, level.below in column.bones
    if upper and not lower:
        return f"{level.value} is not on the image or its labels: {level.below.value} has no label."
    if lower and not upper:
        return f"{level.value} is not on the image or its labels: {level.above.value} has no label."
    if upper and lower:
        return f"{level.value} could not be measured: its endplates could not be fitted."
    return f"{level.value} is not on the image or its labels."


def _vertebra_values(
    column: _Column, slabs: Mapping[VertebraName, Slab], fitted: dict[str, DiscSlab], notes: list[str]
) -> list[Vertebra]:
    values = []
    for name, bone in column.bones.items():
        value = None
        if name is VertebraName.S1 and "L5-S1" in fitted:
            value = sacrum_value(bone, fitted["L5-S1"].slab, column.spread)
        elif name in slabs:
            value = vertebra_value(name, bone, slabs[name], column.spread)
        if value is None:
            notes.append(f"{name.value} is labelled but could not be measured.")
            continue
        if bone.touches_border:
            notes.append(f"{name.value} is cut by the image border: its heights are not given.")
        values.append(value)
    return values


def _lordosis(
    column: _Column, slabs: Mapping[VertebraName, Slab], fitted: dict[str, DiscSlab], notes: list[str]
) -> Measure | None:
    """Angle between the superior endplates of L1 and S1, on the sagittal plane of the column [deg]."""
    first, last = slabs.get(VertebraName.L1), fitted.get("L5-S1")
    if first is None or last is None or last.source.below is None:
        notes.append("Lordosis L1-S1 is not given: the superior endplates of L1 and S1 are not both seen.")
        return None
    cuts = (
        rim_cut(column.bones[VertebraName.L1], first.axes, first.upper, first.radius),
        rim_cut(last.source.below, last.slab.axes, last.slab.lower, last.slab.radius),
    )
    if any(cut.along or cut.ends for cut in cuts):
        notes.append("Lordosis L1-S1 is not given: the image border cuts the superior endplate of L1 or S1.")
        return None
    top = first.axes.matrix @ first.upper.normal
    bottom = last.slab.axes.matrix @ last.slab.lower.normal
    left = np.sum([slab.axes.matrix[:, 1] for slab in slabs.values()], axis=0)
    left /= np.linalg.norm(left)
    front = np.cross(left, top)
    front /= np.linalg.norm(front)
    lean = [np.arctan2(normal @ front, normal @ np.cross(front, left)) for normal in (top, bottom)]
    sd = column.spread.angle(last.slab.axes.matrix[:, 2], last.slab.depth_mm)
    return measured(
        float(np.degrees(lean[1] - lean[0])),
        sd,
        derived=False,
        note=f"as imaged, {column.study.posture.value}",
    )
