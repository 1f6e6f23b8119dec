"""Anatomy checks: each fault is refused with its reason, each lack is said."""

from dataclasses import replace

import numpy as np
import pytest

from opentraction.chart import BadInput
from opentraction.evaluate import check_anatomy, read_study
from opentraction.evaluate.reading.checks import MAX_SPACING_MM, check_spacing, lumbar_names, whole_vertebrae
from opentraction.evaluate.study import ImagingStudy


@pytest.fixture
def study(make):
    made = make()
    from opentraction.evaluate.reading.conventions import BY_KEY, OWN_NUMBER

    numbers = BY_KEY["totalspineseg"].numbers
    names = {numbers[int(n)]: OWN_NUMBER[numbers[int(n)]] for n in np.unique(made.labels) if n}
    return ImagingStudy(
        study_id="made",
        image=made.image,
        labels=made.labels,
        affine=made.affine,
        names=names,
        laterality_known=True,
    )


def changed(study, edit) -> ImagingStudy:
    labels = study.labels.copy()
    edit(labels, study.names)
    names = {name: number for name, number in study.names.items() if (labels == number).any()}
    return replace(study, labels=labels, names=names)


def test_sound_spine_passes_and_says_little(study):
    notes = check_anatomy(study)
    assert notes == (
        "Levels are named as in the label map; the count from the sacrum was not checked by a person.",
    )


def test_missing_middle_vertebra_is_refused(study):
    def edit(labels, names):
        labels[labels == names["L3"]] = 0

    with pytest.raises(BadInput, match="L3 is missing between"):
        check_anatomy(changed(study, edit))


def test_missing_middle_disc_is_refused(study):
    def edit(labels, names):
        labels[labels == names["L3-L4"]] = 0

    with pytest.raises(BadInput, match="L3-L4 is missing"):
        check_anatomy(changed(study, edit))


def test_swapped_levels_are_refused(study):
    def edit(labels, names):
        upper, lower = labels == names["L2"], labels == names["L3"]
        labels[upper], labels[lower] = names["L3"], names["L2"]

    with pytest.raises(BadInput, match="out of order"):
        check_anatomy(changed(study, edit))


def test_picture_upside_down_is_refused(study):
    flipped = replace(study, labels=np.ascontiguousarray(study.labels[:, :, ::-1]))
    with pytest.raises(BadInput, match="from foot to head"):
        check_anatomy(flipped)


def test_voxels_in_centimetres_are_refused(study):
    affine = study.affine.copy()
    affine[:3] /= 10
    with pytest.raises(BadInput, match="takes up"):
        check_anatomy(replace(study, affine=affine))


def test_disc_beside_the_spine_is_refused(study):
    def edit(labels, names):
        disc = labels == names["L4-L5"]
        labels[disc] = 0
        labels[np.roll(disc, 16, axis=1)] = names["L4-L5"]

    with pytest.raises(BadInput, match="does not lie between L4 and L5"):
        check_anatomy(changed(study, edit))


def test_sixth_lumbar_vertebra_asks_for_the_count(study):
    names = dict(study.names)
    names["L6"] = names.pop("S1")
    with pytest.raises(BadInput, match="Which vertebra stands on the sacrum"):
        check_anatomy(replace(study, names=names))


def test_lacking_sacrum_is_said_not_invented(study):
    def edit(labels, names):
        labels[(labels == names["S1"]) | (labels == names["L5-S1"])] = 0

    said = " ".join(check_anatomy(changed(study, edit)))
    assert "S1 and the L5-S1 disc are not labelled" in said
    assert "count of levels cannot be checked" in said


def test_unknown_side_cut_levels_and_lacking_discs_are_said(study):
    def edit(labels, names):
        for name in names:
            if "-" in name:
                labels[labels == names[name]] = 0

    bare = changed(study, edit)
    index = np.argwhere(bare.labels == bare.names["T12"])
    cropped = replace(bare, labels=bare.labels[:, :, : index[:, 2].max() - 2], laterality_known=False)
    said = " ".join(check_anatomy(cropped))
    assert "No disc is labelled" in said
    assert "Cut by the border of the image: T12" in said
    assert "Left and right are not known" in said


def test_thoracic_map_holds_no_lumbar_level(study):
    def edit(labels, names):
        for name in names:
            if name != "T12":
                labels[labels == names[name]] = 0

    thoracic = changed(study, edit)
    assert lumbar_names(thoracic) == ()
    assert "no lumbar level" in check_anatomy(thoracic)[0]


def test_lumbar_names_run_head_to_foot(study):
    assert lumbar_names(study)[:3] == ("L1", "L1-L2", "L2")
    assert lumbar_names(study)[-1] == "L5-S1"


def test_arches_are_found_by_depth(study):
    assert not whole_vertebrae(study.labels, study.affine, study.names)

    def edit(labels, names):
        for name in ("T12", "L1", "L2", "L3", "L4", "L5"):
            low = np.argwhere(labels == names[name]).min(axis=0)
            labels[low[0] + 6 : low[0] + 9, 0 : low[1], low[2] + 4 : low[2] + 7] = names[name]

    longer = changed(study, edit)
    assert whole_vertebrae(longer.labels, longer.affine, longer.names)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_spacing_bound_is_inclusive_and_names_the_axis(axis):
    size = [1.0, 1.0, 1.0]
    size[axis] = MAX_SPACING_MM[axis]
    check_spacing((size[0], size[1], size[2]), "scan")
    size[axis] += 0.01
    with pytest.raises(BadInput, match=("left to right", "front to back", "head to foot")[axis]):
        check_spacing((size[0], size[1], size[2]), "scan")


def test_image_alone_says_that_nothing_can_be_measured(make, tmp_path):
    made = make()
    study = read_study(made.write(tmp_path / "x_t2w.nii.gz", made.image, dtype=np.float32))
    assert study.labels is None
    assert any("nothing can be measured" in note for note in study.notes)
