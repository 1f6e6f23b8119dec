"""The balance of moments against numbers calculated by hand; what a posture turns."""

from __future__ import annotations

import math
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opentraction.chart import BadInput, Posture, Setup
from opentraction.mechanics.loading import (
    MANUAL_NUMBERS,
    NUMBERS,
    POSES,
    PULL_NUMBERS,
    SOURCES,
    TURN_PER_HIP_DEG,
    WEIGHT_SHARE,
    Pose,
    Stance,
    hip_turn_rad,
    posture_load,
    setup_stance,
    trunk,
    weight_moment_nmm,
)

WEIGHT_N = 70 * 9.81


def test_standing_by_hand() -> None:
    """Weight above L4-L5 0.54 x 686.7 N, 15 mm ahead, on 55 mm; 1.7 % of twice 2500 N."""
    load = posture_load(trunk(WEIGHT_N), Stance.STANDING)
    above = 0.54 * WEIGHT_N
    assert load.moment_nmm[3, 0] == pytest.approx(15.0 * above)
    assert load.muscle_n[3, 0] == pytest.approx(15.0 / 55.0 * above)
    assert load.compression_n[3, 0] == pytest.approx(above * (1 + 15 / 55) + 85.0)
    assert math.degrees(load.turn_rad[0]) == pytest.approx(13.0)


def test_holding_by_hand() -> None:
    """20 kg 250 mm ahead, half of it balanced by leaning back, 2.9 % of twice 2500 N."""
    load = posture_load(trunk(WEIGHT_N), Stance.HOLDING, load_kg=20.0)
    above, held = 0.54 * WEIGHT_N, 196.2
    moment = 15.0 * above + 0.5 * 250.0 * held
    assert load.moment_nmm[3, 0] == pytest.approx(moment)
    assert load.compression_n[3, 0] == pytest.approx(above + held + moment / 55.0 + 145.0)


def test_a_trunk_bent_at_the_hips_only() -> None:
    """No lumbar flexion: the weight above L5-S1 is 260 mm up the leaning trunk."""
    body = trunk(WEIGHT_N, numbers={"standing_offset": 0.0})
    moment = weight_moment_nmm(body, Pose(60.0, 60.0, 0.0, "test"))
    assert moment[4, 0] == pytest.approx(0.58 * WEIGHT_N * 260.0 * math.sin(math.radians(60)))
    # one disc up: 39 mm less, and the slice between them (0.04, at 19.5 mm) is below
    up = (0.58 * 260.0 - 0.04 * 19.5) / 0.54 - 39.0
    assert moment[3, 0] == pytest.approx(0.54 * WEIGHT_N * up * math.sin(math.radians(60)))


def test_flexed_forward_by_hand() -> None:
    """Chain of five bodies, 8 deg more each: the moment about L5-S1 as a sum of weights times places."""
    body = trunk(WEIGHT_N)
    angle = [math.radians(13 + 8 * k) for k in (5, 4, 3, 2, 1)]
    place = [sum(39 * math.sin(a) for a in angle[j + 1 :]) for j in range(5)]
    height = [39.0 * (4 - j) for j in range(5)]
    top = (0.58 * 260 - sum(0.04 * (h - 19.5) for h in height[:4])) / 0.42 - height[0]
    total = 0.42 * (place[0] + top * math.sin(math.radians(53)))
    total += sum(0.04 * 0.5 * (place[j] + place[j + 1]) for j in range(4))
    total += 0.58 * 15.0 * math.cos(angle[4])
    load = posture_load(body, Stance.FLEXED)
    assert load.moment_nmm[4, 0] == pytest.approx(WEIGHT_N * total)
    borne = 35e3 * (40 / 55) ** 3
    assert load.spine_moment_nmm[4, 0] == pytest.approx(borne)
    expected = 0.58 * WEIGHT_N * math.cos(angle[4]) + (WEIGHT_N * total - borne) / 55.0
    assert load.compression_n[4, 0] == pytest.approx(expected)


def test_a_sitter_keeps_the_weight_over_the_hips() -> None:
    load = posture_load(trunk(WEIGHT_N), Stance.SITTING)
    ahead = 100.0 * math.sin(math.radians(18.7)) + 15.0 * math.cos(math.radians(-18.7 + 16.6 / 5))
    assert load.moment_nmm[4, 0] == pytest.approx(0.58 * WEIGHT_N * ahead)


def test_tension_of_hanging() -> None:
    body = trunk(WEIGHT_N)
    assert posture_load(body, Stance.HANGING).compression_n[4, 0] == pytest.approx(-0.42 * WEIGHT_N)
    # 40 N at the ankles and 11 N of the body itself (V010)
    water = posture_load(body, Stance.IN_WATER, load_kg=40.0 / 9.81)
    np.testing.assert_allclose(water.compression_n, -51.0)


def test_every_stance_balances() -> None:
    """Muscles and the bent spine together make the moment, unless a backrest or a table bears it."""
    body = trunk(WEIGHT_N, samples=3, numbers={"extensor_arm": [48.0, 55.0, 62.0]})
    for stance in Stance:
        load = posture_load(body, stance)
        assert load.compression_n.shape == (5, 3)
        assert np.isfinite(load.compression_n).all()
        if stance is Stance.ABOUT or POSES[stance].leaning:
            continue
        arm = np.where(load.muscle_n > 0, body.number["extensor_arm"], body.number["abdominal_arm"])
        np.testing.assert_allclose(load.muscle_n * arm + load.spine_moment_nmm, load.moment_nmm, atol=1e-9)


def test_up_and_about_is_the_mean_over_the_hours() -> None:
    numbers = {"sitting_share": [0.0, 0.6], "backrest_share": [0.3, 0.25]}
    body = trunk(WEIGHT_N, samples=2, numbers=numbers)
    about = posture_load(body, Stance.ABOUT)
    parts = [posture_load(body, stance) for stance in (Stance.STANDING, Stance.SITTING, Stance.SLOUCHED)]
    np.testing.assert_allclose(about.compression_n[:, 0], parts[0].compression_n[:, 0])
    for part in ("compression_n", "turn_rad"):
        mean = sum(k * getattr(load, part) for k, load in zip((0.4, 0.45, 0.15), parts, strict=True))
        np.testing.assert_allclose(getattr(about, part)[..., 1], mean[..., 1])


@given(st.floats(400, 1300), st.floats(0, 40))
def test_more_weight_or_load_is_more_compression(weight: float, load_kg: float) -> None:
    less = posture_load(trunk(weight), Stance.LIFTING, load_kg=load_kg).compression_n
    more = posture_load(trunk(1.1 * weight), Stance.LIFTING, load_kg=load_kg + 1.0).compression_n
    assert (more > less).all()


def test_the_balance_does_not_know_the_measured_pressures() -> None:
    """None of V058 to V069, nor the load derived from V058 (P206), is the source of a number."""
    texts = [number.source for number in NUMBERS.values()] + [pose.source for pose in POSES.values()]
    barred = {f"V0{n}" for n in range(58, 70)} | {"WILKE", "NACHEMSON", "SATO"}
    assert not any(word in text for text in texts for word in barred)
    for number in NUMBERS.values():
        assert number.low < number.value < number.high
        assert number.unit


def test_every_source_is_named_in_full_and_the_rest_says_assumed() -> None:
    numbers = [*NUMBERS.values(), *PULL_NUMBERS.values(), *MANUAL_NUMBERS.values(), TURN_PER_HIP_DEG]
    texts = [number.source for number in numbers] + [pose.source for pose in POSES.values()]
    key = re.compile(r"\b[A-Z]{2,}\d{3,4}\b")
    for text in texts:
        found = set(key.findall(text))
        assert found <= set(SOURCES)
        assert found or re.search(r"assumed|as imaged|\b[PV]\d{3}\b|strain at which", text), text


def test_weight_shares_agree_with_segment_masses() -> None:
    """Above the navel (L3-L4): head, neck, arms (PLAGENHOEF1983), upper and middle trunk (PEARSALL1996)."""
    assert WEIGHT_SHARE[2] == pytest.approx(0.0826 + 0.1154 + 0.185 + 0.122, rel=0.02)


def test_bent_hips_flatten_the_lying_spine() -> None:
    body = trunk(WEIGHT_N)
    flat = posture_load(body, Stance.SUPINE, hip_flexion_deg=15.0).turn_rad[0]
    bent = posture_load(body, Stance.SUPINE, hip_flexion_deg=90.0).turn_rad[0]
    assert flat == 0.0
    assert math.degrees(bent) == pytest.approx(-0.18 * 75.0)
    np.testing.assert_allclose(hip_turn_rad(45.0, jnp.array([0.1, 0.2])), np.radians([-3.0, -6.0]))


def test_a_gradient_of_the_compression() -> None:
    def at(weight: jax.Array) -> jax.Array:
        return posture_load(trunk(weight), Stance.FLEXED).compression_n[3, 0]

    slope = float(jax.grad(at)(700.0))
    assert slope == pytest.approx(float((at(701.0) - at(699.0)) / 2.0), rel=1e-9)


def test_wrong_requests_are_refused() -> None:
    with pytest.raises(BadInput, match="no load when standing"):
        posture_load(trunk(WEIGHT_N), Stance.STANDING, load_kg=5.0)
    with pytest.raises(BadInput, match="leg_arm"):
        trunk(WEIGHT_N, numbers={"leg_arm": 1.0})
    with pytest.raises(BadInput, match="unknown posture"):
        setup_stance(Setup(posture=Posture.UNKNOWN))
    assert setup_stance(Setup(posture=Posture.PRONE)) is Stance.PRONE
