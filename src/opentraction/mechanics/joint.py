"""One joint in the sagittal plane: nucleus and wall hold the fluid, strips and ligaments hold the pull."""

from __future__ import annotations

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from opentraction.mechanics.fluid import Path
from opentraction.mechanics.laws import hinge, hoop, toe

STRIPS = 8
"""Sagittal strips of the annulus along the depth of the disc."""
_HINGE_WIDTH = 0.02


class Joint(eqx.Module):
    """Material and size of the joints; every array ends in (joint, sample); mm and MPa."""

    height_mm: Float[Array, "j s"]
    """Mean height in the reference state: fluid and forces in balance under the reference load."""
    area_mm2: Float[Array, "j s"]
    nucleus_share: Float[Array, "j s"]
    half_depth_mm: Float[Array, "j s"]
    wall_rest_mpa: Float[Array, "j s"]
    wall_stiffness_mpa: Float[Array, "j s"]
    wall_exponent: Float[Array, "j s"]
    wall_linear_mpa: Float[Array, "j s"]
    core_rest_mpa: Float[Array, "j s"]
    core_stiffness_mpa: Float[Array, "j s"]
    core_exponent: Float[Array, "j s"]
    strip_x_mm: Float[Array, "k j s"]
    strip_area_mm2: Float[Array, "k j s"]
    strip_height_mm: Float[Array, "k j s"]
    strip_soft_mpa: Float[Array, "j s"]
    strip_stiff_mpa: Float[Array, "j s"]
    strip_toe: Float[Array, "j s"]
    """Strain at which the fibres of the strips come to bear."""
    strip_cubic: Float[Array, "j s"]
    strip_rest_mpa: Float[Array, "j s"]
    """Stress of the strips in the reference state; solved by `build`."""
    slow_mpa: Float[Array, "j s"]
    """Modulus of the Maxwell branch."""
    slow_time_s: Float[Array, "j s"]
    shear_n_per_mm: Float[Array, "j s"]
    ligament_x_mm: Float[Array, "l j s"]
    ligament_length_mm: Float[Array, "l j s"]
    ligament_n: Float[Array, "l j s"]
    """Linear stiffness [N per unit strain], all strands of the group together."""
    ligament_toe: Float[Array, "l j s"]
    ligament_rest: Float[Array, "l j s"]
    """Strain in the reference state; negative when slack."""
    rest_shear_n: Float[Array, "j s"]
    rest_force_n: Float[Array, "j s"]
    rest_moment_nmm: Float[Array, "j s"]
    """What the imaged shape asks for so that it is in balance; solved by `build`."""
    nucleus: Path
    annulus: Path


class Forces(eqx.Module):
    """Forces of a joint at a pose and filling, and the tangents that Newton needs; arrays (joint, sample)."""

    shear_n: Float[Array, "j s"]
    axial_n: Float[Array, "j s"]
    moment_nmm: Float[Array, "j s"]
    axial_h: Float[Array, "j s"]
    axial_t: Float[Array, "j s"]
    moment_t: Float[Array, "j s"]
    axial_n_fill: Float[Array, "j s"]
    axial_a_fill: Float[Array, "j s"]
    core_mpa: Float[Array, "j s"]
    wall_mpa: Float[Array, "j s"]
    core_h: Float[Array, "j s"]
    core_n: Float[Array, "j s"]
    core_a: Float[Array, "j s"]
    wall_h: Float[Array, "j s"]
    wall_n: Float[Array, "j s"]
    wall_a: Float[Array, "j s"]


def forces(
    joint: Joint,
    shear_mm: Float[Array, "j s"],
    stretch_mm: Float[Array, "j s"],
    opening_rad: Float[Array, "j s"],
    nucleus_fill: Float[Array, "j s"],
    annulus_fill: Float[Array, "j s"],
    slow_mm: Float[Array, "j s"],
    slow_share: Float[Array, "j s"],
) -> Forces:
    """Forces the joint asks for: dW/d(shear, height, opening), tension and front opening positive.

    `stretch_mm` is the change of mean height; `*_fill` the mean swelling ratios; `slow_mm` the Maxwell
    element before the step and `slow_share` = 1 / (1 + dt / tau).
    """
    lam = 1.0 + stretch_mm / joint.height_mm
    share = joint.nucleus_share
    wall_in = (share * nucleus_fill + (1.0 - share) * annulus_fill) / lam
    core_in = nucleus_fill / lam
    pt, pt_a = hoop(
        wall_in - 1.0,
        joint.wall_rest_mpa,
        joint.wall_stiffness_mpa,
        joint.wall_exponent,
        joint.wall_linear_mpa,
    )
    pc, pc_a = hoop(core_in - 1.0, joint.core_rest_mpa, joint.core_stiffness_mpa, joint.core_exponent, 0.0)
    # derivatives of the potential A h0 (psi_t(a_t) + share psi_c(a_c)) with a = fill / lambda - 1
    flow_t, flow_c = pt_a * wall_in + pt, pc_a * core_in + pc
    carried = pt * wall_in + share * pc * core_in
    fluid_n = -joint.area_mm2 * carried / lam
    fluid_lam = joint.area_mm2 * (carried + flow_t * wall_in + share * flow_c * core_in) / lam**2
    axial_n_fill = -joint.area_mm2 * share * (flow_t + flow_c) / lam**2
    axial_a_fill = -joint.area_mm2 * (1.0 - share) * flow_t / lam**2

    e = (stretch_mm + joint.strip_x_mm * opening_rad) / joint.strip_height_mm
    r, r_e = hinge(e - joint.strip_toe, _HINGE_WIDTH)
    gain = joint.strip_stiff_mpa - joint.strip_soft_mpa
    curve = joint.strip_stiff_mpa * joint.strip_cubic
    stress = joint.strip_rest_mpa + joint.strip_soft_mpa * e + gain * r + curve * r**3
    pull = joint.strip_area_mm2 * stress
    k = (
        joint.strip_area_mm2
        * (joint.strip_soft_mpa + (gain + 3 * curve * r**2) * r_e)
        / joint.strip_height_mm
    )

    strain = joint.ligament_rest + (stretch_mm + joint.ligament_x_mm * opening_rad) / joint.ligament_length_mm
    t, t_e = toe(strain, joint.ligament_toe)
    tug, kl = joint.ligament_n * t, joint.ligament_n * t_e / joint.ligament_length_mm

    slow_k = joint.slow_mpa * joint.area_mm2 / joint.height_mm * slow_share
    x, xl = joint.strip_x_mm, joint.ligament_x_mm
    return Forces(
        shear_n=joint.shear_n_per_mm * shear_mm - joint.rest_shear_n,
        axial_n=fluid_n + pull.sum(0) + tug.sum(0) + slow_k * (stretch_mm - slow_mm) - joint.rest_force_n,
        moment_nmm=(x * pull).sum(0) + (xl * tug).sum(0) - joint.rest_moment_nmm,
        axial_h=fluid_lam / joint.height_mm + k.sum(0) + kl.sum(0) + slow_k,
        axial_t=(x * k).sum(0) + (xl * kl).sum(0),
        moment_t=(x**2 * k).sum(0) + (xl**2 * kl).sum(0),
        axial_n_fill=axial_n_fill,
        axial_a_fill=axial_a_fill,
        core_mpa=(pt + pc) / lam,
        wall_mpa=pt / lam,
        core_h=-(flow_t + flow_c) / lam**2 / joint.height_mm,
        core_n=(pt_a * share + pc_a) / lam**2,
        core_a=pt_a * (1.0 - share) / lam**2,
        wall_h=-flow_t / lam**2 / joint.height_mm,
        wall_n=pt_a * share / lam**2,
        wall_a=pt_a * (1.0 - share) / lam**2,
    )


def energy(
    joint: Joint,
    shear_mm: Float[Array, "j s"],
    stretch_mm: Float[Array, "j s"],
    opening_rad: Float[Array, "j s"],
    nucleus_fill: Float[Array, "j s"],
    annulus_fill: Float[Array, "j s"],
    slow_mm: Float[Array, "j s"],
    slow_share: Float[Array, "j s"],
) -> Float[Array, "j s"]:
    """Energy [N mm] whose gradient `forces` is: the oracle of the tests, never used to solve."""
    lam = 1.0 + stretch_mm / joint.height_mm
    share = joint.nucleus_share
    wall = (share * nucleus_fill + (1.0 - share) * annulus_fill) / lam - 1.0
    core = nucleus_fill / lam - 1.0
    volume = joint.area_mm2 * joint.height_mm
    held = volume * (
        _hoop_energy(wall, joint.wall_rest_mpa, joint.wall_stiffness_mpa, joint.wall_exponent)
        + 0.5 * joint.wall_linear_mpa * wall**2
        + share * _hoop_energy(core, joint.core_rest_mpa, joint.core_stiffness_mpa, joint.core_exponent)
    )
    e = (stretch_mm + joint.strip_x_mm * opening_rad) / joint.strip_height_mm
    gain = joint.strip_stiff_mpa - joint.strip_soft_mpa
    strips = (
        joint.strip_area_mm2
        * joint.strip_height_mm
        * (
            joint.strip_rest_mpa * e
            + 0.5 * joint.strip_soft_mpa * e**2
            + gain * _hinge_energy(e - joint.strip_toe, 1)
            + joint.strip_stiff_mpa * joint.strip_cubic * _hinge_energy(e - joint.strip_toe, 3)
        )
    )
    strain = joint.ligament_rest + (stretch_mm + joint.ligament_x_mm * opening_rad) / joint.ligament_length_mm
    inner = jnp.clip(strain, 0.0, joint.ligament_toe)
    over = jnp.maximum(strain - joint.ligament_toe, 0.0)
    bands = (
        joint.ligament_n
        * joint.ligament_length_mm
        * (inner**3 / (6 * joint.ligament_toe) + 0.5 * over**2 + 0.5 * joint.ligament_toe * over)
    )
    slow_k = joint.slow_mpa * joint.area_mm2 / joint.height_mm * slow_share
    return (
        held
        + strips.sum(0)
        + bands.sum(0)
        + 0.5 * slow_k * (stretch_mm - slow_mm) ** 2
        + 0.5 * joint.shear_n_per_mm * shear_mm**2
        - joint.rest_shear_n * shear_mm
        - joint.rest_force_n * stretch_mm
        - joint.rest_moment_nmm * opening_rad
    )


def _hoop_energy(a: Array, rest: Array, stiffness: Array, exponent: Array) -> Array:
    return (rest + stiffness / exponent) * jnp.expm1(exponent * a) / exponent - stiffness / exponent * a


def _hinge_energy(e: Array, power: int) -> Array:
    """Integral of hinge(e)^power from the open side, by fixed Gauss points inside the rounding."""
    width = _HINGE_WIDTH
    inner = jnp.clip(e, -width, width)
    nodes = jnp.array(
        [
            -0.9491079123427585,
            -0.7415311855993945,
            -0.4058451513773972,
            0.0,
            0.4058451513773972,
            0.7415311855993945,
            0.9491079123427585,
        ]
    )
    weights = jnp.array(
        [
            0.1294849661688697,
            0.2797053914892766,
            0.3818300505051189,
            0.4179591836734694,
            0.3818300505051189,
            0.2797053914892766,
            0.1294849661688697,
        ]
    )
    half = 0.5 * (inner + width)
    points = half[None] * (1 + nodes.reshape((-1,) + (1,) * e.ndim)) - width
    value = (weights.reshape((-1,) + (1,) * e.ndim) * hinge(points, width)[0] ** power).sum(0) * half
    above = jnp.maximum(e, width)
    return value + (above ** (power + 1) - width ** (power + 1)) / (power + 1)
