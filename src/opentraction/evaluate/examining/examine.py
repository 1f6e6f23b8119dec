"""Examination, radiology report and image measures become findings, joined into candidate root causes."""

from collections.abc import Iterator
from typing import Any

from opentraction.chart import (
    Finding,
    FindingKind,
    Findings,
    FindingSource,
    Posture,
    ProtrusionKind,
    Quality,
    Reply,
    Side,
    Spine,
    VertebraName,
)
from opentraction.evaluate.examining.causes import root_causes
from opentraction.evaluate.examining.examination import (
    Examination,
    ReflexGrade,
    ReportFinding,
    Sensation,
    StraightLegRaise,
    mrc_words,
)
from opentraction.evaluate.examining.image_findings import image_findings

SLR_POSITIVE_BELOW_DEG = 70.0
"""Straight-leg raise counts as a root sign below 70 degrees (T-FRI10b trial's entry criteria)."""
SLR_DOUBT = 0.7
"""Certainty of a raise that stopped short of 70 degrees without word of the leg pain, or that brought it on
at 70 degrees or above: our choice.
"""
SLR_SD_DEG, FINGERTIP_SD_CM = 5.7 / 2.326, 4.5 / 2.326
"""From the smallest changes that are real at 90 %, 5.7 degrees and 4.5 cm (instruments table): MDC90 /
2.326.
"""
REFLEX_ROOT = {"knee": VertebraName.L4, "ankle": VertebraName.S1}
"""Hoppenfeld, Physical Examination of the Spine and Extremities, 1976 (textbook)."""
_SEVERITY_CERTAINTY_TEXT = {None: "", "mild": "mild ", "moderate": "moderate ", "severe": "severe "}


def examine(spine: Spine, examination: Examination) -> Findings:
    """All facts of one evaluation: what was examined, what a report says, what the image shows.

    For a root sign (`MYOTOME`, `DERMATOME`, `REFLEX`) the finding's `vertebra` names the root: root L5 is the
    one that leaves below the pedicle of L5. What was examined and normal is kept with `positive=False`; what
    was not examined is absent.

    Raises:
        BadInput: when a screening answer does not say who gave it or when.
    """
    items = (
        *_pain(examination),
        *_straight_leg_raise(examination.straight_leg_raise),
        *_roots(examination),
        *_mobility(examination),
        *_background(examination),
        *(_reported(entry) for entry in examination.report),
        *image_findings(spine),
    )
    return Findings(
        items=items,
        causes=root_causes(spine, items),
        answers=examination.answers,
        examined_at=examination.examined_at,
        imaged_at=examination.scan.taken_at,
    )


def with_posture(spine: Spine, examination: Examination) -> Spine:
    """The spine with the posture that the form gives for the scan, where the image itself does not say.

    What the image says stands; a form that says otherwise is noted.
    """
    said = examination.scan.posture
    if said is Posture.UNKNOWN or said is spine.posture:
        return spine
    if spine.posture is Posture.UNKNOWN:
        note = f"Posture of the scan from the examination form: {said}."
        return spine.replace(posture=said, notes=(*spine.notes, note))
    note = (
        f"The form says the scan was taken {said}, the image says {spine.posture}: the image's word stands."
    )
    return spine.replace(notes=(*spine.notes, note))


def _finding(
    kind: FindingKind, text: str, *, source: FindingSource = FindingSource.EXAMINATION, **more: Any
) -> Finding:
    return Finding(kind=kind, text=text, source=source, **more)


def _pain(examination: Examination) -> Iterator[Finding]:
    pain = examination.pain
    if pain.back_nrs is not None:
        yield _finding(
            FindingKind.PAIN_BACK, f"Back pain {pain.back_nrs:g} of 10.", source=FindingSource.PATIENT,
            value=pain.back_nrs, unit="NRS 0-10", positive=pain.back_nrs > 0,
        )  # fmt: skip
    if pain.leg_nrs is not None:
        where = f", {pain.leg_side}" if pain.leg_side and pain.leg_nrs > 0 else ""
        yield _finding(
            FindingKind.PAIN_LEG, f"Leg pain {pain.leg_nrs:g} of 10{where}.", source=FindingSource.PATIENT,
            value=pain.leg_nrs, unit="NRS 0-10", side=pain.leg_side, positive=pain.leg_nrs > 0,
        )  # fmt: skip
    if pain.duration_weeks is not None:
        yield _finding(
            FindingKind.DURATION, f"This episode has lasted {pain.duration_weeks:g} weeks.",
            source=FindingSource.PATIENT, value=pain.duration_weeks, unit="weeks",
        )  # fmt: skip
    behaviour = (
        (pain.centralises, FindingKind.CENTRALISATION, "Leg pain draws back on repeated movement"),
        (pain.peripheralises, FindingKind.PERIPHERALISATION, "Pain moves down the leg on repeated movement"),
        (
            pain.walking_limited_bending_eases,
            FindingKind.NEUROGENIC_CLAUDICATION,
            "Leg symptoms on walking or standing that ease on bending forward",
        ),
        (pain.extension_provokes, FindingKind.EXTENSION_PAIN, "Bending backwards brings the pain on"),
    )
    for reply, kind, text in behaviour:
        if reply is not Reply.UNKNOWN:
            yield _finding(kind, f"{text}: {reply}.", positive=reply is Reply.YES)


def _straight_leg_raise(test: StraightLegRaise) -> Iterator[Finding]:
    sides = (
        (Side.LEFT, test.left_deg, test.left_hurts_leg),
        (Side.RIGHT, test.right_deg, test.right_hurts_leg),
    )
    for side, angle, hurts in sides:
        if angle is None and hurts is Reply.UNKNOWN:
            continue
        limited = angle is not None and angle < SLR_POSITIVE_BELOW_DEG
        positive = hurts is not Reply.NO and (limited or (angle is None and hurts is Reply.YES))
        shown = "" if angle is None else f" at {angle:g} deg"
        said = {Reply.YES: ", brings on the leg pain", Reply.NO: ", without the leg pain", Reply.UNKNOWN: ""}[
            hurts
        ]
        # leg pain at or above 70 degrees does not count as the sign, but such a leg is not free either
        doubt = (limited and hurts is Reply.UNKNOWN) or (not limited and not positive and hurts is Reply.YES)
        yield _finding(
            FindingKind.STRAIGHT_LEG_RAISE, f"Straight-leg raise {side}{shown}{said}.", side=side,
            value=angle, unit="deg", positive=positive, certainty=SLR_DOUBT if doubt else 1.0,
            sd=None if angle is None else SLR_SD_DEG,
        )  # fmt: skip
    crossed = ((Side.RIGHT, test.raising_left_hurts_right), (Side.LEFT, test.raising_right_hurts_left))
    for side, reply in crossed:
        if reply is not Reply.UNKNOWN:
            other = Side.LEFT if side is Side.RIGHT else Side.RIGHT
            yield _finding(
                FindingKind.CROSSED_STRAIGHT_LEG_RAISE,
                f"Raising the {other} leg brings on the pain in the {side} leg: {reply}.",
                side=side,
                positive=reply is Reply.YES,
            )


def _roots(examination: Examination) -> Iterator[Finding]:
    """Strength, sensation and reflexes, side by side and root by root."""
    for side in (Side.LEFT, Side.RIGHT):
        for root, grade in getattr(examination.myotomes, side.value):
            if grade is not None:
                yield _finding(
                    FindingKind.MYOTOME, side=side,
                    text=f"Strength of root {root} {side}: MRC {mrc_words(grade)} of 5.",
                    vertebra=VertebraName(root), value=grade, unit="MRC 0-5", positive=grade < 5,
                )  # fmt: skip
        for root, sensation in getattr(examination.dermatomes, side.value):
            if sensation is not None:
                yield _finding(
                    FindingKind.DERMATOME, f"Sensation in the field of root {root} {side}: {sensation}.",
                    side=side, vertebra=VertebraName(root), positive=sensation is not Sensation.NORMAL,
                )  # fmt: skip
        for tendon, reflex in getattr(examination.reflexes, side.value):
            if reflex is not None:
                weak = reflex in (ReflexGrade.REDUCED, ReflexGrade.ABSENT)
                yield _finding(
                    FindingKind.REFLEX, f"{tendon.capitalize()} reflex {side}: {reflex}.", side=side,
                    vertebra=REFLEX_ROOT[tendon], positive=weak,
                )  # fmt: skip
                if reflex is ReflexGrade.BRISK:
                    yield _finding(
                        FindingKind.OTHER, side=side,
                        text=f"A brisk {tendon} reflex {side} is no root sign; think of the spinal cord.",
                    )  # fmt: skip


def _mobility(examination: Examination) -> Iterator[Finding]:
    distance = examination.fingertip_floor_cm
    if distance is not None:
        yield _finding(
            FindingKind.FINGERTIP_FLOOR, f"Fingertips {distance:g} cm above the floor.", value=distance,
            unit="cm", positive=distance > 0, sd=FINGERTIP_SD_CM,
        )  # fmt: skip


def _background(examination: Examination) -> Iterator[Finding]:
    for text in examination.medication:
        yield _finding(FindingKind.MEDICATION, text, source=FindingSource.PATIENT)
    for text in examination.history:
        yield _finding(FindingKind.HISTORY, text, source=FindingSource.PATIENT)
    if examination.note:
        yield _finding(FindingKind.OTHER, examination.note)


def _reported(entry: ReportFinding) -> Finding:
    """A typed statement of a radiology report; nobody has measured it here, so its quality is "derived"."""
    value, unit = _reported_number(entry)
    place = entry.level or entry.vertebra
    words = _SEVERITY_CERTAINTY_TEXT[entry.severity.value if entry.severity else None]
    what = entry.displacement.value if entry.displacement else entry.kind.value
    side = f", {entry.side}" if entry.side else ""
    size = f", {value:g} {unit}".rstrip() if value is not None else ""
    said = f' ("{entry.text}")' if entry.text else ""
    return Finding(
        kind=entry.kind,
        text=f"Report: {words}{what}{f' at {place}' if place else ''}{side}{size}{said}.",
        source=FindingSource.REPORT,
        level=entry.level,
        vertebra=entry.vertebra,
        side=entry.side,
        value=value,
        unit=unit,
        certainty=entry.certainty * (0.8 if entry.displacement is ProtrusionKind.BULGE else 1.0),
        quality=Quality.DERIVED,
        positive=not (value == 0.0 and unit in ("mm", "%")),
    )


def _reported_number(entry: ReportFinding) -> tuple[float | None, str]:
    if entry.slip_percent is not None:
        return entry.slip_percent, "%"
    if entry.size_mm is not None:
        return entry.size_mm, "mm"
    if entry.pfirrmann is not None:
        return float(entry.pfirrmann), "Pfirrmann grade"
    if entry.t_score is not None:
        return entry.t_score, "T-score"
    return None, ""
