"""No Pfirrmann grade is estimated from an image that is known not to be T2-weighted."""

import json
from dataclasses import replace

import numpy as np
import pytest

from opentraction import evaluate
from opentraction.chart import BadInput
from opentraction.evaluate import PhantomSpec, make_phantom, measure, read_study, render
from opentraction.evaluate.reading.weighting import NOT_T2, header_weighting, nifti_weighting


@pytest.mark.parametrize(
    ("words", "echo_ms", "expected"),
    [
        ("Sag T1 TSE", 9.5, "T1"), ("t1w_sag", None, "T1"), ("T1-weighted", "", "T1"), ("SAG T2", 102, "T2"),
        ("t2_tse_sag", None, "T2"), ("STIR sag", 60, "T2"), ("lumbar", 9.5, NOT_T2), ("lumbar", 100, "T2"),
        ("lumbar", 50, ""), ("lumbar", None, ""), ("T12 to S1", None, ""), ("T1/T2", None, ""),
        ("T1 to S1", 105, "T2"), ("lumbar", "unknown", ""), ("lumbar", 0, ""),
    ],
)  # fmt: skip
def test_words_go_before_the_echo_time_and_nothing_is_guessed(words, echo_ms, expected):
    assert header_weighting({"SeriesDescription": words, "EchoTime": echo_ms}) == expected


def test_a_sidecar_gives_its_echo_time_in_seconds_and_goes_before_the_name(tmp_path):
    image = tmp_path / "sub-1_T2w.nii.gz"
    assert nifti_weighting(image) == "T2"
    (tmp_path / "sub-1_T2w.json").write_text(json.dumps({"EchoTime": 0.0095}))
    assert nifti_weighting(image) == NOT_T2
    (tmp_path / "sub-1_T2w.json").write_text("[]")
    assert nifti_weighting(image) == "T2"
    assert nifti_weighting(tmp_path / "image.nii") == ""


@pytest.fixture(scope="module")
def rendered():
    return render(make_phantom(PhantomSpec(seed=2)), voxel_mm=2.0)


def test_no_grade_from_a_t1_image(rendered):
    plain, shown = measure(rendered), measure(replace(rendered, weighting="T1"))
    assert all(disc.pfirrmann is not None for disc in plain.discs)
    assert all(disc.pfirrmann is None and disc.signal_ratio is None for disc in shown.discs)
    assert [disc.height_mid_mm for disc in shown.discs] == [disc.height_mid_mm for disc in plain.discs]
    assert sum("weighted T1, not T2" in note for note in shown.notes) == 1
    assert not any("not T2" in note for note in plain.notes)


def test_the_weighting_of_a_dicom_series_reaches_the_study(write_series, tmp_path):
    volume = np.arange(20 * 30 * 5).reshape(20, 30, 5) % 90

    def t1(dataset, index):
        dataset.SeriesDescription = "sag T1"

    assert read_study(write_series(tmp_path / "t1", volume, edit=t1)).weighting == "T1"
    assert read_study(write_series(tmp_path / "none", volume)).weighting == ""


def test_a_rescale_slope_of_zero_is_refused(write_series, tmp_path):
    def flat(dataset, index):
        dataset.RescaleSlope = 0

    volume = np.arange(20 * 30 * 5).reshape(20, 30, 5) % 90
    with pytest.raises(BadInput, match="rescale slope of 0"):
        evaluate.read_study(write_series(tmp_path / "flat", volume, edit=flat))
