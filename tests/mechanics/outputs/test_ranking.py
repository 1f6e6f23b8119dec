"""What drives a prediction: exact indices of a known function, groups of the column, a small run."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr

from opentraction import mechanics
from opentraction.chart import BadInput, Level, NotConverged, Patient, TractionProfile
from opentraction.mechanics.outputs.ranking import INDEPENDENT, MOST_GROUPS, groups_of_inputs
from opentraction.mechanics.outputs.sobol import Indices, indices
from opentraction.mechanics.patient.build import MEASURED
from opentraction.mechanics.patient.priors import priors
from opentraction.mechanics.validating.subject import norm_spine

A, B = 7.0, 0.1
GROUPS = {"third": ("z3",), "first": ("z1",), "second": ("z2", "idle")}


def ishigami(z: dict[str, np.ndarray]) -> np.ndarray:
    """Of uniform angles; Ishigami and Homma 1990. The input "idle" does nothing."""
    x1, x2, x3 = (np.pi * (2.0 * ndtr(z[name]) - 1.0) for name in ("z1", "z2", "z3"))
    return np.sin(x1) + A * np.sin(x2) ** 2 + B * x3**4 * np.sin(x1)


def exact() -> dict[str, tuple[float, float]]:
    """First-order and total index of each group."""
    alone = 0.5 * (1.0 + B * np.pi**4 / 5.0) ** 2
    second, joint = A**2 / 8.0, B**2 * np.pi**8 * (1.0 / 18.0 - 1.0 / 50.0)
    whole = alone + second + joint
    return {
        "first": (alone / whole, (alone + joint) / whole),
        "second": (second / whole, second / whole),
        "third": (0.0, joint / whole),
    }


def ask(base: int = 1024, **given: object) -> Indices:
    settings: dict[str, object] = {"seed": 1, "at_once": 1000, **given}
    return indices(GROUPS, ishigami, base=base, **settings)  # type: ignore[arg-type]


def test_indices_of_a_known_function_are_exact() -> None:
    found = ask(4096)
    assert [share.group for share in found.shares] == ["first", "second", "third"]
    for share in found.shares:
        first, total = exact()[share.group]
        assert share.first == pytest.approx(first, abs=0.01)
        assert share.total == pytest.approx(total, abs=0.01)
        assert share.first_interval[0] < first < share.first_interval[1]
        assert share.total_interval[0] < total < share.total_interval[1]
    assert found.shares[1].inputs == ("z2", "idle")
    assert (found.runs, found.rows, found.missed) == (4096 * 5, 4096, 0)


def test_intervals_narrow_with_the_root_of_the_runs() -> None:
    def half(found: Indices) -> float:
        return sum(share.total_interval[1] - share.total for share in found.shares)

    assert half(ask(256)) / half(ask(4096)) == pytest.approx(4.0, rel=0.25)


def test_the_quantity_s_spread_is_that_of_independent_draws() -> None:
    found = ask(4096)
    assert found.values.shape == (2 * 4096,)
    assert found.values.mean() == pytest.approx(A / 2.0, abs=0.05)
    assert found.values.var() == pytest.approx(
        A**2 / 8 + 0.5 + B * np.pi**4 / 5 + B**2 * np.pi**8 / 18, rel=0.03
    )


def test_the_chunks_and_the_order_of_the_groups_change_nothing() -> None:
    one, other = ask(64), ask(64, at_once=17)
    assert one.shares == other.shares
    assert np.array_equal(one.values, other.values)


def test_a_run_without_a_result_takes_its_row_with_it() -> None:
    calls = []

    def sometimes(z: dict[str, np.ndarray]) -> np.ndarray:
        values = ishigami(z)
        if not calls:
            values[[3, 4, 11]] = np.nan  # two runs of the first row of five, one of the third
        calls.append(len(values))
        return values

    found = indices(GROUPS, sometimes, base=256, seed=1, at_once=100)
    assert (found.runs, found.rows, found.missed) == (1280, 254, 3)
    assert found.values.shape == (2 * 254,)
    full = ask(256)
    assert np.array_equal(found.values[2:], np.delete(full.values, [0, 1, 4, 5])[2:])
    assert {share.group: share.total for share in found.shares} == pytest.approx(
        {share.group: share.total for share in full.shares}, abs=0.03
    )


def test_progress_counts_the_runs_and_may_stop_them() -> None:
    told: list[tuple[int, int]] = []
    ask(8, at_once=16, progress=lambda done, total, _: told.append((done, total)))
    assert told == [(16, 40), (32, 40), (40, 40)]

    def stop(done: int, total: int, text: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ask(8, progress=stop)


@pytest.mark.parametrize("base", [0, 4, 63, 100])
def test_a_base_that_the_sequence_cannot_balance_is_refused(base: int) -> None:
    with pytest.raises(BadInput, match="power of 2"):
        ask(base)


def test_a_quantity_that_does_not_vary_or_is_not_there_has_no_drivers() -> None:
    for value in (2.0, np.nan):
        with pytest.raises(NotConverged, match="result that varies"):
            indices(GROUPS, lambda z, value=value: np.full(len(z["z1"]), value), base=8, seed=1, at_once=40)


@pytest.mark.parametrize("mass", [None, 70.0])
def test_every_input_of_the_column_stands_in_one_of_twelve_groups(mass: float | None) -> None:
    groups = groups_of_inputs(Patient(patient_id="p", mass_kg=mass, simulated=True))
    names = [name for group in groups.values() for name in group]
    assert len(groups) <= MOST_GROUPS
    assert len(names) == len(set(names))
    unknown = {"mass"} if mass is not None else set()
    assert set(names) == (set(priors()) | set(MEASURED)) - unknown


def test_a_thirteenth_group_is_refused(monkeypatch: pytest.MonkeyPatch, patient: Patient) -> None:
    from dataclasses import replace

    more = {f"{name} {k}": replace(p, group=f"{p.group} {k}") for name, p in priors().items() for k in (1, 2)}
    monkeypatch.setattr("opentraction.mechanics.outputs.ranking.priors", lambda: more)
    with pytest.raises(BadInput, match="at most 12 groups"):
        groups_of_inputs(patient)


def test_an_unknown_quantity_is_refused(patient: Patient, static: TractionProfile) -> None:
    with pytest.raises(BadInput, match="unloading dose, got 'bulge'"):
        mechanics.rank(norm_spine(), patient, static, quantity="bulge")


def test_scores_move_the_sizes_and_nothing_else(patient: Patient) -> None:
    plain = mechanics.build(norm_spine(), patient, samples=2)
    moved = mechanics.build(norm_spine(), patient, samples=2, scores={"height L4-L5": np.array([0.0, 2.0])})
    disc = norm_spine().disc(Level.L4_L5).mean_height_mm
    assert moved.sizes.height_mm[3] == pytest.approx([disc.value, disc.value + 2.0 * disc.sd])
    rest = [0, 1, 2, 4]
    assert np.array_equal(moved.sizes.height_mm[rest], plain.sizes.height_mm[rest])
    assert np.array_equal(moved.sizes.grade, plain.sizes.grade)
    assert all(np.array_equal(moved.found[name], plain.found[name]) for name in priors())
    with pytest.raises(BadInput, match="Expected a score of height"):
        mechanics.build(norm_spine(), patient, samples=2, scores={"width L4-L5": np.zeros(2)})


def test_the_weight_s_score_counts_where_the_mass_is_not_known() -> None:
    unknown = Patient(patient_id="p", simulated=True)
    model = mechanics.build(norm_spine(), unknown, samples=2, scores={"mass": np.array([-1.0, 1.0])})
    assert model.weight_n[1] / model.weight_n[0] == pytest.approx(np.exp(2 * 0.18))


@pytest.mark.full
@pytest.mark.parametrize("quantity", ["axial force", "pressure"])
def test_the_column_is_ranked(patient: Patient, static: TractionProfile, quantity: str) -> None:
    """What is lost of the pull on its way decides the force at the disc."""
    found = mechanics.rank(
        norm_spine(exact=True), patient, static, quantity=quantity, level=Level.L4_L5, base=16
    )
    assert found.note == INDEPENDENT
    assert found.runs == 16 * (MOST_GROUPS + 2)
    assert found.rows - found.rows_kept <= found.missed
    totals = [share.total for share in found.shares]
    assert totals == sorted(totals, reverse=True)
    assert totals[-1] >= 0.0
    assert found.band[0] < found.band[1] < found.band[2]
    assert found.level is Level.L4_L5
    if quantity == "axial force":
        assert "delivery" in {share.group for share in found.shares[:2]}
