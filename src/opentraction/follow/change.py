"""Change of one patient against measurement error (MDC) and importance (MCID); reliable change.

A change after treatment holds the treatment, the natural course, regression to the mean, the other
therapies and attention. Nothing here estimates an effect, and no sentence calls the change one.
"""

import math
from enum import StrEnum
from statistics import NormalDist

from opentraction.chart import BadInput, Change, Score
from opentraction.follow.clock import check_one_clock
from opentraction.follow.instruments import RULES, InstrumentRule

NOT_AN_EFFECT = (
    "A change after treatment; how much of it the treatment caused cannot be told from one patient."
)


def standard_error_of_measurement(sd: float, reliability: float) -> float:
    """SEM = SD sqrt(1 - r), in the unit of `sd`. Raises BadInput unless sd > 0 and 0 <= r < 1."""
    if not (math.isfinite(sd) and sd > 0):
        raise BadInput(
            f"Expected a standard deviation above 0, got {sd:g}. Give the SD of the baseline scores."
        )
    if not 0 <= reliability < 1:
        raise BadInput(
            f"Expected a reliability from 0 to below 1, got {reliability:g}. Give the test-retest "
            "coefficient."
        )
    return sd * math.sqrt(1.0 - reliability)


def standard_error_of_difference(sd: float, reliability: float) -> float:
    """Sdiff = sqrt(2) SEM, in the unit of `sd` (Jacobson and Truax 1991)."""
    return math.sqrt(2.0) * standard_error_of_measurement(sd, reliability)


def minimal_detectable_change(sd: float, reliability: float, *, confidence: float = 0.95) -> float:
    """MDC = z sqrt(2) SEM, z = 1.96 at 95 %. Raises BadInput for a confidence outside 0 to 1."""
    if not 0 < confidence < 1:
        raise BadInput(f"Expected a confidence between 0 and 1, got {confidence:g}. Give 0.90 or 0.95.")
    z = NormalDist().inv_cdf(0.5 + confidence / 2.0)
    return z * standard_error_of_difference(sd, reliability)


def reliable_change_index(baseline: float, latest: float, *, sd: float, reliability: float) -> float:
    """RC = (latest - baseline) / Sdiff (Jacobson and Truax 1991); beyond +-1.96 is reliable at 95 %."""
    return (latest - baseline) / standard_error_of_difference(sd, reliability)


def functional_cut_off(
    *, mean_patients: float, sd_patients: float, mean_functional: float, sd_functional: float
) -> float:
    """Cut-off c of Jacobson and Truax 1991, between two overlapping populations.

    c = (SD_p M_f + SD_f M_p) / (SD_p + SD_f). Raises BadInput unless both SD are above 0.
    """
    if not (sd_patients > 0 and sd_functional > 0):
        raise BadInput(
            f"Expected two standard deviations above 0, got {sd_patients:g} and {sd_functional:g}. Give both."
        )
    return (sd_patients * mean_functional + sd_functional * mean_patients) / (sd_patients + sd_functional)


class ReliableChange(StrEnum):
    """Classes of Jacobson and Truax 1991."""

    RECOVERED = "recovered"
    """Reliably better, and across the cut-off to the functional side."""
    IMPROVED = "improved"
    UNCHANGED = "unchanged"
    DETERIORATED = "deteriorated"
    HARMED = "harmed"
    """Reliably worse, and across the cut-off to the patients' side."""


def classify_reliable_change(
    baseline: float,
    latest: float,
    *,
    sd: float,
    reliability: float,
    cut_off: float | None = None,
    lower_is_better: bool = True,
) -> ReliableChange:
    """Class of one change at 95 %; without a cut-off nobody is called recovered or harmed."""
    sign = 1.0 if lower_is_better else -1.0
    index = sign * reliable_change_index(baseline, latest, sd=sd, reliability=reliability)
    if abs(index) <= 1.96:
        return ReliableChange.UNCHANGED
    before_bad = cut_off is not None and sign * baseline >= sign * cut_off
    after_bad = cut_off is not None and sign * latest >= sign * cut_off
    if index < 0:
        return ReliableChange.RECOVERED if before_bad and not after_bad else ReliableChange.IMPROVED
    crossed = cut_off is not None and after_bad and not before_bad
    return ReliableChange.HARMED if crossed else ReliableChange.DETERIORATED


def change(
    baseline: Score, latest: Score, *, sd: float | None = None, reliability: float | None = None
) -> Change:
    """Change from `baseline` to `latest` of one instrument against its MDC and MCID.

    With `sd` and `reliability` of your own patients the MDC is computed from them (95 %); else the
    published one stands. `beyond_error` and `important` are None where they cannot be assessed, with the
    reason in the sentence. An improvement is important when it reaches the MCID in points or 30 % of the
    baseline (Ostelo 2008); a worsening only by points, since the 30 % was proposed for improvement.

    Raises BadInput for two instruments, a missing score, a wrong order in time, or only one of sd and
    reliability.
    """
    before, after = _pair(baseline, latest)
    rule = RULES[baseline.instrument]
    mdc, mdc_low, source = _error_of(rule, sd, reliability)
    difference = after - before
    blocked = _not_assessable(rule, before, difference, None if sd is None else mdc)
    beyond = None if blocked else _beyond(abs(difference), mdc, mdc_low)
    important = None if blocked else _important(rule, before, difference)
    sentence = _sentence(rule, before, after, blocked, beyond, important, (mdc_low, mdc, source))
    return Change(
        instrument=baseline.instrument,
        baseline=before,
        latest=after,
        change=difference,
        mdc=mdc,
        mcid=rule.mcid,
        beyond_error=beyond,
        important=important,
        sentence=sentence,
    )


def is_responder(item: Change) -> bool | None:
    """True for an improvement both beyond error and important, False for a worsening or where either is not.

    None only where what is not known would decide it.
    """
    if item.change > 0 or item.beyond_error is False or item.important is False:
        return False
    if item.beyond_error is None or item.important is None:
        return None
    return True


def _pair(baseline: Score, latest: Score) -> tuple[float, float]:
    if baseline.instrument is not latest.instrument:
        raise BadInput(
            f"Expected two scores of one instrument, got {baseline.instrument} and {latest.instrument}. "
            "Compare like with like."
        )
    if baseline.value is None or latest.value is None:
        raise BadInput(
            f"Expected two scores of {baseline.instrument}, got one without a value "
            f"({(baseline.note if baseline.value is None else latest.note) or 'no reason given'}). A change "
            "needs both."
        )
    check_one_clock((baseline.at, latest.at))
    if latest.at < baseline.at:
        raise BadInput(
            f"Expected the baseline of {baseline.instrument} before the latest score, got "
            f"{baseline.at:%Y-%m-%d} after {latest.at:%Y-%m-%d}. Give them in order."
        )
    return baseline.value, latest.value


def _error_of(rule: InstrumentRule, sd: float | None, reliability: float | None) -> tuple[float, float, str]:
    if sd is None and reliability is None:
        return rule.mdc, rule.mdc_low, rule.mdc_source
    if sd is None or reliability is None:
        raise BadInput(
            "Expected both sd and reliability, or neither, got one of them. Give both for your own MDC."
        )
    own = minimal_detectable_change(sd, reliability)
    return own, own, f"95 %, from SD {sd:g} and reliability {reliability:g}"


def _not_assessable(rule: InstrumentRule, before: float, difference: float, own_mdc: float | None) -> str:
    floor = rule.improvement_needs if own_mdc is None else own_mdc
    ceiling = rule.worsening_needs if own_mdc is None else rule.score_max - own_mdc
    if before < floor and difference <= 0:
        return (
            f"not assessable, since from a baseline below {floor:.3g} an improvement beyond measurement "
            "error cannot show"
        )
    if before > ceiling and difference >= 0:
        return (
            f"not assessable, since from a baseline above {ceiling:.3g} a worsening beyond measurement error "
            "cannot show"
        )
    return ""


def _beyond(size: float, mdc: float, mdc_low: float) -> bool | None:
    tiny = 1e-9
    if size >= mdc - tiny:
        return True
    return False if size < mdc_low - tiny else None


def _important(rule: InstrumentRule, before: float, difference: float) -> bool:
    tiny = 1e-9
    by_points = abs(difference) >= rule.mcid - tiny
    by_share = difference < 0 and -difference >= rule.mcid_fraction * before - tiny
    return by_points or by_share


def _sentence(
    rule: InstrumentRule,
    before: float,
    after: float,
    blocked: str,
    beyond: bool | None,
    important: bool | None,
    error: tuple[float, float, str],
) -> str:
    mdc_low, mdc, source = error
    difference = after - before
    way = "better" if difference < 0 else "worse" if difference > 0 else "no change"
    head = f"{rule.instrument}: {before:.3g} to {after:.3g} {rule.unit} ({difference:+.3g}, {way})"
    if blocked:
        return f"{head}; {blocked}. {NOT_AN_EFFECT}"
    error_text = {
        True: f"beyond measurement error (MDC {mdc:.3g}: {source})",
        False: f"within measurement error (MDC {mdc_low:.3g}: {source})",
        None: f"not known to be beyond measurement error (MDC {mdc_low:.3g} or {mdc:.3g}: {source})",
    }[beyond]
    return f"{head}; {error_text}; {_importance_text(rule, difference, important)}. {NOT_AN_EFFECT}"


def _importance_text(rule: InstrumentRule, difference: float, important: bool | None) -> str:
    points, share = f"{rule.mcid:g} points", f"{100 * rule.mcid_fraction:.0f} % of the baseline"
    if not important:
        return f"not important (MCID {points} or {share}: {rule.mcid_source})"
    if difference > 0:
        return (
            f"an important worsening (by the {points} that make an improvement important: {rule.mcid_source})"
        )
    if abs(difference) >= rule.mcid - 1e-9:
        return f"important (MCID {points}: {rule.mcid_source})"
    return f"important only as {share}, not by {points} ({rule.mcid_source})"
