"""Rows of the laboratory: words by which discs, segments, facets and creep are known."""

from __future__ import annotations

import re

from opentraction.mechanics.validating.experiment import asked
from opentraction.mechanics.validating.readings import levels_of
from opentraction.mechanics.validating.targets import Target
from opentraction.mechanics.validating.words import (
    Reading,
    Silent,
    direction_in,
    load_in,
    number_before,
    one_level,
    rule,
    says,
    text_of,
)


@rule(
    "rotation; intradiscal pressure change",
    "`disc only`, or `ligaments and posterior elements removed`; a direction; load in Nm",
)
def _disc_only(target: Target) -> Reading | None:
    text = text_of(target)
    moment, direction = load_in(target, "Nm"), direction_in(text)
    removed = says(text, "disc only", "isolated disc", "disc-only") or (
        "removed" in text and "posterior" in text
    )
    if not removed or moment is None or direction is None or "multiplier" in text:
        return None
    name = "disc_pressure" if "pressure" in target.quantity.lower() else "disc_rotation"
    return asked(name, direction=direction, moment_nm=moment, level=one_level(target))


@rule(
    "stiffness multiplier vs no preload",
    "`intact` or `isolated disc`; load in N; a level (others: L2-L3/L4-L5)",
)
def _preload(target: Target) -> Reading | None:
    text, preload = text_of(target), load_in(target, "N")
    if not says(text, "stiffness multiplier", "stiffness relative to no preload") or preload is None:
        return None
    structures = "disc" if says(text, "isolated disc", "disc only") else "intact"
    levels = target.level if re.search(r"L\d", target.level) else "L2-L3/L4-L5"
    return asked("preload_factor", preload_n=preload, structures=structures, levels=levels)


@rule("shear stiffness", "intact segment; anterior, posterior, lateral, or all three; load in N (else 1029)")
def _shear(target: Target) -> Reading | None:
    text = text_of(target)
    if "shear stiffness" not in text:
        return None
    ways = [way for way in ("anterior", "posterior", "lateral") if way in text]
    way = ways[0] if len(ways) == 1 else "all"
    force = load_in(target, "N") or 1029.0
    return asked("shear_stiffness", force_n=force, direction=way, level=one_level(target))


@rule("axial compressive stiffness", "intact segment; preload in N (else 250)")
def _axial(target: Target) -> Reading | None:
    if not says(text_of(target), "axial compressive stiffness", "axial stiffness"):
        return None
    levels = target.level if re.search(r"L\d", target.level) else "L2-L3/L4-L5"
    return asked("axial_stiffness", preload_n=load_in(target, "N") or 250.0, levels=levels)


@rule(
    "disc height or bulge change per gram; intradiscal pressure relative to intact",
    "nucleus removed; load in g",
)
def _grams(target: Target) -> Reading | None:
    text = text_of(target)
    grams = load_in(target, "g")
    if grams is None or not says(text, "gram", "relative to intact", "nucleus removed", "removal of"):
        return None
    quantity = target.quantity.lower()
    name = (
        "gram_pressure" if "pressure" in quantity else "gram_bulge" if "bulge" in quantity else "gram_height"
    )
    return asked(name, grams=grams, level=one_level(target))


@rule(
    "facet contact force",
    "a direction and Nm, a compression in N, both, or an angle of L1 to L5 in deg; T12-L2: L1-L2",
)
def _facet_force(target: Target) -> Reading | None:
    text = text_of(target)
    if not says(text, "facet contact force", "facet joint force", "facet force"):
        return None
    level, direction = one_level(target), direction_in(text)
    follower = number_before("N", target.condition) or (load_in(target, "N") or 0.0)
    angle = load_in(target, "deg")
    if angle is not None and direction is not None:
        return asked(
            "facet_force_at_angle", level=level, follower_n=follower, angle_deg=angle, direction=direction
        )
    return asked(
        "facet_force",
        level=level,
        side=next((word for word in ("ipsilateral", "contralateral") if word in text), "mean"),
        follower_n=follower,
        direction=direction or "flexion",
        moment_nm=(load_in(target, "Nm") or 7.5) if direction else 0.0,
        segment="alone" if "T12-L2" in target.level else "spine",
    )


@rule("facet share of intervertebral compressive force", "erect posture; normal or narrowed disc")
def _facet_share(target: Target) -> Reading | None:
    text = text_of(target)
    if "facet share" not in text:
        return None
    return asked("facet_share", disc="narrowed" if "narrow" in text else "normal", level=one_level(target))


@rule("rotation or intradiscal pressure increase", "after unilateral or bilateral facetectomy; a direction")
def _facetectomy(target: Target) -> Reading | None:
    text = text_of(target)
    direction = direction_in(text)
    if "facetectomy" not in text or direction is None or not says(text, "rotation", "pressure"):
        return None
    sides = "unilateral" if "unilateral" in text else "bilateral"
    what = "pressure" if "pressure" in target.quantity.lower() else "rotation"
    return asked("facetectomy", what=what, sides=sides, direction=direction, level=one_level(target))


@rule(
    "intradiscal pressure",
    "intact spine, follower load in N, a pure moment in Nm, or both; a direction, else the greatest of four",
)
def _followed(target: Target) -> Reading | None:
    text = text_of(target)
    moment = load_in(target, "Nm") or number_before("nm", text)
    if "pressure" not in target.quantity.lower() or not says(text, "follower", "pure moment"):
        return None
    follower = load_in(target, "N") or 0.0
    if not follower and moment is None:
        return Silent("neither the follower load nor the moment is printed")
    return asked(
        "spine_pressure",
        moment_nm=moment or 0.0,
        follower_n=follower,
        level=one_level(target),
        direction=direction_in(text) or "all",
    )


@rule("stiffness in turning", "intact segment, Nm/deg: a direction; load in Nm")
def _turning(target: Target) -> Reading | None:
    text = text_of(target)
    moment, direction = load_in(target, "Nm"), direction_in(text)
    if "stiffness" not in target.quantity.lower() or target.unit != "Nm/deg" or moment is None:
        return None
    if direction is None or " + " in direction:
        return None
    return asked("turning_stiffness", direction=direction, moment_nm=moment, level=one_level(target))


@rule("rotation", "intact lumbar spine, pure moment: a direction, Nm, a level or span; a follower load in N")
def _spine_rotation(target: Target) -> Reading | None:
    text = text_of(target)
    moment = load_in(target, "Nm")
    direction = direction_in(target.quantity.lower()) or direction_in(text)
    if not says(text, "rotation", "range of motion") or moment is None or direction is None:
        return None
    if target.unit != "deg":
        return None
    follower = number_before("N", target.condition) if "follower" in text else None
    return asked(
        "spine_rotation",
        direction=direction,
        moment_nm=moment,
        levels="/".join(level.value for level in levels_of(target.level)),
        follower_n=follower or 0.0,
    )


UNNAMED_CREEP_N = 750.0
"""Load of a creep test that names none: the middle of 500 to 1000 N; assumed."""


@rule(
    "ratio of recovery time to loading time; fast-phase share; recovery time; fluid loss",
    "creep of a disc; N, h",
)
def _creep(target: Target) -> Reading | None:
    text, load = text_of(target), load_in(target, "N")
    if "ratio of recovery" in text:
        return asked("recovery_ratio", load_n=load or 1000.0)
    if "fast-phase share" in text:
        return asked("fast_share", load_n=load or 1000.0)
    if "recovery time" in text and target.unit == "h":
        return asked("recovery_hours", load_n=load or 2000.0)
    if "fluid loss" in text and "creep" in text:
        return asked("creep_fluid", load_n=load or UNNAMED_CREEP_N, creep_h=number_before("h", text) or 4.0)
    return None


@rule("intradiscal pressure of the unloaded disc", "swelling in a bath")
def _swelling(target: Target) -> Reading | None:
    text = text_of(target)
    return asked("swelling_pressure") if "pressure" in text and says(text, "osmotic", "swelling") else None
