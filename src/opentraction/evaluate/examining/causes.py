"""Findings joined into candidate root causes, each with its reasons for and against and what would settle it.

What each reason is worth (points, see `candidate`) is our choice; its direction comes from the source named
beside it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from opentraction.chart import (
    LEVELS,
    Cause,
    Finding,
    FindingKind,
    FindingSource,
    Level,
    Quality,
    RootCause,
    Side,
    Spine,
    SpineSource,
    VertebraName,
)
from opentraction.evaluate.examining.candidate import Candidate
from opentraction.evaluate.examining.roots import EXITING, TRAVERSING

STRENGTH_POINTS, SENSATION_POINTS, REFLEX_POINTS = 1.5, 1.0, 1.2
SLR_POINTS, CROSSED_POINTS, LEG_PAIN_POINTS = 1.0, 1.5, 0.8
"""Straight-leg raise: sensitive 0.92, specific 0.28; crossed: 0.28 and 0.90 (van der Windt, Cochrane
CD007431), so that the crossed sign speaks for more, and a free leg speaks against."""
IMAGE_POINTS = 2.5
"""Displacement at the level the roots point to."""
_ROOT_KINDS = {
    FindingKind.MYOTOME: STRENGTH_POINTS,
    FindingKind.DERMATOME: SENSATION_POINTS,
    FindingKind.REFLEX: REFLEX_POINTS,
}
SLIP_CERTAINTY = 0.5
"""An offset read under 3 mm, which its spread alone lets reach 3 mm, is no candidate cause: our choice."""
_SLR_ROOTS = (VertebraName.L4, VertebraName.L5, VertebraName.S1)
_COMMON = (
    "Bulges and protrusions are common without any pain: protrusions in 29 % at 20 years to 43 % at 80 "
    "(Brinjikji, AJNR 2015;36:811)."
)
_WORN_COMMON = "Worn discs are seen in 37 % of pain-free people at 20 years and 96 % at 80 (Brinjikji 2015)."
_MRI_WOULD = (
    "MRI of the lumbar spine, where treatment would change by it (guidelines advise against routine imaging)"
)


@dataclass(frozen=True)
class _Root:
    """The signs of one root on one side."""

    name: VertebraName
    side: Side
    signs: tuple[Finding, ...]
    points: float


def root_causes(spine: Spine, items: Sequence[Finding]) -> tuple[RootCause, ...]:
    """Candidate causes, heaviest first; "non-specific" is always among them.

    Args:
        spine: to know what was imaged; its numbers come in through `items`.
        items: findings of examination, report and image.
    """
    roots = _roots(items)
    displaced = _present(items, FindingKind.DISC_DISPLACEMENT)
    cases = [_radiculopathy(root, displaced, spine, items) for root in roots]
    seen = [case for case in cases if case.cause is Cause.DISC_HERNIATION_RADICULOPATHY]
    explained = {(case.level, case.side) for case in seen}
    for disc in displaced:
        if not any(level is disc.level and _sides_meet(disc.side, side) for level, side in explained):
            cases.append(_herniation_alone(disc, roots, items))
    cases += _worn(items)
    cases += _foraminal(items, roots)
    cases += _central(items)
    cases += _slipped(items)
    cases += _fractured(items)
    cases.append(_non_specific(cases, roots, items))
    _say_missing(cases, spine)
    return tuple(sorted((case.done() for case in cases), key=lambda cause: -cause.weight))


def _present(items: Iterable[Finding], kind: FindingKind) -> list[Finding]:
    return [item for item in items if item.kind is kind and item.positive]


def _absent(items: Iterable[Finding], kind: FindingKind, side: Side | None = None) -> list[Finding]:
    return [
        item
        for item in items
        if item.kind is kind and not item.positive and (side is None or item.side is side)
    ]


def _roots(items: Sequence[Finding]) -> list[_Root]:
    """Roots with at least one sign of their own (strength, sensation, reflex), strongest first.

    Without such a sign, a straight-leg raise or leg pain alone names a side and no root.
    """
    signs: dict[tuple[VertebraName, Side], list[Finding]] = {}
    for item in items:
        if item.kind in _ROOT_KINDS and item.positive and item.vertebra and item.side:
            signs.setdefault((item.vertebra, item.side), []).append(item)
    found = [
        _Root(name, side, tuple(own), sum(_ROOT_KINDS[each.kind] * each.certainty for each in own))
        for (name, side), own in signs.items()
    ]
    return sorted(found, key=lambda root: -root.points)


def _radiculopathy(
    root: _Root, displaced: list[Finding], spine: Spine, items: Sequence[Finding]
) -> Candidate:
    """One root with signs: explained by a displacement where an image or report shows one,
    else "not imaged".
    """
    level = TRAVERSING.get(root.name)
    fitting = [disc for disc in displaced if disc.level is level and _sides_meet(disc.side, root.side)]
    case = Candidate(Cause.RADICULOPATHY_NO_IMAGE, level, root.side)
    for sign in root.signs:
        case.add(_ROOT_KINDS[sign.kind] * sign.certainty, sign.text)
    _leg_signs(case, root, items)
    if fitting:
        best = max(fitting, key=lambda disc: disc.certainty)
        case.cause = Cause.DISC_HERNIATION_RADICULOPATHY
        case.add(
            IMAGE_POINTS * best.certainty,
            f"{best.text.rstrip('.')}: at {level} it lies on the path of root {root.name} {root.side}.",
        )
        if best.side is None:
            case.con.append(
                "The image does not tell left from right, so that the side rests on the examination."
            )
    else:
        _no_displacement(case, root, displaced, spine)
    _contrary(case, root, items)
    case.settle.append("Repeat of strength, sensation and reflexes at the next visit")
    return case


def _leg_signs(case: Candidate, root: _Root, items: Sequence[Finding]) -> None:
    for pain in _present(items, FindingKind.PAIN_LEG):
        if _sides_meet(pain.side, root.side):
            case.add(LEG_PAIN_POINTS, pain.text)
    if root.name in _SLR_ROOTS:
        for test in _present(items, FindingKind.STRAIGHT_LEG_RAISE):
            if test.side is root.side:
                case.add(SLR_POINTS * test.certainty, test.text)
        for test in _present(items, FindingKind.CROSSED_STRAIGHT_LEG_RAISE):
            if test.side is root.side:
                case.add(CROSSED_POINTS, test.text)
        for test in _absent(items, FindingKind.STRAIGHT_LEG_RAISE, root.side):
            case.take(
                SLR_POINTS * test.certainty, f"{test.text} This speaks against a herniation at this root."
            )
    if not _present(items, FindingKind.PAIN_LEG) and _absent(items, FindingKind.PAIN_LEG):
        case.take(LEG_PAIN_POINTS, "There is no leg pain.")


def _no_displacement(case: Candidate, root: _Root, displaced: list[Finding], spine: Spine) -> None:
    """Say why no image explains the root, and where an image and the root disagree."""
    level = case.level
    for disc in displaced:
        where = f"{disc.level}{f' {disc.side}' if disc.side else ''}"
        case.take(
            0.5 * disc.certainty,
            f"Image and signs disagree: the displacement at {where} would not explain root "
            f"{root.name} {root.side}{_unless_foraminal(disc, root)}.",
        )
    if level is not None and level in spine.targetable:
        shown = spine.disc(level).volume_mm3.quality is Quality.MEASURED
        if shown:
            reason = (
                f"The image shows no displacement at {level} that would meet root {root.name} {root.side}."
            )
        else:
            reason = f"The disc {level} was not outlined: a displacement is neither seen nor excluded there."
        case.con.append(reason)
        case.settle.append(f"A second look at {level} and its foramina on axial slices")
    else:
        case.settle.append(_MRI_WOULD)
    if spine.source is SpineSource.NORMS:
        case.con.append("No scan was measured: the level is that of the textbook for this root, not seen.")
        case.level = None


def _unless_foraminal(disc: Finding, root: _Root) -> str:
    """What to add where the root leaves through the foramen of the displaced disc."""
    exiting = disc.level is not None and disc.level is EXITING.get(root.name)
    return " unless it reaches into the foramen" if exiting and _sides_meet(disc.side, root.side) else ""


def _contrary(case: Candidate, root: _Root, items: Sequence[Finding]) -> None:
    """Normal tests of the same root, and signs of other roots on the same side."""
    for kind in _ROOT_KINDS:
        for test in _absent(items, kind, root.side):
            if test.vertebra is root.name:
                case.take(0.3, f"Normal: {test.text}")
    others = {
        item.vertebra
        for kind in _ROOT_KINDS
        for item in _present(items, kind)
        if item.side is root.side and item.vertebra not in (root.name, None)
    }
    if others:
        shown = " and ".join(sorted(str(name) for name in others))
        case.take(0.5, f"Signs of another root on the same side ({shown}) are not explained by it.")
    if any(item.side not in (root.side, None) for kind in _ROOT_KINDS for item in _present(items, kind)):
        case.con.append(
            "There are root signs on the other side as well: think of the cauda equina and the canal."
        )


def _herniation_alone(disc: Finding, roots: list[_Root], items: Sequence[Finding]) -> Candidate:
    case = Candidate(Cause.DISC_HERNIATION, disc.level, disc.side)
    case.add(1.5 * disc.certainty, disc.text)
    expected = disc.level.below if disc.level else None
    for test in _present(items, FindingKind.STRAIGHT_LEG_RAISE):
        if _sides_meet(disc.side, test.side) and expected in _SLR_ROOTS:
            case.add(SLR_POINTS * test.certainty, test.text)
    for pain in _present(items, FindingKind.PAIN_LEG):
        if _sides_meet(disc.side, pain.side):
            case.add(LEG_PAIN_POINTS, pain.text)
    for root in roots:
        case.take(
            0.8,
            f"Image and signs disagree: the signs are of root {root.name} {root.side}, which a displacement "
            f"at {disc.level}{f' {disc.side}' if disc.side else ''} does not meet on its way"
            f"{_unless_foraminal(disc, root)}.",
        )
    if not roots:
        case.con.append("No sign of a root was found.")
        case.settle.append("Strength, sensation and reflexes of L2 to S1 on both sides")
    case.con.append(_COMMON)
    return case


def _worn(items: Sequence[Finding]) -> list[Candidate]:
    cases: dict[Level | None, Candidate] = {}
    for kind, points in ((FindingKind.DISC_DEGENERATION, 1.2), (FindingKind.DISC_NARROWING, 1.0)):
        for item in _present(items, kind):
            case = cases.setdefault(item.level, Candidate(Cause.DISC_DEGENERATION, item.level))
            case.add(points * item.certainty, item.text)
    for case in cases.values():
        for pain in _present(items, FindingKind.PAIN_BACK):
            case.add(0.4, pain.text)
        for sign in _present(items, FindingKind.CENTRALISATION):
            case.add(0.6, f"{sign.text} It points to the disc (Hancock, Eur Spine J 2007;16:1539).")
        for sign in _absent(items, FindingKind.PAIN_BACK):
            case.take(0.6, f"{sign.text} Wear would rather give back pain.")
        case.con.append(_WORN_COMMON)
        case.settle.append("The answer to repeated movements (centralisation) over a few visits")
    return list(cases.values())


def _foraminal(items: Sequence[Finding], roots: list[_Root]) -> list[Candidate]:
    cases = []
    for item in _present(items, FindingKind.FORAMEN_STENOSIS):
        case = Candidate(Cause.FORAMINAL_STENOSIS, item.level, item.side)
        case.add(1.5 * item.certainty, item.text)
        exiting = item.level.above if item.level else None
        met = [root for root in roots if root.name is exiting and _sides_meet(item.side, root.side)]
        for root in met:
            case.add(
                root.points, f"Root {root.name} {root.side}, which leaves through this foramen, has signs."
            )
        if not met:
            case.con.append(f"No sign of root {exiting} was found, which leaves through this foramen.")
        for sign in _present(items, FindingKind.EXTENSION_PAIN):
            case.add(0.5, sign.text)
        case.settle.append("Axial and parasagittal slices through the foramen; a selective root block")
        cases.append(case)
    return cases


def _central(items: Sequence[Finding]) -> list[Candidate]:
    walking = _present(items, FindingKind.NEUROGENIC_CLAUDICATION)
    narrow = _present(items, FindingKind.CANAL_STENOSIS)
    if not walking and not narrow:
        return []
    cases = []
    places: list[Finding | None] = [*narrow] or [None]
    for item in places:
        case = Candidate(Cause.CENTRAL_STENOSIS, item.level if item else None)
        for sign in walking:
            case.add(2.0, f"{sign.text} The pattern of a narrow canal (Katz & Harris, NEJM 2008;358:818).")
        if item is not None:
            case.add(1.5 * item.certainty, item.text)
        for sign in _present(items, FindingKind.EXTENSION_PAIN):
            case.add(0.5, sign.text)
        if item is not None and _absent(items, FindingKind.NEUROGENIC_CLAUDICATION):
            case.take(0.8, "Walking does not bring leg symptoms that ease on bending.")
        if item is None:
            case.con.append("No image or report shows a narrow canal.")
            case.settle.append(_MRI_WOULD)
        case.settle.append("Pulses of the feet and a walking test, to tell it from arterial disease")
        cases.append(case)
    return cases


def _slipped(items: Sequence[Finding]) -> list[Candidate]:
    cases: dict[Level | None, Candidate] = {}
    for item in _present(items, FindingKind.LISTHESIS):
        if item.source is FindingSource.IMAGE and item.certainty < SLIP_CERTAINTY:
            continue
        case = cases.setdefault(item.level, Candidate(Cause.SPONDYLOLISTHESIS, item.level))
        backward = item.value is not None and item.value < 0
        case.add((0.6 if backward else 1.8) * item.certainty, item.text)
        if backward:
            case.con.append(
                "A backward offset of a few millimetres lies within the shape of many healthy backs."
            )
    for case in cases.values():
        for sign in _present(items, FindingKind.EXTENSION_PAIN):
            case.add(0.6, sign.text)
        for pain in _present(items, FindingKind.PAIN_BACK):
            case.add(0.4, pain.text)
        case.con.append("Slips of a low grade are often found without pain.")
        case.settle.append("Standing films in flexion and extension: is the level unstable?")
    return list(cases.values())


def _fractured(items: Sequence[Finding]) -> list[Candidate]:
    """One candidate for all wedged bodies, without a level: a fracture is no target of a pull."""
    wedged = _present(items, FindingKind.VERTEBRAL_WEDGING)
    if not wedged:
        return []
    case = Candidate(Cause.VERTEBRAL_FRACTURE)
    certain = [item.certainty if item.source is FindingSource.IMAGE else 1.0 for item in wedged]
    case.points = 3.0 * max(certain)
    case.pro.extend(item.text for item in wedged)
    case.con.append("A wedged body may be old, healed or developmental; its age is not seen from its shape.")
    case.settle.append("STIR or fat-suppressed MRI, or CT, and a physician's opinion before any pull")
    case.settle.append("Questions on falls, sudden onset, loss of height and bone density")
    return [case]


def _non_specific(cases: list[Candidate], roots: list[_Root], items: Sequence[Finding]) -> Candidate:
    case = Candidate(Cause.NON_SPECIFIC)
    for pain in _present(items, FindingKind.PAIN_BACK):
        case.add(0.8, pain.text)
    if not roots:
        examined = any(_absent(items, kind) for kind in _ROOT_KINDS)
        case.add(*((0.8, "No sign of a root was found.") if examined else (0.3, "Roots were not examined.")))
    else:
        case.take(1.0, "There are signs of a nerve root.")
    if _absent(items, FindingKind.STRAIGHT_LEG_RAISE) and not _present(items, FindingKind.STRAIGHT_LEG_RAISE):
        case.add(0.4, "No straight-leg raise was positive.")
    heavy = [other for other in cases if other.points >= 2.0]
    if heavy:
        case.take(0.5 * len(heavy), "A more specific cause has weightier reasons.")
    if not case.pro:
        case.pro.append("No finding points to one structure.")
    case.settle.append("The course over some weeks; red flags asked anew at each visit")
    return case


def _say_missing(cases: list[Candidate], spine: Spine) -> None:
    """Where the level in question was not imaged, say so."""
    if spine.source is SpineSource.NORMS:
        return
    unseen = [level for level in LEVELS if level not in spine.targetable]
    for case in cases:
        if case.level in unseen:
            case.con.append(f"{case.level} is not on this image, so that nothing was measured there.")
            case.settle.append(f"An image that holds {case.level}")
    if Level.L5_S1 in unseen:
        for case in cases:
            if case.cause is Cause.NON_SPECIFIC:
                case.con.append("L5-S1, where many herniations lie, is not on this image.")


def _sides_meet(first: Side | None, second: Side | None) -> bool:
    """True when two sides may be of one cause; an unknown side, both and centre go with either."""
    either = (None, Side.BOTH, Side.CENTRE)
    return first in either or second in either or first is second
