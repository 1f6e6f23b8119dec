"""The kept picture comes back as it was, belongs to one spine, and a broken one is said to be broken."""

from dataclasses import fields

import numpy as np
import pytest

from opentraction import evaluate
from opentraction.chart import BadInput
from opentraction.clinic.picture_file import PICTURE, keep_picture, kept_picture


@pytest.fixture(scope="module")
def cut():
    study = evaluate.render(evaluate.make_phantom(evaluate.PhantomSpec(seed=3)), voxel_mm=3.0)
    spine = evaluate.measure(study)
    return spine, evaluate.mid_sagittal(study, spine)


def same(one, other):
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other) and one.dtype == other.dtype
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if hasattr(one, "__dataclass_fields__"):
        return type(one) is type(other) and all(
            same(getattr(one, field.name), getattr(other, field.name)) for field in fields(one)
        )
    return one == other and type(one) is type(other)


def test_a_picture_comes_back_as_it_was(cut, tmp_path):
    spine, section = cut
    assert section.image is not None
    assert section.outlines
    assert section.endplates
    keep_picture(section, tmp_path, spine)
    assert same(kept_picture(tmp_path, spine), section)
    assert [path.name for path in tmp_path.iterdir()] == [PICTURE]


def test_a_picture_of_another_spine_is_not_shown(cut, tmp_path):
    spine, section = cut
    keep_picture(section, tmp_path, spine)
    other = spine.replace(study_id="another")
    assert kept_picture(tmp_path, other) is None


def test_a_case_without_a_scan_keeps_no_picture_of_an_earlier_one(cut, tmp_path):
    spine, section = cut
    keep_picture(section, tmp_path, spine)
    keep_picture(None, tmp_path, spine)
    assert kept_picture(tmp_path, spine) is None
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("part", [0.0, 0.3, 0.9])
def test_a_broken_picture_is_said_to_be_broken(cut, tmp_path, part):
    spine, section = cut
    keep_picture(section, tmp_path, spine)
    whole = (tmp_path / PICTURE).read_bytes()
    (tmp_path / PICTURE).write_bytes(whole[: int(part * len(whole))])
    with pytest.raises(BadInput, match=PICTURE):
        kept_picture(tmp_path, spine)
