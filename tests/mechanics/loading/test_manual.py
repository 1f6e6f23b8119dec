"""Flexion-distraction by hand: rhythm, wrench and turn."""

from __future__ import annotations

import math

import numpy as np
import pytest

from opentraction.chart import BadInput, Level, ManualProfile
from opentraction.mechanics.loading import BLOCK, manual_load, manual_time_s, rhythm


def profile(**changes: object) -> ManualProfile:
    given = {
        "name": "m", "contact_level": Level.L4_L5, "hand_force_n": 100.0, "flexion_deg": 20.0, "push_s": 4.0,
        "pushes": 5, "sets": 3, "rest_s": 20.0,
    } | changes  # fmt: skip
    return ManualProfile(**given)  # type: ignore[arg-type]


def test_rhythm_rises_and_falls_with_each_push() -> None:
    time, share = np.asarray(manual_time_s(profile())), np.asarray(rhythm(profile()))
    assert len(time) == len(share) == 3 * BLOCK
    np.testing.assert_allclose(time[66:], 3 * 5 * 4.0 + 2 * 20.0)
    assert manual_time_s(profile(), after_s=600.0)[-1] == pytest.approx(700.0)
    assert (share == 1.0).sum() == 15
    np.testing.assert_allclose(time[share == 1.0][:5], [2.0, 6.0, 10.0, 14.0, 18.0])
    expected = np.sin(np.pi * time[:21] / 4.0) ** 2
    np.testing.assert_allclose(share[:21], expected, atol=1e-12)
    assert share[-1] == 0.0


def test_steps_follow_the_counts_only() -> None:
    slow = manual_time_s(profile(push_s=8.0, rest_s=40.0))
    assert (slow == 2.0 * manual_time_s(profile())).all()


def test_wrench_by_hand() -> None:
    """100 N at 45 deg, 60 mm behind and 8 mm below the centre of L4: (-60, 0, -8) x (70.7, 0, 70.7)."""
    load = manual_load(profile(), samples=2, lumbar_share=[0.5, 0.6])
    top = int(np.argmax(np.asarray(rhythm(profile()))))
    part = 100.0 * math.sqrt(0.5)
    assert load.body == 3
    np.testing.assert_allclose(load.force_n[top, :, 0], [part, 0.0, part], atol=1e-9)
    # y = z fx - x fz = -8 x 70.7 + 60 x 70.7
    np.testing.assert_allclose(load.moment_nmm[top, :, 1], [0.0, 52.0 * part, 0.0], atol=1e-9)
    np.testing.assert_allclose(np.degrees(load.turn_rad[top]), [-10.0, -12.0])
    assert load.force_n.shape == (3 * BLOCK, 3, 2)
    assert np.abs(load.force_n[0]).max() == np.abs(load.turn_rad[-1]).max() == 0.0


def test_no_rest_between_sets_moves_no_time() -> None:
    time = np.asarray(manual_time_s(profile(rest_s=0.0)))
    assert len(time) == 3 * BLOCK
    assert (np.diff(time) >= 0).all()


def test_a_hand_presses() -> None:
    with pytest.raises(BadInput, match="presses"):
        manual_load(profile(), hand_angle_deg=-10.0)
