"""A spine without a scan: published norms for this person, every number assumed, no level to be targeted."""

from collections.abc import Sequence
from math import copysign

from opentraction.chart import (
    Disc,
    FindingKind,
    Listhesis,
    Measure,
    Patient,
    Posture,
    Protrusion,
    ProtrusionKind,
    Quality,
    Sex,
    Side,
    Spine,
    SpineSource,
    Vertebra,
)
from opentraction.evaluate import norms
from opentraction.evaluate.examining.examination import ReportFinding
from opentraction.evaluate.phantoms.build import PhantomSpec, make_phantom

_AGE, _STATURE_MM = (18.0, 95.0), (1400.0, 2100.0)
_DEFAULT = PhantomSpec()
_REPORT_SIZE_MM = (5.0, 2.0)
"""Depth taken for a displacement that a report names without a size: our choice, in the middle of the
ordinary range."""
_REPORT = "from the radiology report"
_GRADE_SD = 0.5
_UNGRADED_SD = 1.0


def spine_of_norms(patient: Patient, report: Sequence[ReportFinding] | None = None) -> Spine:
    """The spine to expect of this person, lying down.

    Args:
        patient: sex, age and stature set the sizes where known; an unknown one widens the spread.
        report: typed statements of a radiology report; grades, displacements and slips it names are written
            to their level, still "assumed", since nobody has measured them here.

    Returns:
        A `Spine` of source "published norms": every measure assumed, so that no level is targetable.
    """
    entries = tuple(report or ())
    grades = _grades(entries)
    spec = PhantomSpec(
        variation=0.0,
        age_years=_within(norms.whole_years(patient), _AGE, _DEFAULT.age_years),
        sex=patient.sex,
        stature_mm=_within(patient.stature_mm, _STATURE_MM, norms.STATURE_MM[patient.sex]),
        pfirrmann=grades,
        lordosis_deg=norms.LORDOSIS_LYING_DEG[0],
    )
    model = make_phantom(spec).spine
    discs = tuple(_assumed_disc(disc, patient, entries, grades[disc.level.place]) for disc in model.discs)
    unknown = [
        name
        for name, value in (
            ("age", patient.birth_date),
            ("sex", None if patient.sex is Sex.UNKNOWN else patient.sex),
            ("stature", patient.stature_mm),
        )
        if value is None
    ]
    notes = [
        "No scan: every size is a published norm and none was measured on this person; no level is a target."
    ]
    if unknown:
        notes.append(f"Not known and taken as average, with a wider spread: {', '.join(unknown)}.")
    if entries:
        notes.append("Grades, displacements and slips are taken from a radiology report, not measured here.")
    return Spine(
        study_id="no-scan",
        source=SpineSource.NORMS,
        method="published norms of lumbar sizes; each size names its source",
        posture=Posture.SUPINE,
        vertebrae=tuple(_assumed_vertebra(vertebra, patient) for vertebra in model.vertebrae),
        discs=discs,
        lordosis_deg=_assumed(
            norms.LORDOSIS_LYING_DEG[0], norms.LORDOSIS_LYING_DEG[1], norms.SOURCES["LL627"]
        ),
        laterality_known=True,
        notes=tuple(notes),
        simulated=patient.simulated,
    )


def _within(value: float | None, bounds: tuple[float, float], otherwise: float) -> float:
    return otherwise if value is None else min(max(value, bounds[0]), bounds[1])


def _grades(entries: Sequence[ReportFinding]) -> tuple[int, int, int, int, int]:
    grades = list(_DEFAULT.pfirrmann)
    for entry in entries:
        if entry.level is not None and entry.pfirrmann is not None:
            grades[entry.level.place] = entry.pfirrmann
    return (grades[0], grades[1], grades[2], grades[3], grades[4])


def _assumed_disc(disc: Disc, patient: Patient, entries: Sequence[ReportFinding], grade: int) -> Disc:
    norm = norms.expected(disc.level, patient, pfirrmann=grade)
    height, depth, width = norm.height_mid_mm, norm.depth_mm, norm.width_mm
    share_h, share_d, share_w = (each.sd / each.value for each in (height, depth, width))
    area_share = (share_d**2 + share_w**2) ** 0.5
    own = [entry for entry in entries if entry.level is disc.level]
    graded = any(entry.pfirrmann is not None for entry in own)
    note = height.note

    def scaled(measure: Measure, share: float, text: str = note) -> Measure:
        return _assumed(measure.value, abs(measure.value) * share, text)

    farfan_share = (share_h**2 + share_d**2) ** 0.5
    return disc.replace(
        height_front_mm=_assumed(disc.height_front_mm.value, norm.height_front_mm.sd, note),
        height_mid_mm=_assumed(disc.height_mid_mm.value, height.sd, note),
        height_back_mm=_assumed(disc.height_back_mm.value, norm.height_back_mm.sd, note),
        mean_height_mm=scaled(disc.mean_height_mm, share_h),
        depth_mm=scaled(disc.depth_mm, share_d, depth.note),
        width_mm=scaled(disc.width_mm, share_w, width.note),
        wedge_deg=_assumed(disc.wedge_deg.value, norm.wedge_deg.sd, norm.wedge_deg.note),
        area_mm2=scaled(disc.area_mm2, area_share, depth.note),
        volume_mm3=scaled(disc.volume_mm3, (area_share**2 + share_h**2) ** 0.5),
        farfan_index=scaled(disc.farfan_index, farfan_share),
        dabbs_mm=scaled(disc.dabbs_mm, share_h),
        listhesis=_listhesis(own, disc),
        protrusion=_protrusion(own),
        signal_ratio=None,
        pfirrmann=_assumed(
            float(grade),
            _GRADE_SD if graded else _UNGRADED_SD,
            _REPORT if graded else "an ordinary grade for the level; not graded on this person",
        ),
        seen=False,
    )


def _protrusion(own: Sequence[ReportFinding]) -> Protrusion | None:
    for entry in own:
        if entry.kind is FindingKind.DISC_DISPLACEMENT:
            usual, spread = _REPORT_SIZE_MM
            depth = usual if entry.size_mm is None else entry.size_mm
            return Protrusion(
                kind=entry.displacement or ProtrusionKind.PROTRUSION,
                depth_mm=_assumed(depth, spread if entry.size_mm is None else 1.0, _REPORT),
                side=entry.side or Side.CENTRE,
            )
    return None


def _listhesis(own: Sequence[ReportFinding], disc: Disc) -> Listhesis | None:
    for entry in own:
        sized = entry.slip_percent is not None or entry.size_mm is not None
        if entry.kind is FindingKind.LISTHESIS and sized:
            depth = disc.depth_mm.value
            given = entry.slip_percent
            percent = 100.0 * (entry.size_mm or 0.0) / depth if given is None else given
            slip = percent * depth / 100.0 if entry.size_mm is None else copysign(entry.size_mm, percent)
            return Listhesis(
                slip_mm=_assumed(slip, 1.5, _REPORT),
                slip_percent=_assumed(percent, 100.0 * 1.5 / depth, _REPORT),
            )
    return None


def _assumed_vertebra(vertebra: Vertebra, patient: Patient) -> Vertebra:
    norm = norms.expected(vertebra.name, patient)
    changes: dict[str, Measure | None] = {
        "depth_mm": _with_spread(vertebra.depth_mm, norm.depth_upper_mm),
        "width_mm": _with_spread(vertebra.width_mm, norm.width_upper_mm),
    }
    for field in ("height_front_mm", "height_mid_mm", "height_back_mm", "wedge_deg"):
        value = getattr(vertebra, field)
        changes[field] = None if value is None else _with_spread(value, getattr(norm, field))
    return vertebra.replace(**changes)


def _with_spread(measure: Measure, norm: Measure) -> Measure:
    return _assumed(measure.value, norm.sd, norm.note)


def _assumed(value: float, sd: float, note: str) -> Measure:
    return Measure(value=value, sd=sd, quality=Quality.ASSUMED, note=note)
