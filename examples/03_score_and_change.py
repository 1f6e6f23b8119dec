"""Score questionnaires, weigh the change against its error, and ask what to do next."""

from datetime import UTC, datetime, timedelta

from opentraction.chart import CoursePlan, CourseStep, Instrument, Questionnaire, Reply
from opentraction.follow import advise, assess

start = datetime(2024, 3, 1, 9, tzinfo=UTC)
later = start + timedelta(days=28)

# Items go by number; the licensed words of the ODI are not part of OpenTraction. One section is left out.
questionnaires = [
    Questionnaire(
        instrument=Instrument.ODI, at=start, items=(3, 2, 3, 2, 3, 2, 2, None, 3, 2), after_session=0
    ),
    Questionnaire(instrument=Instrument.ODI, at=later, items=(1, 1, 2, 1, 2, 1, 1, 1, 2, 1), after_session=6),
    Questionnaire(instrument=Instrument.NRS_LEG, at=start, items=(7,), after_session=0),
    Questionnaire(instrument=Instrument.NRS_LEG, at=later, items=(5,), after_session=6),
]

# The sessions themselves are left out of this example, so none is counted as delivered.
outcome = assess([], questionnaires)
for score in outcome.scores:
    print(f"{score.instrument}, session {score.after_session}: {score.value:.1f} {score.unit} {score.note}")
for change in outcome.changes:
    print(change.sentence)

plan = CoursePlan(
    steps=(CourseStep(first=1, last=12, peak_force_n=250, sessions_per_week=3),),
    reassess_at=(6, 12),
    stop_rules=("new weakness or numbness", "leg pain that spreads further down"),
)
advice = advise(outcome, [], plan, new_deficit=Reply.NO, peripheralised=Reply.YES)
print(f"Advice: {advice.action}. {advice.reasons[0]}")
