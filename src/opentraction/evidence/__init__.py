"""Many courses and the published trials become effects with their intervals."""

from opentraction.evidence.cohort import cohort, course_id, is_simulated
from opentraction.evidence.effect_size import (
    Arm,
    Counts,
    EffectSize,
    e_value,
    hedges_g,
    log_odds_ratio,
    log_risk_ratio,
    mean_difference,
    pooled_sd,
)
from opentraction.evidence.meta import (
    IntervalMethod,
    MetaAnalysis,
    PredictionMethod,
    Tau2Method,
    between_study_variance,
    generalised_q,
    random_effects,
    restricted_log_likelihood,
)
from opentraction.evidence.pooling import ForestRow, forest_rows, pool, pool_by_blinding
from opentraction.evidence.statement import evidence_statement
from opentraction.evidence.traction import (
    PublishedPool,
    TrialDifference,
    published_pools,
    traction_effects,
    trial_differences,
)
from opentraction.evidence.trials import (
    TrialRow,
    check_interval,
    check_spread,
    parse_trials,
    poolable,
    problems,
    sources,
    trials,
)

__all__ = [
    "Arm",
    "Counts",
    "EffectSize",
    "ForestRow",
    "IntervalMethod",
    "MetaAnalysis",
    "PredictionMethod",
    "PublishedPool",
    "Tau2Method",
    "TrialDifference",
    "TrialRow",
    "between_study_variance",
    "check_interval",
    "check_spread",
    "cohort",
    "course_id",
    "e_value",
    "evidence_statement",
    "forest_rows",
    "generalised_q",
    "hedges_g",
    "is_simulated",
    "log_odds_ratio",
    "log_risk_ratio",
    "mean_difference",
    "parse_trials",
    "pool",
    "pool_by_blinding",
    "poolable",
    "pooled_sd",
    "problems",
    "published_pools",
    "random_effects",
    "restricted_log_likelihood",
    "sources",
    "traction_effects",
    "trial_differences",
    "trials",
]
