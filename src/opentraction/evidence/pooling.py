"""Studies pooled into one `Effect`, always with its comparator, interval and prediction interval."""

from collections.abc import Sequence
from dataclasses import dataclass

from opentraction.chart import BadInput, Effect, StudyEffect
from opentraction.evidence.meta import (
    IntervalMethod,
    MetaAnalysis,
    PredictionMethod,
    Tau2Method,
    random_effects,
)
from opentraction.evidence.trials import Z_95

FEW = 5
"""Below this many studies the between-study variance is little more than a guess."""
_INTERVAL_NAMES = {
    IntervalMethod.HARTUNG_KNAPP: "Hartung-Knapp",
    IntervalMethod.HARTUNG_KNAPP_AD_HOC: "Hartung-Knapp, never below Wald",
    IntervalMethod.WALD: "Wald",
}
_NO_COMPARATOR = ("baseline", "before", "pre-treatment", "pretreatment", "pre treatment", "none stated")


def pool(
    studies: Sequence[StudyEffect],
    *,
    name: str,
    unit: str,
    comparator: str,
    method: Tau2Method | str = Tau2Method.REML,
    interval: IntervalMethod | str = IntervalMethod.HARTUNG_KNAPP,
    prediction: PredictionMethod | str = PredictionMethod.AS_INTERVAL,
    bias_notes: Sequence[str] = (),
) -> Effect:
    """Pool differences between arms, all in `unit`, into one effect with 95 % intervals.

    The comparator is what the other arm received; a comparison with the patients' own baseline is no
    effect and is refused. Studies against sham and studies without sham are not pooled together: use
    `pool_by_blinding`.

    Raises BadInput for fewer than 2 studies, one study given twice, an empty unit or comparator, or a
    mixture of sham-controlled, other and unstated trials; NotConverged as `random_effects`.
    """
    _check(studies, unit, comparator)
    result = random_effects(
        [study.effect for study in studies],
        [study.variance for study in studies],
        method=method,
        interval=interval,
        prediction=prediction,
    )
    weighted = tuple(
        study.replace(weight_percent=100.0 * weight)
        for study, weight in zip(studies, result.weights, strict=True)
    )
    return Effect(
        name=name,
        unit=unit,
        comparator=comparator,
        estimate=result.estimate,
        se=result.se,
        low=result.low,
        high=result.high,
        prediction_low=result.prediction_low,
        prediction_high=result.prediction_high,
        k=len(studies),
        tau2=result.tau2,
        i2_percent=result.i2_percent,
        t_value=result.statistic,
        df=result.df,
        p_value=result.p_value,
        method=_method_text(
            result, Tau2Method(method), IntervalMethod(interval), PredictionMethod(prediction)
        ),
        studies=weighted,
        bias_notes=(*_notes(studies), *bias_notes),
    )


def pool_by_blinding(
    studies: Sequence[StudyEffect],
    *,
    name: str,
    unit: str,
    comparator: str,
    method: Tau2Method | str = Tau2Method.REML,
    interval: IntervalMethod | str = IntervalMethod.HARTUNG_KNAPP,
) -> tuple[Effect, ...]:
    """One effect for the sham-controlled trials and one for the others; a group of fewer than 2 gives
    none."""
    groups = (
        (True, "against sham"),
        (False, "without sham, unblinded"),
        (None, "control not stated"),
    )
    pooled = []
    for sham, label in groups:
        members = [study for study in studies if study.sham_controlled is sham]
        if len(members) >= 2:
            pooled.append(
                pool(
                    members,
                    name=f"{name}, {label}",
                    unit=unit,
                    comparator=comparator,
                    method=method,
                    interval=interval,
                )
            )
    return tuple(pooled)


@dataclass(frozen=True, slots=True)
class ForestRow:
    """One line of a forest plot, in the effect's unit; 95 % interval of the study alone."""

    label: str
    estimate: float
    low: float
    high: float
    weight_percent: float | None
    n: int | None


def forest_rows(effect: Effect) -> tuple[ForestRow, ...]:
    """The studies of an effect as lines of a forest plot, in their order."""
    return tuple(
        ForestRow(
            study.study,
            study.effect,
            study.effect - Z_95 * study.variance**0.5,
            study.effect + Z_95 * study.variance**0.5,
            study.weight_percent,
            study.n,
        )
        for study in effect.studies
    )


def _check(studies: Sequence[StudyEffect], unit: str, comparator: str) -> None:
    if len(studies) < 2:
        raise BadInput(
            f"Expected at least 2 studies to pool, got {len(studies)}. Quote the one study as it is, with "
            "its name."
        )
    names = [study.study for study in studies]
    twice = sorted({item for item in names if names.count(item) > 1})
    if twice:
        raise BadInput(
            f"Expected each study once, got {', '.join(twice)} more than once. Choose one result of it."
        )
    if not unit.strip():
        raise BadInput("Expected the unit of the effects, got none. Name it, as in 'points on 0-10'.")
    if not comparator.strip() or any(word in comparator.lower() for word in _NO_COMPARATOR):
        raise BadInput(
            f"Expected what the comparison group received, got '{comparator}'. A change from baseline is not "
            "an effect: give a comparator, or do not pool."
        )
    if len({study.sham_controlled for study in studies}) > 1:
        raise BadInput(
            "Expected trials all against sham, all without, or all of unstated control, got a mixture. Pool "
            "them apart with pool_by_blinding."
        )


def _notes(studies: Sequence[StudyEffect]) -> tuple[str, ...]:
    notes = []
    if len(studies) < FEW:
        notes.append(
            f"Only {len(studies)} studies: the between-study variance and the prediction interval are very "
            "unsure."
        )
    if all(study.sham_controlled is False for study in studies):
        notes.append("No sham: patients knew what they received, which by itself lowers reported pain.")
    return tuple(notes)


def _method_text(
    result: MetaAnalysis, method: Tau2Method, interval: IntervalMethod, prediction: PredictionMethod
) -> str:
    """How it was pooled and how far the studies differ, in one line; the prediction interval's distribution
    is named only where it is not that of the interval."""
    df = f"t({result.df})" if result.df is not None else "z"
    parts = [f"{method}, {_INTERVAL_NAMES[interval]}, {df}"]
    if result.prediction_low is not None and prediction is PredictionMethod.HTS:
        parts.append(f"prediction t({result.q_df - 1})")
    p = "p < 0.0001" if result.q_p_value < 1e-4 else f"p = {result.q_p_value:.2g}"
    parts.append(f"Q {result.q:.4g} on {result.q_df} df, {p}")
    parts.append(f"tau2 95 % {result.tau2_low:.4g} to {result.tau2_high:.4g}")
    return "; ".join(parts)
