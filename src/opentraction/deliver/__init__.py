"""Approved Plan + Table -> Session: the loop, the interlocks, the record, the drivers and tables."""

from opentraction.deliver.comparison import compare, in_band, planned_impulse_n_s
from opentraction.deliver.control import decide
from opentraction.deliver.decision import Decision, DecisionInput, Memory, memory_at_start
from opentraction.deliver.faults import Fault, FaultKind
from opentraction.deliver.limits import (
    DeliverySettings,
    binding_limit,
    not_covered,
    round_down,
    settings_for,
)
from opentraction.deliver.loop import clear_trips, run
from opentraction.deliver.plant_physics import PlantPhysics, Spring
from opentraction.deliver.readings import Distrust, ReadingRules, Still, trusted
from opentraction.deliver.record import (
    RecordCheck,
    RecordedSession,
    ReplayReport,
    open_record,
    replay_record,
    session_id_of,
    verify_record,
)
from opentraction.deliver.reported import TypedReturn, TypedStop, reported_session
from opentraction.deliver.simulated import ServoDesign, SimulatedTable
from opentraction.deliver.start import refuse_unless_signed
from opentraction.deliver.states import TRANSITIONS, DeliveryState, Occasion
from opentraction.deliver.tables import TableProfile, find_table, list_tables
from opentraction.deliver.unconnected import (
    NEWTON_PER,
    SettingRow,
    SettingSheet,
    SettingStep,
    setting_sheet,
)

__all__ = [
    "NEWTON_PER",
    "TRANSITIONS",
    "Decision",
    "DecisionInput",
    "DeliverySettings",
    "DeliveryState",
    "Distrust",
    "Fault",
    "FaultKind",
    "Memory",
    "Occasion",
    "PlantPhysics",
    "ReadingRules",
    "RecordCheck",
    "RecordedSession",
    "ReplayReport",
    "ServoDesign",
    "SettingRow",
    "SettingSheet",
    "SettingStep",
    "SimulatedTable",
    "Spring",
    "Still",
    "TableProfile",
    "TypedReturn",
    "TypedStop",
    "binding_limit",
    "clear_trips",
    "compare",
    "decide",
    "find_table",
    "in_band",
    "list_tables",
    "memory_at_start",
    "not_covered",
    "open_record",
    "planned_impulse_n_s",
    "refuse_unless_signed",
    "replay_record",
    "reported_session",
    "round_down",
    "run",
    "session_id_of",
    "setting_sheet",
    "settings_for",
    "trusted",
    "verify_record",
]
