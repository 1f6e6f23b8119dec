"""The values of the chain: what it is made of, where it stands, and what a step leaves behind."""

from __future__ import annotations

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from opentraction.mechanics.chain.motion import moved, spread
from opentraction.mechanics.fluid import CELLS
from opentraction.mechanics.segment.condensation import Change
from opentraction.mechanics.segment.facets import FacetState
from opentraction.mechanics.segment.segment import Segments
from opentraction.mechanics.segment.strands import LigamentState


class Chain(eqx.Module):
    """Rigid vertebrae L1 to L5 on the sacrum, one joint under each; joint and body axes run from the top.

    A body's own axes are the upper axes of the joint under it. With `mirror` the column is laterally
    symmetric: only half of each disc is computed and the bodies move in the median plane.
    """

    segments: Segments
    seat_turn: Float[Array, "3 3 j s"]
    """Lower axes of each joint in the axes of the body below (the sacrum's for the last)."""
    seat_mm: Float[Array, "3 j s"]
    """Origin of each joint's lower axes in the axes of the body below."""
    points_mm: Float[Array, "k 3 j s"]
    """Where the loads' forces act on each body, in its own axes."""
    support_nmm: Float[Array, "3 s"]
    """Turning stiffness of the lying thorax about the three axes [N mm/rad]."""
    mirror: bool = eqx.field(static=True)

    @property
    def motions(self) -> int:
        """Degrees of freedom of a joint that are carried."""
        return 3 if self.mirror else 6

    @property
    def modes(self) -> int:
        """Modes of the bulge of the inner wall."""
        return 3 if self.mirror else 5


class Place(eqx.Module):
    """Unknowns of every joint at one time."""

    turn: Float[Array, "3 3 j s"]
    """Upper axes in the lower ones; unit matrix in the stress-free shape."""
    shift_mm: Float[Array, "3 j s"]
    """Origin of the upper axes in the lower ones; zero in the stress-free shape."""
    modes_mm: Float[Array, "m j s"]
    pressure_mpa: Float[Array, "j s"]
    """Pressure of the nucleus above the surroundings."""
    nucleus: Float[Array, "c j s"]
    """Swelling ratios of the cells of the nucleus' fluid path."""
    annulus: Float[Array, "c j s"]
    """The same of the wall's."""


class State(eqx.Module):
    """Where the chain stands after a step, with what the next step starts from."""

    place: Place
    slow_mm: Float[Array, "j s"]
    """Height of the slow (viscoelastic) spring's rest length."""
    hessian: Float[Array, "q q j s"]
    """Elastic Hessian kept from the last time it was computed."""
    age: Float[Array, "s"]
    """Iterations since; infinite before the first."""
    residual: Float[Array, "s"]
    """Worst relative residual of all steps so far."""
    iterations: Float[Array, "s"]
    """Newton iterations of all steps so far."""


class Trace(eqx.Module):
    """What each step leaves behind; over a block the first axis is steps."""

    rotation_rad: Float[Array, "*t 3 j s"]
    """Rotation vector of the upper axes in the lower ones."""
    shift_mm: Float[Array, "*t 3 j s"]
    modes_mm: Float[Array, "*t m j s"]
    pressure_mpa: Float[Array, "*t j s"]
    nucleus: Float[Array, "*t j s"]
    """Mean swelling ratio of the nucleus."""
    annulus: Float[Array, "*t j s"]
    """Mean swelling ratio of the wall."""
    nucleus_cells: Float[Array, "*t c j s"]
    """Swelling ratios of the cells of the nucleus' fluid path, for the solutes in it."""
    wrench: Float[Array, "*t 6 j s"]
    """Force [N] and moment [N mm] that the tissues of the joint bear, on the body above in its own axes: z is
    tension, follower load included. Components that symmetry makes zero are zero."""
    ligaments: LigamentState
    facets: FacetState
    iterations: Float[Array, "*t s"]
    residual: Float[Array, "*t s"]


def start_state(chain: Chain, *, cells: int = CELLS) -> State:
    """The stress-free shape, every cell at J = 1; `cells` of each fluid path."""
    shape = chain.seat_mm.shape[1:]
    rows = chain.motions + chain.modes + 1

    def full(value: float | int, *sizes: int) -> Array:
        # by numpy: small operations of JAX would be compiled for every number of samples
        return jnp.asarray(np.full(sizes, float(value)))

    place = Place(
        turn=jnp.asarray(np.broadcast_to(np.eye(3)[:, :, None, None], (3, 3, *shape))),
        shift_mm=full(0, 3, *shape),
        modes_mm=full(0, chain.modes, *shape),
        pressure_mpa=full(0, *shape),
        nucleus=full(1, cells, *shape),
        annulus=full(1, cells, *shape),
    )
    return State(
        place=place,
        slow_mm=jnp.asarray(np.broadcast_to(np.asarray(chain.segments.height_mm), shape)),
        hessian=full(0, rows, rows, *shape),
        age=full(np.inf, shape[-1]),
        residual=full(0, shape[-1]),
        iterations=full(0, shape[-1]),
    )


def changed(place: Place, change: Change, share: Float[Array, "s"], mirror: bool) -> Place:
    """The unknowns after a share of a change."""
    v, w = spread(share * change.motion, mirror)
    turn, shift = moved(place.turn, place.shift_mm, v, w)
    return Place(
        turn=turn,
        shift_mm=shift,
        modes_mm=place.modes_mm + share * change.modes_mm,
        pressure_mpa=place.pressure_mpa + share * change.pressure_mpa,
        nucleus=place.nucleus + share * change.nucleus,
        annulus=place.annulus + share * change.annulus,
    )
