"""Samples in chunks: whole, in their places, and no more of them held at once than are worked on."""

from __future__ import annotations

import os
import threading
import time

import numpy as np
import pytest

from opentraction.mechanics.chain.march import CHUNK
from opentraction.mechanics.patient.chunks import in_chunks


@pytest.mark.parametrize("samples", [1, CHUNK - 1, CHUNK, CHUNK + 1, 5 * CHUNK + 3])
def test_every_sample_comes_back_in_its_place(samples: int) -> None:
    values = np.random.default_rng(3).normal(size=(2, samples))

    def one(pick: np.ndarray) -> dict[str, np.ndarray]:
        assert pick.shape == (CHUNK,)
        return {"twice": 2.0 * values[:, pick], "odd": pick % 2 == 1}

    found = in_chunks(samples, one)
    np.testing.assert_array_equal(found["twice"], 2.0 * values)
    np.testing.assert_array_equal(found["odd"], np.arange(samples) % 2 == 1)
    assert found["odd"].dtype == bool


def test_no_more_chunks_are_at_work_than_cores() -> None:
    at_work, most, lock = 0, 0, threading.Lock()

    def one(pick: np.ndarray) -> np.ndarray:
        nonlocal at_work, most
        with lock:
            at_work += 1
            most = max(most, at_work)
        time.sleep(0.002)
        with lock:
            at_work -= 1
        return pick[None] * 1.0

    in_chunks(40 * CHUNK, one)
    assert 1 <= most <= (os.cpu_count() or 1)
