"""What the published experiments ask of a model: subjects, loads, and what comes back.

Any model that keeps to `Bench` and `Column` can be judged: the column itself and the linear disc of
`linear.py` run the same experiments. Axes of a joint: x anterior, y left, z cranial. Turns follow the right
hand: flexion is a positive turn about y, bending to the right about x, turning to the left about z.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from opentraction.chart import LEVELS, Level, TableKind
from opentraction.mechanics.loading import Pose, Stance

Numbers = NDArray[np.float64]
Places = NDArray[np.int64]


class Part(StrEnum):
    """A structure that an experiment may take away."""

    LIGAMENTS = "ligaments"
    FACETS = "facets"
    LEFT_FACET = "left facet"
    RIGHT_FACET = "right facet"


@dataclass(frozen=True)
class Cut:
    """A structure taken away at one level, or at every level."""

    part: Part
    level: Level | None = None


@dataclass(frozen=True)
class Subject:
    """All that a published condition may change in the norm spine besides load and history."""

    age_years: float = 45.0
    grade: float = 2.0
    """Continuous Pfirrmann grade of every disc, 1 to 5."""
    mass_kg: float = 70.0
    height_scale: float = 1.0
    """Factor on the disc heights."""
    protrusions: tuple[Level, ...] = ()
    """Levels with a weakened posterior annulus and a protrusion of 5 mm."""
    free: tuple[Level, ...] = LEVELS
    """Joints that move; the others are held as if fused."""
    cuts: frozenset[Cut] = frozenset()


@dataclass(frozen=True)
class Bearing:
    """How a person holds the body; the load path's balance of weight and muscle makes forces of it."""

    stance: Stance
    load_kg: float = 0.0
    """In the hands; at the ankles in water."""
    hip_flexion_deg: float | None = None
    """Lying; None: as imaged."""
    pose: Pose | None = None
    """In place of the load path's own pose of the stance."""


LYING = Bearing(Stance.SUPINE)
PRONE = Bearing(Stance.PRONE)
STANDING = Bearing(Stance.STANDING)
ABOUT = Bearing(Stance.ABOUT)


@dataclass(frozen=True)
class Pull:
    """A pull at pelvis and chest along the table; a negative force presses (a compression vest)."""

    force_n: float
    """At the table, before friction and harness."""
    table: TableKind = TableKind.SPLIT


@dataclass(frozen=True)
class Wrench:
    """A force and a moment of fixed direction on the vertebra above a level.

    Directions are those of the lower axes of that level without load.
    """

    force_n: tuple[float, float, float] = (0.0, 0.0, 0.0)
    moment_nmm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    at_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Where the force acts: from the disc's centre, moving with the vertebra above."""


@dataclass(frozen=True)
class Load:
    """All that acts at one time. Without a bearing: neither gravity, muscle nor trunk.

    A run whose loads all lack a bearing is that of a specimen, whose endplates have no blood; one that begins
    in a person, as a night before, stays a person's.
    """

    bearing: Bearing | None = None
    follower_n: float = 0.0
    """Compression along the path through the disc centres, in addition to that of the bearing."""
    pull: Pull | None = None
    wrenches: Mapping[Level, Wrench] = field(default_factory=dict)


UNLOADED = Load()


@dataclass(frozen=True)
class Phase:
    """A load held for a while; fluid moves."""

    duration_s: float
    load: Load


@dataclass(frozen=True)
class Trace:
    """What a run gives, step by step.

    Entry 0 is the start: of a static run its first load, of a march the start state with no load. Axes: step,
    (part,) joint, sample; joints from L1-L2 down.
    """

    time_s: Numbers
    """(step); zero throughout in a static run."""
    phase: Places
    """(step); which phase a step belongs to, -1 for entry 0."""
    share: Numbers
    """(step); how much of the way from the first to the last load of a static run, 0 to 1."""
    rotation_rad: Numbers
    """(step, 3, joint, sample) rotation vector against the stress-free shape."""
    translation_mm: Numbers
    """(step, 3, joint, sample) of the upper axes' origin."""
    pressure_mpa: Numbers
    """(step, joint, sample) of the nucleus, gauge."""
    height_mm: Numbers
    """(step, joint, sample) at the centre."""
    height_front_mm: Numbers
    """(step, joint, sample) at a tenth of the depth, as the next at nine tenths (`EDGE_SHARE`)."""
    height_back_mm: Numbers
    volume_mm3: Numbers
    """(step, joint, sample) of the whole disc."""
    fluid_mm3: Numbers
    """(step, joint, sample) of water in the disc."""
    posterior_bulge_mm: Numbers
    """(step, joint, sample) of the disc's border in the middle at the back, against the stress-free shape."""
    protrusion_mm2: Numbers
    """(step, joint, sample) area of what stands behind the posterior wall in the mid-plane."""
    facet_n: Numbers
    """(step, 2, joint, sample) contact force, left then right, not negative."""
    facet_axial_n: Numbers
    """(step, joint, sample) part of the axial compression that both facets take."""
    foramen_height_mm: Numbers
    """(step, joint, sample), mean of the two sides, as the next four."""
    foramen_width_mm: Numbers
    """Greatest."""
    foramen_least_width_mm: Numbers
    foramen_area_mm2: Numbers
    flavum_thickness_mm: Numbers
    canal_area_mm2: Numbers
    """(step, joint, sample) at the height of the disc, as the next."""
    dural_sac_mm2: Numbers
    state: object
    """Fluid and slow strain at the end: the `start` of another run."""

    def end(self, phase: int) -> int:
        """Last step of a phase; raises IndexError when the trace has no such phase."""
        return int(np.flatnonzero(self.phase == phase)[-1])


@runtime_checkable
class Column(Protocol):
    """An ensemble of one subject's spine, as built: the fluid of the imaging state, no load."""

    @property
    def samples(self) -> int:
        """Number of samples."""
        ...

    @property
    def stature_share(self) -> Numbers:
        """(sample) share of a change of stature that the five lumbar discs make."""
        ...

    def static(
        self,
        load: Load,
        *,
        begin: Load = UNLOADED,
        start: object | None = None,
        steps: int = 16,
        volume_removed_mm3: float = 0.0,
        drained: bool = False,
    ) -> Trace:
        """Equilibria on the straight way from `begin` (entry 0) to `load` in equal steps, in no time.

        No fluid moves unless `drained`. `volume_removed_mm3` leaves the nucleus of each free joint before
        entry 0. `start` is the `state` of an earlier trace. Raises NotConverged.
        """
        ...

    def march(self, phases: Sequence[Phase], *, start: object | None = None) -> Trace:
        """Run phases one after another with fluid and slow strain. Raises NotConverged."""
        ...


@runtime_checkable
class Bench(Protocol):
    """Makes columns. One parameter file serves every subject."""

    @property
    def name(self) -> str:
        """Name and version of the model."""
        ...

    @property
    def parameters(self) -> str:
        """SHA-256 of the parameter file."""
        ...

    @property
    def samples(self) -> int:
        """Number of samples of each column."""
        ...

    def column(self, subject: Subject) -> Column:
        """The norm spine of a subject, its parameters drawn with the same seeds for every subject."""
        ...
