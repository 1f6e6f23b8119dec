"""A precaution that asks for a low pull: no figure is invented, the clinician is asked for one."""

from datetime import UTC, datetime

from opentraction.chart import Eligibility, Verdict
from opentraction.plan.rationale import eligibility_lines


def eligibility(*low_force: str) -> Eligibility:
    return Eligibility(
        verdict=Verdict.SUITABLE_WITH_PRECAUTIONS,
        because=("A rule is met.",),
        contraindications=(),
        precautions=("Thin bones: start low.",),
        low_force=low_force,
        decided_at=datetime(2026, 5, 4, tzinfo=UTC),
        ruleset="made by hand",
    )


def test_the_plan_shows_the_precaution_and_asks_for_the_clinicians_limit():
    lines = eligibility_lines(eligibility("RE02", "RE17"))
    assert lines[0] == "Precaution: Thin bones: start low."
    assert lines[1].startswith("ASKED OF THE CLINICIAN: the largest pull")
    assert "(RE02, RE17)" in lines[1]


def test_nothing_is_asked_once_a_cap_is_named_or_where_no_low_pull_is_asked_for():
    assert eligibility_lines(eligibility("RE02"), 150.0) == ("Precaution: Thin bones: start low.",)
    assert eligibility_lines(eligibility()) == ("Precaution: Thin bones: start low.",)


def test_a_draft_that_cannot_be_signed_says_so_in_whole_sentences():
    open_ones = ("An answer lapsed on 2026-11-20.", "Vertebral fracture (RF09) is not known.")
    shut = eligibility().replace(verdict=Verdict.NOT_YET_KNOWN, because=open_ones)
    assert eligibility_lines(shut)[0] == (
        f"THIS DRAFT CANNOT BE SIGNED: screening says '{Verdict.NOT_YET_KNOWN}'. An answer lapsed on "
        "2026-11-20. Vertebral fracture (RF09) is not known. Settle that first."
    )
