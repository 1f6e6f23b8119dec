"""Blocks of steps: fluid, samples on their own, and results that were not reached."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from opentraction.chart import NotConverged
from opentraction.mechanics.chain import CHUNK, Chain, Load, advance, march, start_state
from opentraction.mechanics.chain.equilibrium import joint_pose
from opentraction.mechanics.disc import volume_terms
from opentraction.mechanics.fluid import Path, mean_swelling, osmotic, permeability_factor, spans

SECONDS = (0.0, 30.0, 120.0, 600.0, 1800.0, 7200.0)


@pytest.fixture(scope="session")
def half(kit: Any) -> Chain:
    return kit.column(mirror=True)


def block(kit: Any, *, follower_n: float = 350.0) -> Load:
    """A first balance under a light load, then the follower load over SECONDS."""
    loads = [kit.loaded(follower_n=0.5 * follower_n)]
    loads += [kit.loaded(follower_n=follower_n, dt_s=dt) for dt in SECONDS[:5]]
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *loads)


def left(path: Path, cells: jax.Array, pressure_mpa: jax.Array, dt_s: float) -> jax.Array:
    """Share of the path's volume that flows out of its open face in a step, by Darcy at the end of it."""
    pressed = pressure_mpa - osmotic(cells[-1], path.charge_meq_per_ml, path.water)[0]
    pressed = pressed - path.solid_mpa * (1.0 - cells[-1])
    factor, _ = permeability_factor(mean_swelling(cells), path.water, path.growth)
    within = spans()[-1] / (path.conductance_per_mpa_s * factor)
    return dt_s * pressed / (within + path.face_resistance_mpa_s)


def test_what_leaves_the_nucleus_is_what_its_volume_loses(kit: Any, half: Chain) -> None:
    here, _ = kit.settled(half, kit.loaded(follower_n=175.0))
    gone = jnp.zeros_like(half.segments.core_mm3)
    begun = mean_swelling(here.place.nucleus)
    for dt_s in SECONDS:
        here, trace = kit.settled(half, kit.loaded(follower_n=350.0, dt_s=dt_s), state=here)
        gone = gone + left(half.segments.core_path, here.place.nucleus, here.place.pressure_mpa, dt_s)
        pose = joint_pose(here.place, True)
        volume, _, _ = volume_terms(pose.rows, pose.u, pose.modes, half.segments.core, True)
        filled = mean_swelling(here.place.nucleus) - here.place.pressure_mpa / half.segments.bulk_mpa
        np.testing.assert_allclose(volume / half.segments.core_mm3, filled, rtol=0, atol=1e-9)
        np.testing.assert_allclose(trace.nucleus, mean_swelling(here.place.nucleus), rtol=1e-15)
    assert float(jnp.abs(gone).min()) > 1e-4
    np.testing.assert_allclose(begun - mean_swelling(here.place.nucleus), gone, rtol=0, atol=1e-9)


def test_a_sample_does_not_feel_its_neighbours(kit: Any, half: Chain) -> None:
    """Bit for bit: beside others, in another place, and beside one that fails."""
    load = block(kit)
    _, alike = advance(half, start_state(half), load)

    def arranged(order: list[int]) -> Chain:
        return jax.tree.map(lambda leaf: leaf[..., np.array(order)], half)

    _, swapped = advance(arranged([2, 3, 0, 0]), start_state(half), load)
    failing = eqx.tree_at(lambda x: x.follower_n, load, load.follower_n.at[:, :, 3].set(1e6))
    _, beside = advance(half, start_state(half), failing)
    assert float(np.asarray(beside.residual)[:, 3].max()) > 1e-10
    for a, b, c in zip(*(jax.tree.leaves(t) for t in (alike, swapped, beside)), strict=True):
        np.testing.assert_array_equal(a[..., 0], b[..., 2])
        np.testing.assert_array_equal(a[..., :3], c[..., :3])


def test_chunks_of_one_shape_give_every_sample_its_own_numbers(kit: Any, half: Chain) -> None:
    many = [sample % kit.samples for sample in range(CHUNK + 3)]
    chain, load = (jax.tree.map(lambda leaf: leaf[..., np.array(many)], t) for t in (half, block(kit)))
    state, trace = march(chain, start_state(chain), [load], what="the test")
    assert trace.pressure_mpa.shape == (6, 5, CHUNK + 3)
    np.testing.assert_array_equal(trace.pressure_mpa[..., 0], trace.pressure_mpa[..., CHUNK])
    np.testing.assert_array_equal(state.place.shift_mm[..., 1], state.place.shift_mm[..., CHUNK + 1])
    assert len(np.unique(trace.pressure_mpa[-1, 0])) == kit.samples


def test_a_balance_that_is_not_reached_is_named_with_its_load(kit: Any, half: Chain) -> None:
    many = [sample % kit.samples for sample in range(CHUNK)]
    load = block(kit)
    hard = eqx.tree_at(lambda x: x.follower_n, load, load.follower_n.at[1:, :, 2].set(1e6))
    chain, hard = (jax.tree.map(lambda leaf: leaf[..., np.array(many)], t) for t in (half, hard))
    with pytest.raises(NotConverged, match=r"a hard day, but 8 of 32 samples.*sample 2 at step 1.*1e\+06 N"):
        march(chain, start_state(chain), [hard], what="a hard day")


def test_tangents_carried_through_the_march_are_differences(kit: Any, half: Chain) -> None:
    """Creep, then a harder load: against central differences of whole marches."""
    begun, _ = kit.settled(half, kit.loaded(follower_n=175.0))

    def run(more: jax.Array) -> tuple[jax.Array, jax.Array]:
        here = begun
        for dt_s in (0.0, 120.0, 600.0):
            load = kit.loaded(follower_n=300.0, dt_s=dt_s)
            load = eqx.tree_at(lambda x: x.follower_n, load, load.follower_n + more)
            here, trace = kit.step(half, here, load)
        return trace.pressure_mpa, trace.shift_mm[2]

    h = 0.05
    (_, carried) = jax.jvp(run, (jnp.zeros(()),), (jnp.ones(()),))
    up, down = run(jnp.asarray(h)), run(jnp.asarray(-h))
    for got, a, b in zip(carried, up, down, strict=True):
        exact = (a - b) / (2 * h)
        np.testing.assert_allclose(got, exact, rtol=0, atol=2e-5 * float(jnp.abs(exact).max()))
