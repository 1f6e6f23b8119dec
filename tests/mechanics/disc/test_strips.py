"""The annulus: derivatives, the stress-free shape, frames, symmetry and the kept volume of the wall."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array
from jax.scipy.linalg import expm

from opentraction.mechanics.disc import (
    Wall,
    WallMaterial,
    ellipse,
    mode_shapes,
    strip_angles,
    wall,
    wall_gradient,
    wall_terms,
)
from opentraction.mechanics.disc.stretches import bulge, place

from . import surface

WEDGE = np.radians(8.0)
MATERIAL = ("k1_mpa", "k2", "cos_square", "sin_square", "cross_sine", "bound")


def textbook(mirror: bool, strips: int = 8, layers: int = 3, **material: float) -> Wall:
    one = jnp.ones((1, 1))
    return wall(
        ellipse(17.5, 25.0),
        13.7 * one,
        WEDGE,
        0.696,
        WallMaterial(**material),
        mirror,
        strips=strips,
        layers=layers,
    )


def pose(mirror: bool, seed: int, size: float = 1.0) -> tuple[Array, Array, Array, Array]:
    """Rotation, translation [mm], modes [mm] and swelling of some loaded joint."""
    rng = np.random.default_rng(seed)
    t, w = 0.4 * size * rng.normal(size=3), 0.04 * size * rng.normal(size=3)
    modes, swelling = 0.2 * size * rng.normal(size=5), 1.0 + 0.03 * size * rng.normal()
    if mirror:
        t[1] = w[0] = w[2] = 0.0
        modes = modes[:3]
    return expm(surface.skew(jnp.asarray(w))), jnp.asarray(t), jnp.asarray(modes), jnp.asarray(swelling)


def terms(
    rotation: Array, t: Array, modes: Array, swelling: Array, wall: Wall, mirror: bool
) -> tuple[Array, Array, Array]:
    """Energy, gradient and full Hessian of one joint by the product."""

    def spread(x: Array) -> Array:
        return x[..., None, None]

    rows = surface.rows(spread(rotation), mirror)
    u = surface.components(spread(rotation.T @ t), mirror)
    energy, gradient, hessian = wall_terms(rows, u, list(spread(modes)), spread(swelling), wall, mirror)
    n = len(gradient)
    full = [[hessian[min(i, j), max(i, j)][0, 0] for j in range(n)] for i in range(n)]
    return energy[0, 0], jnp.stack([g[0, 0] for g in gradient]), jnp.asarray(full)


def one_joint(wall: Wall) -> Wall:
    return jax.tree.map(lambda x: x[..., 0, 0], wall)


@pytest.mark.parametrize("mirror", [False, True])
def test_gradient_and_hessian_are_those_of_the_surface(mirror: bool) -> None:
    w = textbook(mirror)
    product = jax.jit(lambda *a: terms(*a, w, mirror))
    oracle = jax.jit(lambda *a: surface.derivatives(*a, one_joint(w), mirror))
    for seed, size in ((3, 1.0), (4, 3.0), (5, 0.1)):
        at = pose(mirror, seed, size)
        found, expected = product(*at), oracle(*at)
        # the energy is what is left of terms as large as C10 times the volume
        floor = 1e-14 * float((w.c10_mpa * w.volume_mm3).sum())
        np.testing.assert_allclose(found[0], expected[0], rtol=1e-12, atol=floor)
        for a, b in zip(found[1:], expected[1:], strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12 * float(abs(b).max()))


@pytest.mark.parametrize("mirror", [False, True])
def test_the_stress_free_shape_has_no_energy_and_no_force(mirror: bool) -> None:
    w = textbook(mirror)
    energy, gradient, hessian = terms(*pose(mirror, 0, 0.0), w, mirror)
    assert abs(float(energy)) < 1e-10
    np.testing.assert_allclose(gradient, 0.0, atol=1e-9)
    # the matrix alone holds it: fibres are slack to second order
    assert float(np.linalg.eigvalsh(np.asarray(hessian)).min()) > 0.0


def test_energy_and_axes_turn_with_the_whole_joint() -> None:
    """Turned about z by a half turn, an untapered joint on an ellipse is itself: so are its derivatives."""
    one = jnp.ones((1, 1))
    w = wall(ellipse(17.5, 25.0), 13.7 * one, 0.0, 0.696, WallMaterial(kappa=0.1), False)
    # the regional constants differ front to back; take the front's everywhere
    even = {name: jnp.full_like(getattr(w, name), float(getattr(w, name)[0, 0, 0, 0])) for name in MATERIAL}
    w = Wall(**{name: even.get(name, getattr(w, name)) for name in w.__dataclass_fields__})
    rotation, t, modes, swelling = pose(False, 7)
    half = jnp.diag(jnp.array([-1.0, -1.0, 1.0]))
    signs = jnp.array([1.0, -1.0, 1.0, -1.0, 1.0])
    first = terms(rotation, t, modes, swelling, w, False)
    second = terms(half @ rotation @ half, half @ t, modes * signs, swelling, w, False)
    turn = jnp.array([-1.0, -1.0, 1.0, -1.0, -1.0, 1.0, *signs, 1.0])
    np.testing.assert_allclose(second[0], first[0], rtol=1e-13)
    np.testing.assert_allclose(second[1] * turn, first[1], rtol=1e-11, atol=1e-10)
    np.testing.assert_allclose(second[2] * turn * turn[:, None], first[2], rtol=1e-11, atol=1e-9)


def test_the_symmetric_column_is_the_whole_one_at_a_symmetric_pose() -> None:
    rotation, t, modes, swelling = pose(True, 11)
    half = terms(rotation, t, modes, swelling, textbook(True), True)
    full = terms(rotation, t, jnp.concatenate([modes, jnp.zeros(2)]), swelling, textbook(False), False)
    kept = np.array([0, 2, 4, 6, 7, 8, 11])
    np.testing.assert_allclose(half[0], full[0], rtol=1e-13)
    np.testing.assert_allclose(half[1], full[1][kept], rtol=1e-12, atol=1e-11)
    np.testing.assert_allclose(half[2], full[2][np.ix_(kept, kept)], rtol=1e-12, atol=1e-10)
    others = np.setdiff1d(np.arange(12), kept)
    np.testing.assert_allclose(full[1][others], 0.0, atol=1e-10)
    np.testing.assert_allclose(full[2][np.ix_(others, kept)], 0.0, atol=1e-9)


def test_the_gradient_alone_is_that_of_the_terms() -> None:
    w, (rotation, t, modes, swelling) = textbook(True), pose(True, 2)
    rows = surface.rows(rotation[..., None, None], True)
    u = surface.components((rotation.T @ t)[..., None, None], True)
    arguments = (rows, u, list(modes[..., None, None]), swelling[None, None], w, True)
    energy, gradient, _ = wall_terms(*arguments)
    alone_energy, alone = wall_gradient(*arguments)
    np.testing.assert_allclose(alone_energy, energy, rtol=1e-14)
    np.testing.assert_allclose(jnp.stack(alone), jnp.stack(gradient), rtol=1e-13, atol=1e-12)


def test_the_wall_between_two_layers_keeps_its_volume() -> None:
    """Under plain compression the volume between the bulged layers is J times the stress-free one."""
    one = jnp.ones((1, 1))
    w = wall(ellipse(17.5, 25.0), 13.7 * one, 0.0, 0.696, WallMaterial(), False, layers=6)
    swelling, modes = jnp.full((1, 1), 1.04), [k * one for k in (0.5, 0.2, -0.1, 0.3, 0.1)]
    at = place(surface.rows(jnp.eye(3)[..., None, None], False), [0.0, 0.0, -1.5 * one], w)
    shapes, slopes = (list(jnp.asarray(m)[..., None, None]) for m in mode_shapes(strip_angles(False), False))
    bulged = bulge(at, modes, shapes, slopes, swelling, w)
    speed = jnp.hypot(w.x_p, w.y_p)
    before = 0.5 * (w.x_mm * w.normal_x + w.y_mm * w.normal_y) * speed
    after = before + 2.0 / 3.0 * speed * bulged.w
    kept = jnp.diff(after * at.h, axis=0) / jnp.diff(before * w.height_mm, axis=0)
    np.testing.assert_allclose(kept, 1.04, rtol=1e-12)


def test_all_cells_at_once_say_what_one_after_another_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """On other devices than a CPU the cells are not taken in turn."""
    w, at = textbook(True), pose(True, 9)
    in_turn = terms(*at, w, True)
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    for a, b in zip(terms(*at, w, True), in_turn, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-10)


def test_the_gradient_carries_tangents_forward() -> None:
    """The implicit rule differentiates the gradient by load and material; here by J: a known column."""
    w, (rotation, t, modes, swelling) = textbook(True), pose(True, 6)
    rows = surface.rows(rotation[..., None, None], True)
    u = surface.components((rotation.T @ t)[..., None, None], True)

    def of(swelling: Array) -> Array:
        return jnp.stack(
            wall_gradient(rows, u, list(modes[..., None, None]), swelling[None, None], w, True)[1]
        )

    _, column = jax.jvp(of, (swelling,), (jnp.ones(()),))
    np.testing.assert_allclose(
        column[:, 0, 0], terms(rotation, t, modes, swelling, w, True)[2][:, -1], rtol=1e-10
    )
