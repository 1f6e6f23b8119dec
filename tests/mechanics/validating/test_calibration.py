"""Calibration against problems whose answer is known, on models that cost nothing."""

import numpy as np
import pytest
from numpy.typing import NDArray

from opentraction.chart import NotConverged
from opentraction.mechanics.patient.priors import priors
from opentraction.mechanics.validating.calibration import (
    UNKNOWNS,
    Measured,
    calibrate,
    calibration_rows,
    laplace,
    residuals,
)
from opentraction.mechanics.validating.rows import Role, duty
from opentraction.mechanics.validating.targets import read_targets

Numbers = NDArray[np.float64]
TARGET = next(iter(read_targets()))


def rows(values: Numbers, errors: Numbers) -> tuple[Measured, ...]:
    return tuple(Measured(TARGET, float(v), float(e)) for v, e in zip(values, errors, strict=True))


def quiet(_: str) -> None:
    """No progress."""


def test_a_linear_model_gives_bayes_own_answer() -> None:
    rng = np.random.default_rng(1)
    matrix, errors = rng.normal(size=(6, 4)), np.full(6, 0.5)
    truth = 0.3 * rng.normal(size=4)
    asked = rows(matrix @ truth, errors)
    mode, jacobian = calibrate(np.zeros(4), lambda z: z @ matrix.T, asked, rounds=30, say=quiet)
    precision = matrix.T @ matrix / 0.25 + np.eye(4)
    assert mode == pytest.approx(np.linalg.solve(precision, matrix.T @ (matrix @ truth) / 0.25), abs=2e-3)
    found = laplace(("a", "b", "c", "d"), mode, jacobian)
    assert found.factor @ found.factor.T == pytest.approx(np.linalg.inv(precision), rel=1e-6)


def test_a_row_that_no_parameter_moves_leaves_the_prior() -> None:
    asked = rows(np.array([3.0]), np.array([1.0]))
    mode, jacobian = calibrate(np.zeros(2), lambda z: np.zeros((len(z), 1)), asked, say=quiet)
    found = laplace(("a", "b"), mode, jacobian)
    assert mode == pytest.approx(np.zeros(2), abs=1e-12)
    assert list(found.widths.values()) == pytest.approx([1.0, 1.0])


def test_a_curved_model_is_followed_to_its_mode() -> None:
    asked = rows(np.array([2.0]), np.array([0.01]))
    mode, _ = calibrate(np.array([0.2]), np.exp, asked, rounds=30, say=quiet)
    assert mode == pytest.approx([np.log(2.0)], abs=0.01)


def test_a_contradicting_row_pulls_no_harder_beyond_two_errors() -> None:
    asked = rows(np.array([0.0, 100.0]), np.array([0.1, 0.1]))
    far = residuals(np.zeros((1, 0)), np.array([[0.0, 0.0]]), asked)[0]
    farther = residuals(np.zeros((1, 0)), np.array([[0.0, -1.0]]), asked)[0]
    # the square grows in a straight line: twice the limit per error
    assert farther[1] ** 2 - far[1] ** 2 == pytest.approx(2.0 * 2.0 * 10.0)


def test_a_set_without_an_answer_is_never_chosen() -> None:
    def answers(z: Numbers) -> Numbers:
        return np.where(z > 0.5, np.nan, z)

    mode, _ = calibrate(np.zeros(1), answers, rows(np.array([2.0]), np.array([0.2])), say=quiet)
    assert mode[0] <= 0.5
    with pytest.raises(NotConverged, match="Start elsewhere"):
        calibrate(np.ones(1), answers, rows(np.array([2.0]), np.array([0.2])), say=quiet)


def test_only_calibration_rows_are_used_and_unknowns_are_parameters() -> None:
    used = calibration_rows()
    assert {duty(row.target).role for row in used} == {Role.CALIBRATION}
    assert all(row.error > 0.0 and np.isfinite(row.value) for row in used)
    assert set(UNKNOWNS) <= set(priors())
