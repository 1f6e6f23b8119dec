"""After an advice to stop, the next session is drafted and not signed on the way in."""

from courses_by_hand import complete_course, draft_course, make_event

from opentraction.chart import AdverseEventSeverity
from opentraction.course import stop_advised


def test_a_severe_event_keeps_the_next_session_a_draft() -> None:
    event = make_event().replace(what="new numbness of the left foot", severity=AdverseEventSeverity.SEVERE)
    said = stop_advised(complete_course(), (event,))
    assert said.startswith("The plan is a draft: the sessions so far advise to stop.")
    assert "new numbness of the left foot" in said


def test_without_an_advice_to_stop_nothing_is_held_back() -> None:
    assert stop_advised(complete_course(), (make_event(),)) == ""
    severe = make_event().replace(severity=AdverseEventSeverity.SEVERE)
    assert stop_advised(draft_course(), (severe,)) == ""
