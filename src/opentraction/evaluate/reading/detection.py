"""Which label convention a map is written in, found by evidence, never by a guess.

A convention must hold every number of the map, its levels must run head to foot as the numbers say, and the
distances between the vertebrae must be those of their region. When two conventions that name the levels
differently pass, or none does, the answer is a question and not a name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from opentraction.chart import BadInput
from opentraction.evaluate.reading.conventions import (
    BY_KEY,
    CONVENTIONS,
    RANK,
    Convention,
    missing_between,
    rank_of,
)

_SPACING_MM = (("C7", (11.0, 24.0)), ("T6", (13.0, 28.0)), ("T12", (17.0, 44.0)), ("L4", (22.0, 50.0)))
"""Distance between the centres of neighbours that is possible in an adult, up to and with the upper one
named: wide bounds about the body heights of Panjabi 1991/1992 plus a disc; our choice, to catch a wrong
region only."""


@dataclass(frozen=True)
class Structure:
    """One number of a label map as it lies in space."""

    number: int
    voxels: int
    centre_mm: tuple[float, float, float]
    """World RAS [mm]."""
    cut: bool = False
    """True when it touches the border of the volume: its centre is then not that of the whole structure."""


@dataclass(frozen=True)
class Naming:
    """The convention found, and why."""

    convention: Convention
    reasons: tuple[str, ...]
    notes: tuple[str, ...] = ()
    names: Mapping[int, str] = field(default_factory=dict)
    """File number to name, of the numbers that are present and used."""


def structures_of(labels: np.ndarray, affine: np.ndarray) -> dict[int, Structure]:
    """Size and centre of each number above 0 of an integer label map (slice by slice, to spare memory)."""
    size = int(labels.max()) + 1
    count, sums = np.zeros(size), np.zeros((size, 3))
    for level in range(labels.shape[2]):
        first, second = np.nonzero(labels[:, :, level] > 0)
        values = labels[first, second, level].astype(np.int64)
        here = np.bincount(values, minlength=size)
        count += here
        sums[:, 0] += np.bincount(values, weights=first, minlength=size)
        sums[:, 1] += np.bincount(values, weights=second, minlength=size)
        sums[:, 2] += here * float(level)
    at_border = {
        int(value)
        for axis in range(3)
        for end in (0, -1)
        for value in np.unique(np.take(labels, end, axis=axis))
    }
    found = {}
    for number in np.flatnonzero(count):
        place = affine[:3, :3] @ (sums[number] / count[number]) + affine[:3, 3]
        found[int(number)] = Structure(
            number=int(number), voxels=int(count[number]), cut=int(number) in at_border,
            centre_mm=(float(place[0]), float(place[1]), float(place[2])),
        )  # fmt: skip
    return found


def detect(
    structures: Mapping[int, Structure], file_name: str, *, asked: str | None = None,
    embedded: tuple[tuple[int, str], ...] = (),
) -> Naming:  # fmt: skip
    """Find the convention of a label map.

    Args:
        structures: the numbers present and where they lie.
        file_name: for sentences only.
        asked: key of a convention that a person has named; it is still checked against the anatomy.
        embedded: number and name pairs the file itself carries; they decide, since they are the writer's
        word.

    Raises:
        BadInput: with a question when the numbers fit none or several conventions.
    """
    _refuse_parts(structures, file_name)
    if named := _from_embedded(structures, embedded):
        return named
    candidates = CONVENTIONS if asked is None else (_asked(asked),)
    fitting = [each for each in candidates if _holds(each, structures)]
    if not fitting:
        raise BadInput(_fits_none(structures, file_name, asked))
    sound = [each for each in fitting if not _objections(each, structures)]
    if not sound:
        first = fitting[0]
        raise BadInput(
            f"{file_name}: as {first.title} numbers, {_objections(first, structures)[0]}. "
            "Which vertebra is the topmost one? Give a label map with named levels."
        )
    sound = _most_telling(sound, structures)
    meanings = {tuple(_present(each, structures).values()): each for each in reversed(sound)}
    if len(meanings) > 1:
        shown = "; ".join(f"{each.title}: {_span(each, structures)}" for each in meanings.values())
        keys = " or ".join(each.key for each in meanings.values())
        raise BadInput(
            f"{file_name}: the label numbers fit more than one convention ({shown}). "
            f"Which one wrote it? Say so with convention={keys}."
        )
    chosen = sound[0]
    if not chosen.readable:
        raise BadInput(_not_read(chosen, structures, file_name))
    return Naming(
        chosen, _reasons(chosen, structures), _left_out(chosen, structures), _present(chosen, structures)
    )


def _asked(key: str) -> Convention:
    if key not in BY_KEY:
        raise BadInput(f"Expected a label convention ({', '.join(BY_KEY)}), got '{key}'.")
    return BY_KEY[key]


def _refuse_parts(structures: Mapping[int, Structure], file_name: str) -> None:
    numbers = set(structures)
    parts = set(range(41, 51)) | {26, 60, 61, 62, 100}
    if numbers <= parts and (numbers & {48, 49} or numbers & {60, 61, 62}):
        raise BadInput(
            f"{file_name}: these are the parts of vertebrae (arch, processes, body), not their levels. "
            "Give the map of vertebra numbers that goes with it (often called seg-vert)."
        )
    if numbers <= {1, 2}:
        raise BadInput(
            f"{file_name}: only the labels {_listed(numbers)} are present, which name no level "
            "(body and disc, or "
            "cord and canal). Give a label map with one number per vertebra or disc."
        )


def _from_embedded(
    structures: Mapping[int, Structure], embedded: tuple[tuple[int, str], ...]
) -> Naming | None:
    """Names that the file's own table gives, when it names vertebrae."""
    table = {}
    for number, text in embedded:
        name = text.replace("vertebrae_", "").replace("spinal_cord", "cord")
        if number in structures and (name in RANK or name in ("sacrum", "cord")):
            table[number] = name
    if not any(name in RANK for name in table.values()):
        if len([number for number, _ in embedded if number in structures]) > len(structures) / 2:
            raise BadInput(
                "The label map names its own labels, and none of them is a vertebra of a known level. "
                "Give a map with one number per vertebra or disc."
            )
        return None
    rest = frozenset(set(structures) - set(table))
    convention = Convention(
        key="embedded", title="names written in the file's header", numbers=table, others=rest
    )
    if objections := _objections(convention, structures):
        raise BadInput(
            f"The names written in the label map's header do not fit the picture: {objections[0]}."
        )
    note = (f"{len(rest)} other labels are not of the spine and were left out.",) if rest else ()
    return Naming(convention, ("the label map's header names its numbers",), note, table)


def _holds(each: Convention, structures: Mapping[int, Structure]) -> bool:
    known = set(each.numbers) | each.others
    present = _present(each, structures)
    return set(structures) <= known and any(rank_of(name) is not None for name in present.values())


def _present(each: Convention, structures: Mapping[int, Structure]) -> dict[int, str]:
    return {number: each.numbers[number] for number in sorted(structures) if number in each.numbers}


def _objections(each: Convention, structures: Mapping[int, Structure]) -> list[str]:
    """What speaks against a convention in the picture itself."""
    present = _present(each, structures)
    placed = sorted(
        (rank, structures[number].centre_mm, name)
        for number, name in present.items()
        if (rank := rank_of(name)) is not None
    )
    cut = {name for number, name in present.items() if structures[number].cut}
    found = []
    for (_, high, upper), (_, low, lower) in pairwise(placed):
        if low[2] >= high[2]:
            found.append(f"{upper} would lie below {lower}")
    if found and len(found) == len(placed) - 1 and len(placed) > 2:
        found = [f"the levels {placed[0][2]} to {placed[-1][2]} would run from foot to head"]
    bodies = [entry for entry in placed if entry[2] in RANK]
    for (_, high, upper), (_, low, lower) in pairwise(bodies):
        distance = float(np.linalg.norm(np.subtract(high, low)))
        smallest, largest = _possible_mm(upper)
        smallest = 0.0 if {upper, lower} & cut else smallest
        if not missing_between([upper, lower]) and not smallest <= distance <= largest:
            usual = f"{smallest:.0f} to {largest:.0f}" if smallest else f"at most {largest:.0f}"
            found.append(f"{upper} and {lower} would stand {distance:.0f} mm apart (expected {usual})")
    return found


def _most_telling(sound: list[Convention], structures: Mapping[int, Structure]) -> list[Convention]:
    """Drop those for which most numbers are no part of the spine, when another explains all of them."""
    if len(structures) < 2:
        return sound
    whole = [each for each in sound if set(structures) <= set(each.numbers)]
    gapless = [each for each in whole if _gapless(each, structures)]
    return gapless or whole or sound


def _gapless(each: Convention, structures: Mapping[int, Structure]) -> bool:
    names = list(_present(each, structures).values())
    return not missing_between(names)


def _possible_mm(upper: str) -> tuple[float, float]:
    """Possible distance from a vertebra's centre to the next one below [mm]; L5 and below: no bound.

    A label of the sacrum may be its first body only or all of it, so that L5 to S1 tells nothing.
    """
    return next((bounds for last, bounds in _SPACING_MM if RANK[upper] <= RANK[last]), (0.0, float("inf")))


def _reasons(each: Convention, structures: Mapping[int, Structure]) -> tuple[str, ...]:
    return (
        f"all {len(structures)} numbers are known to {each.title}",
        f"{_span(each, structures)} run from head to foot as the numbers say",
    )


def _left_out(each: Convention, structures: Mapping[int, Structure]) -> tuple[str, ...]:
    rest = sorted(set(structures) - set(each.numbers))
    return (f"Labels that are not used were left out: {_listed(rest)}.",) if rest else ()


def _span(each: Convention, structures: Mapping[int, Structure]) -> str:
    ranked = sorted(
        (rank_of(name), name) for name in _present(each, structures).values() if rank_of(name) is not None
    )
    return f"{ranked[0][1]} to {ranked[-1][1]}" if len(ranked) > 1 else str(ranked[0][1])


def _not_read(chosen: Convention, structures: Mapping[int, Structure], file_name: str) -> str:
    return (
        f"{file_name}: the labels may be {chosen.title} numbers ({_span(chosen, structures)}), "
        "which are not read "
        f"yet, or count from the top of the picture. Which vertebra is the topmost one? {chosen.how}."
    )


def _fits_none(structures: Mapping[int, Structure], file_name: str, asked: str | None) -> str:
    known = BY_KEY[asked].title if asked else "TotalSpineSeg, VerSe / TPTBox or TotalSegmentator"
    return (
        f"{file_name}: the label numbers {_listed(structures)} are not those of {known}. "
        "Which program wrote the map? Convert it to TotalSpineSeg or VerSe numbers."
    )


def _listed(numbers: object) -> str:
    ordered = sorted(int(value) for value in numbers)  # type: ignore[attr-defined]
    shown = ", ".join(str(value) for value in ordered[:12])
    return shown + (f", ... ({len(ordered)} in all)" if len(ordered) > 12 else "")
