"""A null model: a spine of linear discs without time. What it passes asks for no better model.

Stiffness in bending and torsion is the slope through the calibration rows V084, V088, V091 and V094; axial
from the middle of V127, shear from the middle of V125. Pressure is 1.5 F / A (P204), A as a disc of P207.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from opentraction.chart import LEVELS, TableKind
from opentraction.mechanics.loading import PULL_NUMBERS, posture_load, trunk
from opentraction.mechanics.loading.posture import GRAVITY_M_S2
from opentraction.mechanics.outputs.shape import EDGE_SHARE
from opentraction.mechanics.validating.bench import (
    UNLOADED,
    Bearing,
    Load,
    Numbers,
    Phase,
    Places,
    Subject,
    Trace,
    Wrench,
)

AXIAL_N_MM = 1500.0
SHEAR_N_MM = 86.0
NMM_RAD = 1e3 * 180.0 / np.pi
"""N mm/rad in one N m/deg."""
BEND_NMM_RAD = tuple(slope * NMM_RAD for slope in (5.0 / 5.08, (5.0 / 8.38 + 7.5 / 10.28) / 2.0, 7.5 / 5.73))
"""Against turning about x (bending to the side), y (flexion) and z (axial rotation)."""
AREA_MM2 = 1285.0
"""pi/4 x 49 x 33.4 (P207)."""
PRESSURE_FACTOR = 1.5
HEIGHT_MM, DEPTH_MM = 12.5, 33.0
SPACING_MM = 39.0
"""From disc centre to disc centre."""
LOST_SHARE, FRICTION_SHARE = PULL_NUMBERS["lost_share"].value, 0.25
"""Of the pull, in skin and harness; of body weight, on a plain table (P199)."""
STATURE_SHARE = 0.38
FORAMEN_MM = (18.0, 8.0)
"""Height and width of a foramen: assumed."""
FORAMEN_AT_MM, FLAVUM_AT_MM, FLAVUM_MM = -20.0, -36.0, 18.0
"""Behind the disc's centre, and length of the flavum: assumed."""
CANAL_MM2 = 250.0


@dataclass(frozen=True)
class LinearBench:
    """The null model; one sample, as it knows no spread."""

    samples: int = 1

    @property
    def name(self) -> str:
        """Name of the null model."""
        return "linear disc"

    @property
    def parameters(self) -> str:
        """SHA-256 of the constants."""
        text = repr((AXIAL_N_MM, SHEAR_N_MM, BEND_NMM_RAD, AREA_MM2, PRESSURE_FACTOR))
        return hashlib.sha256(text.encode()).hexdigest()

    def column(self, subject: Subject) -> LinearColumn:
        """The same discs for every subject: only mass and free joints are heeded."""
        return LinearColumn(subject, self.samples)


@dataclass(frozen=True)
class LinearColumn:
    """Five linear joints; cuts, grade, fluid removed and time change nothing."""

    subject: Subject
    samples: int

    @property
    def stature_share(self) -> Numbers:
        """As the column's prior, in the middle."""
        return np.full(self.samples, STATURE_SHARE)

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
        """Straight from one load to the other."""
        share = np.linspace(0.0, 1.0, steps + 1)
        first, last = self._acting(begin), self._acting(load)
        acting = first + share[:, None, None] * (last - first)
        return self._trace(acting, 0.0 * share, np.r_[-1, np.zeros(steps, dtype=np.int64)], share)

    def march(self, phases: Sequence[Phase], *, start: object | None = None) -> Trace:
        """Two steps a phase, at once and at its end: nothing changes between them."""
        acting, times, index, now = [self._acting(UNLOADED)], [0.0], [-1], 0.0
        for place, phase in enumerate(phases):
            acting += [self._acting(phase.load)] * 2
            times += [now + min(30.0, 0.5 * phase.duration_s), now + phase.duration_s]
            index += [place, place]
            now += phase.duration_s
        return self._trace(np.array(acting), np.array(times), np.array(index), np.zeros(len(times)))

    def _acting(self, load: Load) -> Numbers:
        """Force x y z [N] and moment x y z [N mm] on each joint: (6, joint)."""
        total = np.zeros((6, 5))
        if load.bearing is not None:
            compression, turn = _borne(self._weight_n, load.bearing)
            total[2] -= compression
            total[4] -= BEND_NMM_RAD[1] * turn / 5.0
        total[2] -= load.follower_n
        if load.pull is not None:
            lost = FRICTION_SHARE * self._weight_n if load.pull.table is TableKind.PLAIN else 0.0
            pull = load.pull.force_n
            total[2] += max((1.0 - LOST_SHARE) * pull - lost, 0.0) if pull > 0 else pull
        for level, wrench in load.wrenches.items():
            for joint in range(level.place, 5):
                total[:, joint] += _moved(wrench, SPACING_MM * (joint - level.place))
        free = np.array([level in self.subject.free for level in LEVELS])
        return total * free

    @property
    def _weight_n(self) -> float:
        return self.subject.mass_kg * GRAVITY_M_S2

    def _trace(self, acting: Numbers, time_s: Numbers, phase: Places, share: Numbers) -> Trace:
        """The trace of loads (step, 6, joint): every output by geometry alone."""
        stiffness = np.array([SHEAR_N_MM, SHEAR_N_MM, AXIAL_N_MM, *BEND_NMM_RAD])
        moved = np.repeat((acting / stiffness[:, None])[..., None], self.samples, axis=-1)
        up, turn = moved[:, 2], moved[:, 4]
        behind = turn * FORAMEN_AT_MM * -1.0
        height, width = FORAMEN_MM[0] + up + behind, FORAMEN_MM[1] + moved[:, 0]
        still = np.zeros_like(up)
        compression = np.repeat(-acting[:, 2, :, None], self.samples, axis=-1)
        return Trace(
            time_s=time_s,
            phase=phase,
            share=share,
            rotation_rad=moved[:, 3:],
            translation_mm=moved[:, :3],
            pressure_mpa=PRESSURE_FACTOR * compression / AREA_MM2,
            height_mm=HEIGHT_MM + up,
            height_front_mm=HEIGHT_MM + up - turn * EDGE_SHARE * DEPTH_MM / 2,
            height_back_mm=HEIGHT_MM + up + turn * EDGE_SHARE * DEPTH_MM / 2,
            volume_mm3=still + AREA_MM2 * HEIGHT_MM,
            fluid_mm3=still + 0.75 * AREA_MM2 * HEIGHT_MM,
            posterior_bulge_mm=still,
            protrusion_mm2=still + 50.0,
            facet_n=np.zeros_like(moved[:, :2]),
            facet_axial_n=still,
            foramen_height_mm=height,
            foramen_width_mm=width,
            foramen_least_width_mm=width,
            foramen_area_mm2=height * width,
            flavum_thickness_mm=4.0 / (1.0 + (up - turn * FLAVUM_AT_MM) / FLAVUM_MM),
            canal_area_mm2=still + CANAL_MM2,
            dural_sac_mm2=still + 0.7 * CANAL_MM2,
            state=None,
        )


@cache
def _borne(weight_n: float, bearing: Bearing) -> tuple[Numbers, float]:
    """Compression of the joints [N] and turn of the thorax [rad, extension positive] of a bearing."""
    found = posture_load(
        trunk(weight_n),
        bearing.stance,
        load_kg=bearing.load_kg,
        hip_flexion_deg=bearing.hip_flexion_deg,
        pose=bearing.pose,
    )
    return np.asarray(found.compression_n, dtype=float)[:, 0], float(found.turn_rad[0])


def _moved(wrench: Wrench, drop_mm: float) -> Numbers:
    """A wrench about a joint that lies `drop_mm` below its own: (6)."""
    force = np.array(wrench.force_n)
    arm = np.array(wrench.at_mm) + np.array([0.0, 0.0, drop_mm])
    return np.concatenate([force, np.array(wrench.moment_nmm) + np.cross(arm, force)])
