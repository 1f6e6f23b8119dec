"""Label conventions: the numbers of each known label map, our own names and their order from head to foot.

Numbers: TotalSpineSeg `tss_map.json`; VerSe / TPTBox `vert_constants.py`; TotalSegmentator
`map_to_binary.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

RANK: Mapping[str, float] = {
    name: float(index)
    for index, name in enumerate(
        [f"C{n}" for n in range(1, 8)]
        + [f"T{n}" for n in range(1, 14)]
        + [f"L{n}" for n in range(1, 8)]
        + ["S1"]
    )
}
"""Vertebrae in order from head to foot."""
LUMBAR = ("L1", "L2", "L3", "L4", "L5")
OPTIONAL = ("T13", "L6", "L7")
"""Vertebrae that most people do not have: their absence is no gap."""


@dataclass(frozen=True, kw_only=True)
class Convention:
    """Numbers of one label map format."""

    key: str
    title: str
    numbers: Mapping[int, str]
    """Number to our name; discs are named by their two neighbours."""
    others: frozenset[int] = frozenset()
    """Numbers that mean something which is not used here (organs, endplates, arches)."""
    readable: bool = True
    how: str = ""
    """What to do when the convention is known and not read."""


def _between(upper: str, lower: str) -> str:
    return f"{upper}-{lower}"


def _totalspineseg() -> Convention:
    numbers = {1: "cord", 2: "canal", 50: "S1"}
    numbers |= {10 + n: f"C{n}" for n in range(1, 8)} | {20 + n: f"T{n}" for n in range(1, 13)}
    numbers |= {40 + n: f"L{n}" for n in range(1, 8)}
    numbers |= {61 + n: _between(f"C{n}", f"C{n + 1}") for n in range(2, 7)} | {71: "C7-T1"}
    numbers |= {71 + n: _between(f"T{n}", f"T{n + 1}") for n in range(1, 12)} | {91: "T12-L1"}
    numbers |= {91 + n: _between(f"L{n}", f"L{n + 1}") for n in range(1, 5)} | {100: "L5-S1"}
    return Convention(key="totalspineseg", title="TotalSpineSeg", numbers=numbers)


def _verse() -> Convention:
    vertebra = {n: f"C{n}" for n in range(1, 8)} | {7 + n: f"T{n}" for n in range(1, 13)}
    vertebra |= {19 + n: f"L{n}" for n in range(1, 7)} | {26: "S1", 28: "T13"}
    numbers = dict(vertebra)
    following = {number: number + 1 for number in range(1, 24)} | {24: 26, 25: 26}
    numbers |= {100 + above: _between(vertebra[above], vertebra[below]) for above, below in following.items()}
    others = frozenset({27, *range(29, 34), *range(201, 229)})
    return Convention(key="verse", title="VerSe / TPTBox / SPINEPS", numbers=numbers, others=others)


def _totalsegmentator() -> Convention:
    numbers = {25: "sacrum", 26: "S1", 79: "cord"} | {32 - n: f"L{n}" for n in range(1, 6)}
    numbers |= {44 - n: f"T{n}" for n in range(1, 13)} | {51 - n: f"C{n}" for n in range(1, 8)}
    others = frozenset(set(range(1, 118)) - set(numbers))
    return Convention(
        key="totalsegmentator", title="TotalSegmentator (total)", numbers=numbers, others=others
    )


def _vertebrae_mr() -> Convention:
    numbers = {1: "sacrum"} | {7 - n: f"L{n}" for n in range(1, 6)} | {19 - n: f"T{n}" for n in range(1, 13)}
    numbers |= {26 - n: f"C{n}" for n in range(1, 8)}
    return Convention(
        key="vertebrae_mr",
        title="TotalSegmentator (vertebrae_mr)",
        numbers=numbers,
        readable=False,
        how=_CONVERT,
    )


def _spider() -> Convention:
    numbers = {6 - n: f"L{n}" for n in range(1, 6)} | {18 - n: f"T{n}" for n in range(1, 13)} | {100: "canal"}
    numbers[201] = "L5-S1"
    numbers |= {206 - n: _between(f"L{n}", f"L{n + 1}") for n in range(1, 5)} | {206: "T12-L1"}
    others = frozenset({*range(101, 126), *range(207, 218)})
    return Convention(
        key="spider", title="SPIDER", numbers=numbers, others=others, readable=False, how=_CONVERT
    )


def _bodies_ct() -> Convention:
    numbers = {n: f"T{n}" for n in range(1, 13)} | {12 + n: f"L{n}" for n in range(1, 7)}
    numbers |= {19: "S1", 21: "T13"}
    return Convention(
        key="bodies_ct", title="VertebralBodiesCT", numbers=numbers, readable=False, how=_CONVERT
    )


def _mrspineseg() -> Convention:
    numbers = {1: "S1"} | {7 - n: f"L{n}" for n in range(1, 6)} | {19 - n: f"T{n}" for n in range(9, 13)}
    numbers |= {11: "L5-S1", 16: "T12-L1"} | {16 - n: _between(f"L{n}", f"L{n + 1}") for n in range(1, 5)}
    numbers |= {28 - n: _between(f"T{n}", f"T{n + 1}") for n in range(9, 12)}
    return Convention(
        key="mrspineseg", title="MRSpineSeg challenge", numbers=numbers, readable=False, how=_CONVERT
    )


_CONVERT = "Convert it to TotalSpineSeg or VerSe numbers"
CONVENTIONS: tuple[Convention, ...] = (
    _totalspineseg(), _verse(), _totalsegmentator(), _vertebrae_mr(), _spider(), _bodies_ct(), _mrspineseg(),
)  # fmt: skip
BY_KEY: Mapping[str, Convention] = {each.key: each for each in CONVENTIONS}
OWN_NUMBER: Mapping[str, int] = {name: number for number, name in _totalspineseg().numbers.items()} | {
    "C1-C2": 62,
    "T13": 33, "sacrum": 51, "T12-T13": 83, "T13-L1": 84, "L5-L6": 96, "L6-S1": 97,
}  # fmt: skip
"""The numbers used inside after reading, whatever the file's convention was."""


def rank_of(name: str) -> float | None:
    """Place of a vertebra or disc in the order from head to foot, or None for canal and cord."""
    if name in RANK:
        return RANK[name]
    upper = name.split("-", maxsplit=1)[0]
    return RANK[upper] + 0.5 if "-" in name and upper in RANK else None


def missing_between(names: Sequence[str]) -> list[str]:
    """Vertebrae, or discs, that lack between the first and the last present one of their kind."""
    missing = []
    vertebrae = sorted(RANK[name] for name in names if name in RANK)
    order = [name for name in RANK if name not in OPTIONAL or name in names]
    if vertebrae:
        within = [name for name in order if vertebrae[0] < RANK[name] < vertebrae[-1]]
        missing += [name for name in within if name not in names]
    discs = sorted(rank for name in names if "-" in name and (rank := rank_of(name)) is not None)
    if discs:
        chain = [f"{upper}-{lower}" for upper, lower in pairwise(order)]
        missing += [
            name for name in chain if discs[0] < (rank_of(name) or 0) < discs[-1] and name not in names
        ]
    return missing
