"""One joint as the sum of its parts: tissues, the nucleus' pressure cell, and one slow spring."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import equinox as eqx
from jaxtyping import Array, Float

from opentraction.mechanics.fluid import Path
from opentraction.mechanics.segment.algebra import (
    Entry,
    Matrix,
    Vector,
    dot,
    minus,
    mul,
    neg,
    plus,
    scale,
    turned,
)
from opentraction.mechanics.segment.points import Hessian, accumulate, point_terms


class Pose(NamedTuple):
    """Where a joint stands, as lists whose None entries are zero by symmetry."""

    rows: Matrix
    """Rows of R^T: upper axes' components of the lower axes' vectors."""
    u: Vector
    """R^T t [mm]."""
    modes: list[Array]
    """Modes of the inner wall's bulge [mm]."""
    swelling: Array
    """Swelling ratio J of the wall's fluid."""
    mirror: bool


Terms = tuple[Array, list[Entry], Hessian]
"""Energy [N mm] (or volume [mm3]), gradient and Hessian over the first unknowns of a joint."""


class Tissue(Protocol):
    """A part with an elastic energy."""

    def terms(self, pose: Pose) -> Terms:
        """Energy, gradient and Hessian at a pose."""

    def outputs(self, pose: Pose) -> dict[str, Array]:
        """What the part tells about itself at a pose, by name with its unit."""


class Cell(Protocol):
    """The nucleus' cell: its volume follows the motion and the bulge."""

    def volume(self, pose: Pose) -> Terms:
        """Volume [mm3], gradient and Hessian at a pose."""


class Segments(eqx.Module):
    """The joints L1-L2 to L5-S1, arrays [j, s]."""

    tissues: tuple[Tissue, ...]
    cell: Cell
    core_path: Path
    """Fluid path from the nucleus to the endplates."""
    wall_path: Path
    """Fluid path from the wall to the rim."""
    height_mm: Float[Array, "j s"]
    """Stress-free height between the endplates' centres."""
    core_mm3: Float[Array, "j s"]
    """Stress-free volume of the nucleus."""
    wall_mm3: Float[Array, "j s"]
    """Stress-free volume of the wall."""
    bulk_mpa: Float[Array, "j s"]
    """Bulk modulus of the nucleus' matter."""
    slow_n_per_mm: Float[Array, "j s"]
    slow_s: Float[Array, "j s"]
    """Stiffness and time of the slow spring (Maxwell)."""
    free: Float[Array, "j s"]
    """1 where the joint moves, 0 where it is missing, fused or not under test."""


class Elastic(eqx.Module):
    """One joint's energy less p V, and the volume V; gradients and Hessian over motion, modes and J."""

    energy_nmm: Float[Array, "j s"]
    """Without the pressure's part."""
    gradient: list[Entry]
    hessian: Hessian
    volume_mm3: Float[Array, "j s"]
    volume_gradient: list[Entry]


def elastic(
    segments: Segments,
    pose: Pose,
    pressure_mpa: Float[Array, "j s"],
    slow: tuple[Float[Array, "j s"], Float[Array, "j s"]],
) -> Elastic:
    """Sum of the parts; `slow`: the stiffness [N/mm] and rest height [mm] that the slow spring now has."""
    count = (3 if pose.mirror else 6) + len(pose.modes) + 1
    gradient: list[Entry] = [None] * count
    hessian: Hessian = {}
    energy, more, second = spring(pose, segments.height_mm, *slow)
    accumulate(gradient, hessian, more, second)
    for tissue in segments.tissues:
        stored, more, second = tissue.terms(pose)
        accumulate(gradient, hessian, more, second)
        energy = energy + stored
    volume, volume_gradient, curved = segments.cell.volume(pose)
    volume_gradient = volume_gradient + [None] * (count - len(volume_gradient))
    push = neg(pressure_mpa)
    accumulate(
        gradient,
        hessian,
        [mul(push, row) for row in volume_gradient],
        {at: mul(push, entry) for at, entry in curved.items()},
    )
    return Elastic(energy, gradient, hessian, volume, volume_gradient)


def centre_height(pose: Pose, height_mm: Float[Array, "j s"]) -> Array:
    """Distance [mm] of the endplates' centres along the lower axes' z."""
    return dot(_normal(pose), _across(pose, height_mm))  # type: ignore[return-value]


def spring(pose: Pose, height_mm: Array, stiffness_n_per_mm: Array, rest_mm: Array) -> Terms:
    """k (h - rest)^2 / 2 of the height h between the endplates' centres."""
    normal, above = _normal(pose), [None, None, 0.5 * height_mm]
    stretch = centre_height(pose, height_mm) - rest_mm
    pull = stiffness_n_per_mm * stretch
    second = [scale(mul(stiffness_n_per_mm, entry), normal) for entry in normal]
    return 0.5 * pull * stretch, *point_terms(above, scale(pull, normal), second, pose.mirror)


def _normal(pose: Pose) -> Vector:
    return [row[2] for row in pose.rows]


def _across(pose: Pose, height_mm: Array) -> Vector:
    half = 0.5 * height_mm
    return minus(plus(pose.u, [None, None, half]), turned(pose.rows, [None, None, -half]))
