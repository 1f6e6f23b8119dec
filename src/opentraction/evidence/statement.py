"""The evidence in one honest paragraph, its numbers taken from the table of trials."""

from opentraction.evidence.traction import SHAM, published_pools, traction_effects
from opentraction.evidence.trials import trials


def evidence_statement() -> str:
    """A short paragraph for a plan or a report: what trials show, what they do not, and how sure."""
    review = next(row for row in trials() if row.study == "Wegner Cochrane")
    disc = next(item for item in published_pools() if item.study == "Cheng" and "pain" in item.outcome)
    against_sham = [effect for effect in traction_effects() if effect.comparator == SHAM]
    low = min(effect.low for effect in against_sham)
    high = max(effect.high for effect in against_sham)
    return (
        f"The largest review of traction for low-back pain ({review.intervention}, {review.n} people, "
        f"{review.year}) found little or no difference from sham or no treatment in pain, function and "
        "return to work, on evidence of low to moderate quality. Two sham-controlled trials of motorised "
        "decompression, 60 people each, disagree: Schimmel 2009 found no difference, Choi E 2022 less leg "
        f"pain at 2 months. For herniated discs a review of 7 trials ({disc.n} people, {disc.year}) reports "
        f"a small short-term gain in pain (standardised difference {disc.estimate:g}, {disc.low:g} to "
        f"{disc.high:g}). Many of the positive trials had no sham, and patients who know what they receive "
        f"report less pain. Only {against_sham[0].k} sham-controlled trials could be read with pain and its "
        f"spread; pooled, they leave a 95 % interval from {low:.0f} to {high:+.0f} points on a 0-10 scale, "
        "which settles nothing. Whether herniations shrink more than they do by themselves is open: one "
        "small sham-controlled trial says so, a pooled result does not. A lasting benefit and a rule for "
        "who responds are not shown. Rates of adverse events per session have not been published."
    )
