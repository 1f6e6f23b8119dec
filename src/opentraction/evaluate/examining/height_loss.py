"""Height that a vertebral body has lost, and Genant's grade of it.

Source of the grades: Genant et al., J Bone Miner Res 1993;8:1137: 20-25 % mild, 25-40 % moderate, over 40 %
severe, of the front, middle or back height against the normal neighbours. Genant's is a reading by eye; the
shares here come from fitted endplates, so that a grade is a hint that a person has to look.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from opentraction.chart import Measure, Quality, Vertebra, VertebraName

GENANT = ((0.40, 3), (0.25, 2), (0.20, 1))
"""Share of height lost from which each grade holds, the worst first."""
FRACTURE_VOXEL_MM = 1.5
"""No grade above this voxel size in the sagittal plane: 3 mm flagged every body of a CT."""


@dataclass(frozen=True, kw_only=True)
class HeightLoss:
    """The largest loss of height of one body."""

    share: Measure
    """Share of the expected height that is missing, 0 to 1, with its spread; negative where none is."""
    place: str
    """front, middle or back."""

    @property
    def grade(self) -> int:
        """Genant's grade, 0 for none to 3."""
        return next((grade for limit, grade in GENANT if self.share.value >= limit), 0)


def height_loss(vertebra: Vertebra, neighbours: Iterable[Vertebra] = ()) -> HeightLoss | None:
    """Largest loss of height of a body, or None where its heights were not measured.

    Front and middle are compared with the body's own back, and with the mean back of the bodies above and
    below where both were measured and that is more: a crushed body is low behind as well. The back is
    compared with the neighbours. L5 is naturally lower behind, so its back is not compared.

    Args:
        vertebra: a measured body.
        neighbours: the bodies above and below, as far as they were measured.
    """
    front, middle, back = vertebra.height_front_mm, vertebra.height_mid_mm, vertebra.height_back_mm
    if front is None or middle is None or back is None or back.quality is Quality.ASSUMED:
        return None
    backs = [each.height_back_mm for each in neighbours if each.height_back_mm is not None]
    beside = _mean(backs) if backs else None
    whole = back if beside is None or len(backs) < 2 or beside.value <= back.value else beside
    losses = [(_loss(front, whole), "front"), (_loss(middle, whole), "middle")]
    if beside is not None and vertebra.name is not VertebraName.L5:
        losses.append((_loss(back, beside), "back"))
    share, place = max(losses, key=lambda entry: entry[0].value)
    return HeightLoss(share=share, place=place)


def neighbours_of(vertebra: Vertebra, bodies: Iterable[Vertebra]) -> list[Vertebra]:
    """The bodies next to one, of those given from head to foot."""
    found = []
    for upper, lower in pairwise(bodies):
        if upper is vertebra:
            found.append(lower)
        elif lower is vertebra:
            found.append(upper)
    return found


def genant(
    vertebra: Vertebra, voxel_mm: tuple[float, float, float], neighbours: Iterable[Vertebra] = ()
) -> int | None:
    """Genant's grade of height loss: 0 none, 1 from 20 %, 2 from 25 %, 3 from 40 %; a hint, not a reading.

    None where heights are missing or a voxel of the sagittal plane is above 1.5 mm.

    Args:
        vertebra: a measured body.
        voxel_mm: voxel size along the (right, anterior, superior) axes, as `Spine.voxel_mm`.
        neighbours: the bodies above and below, where measured.
    """
    loss = None if max(voxel_mm[1:]) > FRACTURE_VOXEL_MM else height_loss(vertebra, neighbours)
    return None if loss is None else loss.grade


def _mean(heights: list[Measure]) -> Measure:
    worst = next((each for each in heights if each.quality is not Quality.MEASURED), heights[0])
    return Measure(
        value=sum(each.value for each in heights) / len(heights),
        sd=math.hypot(*(each.sd for each in heights)) / len(heights),
        quality=worst.quality,
    )


def _loss(part: Measure, whole: Measure) -> Measure:
    ratio = part.value / whole.value
    sd = abs(ratio) * math.hypot(part.sd / max(part.value, 1.0), whole.sd / max(whole.value, 1.0))
    worse = part.quality if part.quality is not Quality.MEASURED else whole.quality
    return Measure(value=1.0 - ratio, sd=sd, quality=worse)
