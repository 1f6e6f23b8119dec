"""SpineModel: one patient's column as an ensemble; and `build`, which makes it rest in the imaged shape."""

from __future__ import annotations

from collections.abc import Mapping

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from numpy.typing import NDArray

from opentraction.chart import LEVELS, BadInput, Level, Patient, Setup, Spine
from opentraction.mechanics import grade as degeneration
from opentraction.mechanics.column import Column
from opentraction.mechanics.fluid import Path
from opentraction.mechanics.geometry import LEAST_HEIGHT_MM, Chain, chain
from opentraction.mechanics.joint import STRIPS, Joint
from opentraction.mechanics.laws import osmotic
from opentraction.mechanics.ligaments import groups
from opentraction.mechanics.load import GRAVITY_M_S2, WEIGHT_SHARE
from opentraction.mechanics.priors import deviates, draw

MODEL_NAME = "sagittal column 1"
"""Name and version of this mechanical model, written into every prediction."""
THORAX_MM = 150.0
"""Height of the chest harness above the centre of L1 along the line of pull; assumed."""
_BODY_BELOW_MM = 17.0
_NUMBERS = NDArray[np.float64]


class Body(eqx.Module):
    """What loads the column: weights, posture, harness and muscle; arrays (sample) or (joint, sample)."""

    weight_n: Float[Array, "s"]
    lying_n: Float[Array, "s"]
    """Residual compression lying."""
    standing_n: Float[Array, "j s"]
    """Compression upright, from the stated moment balance."""
    pull_share: Float[Array, "s"]
    harness_offset_mm: Float[Array, "s"]
    harness_below_mm: Float[Array, "s"]
    angle_share: Float[Array, "s"]
    posture_turn: Float[Array, "s"]
    guarding_n: Float[Array, "s"]
    hours_up: Float[Array, "s"]
    stature_share: Float[Array, "s"]


class SpineModel(eqx.Module):
    """A patient's column: `samples` sets of parameters, samples in the last axis of every array."""

    column: Column
    body: Body
    front_mm: Float[Array, "j"]
    mid_mm: Float[Array, "j"]
    back_mm: Float[Array, "j"]
    """Imaged heights, at 10, 50 and 90 % of the depth."""
    imaged_mm: Float[Array, "j s"]
    """Imaged mean height of each sample (its measurement error drawn)."""
    edge_mm: Float[Array, "j"]
    """Distance of front and back height from the disc's centre: 40 % of the depth."""
    pull_line: Float[Array, "3 s"]
    """Line of pull: forward offset at L5-S1, hold below it, height of L1 above it [mm]."""
    targetable: tuple[Level, ...] = eqx.field(static=True)
    present: tuple[bool, ...] = eqx.field(static=True)
    setup: Setup = eqx.field(static=True)
    patient_id: str = eqx.field(static=True)
    spine_digest: str = eqx.field(static=True)
    seed: int = eqx.field(static=True)
    samples: int = eqx.field(static=True)
    simulated: bool = eqx.field(static=True)

    @property
    def levels(self) -> tuple[Level, ...]:
        """The five levels of the column, head to foot; those not in the Spine stand in from norms."""
        return LEVELS

    def subset(self, n: int) -> SpineModel:
        """The first `n` samples. Raises BadInput when there are fewer."""
        if not 1 <= n <= self.samples:
            raise BadInput(
                f"Expected 1 to {self.samples} samples, got {n}. Build the model with more samples."
            )
        return _with_samples(self, n)

    def with_setup(self, setup: Setup) -> SpineModel:
        """The same patient in another posture, table or harness."""
        return _replaced(self, setup=setup)


def _replaced(model: SpineModel, **changes: object) -> SpineModel:
    fields = {name: getattr(model, name) for name in model.__dataclass_fields__}
    return SpineModel(**{**fields, **changes})  # type: ignore[arg-type]


def _with_samples(model: SpineModel, n: int) -> SpineModel:
    ensemble = {"column", "body", "imaged_mm", "pull_line"}
    cut = {name: jax.tree.map(lambda leaf: leaf[..., :n], getattr(model, name)) for name in ensemble}
    return _replaced(model, samples=n, **cut)


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
    from opentraction.mechanics.history import settle  # history needs the model's types

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


def _sized(mean: _NUMBERS, sd: _NUMBERS, least: float, name: str, seed: int, samples: int) -> _NUMBERS:
    """(5, samples): mean and spread of a number, never below `least`; the first sample is the mean."""
    z = np.stack([deviates(f"{name} {level.value}", seed, samples) for level in LEVELS])
    return np.maximum(mean[:, None] + sd[:, None] * np.clip(z, -2.5, 2.5), least)


def _body(patient: Patient, found: dict[str, _NUMBERS], seed: int, samples: int) -> Body:
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
    size: Chain, found: dict[str, _NUMBERS], height: _NUMBERS, area: _NUMBERS, grades: _NUMBERS, body: Body
) -> Joint:
    def every(name: str) -> _NUMBERS:
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


def float_array(values: object) -> _NUMBERS:
    """A numpy copy of any array, float64."""
    return np.asarray(values, dtype=np.float64)


def _strips(half: _NUMBERS, share: _NUMBERS) -> tuple[_NUMBERS, _NUMBERS]:
    """Places [mm] of the strips along the depth and each one's share of the section.

    The section is an ellipse with a like ellipse of nucleus in it; a strip's weight is its annulus, scaled
    so that the shares add up to 1 (the modulus is one of the whole section, as in the trial it comes from).
    """
    edges = np.linspace(-1.0, 1.0, STRIPS + 1)
    inner = np.sqrt(share)[None]

    def under(u: _NUMBERS, radius: _NUMBERS) -> _NUMBERS:
        v = np.clip(u / radius, -1.0, 1.0)
        return radius**2 * (v * np.sqrt(1 - v**2) + np.arcsin(v))

    def moment(u: _NUMBERS, radius: _NUMBERS) -> _NUMBERS:
        v = np.clip(u / radius, -1.0, 1.0)
        return -(radius**3) * 2.0 / 3.0 * (1 - v**2) ** 1.5

    e = edges.reshape(-1, 1, 1) * np.ones_like(inner)
    areas = np.diff(under(e, np.ones_like(inner)) - under(e, inner), axis=0)
    first = np.diff(moment(e, np.ones_like(inner)) - moment(e, inner), axis=0)
    return first / areas * half[None], areas / areas.sum(0, keepdims=True)


def _column(size: Chain, found: dict[str, _NUMBERS], joint: Joint) -> Column:
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


def _chord_offset(size: Chain, body: _NUMBERS) -> float:
    """Forward distance [mm] from the centre of L1 to the line through the first and last disc centre."""
    return float(size.centre_mm[-1, 0] - body[0])


def _pull_line(size: Chain, found: dict[str, _NUMBERS]) -> Array:
    height = size.centre_mm[0, 1] + _BODY_BELOW_MM - size.centre_mm[-1, 1]
    return jnp.asarray(
        np.stack(
            [found["harness_offset"], found["harness_below"], np.full_like(found["harness_below"], height)]
        )
    )


def _spread(values: _NUMBERS, samples: int) -> Array:
    return jnp.asarray(np.repeat(values[..., None], samples, axis=-1))
