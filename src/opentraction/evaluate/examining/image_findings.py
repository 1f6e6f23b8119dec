"""What the measured spine shows: narrowing, wear, slips, wedged bodies, protrusions, a narrow canal.

Only numbers that were measured or derived from an image speak; a number assumed from norms says nothing of
the patient and makes no finding. The certainty of a finding is the chance, by the spread of its number, that
the true value lies beyond the stated limit.
"""

import math
from collections.abc import Iterator
from typing import Any

from opentraction.chart import (
    LEVELS,
    SLIP_FROM_MM,
    Disc,
    Finding,
    FindingKind,
    FindingSource,
    Measure,
    Posture,
    Quality,
    Spine,
    SpineSource,
    VertebraName,
)
from opentraction.evaluate import norms
from opentraction.evaluate.examining.height_loss import (
    FRACTURE_VOXEL_MM,
    GENANT,
    height_loss,
    neighbours_of,
)

NARROW_SHARE = 0.70
"""A disc under 70 % of the height its neighbours and the norms lead to expect is called narrow: our choice;
lumbar discs differ between neighbours by about 15 % (norms, DISCDIM_IR)."""
DEGENERATED_FROM = 3.5
"""Estimated Pfirrmann grade from which wear is stated: midway between grade 3 and grade 4."""
PROTRUSION_FROM_MM = 3.0
"""Depth behind the endplate corners from which displacement is stated; below it is within reading
error (Tunset 2013)."""
LYING_SLIPS = "Images taken lying show slips smaller than a standing film (Finkenstaedt 2018)."
CANAL_NARROW_MM2 = 100.0
"""Dural sac under 100 mm2 goes with walking-limited leg pain (PMC5728944)."""


def image_findings(spine: Spine) -> tuple[Finding, ...]:
    """Findings of a measured spine, head to foot; empty for a spine of norms."""
    if spine.source is SpineSource.NORMS:
        return (
            _stated(
                FindingKind.OTHER,
                "No scan was measured: the spine is one of published norms.",
                positive=False,
            ),
        )
    found: list[Finding] = []
    seen = [disc for disc in spine.discs if disc.seen]
    for disc in seen:
        found += _disc_findings(disc, spine, seen)
    found += _bodies(spine)
    unseen = [disc.level for disc in seen if disc.volume_mm3.quality is not Quality.MEASURED]
    if unseen:
        text = f"Displacement cannot be judged at {', '.join(unseen)}: the disc itself was not outlined."
        found.append(_stated(FindingKind.OTHER, text, positive=False))
    missing = [level for level in LEVELS if level not in {disc.level for disc in seen}]
    if missing:
        text = f"Not measured on this image: {', '.join(missing)}."
        level = missing[0] if len(missing) == 1 else None
        found.append(_stated(FindingKind.OTHER, text, level=level, positive=False))
    return tuple(found)


def _disc_findings(disc: Disc, spine: Spine, seen: list[Disc]) -> Iterator[Finding]:
    narrowing = _narrowing(disc, seen, bool(spine.vertebrae))
    if narrowing is not None:
        yield narrowing
    grade = disc.pfirrmann
    if grade is not None and grade.quality is not Quality.ASSUMED and grade.value >= DEGENERATED_FROM:
        yield _measured(
            FindingKind.DISC_DEGENERATION, grade, "Pfirrmann grade (estimate)", level=disc.level,
            text=f"Worn disc {disc.level}: estimated Pfirrmann grade {grade.value:.1f}.",
            certainty=_above(grade, DEGENERATED_FROM),
        )  # fmt: skip
    if disc.listhesis is not None and disc.listhesis.slip_mm.quality is not Quality.ASSUMED:
        yield _slip(disc, spine)
    if disc.protrusion is not None and disc.protrusion.depth_mm.quality is not Quality.ASSUMED:
        depth = disc.protrusion.depth_mm
        if depth.value >= PROTRUSION_FROM_MM:
            side = disc.protrusion.side if spine.laterality_known else None
            yield _measured(
                FindingKind.DISC_DISPLACEMENT, depth, "mm", level=disc.level, side=side,
                text=f"{disc.protrusion.kind.capitalize()} of {disc.level}, {depth.value:.1f} mm behind the "
                f"endplate corners, {disc.protrusion.side if side else 'side not known'}.",
                certainty=_above(depth, PROTRUSION_FROM_MM),
            )  # fmt: skip
    canal = disc.canal_area_mm2
    if canal is not None and canal.quality is not Quality.ASSUMED and canal.value < CANAL_NARROW_MM2:
        yield _measured(
            FindingKind.CANAL_STENOSIS, canal, "mm2", level=disc.level,
            certainty=1 - _above(canal, CANAL_NARROW_MM2),
            text=f"Canal at {disc.level} {canal.value:.0f} mm2, under {CANAL_NARROW_MM2:.0f} mm2.",
        )  # fmt: skip


def _narrowing(disc: Disc, seen: list[Disc], bodies: bool) -> Finding | None:
    """Height against what norms expect here, scaled by how this person's other discs compare with theirs.

    Without labelled bodies the endplates are those of the disc label, which leaves out their cartilage: then
    only the comparison with the other discs counts.
    """
    height = disc.height_mid_mm
    if height.quality is Quality.ASSUMED:
        return None
    ratios = sorted(
        other.height_mid_mm.value / norms.expected(other.level).height_mid_mm.value
        for other in seen
        if other.level is not disc.level and other.height_mid_mm.quality is not Quality.ASSUMED
    )
    lowest = 0.80 if bodies else 0.40
    own = min(1.25, max(lowest, ratios[len(ratios) // 2])) if len(ratios) >= 2 else 1.0
    expected = norms.expected(disc.level).height_mid_mm.value * own
    if height.value >= NARROW_SHARE * expected:
        return None
    return _measured(
        FindingKind.DISC_NARROWING, height, "mm", level=disc.level,
        certainty=1 - _above(height, NARROW_SHARE * expected),
        text=f"Narrow disc {disc.level}: {height.value:.1f} mm in the middle, "
        f"{100 * height.value / expected:.0f} % of the {expected:.1f} mm to expect beside this "
        "person's other discs.",
    )  # fmt: skip


def _slip(disc: Disc, spine: Spine) -> Finding:
    """The slip of a level, stated where its spread clears 3 mm.

    One that stays under 3 mm with its spread is kept as looked for and absent, so that screening sees it. One
    whose spread spans 3 mm is a finding that may be there: its certainty says how likely, no grade is given.
    """
    assert disc.listhesis is not None
    slip, percent, slipped = disc.listhesis.slip_mm, disc.listhesis.slip_percent, disc.listhesis.slipped
    lying = "" if spine.posture is Posture.STANDING else f" {LYING_SLIPS}"
    certainty = _above_size(slip, SLIP_FROM_MM)
    size, way = f"{abs(slip.value):.1f} mm", "forward" if slip.value > 0 else "backward"
    if slipped is False:
        text = f"No slip at {disc.level}: {slip.value:.1f} mm, within {SLIP_FROM_MM:g} mm."
        certainty = 1 - certainty
    elif slipped is None:
        text = (
            f"{disc.level.above} may lie {way} on {disc.level.below}: the offset reads {size} "
            f"± {slip.sd:.1f}, which cannot be told from normal (under {SLIP_FROM_MM:g} mm)."
        )
    else:
        text = (
            f"{disc.level.above} lies {size} ({abs(percent.value):.0f} %) {way} on {disc.level.below}, "
            f"Meyerding {disc.listhesis.grade_words}."
        )
    return _measured(
        FindingKind.LISTHESIS, percent, "%", level=disc.level, certainty=certainty,
        positive=slipped is not False, text=text + lying,
    )  # fmt: skip


def _bodies(spine: Spine) -> Iterator[Finding]:
    whole = [each for each in spine.vertebrae if not each.cut_off and each.name is not VertebraName.S1]
    coarse = spine.voxel_mm is not None and max(spine.voxel_mm[1], spine.voxel_mm[2]) > FRACTURE_VOXEL_MM
    for vertebra in whole:
        loss = height_loss(vertebra, neighbours_of(vertebra, whole))
        if loss is None or loss.grade == 0:
            continue
        text = f"{vertebra.name} has lost {100 * loss.share.value:.0f} % of its {loss.place} height"
        if coarse:
            said = f"{text}, but voxels over {FRACTURE_VOXEL_MM} mm are too coarse to grade a fracture."
            certainty = 0.3
        else:
            said = (
                f"{text}: suspicious of a fracture, Genant grade {loss.grade} (an estimate, its age is not "
                "known)."
            )
            certainty = _above(loss.share, GENANT[-1][0])
        yield _measured(
            FindingKind.VERTEBRAL_WEDGING, loss.share, "share of height lost",
            vertebra=vertebra.name, text=said, certainty=certainty,
        )  # fmt: skip


def _above(measure: Measure, limit: float) -> float:
    """Probability that the true value is above a limit, normal spread; kept within 0.05 to 0.99."""
    z = (
        (measure.value - limit) / (measure.sd * math.sqrt(2.0))
        if measure.sd > 0
        else math.copysign(9, measure.value - limit)
    )
    return round(min(0.99, max(0.05, 0.5 * (1.0 + math.erf(z)))), 3)


def _above_size(measure: Measure, limit: float) -> float:
    return _above(measure.replace(value=abs(measure.value)), limit)


def _measured(
    kind: FindingKind, measure: Measure, unit: str, *, text: str, certainty: float, **place: Any
) -> Finding:
    return Finding(
        kind=kind, text=text, source=FindingSource.IMAGE, value=measure.value, unit=unit, sd=measure.sd,
        certainty=certainty, quality=measure.quality, **place,
    )  # fmt: skip


def _stated(kind: FindingKind, text: str, **more: Any) -> Finding:
    return Finding(kind=kind, text=text, source=FindingSource.IMAGE, quality=Quality.DERIVED, **more)
