"""Levels that an image does not show, added from norms so that a column can be built: `assume_missing`."""

import numpy as np

from opentraction.chart import (
    LEVELS,
    Disc,
    HeightField,
    Level,
    Measure,
    Patient,
    Quality,
    Spine,
    Vertebra,
    VertebraName,
)
from opentraction.evaluate import norms
from opentraction.evaluate.measuring.frames import Array, Axes
from opentraction.evaluate.norms import BodyNorm, DiscNorm

_OUTLINE_POINTS = 48


def assume_missing(spine: Spine, patient: Patient | None = None) -> Spine:
    """The spine with every lumbar disc L1-L2 to L5-S1 and every vertebra L1 to S1.

    What was not seen comes from norms: marked `seen=False`, quality "assumed", with the spread of the norms,
    in the size of the measured neighbours (so that a small person's unseen disc is small), and placed by
    continuing the chain. It serves the mechanics of the whole column; it is never a target. Lordosis stays as
    measured, since an assumed level must not make an angle look measured.

    Args:
        spine: a measured spine with at least one disc.
        patient: sex, age and stature for the norms, where known.
    """
    discs = {disc.level: disc for disc in spine.discs}
    bodies = {vertebra.name: vertebra for vertebra in spine.vertebrae}
    scale = _lateral_scale(spine, patient)
    added: list[str] = []
    first = min(level.place for level in discs)
    for index in range(first, len(LEVELS)):
        level = LEVELS[index]
        if level in discs:
            _add_body(bodies, discs, level.below, discs[level], patient, scale, below=True)
            continue
        _add_disc(discs, bodies[level.above], level, patient, scale, below=True)
        added.append(level.value)
        _add_body(bodies, discs, level.below, discs[level], patient, scale, below=True)
    for index in range(first, -1, -1):
        level = LEVELS[index]
        if level not in discs:
            _add_disc(discs, bodies[level.below], level, patient, scale, below=False)
            added.append(level.value)
        _add_body(bodies, discs, level.above, discs[level], patient, scale, below=False)
    notes = spine.notes
    if added:
        notes = (
            *notes,
            f"{', '.join(sorted(added))}: not seen; assumed from norms for the mechanics of the column, "
            "never a target.",
        )
    return spine.replace(
        discs=tuple(discs[level] for level in LEVELS),
        vertebrae=tuple(bodies[name] for name in VertebraName if name in bodies),
        notes=notes,
    )


def _lateral_scale(spine: Spine, patient: Patient | None) -> float:
    """Median of measured over expected disc depth: the size of this person against the norms."""
    ratios = [
        disc.depth_mm.value / norms.expected(disc.level, patient).depth_mm.value for disc in spine.discs
    ]
    return float(np.clip(np.median(ratios), 0.75, 1.3))


def _axes(of: Disc | Vertebra) -> Axes:
    frame = of.frame
    return Axes(np.array(frame.origin_mm), np.array([frame.x_axis, frame.y_axis, frame.z_axis]).T)


def _leaned(angle_deg: float) -> Array:
    """Rotation (3, 3) that leans z to the front."""
    c, s = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])


def _scaled(measure: Measure, factor: float) -> Measure:
    note = measure.note + "; scaled to the measured levels"
    return measure.replace(value=measure.value * factor, sd=measure.sd * factor, note=note)


def _add_disc(
    discs: dict[Level, Disc],
    neighbour: Vertebra,
    level: Level,
    patient: Patient | None,
    scale: float,
    *,
    below: bool,
) -> None:
    """A disc on the far endplate of a body: half its wedge and half the body's lie between the frames."""
    norm = norms.expected(level, patient)
    start = _axes(neighbour)
    wedge = neighbour.wedge_deg.value if neighbour.wedge_deg is not None else 0.0
    lean = 0.5 * (wedge + norm.wedge_deg.value)
    half = 0.5 * (_middle_height(neighbour, patient) + norm.height_mid_mm.value)
    matrix = start.matrix @ _leaned(lean if below else -lean)
    step = -half if below else half
    between = _leaned(0.5 * lean if below else -0.5 * lean)
    origin = start.origin + start.matrix @ between @ np.array([0.0, 0.0, step])
    discs[level] = _assumed_disc(level, Axes(origin, matrix), norm, scale)


def _middle_height(vertebra: Vertebra, patient: Patient | None) -> float:
    if vertebra.name is VertebraName.S1:
        return 0.0
    if vertebra.height_mid_mm is not None:
        return vertebra.height_mid_mm.value
    return norms.expected(vertebra.name, patient).height_mid_mm.value


def _add_body(
    bodies: dict[VertebraName, Vertebra],
    discs: dict[Level, Disc],
    name: VertebraName,
    disc: Disc,
    patient: Patient | None,
    scale: float,
    *,
    below: bool,
) -> None:
    """A body on the far side of a disc, unless it was measured. S1's frame lies on its superior endplate."""
    if name in bodies:
        return
    norm = norms.expected(name, patient)
    start = _axes(disc)
    sacrum = name is VertebraName.S1
    lean = 0.5 * (disc.wedge_deg.value + (0.0 if sacrum else norm.wedge_deg.value))
    half = 0.5 * disc.height_mid_mm.value + (0.0 if sacrum else 0.5 * norm.height_mid_mm.value)
    turned = _leaned(lean if below else -lean)
    between = _leaned(0.5 * lean if below else -0.5 * lean)
    origin = start.origin + start.matrix @ between @ np.array([0.0, 0.0, -half if below else half])
    bodies[name] = _assumed_body(name, Axes(origin, start.matrix @ turned), norm, scale)


def _assumed_body(name: VertebraName, axes: Axes, norm: BodyNorm, scale: float) -> Vertebra:
    bare = name is VertebraName.S1
    return Vertebra(
        name=name,
        frame=axes.value(),
        depth_mm=_scaled(norm.depth_upper_mm, scale),
        width_mm=_scaled(norm.width_upper_mm, scale),
        height_front_mm=None if bare else norm.height_front_mm,
        height_mid_mm=None if bare else norm.height_mid_mm,
        height_back_mm=None if bare else norm.height_back_mm,
        wedge_deg=None if bare else norm.wedge_deg,
        cut_off=False,
    )


def _assumed_disc(level: Level, axes: Axes, norm: DiscNorm, scale: float) -> Disc:
    """An elliptic disc with paraboloid endplates of the norm's heights and hollows."""
    depth, width = _scaled(norm.depth_mm, scale), _scaled(norm.width_mm, scale)
    theta = np.linspace(0.0, 2.0 * np.pi, _OUTLINE_POINTS, endpoint=False)
    outline = zip(0.5 * depth.value * np.cos(theta), 0.5 * width.value * np.sin(theta), strict=True)
    mid = norm.height_mid_mm
    up, low = norm.concavity_upper_mm.value, norm.concavity_lower_mm.value
    slope = 0.5 * depth.value * float(np.tan(np.radians(norm.wedge_deg.value / 2)))
    upper = HeightField(coefficients_mm=(mid.value / 2, slope, 0.0, -up, 0.0, -up))
    lower = HeightField(coefficients_mm=(-mid.value / 2, -slope, 0.0, low, 0.0, low))
    area = np.pi / 4 * depth.value * width.value
    mean_height = mid.value - 0.5 * (up + low)
    ends = norm.height_front_mm.value + norm.height_back_mm.value
    ends_sd = float(np.hypot(norm.height_front_mm.sd, norm.height_back_mm.sd))
    area_sd = area * float(np.hypot(depth.sd / depth.value, width.sd / width.value))
    volume = area * mean_height

    def assumed(value: float, sd: float) -> Measure:
        return Measure(value=float(value), sd=float(sd), quality=Quality.ASSUMED, note=mid.note)

    return Disc(
        level=level,
        frame=axes.value(),
        outline_mm=tuple((float(a), float(b)) for a, b in outline),
        upper=upper,
        lower=lower,
        height_front_mm=norm.height_front_mm,
        height_mid_mm=mid,
        height_back_mm=norm.height_back_mm,
        mean_height_mm=assumed(mean_height, mid.sd),
        depth_mm=depth,
        width_mm=width,
        wedge_deg=norm.wedge_deg,
        area_mm2=assumed(area, area_sd),
        volume_mm3=assumed(volume, volume * float(np.hypot(area_sd / area, mid.sd / mean_height))),
        farfan_index=assumed(ends / depth.value, ends_sd / depth.value),
        dabbs_mm=assumed(ends / 2, ends_sd / 2),
        seen=False,
    )
