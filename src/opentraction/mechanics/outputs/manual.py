"""`simulate_manual`: flexion-distraction by hand on the same column as a table's pull."""

from __future__ import annotations

import numpy as np

from opentraction.chart import LEVELS, BadInput, ManualProfile, Posture
from opentraction.mechanics.loading import MANUAL_NUMBERS, manual_load
from opentraction.mechanics.outputs.response import Response
from opentraction.mechanics.outputs.session import Acting, Numbers, Rested, as_it_lies, respond
from opentraction.mechanics.patient.loads import steady, tilted
from opentraction.mechanics.patient.model import SpineModel
from opentraction.mechanics.patient.priors import deviates, of_number


def simulate_manual(
    model: SpineModel,
    profile: ManualProfile,
    *,
    rested: Rested | None = None,
    after_s: float | int = 0.0,
) -> Response:
    """Run flexion-distraction by hand on the column, and `after_s` seconds of lying after it.

    The hand presses on the vertebra above `contact_level` and holds it towards the head; the table's lower
    part bends the spine forward in the rhythm of the pushes. Where the hand takes hold, its direction and the
    lumbar share of the table's flexion are assumed and spread (`MANUAL_NUMBERS`); no muscle guards.
    `pull_n`, `transmitted_n` and so the harness's part of `stroke_mm` are nought: no table pulls. `rested`
    (from `rest`, same model and setup) saves the history.

    Raises BadInput unless the model's setup is prone, NotConverged as `simulate`.
    """
    if model.setup.posture is not Posture.PRONE:
        raise BadInput(
            f"Expected a patient lying prone for flexion-distraction, got {model.setup.posture}. "
            "Give model.with_setup(Setup(posture=Posture.PRONE))."
        )
    time_s = manual_load(profile, after_s=after_s).time_s
    rests = (profile.sets - 1) * profile.rest_s
    return respond(
        model,
        lambda part: _by_hand(part, profile, after_s),
        time_s=np.asarray(time_s),
        pull_n=np.zeros(len(time_s)),
        session_s=profile.sets * profile.pushes * profile.push_s + rests,
        rested=rested,
        what=f"flexion-distraction with {profile.hand_force_n:.0f} N and {profile.flexion_deg:.0f} degrees",
        asked={"hand force": profile.hand_force_n, "flexion": profile.flexion_deg},
    )


def _by_hand(model: SpineModel, profile: ManualProfile, after_s: float) -> Acting:
    """What hand and table do to some samples."""
    numbers = {name: _drawn(model, name) for name in MANUAL_NUMBERS}
    hand = manual_load(
        profile,
        samples=model.samples,
        lumbar_share=numbers["lumbar_share"],
        hand_angle_deg=numbers["hand_angle"],
        behind_mm=numbers["contact_behind"],
        below_mm=numbers["contact_below"],
        after_s=after_s,
    )
    body = as_it_lies(model)
    steps, samples = len(hand.time_s), model.samples
    tilt = np.repeat(tilted(model.top, body.turn_rad)[None], steps, axis=0)
    tilt[:, 1] -= np.asarray(hand.turn_rad)
    points = np.zeros((1, 3, len(LEVELS), samples))
    points[0, :, hand.body] = np.asarray(hand.contact_mm)
    points[0, 2, hand.body] += model.above_disc_mm(hand.body)
    dt = np.repeat(np.diff(np.asarray(hand.time_s), prepend=0.0)[:, None], samples, axis=1)
    follower = np.repeat(np.asarray(body.compression_n)[None], steps, axis=0)
    return Acting(
        load=steady(dt, follower, tilt, np.asarray(hand.force_n), body=hand.body),
        points_mm=points,
        transmitted_n=np.zeros((steps, samples)),
    )


def _drawn(model: SpineModel, name: str) -> Numbers:
    """(sample) a number of the hand, by the model's seed and the sample's own number."""
    z = deviates(f"manual {name}", model.seed, max(model.drawn) + 1)
    return of_number(name, MANUAL_NUMBERS[name]).at(z[list(model.drawn)])
