"""The chain solved joint by joint against one dense system."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

from opentraction.mechanics.chain import elimination, motion
from opentraction.mechanics.segment.matrices import solve


def test_small_symmetric_systems_are_solved_and_indefinite_ones_go_downhill() -> None:
    rng = np.random.default_rng(1)
    root = rng.normal(size=(5, 5))
    matrix, right = root @ root.T + np.eye(5), rng.normal(size=(5, 2))
    (out,) = solve(jnp.asarray(matrix), jnp.asarray(right))
    np.testing.assert_allclose(out, np.linalg.solve(matrix, right), rtol=1e-11)
    saddle = np.diag([2.0, -3.0, 1.0])
    (step,) = solve(jnp.asarray(saddle), jnp.ones((3, 1)))
    np.testing.assert_allclose(step[:, 0], [0.5, 1.0 / 3.0, 1.0])


def test_a_soft_or_unstable_unknown_is_stiffened_until_its_step_is_within_reach() -> None:
    """On the diagonal by hand; and a matrix stiff enough is solved as if there were no reach."""
    right = jnp.ones((4, 1))
    reach = jnp.array([0.5, 0.5, 0.5, 0.1])
    (step,) = solve(jnp.asarray(np.diag([1e-9, -0.01, 4.0, 8.0])), right, reach=reach)
    np.testing.assert_allclose(step[:, 0], [0.5, 0.5, 0.25, 0.1])
    root = np.random.default_rng(3).normal(size=(4, 4))
    stiff = jnp.asarray(10.0 * (root @ root.T + np.eye(4)))
    np.testing.assert_array_equal(solve(stiff, right, reach=10.0 * reach)[0], solve(stiff, right)[0])


@pytest.mark.parametrize("free", [(1, 1, 1, 1, 1), (1, 0, 1, 0, 0), (0, 0, 0, 1, 0)])
def test_joint_motions_solve_the_dense_system_with_rigid_joints_exact(free: tuple[int, ...]) -> None:
    rng = np.random.default_rng(2)
    n, joints = 6, 5

    def definite(size: float) -> np.ndarray:
        root = rng.normal(size=(joints, n, n))
        return size * (np.einsum("jab,jcb->jac", root, root) + np.eye(n))

    body, joint = definite(0.1), definite(3.0)
    force, drive, borne = (rng.normal(size=(joints, n)) for _ in range(3))
    carrier = np.eye(n) + 0.2 * rng.normal(size=(joints, n, n))
    bracket = np.stack([np.asarray(motion.bracketed(jnp.asarray(f), False)) for f in borne])
    last = [np.moveaxis(x, 0, -1)[..., None] for x in (body, force, joint, drive, bracket, carrier)]
    got = elimination.relative_motions(
        *(jnp.asarray(x) for x in last), jnp.asarray(np.array(free, float)[:, None])
    )

    # unknowns of the dense system: the free joints' motions; the bodies follow from the sacrum up
    size = n * joints
    follow = np.zeros((joints, n, size))
    ahead = np.zeros((joints, n, size))
    for j in reversed(range(joints)):
        if j < joints - 1:
            ahead[j] = carrier[j] @ follow[j + 1]
        follow[j] = ahead[j]
        follow[j, :, n * j : n * (j + 1)] += np.eye(n)
    matrix, right = np.zeros((size, size)), np.zeros(size)
    for j in range(joints):
        own = follow[j] - ahead[j]
        twist = -0.5 * ahead[j].T @ bracket[j] @ own
        matrix += follow[j].T @ body[j] @ follow[j] + own.T @ joint[j] @ own + twist + twist.T
        right += follow[j].T @ force[j] + own.T @ drive[j]
    loose = np.repeat(np.array(free, bool), n)
    expected = np.zeros(size)
    expected[loose] = np.linalg.solve(matrix[np.ix_(loose, loose)], right[loose])
    np.testing.assert_allclose(np.asarray(got)[..., 0].T.reshape(-1), expected, rtol=1e-9, atol=1e-12)
    assert not np.asarray(got)[:, ~np.array(free, bool)].any()
