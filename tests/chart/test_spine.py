"""Slips and their grades: none is claimed where the spread of the reading spans the limit of a grade."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opentraction.chart import SLIP_FROM_MM, Listhesis, Measure, Quality


def slip(mm: float, sd: float, depth_mm: float = 34.0) -> Listhesis:
    """A slip on an endplate of that depth."""
    share = 100.0 / depth_mm
    return Listhesis(
        slip_mm=Measure(value=mm, sd=sd, quality=Quality.MEASURED),
        slip_percent=Measure(value=mm * share, sd=sd * share, quality=Quality.MEASURED),
    )


@pytest.mark.parametrize(
    ("mm", "sd", "grades", "slipped", "words"),
    [
        (0.3, 0.9, (0,), False, "grade 0"),
        (-1.7, 0.9, (0,), False, "grade 0"),
        (2.4, 0.9, (0, 1), None, "grade 0 or 1"),
        (-3.1, 0.9, (0, 1), None, "grade 0 or 1"),
        (4.2, 0.9, (1,), True, "grade 1"),
        (-4.2, 0.9, (1,), True, "grade 1"),
        (8.3, 0.9, (1, 2), True, "grade 1 or 2"),
        (12.0, 0.9, (2,), True, "grade 2"),
        (20.0, 0.9, (3,), True, "grade 3"),
        (28.0, 0.9, (4,), True, "grade 4"),
        (9.0, 7.0, (0, 1, 2), None, "grade 0 or 1 or 2"),
        (2.99, 0.0, (0,), False, "grade 0"),
        (3.0, 0.0, (1,), True, "grade 1"),
        (8.5, 0.0, (2,), True, "grade 2"),
    ],
)
def test_a_grade_is_claimed_only_where_the_spread_allows_one(mm, sd, grades, slipped, words):
    found = slip(mm, sd)
    assert found.grades == grades
    assert found.grade == (grades[0] if len(grades) == 1 else None)
    assert found.slipped is slipped
    assert found.grade_words == words


@given(st.floats(-30, 30), st.floats(0, 5), st.floats(0, 5))
def test_a_wider_spread_never_makes_a_slip_surer(mm, sd, more):
    narrow, wide = slip(mm, sd), slip(mm, sd + more)
    assert set(narrow.grades) <= set(wide.grades)
    if wide.slipped is not None:
        assert narrow.slipped is wide.slipped is (abs(mm) >= SLIP_FROM_MM)
