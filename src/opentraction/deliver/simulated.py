"""A simulated table: a full driver behind the device contract, controller, physics and faults included.

Every number it gives is SIMULATED; its capability says so. Its controller guards itself as a real one must:
a second, drive-side force channel, a hard limit, a watchdog on the age of commands, and the patient switch
wired straight in.
"""

import math
import random
import time
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from opentraction.chart import (
    Capability,
    Command,
    CommandKind,
    Family,
    NativeUnit,
    PatientPlant,
    Reading,
    TableState,
)
from opentraction.deliver.faults import Fault, FaultKind, FaultScript
from opentraction.deliver.plant_physics import BREATH_MM, STEP_S, PlantPhysics


class ServoDesign(NamedTuple):
    """The simulated drive and its guards. All are choices of this simulation, none is of a marketed table."""

    force_max_n: float = 900.0
    rate_max_n_per_s: float = 60.0
    speed_max_mm_per_s: float = 12.0
    gain_per_s: float = 0.4
    """Speed per force error [mm/s per N]."""
    lag_s: float = 0.02
    cell_noise_n: float = 0.5
    cell_step_n: float = 0.1
    drive_noise_n: float = 1.0
    drive_filter_s: float = 0.05
    trust_n: float = 1.5
    """The servo never takes the pull for more than this below the drive side, whatever the load cell says."""
    guard_n: float = 2.5
    """With this much more pull than asked for on either channel, the drive winds in no further."""
    ahead_s: float = 0.01
    """The guard looks so far ahead: at the speed of the moment, on the cord's stiffness."""
    guard_s: float = 0.25
    """Winding in cut for this long is a runaway servo: the controller lets go by itself."""
    disagree_n: float = 20.0
    disagree_s: float = 0.05
    """Load cell and drive side this far apart for this long: the controller lets go by itself."""
    own_release_n_per_s: float = 40.0
    release_max_n_per_s: float = 150.0
    pay_out_mm_per_s: float = 2.0
    """Speed at which the last of the pull is let go."""
    slack_out_s: float = 1.0
    """This long after the pull is gone the drive still lets out slack, then its power is taken off."""
    drive_off_s: float = 2.0
    """This long after its own release is complete the drive's power is taken off, asked or not."""
    start_slack_mm: float = 20.0
    reading_every: int = 10
    """Physics steps between two readings (0.05 s)."""
    link_delay_s: float = 0.02
    clock_start_s: float = 1000.0


class SimulatedTable:
    """A table and a patient in accelerated time, behind the same contract as a real driver.

    `seed` makes the noise repeatable. `faults` is the script of what goes wrong. `pace` is None for as fast
    as possible, 1.0 for real time, 5.0 for five times that. `angle_deg` is the angle it was set to by hand.
    `cord_n_per_mm` is the stiffness of cord and frame alone (a choice, no figure was found): the harness
    belongs to the plant.
    """

    def __init__(
        self,
        plant: PatientPlant,
        *,
        seed: int,
        faults: Sequence[Fault] = (),
        angle_deg: float = 0.0,
        cord_n_per_mm: float = 20.0,
        breath_mm: float = BREATH_MM,
        pace: float | None = None,
        table_id: str = "simulated-table",
        design: ServoDesign | None = None,
    ) -> None:
        self._design = design or ServoDesign()
        self._table_id, self._angle_deg, self._pace = table_id, angle_deg, pace
        self._physics = PlantPhysics(
            plant,
            cord_n_per_mm=cord_n_per_mm,
            slack_mm=self._design.start_slack_mm,
            breath_mm=breath_mm,
        )
        self._cord_stiffness = cord_n_per_mm
        self._faults = FaultScript(faults)
        self._random = random.Random(seed)
        self._steps = 0
        self._wall_s = time.monotonic()
        self._actuator_mm = self._speed = 0.0
        self._set_n = self._target_n = 0.0
        self._rate = self._design.own_release_n_per_s
        self._expires_s = -math.inf
        self._sequence = 0
        self._state = TableState.IDLE
        self._latched = False
        self._drive_off_after = False
        self._cell_n = self._drive_n = 0.0
        self._disagree_since: float | None = None
        self._cut_since: float | None = None
        self._gone_since: float | None = None
        self._frozen_n: float | None = None
        self._slipped_mm = 0.0
        self._readings: deque[Reading] = deque(maxlen=8)
        self._held: Reading | None = None
        self._trace: list[tuple[float, float]] = []
        self._report()

    def capability(self) -> Capability:
        """What this table can do; `simulated` is declared here and nowhere else."""
        return Capability(
            table_id=self._table_id,
            maker="OpenTraction, simulated",
            simulated=True,
            connected=True,
            force_max_n=self._design.force_max_n,
            force_step_n=None,
            rate_max_n_per_s=self._design.rate_max_n_per_s,
            angle_range_deg=(0.0, 45.0),
            modes=tuple(Family),
            native_unit=NativeUnit.NEWTON,
            sensor_period_s=self._design.reading_every * STEP_S,
            source="SIMULATED: design values of this simulation",
        )

    def now_s(self) -> float:
        """The table's monotonic clock [s]; it starts at an arbitrary value."""
        return self._design.clock_start_s + self._steps * STEP_S

    def wait(self, duration_s: float) -> None:
        """Let physics and controller run on by `duration_s`, paced to the wall clock when asked."""
        for _ in range(max(1, round(duration_s / STEP_S))):
            self._step()
        if self._pace is not None:
            ahead_s = self._steps * STEP_S / self._pace - (time.monotonic() - self._wall_s)
            if ahead_s > 0:
                time.sleep(ahead_s)

    def read(self) -> Reading | None:
        """The newest reading that the link has brought, or None."""
        elapsed_s, faults = self._steps * STEP_S, self._faults
        if faults and (
            faults.now(FaultKind.LINK_LOSS, elapsed_s) or faults.now(FaultKind.MISSING, elapsed_s)
        ):
            return None
        if faults and faults.now(FaultKind.STALE, elapsed_s):
            self._held = self._held or self._arrived()
            return self._held
        self._held = None
        reading = self._arrived()
        if reading is not None and faults and (fault := faults.now(FaultKind.FUTURE, elapsed_s)):
            return reading.replace(time_s=reading.time_s + fault.size)
        return reading

    def send(self, command: Command) -> bool:
        """Take an order; False when it is old, repeated, expired or from the future, and so not taken."""
        now_s = self.now_s()
        if self._faults and self._faults.now(FaultKind.LINK_LOSS, self._steps * STEP_S):
            return False
        if command.sequence <= self._sequence or not command.issued_s - 0.1 <= now_s <= command.expires_s:
            return False
        self._sequence = command.sequence
        if command.kind is CommandKind.FORCE:
            return self._pull(command)
        self._let_go(min(command.rate_n_per_s, self._design.release_max_n_per_s))
        if command.kind is CommandKind.STOP:
            self._drive_off_after = True
        return True

    def true_force_n(self) -> float:
        """The true pull on the patient [N], which no real table can tell: for tests and figures only."""
        return self._physics.cord_n

    def true_trace(self) -> tuple[tuple[float, float], ...]:
        """(clock [s], largest true pull [N] of that reading period), for tests and figures only."""
        return tuple(self._trace)

    def driven(self) -> bool:
        """Whether the drive still has power."""
        return self._state is not TableState.STOPPED

    def _pull(self, command: Command) -> bool:
        if self._latched:
            return False
        self._state = TableState.PULLING
        self._target_n = min(command.force_n, self._design.force_max_n)
        self._rate = min(command.rate_n_per_s, self._design.rate_max_n_per_s)
        self._expires_s = command.expires_s
        return True

    def _let_go(self, rate: float) -> None:
        """Begin a controlled release; nothing but a person's reset ends it."""
        if not self._latched:
            self._set_n = min(self._set_n, max(self._drive_n, 0.0))
            self._rate = rate
        self._latched = True
        self._target_n = 0.0
        if self._state is not TableState.STOPPED:
            self._state = TableState.RELEASING

    def _arrived(self) -> Reading | None:
        latest_s = self.now_s() - self._design.link_delay_s
        for reading in reversed(self._readings):
            if reading.time_s <= latest_s + 1e-9:
                return reading
        return self._readings[0] if self._readings else None

    def _step(self) -> None:
        """One step of 5 ms: sense, guard, drive, physics."""
        self._steps += 1
        self._sense()
        self._guard()
        self._drive()
        true_n = self._physics.step(self._actuator_mm)
        if self._trace and self._steps % self._design.reading_every:
            if true_n > self._trace[-1][1]:
                self._trace[-1] = (self._trace[-1][0], true_n)
        else:
            self._trace.append((self.now_s(), true_n))
        if self._steps % self._design.reading_every == 0:
            self._report()

    def _sense(self) -> None:
        design, true_n = self._design, self._physics.cord_n
        noisy = true_n + self._random.gauss(0.0, design.cell_noise_n)
        cell = round(noisy / design.cell_step_n) * design.cell_step_n
        if self._faults:
            cell = self._faulty(cell)
        self._cell_n = cell
        drive = true_n + self._random.gauss(0.0, design.drive_noise_n)
        self._drive_n += STEP_S / design.drive_filter_s * (drive - self._drive_n)

    def _faulty(self, cell: float) -> float:
        """The load cell with its faults; slip and switch act here too, because they are asked for by time."""
        elapsed_s, faults = self._steps * STEP_S, self._faults
        if faults.now(FaultKind.FROZEN, elapsed_s):
            self._frozen_n = cell if self._frozen_n is None else self._frozen_n
            cell = self._frozen_n
        else:
            self._frozen_n = None
        for kind in (FaultKind.SPIKE, FaultKind.OFFSET):
            if fault := faults.now(kind, elapsed_s):
                cell += fault.size
        if faults.now(FaultKind.NAN, elapsed_s):
            cell = math.nan
        if fault := faults.now(FaultKind.SLIP, elapsed_s):
            wanted_mm = min(fault.size, 25.0 * (elapsed_s - fault.at_s))
            if wanted_mm > self._slipped_mm:
                self._physics.slip(wanted_mm - self._slipped_mm)
                self._slipped_mm = wanted_mm
        return cell

    def _guard(self) -> None:
        """The controller's own stops: watchdog, switch, two force channels, runaway, hard limit."""
        design, now_s = self._design, self.now_s()
        if self._latched or self._state is TableState.IDLE:
            return
        if now_s > self._expires_s or self._switch():
            self._let_go(design.own_release_n_per_s)
            return
        if self._guard_lost():
            return
        agree = abs(self._cell_n - self._drive_n) <= design.disagree_n
        self._disagree_since = None if agree else self._disagree_since or now_s
        apart = self._disagree_since is not None and now_s - self._disagree_since >= design.disagree_s
        cut = self._cut_since is not None and now_s - self._cut_since >= design.guard_s
        if apart or cut or self._drive_n > 1.02 * design.force_max_n:
            self._let_go(design.own_release_n_per_s)

    def _switch(self) -> bool:
        return bool(self._faults) and self._faults.now(FaultKind.SWITCH, self._steps * STEP_S) is not None

    def _drive(self) -> None:
        """The force servo: a bounded speed from the force error; in a release it never winds in."""
        design = self._design
        wanted = 0.0
        if self._state is TableState.PULLING or (self._state is TableState.RELEASING and self._latched):
            reach = self._rate * STEP_S
            self._set_n += min(max(self._target_n - self._set_n, -reach), reach)
            wanted = design.gain_per_s * (self._set_n - self._felt())
            if self._latched and self._set_n <= 0.0:
                wanted = min(wanted, -design.pay_out_mm_per_s)
            wanted = min(max(wanted, -design.speed_max_mm_per_s), design.speed_max_mm_per_s)
            wanted = self._bounded(wanted)
        self._speed += STEP_S / design.lag_s * (wanted - self._speed)
        self._actuator_mm = max(0.0, self._actuator_mm + self._speed * STEP_S)
        if self._state is TableState.RELEASING and self._set_n <= 0.0:
            self._rest()

    def _rest(self) -> None:
        """The pull is gone: let out a little slack, then take the drive's power off, asked or not."""
        if self._drive_n >= 1.0:
            self._gone_since = None
            return
        self._gone_since = self._gone_since or self.now_s()
        wait_s = self._design.slack_out_s if self._drive_off_after else self._design.drive_off_s
        if self.now_s() - self._gone_since >= wait_s:
            self._speed = 0.0
            self._state = TableState.STOPPED

    def _felt(self) -> float:
        """The pull the servo acts on: the load cell, but never far below the drive side."""
        if self._latched or not math.isfinite(self._cell_n):
            return self._drive_n
        if self._guard_lost():
            return self._cell_n
        return max(self._cell_n, self._drive_n - self._design.trust_n)

    def _bounded(self, wanted: float) -> float:
        """The drive's second channel: it cuts winding in where the servo must not wind."""
        if self._latched:
            return min(wanted, 0.0)
        if self._faults:
            unguarded = self._guard_lost()
            if unguarded or self._faults.now(FaultKind.RUNAWAY, self._steps * STEP_S):
                wanted = self._design.speed_max_mm_per_s
            if unguarded:
                return wanted
        highest = max(self._drive_n, self._cell_n) if math.isfinite(self._cell_n) else self._drive_n
        highest += max(self._speed, 0.0) * self._cord_stiffness * self._design.ahead_s
        if wanted <= 0.0 or highest <= self._set_n + self._design.guard_n:
            self._cut_since = None
            return wanted
        self._cut_since = self._cut_since or self.now_s()
        self._speed = min(self._speed, 0.0)
        return 0.0

    def _guard_lost(self) -> bool:
        return bool(self._faults) and self._faults.now(FaultKind.GUARD_LOST, self._steps * STEP_S) is not None

    def _report(self) -> None:
        self._readings.append(
            Reading(
                time_s=self.now_s(),
                force_n=self._cell_n,
                position_mm=round(self._actuator_mm, 2),
                angle_deg=self._angle_deg,
                switch_pressed=self._switch(),
                state=self._state,
                sequence=self._sequence,
            )
        )
