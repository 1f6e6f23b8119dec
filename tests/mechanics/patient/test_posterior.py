"""The joint distribution that calibration leaves: written, read, drawn."""

from pathlib import Path

import numpy as np
import pytest

from opentraction.mechanics.patient.posterior import Posterior, posterior, write
from opentraction.mechanics.patient.priors import deviates, draw, priors


def test_the_package_s_own_speaks_of_its_priors() -> None:
    found = posterior()
    assert set(found.names) <= set(priors())
    assert np.allclose(found.factor, np.tril(found.factor))
    assert (np.diag(found.factor) > 0.0).all()


def test_rows_can_only_narrow_a_prior() -> None:
    # with the prior's unit curvature in the sum no width can pass 1
    assert max(posterior().widths.values()) <= 1.0 + 1e-6


def test_what_is_written_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(4)
    factor = np.tril(rng.normal(size=(3, 3)))
    made = Posterior(("nucleus_charge", "lying_tension", "facet_gap"), rng.normal(size=3), factor)
    write(made, tmp_path / "posterior.csv")
    monkeypatch.setattr("opentraction.mechanics.patient.posterior.files", lambda _: tmp_path)
    monkeypatch.setattr("opentraction.mechanics.patient.posterior.FILE", "posterior.csv")
    read = posterior.__wrapped__()
    assert read.names == made.names
    assert read.mode == pytest.approx(made.mode, rel=1e-5)
    assert read.factor == pytest.approx(made.factor, rel=1e-5)


def test_joint_draws_have_the_joint_covariance() -> None:
    factor = np.array([[0.5, 0.0], [-0.4, 0.2]])
    made = Posterior(("a", "b"), np.array([1.0, -1.0]), factor)
    drawn = made.joined({name: deviates(name, 3, 20_000) for name in "ab"})
    both = np.stack([drawn["a"], drawn["b"]])
    assert both.mean(axis=1) == pytest.approx([1.0, -1.0], abs=0.02)
    assert np.cov(both) == pytest.approx(factor @ factor.T, abs=0.01)


def test_a_draw_is_the_same_to_the_bit_in_a_larger_ensemble() -> None:
    few, many = draw(5, 7), draw(5, 100)
    for name in priors():
        assert np.array_equal(few[name], many[name][:7]), name
