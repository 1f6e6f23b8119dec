"""The patient and the harness as a table feels them, at 200 Hz: cord, slack, friction, body, creep."""

import math
from collections.abc import Sequence
from itertools import pairwise

from opentraction.chart import BadValue, PatientPlant

STEP_S = 0.005
"""Step of the physics and of the table's controller (200 Hz)."""
BREATHS_HZ = 0.25
"""15 breaths a minute, quiet breathing of an adult."""
BREATH_MM = 0.15
"""Half the movement that breathing makes between pelvis and chest [mm]: a choice, no published figure was
found.
"""
DAMPING_RATIO = 0.5
"""Damping of the body on the cord, relative to critical; a choice that lets it settle within a second."""
_TABLE_PARTS = 512
_MM_PER_M = 1000.0


class Spring:
    """A force [N] that rises with extension [mm], by monotone cubic interpolation (Fritsch and Carlson 1980).

    It is tabulated once on an even grid. Beyond the last point the last slope goes on; below zero the first.
    """

    def __init__(self, extension_mm: Sequence[float], force_n: Sequence[float]) -> None:
        if any(b <= a for a, b in pairwise(extension_mm)) or any(b <= a for a, b in pairwise(force_n)):
            raise BadValue("Expected extension and force to rise from point to point. Fit the plant again.")
        self.extension_mm, self.force_n = tuple(extension_mm), tuple(force_n)
        self._slopes = _monotone_slopes(self.extension_mm, self.force_n)
        self._first, self._last = self.extension_mm[0], self.extension_mm[-1]
        self._step = (self._last - self._first) / _TABLE_PARTS
        self._table = [self.exact(self._first + part * self._step) for part in range(_TABLE_PARTS + 1)]

    @property
    def stiffest_n_per_mm(self) -> float:
        """Largest slope of the tabulated curve [N/mm]."""
        return max(b - a for a, b in pairwise(self._table)) / self._step

    def exact(self, extension_mm: float) -> float:
        """Force at an extension inside the given points, by the cubic itself."""
        xs, ys = self.extension_mm, self.force_n
        i = next((k for k in range(len(xs) - 2) if extension_mm < xs[k + 1]), len(xs) - 2)
        h = xs[i + 1] - xs[i]
        t = min(max((extension_mm - xs[i]) / h, 0.0), 1.0)
        a, b = self._slopes[i] * h, self._slopes[i + 1] * h
        rise = ys[i + 1] - ys[i]
        return ys[i] + t * (a + t * ((3.0 * rise - 2.0 * a - b) + t * (a + b - 2.0 * rise)))

    def force(self, extension_mm: float) -> float:
        """Force at any extension, from the table."""
        place = (extension_mm - self._first) / self._step
        part = int(place)
        if place < 0.0:
            part = 0
        elif part >= _TABLE_PARTS:
            part = _TABLE_PARTS - 1
        low = self._table[part]
        return low + (place - part) * (self._table[part + 1] - low)


def _monotone_slopes(xs: Sequence[float], ys: Sequence[float]) -> list[float]:
    secants = [(y1 - y0) / (x1 - x0) for (x0, y0), (x1, y1) in pairwise(zip(xs, ys, strict=True))]
    slopes = [secants[0], *(0.5 * (a + b) for a, b in pairwise(secants)), secants[-1]]
    for i, secant in enumerate(secants):
        a, b = slopes[i] / secant, slopes[i + 1] / secant
        size = math.hypot(a, b)
        if size > 3.0:
            slopes[i], slopes[i + 1] = 3.0 * a / size * secant, 3.0 * b / size * secant
    return slopes


class PlantPhysics:
    """The moved part of the body on a cord: one mass, a nonlinear creeping spring, and friction that only
    opposes.

    Positions in mm along the pull, forces in N. `cord_n` is the true pull of the cord on the harness, the
    force that every safety claim is about.
    """

    def __init__(
        self, plant: PatientPlant, *, cord_n_per_mm: float, slack_mm: float, breath_mm: float = BREATH_MM
    ) -> None:
        self._spring = Spring(plant.extension_mm, plant.force_n)
        self._creep = [(1.0 / branch.stiffness_n_per_mm, STEP_S / branch.tau_s) for branch in plant.creep]
        if any(share >= 1.0 for _, share in self._creep):
            raise BadValue(f"Expected creep times above {STEP_S:g} s. Fit the plant again.")
        self._crept = [0.0 for _ in self._creep]
        self._friction_n = plant.friction_n
        self._cord_stiffness = cord_n_per_mm
        self._slack_mm = slack_mm
        self._breath_mm = breath_mm
        self._per_mass = _MM_PER_M / plant.mass_kg * STEP_S
        stiffness = cord_n_per_mm + self._spring.stiffest_n_per_mm
        self._damping = 2.0 * DAMPING_RATIO * math.sqrt(stiffness * plant.mass_kg / _MM_PER_M)
        if stiffness * self._per_mass * STEP_S > 1.0:
            raise BadValue("Expected a plant that 200 Hz can follow; this one is too stiff for its mass.")
        self._steps = 0
        self.body_mm = 0.0
        self.body_mm_per_s = 0.0
        self.cord_n = 0.0
        self.spine_n = 0.0

    @property
    def crept_mm(self) -> float:
        """Slow stretch so far [mm]."""
        return math.fsum(self._crept)

    def slip(self, length_mm: float) -> None:
        """Let the harness slide over the pelvis by a length: it becomes slack."""
        self._slack_mm += length_mm

    def step(self, actuator_mm: float) -> float:
        """Advance by one step with `actuator_mm` wound in; returns the true cord force [N]."""
        self._steps += 1
        taut_mm = actuator_mm - self._slack_mm - self.body_mm
        cord = self._cord_stiffness * taut_mm if taut_mm > 0.0 else 0.0
        breath = self._breath_mm * math.sin(2.0 * math.pi * BREATHS_HZ * STEP_S * self._steps)
        spine = self._spring.force(self.body_mm - math.fsum(self._crept) + breath)
        for index, (compliance, share) in enumerate(self._creep):
            self._crept[index] += share * (spine * compliance - self._crept[index])
        self._move(cord - spine)
        self.cord_n, self.spine_n = cord, spine
        return cord

    def _move(self, net_n: float) -> None:
        """Semi-implicit Euler; friction takes speed away, and never more than there is."""
        speed = self.body_mm_per_s + (net_n - self._damping * self.body_mm_per_s) * self._per_mass
        loss = self._friction_n * self._per_mass
        speed = max(0.0, speed - loss) if speed > 0.0 else min(0.0, speed + loss)
        self.body_mm_per_s = speed
        self.body_mm += speed * STEP_S
