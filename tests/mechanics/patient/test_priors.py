"""Every parameter has a range, a place in the ranking and a source or the word assumed."""

import csv
from importlib.resources import files

import numpy as np
import pytest

from opentraction.mechanics.patient.posterior import posterior
from opentraction.mechanics.patient.priors import deviates, draw, priors


def _rows(name: str) -> list[dict[str, str]]:
    with files("opentraction.mechanics").joinpath(name).open(encoding="utf-8") as table:
        return list(csv.DictReader(table))


def test_each_prior_says_where_it_is_from() -> None:
    for prior in priors().values():
        assert prior.unit
        if not prior.rows:
            assert prior.reason, prior.name


def test_rows_named_are_published_ones() -> None:
    published = {row["id"] for row in _rows("data/parameters.csv")}
    named = {part for row in _rows("patient/priors.csv") for part in row["rows"].split(";")}
    assert {name for name in named if name.startswith("P")} <= published


def test_at_most_twelve_groups_are_ranked() -> None:
    assert len({prior.group for prior in priors().values()}) <= 12


@pytest.mark.parametrize("seed", [1, 7])
def test_drawn_values_stay_inside_their_ranges(seed: int) -> None:
    found = draw(seed, 200)
    for name, prior in priors().items():
        assert np.all(found[name] >= prior.low)
        assert np.all(found[name] <= prior.high)
        jointly = dict(zip(posterior().names, posterior().mode, strict=True)).get(name, 0.0)
        assert found[name][0] == pytest.approx(float(prior.at(np.array([jointly]))[0]))


def test_a_sample_does_not_depend_on_how_many_are_drawn() -> None:
    few, many = deviates("annulus_matrix", 3, 5), deviates("annulus_matrix", 3, 50)
    assert np.array_equal(few, many[:5])
