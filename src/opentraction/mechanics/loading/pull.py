"""What of a table's pull reaches the spine: loss in skin and harness, friction, line of pull, guarding.

Axes: fixed to the sacrum, in the imaged posture x ventral, y left, z cranial along the table; origin the
centre of the L5-S1 disc. The pull acts on the pelvis towards the feet, its reaction on the chest harness:
the column is held at the sacrum and pulled at the thorax.
"""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from opentraction.chart import BadInput, Posture, Setup, TableKind
from opentraction.mechanics.arrays import Values, library
from opentraction.mechanics.loading.quantity import Number

BELOW_SHARE = 0.5
"""Share of body weight that the table carries below the belt (P199)."""
GUARDING_TIME_S = 100.0
"""Time constant of its fading: 5 % left after 5 min; back at the baseline after 4 to 6 min (V031)."""
GUARDING_AT_N = 25.0
"""Transmitted pull at which half of the guarding is there; assumed: none without a pull."""
PULL_NUMBERS: dict[str, Number] = {
    "lost_share": Number(0.30, 0.18, 0.39, "-", "skin and harness: 30 to 40 %, from V002 (vendor in part)"),
    "hold_forward": Number(-10.0, -28.0, 8.0, "mm", "of the pelvis against L5-S1; assumed: straps lie low"),
    "hold_below": Number(80.0, 50.0, 110.0, "mm", "pelvic hold below L5-S1; assumed"),
    "chest_height": Number(150.0, 110.0, 190.0, "mm", "chest harness above the centre of L1; assumed"),
    "tilt_share": Number(0.15, 0.03, 0.28, "-", "of the angle of pull left by the table; assumed"),
    "guarding": Number(1.06, 0.1, 2.7, "% of maximum", "during traction, healthy (V029)"),
    "guarding_in_pain": Number(4.0, 1.0, 7.0, "% of maximum", "at first, patients (V031); range assumed"),
    "slip": Number(0.03, 0.0, 0.08, "mm/N", "of the harness on the skin; assumed"),
    "tissue_stiffness": Number(
        16.7, 6.0, 35.0, "N/mm",
        "back muscles: 0.6 MPa (ESTLF2024) x 50 cm2 / 180 mm; area and length assumed. The fascia, 250 times "
        "stiffer, is left out: slack in the lordosis (assumed)",
    ),
    "tissue_toe": Number(10.8, 5.0, 18.0, "mm", "6 % of 180 mm, the strain at which the modulus was read"),
}  # fmt: skip


class Line(eqx.Module):
    """Where and how the pull takes hold; arrays (sample), mm and rad."""

    forward_mm: Float[Values, "s"]
    """Of the pelvic hold against L5-S1, ventral positive."""
    below_mm: Float[Values, "s"]
    """Of the pelvic hold below L5-S1."""
    l1_forward_mm: Float[Values, "s"]
    """Centre of L1 against L5-S1 as imaged."""
    l1_height_mm: Float[Values, "s"]
    chest_mm: Float[Values, "s"]
    """Height of the chest harness above the centre of L1 along the table."""
    tilt_rad: Float[Values, "s"]
    """What remains of the angle of pull in the line, towards the ceiling positive."""
    lateral_mm: Float[Values, "s"]
    """Of the pelvic hold to the left."""
    lateral_rad: Float[Values, "s"]
    """Angle of the pull to the left."""


class PullLoad(eqx.Module):
    """Load of a session on the column: time first, samples last."""

    time_s: Float[Values, "t"]
    pull_n: Float[Values, "t"]
    """At the table."""
    transmitted_n: Float[Values, "t s"]
    force_n: Float[Values, "t 3 s"]
    """On the thorax; direction fixed in the sacrum's axes."""
    moment_nmm: Float[Values, "t 3 s"]
    """Of that force about the centre of L1 in the posture of the session, before the pull moves it."""
    hold_mm: Float[Values, "3 s"]
    """Point of the thorax where it acts, from the centre of L1 in the thorax's own axes."""
    compression_n: Float[Values, "t j s"]
    """Follower compression: lying at rest and guarding."""
    turn_rad: Float[Values, "s"]
    """Turn of the thorax against the sacrum that the posture asks for: extension positive, minus a turn
    about y."""


def harness_line(
    l1_forward_mm: object,
    l1_height_mm: object,
    *,
    angle_rad: object = 0.0,
    lateral_mm: object = 0.0,
    lateral_rad: object = 0.0,
    samples: int = 1,
    numbers: dict[str, object] | None = None,
) -> Line:
    """The line of pull of a patient: place of L1 as imaged, angle of pull, `PULL_NUMBERS` but for `numbers`.

    Raises BadInput for a name that is not in `PULL_NUMBERS`.
    """
    given = numbers or {}
    unknown = sorted(set(given) - set(PULL_NUMBERS))
    if unknown:
        raise BadInput(
            f"Expected names of pull numbers ({', '.join(PULL_NUMBERS)}), got {', '.join(unknown)}."
        )

    def every(value: object) -> Values:
        xp = library(value)
        return xp.broadcast_to(xp.asarray(value, dtype=float), (samples,))  # type: ignore[no-any-return]

    found = {name: every(given.get(name, number.value)) for name, number in PULL_NUMBERS.items()}
    return Line(
        forward_mm=found["hold_forward"],
        below_mm=found["hold_below"],
        l1_forward_mm=every(l1_forward_mm),
        l1_height_mm=every(l1_height_mm),
        chest_mm=found["chest_height"],
        tilt_rad=found["tilt_share"] * library(angle_rad).asarray(angle_rad, dtype=float),
        lateral_mm=every(lateral_mm),
        lateral_rad=every(lateral_rad),
    )


def transmitted_n(pull_n: Float[Values, "t s"], friction_n: Float[Values, "#t s"]) -> Float[Values, "t s"]:
    """Pull that passes the friction: friction only opposes motion, and a strap cannot push.

    Loading: max(pull - friction, 0). Release: the body stays where it is until the pull has fallen by twice
    the friction; with no pull left, at most the friction is held back. Exact whatever the step, where pull
    and friction are monotone between two times. Before the first time nothing is held back.
    """

    def step(before: Values, now: tuple[Values, Values]) -> tuple[Values, Values]:
        pull, friction = now
        held = xp.minimum(before, pull + friction)
        passed = xp.maximum(xp.maximum(pull - friction, 0.0), held)
        return passed, passed

    xp = library(pull_n, friction_n)
    start, friction = xp.zeros_like(pull_n[0]), xp.broadcast_to(friction_n, pull_n.shape)
    if xp is jnp:
        return jax.lax.scan(step, start, (pull_n, friction))[1]
    passed = [start]
    for now in zip(pull_n, friction, strict=True):
        passed.append(step(passed[-1], now)[0])
    return xp.stack(passed[1:])  # type: ignore[no-any-return]


def friction_n(
    setup: Setup, weight_n: Float[Values, "s"], lift_n: Float[Values, "t s"]
) -> Float[Values, "t s"]:
    """Greatest friction below the belt: coefficient x (half of the weight less what the pull lifts).

    None on a split table, whose lower part rolls with the body.
    """
    share = 0.0 if setup.table is TableKind.SPLIT else 1.0
    lying = library(weight_n, lift_n).maximum(BELOW_SHARE * weight_n - lift_n, 0.0)
    return share * setup.friction * lying  # type: ignore[no-any-return]


def guarding_n(
    time_s: Float[Values, "t"],
    passed_n: Float[Values, "t s"],
    muscle_maximum_n: Float[Values, "s"],
    *,
    first_percent: object = PULL_NUMBERS["guarding"].value,
    base_percent: object = PULL_NUMBERS["guarding"].value,
    started_s: object = 0.0,
) -> Float[Values, "t s"]:
    """Compression by muscles that hold against the pull, fading from `first_percent` to `base_percent`.

    A patient's session begins with `guarding_in_pain` and ends with `guarding`: about 4 % of the greatest
    force at first, about 1 % after 4 to 6 min as in healthy people (P203). `started_s`: when it began.
    """
    xp = library(time_s, passed_n, muscle_maximum_n, first_percent, base_percent, started_s)
    since = xp.maximum(time_s - xp.asarray(started_s, dtype=float), 0.0)[:, None]
    base = xp.asarray(base_percent, dtype=float)
    percent = base + (xp.asarray(first_percent, dtype=float) - base) * xp.exp(-since / GUARDING_TIME_S)
    return percent / 100.0 * muscle_maximum_n * passed_n / (passed_n + GUARDING_AT_N)  # type: ignore[no-any-return]


def harness_stroke_mm(
    pull_n: Float[Values, "t"], stiffness_n_per_mm: object, slip_mm_per_n: object
) -> Float[Values, "t s"]:
    """Travel of the table that the harness takes: its stretch, and slip on the skin that does not come back.

    On a table that sets force they change the travel only; what they cost in force is the share that is lost.
    """
    xp = library(pull_n, stiffness_n_per_mm, slip_mm_per_n)
    stretch = pull_n[:, None] / xp.atleast_1d(xp.asarray(stiffness_n_per_mm, dtype=float))
    highest = jax.lax.associative_scan(jnp.maximum, pull_n) if xp is jnp else np.maximum.accumulate(pull_n)
    return stretch + highest[:, None] * xp.atleast_1d(xp.asarray(slip_mm_per_n, dtype=float))  # type: ignore[no-any-return]


def tissue(
    lengthening_mm: Values,
    stiffness_n_per_mm: object = PULL_NUMBERS["tissue_stiffness"].value,
    toe_mm: object = PULL_NUMBERS["tissue_toe"].value,
) -> tuple[Values, Values, Values]:
    """Energy [N mm], force [N] and stiffness [N/mm] of the trunk's soft tissue beside the column.

    Against the lengthening of L1 to S1 from lying at rest. Zero when shortened, quadratic over the toe, then
    linear (the form of P162 to P192); what it pulls lying at rest is in the lying compression. It lies beside
    the column and lengthens with it, so it adds nothing to the table's travel. Its force comes out of
    `lost_share`, which was found from pressures in discs and so holds all that passes them by; it is told,
    and not taken off a second time.
    """
    xp = library(lengthening_mm, stiffness_n_per_mm, toe_mm)
    k, toe = xp.asarray(stiffness_n_per_mm), xp.asarray(toe_mm)
    bent = xp.clip(lengthening_mm, 0.0, toe)
    straight = xp.maximum(lengthening_mm - toe, 0.0)
    force = k * bent**2 / (2.0 * toe) + k * straight
    energy = k * bent**3 / (6.0 * toe) + 0.5 * k * toe * straight + 0.5 * k * straight**2
    return xp.asarray(energy), xp.asarray(force), xp.asarray(k * bent / toe)


def line_of_pull(
    line: Line, turn_rad: Float[Values, "s"], posture: Posture
) -> tuple[Float[Values, "3 s"], Float[Values, "3 s"], Float[Values, "3 s"]]:
    """Unit vector of the force on the thorax, its lever from L1's centre, and that in the thorax's own
    axes.

    The line passes the pelvic hold. The pelvis turns against the table by the posture's turn, so the
    table's axis leans by it in the sacrum's axes; L1 goes along on an even arc. The hold lies on the line,
    at the height of the chest harness over L1 along the table.
    """
    xp = library(line, turn_rad)
    ceiling = -1.0 if posture is Posture.PRONE else 1.0
    lean = ceiling * line.tilt_rad + turn_rad
    across = xp.cos(line.lateral_rad)
    unit = xp.stack([-xp.sin(lean) * across, -xp.sin(line.lateral_rad), xp.cos(lean) * across])
    zero = xp.zeros_like(lean)
    pelvis = xp.stack([line.forward_mm, line.lateral_mm, -line.below_mm])
    first = _bent(line.l1_forward_mm, line.l1_height_mm, turn_rad)
    table = xp.stack([-xp.sin(turn_rad), zero, xp.cos(turn_rad)])
    run = ((first - pelvis) * table).sum(0) + line.chest_mm
    lever = pelvis + run / (unit * table).sum(0) * unit - first
    c, s = xp.cos(turn_rad), xp.sin(turn_rad)
    own = xp.stack([c * lever[0] + s * lever[2], lever[1], -s * lever[0] + c * lever[2]])
    return unit, lever, own


def session_load(
    time_s: Float[Values, "t"],
    pull_n: Float[Values, "t"],
    setup: Setup,
    line: Line,
    *,
    angle_rad: object,
    weight_n: Float[Values, "s"],
    lost_share: Float[Values, "s"],
    lying_n: Float[Values, "s"],
    guarding_share_n: Float[Values, "t s"] | None = None,
    turn_rad: Float[Values, "s"],
    opened_s: object | None = None,
    joints: int = 5,
) -> PullLoad:
    """Everything that a pull over time puts on the column.

    `lost_share` goes into skin, harness and the table under the chest (0.18 to 0.39, `pull_share` of the
    priors); `guarding_share_n` from `guarding_n`, None: no guarding.
    """
    xp = library(time_s, pull_n, line, angle_rad, weight_n, lost_share, turn_rad, opened_s)
    angle = xp.asarray(angle_rad, dtype=float)
    arriving = (1.0 - lost_share) * (pull_n * xp.cos(angle))[:, None]
    lift = (1.0 - lost_share) * (pull_n * xp.sin(angle))[:, None]
    friction = friction_n(setup, weight_n, lift)
    if opened_s is not None:
        friction = xp.where((time_s <= xp.asarray(opened_s, dtype=float))[:, None], friction, 0.0)
    passed = transmitted_n(arriving, friction)
    unit, lever, own = line_of_pull(line, turn_rad, setup.posture)
    moment = xp.cross(lever, unit, axis=0)
    compression = lying_n + (0.0 * passed if guarding_share_n is None else guarding_share_n)
    return PullLoad(
        time_s=time_s,
        pull_n=pull_n,
        transmitted_n=passed,
        force_n=passed[:, None] * unit,
        moment_nmm=passed[:, None] * moment,
        hold_mm=own,
        compression_n=library(compression).repeat(compression[:, None], joints, axis=1),
        turn_rad=turn_rad,
    )


def components(vector: Float[Values, "t 3 s"], *, mirror: bool, turning: bool = False) -> list[Values | None]:
    """The three components as the column's lists hold them; None where a mirrored spine has none.

    Of a force x and z stay, of a moment (`turning`) y. A pull to one side needs the full spine.
    """
    kept = (turning, not turning, turning) if mirror else (False, False, False)
    return [None if gone else vector[:, k] for k, gone in enumerate(kept)]


def _bent(forward_mm: Values, height_mm: Values, turn_rad: Values) -> Float[Values, "3 s"]:
    """Place of L1 when the way up to it bends backward by `turn_rad` on an even arc (chord of the arc)."""
    xp, half = library(forward_mm, height_mm, turn_rad), 0.5 * turn_rad
    chord = xp.sinc(half / xp.pi)
    c, s = chord * xp.cos(half), chord * xp.sin(half)
    place = [c * forward_mm - s * height_mm, xp.zeros_like(half), s * forward_mm + c * height_mm]
    return xp.stack(place)  # type: ignore[no-any-return]
