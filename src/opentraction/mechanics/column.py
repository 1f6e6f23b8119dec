"""The chain of rigid vertebrae on its joints: one implicit step in time, by Newton on all joints at once."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from opentraction.mechanics.elimination import block_solve
from opentraction.mechanics.fluid import CELLS, Linear, linearise, mean_swelling
from opentraction.mechanics.joint import Forces, Joint, forces

JOINTS = 5
"""L1-L2 to L5-S1; the fixed joint axis of every model."""
BLOCK = 16
"""Steps of one compiled block; longer histories are several blocks."""
CHUNK = 32
"""Samples of one compiled block; more samples are several chunks."""
MAX_ITERATIONS = 40
FORCE_TOLERANCE_N = 1e-7
FLUID_TOLERANCE = 1e-10
_ARM_MM = 20.0
_FLUID_WEIGHT_N = 1e4
_POSE_CAP = 0.6
_FILL_CAP = 0.08


class Column(eqx.Module):
    """Joints, the chain's geometry in the sagittal plane (x forward, z up) and what holds the thorax."""

    joint: Joint
    axis_rad: Float[Array, "j s"]
    """Direction of each disc's forward axis in the plane."""
    arm_upper_mm: Float[Array, "j 2 s"]
    """From the centre of the body above to the upper endplate's centre."""
    arm_lower_mm: Float[Array, "j 2 s"]
    """From the centre of the body below to the lower endplate's centre."""
    thorax_arm_mm: Float[Array, "2 s"]
    """From the centre of L1 to the point where the chest harness holds."""
    thorax_stiffness_nmm: Float[Array, "s"]
    """Turning stiffness of the lying thorax against the table [N mm per rad]."""


class Load(eqx.Module):
    """Loads over one block of steps (first axis steps), or at one step."""

    dt_s: Float[Array, "*t s"]
    compression_n: Float[Array, "*t j s"]
    """Follower compression along the path through the disc centres."""
    pull_n: Float[Array, "*t s"]
    """Pull that reaches the spine."""
    pull_x: Float[Array, "*t s"]
    pull_z: Float[Array, "*t s"]
    """Direction of the pull on the thorax, unit vector in the sagittal plane."""
    tilt_rad: Float[Array, "*t s"]
    """Turn that the posture asks of the thorax against the sacrum, extension positive."""


class State(eqx.Module):
    """Pose of the bodies (x, z, turn; sacrum fixed), filling of the cells, Maxwell stretch, residuals."""

    body: Float[Array, "j 3 s"]
    nucleus: Float[Array, "c j s"]
    annulus: Float[Array, "c j s"]
    slow_mm: Float[Array, "j s"]
    residual_n: Float[Array, "s"]
    residual_fluid: Float[Array, "s"]


class Trace(eqx.Module):
    """What each step leaves behind; over a block the first axis is steps."""

    pressure_mpa: Float[Array, "*t j s"]
    stretch_mm: Float[Array, "*t j s"]
    opening_rad: Float[Array, "*t j s"]
    shear_mm: Float[Array, "*t j s"]
    axial_n: Float[Array, "*t j s"]
    filling: Float[Array, "*t j s"]
    """Mean swelling ratio of the whole disc."""
    iterations: Float[Array, "*t s"]


class Pose(eqx.Module):
    """Local pose of the joints and its derivatives against (body above, body below) x (x, z, turn)."""

    shear_mm: Float[Array, "j s"]
    gap_mm: Float[Array, "j s"]
    opening_rad: Float[Array, "j s"]
    d_shear: Float[Array, "6 j s"]
    d_gap: Float[Array, "6 j s"]
    cos: Float[Array, "j s"]
    sin: Float[Array, "j s"]
    span_s: Float[Array, "j s"]
    span_h: Float[Array, "j s"]
    """Upper minus lower arm along the disc's axes: the second derivative against both turns."""


def start_state(column: Column) -> State:
    """The reference state: imaged pose, every cell at J = 1."""
    shape = column.joint.height_mm.shape
    zero = jnp.zeros(shape[-1])
    return State(
        body=jnp.zeros((JOINTS, 3, shape[-1])),
        nucleus=jnp.ones((CELLS, *shape)),
        annulus=jnp.ones((CELLS, *shape)),
        slow_mm=jnp.zeros(shape),
        residual_n=zero,
        residual_fluid=zero,
    )


def pose(column: Column, body: Float[Array, "j 3 s"]) -> Pose:
    """Pose of each joint in its own axes, turned with half of each neighbour's turn."""
    below = jnp.concatenate([body[1:], jnp.zeros_like(body[:1])], axis=0)
    up, low = body[:, 2], below[:, 2]
    ax, az = _turned(column.arm_upper_mm, up)
    bx, bz = _turned(column.arm_lower_mm, low)
    rest = column.joint.height_mm
    dx = body[:, 0] - below[:, 0] + (ax - column.arm_upper_mm[:, 0]) - (bx - column.arm_lower_mm[:, 0])
    dz = body[:, 1] - below[:, 1] + (az - column.arm_upper_mm[:, 1]) - (bz - column.arm_lower_mm[:, 1])
    dx = dx - rest * jnp.sin(column.axis_rad)
    dz = dz + rest * jnp.cos(column.axis_rad)
    angle = column.axis_rad + 0.5 * (up + low)
    c, s = jnp.cos(angle), jnp.sin(angle)
    shear, gap = c * dx + s * dz, -s * dx + c * dz
    a_s, a_h = c * ax + s * az, -s * ax + c * az
    b_s, b_h = c * bx + s * bz, -s * bx + c * bz
    d_shear = jnp.stack([c, s, 0.5 * gap - a_h, -c, -s, 0.5 * gap + b_h])
    d_gap = jnp.stack([-s, c, -0.5 * shear + a_s, s, -c, -0.5 * shear - b_s])
    return Pose(
        shear_mm=shear,
        gap_mm=gap,
        opening_rad=up - low,
        d_shear=d_shear,
        d_gap=d_gap,
        cos=c,
        sin=s,
        span_s=a_s - b_s,
        span_h=a_h - b_h,
    )


def _turned(arm: Float[Array, "j 2 s"], turn: Float[Array, "j s"]) -> tuple[Array, Array]:
    c, s = jnp.cos(turn), jnp.sin(turn)
    return c * arm[:, 0] - s * arm[:, 1], s * arm[:, 0] + c * arm[:, 1]


@eqx.filter_jit
def advance(column: Column, state: State, load: Load) -> tuple[State, Trace]:
    """March one block of implicit Euler steps; a step of length 0 balances forces and moves no fluid."""
    return jax.lax.scan(lambda before, now: _step(column, before, now), state, load)


def _step(column: Column, before: State, load: Load) -> tuple[State, Trace]:
    joint = column.joint
    slow_share = 1.0 / (1.0 + load.dt_s / joint.slow_time_s)
    samples = before.body.shape[-1]

    def unfinished(carry: _Carry) -> Bool[Array, ""]:
        return (carry.count < MAX_ITERATIONS) & jnp.any(~carry.done)

    def iterate(carry: _Carry) -> _Carry:
        at = pose(column, carry.body)
        n_fill, a_fill = mean_swelling(carry.nucleus), mean_swelling(carry.annulus)
        stretch = at.gap_mm - joint.height_mm
        inner = forces(
            joint, at.shear_mm, stretch, at.opening_rad, n_fill, a_fill, before.slow_mm, slow_share
        )
        nucleus = linearise(joint.nucleus, carry.nucleus, before.nucleus, inner.core_mpa, load.dt_s)
        annulus = linearise(joint.annulus, carry.annulus, before.annulus, inner.wall_mpa, load.dt_s)
        filling = _condense(inner, nucleus, annulus)
        residual = _gradient(column, at, carry.body, inner.axial_n, inner, load)
        worst_n = jnp.max(jnp.abs(residual) / jnp.array([1.0, 1.0, _ARM_MM])[None, :, None], axis=(0, 1))
        worst_f = jnp.max(jnp.maximum(nucleus.residual, annulus.residual), axis=0)
        done = carry.done | ((worst_n < FORCE_TOLERANCE_N) & (worst_f < FLUID_TOLERANCE))
        rhs = _gradient(column, at, carry.body, inner.axial_n + filling.axial_n, inner, load)
        diagonal, coupling = _tangent(column, at, carry.body, inner, inner.axial_h + filling.axial_h, load)
        move = -block_solve(diagonal, coupling, rhs)
        below = jnp.concatenate([move[1:], jnp.zeros_like(move[:1])], axis=0)
        both = jnp.concatenate([move, below], axis=1).transpose(1, 0, 2)
        d_gap, d_shear = (at.d_gap * both).sum(0), (at.d_shear * both).sum(0)
        d_core = filling.core_shift + filling.core_slope * d_gap
        d_wall = filling.wall_shift + filling.wall_slope * d_gap
        d_n = jnp.stack(
            [c + m * d_core for c, m in zip(nucleus.cells_shift, nucleus.cells_slope, strict=True)]
        )
        d_a = jnp.stack(
            [c + m * d_wall for c, m in zip(annulus.cells_shift, annulus.cells_slope, strict=True)]
        )
        reach = jnp.maximum(jnp.abs(d_gap), jnp.abs(d_shear))
        reach = jnp.maximum(reach, _ARM_MM * jnp.abs(both[2] - both[5])).max(axis=0)
        swell = jnp.maximum(jnp.abs(d_n).max(axis=(0, 1)), jnp.abs(d_a).max(axis=(0, 1)))
        scale = jnp.minimum(1.0, jnp.minimum(_POSE_CAP / (reach + 1e-30), _FILL_CAP / (swell + 1e-30)))
        # a step after which the residual grew is shortened, so that a kink cannot hold it for ever
        merit = worst_n + _FLUID_WEIGHT_N * worst_f
        damping = jnp.where(merit > carry.merit, 0.5 * carry.damping, jnp.minimum(1.0, 2.0 * carry.damping))
        damping = jnp.maximum(damping, 0.05)
        scale = damping * scale
        take = jnp.where(done, 0.0, scale)
        return _Carry(
            body=carry.body + take * move,
            nucleus=carry.nucleus + take * d_n,
            annulus=carry.annulus + take * d_a,
            done=done,
            used=carry.used + jnp.where(done, 0.0, 1.0),
            worst_n=worst_n,
            worst_f=worst_f,
            merit=merit,
            damping=damping,
            count=carry.count + 1,
        )

    start = _Carry(
        body=before.body,
        nucleus=before.nucleus,
        annulus=before.annulus,
        done=jnp.zeros(samples, bool),
        used=jnp.zeros(samples),
        worst_n=jnp.full(samples, jnp.inf),
        worst_f=jnp.full(samples, jnp.inf),
        merit=jnp.full(samples, jnp.inf),
        damping=jnp.ones(samples),
        count=jnp.array(0),
    )
    end = jax.lax.while_loop(unfinished, iterate, start)
    return _record(column, before, end, load, slow_share)


class _Carry(eqx.Module):
    body: Float[Array, "j 3 s"]
    nucleus: Float[Array, "c j s"]
    annulus: Float[Array, "c j s"]
    done: Bool[Array, "s"]
    used: Float[Array, "s"]
    worst_n: Float[Array, "s"]
    worst_f: Float[Array, "s"]
    merit: Float[Array, "s"]
    damping: Float[Array, "s"]
    count: Array


def _record(column: Column, before: State, end: _Carry, load: Load, slow_share: Array) -> tuple[State, Trace]:
    joint = column.joint
    at = pose(column, end.body)
    n_fill, a_fill = mean_swelling(end.nucleus), mean_swelling(end.annulus)
    stretch = at.gap_mm - joint.height_mm
    inner = forces(joint, at.shear_mm, stretch, at.opening_rad, n_fill, a_fill, before.slow_mm, slow_share)
    state = State(
        body=end.body,
        nucleus=end.nucleus,
        annulus=end.annulus,
        slow_mm=slow_share * before.slow_mm + (1.0 - slow_share) * stretch,
        residual_n=jnp.maximum(before.residual_n, end.worst_n),
        residual_fluid=jnp.maximum(before.residual_fluid, end.worst_f),
    )
    share = joint.nucleus_share
    trace = Trace(
        pressure_mpa=inner.core_mpa,
        stretch_mm=stretch,
        opening_rad=at.opening_rad,
        shear_mm=at.shear_mm,
        axial_n=inner.axial_n,
        filling=share * n_fill + (1.0 - share) * a_fill,
        iterations=end.used,
    )
    return state, trace


class _Filling(eqx.Module):
    """What eliminating the fluid adds to axial force and stiffness, and how the pressures follow the gap."""

    axial_n: Float[Array, "j s"]
    axial_h: Float[Array, "j s"]
    core_shift: Float[Array, "j s"]
    core_slope: Float[Array, "j s"]
    wall_shift: Float[Array, "j s"]
    wall_slope: Float[Array, "j s"]


def _condense(inner: Forces, nucleus: Linear, annulus: Linear) -> _Filling:
    a11, a12 = 1.0 - inner.core_n * nucleus.slope, -inner.core_a * annulus.slope
    a21, a22 = -inner.wall_n * nucleus.slope, 1.0 - inner.wall_a * annulus.slope
    determinant = a11 * a22 - a12 * a21
    b1 = inner.core_n * nucleus.shift + inner.core_a * annulus.shift
    b2 = inner.wall_n * nucleus.shift + inner.wall_a * annulus.shift
    core_shift, wall_shift = (a22 * b1 - a12 * b2) / determinant, (a11 * b2 - a21 * b1) / determinant
    core_slope = (a22 * inner.core_h - a12 * inner.wall_h) / determinant
    wall_slope = (a11 * inner.wall_h - a21 * inner.core_h) / determinant
    return _Filling(
        axial_n=inner.axial_n_fill * (nucleus.shift + nucleus.slope * core_shift)
        + inner.axial_a_fill * (annulus.shift + annulus.slope * wall_shift),
        axial_h=inner.axial_n_fill * nucleus.slope * core_slope
        + inner.axial_a_fill * annulus.slope * wall_slope,
        core_shift=core_shift,
        core_slope=core_slope,
        wall_shift=wall_shift,
        wall_slope=wall_slope,
    )


def _gradient(
    column: Column,
    at: Pose,
    body: Float[Array, "j 3 s"],
    axial_n: Float[Array, "j s"],
    inner: Forces,
    load: Load,
) -> Float[Array, "j 3 s"]:
    """Out-of-balance force and moment on each body; zero in equilibrium."""
    length = jnp.sqrt(at.shear_mm**2 + at.gap_mm**2)
    shear_n = inner.shear_n + load.compression_n * at.shear_mm / length
    gap_n = axial_n + load.compression_n * at.gap_mm / length
    local = shear_n * at.d_shear + gap_n * at.d_gap
    upper = local[:3].at[2].add(inner.moment_nmm).transpose(1, 0, 2)
    lower = local[3:].at[2].add(-inner.moment_nmm).transpose(1, 0, 2)
    total = upper.at[1:].add(lower[:-1])
    turn_n = _pull_moment(column, body[0, 2], load)
    thorax = column.thorax_stiffness_nmm * (body[0, 2] - load.tilt_rad) - turn_n
    return total.at[0].add(jnp.stack([-load.pull_n * load.pull_x, -load.pull_n * load.pull_z, thorax]))


def _pull_moment(column: Column, turn: Float[Array, "s"], load: Load) -> Float[Array, "s"]:
    c, s = jnp.cos(turn), jnp.sin(turn)
    x = c * column.thorax_arm_mm[0] - s * column.thorax_arm_mm[1]
    z = s * column.thorax_arm_mm[0] + c * column.thorax_arm_mm[1]
    return load.pull_n * (load.pull_z * x - load.pull_x * z)


def _tangent(
    column: Column,
    at: Pose,
    body: Float[Array, "j 3 s"],
    inner: Forces,
    axial_h: Float[Array, "j s"],
    load: Load,
) -> tuple[Float[Array, "j 3 3 s"], Float[Array, "j 3 3 s"]]:
    """Diagonal blocks of the five bodies, and the blocks that couple each body to the one below."""
    joint = column.joint
    length = jnp.sqrt(at.shear_mm**2 + at.gap_mm**2)
    follow = load.compression_n / length
    n_s, n_h = at.shear_mm / length, at.gap_mm / length
    k_ss = joint.shear_n_per_mm + follow * (1.0 - n_s**2)
    k_sh, k_hh = -follow * n_s * n_h, axial_h + follow * (1.0 - n_h**2)
    one = jnp.ones_like(n_s)
    d_open = jnp.stack([0 * one, 0 * one, one, 0 * one, 0 * one, -one])
    to_s = k_ss * at.d_shear + k_sh * at.d_gap
    to_h = k_sh * at.d_shear + k_hh * at.d_gap + inner.axial_t * d_open
    to_t = inner.axial_t * at.d_gap + inner.moment_t * d_open
    k = (
        at.d_shear[:, None] * to_s[None] + at.d_gap[:, None] * to_h[None] + d_open[:, None] * to_t[None]
    ) + _geometric(at, inner.shear_n + load.compression_n * n_s, inner.axial_n + load.compression_n * n_h)
    k = k.transpose(2, 0, 1, 3)
    diagonal = k[:, :3, :3].at[1:].add(k[:-1, 3:, 3:])
    c, s = jnp.cos(body[0, 2]), jnp.sin(body[0, 2])
    x = c * column.thorax_arm_mm[0] - s * column.thorax_arm_mm[1]
    z = s * column.thorax_arm_mm[0] + c * column.thorax_arm_mm[1]
    swing = load.pull_n * (load.pull_x * x + load.pull_z * z)
    diagonal = diagonal.at[0, 2, 2].add(column.thorax_stiffness_nmm + swing)
    return diagonal, k[:, :3, 3:]


def _geometric(at: Pose, shear_n: Float[Array, "j s"], gap_n: Float[Array, "j s"]) -> Float[Array, "6 6 j s"]:
    """Forces times the second derivatives of the local pose."""
    gx = 0.5 * (-shear_n * at.sin - gap_n * at.cos)
    gz = 0.5 * (shear_n * at.cos - gap_n * at.sin)
    own = -0.25 * (shear_n * at.shear_mm + gap_n * at.gap_mm)
    cross = own + 0.5 * (shear_n * at.span_s + gap_n * at.span_h)
    zero = jnp.zeros_like(gx)
    rows = [
        [zero, zero, gx, zero, zero, gx],
        [zero, zero, gz, zero, zero, gz],
        [gx, gz, own, -gx, -gz, cross],
        [zero, zero, -gx, zero, zero, -gx],
        [zero, zero, -gz, zero, zero, -gz],
        [gx, gz, cross, -gx, -gz, own],
    ]
    return jnp.stack([jnp.stack(row) for row in rows])
