"""A measured spine and a patient become a model: parameters per sample, at rest as it was imaged."""

from __future__ import annotations

from collections.abc import Mapping

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from opentraction.chart import LEVELS, BadInput, Patient, Setup, Spine
from opentraction.mechanics import grade as degeneration
from opentraction.mechanics.column import Column
from opentraction.mechanics.fluid import Path
from opentraction.mechanics.geometry import LEAST_HEIGHT_MM, Chain, chain
from opentraction.mechanics.history import settle
from opentraction.mechanics.joint import STRIPS, Joint
from opentraction.mechanics.laws import osmotic
from opentraction.mechanics.ligaments import groups
from opentraction.mechanics.load import GRAVITY_M_S2, WEIGHT_SHARE
from opentraction.mechanics.model import (
    THORAX_MM,
    Body,
    Numbers,
    SpineModel,
    float_array,
)
from opentraction.mechanics.priors import deviates, draw

_BODY_BELOW_MM = 17.0


def build(
    spine: Spine,
    patient: Patient,
    *,
    setup: Setup | None = None,
    samples: int = 64,
    seed: int = 1,
    overrides: Mapping[str, float] | None = None,
) -> SpineModel:
    """Make the ensemble of a patient's column that rests in the imaged shape.

    The imaged shape is in balance after the imaging history (night, some hours up, 20 min lying): rest
    heights and rest moments are solved for it, sample by sample. `overrides` fixes named parameters (for
    sweeps). Raises BadInput for an unusable spine or number of samples, NotConverged when no rest is found.
    """
    if not 1 <= samples <= 100_000:
        raise BadInput(f"Expected 1 to 100000 samples, got {samples}.")
    found = draw(seed, samples)
    for name, value in (overrides or {}).items():
        if name not in found:
            raise BadInput(f"Expected the name of a parameter in priors.csv, got '{name}'.")
        found[name] = np.full(samples, float(value))
    size = chain(spine)
    height = _sized(size.height_mm, size.height_sd_mm, LEAST_HEIGHT_MM, "height", seed, samples)
    area = _sized(size.area_mm2, size.area_sd_mm2, 300.0, "area", seed, samples)
    grades = np.clip(_sized(size.grade, size.grade_sd, 1.0, "grade", seed, samples), 1.0, 5.0)
    body = _body(patient, found, seed, samples)
    joint = _joint(size, found, height, area, grades, body)
    column = _column(size, found, joint)
    model = SpineModel(
        column=column,
        body=body,
        front_mm=jnp.asarray(size.front_mm),
        mid_mm=jnp.asarray(size.mid_mm),
        back_mm=jnp.asarray(size.back_mm),
        imaged_mm=jnp.asarray(height),
        edge_mm=jnp.asarray(0.4 * size.depth_mm),
        pull_line=_pull_line(size, found),
        present=size.present,
        setup=setup or Setup(),
        targetable=spine.targetable,
        patient_id=patient.patient_id,
        spine_digest=spine.digest(),
        seed=seed,
        samples=samples,
        simulated=spine.simulated or patient.simulated,
    )
    return settle(model)


def _sized(mean: Numbers, sd: Numbers, least: float, name: str, seed: int, samples: int) -> Numbers:
    """(5, samples): mean and spread of a number, never below `least`; the first sample is the mean."""
    z = np.stack([deviates(f"{name} {level.value}", seed, samples) for level in LEVELS])
    return np.maximum(mean[:, None] + sd[:, None] * np.clip(z, -2.5, 2.5), least)


def _body(patient: Patient, found: dict[str, Numbers], seed: int, samples: int) -> Body:
    mass = patient.mass_kg if patient.mass_kg is not None else 70.0
    spread = 0.0 if patient.mass_kg is not None else 0.18
    weight = mass * GRAVITY_M_S2 * np.exp(spread * np.clip(deviates("mass", seed, samples), -2.5, 2.5))
    above = np.array(WEIGHT_SHARE)[:, None] * (found["weight_above_l4"] / WEIGHT_SHARE[3])
    standing = above * weight * (1.0 + found["weight_lever"] / found["muscle_lever"])
    return Body(
        weight_n=jnp.asarray(weight),
        lying_n=jnp.asarray(found["lying_load"]),
        standing_n=jnp.asarray(standing),
        pull_share=jnp.asarray(found["pull_share"]),
        harness_offset_mm=jnp.asarray(found["harness_offset"]),
        harness_below_mm=jnp.asarray(found["harness_below"]),
        angle_share=jnp.asarray(found["angle_share"]),
        posture_turn=jnp.asarray(found["posture_turn"]),
        hours_up=jnp.asarray(found["hours_up"]),
        guarding_n=jnp.asarray(found["guarding_percent"] / 100.0 * found["muscle_maximum"]),
        stature_share=jnp.asarray(found["stature_share"]),
    )


def _joint(
    size: Chain, found: dict[str, Numbers], height: Numbers, area: Numbers, grades: Numbers, body: Body
) -> Joint:
    def every(name: str) -> Numbers:
        return np.broadcast_to(found[name], height.shape).copy()

    stiffer = degeneration.solid_factor(grades)
    charge_n = every("nucleus_charge") * degeneration.charge_factor(grades)
    charge_a = every("annulus_charge") * degeneration.charge_factor(grades)
    water_n = every("nucleus_water") - degeneration.water_loss(grades)
    share, half = every("nucleus_share"), np.broadcast_to(0.5 * size.depth_mm[:, None], height.shape)
    strip_x, strip_share = _strips(half, share)
    ligaments = groups(every("ligament_factor"), height)
    core = float_array(osmotic(jnp.ones(()), jnp.asarray(charge_n), jnp.asarray(water_n))[0])
    wall = float_array(osmotic(jnp.ones(()), jnp.asarray(charge_a), jnp.asarray(every("annulus_water")))[0])
    slack = np.clip(ligaments.rest, 0.0, None)
    held = ligaments.stiffness_n * np.where(
        slack < ligaments.toe, slack**2 / (2 * ligaments.toe), slack - ligaments.toe / 2
    )
    scale = np.array(WEIGHT_SHARE)[:, None] / WEIGHT_SHARE[3]
    reference_n = found["reference_load"] * float_array(body.weight_n) * scale
    zero = np.zeros_like(height)
    wedge = size.wedge_rad[:, None]
    as_path = {"length": 0.5 * height, "wall": (1.0 - np.sqrt(share)) * half}
    values = {
        "height_mm": height,
        "area_mm2": area,
        "nucleus_share": share,
        "half_depth_mm": half,
        "wall_rest_mpa": wall,
        "wall_stiffness_mpa": every("wall_stiffness") * stiffer,
        "wall_exponent": every("wall_exponent"),
        "wall_linear_mpa": every("wall_linear") * stiffer,
        "core_rest_mpa": core - wall,
        "core_stiffness_mpa": every("core_stiffness") * stiffer,
        "core_exponent": every("core_exponent"),
        "strip_x_mm": strip_x,
        "strip_area_mm2": strip_share * area,
        "strip_height_mm": np.maximum(height + strip_x * np.tan(wedge), 0.35 * height),
        "strip_soft_mpa": np.minimum(every("strip_soft") * stiffer, every("strip_stiff") * stiffer),
        "strip_stiff_mpa": every("strip_stiff") * stiffer,
        "strip_toe": every("strip_toe"),
        "strip_cubic": every("strip_cubic"),
        "strip_rest_mpa": wall + share * (core - wall) - (reference_n + held.sum(0)) / area,
        "slow_mpa": every("slow_modulus"),
        "slow_time_s": every("slow_time"),
        "shear_n_per_mm": every("shear_stiffness"),
        "ligament_x_mm": ligaments.x_mm * np.ones_like(held) - np.where(ligaments.behind, half, -half),
        "ligament_length_mm": ligaments.length_mm,
        "ligament_n": ligaments.stiffness_n,
        "ligament_toe": ligaments.toe,
        "ligament_rest": ligaments.rest,
        "rest_shear_n": zero,
        "rest_force_n": zero,
        "rest_moment_nmm": zero,
    }
    nucleus = Path(
        charge_meq_per_ml=jnp.asarray(charge_n),
        water=jnp.asarray(water_n),
        solid_mpa=jnp.asarray(every("nucleus_solid")),
        conductance_per_mpa_s=jnp.asarray(
            every("nucleus_permeability") * degeneration.permeability_factor(grades) / as_path["length"] ** 2
        ),
        face_resistance_mpa_s=jnp.asarray(
            every("endplate_thickness") * as_path["length"] / every("endplate_permeability")
        ),
        growth=10.0,
    )
    annulus = Path(
        charge_meq_per_ml=jnp.asarray(charge_a),
        water=jnp.asarray(every("annulus_water")),
        solid_mpa=jnp.asarray(every("annulus_solid")),
        conductance_per_mpa_s=jnp.asarray(every("annulus_permeability") / as_path["wall"] ** 2),
        face_resistance_mpa_s=jnp.asarray(zero),
        growth=12.0,
    )
    return Joint(
        **{name: jnp.asarray(value) for name, value in values.items()}, nucleus=nucleus, annulus=annulus
    )


def _strips(half: Numbers, share: Numbers) -> tuple[Numbers, Numbers]:
    """Places [mm] of the strips along the depth and each one's share of the section.

    The section is an ellipse with a like ellipse of nucleus in it; a strip's weight is its annulus, scaled
    so that the shares add up to 1 (the modulus is one of the whole section, as in the trial it comes from).
    """
    edges = np.linspace(-1.0, 1.0, STRIPS + 1)
    inner = np.sqrt(share)[None]

    def under(u: Numbers, radius: Numbers) -> Numbers:
        v = np.clip(u / radius, -1.0, 1.0)
        return radius**2 * (v * np.sqrt(1 - v**2) + np.arcsin(v))

    def moment(u: Numbers, radius: Numbers) -> Numbers:
        v = np.clip(u / radius, -1.0, 1.0)
        return -(radius**3) * 2.0 / 3.0 * (1 - v**2) ** 1.5

    e = edges.reshape(-1, 1, 1) * np.ones_like(inner)
    areas = np.diff(under(e, np.ones_like(inner)) - under(e, inner), axis=0)
    first = np.diff(moment(e, np.ones_like(inner)) - moment(e, inner), axis=0)
    return first / areas * half[None], areas / areas.sum(0, keepdims=True)


def _column(size: Chain, found: dict[str, Numbers], joint: Joint) -> Column:
    samples = joint.height_mm.shape[-1]
    up = np.stack([-np.sin(size.axis_rad), np.cos(size.axis_rad)], axis=-1)
    centres = size.centre_mm
    bodies = np.concatenate([(centres[0] + _BODY_BELOW_MM * up[0])[None], 0.5 * (centres[:-1] + centres[1:])])
    below = np.concatenate([bodies[1:], (centres[-1] - _BODY_BELOW_MM * up[-1])[None]])
    half = 0.5 * size.height_mm[:, None]
    arm_upper, arm_lower = centres + half * up - bodies, centres - half * up - below
    thorax = np.stack([found["harness_offset"] + _chord_offset(size, bodies[0]), np.full(samples, THORAX_MM)])
    return Column(
        joint=joint,
        axis_rad=_spread(size.axis_rad, samples),
        arm_upper_mm=_spread(arm_upper, samples),
        arm_lower_mm=_spread(arm_lower, samples),
        thorax_arm_mm=jnp.asarray(thorax),
        thorax_stiffness_nmm=jnp.asarray(found["thorax_stiffness"]),
    )


def _chord_offset(size: Chain, body: Numbers) -> float:
    """Forward distance [mm] from the centre of L1 to the line through the first and last disc centre."""
    return float(size.centre_mm[-1, 0] - body[0])


def _pull_line(size: Chain, found: dict[str, Numbers]) -> Array:
    height = size.centre_mm[0, 1] + _BODY_BELOW_MM - size.centre_mm[-1, 1]
    return jnp.asarray(
        np.stack(
            [found["harness_offset"], found["harness_below"], np.full_like(found["harness_below"], height)]
        )
    )


def _spread(values: Numbers, samples: int) -> Array:
    return jnp.asarray(np.repeat(values[..., None], samples, axis=-1))
