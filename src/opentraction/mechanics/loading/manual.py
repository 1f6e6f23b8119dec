"""Flexion-distraction by hand: a wrench on the vertebra under the hand, a turn of the pelvis, over time."""

from __future__ import annotations

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from opentraction.chart import BadInput, ManualProfile
from opentraction.mechanics.loading.grid import BLOCK
from opentraction.mechanics.loading.quantity import Number

STEPS_A_PUSH = 4
STEPS_A_REST = 3
LEAST_AFTER = 4
MANUAL_NUMBERS: dict[str, Number] = {
    "contact_behind": Number(60.0, 50.0, 70.0, "mm", "spinous process behind the body's centre; assumed"),
    "contact_below": Number(8.0, 0.0, 16.0, "mm", "and below it; assumed"),
    "hand_angle": Number(
        45.0, 20.0, 70.0, "deg",
        "of the hand's force from cranial towards ventral: it presses on the prone spine and holds it "
        "towards the head while the table's lower part goes down; assumed",
    ),
    "lumbar_share": Number(
        0.6, 0.3, 0.9, "-", "of the table's flexion, the rest goes to hips and thorax; assumed"
    ),
}  # fmt: skip


class ManualLoad(eqx.Module):
    """Load of a manual session: time first, samples last; axes as imaged (x ventral, y left, z cranial)."""

    time_s: Float[Array, "t"]
    body: int = eqx.field(static=True)
    """Index of the vertebra under the hand, L1 = 0."""
    force_n: Float[Array, "t 3 s"]
    """On that vertebra; direction fixed in the sacrum's axes."""
    contact_mm: Float[Array, "3 s"]
    """Point of contact from the centre of the vertebra, in its own axes."""
    moment_nmm: Float[Array, "t 3 s"]
    """Of the force about the centre of the vertebra as imaged."""
    turn_rad: Float[Array, "t s"]
    """Turn of the thorax against the sacrum, extension positive: the falling table part bends the spine
    forward."""
    traction_n: Float[Array, "t s"]
    """Pull along the spine by the moving table part."""


def manual_time_s(profile: ManualProfile, *, after_s: float = 0.0) -> Float[Array, "t"]:
    """Ends of the steps [s]: the start, four a push, three a rest between sets, and lying for `after_s`.

    Their number follows the counts only; the lying after it fills whole blocks.
    """
    times, now = [0.0], 0.0
    for index in range(profile.sets):
        for _ in range(profile.pushes):
            times += [now + profile.push_s * (k + 1) / STEPS_A_PUSH for k in range(STEPS_A_PUSH)]
            now += profile.push_s
        if index < profile.sets - 1:
            times += [now + profile.rest_s * (k + 1) / STEPS_A_REST for k in range(STEPS_A_REST)]
            now += profile.rest_s
    tail = _tail(profile)
    times += [now + after_s * ((k + 1) / tail) ** 2 for k in range(tail)]
    return jnp.asarray(times)


def rhythm(profile: ManualProfile) -> Float[Array, "t"]:
    """Share of the greatest push at each step: sin^2 over a push, zero at its ends, at rest and after."""
    one = np.sin(np.pi * np.arange(1, STEPS_A_PUSH + 1) / STEPS_A_PUSH) ** 2
    one[-1] = 0.0
    parts = [np.zeros(1)]
    for index in range(profile.sets):
        parts.append(np.tile(one, profile.pushes))
        if index < profile.sets - 1:
            parts.append(np.zeros(STEPS_A_REST))
    parts.append(np.zeros(_tail(profile)))
    return jnp.asarray(np.concatenate(parts))


def _tail(profile: ManualProfile) -> int:
    """Steps after the last push: as many as fill the last block, at least `LEAST_AFTER`."""
    steps = 1 + profile.sets * profile.pushes * STEPS_A_PUSH + (profile.sets - 1) * STEPS_A_REST
    return LEAST_AFTER + -(steps + LEAST_AFTER) % BLOCK


def manual_load(
    profile: ManualProfile,
    *,
    samples: int = 1,
    lumbar_share: object = MANUAL_NUMBERS["lumbar_share"].value,
    hand_angle_deg: object = MANUAL_NUMBERS["hand_angle"].value,
    behind_mm: object = MANUAL_NUMBERS["contact_behind"].value,
    below_mm: object = MANUAL_NUMBERS["contact_below"].value,
    traction_n: object = 0.0,
    after_s: float = 0.0,
) -> ManualLoad:
    """The hand holds the vertebra above the target disc; numbers or (sample) arrays.

    `traction_n`: the table part's pull along the spine at the height of a push (BHAGI2025 used 18 to 111 N by
    hand); none unless given. Raises BadInput when the hand would pull away from the skin.
    """
    angle = jnp.radians(jnp.broadcast_to(jnp.asarray(hand_angle_deg, dtype=float), (samples,)))
    if bool(jnp.any(jnp.sin(angle) < 0)):
        raise BadInput(
            "Expected a hand that presses: an angle from cranial towards ventral of 0 to 180 degrees."
        )
    share = rhythm(profile)
    zero = jnp.zeros(samples)
    force = profile.hand_force_n * jnp.stack([jnp.sin(angle), zero, jnp.cos(angle)])
    contact = jnp.stack([zero - jnp.asarray(behind_mm), zero, zero - jnp.asarray(below_mm)])
    bend = jnp.radians(profile.flexion_deg) * jnp.asarray(lumbar_share, dtype=float)
    return ManualLoad(
        time_s=manual_time_s(profile, after_s=after_s),
        body=profile.contact_level.place,
        force_n=share[:, None, None] * force,
        contact_mm=contact,
        moment_nmm=share[:, None, None] * jnp.cross(contact, force, axis=0),
        turn_rad=-share[:, None] * (zero + bend),
        traction_n=share[:, None] * (zero + jnp.asarray(traction_n, dtype=float)),
    )
