"""Foramina, canal and posterior disc border from the motions of the vertebrae and the state of the disc.

A joint's axes: x forward, y left, z up, the origin in the disc's centre in the stress-free shape. What
belongs to the vertebra above stays fixed in the upper axes, what belongs to the one below in the lower
axes; a pose (R, t) places the former in the latter. Everything is measured in the lower axes' sagittal
plane (foramina) or along the line of depth half-way between both bodies (canal). Arrays end in (joint,
sample); time may stand before them.

The foramen is a polygon per side: the wall of the body above, the roof (lower rim of its pedicle), the
flavum from the roof to the tip of the superior articular process of the vertebra below, that process, the
floor (upper rim of the lower pedicle), the wall of the body below and the disc, which bulges into it as a
parabola over its height. The flavum keeps its volume: it thickens as it shortens, all of it inwards, for
its back lies on bone. Folding of a slack flavum and the shift of epidural fat and veins are not in it.
"""

from __future__ import annotations

from functools import reduce
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

_PARABOLA = 2.0 / 3.0
"""Mean of the parabola 4 z (1 - z): a bulge of 1 mm at mid-height covers 2/3 mm times the height."""
_BACK_SHARE = 0.8
"""Part of the disc's width that counts as its back."""
_BACK = np.polynomial.legendre.leggauss(48)
"""Places across the back of the disc, -1 right to 1 left, at which a protrusion is summed, and weights."""
_CANAL = np.polynomial.legendre.leggauss(8)
"""The same across the canal, for the smooth growth of the bulge."""


class Above(eqx.Module):
    """Points of the vertebra above, in the upper axes [mm]; (3, side, joint, sample), left first."""

    corner_mm: Float[Array, "3 2 j s"]
    """Lower end of the body's posterior wall in the plane of the foramen."""
    roof_front_mm: Float[Array, "3 2 j s"]
    """Lower rim of the pedicle, where it leaves the body."""
    roof_back_mm: Float[Array, "3 2 j s"]
    """Lower rim of the pedicle, where it goes over into the isthmus."""
    border_mm: Float[Array, "3 j s"]
    """Lower end of the body's posterior wall in the middle: front of the canal."""
    flavum_mm: Float[Array, "3 2 j s"]
    """Attachment of the flavum to the lamina."""


class Below(eqx.Module):
    """Points of the vertebra below, in the lower axes [mm]; (3, side, joint, sample), left first."""

    corner_mm: Float[Array, "3 2 j s"]
    floor_front_mm: Float[Array, "3 2 j s"]
    """Upper rim of the pedicle, where it leaves the body."""
    floor_back_mm: Float[Array, "3 2 j s"]
    """Foot of the superior articular process, in front."""
    tip_mm: Float[Array, "3 2 j s"]
    """Tip of the superior articular process, with the flavum on it."""
    border_mm: Float[Array, "3 j s"]
    flavum_mm: Float[Array, "3 2 j s"]


class Deformation(eqx.Module):
    """Where the joints are and what their discs do."""

    turn: Float[Array, "3 3 *ts"]
    """R: the upper axes in the lower ones."""
    place_mm: Float[Array, "3 *ts"]
    """t: origin of the upper axes in the lower ones."""
    bulge_mm: Float[Array, "m *ts"]
    """Outward displacement of the disc's outer border at mid-height: modes 1, cos, cos 2, then sin, sin 2,
    cos 3, cos 4, sin 3, sin 4 of the angle around the disc, 0 in front. Of nine, those left out at the end
    are zero; three are the same on both sides."""
    flavum_stretch: Float[Array, "2 *ts"]
    """Length of the flavum, left and right, over any one reference length."""
    local_mm: Float[Array, "*ts"] | float = 0.0
    """What a weak place of the annulus bulges beyond the modes, at its middle; 0 in a sound disc."""


class Surroundings(eqx.Module):
    """Everything around the openings, and the imaged pose against which they change."""

    above: Above
    below: Below
    foramen_angle_rad: Float[Array, "j s"]
    """Angle around the disc at which the left foramen lies, between 0 (front) and pi (back)."""
    foramen_slant: Float[Array, "j s"]
    """Backward displacement of the border in the foramen's plane per mm along the border's normal."""
    half_width_mm: Float[Array, "j s"]
    """Half of the disc's greatest width: y = half width times the sine of the angle around the disc."""
    canal_half_width_mm: Float[Array, "j s"]
    canal_area_mm2: Float[Array, "j s"]
    """At the height of the disc, as imaged."""
    dural_share: Float[Array, "j s"]
    """Share of the imaged canal area that the dural sac takes."""
    flavum_mm: Float[Array, "j s"]
    """Thickness of the flavum as imaged."""
    flavum_leg_mm: Float[Array, "j s"]
    """Length of one side's flavum along the back wall of the canal, in the plane of the disc."""
    protrusion_mm: Float[Array, "j s"]
    """Greatest depth of the protrusion as imaged; 0 without one."""
    protrusion_angle_rad: Float[Array, "j s"]
    """Angle around the disc where it is deepest, and of the weak place; pi back, less than that left."""
    protrusion_half_width: Float[Array, "j s"]
    """Its half width as a share of the canal's half width."""
    weak_width_rad: Float[Array, "j s"]
    """Width of the weak place's own bulge, one standard deviation."""
    imaged: Deformation


class Openings(eqx.Module):
    """Sizes of the openings: (side, ..., joint, sample), left first, or (..., joint, sample)."""

    foramen_height_mm: Float[Array, "2 *ts"]
    """From the floor's to the roof's middle."""
    foramen_width_mm: Float[Array, "2 *ts"]
    """Greatest: from the wall of the body above, square to it, to the back wall's farthest point: the roof's
    end, the flavum or the tip of the articular process."""
    foramen_least_width_mm: Float[Array, "2 *ts"]
    """At mid-height of the disc: from its border to the superior articular process."""
    foramen_area_mm2: Float[Array, "2 *ts"]
    canal_area_mm2: Float[Array, "*ts"]
    """At the height of the disc."""
    dural_sac_mm2: Float[Array, "*ts"]
    """The imaged sac and all of the canal's change: fat and veins are taken to keep their area."""
    posterior_bulge_mm: Float[Array, "*ts"]
    """Of the disc's border in the middle at the back, against the stress-free shape."""
    protrusion_mm: Float[Array, "*ts"]
    """Depth of the protrusion where it is deepest; without one, the growth of the bulge there."""
    protrusion_mm2: Float[Array, "*ts"]
    """Area behind the bodies' posterior walls in the disc's mid-plane, both recesses included."""
    flavum_thickness_mm: Float[Array, "2 *ts"]

    def changes_percent(self, imaged: Openings) -> Openings:
        """Change [%] of each size against `imaged`; not finite where the imaged size is 0."""
        pairs = ((getattr(self, name), getattr(imaged, name)) for name in self.__dataclass_fields__)
        return Openings(*(100.0 * (now / before - 1.0) for now, before in pairs))


def openings(around: Surroundings, now: Deformation) -> Openings:
    """Sizes of the openings in a pose; in the imaged pose they are the imaged ones to rounding."""
    before = around.imaged
    thickness = [around.flavum_mm * before.flavum_stretch[side] / now.flavum_stretch[side] for side in (0, 1)]
    thicker = [one - around.flavum_mm for one in thickness]
    left_right = [_foramen(around, now, side, thicker[side]) for side in (0, 1)]
    height, width, least, area = (jnp.stack(pair) for pair in zip(*left_right, strict=True))
    grown, standing = _canal_growth(around, now), _standing(around, now)
    deeper = _depth(around, now) - _depth(around, before)
    change = (
        2.0 * around.canal_half_width_mm * deeper - grown - around.flavum_leg_mm * (thicker[0] + thicker[1])
    )
    return Openings(
        foramen_height_mm=height,
        foramen_width_mm=width,
        foramen_least_width_mm=least,
        foramen_area_mm2=area,
        canal_area_mm2=around.canal_area_mm2 + change,
        dural_sac_mm2=around.dural_share * around.canal_area_mm2 + change,
        posterior_bulge_mm=_bulge(around, now, _Place(0.0, -1.0)),
        protrusion_mm=around.protrusion_mm + _growth(around, now, _at(around.protrusion_angle_rad)),
        protrusion_mm2=standing,
        flavum_thickness_mm=jnp.stack(thickness),
    )


def border_bulge_mm(modes_mm: Float[Array, "m *ts"], angle_rad: Array | float) -> Float[Array, "..."]:
    """Outward displacement of the disc's border at mid-height, at an angle (0 front, pi/2 left).

    Modes: see `Deformation.bulge_mm`.
    """
    return _modes_at(modes_mm, _at(angle_rad))


def flavum_length_mm(around: Surroundings, now: Deformation) -> Float[Array, "2 *ts"]:
    """Length of the flavum between its attachments, left and right: where no strand of the joint gives it."""
    lengths = []
    for side in (0, 1):
        line = _placed(now, around.above.flavum_mm[:, side])
        lengths.append(sum((a - b) ** 2 for a, b in zip(line, around.below.flavum_mm[:, side], strict=True)))
    return jnp.sqrt(jnp.stack(lengths))


def _placed(now: Deformation, point_mm: Float[Array, "3 j s"]) -> list[Array]:
    """A point of the upper axes, in the lower ones: its three components."""
    return [
        now.place_mm[row] + sum(now.turn[row, k] * point_mm[k] for k in range(3))  # type: ignore[misc]
        for row in range(3)
    ]


def _foramen(around: Surroundings, now: Deformation, side: int, thicker_mm: Array) -> tuple[Array, ...]:
    """Height, greatest width, width at the disc and area of one side's foramen, by points (x, z)."""
    above, below = around.above, around.below
    corner, roof_front, roof_back = (
        _flat(_placed(now, point[:, side]))
        for point in (above.corner_mm, above.roof_front_mm, above.roof_back_mm)
    )
    foot, floor_front, floor_back, tip = (
        _flat(point[:, side])
        for point in (below.corner_mm, below.floor_front_mm, below.floor_back_mm, below.tip_mm)
    )
    tip = (tip[0] + thicker_mm, tip[1])
    middle = (0.5 * (roof_back[0] + tip[0]) + 0.5 * thicker_mm, 0.5 * (roof_back[1] + tip[1]))
    angle = around.foramen_angle_rad if side == 0 else -around.foramen_angle_rad
    growth = around.foramen_slant * _growth(around, now, _at(angle))
    chord = _apart(corner, foot)
    area = _enclosed([corner, roof_front, roof_back, middle, tip, floor_back, floor_front, foot])
    height = _apart(_between(roof_front, roof_back), _between(floor_front, floor_back))
    wall = _apart(roof_front, corner)
    out = ((roof_front[0] - corner[0]) / wall, (roof_front[1] - corner[1]) / wall)
    width: Array = reduce(
        jnp.maximum,
        (out[1] * (corner[0] - at[0]) - out[0] * (corner[1] - at[1]) for at in (tip, middle, roof_back)),
    )
    border = _between(corner, foot)
    share = (border[1] - floor_back[1]) / (tip[1] - floor_back[1])
    least = border[0] - growth - (floor_back[0] + share * (tip[0] - floor_back[0]))
    return height, width, least, area - _PARABOLA * growth * chord


def _depth(around: Surroundings, now: Deformation) -> Array:
    """Depth of the canal at the disc: disc's back to flavum, each half-way between the bodies."""
    upper, lower = _placed(now, around.above.border_mm), around.below.border_mm
    front = [0.5 * (upper[row] + lower[row]) for row in range(3)]
    sides = [_placed(now, around.above.flavum_mm[:, side]) for side in (0, 1)]
    back = [
        0.25 * (left + right + around.below.flavum_mm[row].sum(0))
        for row, (left, right) in enumerate(zip(*sides, strict=True))
    ]
    # forward axis half-way between both bodies
    axis = [now.turn[0, 0] + 1.0, now.turn[1, 0], now.turn[2, 0]]
    size = jnp.sqrt(sum(part * part for part in axis))
    along: Array = sum((front[row] - back[row]) * axis[row] for row in range(3))  # type: ignore[assignment]
    return along / size


class _Place(NamedTuple):
    """A place around the disc by sine and cosine of its angle: no trigonometry for every pose."""

    sine: Array | float
    cosine: Array | float


def _at(angle_rad: Array | float) -> _Place:
    return _Place(jnp.sin(angle_rad), jnp.cos(angle_rad))


def _canal_growth(around: Surroundings, now: Deformation) -> Array:
    """Area by which the disc's border stands further into the canal than as imaged: linear in the modes."""
    share = around.canal_half_width_mm / around.half_width_mm
    weights: list[Any] = [0.0] * len(now.bulge_mm)
    weight_of_bump: Array | float = 0.0
    for place, weight in zip(*_CANAL, strict=True):
        sine = jnp.minimum(share, 0.999) * place
        at = _Place(sine, -jnp.sqrt(1.0 - sine * sine))
        part = around.canal_half_width_mm * weight
        weights = [old + part * shape for old, shape in zip(weights, _shapes(at, len(weights)), strict=True)]
        weight_of_bump = weight_of_bump + part * _bump(around, at)
    further = now.bulge_mm - _beside(around.imaged.bulge_mm, now.bulge_mm)
    grown: Array = sum(mode * weight for mode, weight in zip(further, weights, strict=True))  # type: ignore[assignment]
    return grown + (now.local_mm - around.imaged.local_mm) * weight_of_bump


def _standing(around: Surroundings, now: Deformation) -> Array:
    """Area that stands behind the walls of the bodies: the imaged protrusion and the border's growth."""

    def add(total: Array, node: tuple[Array, Array]) -> tuple[Array, None]:
        sine, weight = node
        at = _Place(sine, -jnp.sqrt(1.0 - sine * sine))
        stands = _protrusion(around, sine) + _growth(around, now, at)
        return total + weight * jnp.maximum(stands, 0.0), None

    places, weights = _BACK
    nodes = jnp.asarray(_BACK_SHARE * places), jnp.asarray(_BACK_SHARE * weights)
    total, _ = jax.lax.scan(add, jnp.zeros(now.place_mm.shape[1:]), nodes)
    return around.half_width_mm * total


def _beside(imaged: Array, now: Array) -> Array:
    """Imaged modes (mode, joint, sample) with the axes of time that those of now have."""
    lacking = now.ndim - imaged.ndim
    return imaged.reshape(imaged.shape[0], *(1,) * lacking, *imaged.shape[1:])


def _shapes(at: _Place, count: int) -> list[Any]:
    """The border's first modes at a place."""
    c, s = at.cosine, at.sine
    twice = 2.0 * c * c - 1.0
    shapes: list[Any] = [1.0, c, twice]
    if count > 3:
        shapes += [s, 2.0 * s * c]
    if count > 5:
        shapes += [c * (2.0 * twice - 1.0), 2.0 * twice * twice - 1.0]
    if count > 7:
        shapes += [s * (2.0 * twice + 1.0), 4.0 * s * c * twice]
    return shapes


def _modes_at(modes_mm: Array, at: _Place) -> Array:
    shapes = _shapes(at, len(modes_mm))
    return jnp.asarray(sum(mode * shape for mode, shape in zip(modes_mm, shapes, strict=True)))


def _bump(around: Surroundings, at: _Place) -> Array:
    """The weak place's own bulge around its middle, 1 there."""
    middle = _at(around.protrusion_angle_rad)
    off = at.cosine * middle.cosine + at.sine * middle.sine - 1.0
    return jnp.exp(off / around.weak_width_rad**2)


def _bulge(around: Surroundings, now: Deformation, at: _Place) -> Array:
    """Bulge of the disc's border: the modes and the weak place's own."""
    return _modes_at(now.bulge_mm, at) + now.local_mm * _bump(around, at)


def _growth(around: Surroundings, now: Deformation, at: _Place) -> Array:
    """How much further the disc's border stands out than as imaged."""
    return _bulge(around, now, at) - _bulge(around, around.imaged, at)


def _protrusion(around: Surroundings, across: Array | float) -> Array:
    """Imaged protrusion behind the walls at a share of the half width; (1 - u^2)^2 is assumed."""
    off = around.half_width_mm * (across - jnp.sin(around.protrusion_angle_rad))
    off = off / (around.protrusion_half_width * around.canal_half_width_mm)
    return around.protrusion_mm * jnp.maximum(1.0 - off * off, 0.0) ** 2


def _flat(point: list[Array] | Float[Array, "3 j s"]) -> tuple[Array, Array]:
    return point[0], point[2]


def _between(a: tuple[Array, Array], b: tuple[Array, Array]) -> tuple[Array, Array]:
    return 0.5 * (a[0] + b[0]), 0.5 * (a[1] + b[1])


def _apart(a: tuple[Array, Array], b: tuple[Array, Array]) -> Array:
    return jnp.sqrt((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2)


def _enclosed(corners: list[tuple[Array, Array]]) -> Array:
    """Area of a polygon by the shoelace formula; positive from the front by the roof to the back."""
    following = [*corners[1:], corners[0]]
    twice: Array = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(corners, following, strict=True))  # type: ignore[assignment]
    return 0.5 * twice
