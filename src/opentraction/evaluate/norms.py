"""Published norms of lumbar sizes by level, sex, age and stature, with a source beside each number.

`expected(place, patient)` gives what to expect of a disc (`Level`) or a vertebral body (`VertebraName`)
before anybody has measured it: every number is a `Measure` of quality "assumed" whose note names the source.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from math import atan, degrees, floor, radians, tan
from typing import overload

from opentraction.chart import Level, Measure, Patient, Quality, Sex, VertebraName

SOURCES: Mapping[str, str] = {
    "PANJABI1992": "Panjabi et al., Spine 1992;17:299 (lumbar vertebrae of 12 cadavers), quoted from memory",
    "PANJABI1991": "Panjabi et al., Spine 1991;16:888 (thoracic, 12 cadavers), quoted from memory",
    "IJSS2021": "Int J Spine Surg 2021;15:1072, table 6 (L5, CT of 196 patients, by sex and age)",
    "DISCDIM_IR": "Dimensions of lumbar discs in 14 normal subjects, 40-59 years, MRI (abstract)",
    "GRUBER2024": "Gruber 2024, literature averages for L4-L5: height 14, width 49, depth 33.4 mm",
    "CLOUTHIER2023": "Clouthier et al., J Biomech 2023;146:111421: mean body height 27.75 mm (87 patients)",
    "LL627": "627 healthy volunteers, PMC6680033: lordosis lying 36.8 (SD 13.2) degrees",
    "WANG2012": "Wang et al., Eur Spine J 2012;21:2316: concavity 1.5 mm above and 0.7 mm below the disc",
    "PFIRRMANN2006": "Pfirrmann et al., J Orthop Res 2006;24:1086: disc height is free of sex and stature",
    "SHAO2002": "Shao et al., Spine 2002;27:263: disc height grows 4.6-8.4 % from 20 to 69 years",
    "PFIRRMANN2001": "Pfirrmann et al., Spine 2001;26:1873: I-II normal, V collapsed; factors are ours",
    "T2POSTER": "T2 of 479 lumbar discs: grade I 210, II 129, IV 51 ms; III and V on the same line by us",
    "CHOSEN": "our choice within the ordinary range, no source read",
}
"""Key to full source. "quoted from memory" means that the paper itself was not re-read for this table."""

_V = VertebraName
_BODY: Mapping[VertebraName, tuple[float, float, float, float, float, str]] = {
    # superior depth, superior width, inferior depth, inferior width, posterior height [mm], source
    _V.T12: (32.8, 39.0, 33.4, 42.1, 22.7, "PANJABI1991"),
    _V.L1: (34.1, 41.2, 35.3, 43.3, 23.8, "PANJABI1992"),
    _V.L2: (34.6, 42.6, 34.9, 45.5, 24.3, "PANJABI1992"),
    _V.L3: (35.2, 44.1, 34.8, 48.0, 23.8, "PANJABI1992"),
    _V.L4: (35.5, 46.6, 33.9, 49.5, 24.1, "PANJABI1992"),
    _V.L5: (34.7, 47.3, 33.2, 49.4, 22.9, "PANJABI1992"),
    _V.S1: (33.2, 49.0, 33.2, 49.0, 22.9, "CHOSEN"),
}
_HEIGHT_FACTOR = 26.3 / 22.9
"""The cadaver heights of Panjabi run low: scaled so that the back of L5 is the 26.3 mm of 196 living people
(IJSS2021); the mean body height L2-L5 then is 27.9 mm against 27.75 mm (CLOUTHIER2023)."""
_BODY_WEDGE_DEG: Mapping[VertebraName, tuple[float, str]] = {
    # L5 from front 30.3 and back 26.3 mm over 35.7 mm; above it the usual fall to a slightly kyphotic L1
    _V.T12: (-3.5, "CHOSEN"),
    _V.L1: (-2.5, "CHOSEN"),
    _V.L2: (-1.0, "CHOSEN"),
    _V.L3: (0.5, "CHOSEN"),
    _V.L4: (2.0, "CHOSEN"),
    _V.L5: (6.4, "IJSS2021"),
    _V.S1: (0.0, "CHOSEN"),
}
_DISC: Mapping[Level, tuple[float, float, float, str]] = {
    # middle height [mm], its SD, front-minus-back height [mm], source of the middle height
    Level.L1_L2: (10.0, 1.89, 2.8, "DISCDIM_IR"),
    Level.L2_L3: (11.59, 1.51, 4.51, "DISCDIM_IR"),
    Level.L3_L4: (12.45, 1.79, 6.5, "DISCDIM_IR"),
    Level.L4_L5: (12.7, 1.9, 8.0, "DISCDIM_IR"),
    Level.L5_S1: (12.99, 2.53, 10.2, "DISCDIM_IR"),
}
LORDOSIS_LYING_DEG = (36.8, 13.2)
"""Mean and SD of lumbar lordosis lying down (LL627)."""
CONCAVITY_MM = (1.5, 0.7)
"""Depth of the endplate above a disc and of the one below it (WANG2012)."""
NUCLEUS_T2_MS: Mapping[int, float] = {1: 210.0, 2: 129.0, 3: 81.0, 4: 51.0, 5: 32.0}
"""T2 of the nucleus by Pfirrmann grade (T2POSTER; 3 and 5 on the line of the logarithms)."""
GRADE_HEIGHT: Mapping[int, float] = {1: 1.0, 2: 1.0, 3: 0.94, 4: 0.82, 5: 0.55}
"""Share of the middle height left at each Pfirrmann grade (PFIRRMANN2001)."""

_SEX_DEPTH = {Sex.FEMALE: 33.3 / 35.7, Sex.MALE: 37.1 / 35.7, Sex.UNKNOWN: 1.0}
_SEX_HEIGHT = {Sex.FEMALE: 29.6 / 30.3, Sex.MALE: 30.7 / 30.3, Sex.UNKNOWN: 1.0}
STATURE_MM: Mapping[Sex, float] = {Sex.FEMALE: 1640.0, Sex.MALE: 1770.0, Sex.UNKNOWN: 1700.0}
"""Stature at which the sizes of the sources are taken (CHOSEN)."""
_DEPTH_PER_YEAR = 0.084 / 35.7
"""Growth of the endplate's depth with age [1/year] about 46 years (IJSS2021)."""
_REFERENCE_AGE = 46.0
_LATERAL_SD, _HEIGHT_SD, _WEDGE_SD_DEG = 0.085, 0.065, 4.0
_OPEN_SD = 1.25
"""Factor on the spread of what depends on a sex, age or stature that is not known."""


@dataclass(frozen=True, kw_only=True)
class DiscNorm:
    """What to expect of one disc; each a `Measure` of quality "assumed"."""

    height_front_mm: Measure
    height_mid_mm: Measure
    height_back_mm: Measure
    depth_mm: Measure
    width_mm: Measure
    wedge_deg: Measure
    concavity_upper_mm: Measure
    concavity_lower_mm: Measure


@dataclass(frozen=True, kw_only=True)
class BodyNorm:
    """What to expect of one vertebral body; each a `Measure` of quality "assumed"."""

    depth_upper_mm: Measure
    width_upper_mm: Measure
    depth_lower_mm: Measure
    width_lower_mm: Measure
    height_front_mm: Measure
    height_mid_mm: Measure
    height_back_mm: Measure
    wedge_deg: Measure


@overload
def expected(place: Level, patient: Patient | None = None, *, pfirrmann: int = 2) -> DiscNorm: ...
@overload
def expected(place: VertebraName, patient: Patient | None = None, *, pfirrmann: int = 2) -> BodyNorm: ...
def expected(
    place: Level | VertebraName, patient: Patient | None = None, *, pfirrmann: int = 2
) -> DiscNorm | BodyNorm:
    """Norms of one place for one person (or for anybody, with a wider spread).

    Args:
        place: a lumbar level, or a vertebra T12 to S1.
        patient: sex, birth date and stature are used where known.
        pfirrmann: grade 1 to 5 the disc is taken to have; it sets the share of the height that is left.

    Raises:
        KeyError: for a vertebra above T12, of which no norms are carried.
    """
    sex = Sex.UNKNOWN if patient is None else patient.sex
    stature_mm = None if patient is None else patient.stature_mm
    age = None if patient is None else whole_years(patient)
    size = size_of(sex=sex, age_years=age, stature_mm=stature_mm)
    return disc_norm(place, size, pfirrmann) if isinstance(place, Level) else body_norm(place, size)


def whole_years(patient: Patient) -> float | None:
    """Age today in whole years, so that one form gives one spine from a birthday to the next."""
    age = patient.age_years(date.today())
    return None if age is None else float(floor(age))


@dataclass(frozen=True, kw_only=True)
class BodySize:
    """How a person's spine compares with the mean of the sources."""

    lateral: float
    """Factor on depth and width."""
    height: float
    """Factor on body height."""
    disc_height: float
    """Factor on disc height."""
    widen: float
    """Factor on the spread, above 1 where sex, age or stature are not known."""


def size_of(*, sex: Sex, age_years: float | None, stature_mm: float | None) -> BodySize:
    """Scale factors of a person.

    Depth and width follow sex and age (IJSS2021) and the square root of stature; body height follows sex and
    stature; disc height follows age only (PFIRRMANN2006, SHAO2002). The exponents of stature are our choice.
    """
    ratio = 1.0 if stature_mm is None else stature_mm / STATURE_MM[sex]
    years = 0.0 if age_years is None else min(max(age_years, 20.0), 70.0) - _REFERENCE_AGE
    known = (sex is not Sex.UNKNOWN) and age_years is not None and stature_mm is not None
    return BodySize(
        lateral=_SEX_DEPTH[sex] * ratio**0.5 * (1.0 + _DEPTH_PER_YEAR * years),
        height=_SEX_HEIGHT[sex] * ratio,
        disc_height=1.0 + 0.065 / 49.0 * years,
        widen=1.0 if known else _OPEN_SD,
    )


def body_norm(name: VertebraName, size: BodySize) -> BodyNorm:
    """Norms of one vertebral body at a given size; raises KeyError above T12."""
    depth_up, width_up, depth_low, width_low, back, source = _BODY[name]
    wedge, wedge_source = _BODY_WEDGE_DEG[name]
    back_mm = back * _HEIGHT_FACTOR * size.height
    depth_mid = 0.5 * (depth_up + depth_low) * size.lateral
    front_mm = back_mm + depth_mid * tan(radians(wedge))
    mid_mm = 0.5 * (front_mm + back_mm) - sum(CONCAVITY_MM)
    spread = _HEIGHT_SD * size.widen

    def lateral(value: float) -> Measure:
        own = value * size.lateral
        return _assumed(own, own * _LATERAL_SD * size.widen, source, "IJSS2021")

    return BodyNorm(
        depth_upper_mm=lateral(depth_up),
        width_upper_mm=lateral(width_up),
        depth_lower_mm=lateral(depth_low),
        width_lower_mm=lateral(width_low),
        height_front_mm=_assumed(front_mm, front_mm * spread, source, wedge_source),
        height_mid_mm=_assumed(mid_mm, mid_mm * spread, source, "WANG2012"),
        height_back_mm=_assumed(back_mm, back_mm * spread, source, "IJSS2021"),
        wedge_deg=_assumed(wedge, _WEDGE_SD_DEG * size.widen, wedge_source),
    )


def disc_norm(level: Level, size: BodySize, pfirrmann: int = 2) -> DiscNorm:
    """Norms of one disc at a given size and Pfirrmann grade.

    Front and back are at 10 and 90 % of the depth, and follow from the middle height, the wedge and the
    concavity of the two endplates.
    """
    mid, mid_sd, _, source = _DISC[level]
    left = GRADE_HEIGHT[pfirrmann]
    mid_mm = mid * size.disc_height * left
    depth = 0.5 * (_BODY[level.above][2] + _BODY[level.below][0]) * size.lateral
    width = 0.5 * (_BODY[level.above][3] + _BODY[level.below][1]) * size.lateral
    wedge = disc_wedge_deg(level)
    hollow_up, hollow_low = (value * left for value in CONCAVITY_MM)
    tilt = 0.4 * depth * 2.0 * tan(radians(wedge / 2.0))
    rim = mid_mm - 0.64 * (hollow_up + hollow_low)
    sd = mid_sd * size.widen
    lateral_sd = _LATERAL_SD * size.widen
    end_sd = (sd**2 + (0.4 * depth * tan(radians(_WEDGE_SD_DEG))) ** 2) ** 0.5
    return DiscNorm(
        height_front_mm=_assumed(rim + tilt, end_sd, source, "WANG2012", "LL627"),
        height_mid_mm=_assumed(mid_mm, sd, source, "PFIRRMANN2001"),
        height_back_mm=_assumed(max(rim - tilt, 1.0), end_sd, source, "WANG2012", "LL627"),
        depth_mm=_assumed(depth, depth * lateral_sd, "PANJABI1992", "IJSS2021"),
        width_mm=_assumed(width, width * lateral_sd, "PANJABI1992", "GRUBER2024"),
        wedge_deg=_assumed(wedge, _WEDGE_SD_DEG * size.widen, "DISCDIM_IR", "LL627"),
        concavity_upper_mm=_assumed(hollow_up, 0.5, "WANG2012"),
        concavity_lower_mm=_assumed(hollow_low, 0.4, "WANG2012"),
    )


def disc_wedge_deg(level: Level) -> float:
    """Wedge of a disc lying down [deg].

    The front-minus-back heights of DISCDIM_IR give the shares of the levels; they are scaled so that discs
    and bodies L1 to L5 together make the recumbent lordosis of LL627.
    """
    raw = {
        each: degrees(atan(_DISC[each][2] / (0.5 * (_BODY[each.above][2] + _BODY[each.below][0]))))
        for each in _DISC
    }
    bodies = sum(_BODY_WEDGE_DEG[each.above][0] for each in _DISC)
    return raw[level] * (LORDOSIS_LYING_DEG[0] - bodies) / sum(raw.values())


def _assumed(value: float, sd: float, *sources: str) -> Measure:
    note = "norm: " + "; ".join(SOURCES[key] for key in dict.fromkeys(sources))
    return Measure(value=value, sd=sd, quality=Quality.ASSUMED, note=note)
