"""Approved Plan + Table -> Session: the loop, the interlocks, the record, the drivers and the simulated table."""

from opentraction.deliver.faults import Fault, FaultKind
from opentraction.deliver.loop import run
from opentraction.deliver.simulated import SimulatedTable
from opentraction.deliver.record import open_record, replay_record, verify_record
