"""After an advice to stop, the next session is drafted and not signed on the way in, nor without a reason."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from command_line import ok, say
from courses_by_hand import complete_course, draft_course, make_event, make_extras

from opentraction.chart import AdverseEventSeverity, ApprovedPlan, Course
from opentraction.clinic.case_folder import write_course
from opentraction.clinic.report import report_html
from opentraction.course import stop_advised
from opentraction.deliver import SettingSheet

WHY = "Dr Careful examined the foot today: no deficit."
PLATE = ("force_max_n=890", "rate_max_n_per_s=50", "native_unit=lb")
SHEET = (
    "--sheet",
    "dynatronics-smartrac",
    *(word for given in PLATE for word in ("--rating", given)),
    "--json",
)


def test_a_severe_event_keeps_the_next_session_a_draft() -> None:
    event = make_event().replace(what="new numbness of the left foot", severity=AdverseEventSeverity.SEVERE)
    said = stop_advised(complete_course(), (event,))
    assert said.startswith("The plan is a draft: the sessions so far advise to stop.")
    assert "new numbness of the left foot" in said


def test_without_an_advice_to_stop_nothing_is_held_back() -> None:
    assert stop_advised(complete_course(), (make_event(),)) == ""
    severe = make_event().replace(severity=AdverseEventSeverity.SEVERE)
    assert stop_advised(draft_course(), (severe,)) == ""


def standing_course() -> Course:
    """A signed course with one session, whose screening does not lapse and whose pull is level."""
    course, at = complete_course(), datetime.now(UTC).replace(microsecond=0)
    eligibility = course.eligibility.replace(stands_until=None)
    profile = course.plan.profile.replace(angle_deg=0.0)
    plan = course.plan.replace(eligibility=eligibility, profile=profile)
    signed = plan.approve(course.approved.approval.by, at=at)
    return course.replace(eligibility=eligibility, plan=plan, approved=signed)


@pytest.fixture
def stopped(tmp_path: Path) -> Path:
    """A case folder with one session, a severe event after it and a draft of the next session."""
    event = make_event().replace(what="new numbness of the left foot", severity=AdverseEventSeverity.SEVERE)
    course = standing_course()
    outcome = course.outcome.replace(adverse_events=(event,))
    write_course(course.replace(outcome=outcome, approved=None), tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "more", [(), ("--approve-as", "Dr Careful"), ("--despite", WHY), ("--approve-as", "A", "--despite", " ")]
)
def test_deliver_refuses_after_an_advice_to_stop_without_a_signed_reason(stopped, more):
    refused = say("deliver", stopped, *more)
    assert refused.code == 3
    assert "advise to stop" in refused.err
    assert "new numbness of the left foot" in refused.err
    assert "--despite" in refused.err
    assert len(refused.err.splitlines()) == 1
    assert not (stopped / "approved.json").exists()
    assert not list(stopped.glob("*.record"))


def test_a_signature_from_before_the_advice_does_not_count(stopped):
    course = Course.from_json((stopped / "course.json").read_text())
    signed = course.plan.approve(complete_course().approved.approval.by, at=datetime.now(UTC))
    (stopped / "approved.json").write_text(signed.to_json())
    assert "--despite" in say("deliver", stopped).err
    assert ApprovedPlan.from_json((stopped / "approved.json").read_text()) == signed


def test_with_a_reason_it_is_signed_and_the_reason_is_kept_and_told(stopped):
    said = ok("deliver", stopped, "--approve-as", "Dr Careful", "--despite", WHY, *SHEET)
    assert SettingSheet.from_json(said.out).patient_id == "p-001"
    approved = ApprovedPlan.from_json((stopped / "approved.json").read_text())
    assert approved.approval.despite == WHY
    course = Course.from_json((stopped / "course.json").read_text())
    assert WHY in report_html(course.replace(approved=approved), extras=make_extras())
    assert json.loads(ok("deliver", stopped, *SHEET).out), "the same signature counts again"


def test_a_plan_made_for_the_first_session_says_so_when_it_is_used_for_the_second(tmp_path):
    write_course(standing_course(), tmp_path)
    said = ok("deliver", tmp_path, *SHEET)
    assert "made for session 1, and this is session 2" in said.err
    assert "opentraction course" in said.err
    write_course(standing_course().replace(sessions=(), doses=()), tmp_path)
    assert ok("deliver", tmp_path, *SHEET).err == ""
