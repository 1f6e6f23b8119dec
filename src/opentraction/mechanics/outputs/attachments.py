"""Where the edges of foramina and canal lie on the vertebrae: from the scan where it shows them, else norms.

A scan of bodies and discs gives the walls of the bodies, the disc and its protrusion, at times the area of
the canal and the height of a foramen. Pedicles, articular processes and flavum come from norms and are
ASSUMED: their sizes set how large an opening is, the motion of the vertebrae how much it changes.
"""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from numpy.typing import NDArray

from opentraction.chart import LEVELS, Disc, Level, Measure, Quality, Side, Spine
from opentraction.mechanics.disc.protrusion import FOCAL_RAD, PLACES_RAD
from opentraction.mechanics.outputs.openings import Above, Below, Deformation, Surroundings
from opentraction.mechanics.segment.anatomy import (
    Anatomy,
    ImagedPose,
    Points,
    anchored,
    lower_points,
    rotation_of,
    upper_points,
)

Numbers = NDArray[np.float64]

ROOF_SHARE, ROOF_SHARE_SD = (0.33, 0.33, 0.33, 0.33, 0.28), 0.05
"""Share of the body's height between its lower plate and the lower rim of its pedicle: assumed, so that a
norm spine has foramina 17 to 21 mm high, widest in the middle levels as NORMCT2024 says without numbers."""
FLOOR_MM = 2.0
"""Upper rim of the pedicle below the upper plate of its body: assumed."""
WIDTH_MM, WIDTH_SD_MM = (8.11, 7.58, 7.06, 6.53, 6.01), 1.5
"""Greatest width of the foramen: largest and smallest mean of P213, L1 and L5, evenly between; SD assumed."""
ROOF_DEPTH, FLOOR_DEPTH = 0.85, 0.6
"""Depth of roof and floor as shares of the width: an upside-down drop; assumed."""
TIP_MM = 8.0
"""Tip of the superior articular process above the upper plate of its body: facet centres of REMUS2021 lie at
the plate, half the joint's height is 8 mm (assumed there)."""
FORAMEN_SHARE = 0.62
"""Place of the foramen's plane across the half width of the disc: middle of the pedicles; assumed."""
FORAMEN_AHEAD_SHARE = 0.1
"""How far the posterior wall lies ahead of its middle there, as a share of the half depth: assumed."""
CANAL_MM2, CANAL_SD_MM2 = (215.0, 205.0, 200.0, 205.0, 215.0), 45.0
"""Area of the canal at the height of the disc. Smallest at L3 and 34 % between the outer quartiles
(GRIFFITH2016); the size itself assumed so that it holds a dural sac of 152 mm2 (controls of LIM) with a
quarter to spare. Of a canal without a protrusion: what protrudes is taken from it."""
CANAL_HALF_WIDTH_SHARE = 0.42
"""Half width of the canal at the disc over the disc's half width: assumed, 10 to 11 mm; the bony canal of L5
is 28.2 mm wide between the pedicles (V174) and narrower between the facets."""
DURAL_SHARE = 0.74
"""152 mm2 of the area above."""
FLAVUM_MM, FLAVUM_SD_MM = (3.0, 3.19, 3.38, 3.71, 3.64), 0.5
"""Thickness of the flavum, MRI, 350 adults, L2-L3 to L5-S1 (10.5603/FM.a2021.0120); L1-L2, SD assumed."""
LEG_ANGLE_RAD = float(np.radians(40.0))
"""Slope of each half of the back wall of the canal in the plane of the disc: assumed."""
PROTRUSION_HALF_WIDTH = 0.6
"""Half width of a protrusion over that of the canal: assumed."""
_LAMINA = (
    ((-32.7, 3.5, 3.4), (-38.6, 3.6, -13.8)),
    ((-31.6, 5.4, 2.9), (-37.8, 5.9, -13.6)),
    ((-31.1, 5.2, -0.4), (-37.8, 5.2, -15.0)),
    ((-34.0, 5.2, 0.4), (-41.3, 5.1, -10.6)),
    ((-33.1, 6.8, -0.6), (-35.8, 6.8, -22.4)),
)
"""Ends of the flavum's strand beside the middle, left, at the plates above and below: REMUS2021."""


class Sizes(NamedTuple):
    """Sizes of the imaged openings, each (joint, sample)."""

    foramen_height_mm: Numbers
    foramen_width_mm: Numbers
    canal_area_mm2: Numbers
    flavum_mm: Numbers
    protrusion_mm: Numbers
    protrusion_angle_rad: Numbers
    """Angle around the disc where it is deepest: that of the weak place of its annulus."""


class Origins(NamedTuple):
    """Where the sizes come from, one per joint; positions of processes and lamina are always assumed."""

    foramen_height: tuple[Quality, ...]
    foramen_width: tuple[Quality, ...]
    canal_area: tuple[Quality, ...]
    flavum: tuple[Quality, ...]
    notes: tuple[str, ...]
    """What is assumed, in sentences for a person to read."""


def imaged_sizes(
    spine: Spine, anatomy: Anatomy, scores: Float[Numbers, "5 j s"] | None = None
) -> tuple[Sizes, Origins]:
    """Sizes from the scan, from norms where it is silent, and which is which.

    `scores`: standard normal numbers that spread foramen height, foramen width, canal area, flavum and
    protrusion over the samples; None: every sample has the middle value.
    """
    discs = {disc.level: disc for disc in spine.discs}
    shape = np.asarray(anatomy.height_mm).shape
    draw = np.zeros((5, *shape)) if scores is None else scores
    by_disc, by_spread = _derived_height(anatomy)
    height, height_from = _sized(discs, "foramen_height_mm", by_disc, by_spread, draw[0], Quality.DERIVED)
    width = _norm(WIDTH_MM) + WIDTH_SD_MM * draw[1]
    area, area_from = _sized(
        discs, "canal_area_mm2", _norm(CANAL_MM2), CANAL_SD_MM2, draw[2], Quality.ASSUMED
    )
    depth, angle = np.zeros(shape), np.full(shape, PLACES_RAD[Side.CENTRE])
    for joint, level in enumerate(LEVELS):
        found = discs[level].protrusion if level in discs else None
        if found is not None:
            depth[joint] = found.depth_mm.value + found.depth_mm.sd * draw[4][joint]
            angle[joint] = PLACES_RAD[found.side]
    from_norms = np.array([quality is Quality.ASSUMED for quality in area_from])
    area = area - from_norms[:, None] * _protruded_mm2(np.maximum(depth, 0.0), angle, anatomy)
    assumed = (Quality.ASSUMED,) * len(LEVELS)
    origins = Origins(height_from, assumed, area_from, assumed, _sentences(height_from, area_from))
    sizes = Sizes(
        foramen_height_mm=height,
        foramen_width_mm=np.maximum(width, 2.0),
        canal_area_mm2=np.maximum(area, 40.0),
        flavum_mm=np.maximum(_norm(FLAVUM_MM) + FLAVUM_SD_MM * draw[3], 1.0),
        protrusion_mm=np.maximum(depth, 0.0),
        protrusion_angle_rad=angle,
    )
    return sizes, origins


def surroundings(
    anatomy: Anatomy,
    pose: ImagedPose,
    sizes: Sizes,
    *,
    bulge_mm: Float[Array, "m j s"],
    flavum_stretch: Float[Array, "2 j s"],
    local_mm: Float[Array, "j s"] | float = 0.0,
    weak_width_rad: Float[Array, "#j #s"] | float = FOCAL_RAD,
) -> Surroundings:
    """Edges of the openings in the axes of the joints, such that in the imaged pose they have these sizes.

    `bulge_mm`, `flavum_stretch`, `local_mm`: the disc's border and the flavum in the imaged pose (see
    `Deformation`); `weak_width_rad`: of the weak place's own bulge.
    """
    imaged = Deformation(
        turn=jnp.stack([jnp.stack(row) for row in rotation_of(pose.turn_rad)]),
        place_mm=jnp.stack(pose.shift_mm),
        bulge_mm=bulge_mm,
        flavum_stretch=flavum_stretch,
        local_mm=local_mm * jnp.ones_like(anatomy.height_mm),
    )
    upper, lower = _edges(anatomy, sizes)
    at_upper = {name: _anchored(points, pose, 0) for name, points in upper.items()}
    at_lower = {name: _anchored(points, pose, 1) for name, points in lower.items()}
    border = at_upper.pop("border"), at_lower.pop("border")
    half_width = CANAL_HALF_WIDTH_SHARE * anatomy.half_width_mm
    angle = np.pi - np.arcsin(FORAMEN_SHARE)
    # backward component of the normal of an ellipse
    across = np.sin(angle) / anatomy.half_width_mm
    back = -np.cos(angle) / anatomy.half_depth_mm
    spread = jnp.ones_like(anatomy.height_mm)
    return Surroundings(
        above=Above(border_mm=border[0][:, 0], **at_upper),
        below=Below(border_mm=border[1][:, 0], **at_lower),
        foramen_angle_rad=angle * spread,
        foramen_slant=jnp.hypot(across, back) / back,
        half_width_mm=anatomy.half_width_mm * spread,
        canal_half_width_mm=half_width * spread,
        canal_area_mm2=jnp.asarray(sizes.canal_area_mm2),
        dural_share=DURAL_SHARE * spread,
        flavum_mm=jnp.asarray(sizes.flavum_mm),
        flavum_leg_mm=half_width / np.cos(LEG_ANGLE_RAD) * spread,
        protrusion_mm=jnp.asarray(sizes.protrusion_mm),
        protrusion_angle_rad=jnp.asarray(sizes.protrusion_angle_rad),
        protrusion_half_width=PROTRUSION_HALF_WIDTH * spread,
        weak_width_rad=jnp.asarray(weak_width_rad) * spread,
        imaged=imaged,
    )


def _edges(anatomy: Anatomy, sizes: Sizes) -> tuple[dict[str, Points], dict[str, Points]]:
    """Left-hand edges of both vertebrae in the axes of the imaged disc."""
    wall = -(1.0 - FORAMEN_AHEAD_SHARE) * anatomy.half_depth_mm
    side = FORAMEN_SHARE * anatomy.half_width_mm
    none = jnp.zeros_like(anatomy.height_mm)
    width = jnp.asarray(sizes.foramen_width_mm)
    foot = _above(anatomy, wall, side, none, -0.5)
    corner = _above(anatomy, wall, side, none, 0.5)
    floor_front = _above(anatomy, wall, side, none - FLOOR_MM, -0.5)
    floor_back = _above(anatomy, wall - FLOOR_DEPTH * width, side, none - FLOOR_MM, -0.5)
    # greatest width: square to the wall of the body above, at the height of the tip
    tip_height = _above(anatomy, wall - width, side, none + TIP_MM, -0.5)[2]
    tilt = 0.5 * anatomy.wedge_rad
    rise = (tip_height - corner[2] + width * jnp.sin(tilt)) / jnp.cos(tilt)
    tip = _above(anatomy, wall - width, side, rise, 0.5)
    roof = _roof_mm(anatomy, wall, width, floor_front, floor_back, jnp.asarray(sizes.foramen_height_mm))
    lamina = jnp.asarray(_LAMINA)
    upper = {
        "corner_mm": corner,
        "roof_front_mm": _above(anatomy, wall, side, roof, 0.5),
        "roof_back_mm": _above(anatomy, wall - ROOF_DEPTH * width, side, roof, 0.5),
        "border": _above(anatomy, -anatomy.half_depth_mm, none, none, 0.5),
        "flavum_mm": _lamina(anatomy, lamina[:, 0], 0.5),
    }
    lower = {
        "corner_mm": foot,
        "floor_front_mm": floor_front,
        "floor_back_mm": floor_back,
        "tip_mm": tip,
        "border": _above(anatomy, -anatomy.half_depth_mm, none, none, -0.5),
        "flavum_mm": _lamina(anatomy, lamina[:, 1], -0.5),
    }
    return upper, lower


def _roof_mm(
    anatomy: Anatomy, wall: Array, width: Array, floor_front: Points, floor_back: Points, height_mm: Array
) -> Array:
    """Height of the roof over the lower plate of its body that gives the foramen its height."""
    start = _above(anatomy, wall - 0.5 * ROOF_DEPTH * width, jnp.zeros_like(wall), jnp.zeros_like(wall), 0.5)
    x, z = (start[i] - 0.5 * (floor_front[i] + floor_back[i]) for i in (0, 2))
    tilt = 0.5 * anatomy.wedge_rad
    along = -x * jnp.sin(tilt) + z * jnp.cos(tilt)
    return -along + jnp.sqrt(jnp.maximum(along**2 - x**2 - z**2 + height_mm**2, 0.0))


def _above(anatomy: Anatomy, x: Array, y: Array, z: Array, share: float) -> Points:
    """A point at the plate of the body above (share 0.5) or below (-0.5), in the axes of the imaged disc."""
    tilt = share * anatomy.wedge_rad
    cos, sin = jnp.cos(tilt), jnp.sin(tilt)
    return cos * x - sin * z, y + jnp.zeros_like(x), sin * x + cos * z + share * anatomy.height_mm


def _lamina(anatomy: Anatomy, tabled: Array, share: float) -> Points:
    """Attachment of the flavum, moved with the patient's body and canal from where REMUS2021 has it."""
    plate = tuple(tabled[:, k, None] for k in range(3))
    return upper_points(plate, anatomy) if share > 0 else lower_points(plate, anatomy)


def _anchored(points: Points, pose: ImagedPose, body: int) -> Array:
    """A left-hand point of the imaged disc's axes and its mirror image, in the axes of the joint.

    `body`: 0 above (upper axes), 1 below (lower axes). Shape (3, side, joint, sample).
    """
    mirrored = (points[0], -points[1], points[2])
    sides = [anchored(left_or_right, left_or_right, pose)[body] for left_or_right in (points, mirrored)]
    return jnp.stack([jnp.stack(jnp.broadcast_arrays(*side)) for side in sides], axis=1)


def _derived_height(anatomy: Anatomy) -> tuple[Numbers, Numbers]:
    """Foramen height from the measured disc and body and assumed places of the pedicles, and its spread."""
    depth, wedge = np.asarray(anatomy.half_depth_mm), np.asarray(anatomy.wedge_rad)
    back = np.asarray(anatomy.height_mm) - 2.0 * depth * (1.0 - FORAMEN_AHEAD_SHARE) * np.sin(0.5 * wedge)
    body = np.asarray(anatomy.upper_body_mm)
    height = np.maximum(back, 1.0) + FLOOR_MM + _norm(ROOF_SHARE) * body
    return height, ROOF_SHARE_SD * body


def _norm(values: tuple[float, ...]) -> Numbers:
    return np.asarray(values)[:, None]


def _protruded_mm2(depth_mm: Numbers, angle_rad: Numbers, anatomy: Anatomy) -> Numbers:
    """Area of the protrusions that stands in the canal: norms are of people without one.

    Its depth falls off as (1 - u^2)^2 from its middle to its half width, as `openings` has it.
    """
    disc = np.asarray(anatomy.half_width_mm)
    canal = CANAL_HALF_WIDTH_SHARE * disc
    half = PROTRUSION_HALF_WIDTH * canal
    middle = disc * np.sin(angle_rad)
    left, right = (np.clip((edge - middle) / half, -1.0, 1.0) for edge in (canal, -canal))

    def below(u: Numbers) -> Numbers:
        return u - 2.0 / 3.0 * u**3 + u**5 / 5.0

    area: Numbers = depth_mm * half * (below(left) - below(right))
    return area


def _sized(
    discs: dict[Level, Disc], name: str, norm: Numbers, spread: Numbers | float, draw: Numbers, other: Quality
) -> tuple[Numbers, tuple[Quality, ...]]:
    """Values (joint, sample) with their spread, and each joint's quality: the scan's before the norm's."""
    values, qualities = np.array(norm + spread * draw), []
    for joint, level in enumerate(LEVELS):
        disc = discs.get(level)
        read: Measure | None = getattr(disc, name) if disc is not None else None
        if read is not None:
            values[joint] = np.maximum(read.value + read.sd * draw[joint], 0.2 * read.value)
        qualities.append(other if read is None else read.quality)
    return values, tuple(qualities)


def _sentences(height: tuple[Quality, ...], area: tuple[Quality, ...]) -> tuple[str, ...]:
    """What is assumed, in plain words."""
    said = [
        "Pedicles, articular processes and flavum are not read from the scan: their places are assumed from "
        "norms, so sizes of foramina are less certain than their change."
    ]
    derived = [
        str(level) for level, quality in zip(LEVELS, height, strict=True) if quality is Quality.DERIVED
    ]
    if derived:
        said.append(f"Foramen height is derived from disc and body height at {', '.join(derived)}.")
    norms = [str(level) for level, quality in zip(LEVELS, area, strict=True) if quality is Quality.ASSUMED]
    if norms:
        said.append(f"Canal area is assumed from norms at {', '.join(norms)}.")
    return tuple(said)
