"""The annulus written as its surface, by quadrature and automatic differentiation: the oracle."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from opentraction.mechanics.disc.annulus import Wall, mode_shapes, strip_angles
from opentraction.mechanics.segment.points import motion_axes

# three Gauss points integrate the squares of the surface's tangents exactly
_POINTS, _WEIGHTS = np.polynomial.legendre.leggauss(3)
ZETA, WEIGHT = 0.5 * (_POINTS + 1.0), 0.5 * _WEIGHTS


def skew(w: Array) -> Array:
    return jnp.array([[0.0, -w[2], w[1]], [w[2], 0.0, -w[0]], [-w[1], w[0], 0.0]])


def rows(rotation: Array, mirror: bool) -> list[list[Array | None]]:
    """Rows of R^T, with None where zero by symmetry."""
    out: list[list[Array | None]] = [[rotation[c, r] for c in range(3)] for r in range(3)]
    if mirror:
        out[0][1] = out[1][0] = out[1][2] = out[2][1] = None
    return out


def components(u: Array, mirror: bool) -> list[Array | None]:
    return [u[0], None if mirror else u[1], u[2]]


def small(rotation: Array, t: Array, step: Array, mirror: bool) -> tuple[Array, Array]:
    """The pose after a body twist, to second order: enough for two derivatives at no step."""
    along, about = motion_axes(mirror)
    v, w = jnp.zeros(3), jnp.zeros(3)
    for n, i in enumerate(along):
        v = v.at[i].set(step[n])
    for n, i in enumerate(about):
        w = w.at[i].set(step[len(along) + n])
    turn = skew(w)
    return rotation @ (jnp.eye(3) + turn + 0.5 * turn @ turn), t + rotation @ (v + 0.5 * jnp.cross(w, v))


def energy(rotation: Array, t: Array, modes: Array, swelling: Array, wall: Wall, mirror: bool) -> Array:
    """Energy [N mm] of one joint; the wall's arrays are [layer, strip]."""
    strips = wall.x_mm.shape[1] * (2 if mirror else 1)
    shapes, slopes = mode_shapes(strip_angles(mirror, strips), mirror)
    up = jnp.stack([wall.x_mm, wall.y_mm, 0.5 * wall.height_mm])
    up_p = jnp.stack([wall.x_p, wall.y_p, 0.5 * wall.height_p])
    down = up.at[2].multiply(-1.0)
    down_p = up_p.at[2].multiply(-1.0)
    turn = lambda a: jnp.einsum("ab,bln->aln", rotation, a)  # noqa: E731
    d, d_p = t[:, None, None] + turn(up) - down, turn(up_p) - down_p
    h, h_p = d[2], d_p[2]
    ratio = swelling * wall.height_mm / h
    ratio_p = swelling * (wall.height_p / h - wall.height_mm * h_p / h**2)
    w = wall.carry * (modes @ shapes) + wall.thick * (ratio - 1.0)
    w_p = wall.carry * (modes @ slopes) + wall.thick_p * (ratio - 1.0) + wall.thick * ratio_p
    none = jnp.zeros_like(h)
    n = jnp.stack([wall.normal_x, wall.normal_y, none])
    n_p = jnp.stack([wall.normal_x_p, wall.normal_y_p, none])
    qt = qz = qc = 0.0
    for zeta, weight in zip(ZETA, WEIGHT, strict=True):
        arch, arch_z = 4.0 * zeta * (1.0 - zeta), 4.0 - 8.0 * zeta
        around = down_p + zeta * d_p + arch * (w_p * n + w * n_p)
        over = d + arch_z * w * n
        qt += weight * (around**2).sum(0) * wall.per_around
        qz += weight * (over**2).sum(0) * wall.per_height
        qc += weight * (around * over).sum(0) * wall.per_cross
    through = ratio**2 / qt
    psi = wall.c10_mpa * (qt + qz + through - 3.0 - 2.0 * jnp.log(swelling))
    for sign in (1.0, -1.0):
        fourth = wall.cos_square * qt + wall.sin_square * qz + sign * wall.cross_sine * qc
        psi += family(
            wall.kappa * (qt + qz + through - 3.0) + (1.0 - 3.0 * wall.kappa) * (fourth - 1.0), wall
        )
    return (wall.volume_mm3 * psi).sum()


def family(strain: Array, wall: Wall) -> Array:
    """The fibre law in its own words: toe, exponent, and a Taylor polynomial beyond the bound."""
    toe = 0.004
    x = jnp.clip(strain / toe, 0.0, 1.0)
    e = jnp.where(strain < toe, toe * (x**3 - 0.5 * x**4), strain - 0.5 * toe)
    inside = jnp.minimum(e, wall.bound)
    exponential = lambda v: wall.k1_mpa / (2 * wall.k2) * jnp.expm1(wall.k2 * v**2)  # noqa: E731
    force = wall.k1_mpa * inside * jnp.exp(wall.k2 * inside**2)
    stiffness = wall.k1_mpa * (1 + 2 * wall.k2 * inside**2) * jnp.exp(wall.k2 * inside**2)
    over = jnp.maximum(e - wall.bound, 0.0)
    return exponential(inside) + force * over + 0.5 * stiffness * over**2


def derivatives(
    rotation: Array, t: Array, modes: Array, swelling: Array, wall: Wall, mirror: bool
) -> tuple[Array, Array, Array]:
    """Energy, gradient and Hessian over (v, w, modes, J) of one joint."""
    motions = sum(map(len, motion_axes(mirror)))

    def of(step: Array) -> Array:
        pose = small(rotation, t, step[:motions], mirror)
        return energy(*pose, modes + step[motions:-1], swelling + step[-1], wall, mirror)

    zero = jnp.zeros(motions + modes.size + 1)
    return of(zero), jax.grad(of)(zero), jax.hessian(of)(zero)
