"""One step of the whole chain: tangent, free bodies, frames, symmetry, energy, and samples on their own."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

from opentraction.mechanics.chain import ITERATIONS, TOLERANCE, Chain, Load, Place, State, motion, start_state
from opentraction.mechanics.chain.elimination import relative_motions
from opentraction.mechanics.chain.equilibrium import balance, joint_hessian, joint_terms
from opentraction.mechanics.chain.model import changed
from opentraction.mechanics.chain.outside import support_energy
from opentraction.mechanics.segment.condensation import Change
from opentraction.mechanics.segment.matrices import applied, times

PULL = {"follower_n": 150.0, "pull_n": (30.0, 25.0, 250.0), "hand_n": (20.0, -15.0, 0.0)}
FLAT = {"follower_n": 150.0, "pull_n": (30.0, 0.0, 250.0), "hand_n": (20.0, 0.0, 0.0)}


@pytest.fixture(scope="session")
def spatial(kit: Any) -> Chain:
    return kit.column(mirror=False)


@pytest.fixture(scope="session")
def pulled(kit: Any, spatial: Chain) -> tuple[State, Load]:
    first, then = kit.loaded(follower_n=150.0), kit.loaded(**PULL)
    state, trace = kit.settled(spatial, first, then)
    assert float(trace.residual.max()) <= TOLERANCE
    return state, then


def first_sample(tree: Any) -> Any:
    """The first sample alone."""
    return jax.tree.map(lambda leaf: leaf[..., :1], tree)


def test_the_tangent_of_the_chain_is_the_hessian_of_its_energy(
    spatial: Chain, pulled: tuple[State, Load]
) -> None:
    """At a random place near equilibrium: what the elimination solves, against the dense Hessian."""
    chain, (state, load) = first_sample(spatial), first_sample(pulled)
    rng = np.random.default_rng(4)
    nudge = Change(
        motion=jnp.asarray(rng.normal(size=(6, 5, 1)) * np.array([0.05] * 3 + [0.005] * 3)[:, None, None]),
        modes_mm=jnp.asarray(0.02 * rng.normal(size=(5, 5, 1))),
        pressure_mpa=jnp.full((5, 1), 0.05),
        nucleus=jnp.zeros_like(state.place.nucleus),
        annulus=jnp.zeros_like(state.place.annulus),
    )
    place = changed(state.place, nudge, jnp.ones(1), False)

    def energy(bodies: Array) -> Array:
        v, w = motion.spread(bodies.reshape(6, 5, 1), False)
        turns, places = motion.absolute(chain.seat_turn, chain.seat_mm, place.turn, place.shift_mm)
        turned, moved = motion.moved(turns, places, v, w)
        below = jnp.concatenate([turned[:, :, 1:], jnp.eye(3)[:, :, None, None]], axis=2)
        under = jnp.concatenate([moved[:, 1:], jnp.zeros((3, 1, 1))], axis=1)
        seat = times(below, chain.seat_turn)
        origin = under + applied(below, chain.seat_mm)
        back = jnp.swapaxes(seat, 0, 1)
        there = Place(
            turn=times(back, turned),
            shift_mm=applied(back, moved - origin),
            modes_mm=place.modes_mm,
            pressure_mpa=place.pressure_mpa,
            nucleus=place.nucleus,
            annulus=place.annulus,
        )
        terms = joint_terms(chain, there, state, load, second=False)
        inner = (terms.energy_nmm - place.pressure_mpa * terms.volume_mm3).sum()
        at = moved[None] + (turned[None] * chain.points_mm[:, None]).sum(2)
        held = support_energy(chain.support_nmm, turned[:, :, 0], load.tilt_rad).sum()
        return inner + held - (load.force_n * at).sum()

    at = balance(chain, place, state, load)
    hessian = joint_hessian(chain, place, state, load)[:6, :6]
    force = jnp.asarray(rng.normal(size=(6, 5, 1)))
    joints = relative_motions(
        at.body_hessian,
        force,
        hessian,
        jnp.zeros_like(force),
        motion.bracketed(at.gradient[:6], False),
        at.carrier,
        chain.segments.free,
    )
    bodies = [joints[:, 4]]
    for j in (3, 2, 1, 0):
        bodies.insert(0, joints[:, j] + applied(at.carrier[:, :, j], bodies[0]))
    bent = jax.jit(jax.hessian(energy))(jnp.zeros(30))
    answered = bent @ jnp.stack(bodies, axis=1).reshape(-1)
    scale = float(jnp.abs(bent).max() * jnp.abs(jnp.stack(bodies)).max())
    np.testing.assert_allclose(answered, force.reshape(-1), rtol=0, atol=1e-9 * max(scale, 1.0))


def test_every_vertebra_is_in_balance_as_a_free_body(spatial: Chain, pulled: tuple[State, Load]) -> None:
    """Forces and moments about the sacrum's origin, in its axes, from the tissues' own forces."""
    state, load = pulled
    place = state.place
    at = balance(spatial, place, state, load)
    turns, places = motion.absolute(spatial.seat_turn, spatial.seat_mm, place.turn, place.shift_mm)
    pull = applied(turns, at.gradient[:3])
    twist = applied(turns, at.gradient[3:6]) + motion.crossed(places, pull)
    held = jnp.concatenate([pull, twist])
    at_points = places[None] + (turns[None] * spatial.points_mm[:, None]).sum(2)
    force = load.force_n.sum(0)
    moment = sum(motion.crossed(at_points[k], load.force_n[k]) for k in range(2))
    # the support turns L1 alone
    outside = jnp.concatenate([force, moment])
    support = support_moment(spatial, turns, load)
    total = held - outside
    total = total.at[3:, 0].add(support)
    total = total.at[:, 1:].add(-held[:, :-1])
    lever = jnp.array([1.0] * 3 + [1.0 / 200.0] * 3)[:, None, None]
    assert float(jnp.abs(held[:3]).max()) > 100.0
    assert float(jnp.abs(lever * total).max()) < 1e-9 * float(jnp.abs(lever * held).max()) * 10


def support_moment(chain: Chain, turns: Array, load: Load) -> Array:
    """Gradient of the support's energy over turns of L1 about the sacrum's axes, by differentiation."""

    def energy(small: Array) -> Array:
        turned = times(motion.rotation(small), turns[:, :, 0])
        return support_energy(chain.support_nmm, turned, load.tilt_rad).sum()

    return jax.grad(energy)(jnp.zeros((3, turns.shape[-1])))


def test_a_turned_frame_changes_nothing_inside(kit: Any, spatial: Chain, pulled: tuple[State, Load]) -> None:
    state, load = pulled
    turn = motion.rotation(jnp.array([[0.9], [-1.7], [0.4]]) * jnp.ones((1, kit.samples)))
    ends = eqx.tree_at(
        lambda c: (c.seat_turn, c.seat_mm),
        spatial,
        (
            spatial.seat_turn.at[:, :, 4].set(times(turn, spatial.seat_turn[:, :, 4])),
            spatial.seat_mm.at[:, 4].set(applied(turn, spatial.seat_mm[:, 4])),
        ),
    )
    tilt = motion.rotation_vector(times(turn, motion.rotation(load.tilt_rad)))
    turned = eqx.tree_at(
        lambda x: (x.force_n, x.tilt_rad),
        load,
        (jnp.einsum("ab,kbjs->kajs", turn[..., 0], load.force_n), tilt),
    )
    first = eqx.tree_at(lambda x: x.tilt_rad, kit.loaded(follower_n=150.0), tilt)
    other, trace = kit.settled(ends, first, turned)
    assert float(trace.residual.max()) <= TOLERANCE
    for a, b in zip(jax.tree.leaves(state.place), jax.tree.leaves(other.place), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=2e-8)


def test_the_symmetric_column_is_the_spatial_one_and_loads_mirror(kit: Any, spatial: Chain) -> None:
    half = kit.column(mirror=True)
    loads = kit.loaded(follower_n=150.0), kit.loaded(**FLAT), kit.loaded(**FLAT, dt_s=60.0)
    (_, one), (full, two) = kit.settled(half, *loads), kit.settled(spatial, *loads)
    for name in ("rotation_rad", "shift_mm", "pressure_mpa", "wrench", "nucleus", "annulus"):
        size = float(jnp.abs(getattr(one, name)).max())
        np.testing.assert_allclose(getattr(one, name), getattr(two, name), rtol=0, atol=1e-8 * (1 + size))
    np.testing.assert_allclose(full.place.modes_mm[3:], 0.0, atol=1e-9)
    flip = jnp.array([1.0, -1.0, 1.0])[:, None, None]
    left = kit.loaded(**PULL)
    right = eqx.tree_at(lambda x: x.force_n, left, left.force_n * flip[None])
    one, two = (kit.settled(spatial, loads[0], side)[1] for side in (left, right))
    assert float(jnp.abs(one.shift_mm[1]).max()) > 0.1
    np.testing.assert_allclose(one.shift_mm, flip * two.shift_mm, atol=1e-8)
    np.testing.assert_allclose(one.rotation_rad, -flip * two.rotation_rad, atol=1e-9)


def test_a_column_pulled_apart_past_its_folds_finds_a_balance(kit: Any) -> None:
    """Discs parted along the line of their centres give way sideways until ligaments and facets hold them."""
    chain = kit.column(mirror=True)
    begun, _ = kit.settled(chain, kit.loaded(follower_n=150.0))
    for parted_n in (600.0, 1000.0):
        end, trace = kit.settled(chain, kit.loaded(follower_n=-parted_n), state=begun)
        assert float(trace.residual.max()) <= TOLERANCE
        assert int(trace.iterations.max()) <= ITERATIONS == 15
        # the balance is there whatever led to it: no force is left in the joints of a fresh look
        at = balance(chain, end.place, begun, kit.loaded(follower_n=-parted_n))
        assert float(jnp.abs((at.gradient[:3] + at.load)[:2]).max()) < 1e-7 * parted_n


def test_no_load_and_the_same_load_change_nothing(
    kit: Any, pulled: tuple[State, Load], spatial: Chain
) -> None:
    bare = kit.column(mirror=False, tissues=0.0)
    # the support asks for the turn that L1 has in the stress-free shape
    state, trace = kit.settled(bare, kit.loaded(tilt_rad=(0.0, 0.15, 0.0)))
    assert not np.asarray(trace.iterations).any()
    start = start_state(bare)
    for a, b in zip(jax.tree.leaves(state.place), jax.tree.leaves(start.place), strict=True):
        np.testing.assert_array_equal(a, b)
    before, load = pulled
    again, trace = kit.settled(spatial, load, state=before)
    assert not np.asarray(trace.iterations).any()
    for a, b in zip(jax.tree.leaves(again.place), jax.tree.leaves(before.place), strict=True):
        np.testing.assert_array_equal(a, b)


def test_joints_not_under_test_are_rigid_and_bear_what_is_above(kit: Any) -> None:
    chain = kit.column(mirror=False, free=(0, 0, 1, 0, 1))
    state, trace = kit.settled(chain, kit.loaded(follower_n=150.0), kit.loaded(**PULL))
    assert float(trace.residual.max()) <= TOLERANCE
    for joint in (0, 1, 3):
        np.testing.assert_array_equal(state.place.turn[:, :, joint, 0], np.eye(3))
        assert not np.asarray(state.place.shift_mm[:, joint]).any()
        assert not np.asarray(state.place.pressure_mpa[joint]).any()
    moved = jnp.abs(trace.rotation_rad).max((0, 2))
    assert float(moved[2]) > 1e-3
    assert float(moved[4]) > 1e-3
    # nothing acts on L2 and L1-L2 does not turn: the joint under L2 bears L1's pull less the follower load
    bare = kit.loaded(pull_n=(0.0, 0.0, 250.0))
    _, trace = kit.settled(chain, bare)
    along = jnp.linalg.norm(trace.wrench[:3], axis=0)
    np.testing.assert_allclose(along, 250.0, rtol=1e-9)


def test_the_work_of_the_loads_is_the_energy_stored(kit: Any) -> None:
    """Undrained and elastic: stored energy against the pull's work by Simpson's rule."""
    chain = kit.column(mirror=True)
    state, _ = kit.settled(chain, kit.loaded(follower_n=150.0))
    step = kit.step

    def stored(place: Place, load: Load) -> Array:
        terms = joint_terms(chain, place, state, load, second=False)
        squeezed = 0.5 * place.pressure_mpa**2 / chain.segments.bulk_mpa * chain.segments.core_mm3
        turns, _ = motion.absolute(chain.seat_turn, chain.seat_mm, place.turn, place.shift_mm)
        held = support_energy(chain.support_nmm, turns[:, :, 0], load.tilt_rad)
        return (terms.energy_nmm + squeezed).sum(0) + held

    def way(place: Place) -> Array:
        turns, places = motion.absolute(chain.seat_turn, chain.seat_mm, place.turn, place.shift_mm)
        return places[2, 0] + applied(turns, chain.points_mm[0])[2, 0]

    misses = []
    for count in (8, 16):
        here, ways = state, [way(state.place)]
        pulls = np.linspace(0.0, 200.0, count + 1)
        for pull in pulls[1:]:
            here, _ = step(chain, here, kit.loaded(follower_n=150.0, pull_n=(0.0, 0.0, float(pull))))
            ways.append(way(here.place))
        # work = F x - integral of x dF
        x = np.asarray(jnp.stack(ways))
        weights = np.array([1, *([4, 2] * (count // 2))[:-1], 1]) * (pulls[1] / 3.0)
        work = pulls[-1] * x[-1] - (weights[:, None] * x).sum(0)
        gained = stored(here.place, kit.loaded(follower_n=150.0)) - stored(
            state.place, kit.loaded(follower_n=150.0)
        )
        misses.append(np.abs(np.asarray(gained) / work - 1.0).max())
    assert misses[1] < 1e-4
    assert misses[1] < misses[0]
