"""Sizes, parameters and a stress-free shape become the chain of joints."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from numpy.typing import NDArray

from opentraction.mechanics.arrays import Values, library
from opentraction.mechanics.chain.model import Chain
from opentraction.mechanics.disc import (
    STRIPS,
    Core,
    Degeneration,
    Outline,
    Wall,
    WallMaterial,
    core,
    degeneration,
    wall,
    weakening,
)
from opentraction.mechanics.fluid import Path
from opentraction.mechanics.kept import kept
from opentraction.mechanics.patient.chunks import in_chunks, picked
from opentraction.mechanics.patient.frames import Pose, seats
from opentraction.mechanics.patient.imaged import Imaged
from opentraction.mechanics.segment.anatomy import Anatomy, ImagedPose
from opentraction.mechanics.segment.facets import FacetLaw, build_facets, published_facets
from opentraction.mechanics.segment.segment import Segments
from opentraction.mechanics.segment.strands import GROUPS, LONGITUDINAL, build_strands

Numbers = NDArray[np.float64]
BULK_MPA = 180.0
"""Bulk modulus of the nucleus' matter (P090). Between 20 and 2000 MPa nothing else changes."""
RIM_PERMEABILITY = 3e-4
"""Of the dense layer around the annulus (outermost lamellae, longitudinal ligaments) [mm4/(N s)]: the least
that is published for annulus (P101)."""
CORE_GROWTH, WALL_GROWTH = 10.0, 12.0
"""M of the strain-dependent permeability of nucleus and annulus (P092, P101)."""


class Sizes(eqx.Module):
    """One ensemble's drawn sizes, (joint, sample)."""

    height_mm: Numbers
    """Imaged."""
    wedge_rad: Numbers
    half_depth_mm: Numbers
    half_width_mm: Numbers
    grade: Numbers


class Unloaded(eqx.Module):
    """The stress-free shape, and the pose in which the scan found the joints."""

    height_mm: Values
    """(joint, sample) at the disc's centre."""
    wedge_rad: Values
    pose: Pose


class Present(eqx.Module):
    """What is there: 1 or 0. Taken away in experiments, missing or fused in patients."""

    joints: Float[Numbers, "j"]
    ligaments: Float[Numbers, "j"]
    facets: Float[Numbers, "2 j"]


def everything(joints: int = 5) -> Present:
    """Nothing taken away."""
    return Present(np.ones(joints), np.ones(joints), np.ones((2, joints)))


class Parts(eqx.Module):
    """All but the stress-free shape that a chain is put together of."""

    image: Imaged
    sizes: Sizes
    found: Mapping[str, Numbers]
    """Drawn parameters, each (sample)."""
    present: Present

    def picked(self, pick: NDArray[np.int64]) -> Parts:
        """Some of the samples."""
        return Parts(self.image, picked(self.sizes, pick), picked(self.found, pick), self.present)


def assemble(
    parts: Parts, rest: Unloaded, *, mirror: bool, points_mm: Float[Numbers, "k 3 j s"] | None = None
) -> tuple[Chain, Float[Numbers, "3 3 s"]]:
    """The chain, and the axes of L1 as imaged. `points_mm`: where forces act; None: one at each origin."""
    shape = parts.sizes.height_mm.shape
    points = np.zeros((1, 3, *shape)) if points_mm is None else points_mm
    found: tuple[Chain, Numbers] = in_chunks(
        shape[1],
        lambda pick: _chain(parts.picked(pick), picked(rest, pick), mirror, points[..., pick]),
    )
    return jax.device_put(found[0]), found[1]


@kept
def _chain(
    parts: Parts, rest: Unloaded, mirror: bool, points_mm: Float[Values, "k 3 j s"]
) -> tuple[Chain, Float[Array, "3 3 s"]]:
    return chain_of(parts, rest, mirror=mirror, points_mm=points_mm)


def chain_of(
    parts: Parts, rest: Unloaded, *, mirror: bool, points_mm: Float[Values, "k 3 j s"] | None = None
) -> tuple[Chain, Float[Array, "3 3 s"]]:
    """As `assemble`, to be compiled within something larger."""
    sizes, shape = parts.sizes, parts.sizes.height_mm.shape
    seat = seats(parts.image.disc_turn, parts.image.disc_mm, rest.height_mm, rest.pose)
    segments = _segments(parts.image, sizes, parts.found, rest, mirror, parts.present)
    points = jnp.zeros((1, 3, *shape)) if points_mm is None else jnp.asarray(points_mm)
    chain = Chain(
        segments=segments,
        seat_turn=jnp.asarray(seat.turn),
        seat_mm=jnp.asarray(seat.shift_mm),
        points_mm=points,
        support_nmm=jnp.broadcast_to(jnp.asarray(parts.found["thorax_stiffness"]), (3, shape[1])),
        mirror=mirror,
    )
    return chain, seat.top


def _segments(
    image: Imaged,
    sizes: Sizes,
    found: Mapping[str, Values],
    rest: Unloaded,
    mirror: bool,
    present: Present,
) -> Segments:
    shape = sizes.height_mm.shape

    def every(name: str) -> Array:
        return jnp.broadcast_to(jnp.asarray(found[name]), shape)

    height, worn = jnp.asarray(rest.height_mm), _worn(found, sizes)
    inner = inner_scale(found, sizes)
    shell, middle = discs(image, sizes, found, rest, mirror=mirror)
    anatomy = anatomy_of(image, sizes)
    pose = ImagedPose(tuple(jnp.asarray(rest.pose.turn_rad)), tuple(jnp.asarray(rest.pose.shift_mm)), height)
    strands = build_strands(
        anatomy,
        pose,
        mirror=mirror,
        factor=jnp.stack([every(_ligament_factor(group)) for group in GROUPS]),
        present=jnp.asarray(present.ligaments)[None, :, None],
    )
    facets = build_facets(
        anatomy, pose, _facet_law(every), mirror=mirror, present=jnp.asarray(present.facets)[..., None]
    )
    section = image.area_share[:, None] * sizes.half_depth_mm * sizes.half_width_mm
    return Segments(
        wall=shell,
        core=middle,
        strands=strands,
        facets=facets,
        core_path=_core_path(every, worn, height),
        wall_path=_wall_path(every, worn, (1.0 - inner) * sizes.half_depth_mm),
        core_mm3=middle.area_mm2 * height * every("nucleus_fill"),
        wall_mm3=shell.volume_mm3.sum((0, 1)),
        bulk_mpa=jnp.full(shape, BULK_MPA),
        slow_n_per_mm=every("slow_modulus") * worn.matrix_factor * section / height,
        slow_s=every("slow_time"),
        free=jnp.broadcast_to(jnp.asarray(present.joints)[:, None], shape),
    )


def discs(
    image: Imaged,
    sizes: Sizes,
    found: Mapping[str, Values],
    rest: Unloaded,
    *,
    mirror: bool,
    strips: int = STRIPS,
) -> tuple[Wall, Core]:
    """The annulus and the nucleus of every disc, weakened where a protrusion was read.

    A symmetric column (`mirror`) has the mean of both sides' weakness, the whole column the true side's (see
    `weakening`); rest lengths are those of the symmetric one, so a whole column with a protrusion to one side
    leaves the imaged shape a little.
    """
    shape = sizes.height_mm.shape

    def every(name: str) -> Array:
        return jnp.broadcast_to(jnp.asarray(found[name]), shape)

    height, wedge = jnp.asarray(rest.height_mm), jnp.asarray(rest.wedge_rad)
    worn, inner, outline = _worn(found, sizes), inner_scale(found, sizes), outline_of(image, sizes)
    weak = weakening(image.weak, mirror, strips)
    weak = jnp.broadcast_to(weak, (len(weak), *shape))
    material = _material(every, worn)
    solid = every("nucleus_matrix") * worn.solid_factor
    return (
        wall(outline, height, wedge, inner, material, mirror, weakening=weak, strips=strips),
        core(outline, height, wedge, inner, solid, mirror, strips=strips, path_x_mm=-every("path_back")),
    )


def outline_of(image: Imaged, sizes: Sizes) -> Outline:
    """The outline of every disc; sizes differ between samples, the shape does not."""
    radius = jnp.asarray(image.outline)[..., None]
    depth, width = jnp.asarray(sizes.half_depth_mm), jnp.asarray(sizes.half_width_mm)
    return Outline(depth, width, radius, jnp.zeros_like(radius))


def inner_scale(found: Mapping[str, Values], sizes: Sizes) -> Array:
    """Scale of the outline that is the inner wall, (joint, sample)."""
    return jnp.sqrt(_worn(found, sizes).nucleus_share * jnp.asarray(found["nucleus_share"]))


def _worn(found: Mapping[str, Values], sizes: Sizes) -> Degeneration:
    return degeneration(sizes.grade, found["matrix_per_grade"])


def _material(every: Callable[[str], Array], worn: Degeneration) -> WallMaterial:
    return WallMaterial(
        c10_mpa=every("annulus_matrix") * worn.matrix_factor,
        k1_factor=every("fibre_stiffness") * worn.fibre_factor,
        front_to_back=every("fibre_front_to_back"),
        k2_factor=every("fibre_stiffening"),
        angle_shift_rad=jnp.radians(every("fibre_angle")),
        kappa=every("fibre_dispersion"),
    )


def anatomy_of(image: Imaged, sizes: Sizes) -> Anatomy:
    """Sizes of the imaged joints from which the posterior parts are placed."""

    def each(values: Values) -> Values:
        wide: Values = library(values).broadcast_to(values[:, None], sizes.height_mm.shape)
        return wide

    found: dict[str, Any] = {
        "half_depth_mm": sizes.half_depth_mm,
        "half_width_mm": sizes.half_width_mm,
        "height_mm": sizes.height_mm,
        "wedge_rad": sizes.wedge_rad,
        "upper_body_mm": each(image.body_mm[:-1]),
        "lower_body_mm": each(image.body_mm[1:]),
        "canal_depth_mm": each(image.canal_mm),
    }
    return Anatomy(**found)


def _facet_law(every: Callable[[str], Array]) -> FacetLaw:
    published = published_facets()
    return FacetLaw(
        gap_mm=every("facet_gap"),
        stiffness_n_per_mm=every("facet_stiffness"),
        angle_rad=published.angle_rad + jnp.radians(every("facet_angle")),
        lean_rad=jnp.radians(every("facet_lean")),
        tip_gap_mm=every("facet_tip"),
    )


def _ligament_factor(group: str) -> str:
    return "longitudinal_ligaments" if group in LONGITUDINAL else "arch_ligaments"


def _core_path(every: Callable[[str], Array], worn: Degeneration, height: Array) -> Path:
    length = 0.5 * height
    return Path(
        charge_meq_per_ml=every("nucleus_charge") * worn.charge_factor,
        water=worn.nucleus_water + every("nucleus_water"),
        solid_mpa=every("nucleus_solid"),
        conductance_per_mpa_s=every("nucleus_permeability") * worn.permeability_factor / length**2,
        face_resistance_mpa_s=every("endplate_thickness") * length / every("endplate_permeability"),
        growth=CORE_GROWTH,
    )


def _wall_path(every: Callable[[str], Array], worn: Degeneration, length: Array) -> Path:
    return Path(
        charge_meq_per_ml=every("annulus_charge") * worn.charge_factor,
        water=worn.annulus_water + every("annulus_water"),
        solid_mpa=every("annulus_solid"),
        conductance_per_mpa_s=every("annulus_permeability") / length**2,
        face_resistance_mpa_s=every("rim_layer") * length / RIM_PERMEABILITY,
        growth=WALL_GROWTH,
    )
