"""A made-up spine from published norms: the demonstration patient, and the truth `measure` is tested against.

`make_phantom` builds analytic solids and their exact measures; `render` makes a study of them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, TypeVar

import numpy as np
from pydantic import Field

from opentraction.chart import (
    LEVELS,
    BadValue,
    Level,
    Patient,
    Posture,
    ProtrusionKind,
    Sex,
    Side,
    Spine,
    Value,
    VertebraName,
)
from opentraction.evaluate import norms
from opentraction.evaluate.measuring.frames import Axes
from opentraction.evaluate.phantoms.shape import (
    UPRIGHT,
    Blob,
    BodyShape,
    CanalShape,
    DiscShape,
    PhantomShape,
    Rim,
    tilt_forward,
    tilt_left,
    turn,
)
from opentraction.evaluate.phantoms.truth import true_spine

_BODIES = (
    VertebraName.T12, VertebraName.L1, VertebraName.L2, VertebraName.L3, VertebraName.L4, VertebraName.L5,
    VertebraName.S1,
)  # fmt: skip
_DISC_NAMES = ("T12-L1", "L1-L2", "L2-L3", "L3-L4", "L4-L5", "L5-S1")
Number = TypeVar("Number", int, float)
Grade = Annotated[int, Field(ge=1, le=5)]


class PhantomProtrusion(Value):
    """Displaced disc material to build in."""

    level: Level
    kind: ProtrusionKind = ProtrusionKind.PROTRUSION
    depth_mm: Annotated[float, Field(ge=1.0, le=12.0)] = 5.0
    """Behind the line joining the posterior endplate corners."""
    side: Side = Side.CENTRE


class PhantomSpec(Value):
    """What phantom to make. The same values give the same phantom."""

    seed: Annotated[int, Field(ge=0)] = 0
    """Draws the natural variation about the norms."""
    age_years: Annotated[float, Field(ge=18, le=95)] = 45.0
    sex: Sex = Sex.FEMALE
    stature_mm: Annotated[float, Field(ge=1400, le=2100)] = 1680.0
    mass_kg: Annotated[float, Field(ge=35, le=200)] = 70.0
    pfirrmann: tuple[Grade, Grade, Grade, Grade, Grade] = (2, 2, 2, 3, 3)
    """L1-L2 to L5-S1."""
    protrusions: tuple[PhantomProtrusion, ...] = ()
    slip_mm: tuple[float, float, float, float, float] = (0.0, 0.0, 0.0, 0.0, 0.0)
    """Shift of the upper body along the disc at L1-L2 to L5-S1, forward positive."""
    lordosis_deg: Annotated[float, Field(ge=5, le=75)] = 40.0
    """L1 to S1, before the limits that narrow discs set to their wedge."""
    fractured: VertebraName | None = None
    fracture_loss: Annotated[float, Field(ge=0, le=0.6)] = 0.35
    """Share of the front height that the fractured body has lost."""
    variation: Annotated[float, Field(ge=0, le=2)] = 1.0
    """Scale of the natural variation; 0 gives the norms themselves."""

    @classmethod
    def random(cls, seed: int) -> "PhantomSpec":
        """A phantom of any age from 20 to 80 with wedges, slips, protrusions and degeneration, by seed."""
        draw = np.random.default_rng([seed, 7])
        sex = Sex.FEMALE if draw.random() < 0.5 else Sex.MALE
        stature = draw.normal(1640, 65) if sex is Sex.FEMALE else draw.normal(1770, 70)
        age = draw.uniform(20, 80)
        worn = np.clip(np.round(draw.normal(1.2 + age / 40 + np.array([0, 0, 0.2, 0.6, 0.6]), 0.8)), 1, 5)
        slip = np.where(draw.random(5) < 0.2, draw.uniform(-4, 9, 5), 0.0)
        broken = draw.random() < 0.15
        return cls(
            seed=seed,
            age_years=round(float(age), 1),
            sex=sex,
            stature_mm=round(float(np.clip(stature, 1450, 2050))),
            mass_kg=round(float(np.clip(draw.normal(74, 14), 45, 140)), 1),
            pfirrmann=_five(int(grade) for grade in worn),
            protrusions=_random_protrusions(draw),
            slip_mm=_five(round(float(value), 1) for value in slip),
            lordosis_deg=round(float(np.clip(draw.normal(40, 10), 15, 65)), 1),
            fractured=VertebraName.L1 if broken else None,
            fracture_loss=round(float(draw.uniform(0.2, 0.45)), 2),
        )


def _five(values: Iterable[Number]) -> tuple[Number, Number, Number, Number, Number]:
    a, b, c, d, e = values
    return a, b, c, d, e


def _random_protrusions(draw: np.random.Generator) -> tuple[PhantomProtrusion, ...]:
    found = []
    for level in (Level.L3_L4, Level.L4_L5, Level.L5_S1):
        if draw.random() < 0.4:
            kinds = (ProtrusionKind.BULGE, ProtrusionKind.PROTRUSION, ProtrusionKind.EXTRUSION)
            kind = kinds[draw.integers(3)]
            depth = draw.uniform(2.5, 4.0) if kind is ProtrusionKind.BULGE else draw.uniform(3.5, 8.0)
            side = (Side.LEFT, Side.RIGHT, Side.CENTRE)[draw.integers(3)]
            side = Side.CENTRE if kind is ProtrusionKind.BULGE else side
            found.append(
                PhantomProtrusion(level=level, kind=kind, depth_mm=round(float(depth), 1), side=side)
            )
    return tuple(found)


@dataclass(frozen=True, kw_only=True)
class Phantom:
    """A made-up patient: solids, and their exact measures as a `Spine` marked simulated."""

    spec: PhantomSpec
    patient: Patient
    shape: PhantomShape
    spine: Spine


def make_phantom(spec: PhantomSpec | None = None) -> Phantom:
    """Build the solids of a phantom and measure them exactly.

    Raises:
        BadValue: when two protrusions are asked for at one level, or a slip exceeds 60 % of the depth.
    """
    spec = spec or PhantomSpec()
    levels = [each.level for each in spec.protrusions]
    if len(set(levels)) < len(levels):
        raise BadValue(f"Expected at most one protrusion per level, got {levels}. Keep the larger one.")
    if max(abs(slip) for slip in spec.slip_mm) > 20.0:
        raise BadValue(f"Expected slips up to 20 mm, got {spec.slip_mm}. Give smaller ones.")
    shape = _build(spec)
    year = date.today().year - round(spec.age_years)
    patient = Patient(
        patient_id=f"PHANTOM-{spec.seed}",
        name="SIMULATED",
        birth_date=date(year, 1, 1),
        sex=spec.sex,
        mass_kg=spec.mass_kg,
        stature_mm=spec.stature_mm,
        simulated=True,
    )
    spine = true_spine(shape, study_id=f"phantom-{spec.seed}", posture=Posture.SUPINE)
    return Phantom(spec=spec, patient=patient, shape=shape, spine=spine)


@dataclass
class _Sizes:
    """Drawn sizes of all parts, before they are put together."""

    rims: dict[tuple[VertebraName, str], Rim]
    body_height: dict[VertebraName, float]
    body_wedge: dict[VertebraName, float]
    disc_mid: list[float]
    disc_wedge: list[float]
    hollow: list[tuple[float, float]]


def _draw_sizes(spec: PhantomSpec, draw: np.random.Generator) -> _Sizes:
    """Natural variation: one factor per person and a smaller one per part."""
    size = norms.size_of(sex=spec.sex, age_years=spec.age_years, stature_mm=spec.stature_mm)
    vary = spec.variation
    lateral = 1.0 + vary * 0.05 * np.clip(draw.normal(), -2, 2)
    tall = 1.0 + vary * 0.04 * np.clip(draw.normal(), -2, 2)
    disc_tall = 1.0 + vary * 0.12 * np.clip(draw.normal(), -2, 2)
    rims, heights, wedges = {}, {}, {}
    for name in _BODIES:
        norm = norms.body_norm(name, size)
        for end in ("upper", "lower"):
            own = lateral * (1.0 + vary * 0.02 * np.clip(draw.normal(size=2), -2, 2))
            depth, width = getattr(norm, f"depth_{end}_mm").value, getattr(norm, f"width_{end}_mm").value
            rims[name, end] = Rim(depth * own[0], width * own[1], dent=float(draw.uniform(1.0, 3.0)))
        heights[name] = 0.5 * (norm.height_front_mm.value + norm.height_back_mm.value) * tall
        wedges[name] = norm.wedge_deg.value + vary * 1.2 * float(np.clip(draw.normal(), -2, 2))
        if name is spec.fractured:
            lost = spec.fracture_loss * norm.height_front_mm.value
            heights[name] -= 0.5 * lost
            wedges[name] -= float(np.degrees(np.arctan(lost / rims[name, "upper"].depth)))
    mids, tilts, hollows = [10.0], [2.0], [(1.2, 0.6)]
    for level, grade in zip(LEVELS, spec.pfirrmann, strict=True):
        disc = norms.disc_norm(level, size, grade)
        left = norms.GRADE_HEIGHT[grade]
        mids.append(
            disc.height_mid_mm.value * disc_tall * (1.0 + vary * 0.05 * np.clip(draw.normal(), -2, 2))
        )
        tilts.append(disc.wedge_deg.value * (0.6 + 0.4 * left))
        spread = 1.0 + vary * 0.3 * np.clip(draw.normal(size=2), -2, 2)
        hollows.append((disc.concavity_upper_mm.value * spread[0], disc.concavity_lower_mm.value * spread[1]))
    bodies = sum(wedges[name] for name in _BODIES[1:6])
    factor = (spec.lordosis_deg - bodies) / sum(tilts[1:])
    tilts[1:] = [tilt * factor + vary * 1.0 * float(np.clip(draw.normal(), -2, 2)) for tilt in tilts[1:]]
    return _Sizes(rims, heights, wedges, mids, tilts, hollows)


def _build(spec: PhantomSpec) -> PhantomShape:
    draw = np.random.default_rng([spec.seed, 11])
    sizes = _draw_sizes(spec, draw)
    vary = spec.variation
    axes = Axes(np.zeros(3), np.eye(3))
    first = _BODIES[0]
    upper = sizes.rims[first, "upper"]
    top = _disc_shape("T11-T12", axes, (upper, upper), 0.0, 8.0, 1.0, 0.0, (1.0, 0.6))
    discs: list[DiscShape] = []
    bodies: list[BodyShape] = []
    above = top
    for index, name in enumerate(_BODIES):
        body_axes = _body_below(above, sizes.body_height[name], sizes.body_wedge[name])
        below = None
        if index < len(_DISC_NAMES):
            rims = (sizes.rims[name, "lower"], sizes.rims[_BODIES[index + 1], "upper"])
            slip = 0.0 if index == 0 else spec.slip_mm[index - 1]
            side_tilt, twist = vary * 0.8 * np.clip(draw.normal(size=2), -2, 2)
            below = _disc_shape(
                _DISC_NAMES[index], Axes(np.zeros(3), np.eye(3)), rims, slip, sizes.disc_mid[index],
                sizes.disc_wedge[index], float(side_tilt), sizes.hollow[index],
                apex=-0.04 * rims[0].depth * float(draw.uniform(0, 1)), bulge=float(draw.uniform(0.2, 0.9)),
                pfirrmann=2 if index == 0 else spec.pfirrmann[index - 1],
            )  # fmt: skip
            placed = _disc_below(body_axes, below, sizes.body_height[name], sizes.body_wedge[name], twist)
            below = _with(below, axes=placed)
            below = _displaced(below, spec, draw)
            discs.append(below)
        bodies.append(_body_shape(name, body_axes, sizes, above, below, waist=float(draw.uniform(1.0, 2.5))))
        above = below if below is not None else above
    lean = vary * 3.0 * np.clip(draw.normal(size=3), -2, 2)
    return _stand_up(top, discs, bodies, tilt_forward(lean[0]) @ tilt_left(lean[1]) @ turn(lean[2]))


def _with(disc: DiscShape, **changes: object) -> DiscShape:
    return DiscShape(**{**disc.__dict__, **changes})


def _disc_shape(
    name: str,
    axes: Axes,
    rims: tuple[Rim, Rim],
    slip: float,
    mid: float,
    wedge: float,
    side_tilt: float,
    hollow: tuple[float, float],
    apex: float = 0.0,
    bulge: float = 0.6,
    pfirrmann: int = 2,
) -> DiscShape:
    """A disc whose height stays above 2.5 mm at the rim: a narrow disc limits its own wedge and hollow."""
    hollow = (min(hollow[0], 0.2 * mid), min(hollow[1], 0.12 * mid))
    rim_height = mid - sum(hollow)
    room = max(rim_height - 2.5, 0.2) / (0.5 * max(rims[0].depth, rims[1].depth))
    limit = 2.0 * np.degrees(np.arctan(0.5 * room))
    return DiscShape(
        name=name, axes=axes, upper_rim=rims[0], lower_rim=rims[1], slip=slip, rim_height=rim_height,
        wedge_deg=float(np.clip(wedge, -limit, limit)), side_tilt_deg=side_tilt, hollow_upper=hollow[0],
        hollow_lower=hollow[1], apex=apex, bulge=bulge, pfirrmann=pfirrmann,
    )  # fmt: skip


def _body_below(disc: DiscShape, height: float, wedge: float) -> Axes:
    """Frame of the body that hangs below a disc: its upper rim fits the disc's lower rim."""
    x = -0.5 * disc.slip
    z = -0.5 * disc.rim_height - np.tan(np.radians(disc.wedge_deg / 2)) * x
    matrix = disc.axes.matrix @ tilt_forward((disc.wedge_deg + wedge) / 2) @ tilt_left(disc.side_tilt_deg / 2)
    corner = disc.axes.to_world(np.array([x, 0.0, z]))
    return Axes(corner - matrix @ np.array([0, 0, height / 2]), matrix)


def _disc_below(body: Axes, disc: DiscShape, height: float, wedge: float, twist: float) -> Axes:
    """Frame of a disc that hangs below a body: its upper rim fits the body's lower rim."""
    x = 0.5 * disc.slip
    z = 0.5 * disc.rim_height + np.tan(np.radians(disc.wedge_deg / 2)) * x
    matrix = body.matrix @ tilt_forward((wedge + disc.wedge_deg) / 2)
    matrix = matrix @ tilt_left(disc.side_tilt_deg / 2) @ turn(twist)
    corner = body.to_world(np.array([0, 0, -height / 2]))
    return Axes(corner - matrix @ np.array([x, 0.0, z]), matrix)


def _body_shape(
    name: VertebraName, axes: Axes, sizes: _Sizes, above: DiscShape, below: DiscShape | None, waist: float
) -> BodyShape:
    upper, lower = sizes.rims[name, "upper"], sizes.rims[name, "lower"]
    if below is None:
        lower = Rim(0.75 * upper.depth, 0.85 * upper.width, upper.dent)
    return BodyShape(
        name=name, axes=axes, height=sizes.body_height[name], upper_rim=upper, lower_rim=lower, waist=waist,
        above=above, below=below,
    )  # fmt: skip


def _displaced(disc: DiscShape, spec: PhantomSpec, draw: np.random.Generator) -> DiscShape:
    """The disc with its protrusion, where the specification asks for one."""
    asked = next((each for each in spec.protrusions if each.level.value == disc.name), None)
    if asked is None:
        return disc
    if asked.kind is ProtrusionKind.BULGE:
        return _with(disc, extra_bulge=max(asked.depth_mm - disc.bulge, 0.0), kind=asked.kind)
    side = {Side.LEFT: 1.0, Side.RIGHT: -1.0}.get(asked.side, 0.0)
    y = side * 0.2 * disc.upper_rim.width
    back_height = disc.rim_height - np.tan(np.radians(disc.wedge_deg)) * 0.5 * disc.lower_rim.depth
    big = asked.kind is not ProtrusionKind.PROTRUSION
    half_width = float(draw.uniform(5.0, 7.0))
    half_height = 0.8 * back_height + 2.0 if big else 0.45 * back_height
    length = 0.5 * asked.depth_mm + 2.0
    centre = np.array([_edge_x(disc, y) - asked.depth_mm + length, y, -0.25 * half_height if big else 0.0])
    blob = Blob(centre, np.array([length, half_width, half_height]))
    return _with(disc, blob=blob, kind=asked.kind)


def _edge_x(disc: DiscShape, y: float) -> float:
    """x of the back edge of the mean rim at lateral position y, without bulge [mm]."""
    theta = np.linspace(np.pi / 2 + 0.2, 3 * np.pi / 2 - 0.2, 721)
    radius = 0.5 * (disc.upper_rim.radius(theta) + disc.lower_rim.radius(theta))
    pole = 0.5 * (disc.upper_rim.pole + disc.lower_rim.pole)
    order = np.argsort(radius * np.sin(theta))
    return float(np.interp(y, (radius * np.sin(theta))[order], (pole + radius * np.cos(theta))[order]))


def _stand_up(
    top: DiscShape, discs: list[DiscShape], bodies: list[BodyShape], lean: np.ndarray
) -> PhantomShape:
    """Bring L3 to the origin, upright but for `lean` (nobody lies quite straight), and add the canal."""
    third = next(body for body in bodies if body.name is VertebraName.L3).axes
    rotation = UPRIGHT @ lean @ third.matrix.T

    def moved(axes: Axes) -> Axes:
        return Axes(rotation @ (axes.origin - third.origin), rotation @ axes.matrix)

    new = {disc.name: _with(disc, axes=moved(disc.axes)) for disc in (top, *discs)}
    stood = [
        BodyShape(**{
            **body.__dict__, "axes": moved(body.axes), "above": new[body.above.name],
            "below": None if body.below is None else new[body.below.name],
        })
        for body in bodies
    ]  # fmt: skip
    return PhantomShape(
        discs=[new[disc.name] for disc in discs], bodies=stood, canal=_canal(stood), top=new[top.name]
    )


def _canal(bodies: list[BodyShape]) -> CanalShape:
    """A tube behind the posterior walls, as smooth as a polynomial of degree 5 in the height makes it."""
    knots, marks = [], []
    for body in bodies:
        behind = -0.5 * max(body.upper_rim.depth, body.lower_rim.depth) - 9.5
        for z in (-0.35, 0.0, 0.35):
            knots.append(body.axes.to_world(np.array([behind, 0.0, z * body.height])))
            marks.append(body.name)
    points = np.array(knots)
    degree = 5
    height = points[:, 2]
    middle, half = height.mean(), np.ptp(height) / 2
    along = np.linspace(height.max() + 10, height.min() - 5, 400)
    path = np.stack(
        [np.polyval(np.polyfit((height - middle) / half, points[:, axis], degree), (along - middle) / half)
         for axis in (0, 1)] + [along], axis=1,
    )  # fmt: skip
    end_of_l1 = min(point[2] for point, mark in zip(knots, marks, strict=True) if mark is VertebraName.L1)
    return CanalShape(
        path=path, front_axis=UPRIGHT[:, 0], left_axis=UPRIGHT[:, 1], cord_end=int((along > end_of_l1).sum())
    )
