"""Anderson acceleration: exact for linear maps after as many steps as unknowns, each sample by itself."""

import numpy as np

from opentraction.mechanics.patient.anderson import Anderson


def _iterate(rounds: int, samples: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(2)
    slow = np.diag([0.95, 0.6, -0.4])
    turn = np.linalg.qr(generator.normal(size=(3, 3)))[0]
    matrix = turn @ slow @ turn.T
    shift = generator.normal(size=(3, samples))
    exact = np.linalg.solve(np.eye(3) - matrix, shift)
    guess, point = Anderson(), np.zeros((3, samples))
    for _ in range(rounds):
        point = guess.next(point, matrix @ point + shift)
    return point, exact


def test_linear_map_is_solved_in_one_round_more_than_it_has_unknowns() -> None:
    point, exact = _iterate(5, samples=4)
    assert np.allclose(point, exact, atol=1e-7)


def test_a_sample_does_not_depend_on_the_others() -> None:
    alone, shift = Anderson(), np.array([[1.0], [2.0]])
    both = Anderson()
    a, b = np.zeros((2, 1)), np.zeros((2, 2))
    for _ in range(3):
        a = alone.next(a, 0.5 * a + shift)
        b = both.next(b, np.array([[0.5, 0.9], [0.5, 0.1]]) * b + np.hstack([shift, -shift]))
    assert np.allclose(a[:, 0], b[:, 0], atol=1e-12)


def test_what_a_coarse_map_taught_serves_the_fine_one() -> None:
    """Both have the same slopes: three rounds of the one, and the other needs two in place of five."""
    generator = np.random.default_rng(5)
    matrix = 0.8 * np.linalg.qr(generator.normal(size=(3, 3)))[0]
    coarse = generator.normal(size=(3, 2))
    fine = coarse + 0.1 * generator.normal(size=(3, 2))
    exact = np.linalg.solve(np.eye(3) - matrix, fine)
    guess, point = Anderson(8), np.zeros((3, 2))
    for rounds in range(7):
        over = rounds >= 4
        reached = matrix @ point + (fine if over else coarse)
        point = guess.next(point, reached, np.full(2, over))
        if rounds == 4:
            assert np.allclose(point, exact, atol=1e-7)
    assert np.allclose(point, exact, atol=1e-9)
