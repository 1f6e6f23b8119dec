"""What a posture asks of the lumbar spine: compression at each level from a stated balance of moments.

Balance at a disc: weight above it and a load in the hands turn forward, the back muscles (with the fascia
over them) turn back on one lever arm, the bent spine itself carries a part. The muscles' pull and the
weight along the spine are the compression. Pressures measured in discs are not used anywhere here: they are
checks.

No relief by intra-abdominal pressure: it stays below 1.3 kPa under 54 N m (MARRAS1996), and whether any is
left after the pull of the abdominal wall is in doubt (MCGILL1987).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import equinox as eqx
import numpy as np
from jaxtyping import Float

from opentraction.chart import BadInput, Posture, Setup
from opentraction.mechanics.arrays import Values, library
from opentraction.mechanics.loading.quantity import Number

GRAVITY_M_S2 = 9.81
WEIGHT_SHARE = (0.42, 0.46, 0.50, 0.54, 0.58)
"""Weight above each disc over body weight, L1-L2 to L5-S1 (P205). PEARSALL1996 with PLAGENHOEF1983 gives
0.505 above L3-L4 (head and neck 0.083, arms 0.115, upper trunk 0.185, middle trunk 0.122)."""
IMAGED_HIP_DEG = 15.0
"""Hip flexion of a scan lying on a thin knee cushion; assumed."""


NUMBERS: dict[str, Number] = {
    "weight_above": Number(
        0.54, 0.50, 0.58, "of body weight", "above L4-L5 (P205), other levels in proportion; range assumed"
    ),
    "centre_height": Number(
        260.0, 230.0, 290.0, "mm", "centre of the weight above L5-S1 over it, along the trunk (CHAFFIN1999)"
    ),
    "disc_spacing": Number(39.0, 35.0, 43.0, "mm", "body (V171, V172), disc (P208 to P211); unless imaged"),
    "shoulder_height": Number(
        400.0, 360.0, 440.0, "mm", "over L5-S1: trunk 0.288 of stature (DRILLIS1966) less 100 mm; assumed"
    ),
    "standing_offset": Number(
        15.0, 5.0, 25.0, "mm",
        "weight ahead of the disc when standing; assumed: vertebrae lie 28 mm from the gravity line on "
        "average (GANGNET2003), the lordosis nearer",
    ),
    "hip_depth": Number(100.0, 80.0, 120.0, "mm", "hip axis below L5-S1; assumed"),
    "extensor_arm": Number(55.0, 48.0, 62.0, "mm", "assumed; 50 mm is usual in models (GUNGOR2013)"),
    "abdominal_arm": Number(100.0, 80.0, 130.0, "mm", "assumed"),
    "muscle_maximum": Number(
        2500.0, 1600.0, 3900.0, "N", "of the extensors; assumed, 0.4 to 1.3 MPa (BURKHART2017) on 40 cm2"
    ),
    "coactivation": Number(1.7, 0.4, 3.0, "% of maximum", "flexors and extensors upright (CHOLEWICKI1997)"),
    "loaded_coactivation": Number(
        2.9, 0.6, 5.2, "% of maximum", "the same with 32 kg on the trunk (CHOLEWICKI1997)"
    ),
    "spine_moment": Number(
        35.0, 20.0, 50.0, "N m",
        "borne by the fully bent spine itself; assumed, within the 120 N m of spine, fascia and silent "
        "muscle together (DOLAN1994)",
    ),
    "full_flexion": Number(55.0, 45.0, 65.0, "deg", "L1 to S1 from standing to fully bent; assumed"),
    "lying_tension": Number(
        90.0, 30.0, 200.0, "N",
        "resting pull of the muscles lying: 0.6 MPa (ESTLF2024) x 50 cm2 x 3 % stretch; area and stretch "
        "assumed; P206 is not used, it comes from a disc pressure",
    ),
    "sitting_share": Number(
        0.55, 0.35, 0.75, "-",
        "of the hours up and about that are sat: 7.7 h a day, 55 %, by accelerometer (MATTHEWS2008); range "
        "assumed",
    ),
    "backrest_share": Number(0.5, 0.2, 0.8, "-", "of the sitting that is against a backrest; assumed"),
    "counterbalance": Number(
        0.5, 0.2, 0.8, "-", "share of a held load's moment taken away by leaning back; assumed, half of all"
    ),
}  # fmt: skip


class Stance(StrEnum):
    """What the body does."""

    STANDING = "standing"
    SITTING = "sitting without support"
    ABOUT = "up and about: sitting and standing by turns"
    SLOUCHED = "sitting slouched against a backrest"
    FLEXED = "standing flexed forward"
    LIFTING = "lifting with a round back"
    HOLDING = "holding a load close to the body"
    SUPINE = "lying supine"
    PRONE = "lying prone"
    HANGING = "hanging by a chest harness"
    IN_WATER = "hanging by the neck in water"


@dataclass(frozen=True)
class Pose:
    """How a stance holds the trunk; angles forward positive, against standing upright."""

    pelvis_deg: float
    thorax_deg: float
    lordosis_deg: float
    """Lordosis L1-S1 gained (positive) against the imaged lying."""
    source: str
    load_arm_mm: float | None = None
    """Of a load held close: ahead of L5-S1; None: it hangs below the shoulders."""
    coactivation: str | None = "coactivation"
    leaning: bool = False
    """A backrest takes the moment."""
    seated: bool = False
    """The weight is kept over the hip axis as when standing: the upper trunk comes forward for it."""


_STANDING_GAIN_DEG = 13.0
_LL = "49.8 deg standing against 36.8 lying (LL627)"
POSES: dict[Stance, Pose] = {
    Stance.STANDING: Pose(0.0, 0.0, _STANDING_GAIN_DEG, _LL),
    Stance.SITTING: Pose(
        -18.7, -2.1, _STANDING_GAIN_DEG - 16.6,
        "lordosis -16.6, sacral slope -18.7 deg from standing (ENDO2012)", seated=True,
    ),
    Stance.SLOUCHED: Pose(
        -40.0, -3.7, _STANDING_GAIN_DEG - 36.3,
        "72.9 % of the lordosis lost as on the floor (BAE2012), muscles silent (OSULLIVAN2006); pelvis -40 "
        "deg and a backrest that takes the moment and no weight: assumed",
        coactivation=None, leaning=True,
    ),
    Stance.FLEXED: Pose(
        13.0, 53.0, _STANDING_GAIN_DEG - 40.0,
        "trunk 53 deg (DREISCHARF2015); 40 deg of it lumbar: assumed", coactivation=None,
    ),
    Stance.LIFTING: Pose(
        27.0, 75.0, _STANDING_GAIN_DEG - 48.0,
        "lumbar flexion 78 to 97 % of the range (DOLAN1994); trunk 75 deg: assumed", coactivation=None,
    ),
    Stance.HOLDING: Pose(
        0.0, 0.0, _STANDING_GAIN_DEG, "load 250 mm ahead: nearest that clears the belly (NIOSH1994); " + _LL,
        load_arm_mm=250.0, coactivation="loaded_coactivation",
    ),
    Stance.SUPINE: Pose(0.0, 0.0, 0.0, "as imaged"),
    Stance.PRONE: Pose(0.0, 0.0, 5.0, "assumed"),
    Stance.HANGING: Pose(0.0, 0.0, 0.0, "assumed"),
    Stance.IN_WATER: Pose(0.0, 0.0, 0.0, "assumed"),
}  # fmt: skip
_UP_TO = np.tril(np.ones((5, 5)), -1)
"""Running sums as a product: compiled by JAX 0.10.2 for the CPU, `cumsum` can come out wrong (see tests)."""
LYING = (Stance.SUPINE, Stance.PRONE)
TURN_PER_HIP_DEG = Number(
    0.18,
    0.10,
    0.30,
    "deg/deg",
    "16.6 deg of lordosis lost over the 90 deg of hip flexion of sitting (ENDO2012)",
)
WATER_TENSION_N = 11.0
"""Lumbar tension by buoyancy and weight hanging by the neck in water (V010, KURUTZ2010)."""


class Trunk(eqx.Module):
    """A patient's weights and lever arms: arrays (sample) or (joint, sample); defaults from `NUMBERS`."""

    weight_n: Float[Values, "s"]
    share: Float[Values, "j s"]
    spacing_mm: Float[Values, "j s"]
    """Path from each disc's centre to the next one up; the first value is unused."""
    number: dict[str, Float[Values, "s"]]
    """Every entry of `NUMBERS`, by name."""


UPRIGHT_HOLD = 10.0
"""Sitting, bending and holding the trunk's muscles keep the angle that was measured: assumed, so many times
as firmly as the lying thorax is held. Of 55 degrees of bending forward the column then takes 53; held as
lying it would take 43."""
_RELAXED = (*LYING, Stance.STANDING, Stance.ABOUT, Stance.HANGING, Stance.IN_WATER)
"""Stances without an effort to reach an angle. Standing held ten times as firmly, a column whose facets meet
early was pressed onto them with up to 30 N m, and half of its load passed behind the discs."""


class PostureLoad(eqx.Module):
    """What a stance puts on the column; joints head to foot, samples last."""

    stance: Stance = eqx.field(static=True)
    compression_n: Float[Values, "j s"]
    """Follower compression; tension negative."""
    turn_rad: Float[Values, "s"]
    """Turn of the thorax against the sacrum from the imaged lying: extension positive, minus a turn about
    y."""
    moment_nmm: Float[Values, "j s"]
    """Of weight and load about each disc, forward positive."""
    muscle_n: Float[Values, "j s"]
    """Pull of the back muscles (negative: of the abdominal muscles) that balances it."""
    spine_moment_nmm: Float[Values, "j s"]
    """What is left to the bent spine; the column's own moment should come near it."""

    @property
    def hold(self) -> float:
        """How many times as firmly as lying the thorax is held at its turn."""
        return 1.0 if self.stance in _RELAXED else UPRIGHT_HOLD


def trunk(
    weight_n: object,
    *,
    samples: int = 1,
    spacing_mm: object | None = None,
    numbers: dict[str, object] | None = None,
) -> Trunk:
    """A trunk of `samples` samples; `numbers` overrides entries of `NUMBERS`, `spacing_mm` is (joint,
    sample).

    Raises BadInput for a name that is not in `NUMBERS`.
    """
    given = numbers or {}
    unknown = sorted(set(given) - set(NUMBERS))
    if unknown:
        raise BadInput(f"Expected names of posture numbers ({', '.join(NUMBERS)}), got {', '.join(unknown)}.")
    found = {name: _samples(given.get(name, number.value), samples) for name, number in NUMBERS.items()}
    spacing = found["disc_spacing"] if spacing_mm is None else spacing_mm
    shape, xp = (len(WEIGHT_SHARE), samples), library(spacing)
    return Trunk(
        weight_n=_samples(weight_n, samples),
        share=np.array(WEIGHT_SHARE)[:, None] * found["weight_above"] / WEIGHT_SHARE[3],
        spacing_mm=xp.broadcast_to(xp.asarray(spacing, dtype=float), shape),
        number=found,
    )


def posture_load(
    body: Trunk,
    stance: Stance,
    *,
    load_kg: float = 0.0,
    hip_flexion_deg: float | None = None,
    pose: Pose | None = None,
) -> PostureLoad:
    """Compression, turn and balance of a stance; `load_kg` in the hands, at the ankles in water.

    `hip_flexion_deg` counts only lying; None: as imaged. `pose` stands for that of `POSES`. Up and about is
    the mean over the hours, for a disc that loses water far slower than its owner gets up.
    Raises BadInput for a load in a stance that holds none.
    """
    if load_kg and stance not in (
        Stance.LIFTING,
        Stance.HOLDING,
        Stance.FLEXED,
        Stance.HANGING,
        Stance.IN_WATER,
    ):
        raise BadInput(
            f"Expected no load when {stance.value}, got {load_kg:g} kg. Ask for lifting or holding."
        )
    if stance is Stance.ABOUT:
        return _about(body)
    held = pose or POSES[stance]
    turn: Values = np.radians(held.lordosis_deg) * np.ones(body.weight_n.shape)
    if stance in LYING and hip_flexion_deg is not None:
        turn = turn + hip_turn_rad(hip_flexion_deg, TURN_PER_HIP_DEG.value)
    added = load_kg * GRAVITY_M_S2
    zero = np.zeros(body.share.shape)
    still: Values
    if stance in LYING:
        still = zero + body.number["lying_tension"]
    elif stance is Stance.HANGING:
        still = -(1.0 - body.share) * body.weight_n - added
    elif stance is Stance.IN_WATER:
        still = zero - WATER_TENSION_N - added
    else:
        return _upright(body, stance, held, added, turn)
    return PostureLoad(stance, still, turn, zero, zero, zero)


def _about(body: Trunk) -> PostureLoad:
    sat, leant = body.number["sitting_share"], body.number["backrest_share"]
    shares = {
        Stance.STANDING: 1.0 - sat,
        Stance.SITTING: sat * (1.0 - leant),
        Stance.SLOUCHED: sat * leant,
    }
    loads = {stance: posture_load(body, stance) for stance in shares}

    def mean(part: str) -> Values:
        total: Values = sum(share * getattr(loads[stance], part) for stance, share in shares.items())
        return total

    return PostureLoad(
        Stance.ABOUT,
        mean("compression_n"),
        mean("turn_rad"),
        mean("moment_nmm"),
        mean("muscle_n"),
        mean("spine_moment_nmm"),
    )


def hip_turn_rad(hip_flexion_deg: object, turn_per_deg: object) -> Values:
    """Turn of the lying thorax against the sacrum [rad], extension positive: bent hips flatten the spine."""
    xp = library(hip_flexion_deg, turn_per_deg)
    flexed = xp.asarray(hip_flexion_deg, dtype=float) - IMAGED_HIP_DEG
    return xp.asarray(-xp.radians(xp.asarray(turn_per_deg) * flexed))  # type: ignore[no-any-return]


def setup_stance(setup: Setup) -> Stance:
    """The stance of a traction setup. Raises BadInput when the posture is unknown."""
    names = {Posture.SUPINE: Stance.SUPINE, Posture.PRONE: Stance.PRONE, Posture.STANDING: Stance.STANDING}
    if setup.posture not in names:
        raise BadInput(
            "Expected a setup that lies supine or prone or stands, got an unknown posture. State it."
        )
    return names[setup.posture]


def _upright(body: Trunk, stance: Stance, pose: Pose, added_n: float, turn: Values) -> PostureLoad:
    number, xp = body.number, library(body, added_n)
    load_arm = _load_arm_mm(body, pose)
    above = body.share * body.weight_n
    moment = weight_moment_nmm(body, pose) + added_n * load_arm
    if pose.load_arm_mm is not None:
        moment = moment - number["counterbalance"] * added_n * load_arm
    flexion = (pose.thorax_deg - pose.pelvis_deg) / number["full_flexion"]
    borne = number["spine_moment"] * 1e3 * xp.clip(flexion, 0.0, 1.0) ** 3
    if pose.leaning:
        left, spine = xp.zeros_like(moment), xp.zeros_like(moment)
    else:
        spine = xp.clip(borne, 0.0, xp.maximum(moment, 0.0))
        left = moment - spine
    muscle = left / xp.where(left > 0, number["extensor_arm"], number["abdominal_arm"])
    # both sides of the spine pull; equal greatest pulls assumed
    tone = (
        0.0
        if pose.coactivation is None
        else 2.0 * number[pose.coactivation] / 100.0 * number["muscle_maximum"]
    )
    along = np.cos(_inclination_rad(pose))[:, None]
    return PostureLoad(stance, (above + added_n) * along + abs(muscle) + tone, turn, moment, muscle, spine)


def weight_moment_nmm(body: Trunk, pose: Pose) -> Float[Values, "j s"]:
    """Moment of the weight above each disc about it [N mm], forward positive.

    Slices of the trunk between the discs weigh at half their length; the rest of the body above L1-L2
    weighs on the thorax's axis, so high that upright the centre over L5-S1 is `centre_height`.
    """
    forward, rest = _chain_mm(body, pose)
    slices = body.share[1:] - body.share[:-1]
    middle = 0.5 * (forward[:-1] + forward[1:])
    top = forward[0] + rest * np.sin(np.radians(pose.thorax_deg))
    if pose.seated:
        ahead = -body.number["hip_depth"] * np.sin(np.radians(pose.pelvis_deg))
        top = (body.share[-1] * ahead - (slices * middle).sum(axis=0)) / body.share[0]
    # moments of the shares above each disc about L5-S1, then about the disc itself
    about = body.share[:1] * top + _UP_TO[:, :-1] @ (slices * middle)
    offset = body.number["standing_offset"] * np.cos(_inclination_rad(pose))[:, None]
    return (about + body.share * (offset - forward)) * body.weight_n


def _chain_mm(body: Trunk, pose: Pose) -> tuple[Float[Values, "j s"], Float[Values, "s"]]:
    """Forward place of each disc against L5-S1, and height of the top weight over L1-L2 along the thorax."""
    lean = np.sin(_inclination_rad(pose))[:, None]
    forward, height = _UP_TO.T @ (lean * body.spacing_mm), _UP_TO.T @ body.spacing_mm
    slices = body.share[1:] - body.share[:-1]
    below = (slices * 0.5 * (height[:-1] + height[1:])).sum(axis=0)
    top = (body.share[-1] * body.number["centre_height"] - below) / body.share[0]
    return forward, top - height[0]


def _inclination_rad(pose: Pose) -> Float[np.ndarray, "j"]:
    """Inclination of the body above each disc: the lumbar flexion is shared evenly by the five joints."""
    step = (pose.thorax_deg - pose.pelvis_deg) / len(WEIGHT_SHARE)
    return np.radians(np.array([pose.pelvis_deg + step * k for k in range(len(WEIGHT_SHARE), 0, -1)]))


def _load_arm_mm(body: Trunk, pose: Pose) -> Float[Values, "j s"]:
    """Lever arm of the load in the hands about each disc."""
    forward, _ = _chain_mm(body, pose)
    if pose.load_arm_mm is not None:
        return pose.load_arm_mm - forward
    height = body.spacing_mm[1:].sum(axis=0)
    shoulder = forward[0] + (body.number["shoulder_height"] - height) * np.sin(np.radians(pose.thorax_deg))
    return shoulder - forward


def _samples(value: object, samples: int) -> Float[Values, "s"]:
    xp = library(value)
    return xp.broadcast_to(xp.asarray(value, dtype=float), (samples,))  # type: ignore[no-any-return]
