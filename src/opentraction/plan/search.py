"""The search over pull, angle and family, and the rule that picks the gentler plan where bands overlap."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from opentraction.chart import BadInput, Family, NotConverged, TractionProfile
from opentraction.plan.ensemble import Engine, Ensemble
from opentraction.plan.limits import snap
from opentraction.plan.objectives import Candidate, Targets, band, gain_mpa_s, score
from opentraction.plan.space import Space, grid_of, presets_of

COARSE_SAMPLES = 64
"""Most samples of the first, coarse look at each candidate."""

SESSION_BUDGET = 1500
"""Most simulated sessions times samples in one search: some ten seconds of the fast column on two cores."""

LEAST_BUDGET = 100
"""A search needs at least this many sample-sessions."""

REFINEMENTS = 2
"""Halvings of the step between the proposal and the next gentler pull of the grid."""

FINALISTS = 4
"""Lying without pull, the conventional preset, the proposed one and the strongest."""

ProgressCallback = Callable[[int, int, str], None]
"""(sample-sessions done, in all, what runs now). It may raise to stop the search."""


@dataclass(frozen=True)
class Choice:
    """The outcome of the rule: the highest score, its equals, and the gentlest of them."""

    best: Candidate
    equals: tuple[Candidate, ...]
    chosen: Candidate


@dataclass(frozen=True)
class SearchResult:
    """Everything the search looked at, coarse and final."""

    coarse: tuple[Candidate, ...]
    finals: tuple[Candidate, ...]
    choice: Choice
    response: Any
    """The model's response of the chosen profile, on the final ensemble."""
    ensemble: Ensemble
    conventional: Candidate | None
    sessions: int
    dropped: tuple[str, ...]
    """Candidates the model did not converge for, or that the session is too short for, by name."""


def bands_overlap(one: tuple[float, float, float], other: tuple[float, float, float]) -> bool:
    """True when two 5-95 % intervals (5, 50, 95 %) share at least one point."""
    return max(one[0], other[0]) <= min(one[2], other[2])


def choose(candidates: tuple[Candidate, ...], targets: Targets) -> Choice:
    """The gentlest candidate that cannot be told from the best.

    Best is the highest robust score (`objectives.score`). A candidate cannot be told from it when their
    bands (5 to 95 %) of the unloading dose at the target overlap, that is share a point, and it pulls no
    harder at its peak. Each is compared with the best only, never with one another in a chain. Gentlest is
    the least impulse [N s], then the lowest peak, then the smaller angle (no source shows that an angle
    helps, so one is taken only where its band parts from the flat pull's), then the higher score.
    Candidates below `targets.least_n` are shown and never chosen.
    """
    eligible = [item for item in candidates if item.profile.peak_force_n >= targets.least_n - 1e-9]
    if not eligible:
        raise NotConverged("The model converged for no candidate. Look at the measures of the spine.")
    best = max(eligible, key=lambda item: (score(item, targets), -item.impulse_n_s))
    best_band = band(gain_mpa_s(best, targets))
    equals = tuple(
        item
        for item in eligible
        if item is best
        or (
            bands_overlap(band(gain_mpa_s(item, targets)), best_band)
            and item.profile.peak_force_n <= best.profile.peak_force_n + 1e-9
        )
    )
    chosen = min(
        equals,
        key=lambda item: (
            round(item.impulse_n_s, 6),
            item.profile.peak_force_n,
            item.profile.angle_deg,
            -score(item, targets),
        ),
    )
    return Choice(best=best, equals=equals, chosen=chosen)


def search(
    model: Any,
    engine: Engine,
    targets: Targets,
    room: Space,
    *,
    budget: int = SESSION_BUDGET,
    progress: ProgressCallback | None = None,
) -> SearchResult:
    """Look at the grid on a small ensemble, then at the finalists on the full one.

    At most `budget` sample-sessions are run. Without a target level only presets are compared. The full
    ensemble is cut to what the budget leaves; the number of samples stands in the prediction. Whatever
    `progress` raises ends the search and passes through. Raises NotConverged when the model converged for
    no candidate.
    """
    if budget < LEAST_BUDGET:
        raise BadInput(
            f"Expected a budget of {LEAST_BUDGET} sample-sessions or more, got {budget}. Below it bands "
            "mean nothing."
        )
    grid = grid_of(room) if targets.target is not None else []
    others = room.families[1:] if grid else ()
    coarse_count = len(grid) + len(others) + (REFINEMENTS if grid else 0)
    coarse_samples = max(1, min(COARSE_SAMPLES, model.samples, budget // (coarse_count + FINALISTS)))
    left = (budget - coarse_count * coarse_samples) // FINALISTS
    full_samples = max(coarse_samples, min(model.samples, left))
    run = _Run(progress, total=coarse_count * coarse_samples + FINALISTS * full_samples)
    full = Ensemble(model, engine, samples=full_samples, threshold_mpa=targets.threshold_mpa)
    coarse: tuple[Candidate, ...] = ()
    picks: list[TractionProfile] = []
    if grid:
        small = full
        if coarse_samples < full_samples:
            small = Ensemble(model, engine, samples=coarse_samples, threshold_mpa=targets.threshold_mpa)
        coarse = _look(run, small, targets, room, grid, others)
        first = choose(coarse, targets)
        picks = [first.chosen.profile, first.best.profile]
    presets = presets_of(room, with_gentle=not grid)
    finalists = _distinct([*presets, *picks, *(item.profile for item in reversed(coarse))])[:FINALISTS]
    finals, response = run.final(full, finalists, targets)
    run.finish()
    return SearchResult(
        coarse=coarse,
        finals=finals,
        choice=choose(finals, targets),
        response=response,
        ensemble=full,
        conventional=next((item for item in finals if item.profile in presets[1:2]), None),
        sessions=run.done,
        dropped=tuple(run.dropped),
    )


def _look(
    run: "_Run",
    ensemble: Ensemble,
    targets: Targets,
    room: Space,
    grid: list[TractionProfile],
    others: tuple[Family, ...],
) -> tuple[Candidate, ...]:
    """The grid of pull and angle, the other families at its best point, then halvings below the proposal."""
    pool = tuple(run.each(ensemble, grid))
    top = choose(pool, targets).best.profile
    pool += tuple(run.each(ensemble, run.fitting(room, others, top)))
    for _ in range(REFINEMENTS):
        chosen = choose(pool, targets).chosen.profile
        gentler = [
            item.profile.peak_force_n
            for item in pool
            if (item.profile.family, item.profile.angle_deg) == (chosen.family, chosen.angle_deg)
            and item.profile.peak_force_n < chosen.peak_force_n
        ]
        between = snap(0.5 * (max(gentler) + chosen.peak_force_n), room.step_n) if gentler else 0.0
        if gentler and max(gentler) < between < chosen.peak_force_n:
            pool += tuple(run.each(ensemble, [room.profile(chosen.family, between, chosen.angle_deg)]))
    return pool


def _distinct(profiles: list[TractionProfile]) -> list[TractionProfile]:
    """Without repeats of the same pull over time and angle; the first name stays."""
    kept: dict[tuple[object, ...], TractionProfile] = {}
    for profile in profiles:
        kept.setdefault((profile.segments, profile.angle_deg), profile)
    return list(kept.values())


class _Run:
    """Counts sample-sessions, tells of them, and keeps the names of what did not converge."""

    def __init__(self, progress: ProgressCallback | None, *, total: int) -> None:
        self._progress = progress
        self._total = total
        self.done = 0
        self.dropped: list[str] = []

    def tell(self, text: str) -> None:
        """Report where the search is; whatever the callback raises passes through."""
        if self._progress is not None:
            self._progress(self.done, max(self._total, self.done), text)

    def finish(self) -> None:
        """Report the end: what was foreseen and not needed counts as done."""
        self._total = self.done
        self.tell("the search is done")

    def fitting(
        self, room: Space, families: tuple[Family, ...], like: TractionProfile
    ) -> list[TractionProfile]:
        """The other families at the pull and angle of `like`, as far as the session is long enough."""
        fitting = []
        for family in families:
            try:
                fitting.append(room.profile(family, like.peak_force_n, like.angle_deg))
            except BadInput:
                self.dropped.append(f"{family} (the session is too short for it)")
        return fitting

    def each(self, ensemble: Ensemble, profiles: list[TractionProfile]) -> list[Candidate]:
        candidates = []
        for profile in profiles:
            try:
                candidates.append(self._one(ensemble, profile)[0])
            except NotConverged:
                self.dropped.append(profile.name)
        return candidates

    def final(
        self, ensemble: Ensemble, profiles: list[TractionProfile], targets: Targets
    ) -> tuple[tuple[Candidate, ...], Any]:
        pairs = []
        for profile in profiles:
            try:
                pairs.append(self._one(ensemble, profile))
            except NotConverged:
                self.dropped.append(profile.name)
        finals = tuple(candidate for candidate, _ in pairs)
        chosen = choose(finals, targets).chosen
        return finals, next(response for candidate, response in pairs if candidate is chosen)

    def _one(self, ensemble: Ensemble, profile: TractionProfile) -> tuple[Candidate, Any]:
        self.tell(f"trying {profile.name} on {ensemble.samples} samples")
        if not ensemble.knows(profile):
            self.done += ensemble.samples
        return ensemble.respond(profile)
