"""Words by which pulls, openings, days and postures of living people (and cadavers in traction) are known."""

from __future__ import annotations

import re

from opentraction.mechanics.validating.experiment import asked
from opentraction.mechanics.validating.readings import levels_of
from opentraction.mechanics.validating.targets import Target
from opentraction.mechanics.validating.words import (
    Reading,
    Silent,
    load_in,
    number_before,
    one_level,
    rule,
    says,
    text_of,
)

_PRESSES = ("compression device", "axial compression", "dynawell", "axial load", "axially loaded")


_FORAMEN = {
    "minimum foraminal width": "foramen least width",
    "foraminal height": "foramen height",
    "foraminal width": "foramen width",
    "foramin": "foramen area",
    "foramen": "foramen area",
}
_HEIGHTS = {
    "anterior disc height": "front",
    "posterior disc height": "back",
    "disc height": "disc height",
    "disc volume": "disc volume",
}


def _levels(target: Target) -> str:
    return "/".join(level.value for level in levels_of(target.level))


@rule("pressure in manual flexion-distraction", "the hand's force is not printed: no answer")
def _manual(target: Target) -> Reading | None:
    if says(text_of(target), "flexion-distraction", "cox procedure"):
        return Silent("neither the hand's force nor the table's flexion is printed")
    return None


@rule("traction tension at which intradiscal pressure turns negative", "prone table")
def _threshold(target: Target) -> Reading | None:
    text = text_of(target)
    if "stops falling" in text:
        return Silent("the model has nothing by which the pressure would rise again")
    if "turns negative" in text:
        return asked("pull_threshold", level=one_level(target))
    return None


@rule("intradiscal pressure during traction; minimum during traction", "prone table; pull in N (else 400)")
def _pull_pressure(target: Target) -> Reading | None:
    text = text_of(target)
    if "pressure" not in target.quantity.lower() or "traction" not in text or "before traction" in text:
        return None
    return asked("pull_pressure", pull_n=load_in(target, "N") or 400.0, level=one_level(target))


@rule(
    "segment elongation (initial; final, or after minutes); tensile stiffness",
    "suspension in water, N at the ankles, age",
)
def _water(target: Target) -> Reading | None:
    text = text_of(target)
    stiffness = "tensile stiffness" in text
    if not stiffness and ("in water" not in text or "elongation" not in text):
        return None
    age = "old" if re.search(r"> ?[56]\d|older|elderly", text) else "young"
    age = "middle" if re.search(r"[34]\d ?(-|to) ?[56]\d ?y|middle", text) else age
    if stiffness:
        return asked("water_stiffness", weight_n=40.0, age=age, levels=_levels(target))
    late = not says(text, "initial") and says(text, "final", "after", "viscoelastic")
    when = 60.0 * min(number_before("min", text) or 20.0, 20.0) if late else 30.0
    weight = load_in(target, "N") or 0.0
    return asked("water_traction", weight_n=weight, age=age, when_s=when, levels=_levels(target))


_SCANNED = {
    "herniated": "hernia",
    "hernia": "hernia",
    "canal": "canal",
    **_FORAMEN,
    **_HEIGHTS,
}


@rule(
    "change of hernia area, canal area, foramen, front or back disc height",
    "CT or MRI during traction; pull in N (else 441)",
)
def _scan(target: Target) -> Reading | None:
    text = text_of(target)
    if "traction" not in text or not says(text, "ct ", "ct,", "mri"):
        return None
    for words, what in _SCANNED.items():
        if words in target.quantity.lower():
            pull = load_in(target, "N") or 441.0
            unit = "mm" if target.unit == "mm" else "%"
            return asked("scan_in_traction", what=what, levels=_levels(target), unit=unit, pull_n=pull)
    return None


@rule(
    "stature gain; time from which it exceeds; how long it lasts",
    "minutes of traction or lying, %BW, kg of the group; `crook`, `supine traction`, `split`: split table",
)
def _stature(target: Target) -> Reading | None:
    text = text_of(target)
    if "stature gain" not in text:
        return None
    share = load_in(target, "%BW")
    total = number_before("min", text) or 42.0
    read = re.search(r"(?:after|at) (\d+(?:\.\d+)?) min", text)
    at = float(read.group(1)) if read and "duration" not in text else total
    table = "split table" if says(text, "crook", "supine traction", "split") else "plain table"
    if "duration" in text:
        return asked("gain_lasts", percent_bw=30.0 if share is None else share, total_min=total, table=table)
    if share is None:
        return Silent("the pull is not printed")
    if "time from which" in text:
        return asked("traction_tells", percent_bw=share, total_min=total, table=table)
    mass = re.search(r"(\d+(?:\.\d+)?)(?: ?\+-? ?\d+(?:\.\d+)?)? kg", text)
    kilograms = float(round(float(mass.group(1)))) if mass else 70.0
    return asked("stature_gain", at_min=at, percent_bw=share, table=table, mass_kg=kilograms)


@rule("intervertebral space widening", "gravitational (hanging) traction; the level that widens least")
def _hanging(target: Target) -> Reading | None:
    if not says(text_of(target), "hanging", "gravitational"):
        return None
    return asked("hanging", levels=_levels(target))


@rule("lengthening under sustained traction", "cadaver; N or kg, minutes")
def _cadaver(target: Target) -> Reading | None:
    text = text_of(target)
    if "lengthening" not in text or "cadaver" not in text:
        return None
    kilograms = number_before("kg", text)
    force = load_in(target, "N") or (9.81 * kilograms if kilograms else None)
    if force is None:
        return Silent("the pull is not printed")
    return asked("cadaver_traction", force_n=force, total_min=number_before("min", text) or 30.0)


_PRESSED = {
    **_FORAMEN,
    "dural sac": "dural sac",
    "canal": "canal",
    "flav": "flavum thickness",
    **_HEIGHTS,
}


@rule(
    "change of foraminal height, width, area; canal or dural sac area; flavum thickness; disc height",
    "in %; compression device, lying; young or patients; levels",
)
def _openings(target: Target) -> Reading | None:
    text = text_of(target)
    if not says(text, *_PRESSES) or target.unit != "%":
        return None
    people = "patients" if "patient" in text else "young"
    for words, what in _PRESSED.items():
        if words in target.quantity.lower():
            return asked("pressed_opening", what=what, levels=_levels(target), people=people)
    return None


@rule("disc height or volume change AM to PM", "in %; smallest level, largest level, or the mean of levels")
def _day(target: Target) -> Reading | None:
    text = text_of(target)
    if not re.search(r"\bam to pm\b|morning to evening", text) or target.unit != "%":
        return None
    rank = next((word for word in ("smallest", "largest") if word in text), None)
    what = "volume" if "volume" in text else "height"
    return asked("day_change", what=what, level=rank or _levels(target))


@rule("disc volume decrease over simulated day", "4 h standing, 3 h sitting after 6 h supine; mean of levels")
def _simulated(target: Target) -> Reading | None:
    if "simulated day" not in text_of(target):
        return None
    return asked("simulated_day", level=_levels(target))


@rule("diurnal stature change", "whole body")
def _stature_day(target: Target) -> Reading | None:
    return asked("day_stature") if "diurnal stature" in text_of(target) and target.unit == "mm" else None


@rule("disc height repeatability", "after 45 min supine")
def _repeat(target: Target) -> Reading | None:
    text = text_of(target)
    return asked("supine_repeat") if "repeatability" in text and "supine" in text else None


@rule("intradiscal pressure after night rest", "hours lying")
def _night(target: Target) -> Reading | None:
    if "night rest" not in text_of(target):
        return None
    return asked("night_pressure", lying_h=load_in(target, "h") or 7.0, level=one_level(target))


_POSTURES = (
    (r"lifting.*(round|flexed|bent over|stoop)", "lifting, back flexed"),
    (r"lifting.*(knee|squat|straight back)", "lifting, knees bent"),
    (r"holding.*close", "holding close"),
    (r"holding.*(away|60 cm|arm)", "holding away"),
    (r"prone|at rest before traction", "lying prone"),
    (r"supine|lying on (the )?back", "lying supine"),
    (r"nonchalant|slouch|reclin|back ?rest", "sitting slouched"),
    (r"sitting.*(flex|forward|bent)", "sitting flexed"),
    (r"sitting.*(straight|erect|activ)", "sitting straight"),
    (r"sitting", "sitting"),
    (r"standing.*(flex|bent|forward)", "standing flexed"),
    (r"standing.*exten", "standing extended"),
    (r"standing", "standing"),
)
_MOVEMENTS = re.compile(
    r"walking|jogging|stairs|valsalva|laughing|sneez|turning|ball\b|prone, ext|elbow|on the side"
)


@rule(
    "intradiscal pressure; the same, sitting relative to standing in %",
    "lying prone or supine, standing, standing flexed, sitting (nonchalant, straight, flexed), lifting or "
    "holding kg; kg of the body",
)
def _posture(target: Target) -> Reading | None:
    text = text_of(target)
    if not target.quantity.lower().startswith("intradiscal pressure"):
        return None
    if target.unit == "%":
        known = "sitting relative to standing" in text
        return asked("posture_pressure_change", posture="sitting", against="standing") if known else None
    if _MOVEMENTS.search(text):
        return Silent("a movement or posture that the balance of weight and muscle does not describe")
    posture = next((name for pattern, name in _POSTURES if re.search(pattern, text)), None)
    if posture is None:
        return None
    held = re.search(r"(?:lifting|holding) (\d+(?:\.\d+)?) kg", text)
    body = re.search(r"\by (\d+(?:\.\d+)?) kg", text)
    return asked(
        "posture_pressure",
        posture=posture,
        held_kg=float(held.group(1)) if held else 0.0,
        level=one_level(target),
        mass_kg=float(body.group(1)) if body else 70.0,
    )


@rule("anterior or posterior disc margin Green strain", "full flexion; a level")
def _margin(target: Target) -> Reading | None:
    text = text_of(target)
    if "green strain" not in text or "flexion" not in text:
        return None
    margin = "anterior" if "anterior" in target.quantity.lower() else "posterior"
    return asked("back_strain", level=one_level(target), margin=margin)
