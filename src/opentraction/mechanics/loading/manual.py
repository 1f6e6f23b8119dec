"""Flexion-distraction by hand: a wrench on the vertebra under the hand, a turn of the pelvis, over time."""

from __future__ import annotations

import equinox as eqx
import numpy as np
from jaxtyping import Float

from opentraction.chart import BadInput, ManualProfile
from opentraction.mechanics.arrays import Values, library
from opentraction.mechanics.loading.grid import BLOCK
from opentraction.mechanics.loading.quantity import Number

STEPS_A_PUSH = 4
"""Steps of time of one push, so that its middle is one of them."""
STEPS_A_REST = 3
"""Of a rest between sets."""
LEAST_AFTER = 4
"""Of the lying after the last push, at least."""
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

    time_s: Float[Values, "t"]
    body: int = eqx.field(static=True)
    """Index of the vertebra under the hand, L1 = 0."""
    force_n: Float[Values, "t 3 s"]
    """On that vertebra; direction fixed in the sacrum's axes."""
    contact_mm: Float[Values, "3 s"]
    """Point of contact from the centre of the vertebra, in its own axes."""
    moment_nmm: Float[Values, "t 3 s"]
    """Of the force about the centre of the vertebra as imaged."""
    turn_rad: Float[Values, "t s"]
    """Turn of the thorax against the sacrum, extension positive: the falling table part bends the spine
    forward."""


def manual_time_s(profile: ManualProfile, *, after_s: float = 0.0) -> Float[Values, "t"]:
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
    return np.asarray(times)


def rhythm(profile: ManualProfile) -> Float[Values, "t"]:
    """Share of the greatest push at each step: sin^2 over a push, zero at its ends, at rest and after."""
    one = np.sin(np.pi * np.arange(1, STEPS_A_PUSH + 1) / STEPS_A_PUSH) ** 2
    one[-1] = 0.0
    parts = [np.zeros(1)]
    for index in range(profile.sets):
        parts.append(np.tile(one, profile.pushes))
        if index < profile.sets - 1:
            parts.append(np.zeros(STEPS_A_REST))
    parts.append(np.zeros(_tail(profile)))
    return np.concatenate(parts)


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
    after_s: float = 0.0,
) -> ManualLoad:
    """The hand holds the vertebra above the target disc; numbers or (sample) arrays.

    The falling table part bends the spine; what it pulls along the spine is what the hand holds against
    (BHAGI2025: 18 to 111 N). Raises BadInput when the hand would pull away from the skin.
    """
    xp = library(lumbar_share, hand_angle_deg, behind_mm, below_mm)
    angle = xp.radians(xp.broadcast_to(xp.asarray(hand_angle_deg, dtype=float), (samples,)))
    if bool(xp.any(xp.sin(angle) < 0)):
        raise BadInput(
            "Expected a hand that presses: an angle from cranial towards ventral of 0 to 180 degrees."
        )
    share, zero = rhythm(profile), xp.zeros(samples)
    force = profile.hand_force_n * xp.stack([xp.sin(angle), zero, xp.cos(angle)])
    contact = xp.stack([zero - xp.asarray(behind_mm), zero, zero - xp.asarray(below_mm)])
    bend = xp.radians(profile.flexion_deg) * xp.asarray(lumbar_share, dtype=float)
    return ManualLoad(
        time_s=manual_time_s(profile, after_s=after_s),
        body=profile.contact_level.place,
        force_n=share[:, None, None] * force,
        contact_mm=contact,
        moment_nmm=share[:, None, None] * xp.cross(contact, force, axis=0),
        turn_rad=-share[:, None] * (zero + bend),
    )
