"""Sessions and questionnaires become an outcome, and advice for the next session."""

from opentraction.follow.advice import AdviceAction, advise
from opentraction.follow.assess import assess, baseline_of, latest_of, pull_was_applied
from opentraction.follow.change import (
    ReliableChange,
    change,
    classify_reliable_change,
    functional_cut_off,
    is_responder,
    minimal_detectable_change,
    reliable_change_index,
    standard_error_of_difference,
    standard_error_of_measurement,
)
from opentraction.follow.instruments import (
    RULES,
    InstrumentRule,
    instrument_row,
    instrument_sources,
    instrument_table,
)
from opentraction.follow.scoring import OdiRule, RmdqForm, score
from opentraction.follow.timeline import (
    CourseTimeline,
    TimelineEvent,
    TimelinePoint,
    TimelineSeries,
    TimelineSession,
    timeline,
)

__all__ = [
    "RULES",
    "AdviceAction",
    "CourseTimeline",
    "InstrumentRule",
    "OdiRule",
    "ReliableChange",
    "RmdqForm",
    "TimelineEvent",
    "TimelinePoint",
    "TimelineSeries",
    "TimelineSession",
    "advise",
    "assess",
    "baseline_of",
    "change",
    "classify_reliable_change",
    "functional_cut_off",
    "instrument_row",
    "instrument_sources",
    "instrument_table",
    "is_responder",
    "latest_of",
    "minimal_detectable_change",
    "pull_was_applied",
    "reliable_change_index",
    "score",
    "standard_error_of_difference",
    "standard_error_of_measurement",
    "timeline",
]
