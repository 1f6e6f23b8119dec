"""What the border of the image cuts has a wide spread and a lower quality, or is not measured."""

from dataclasses import replace

import numpy as np
import pytest

from opentraction.chart import LEVELS, Level, Quality, VertebraName
from opentraction.evaluate import ImagingStudy, PhantomSpec, make_phantom, measure, render

NUMBERS = (
    "height_front_mm", "height_mid_mm", "height_back_mm", "mean_height_mm", "depth_mm", "width_mm",
    "wedge_deg", "area_mm2", "volume_mm3", "farfan_index", "dabbs_mm",
)  # fmt: skip
BODY_NUMBERS = (
    "depth_mm", "width_mm", "height_front_mm", "height_mid_mm", "height_back_mm", "wedge_deg",
)  # fmt: skip
SIDES = {"left": (0, 0), "right": (0, 1), "back": (1, 0), "front": (1, 1), "foot": (2, 0), "head": (2, 1)}
"""Array axis and end of each border; the first axis runs to the patient's right."""


@pytest.fixture(scope="module")
def phantom():
    return make_phantom(PhantomSpec(seed=4))


@pytest.fixture(scope="module")
def study(phantom):
    return render(phantom, voxel_mm=1.5)


@pytest.fixture(scope="module")
def spine(study):
    return measure(study)


def cropped(study: ImagingStudy, side: str, name: str, share: float) -> ImagingStudy:
    """The study with a share of the extent of one structure cropped away at one border."""
    axis, end = SIDES[side]
    rows = np.flatnonzero(study.mask(name).any(axis=tuple({0, 1, 2} - {axis})))
    count = rows[-1] - rows[0] + 1
    kept, affine = [slice(None)] * 3, study.affine.copy()
    if end:
        kept[axis] = slice(0, round(rows[-1] + 1 - share * count))
    else:
        start = round(rows[0] + share * count)
        kept[axis] = slice(start, None)
        affine[:3, 3] += affine[:3, axis] * start
    box = tuple(kept)
    return replace(study, labels=study.labels[box], image=study.image[box], affine=affine)


@pytest.mark.parametrize(
    ("share", "drawn"),
    [
        (0.2, True),
        *(
            pytest.param(share, drawn, marks=pytest.mark.full)
            for share, drawn in ((0.1, True), (0.4, True), (0.1, False), (0.3, False))
        ),
    ],
)
@pytest.mark.parametrize("side", SIDES)
def test_every_number_stays_within_its_spread(phantom, study, side, share, drawn):
    """At 2 SD, at a crop of the whole column left and right, of L3-L4 in front and of L1-L2 at the head."""
    name = {"foot": "L5-S1", "head": "L1-L2"}.get(side, "L3-L4")
    cut = cropped(study, side, name, share)
    if not drawn:
        cut = replace(cut, derived=frozenset(each for each in cut.names if "-" in each))
    spine = measure(cut)
    for disc in spine.discs:
        truth = phantom.spine.disc(disc.level)
        for number in NUMBERS:
            mine = getattr(disc, number)
            assert abs(mine.value - getattr(truth, number).value) < 2.0 * mine.sd, (disc.level, number)
        if disc.listhesis is not None:
            slip = disc.listhesis.slip_mm
            assert abs(slip.value - truth.listhesis.slip_mm.value) < 2.0 * slip.sd, disc.level
        assert disc.protrusion is None, "the phantom has none"
    for body in (each for each in spine.vertebrae if each.cut_off):
        truth = phantom.spine.vertebra(body.name)
        for number in BODY_NUMBERS:
            mine, theirs = getattr(body, number), getattr(truth, number)
            if mine is not None and theirs is not None:
                assert abs(mine.value - theirs.value) < 2.0 * mine.sd, (body.name, number)
    if spine.lordosis_deg is not None:
        error = spine.lordosis_deg.value - phantom.spine.lordosis_deg.value
        assert abs(error) < 2.0 * spine.lordosis_deg.sd


@pytest.mark.parametrize("side", ["left", "right"])
def test_cut_on_one_side_the_width_is_wide_and_the_heights_stay(study, spine, side):
    disc, whole = (each.disc(Level.L3_L4) for each in (measure(cropped(study, side, "L3-L4", 0.15)), spine))
    for number in ("width_mm", "area_mm2", "volume_mm3"):
        mine = getattr(disc, number)
        assert mine.quality is Quality.DERIVED, number
        assert mine.sd > 0.08 * mine.value, number
        assert mine.high > getattr(whole, number).value > mine.value, number
    assert disc.height_mid_mm.quality is Quality.MEASURED
    assert disc.height_mid_mm.sd < 2.0 * whole.height_mid_mm.sd
    assert disc.listhesis is not None
    assert "the image border cuts this disc" in disc.width_mm.note


def test_cut_in_front_nothing_of_the_disc_keeps_its_spread(study, spine):
    cut = measure(cropped(study, "front", "L3-L4", 0.2))
    disc, whole = cut.disc(Level.L3_L4), spine.disc(Level.L3_L4)
    for number in NUMBERS:
        mine = getattr(disc, number)
        assert mine.quality is Quality.DERIVED, number
        assert mine.sd > 1.4 * getattr(whole, number).sd, number
    assert disc.listhesis.slip_percent.quality is Quality.DERIVED
    assert any(note.startswith("L3-L4 is cut by the image border") for note in cut.notes)
    body = cut.vertebra(VertebraName.L4)
    assert body.cut_off
    assert body.depth_mm.quality is Quality.DERIVED
    assert body.depth_mm.sd > 1.0
    uncut = cut.disc(Level.L1_L2)
    assert uncut.depth_mm.quality is Quality.MEASURED
    assert uncut.depth_mm.sd == pytest.approx(spine.disc(Level.L1_L2).depth_mm.sd)


def test_cut_behind_no_slip_and_no_lordosis_are_made_up(study):
    cut = measure(cropped(study, "back", "L3-L4", 0.1))
    assert all(disc.listhesis is None for disc in cut.discs)
    assert cut.lordosis_deg is None
    assert any("a slip and a protrusion cannot be judged" in note for note in cut.notes)
    assert any("cuts the superior endplate of L1 or S1" in note for note in cut.notes)


@pytest.mark.parametrize(
    ("side", "level", "kept"), [("foot", "L5-S1", LEVELS[:4]), ("head", "L1-L2", LEVELS[1:])]
)
def test_cut_through_an_endplate_a_level_is_not_measured(study, side, level, kept):
    cut = measure(cropped(study, side, level, 0.1))
    assert tuple(disc.level for disc in cut.discs) == kept
    assert sum(note.startswith(f"{level} is not measured: the image border cuts") for note in cut.notes) == 1
    assert cut.lordosis_deg is None


def test_a_sacrum_cut_well_below_its_endplate_takes_nothing_away(study, spine):
    rows = np.flatnonzero(study.mask("S1").any(axis=(0, 1)))
    affine = study.affine.copy()
    affine[:3, 3] += affine[:3, 2] * (rows[0] + 3)
    cut = measure(replace(
        study, labels=study.labels[:, :, rows[0] + 3 :], image=study.image[:, :, rows[0] + 3 :], affine=affine
    ))  # fmt: skip
    assert cut.vertebra(VertebraName.S1).cut_off
    disc, whole = cut.disc(Level.L5_S1), spine.disc(Level.L5_S1)
    assert disc.height_mid_mm.quality is Quality.MEASURED
    assert disc.height_mid_mm.sd == pytest.approx(whole.height_mid_mm.sd, rel=0.01)
    assert cut.lordosis_deg.value == pytest.approx(spine.lordosis_deg.value, abs=0.3)


def test_an_oblique_border_is_seen_too(phantom):
    """Turned by 25 degrees about the head-foot axis, and cropped at the left."""
    turned = render(phantom, voxel_mm=1.5, rotation_deg=25.0, rotation_axis=(0.0, 0.0, 1.0))
    disc = measure(cropped(turned, "left", "L3-L4", 0.2)).disc(Level.L3_L4)
    assert disc.width_mm.quality is Quality.DERIVED
    truth = phantom.spine.disc(Level.L3_L4)
    for number in NUMBERS:
        mine = getattr(disc, number)
        assert abs(mine.value - getattr(truth, number).value) < 2.0 * mine.sd, number
