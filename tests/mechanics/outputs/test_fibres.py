"""The greatest fibre strain over a trace."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from opentraction.mechanics.disc import fibre_state
from opentraction.mechanics.outputs.fibres import STEPS, fibre_strains
from opentraction.mechanics.outputs.shape import in_upper_axes

from .conftest import LYING, PRESSED, PULLED, Run


def test_every_step_has_the_strain_of_its_pose(sound: Run) -> None:
    found = fibre_strains(sound.trace, sound.model.chain)
    assert found.strain.shape == sound.at.height_mm.shape
    for step in (0, LYING, PRESSED, PULLED):
        turn, shift = (jnp.asarray(part[:, step]) for part in (sound.at.turn_rad, sound.at.shift_mm))
        modes = list(jnp.asarray(sound.trace.modes_mm[step]))
        swelling = jnp.asarray(sound.trace.annulus[step])
        wall = sound.model.chain.segments.wall
        alone = fibre_state(*in_upper_axes(turn, shift, True), modes, swelling, wall, True)
        np.testing.assert_allclose(found.strain[step], alone.strain, rtol=1e-12, atol=1e-15)


def test_a_press_strains_the_fibres_more_than_lying(sound: Run) -> None:
    found = fibre_strains(sound.trace, sound.model.chain)
    assert np.all(found.strain[PRESSED] > found.strain[LYING])
    assert np.all((found.strain > -0.05) & (found.strain < 0.15))
    assert not found.beyond.any()


def test_fewer_steps_are_a_part_of_more(sound: Run) -> None:
    count = STEPS + 3
    part = jax.tree.map(lambda x: x[:count], sound.trace)
    whole = fibre_strains(sound.trace, sound.model.chain)
    np.testing.assert_array_equal(fibre_strains(part, sound.model.chain).strain, whole.strain[:count])


def test_a_sample_beyond_the_law_is_flagged_alone(sound: Run) -> None:
    far = np.array(sound.trace.shift_mm)
    far[PRESSED, 2, 3, 1] += 8.0
    trace = eqx.tree_at(lambda t: t.shift_mm, sound.trace, far)
    np.testing.assert_array_equal(fibre_strains(trace, sound.model.chain).beyond, [False, True])


def test_a_column_with_all_motions_has_the_same_strains(sound: Run) -> None:
    modes = np.array(sound.trace.modes_mm)
    full = np.concatenate([modes, np.zeros_like(modes[:, :2])], axis=1)
    trace = eqx.tree_at(lambda t: t.modes_mm, sound.trace, full)
    one, other = (
        fibre_strains(*pair).strain
        for pair in ((sound.trace, sound.model.chain), (trace, sound.model.spatial().chain))
    )
    np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-13)
