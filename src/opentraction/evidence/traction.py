"""What the published trials of lumbar traction allow to be pooled, and what may only be quoted."""

from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

from opentraction.chart import BadInput, Effect, StudyEffect
from opentraction.evidence.effect_size import Arm, mean_difference
from opentraction.evidence.meta import IntervalMethod, Tau2Method, random_effects
from opentraction.evidence.pooling import pool
from opentraction.evidence.trials import TrialRow, check_interval, problems, trials

PAIN_OUTCOMES = frozenset(
    {"LBP VAS", "pain VAS", "pain at the moment difference", "VAS pain at rest difference"}
)
"""Outcomes of `data/trials.csv` that are a pain score between arms."""
Number = TypeVar("Number", int, float, bool)
SHAM = "sham traction"
PAIN_UNIT = "points on a 0-10 pain scale, negative favours traction"


@dataclass(frozen=True, slots=True)
class TrialDifference:
    """A difference between the arms of one trial, on the printed scale, negative favouring traction.

    Where `sign_known` is False the sign is as printed and the source does not say which way it reads.
    """

    study: str
    outcome: str
    scale: str
    weeks: float
    effect: float
    variance: float
    n: int
    sham_controlled: bool
    sign_known: bool
    comparator: str
    source: str


def trial_differences() -> tuple[TrialDifference, ...]:
    """Every difference between lumbar arms after the start that has a spread and passes the import checks.

    Rows whose only fault is an unstated sign are kept and marked; baseline rows and week 0 are no effect.
    """
    rows = [row for row in trials() if row.lumbar and row.weeks is not None and row.weeks > 0]
    found = [_from_difference(row) for row in rows if row.is_difference and _only_sign_unsure(row)]
    arms = [row for row in rows if not row.is_difference and not problems(row)]
    found += [
        _from_arms(first, second)
        for first, second in pairwise(arms)
        if (first.study, first.outcome, first.timepoint) == (second.study, second.outcome, second.timepoint)
    ]
    return tuple(found)


def traction_effects() -> tuple[Effect, ...]:
    """Pain after traction against sham, and against the same care without traction, as far as it can be
    pooled.

    Against sham two trials give numbers, and for one of them (Beurskens 1997) the source does not say
    which sign favours traction; so it is pooled under both readings, named as such, and neither is
    preferred. Each trial enters with its earliest result after treatment. Intervals are Hartung-Knapp,
    never narrower than Wald.
    """
    pain = _earliest([item for item in trial_differences() if item.outcome in PAIN_OUTCOMES])
    sham = [item for item in pain if item.sham_controlled]
    other = [item for item in pain if not item.sham_controlled]
    unsure = ", ".join(item.study for item in sham if not item.sign_known)
    both = f"{unsure} is pooled under both readings of its sign; its source does not say which is right."
    effects = []
    for reading, sign in (
        ("a positive difference read as more pain", 1.0),
        ("a positive difference read as more relief", -1.0),
    ):
        effects.append(
            _pain_effect(
                [_study(item, sign) for item in sham],
                name=f"Pain about 3 months after the start, traction against sham ({unsure}: {reading})",
                comparator=SHAM,
                notes=(both, "The sham arms pulled too, at up to 20 % of body weight, and may be active."),
            )
        )
    effects.append(
        _pain_effect(
            [_study(item, 1.0) for item in other],
            name="Pain at 3 to 4 weeks, traction added to physiotherapy",
            comparator="the same physiotherapy without traction",
            notes=(
                "Amjad 2022 prints '+-' without saying SD or SE; it is read as a standard error.",
                "The arms of Ozturk 2006 differ in age by 12 years.",
            ),
        )
    )
    return tuple(effects)


@dataclass(frozen=True, slots=True)
class PublishedPool:
    """A pooled result quoted from a review as printed; nothing of it is computed here."""

    study: str
    year: int | None
    review: str
    condition: str
    comparison: str
    outcome: str
    unit: str
    estimate: float
    low: float
    high: float
    n: int | None
    doubt: str
    """Why the printed numbers are suspect; empty when they are not."""
    source: str


def published_pools() -> tuple[PublishedPool, ...]:
    """The reviews of lumbar traction that print an estimate with its interval, in the order of the table."""
    quoted = []
    for row in trials():
        if not (row.is_pooled and row.lumbar and row.mean is not None and row.interval is not None):
            continue
        if row.intervention == "natural course":
            continue
        quoted.append(
            PublishedPool(
                study=row.study,
                year=row.year,
                review=row.design,
                condition=row.condition,
                comparison=row.intervention,
                outcome=row.outcome,
                unit=row.scale,
                estimate=row.mean,
                low=row.interval[0],
                high=row.interval[1],
                n=row.n,
                doubt=check_interval(row.mean, *row.interval),
                source=row.source,
            )
        )
    return tuple(quoted)


def _only_sign_unsure(row: TrialRow) -> bool:
    return all("sign" in reason for reason in problems(row))


def _from_difference(row: TrialRow) -> TrialDifference:
    sign = -1.0 if "positive favours" in row.scale else 1.0
    return TrialDifference(
        study=f"{row.study} {row.year}",
        outcome=row.outcome,
        scale=row.scale,
        weeks=_printed(row.weeks, row),
        effect=sign * _printed(row.mean, row),
        variance=_printed(row.standard_error, row) ** 2,
        n=_printed(row.n, row),
        sham_controlled=_printed(row.sham_controlled, row),
        sign_known=row.sign_known,
        comparator=row.intervention,
        source=row.source,
    )


def _from_arms(first: TrialRow, second: TrialRow) -> TrialDifference:
    """Traction arm first, as in the table."""
    one, two = _arm(first), _arm(second)
    size = mean_difference(one, two)
    return TrialDifference(
        study=f"{first.study} {first.year}",
        outcome=first.outcome,
        scale=first.scale,
        weeks=_printed(first.weeks, first),
        effect=size.effect,
        variance=size.variance,
        n=one.n + two.n,
        sham_controlled=_printed(first.sham_controlled, first),
        sign_known=True,
        comparator=second.intervention,
        source=f"{first.source}; {second.source}",
    )


def _arm(row: TrialRow) -> Arm:
    mean, sd = (row.mean, row.sd) if row.sd is not None else (row.change_mean, row.change_sd)
    return Arm(_printed(row.n, row), _printed(mean, row), _printed(sd, row))


def _printed(value: Number | None, row: TrialRow) -> Number:
    """A number that the import checks have found in the row; raises BadInput where they were passed by."""
    if value is None:
        raise BadInput(
            f"Expected a complete row for {row.study} ({row.outcome}), got one with a blank. Leave it out."
        )
    return value


def _earliest(items: list[TrialDifference]) -> list[TrialDifference]:
    first: dict[str, TrialDifference] = {}
    for item in sorted(items, key=lambda found: found.weeks):
        first.setdefault(item.study, item)
    return sorted(first.values(), key=lambda found: found.study)


def _study(item: TrialDifference, sign_if_unsure: float) -> StudyEffect:
    """On a 0-10 scale: printed scales run to 10 or to 100."""
    factor = 0.1 if item.scale.startswith("0-100") else 1.0
    sign = 1.0 if item.sign_known else sign_if_unsure
    return StudyEffect(
        study=item.study,
        effect=sign * factor * item.effect,
        variance=factor**2 * item.variance,
        n=item.n,
        source=item.source,
        sham_controlled=item.sham_controlled,
    )


def _pain_effect(studies: list[StudyEffect], *, name: str, comparator: str, notes: tuple[str, ...]) -> Effect:
    common = random_effects(
        [study.effect for study in studies],
        [study.variance for study in studies],
        method=Tau2Method.EE,
        interval=IntervalMethod.WALD,
    )
    if_common = (
        f"If all trials shared one true effect it would be {common.estimate:.2f} ({common.low:.2f} to "
        f"{common.high:.2f}); so few trials cannot show that they do."
    )
    return pool(
        studies,
        name=name,
        unit=PAIN_UNIT,
        comparator=comparator,
        interval=IntervalMethod.HARTUNG_KNAPP_AD_HOC,
        bias_notes=(if_common, *notes),
    )
