"""What the border of the image cuts: in which directions, and how wide the spread of a cut number becomes.

What lies beyond the border is not invented: a cut size stays the part that is seen, of quality "derived", and
its band reaches up to the upper bound of the norm.
"""

from dataclasses import dataclass

import numpy as np

from opentraction.chart import NORMAL_95, Measure
from opentraction.evaluate.measuring.frames import Axes
from opentraction.evaluate.measuring.occupancy import Occupancy

NEAR_MM = 6.0
"""A bone is cut near an endplate when it is this close to it: its rim is looked for down to 4.5 mm."""
_ACROSS_FROM = 0.35
"""Least cosine between the border's normal and the left-right or front-back axis: 20 degrees of turn are
forgiven, as an oblique border cuts in both directions."""
_ENDS_FROM = 0.5
"""The same for the head-foot axis, from which endplates commonly lean by up to 20 degrees."""
_FEWEST_VOXELS = 4
_LEAST_SHARE = 0.2
"""Least share of a cut size that may be missing, also where the part seen is as large as the norm allows."""
_NO_NORM_SHARE = 0.5


@dataclass(frozen=True, kw_only=True)
class Cut:
    """Sides on which the border of the image cuts a structure, in the structure's own frame."""

    across: bool = False
    """On its left or right."""
    ahead: bool = False
    behind: bool = False
    ends: bool = False
    """Towards head or feet: through an endplate."""

    @property
    def along(self) -> bool:
        """In front or behind."""
        return self.ahead or self.behind

    def __bool__(self) -> bool:
        return self.across or self.along or self.ends

    def __or__(self, other: "Cut") -> "Cut":
        return Cut(
            across=self.across or other.across, ahead=self.ahead or other.ahead,
            behind=self.behind or other.behind, ends=self.ends or other.ends,
        )  # fmt: skip


WHOLE = Cut()


def cut_of(label: Occupancy | None, axes: Axes, low_mm: float = -np.inf, high_mm: float = np.inf) -> Cut:
    """Sides on which the border cuts a label.

    Args:
        label: the structure, or None.
        axes: frame in which the sides are named.
        low_mm: voxels below this height in the frame are left out.
        high_mm: and those above this one.
    """
    found = WHOLE
    for normal, places in () if label is None else label.border:
        z = axes.to_local(places)[:, 2]
        if np.count_nonzero((z >= low_mm) & (z <= high_mm)) < _FEWEST_VOXELS:
            continue
        x, y, up = normal @ axes.matrix
        found |= Cut(
            across=bool(abs(y) > _ACROSS_FROM), ahead=bool(x > _ACROSS_FROM),
            behind=bool(x < -_ACROSS_FROM), ends=bool(abs(up) > _ENDS_FROM),
        )  # fmt: skip
    return found


def missing_share(seen_mm: float, norm: Measure | None) -> float:
    """Standard deviation of a cut size, of the part that is seen: the band reaches the norm's upper bound."""
    share = _NO_NORM_SHARE if norm is None else norm.high / seen_mm - 1.0
    return max(share, _LEAST_SHARE) / NORMAL_95


@dataclass(frozen=True, kw_only=True)
class Widening:
    """Relative spreads that a cut adds, and that of the wedge in degrees.

    The shares by which one direction spoils the other were set on cropped phantoms (tests state it). An
    outline that is cut on one side has its middle elsewhere, so that depth and heights are taken off it.
    """

    width: float = 0.0
    depth: float = 0.0
    height: float = 0.0
    wedge_deg: float = 0.0

    @classmethod
    def of(cls, cut: Cut, width: float, depth: float) -> "Widening":
        """Of a disc or an endplate.

        Args:
            cut: where it is cut.
            width: `missing_share` of its width.
            depth: `missing_share` of its depth.
        """
        across = width if cut.across else 0.0
        along = depth if cut.along else 0.0
        ends = _NO_NORM_SHARE if cut.ends else 0.0
        return cls(
            width=float(np.hypot(across, 0.1 * along)),
            depth=float(np.hypot(along, 0.1 * across)),
            height=float(np.sqrt((0.1 * across) ** 2 + (0.5 * along) ** 2 + ends**2)),
            wedge_deg=float(10.0 * np.hypot(along, 2.0 * ends)),
        )
