"""SpineModel: one patient's column as an ensemble, at rest as it was imaged, in the load of one setup."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import jax
import numpy as np
from numpy.typing import NDArray

from opentraction.chart import LEVELS, BadInput, Level, Setup
from opentraction.mechanics.chain.model import Chain
from opentraction.mechanics.loading import NUMBERS, Trunk, trunk
from opentraction.mechanics.outputs.attachments import Origins
from opentraction.mechanics.outputs.attachments import Sizes as OpeningSizes
from opentraction.mechanics.patient.assembly import Parts, Present, Sizes, Unloaded, assemble
from opentraction.mechanics.patient.chunks import picked
from opentraction.mechanics.patient.imaged import Imaged
from opentraction.mechanics.patient.missed import Missed
from opentraction.mechanics.patient.settle import Scanned

MODEL_NAME = "spatial column 1"
"""Name and version of this mechanical model, written into every prediction."""
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class SpineModel:
    """A patient's column: `samples` sets of parameters, samples in the last axis of every array."""

    chain: Chain
    found: dict[str, Numbers]
    """Drawn parameters by name of the prior, each (sample)."""
    weight_n: Numbers
    sizes: Sizes
    rest: Unloaded
    scanned: Scanned
    top: Numbers
    """(3, 3, sample) axes of L1 in the spine's own axes, as imaged."""
    image: Imaged
    openings: OpeningSizes
    """Imaged sizes of foramina and canal."""
    origins: Origins
    """Where those come from: which attachment points were measured, which assumed."""
    structures: Present
    """What is there; the rest was taken away, for experiments."""
    targetable: tuple[Level, ...]
    setup: Setup
    patient_id: str
    spine_digest: str
    seed: int
    samples: int
    drawn: tuple[int, ...]
    """Number of each sample among those that were drawn."""
    missed: tuple[Missed, ...]
    """Samples that were drawn and left out because they found no rest."""
    simulated: bool

    @property
    def levels(self) -> tuple[Level, ...]:
        """The five levels of the column, head to foot; those not in the Spine stand in from norms."""
        return LEVELS

    @property
    def present(self) -> tuple[bool, ...]:
        """Which levels are in the Spine."""
        return self.image.present

    @property
    def trunk(self) -> Trunk:
        """Weights and lever arms of the body."""
        numbers: dict[str, object] = {name: self.found[name] for name in NUMBERS}
        return trunk(self.weight_n, samples=self.samples, numbers=numbers)

    @property
    def l1_mm(self) -> Numbers:
        """(3) centre of L1 from the centre of L5-S1, as imaged, in the spine's own axes."""
        up = self.image.disc_turn[:, 2, 0]
        first = self.image.disc_mm[:, 0] + up * 0.5 * (self.image.height_mm[0] + self.image.body_mm[0])
        return np.asarray(first - self.image.disc_mm[:, -1])

    def above_disc_mm(self, place: int) -> float:
        """From the centre of a disc to the centre of the body above it, along the disc's axis; L1-L2 is 0."""
        return float(0.5 * (self.image.height_mm[place] + self.image.body_mm[place]))

    def on_l1(self, from_l1_mm: Numbers) -> Numbers:
        """(3, sample) point of L1 in the axes of L1's own disc, where the chain's forces act.

        `from_l1_mm`: (3, sample) from the centre of L1, in the spine's own directions.
        """
        back = np.swapaxes(self.top, 0, 1)
        way = (back * from_l1_mm[None]).sum(1)
        way[2] += self.above_disc_mm(0)
        return np.asarray(way)

    def subset(self, n: int) -> SpineModel:
        """The first `n` samples. Raises BadInput when there are fewer."""
        if not 1 <= n <= self.samples:
            raise BadInput(
                f"Expected 1 to {self.samples} samples, got {n}. Build the model with more samples."
            )

        return self.picked(range(n))

    def picked(self, samples: Sequence[int]) -> SpineModel:
        """Some of the samples, by their place in this model."""
        at = np.asarray(samples)
        return replace(
            self,
            chain=jax.device_put(picked(self.chain, at)),
            found=picked(self.found, at),
            weight_n=picked(self.weight_n, at),
            sizes=picked(self.sizes, at),
            rest=picked(self.rest, at),
            scanned=picked(self.scanned, at),
            openings=picked(self.openings, at),
            top=picked(self.top, at),
            samples=len(at),
            drawn=tuple(self.drawn[k] for k in at),
        )

    def with_setup(self, setup: Setup) -> SpineModel:
        """The same patient in another posture, table or harness."""
        return replace(self, setup=setup)

    def spatial(self) -> SpineModel:
        """The same column with all six motions of every joint: for loads that are not laterally symmetric."""
        return self.assembled(mirror=False)

    def assembled(
        self,
        *,
        mirror: bool,
        present: Present | None = None,
        free_thorax: bool = False,
        points_mm: Numbers | None = None,
    ) -> SpineModel:
        """The same column put together again.

        With structures taken away, the thorax not held by a table, or forces at other points of the bodies,
        (point, 3, body, sample).
        """
        there = self.structures if present is None else present
        found = self.found | ({"thorax_stiffness": np.zeros(self.samples)} if free_thorax else {})
        parts = Parts(self.image, self.sizes, found, there)
        chain, top = assemble(parts, self.rest, mirror=mirror, points_mm=points_mm)
        return replace(self, chain=chain, top=top, structures=there)
