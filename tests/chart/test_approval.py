"""What a signature is checked against: the verdict, the time, consent."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from opentraction.chart import ApprovalRefused, Clinician, Consent, Eligibility, Plan, Verdict

NOW = datetime(2026, 5, 4, 10, tzinfo=UTC)
PLUS_2 = timezone(timedelta(hours=2))


def plan(until: datetime) -> Plan:
    """A plan with nothing in it but what `approve` looks at; its screening lapses at `until`."""
    eligibility = Eligibility(
        verdict=Verdict.SUITABLE, because=("No rule is met.",), contraindications=(), decided_at=NOW,
        ruleset="made by hand", stands_until=until,
    )  # fmt: skip
    return Plan.model_construct(eligibility=eligibility, consent=Consent(text="x", given=False))


@pytest.mark.parametrize(
    "at", [NOW + timedelta(minutes=61), (NOW + timedelta(minutes=61)).replace(tzinfo=None),
           (NOW + timedelta(minutes=61)).astimezone(PLUS_2)],
)  # fmt: skip
@pytest.mark.parametrize("until", [NOW + timedelta(hours=1), (NOW + timedelta(hours=1)).replace(tzinfo=None)])
def test_a_lapsed_screening_is_not_signed_whatever_the_time_zones(at, until):
    with pytest.raises(ApprovalRefused, match="lapsed on 2026-05-04 11:00"):
        plan(until).approve(Clinician(name="Dr A"), at=at)


@pytest.mark.parametrize("at", [NOW, NOW.replace(tzinfo=None), NOW.astimezone(PLUS_2)])
def test_before_that_the_next_question_is_consent(at):
    with pytest.raises(ApprovalRefused, match="consent is not recorded"):
        plan((NOW + timedelta(hours=1)).replace(tzinfo=None)).approve(Clinician(name="Dr A"), at=at)
