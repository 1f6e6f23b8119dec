"""`measure` and `assume_missing` on whole phantoms: spreads that cover, missing levels, refusals."""

from dataclasses import replace

import numpy as np
import pytest

from opentraction.chart import (
    BadInput,
    Level,
    ProtrusionKind,
    Quality,
    Side,
    Spine,
    VertebraName,
)
from opentraction.evaluate import (
    ImagingStudy,
    PhantomProtrusion,
    PhantomSpec,
    assume_missing,
    make_phantom,
    measure,
    render,
)

NUMBERS = (
    "height_front_mm", "height_mid_mm", "height_back_mm", "mean_height_mm", "depth_mm", "width_mm",
    "wedge_deg", "area_mm2", "volume_mm3",
)  # fmt: skip


@pytest.fixture(scope="module")
def phantom():
    return make_phantom(PhantomSpec(
        seed=4, pfirrmann=(1, 2, 3, 4, 5), slip_mm=(0, 0, 0, 6.0, 0),
        protrusions=(PhantomProtrusion(level=Level.L5_S1, depth_mm=6.0, side=Side.LEFT),),
    ))  # fmt: skip


@pytest.fixture(scope="module")
def study(phantom):
    return render(phantom)


@pytest.fixture(scope="module")
def spine(study):
    return measure(study)


def without(study: ImagingStudy, *names: str, **changes) -> ImagingStudy:
    """The study with some labels wiped."""
    assert study.labels is not None
    labels = study.labels.copy()
    for name in names:
        labels[labels == study.names[name]] = 0
    kept = {name: number for name, number in study.names.items() if name not in names}
    return replace(study, labels=labels, names=kept, **changes)


def z_scores(truth: Spine, measured: Spine) -> list[float]:
    """(measured - truth) / stated spread of all numbers of all discs."""
    return [
        (getattr(measured.disc(disc.level), name).value - getattr(disc, name).value)
        / getattr(measured.disc(disc.level), name).sd
        for disc in truth.discs
        for name in NUMBERS
    ]


@pytest.mark.parametrize(
    "view",
    [
        {"shift": (0.5, 0.0, 0.5)},
        {"rotation_deg": 10.0, "rotation_axis": (1.0, 0.0, 0.0)},
        {"rotation_deg": 20.0, "rotation_axis": (0.0, 0.0, 1.0)},
        {"rotation_deg": 30.0, "rotation_axis": (0.3, 0.5, 0.8)},
        {"voxel_mm": (4.0, 0.8, 0.8), "rotation_deg": 8.0},
    ],
    ids=["shift", "10deg", "20deg", "30deg", "4mm slices"],
)
def test_the_spread_covers_shifts_turns_and_thick_slices(phantom, view):
    """Oblique acquisitions to 30 degrees measure the same within the stated spread."""
    scores = np.abs(z_scores(phantom.spine, measure(render(phantom, **view))))
    assert np.mean(scores < 1.645) >= 0.9
    assert scores.max() < 4.0


def test_coarse_slices_widen_the_spread(phantom, spine):
    coarse = measure(render(phantom, voxel_mm=(10.0, 1.0, 1.0)))
    for level in (Level.L2_L3, Level.L4_L5):
        assert coarse.disc(level).width_mm.sd > 4 * spine.disc(level).width_mm.sd
        truth = phantom.spine.disc(level)
        for name in NUMBERS:
            measured = getattr(coarse.disc(level), name)
            assert abs(measured.value - getattr(truth, name).value) < 4 * measured.sd, name


def test_slip_grade_protrusion_and_degeneration_are_found(phantom, spine):
    slipped = spine.disc(Level.L4_L5).listhesis
    assert slipped is not None
    assert slipped.grade == 1
    assert slipped.slip_mm.value == pytest.approx(
        phantom.spine.disc(Level.L4_L5).listhesis.slip_mm.value, abs=0.8
    )
    assert spine.disc(Level.L2_L3).listhesis.grade == 0
    found = spine.disc(Level.L5_S1).protrusion
    assert found is not None
    assert found.kind is ProtrusionKind.PROTRUSION
    assert found.side is Side.LEFT
    assert found.depth_mm.value == pytest.approx(6.0, abs=1.0)
    assert all(spine.disc(level).protrusion is None for level in (Level.L1_L2, Level.L2_L3, Level.L3_L4))
    grades = [disc.pfirrmann.value for disc in spine.discs]
    assert grades == pytest.approx([1, 2, 3, 4, 5], abs=0.6)
    assert all("no reading" in disc.pfirrmann.note for disc in spine.discs)


@pytest.mark.parametrize(
    ("kind", "side"),
    [
        (ProtrusionKind.BULGE, Side.CENTRE),
        (ProtrusionKind.EXTRUSION, Side.RIGHT),
        (ProtrusionKind.PROTRUSION, Side.CENTRE),
    ],
)
def test_kinds_of_displacement_are_told_apart(kind, side):
    asked = PhantomProtrusion(level=Level.L4_L5, kind=kind, depth_mm=4.0, side=side)
    found = (
        measure(render(make_phantom(PhantomSpec(seed=9, protrusions=(asked,))))).disc(Level.L4_L5).protrusion
    )
    assert found is not None
    assert (found.kind, found.side) == (kind, side)


def test_discs_derived_from_bodies_when_none_is_drawn(phantom, study):
    """Without disc labels the gap is measured, marked derived, and shows no protrusion."""
    gaps = measure(without(study, *[name for name in study.names if "-" in name]))
    for disc in gaps.discs:
        truth = phantom.spine.disc(disc.level)
        assert disc.height_mid_mm.quality is Quality.DERIVED
        assert disc.height_mid_mm.sd > 0.5
        assert disc.height_mid_mm.value == pytest.approx(truth.height_mid_mm.value, abs=0.5)
        assert disc.volume_mm3.value == pytest.approx(truth.volume_mm3.value, rel=0.08)
        assert disc.protrusion is None
    assert any("derived from the bodies" in note for note in gaps.notes)


def test_discs_alone_are_measured_without_listhesis(phantom, study):
    bones = [name for name in study.names if "-" not in name]
    alone = measure(without(study, *bones))
    assert len(alone.discs) == 5
    assert alone.vertebrae == ()
    assert alone.lordosis_deg is None
    for disc in alone.discs:
        assert disc.listhesis is None
        truth = phantom.spine.disc(disc.level)
        assert disc.height_mid_mm.value == pytest.approx(truth.height_mid_mm.value, abs=0.6)
        assert disc.volume_mm3.value == pytest.approx(truth.volume_mm3.value, rel=0.03)
    assert any("image's own axes" in note for note in alone.notes)


def test_a_level_off_the_image_is_said_and_not_invented(study, phantom):
    cut = measure(without(study, "S1", "L5-S1"))
    assert [disc.level for disc in cut.discs] == list(Level)[:4]
    assert cut.lordosis_deg is None
    assert any(note.startswith("L5-S1 is not on the image or its labels") for note in cut.notes)
    assert all(disc.seen for disc in cut.discs)
    whole = assume_missing(cut, phantom.patient)
    last = whole.disc(Level.L5_S1)
    assert not last.seen
    assert last.height_mid_mm.quality is Quality.ASSUMED
    assert Level.L5_S1 not in whole.targetable
    assert whole.vertebra(VertebraName.S1) is not None
    assert whole.lordosis_deg is None
    assert any("never a target" in note for note in whole.notes)
    truth = np.array(phantom.spine.disc(Level.L5_S1).frame.origin_mm)
    assert np.linalg.norm(np.array(last.frame.origin_mm) - truth) < 15.0
    assert last.frame.origin_mm[2] < whole.disc(Level.L4_L5).frame.origin_mm[2] - 20.0


def test_assumed_levels_above_and_below_make_a_whole_chain(study, phantom):
    names = [name for name in study.names if name not in {"L3", "L4", "L3-L4", "canal", "cord"}]
    whole = assume_missing(measure(without(study, *names)))
    assert [disc.level for disc in whole.discs] == list(Level)
    assert [disc.seen for disc in whole.discs] == [False, False, True, False, False]
    heights = [disc.frame.origin_mm[2] for disc in whole.discs]
    assert heights == sorted(heights, reverse=True)
    for disc in whole.discs:
        truth = np.array(phantom.spine.disc(disc.level).frame.origin_mm)
        assert np.linalg.norm(np.array(disc.frame.origin_mm) - truth) < 25.0
    assert {vertebra.name.value for vertebra in whole.vertebrae} == {"L1", "L2", "L3", "L4", "L5", "S1"}


def test_assume_missing_changes_nothing_on_a_whole_spine(spine, phantom):
    assert assume_missing(spine, phantom.patient) == spine


def test_body_at_the_image_border_is_marked_and_its_heights_left_out(study):
    middle = int(np.argwhere(study.mask("T12"))[:, 2].mean())
    cropped = replace(study, labels=study.labels[:, :, :middle], image=study.image[:, :, :middle])
    spine = measure(cropped)
    body = spine.vertebra(VertebraName.T12)
    assert body is None or (body.cut_off and body.height_front_mm is None)
    assert any("T12" in note for note in spine.notes)
    assert not spine.vertebra(VertebraName.L2).cut_off


def test_simulated_is_carried_and_real_labels_have_a_wider_spread(study, spine):
    assert spine.simulated
    real = measure(replace(study, simulated=False))
    assert not real.simulated
    assert real.disc(Level.L3_L4).height_mid_mm.sd > spine.disc(Level.L3_L4).height_mid_mm.sd


def test_stray_voxels_holes_and_a_broken_image_change_little(study, spine):
    labels = study.labels.copy()
    labels[np.random.default_rng(0).random(labels.shape) < 0.01] = 0
    labels[:3, :3, :3] = study.names["L4"]
    broken = measure(replace(study, labels=labels, image=np.full_like(study.image, np.nan)))
    for disc in broken.discs:
        clean = spine.disc(disc.level)
        assert disc.height_mid_mm.value == pytest.approx(clean.height_mid_mm.value, abs=0.25)
        assert disc.signal_ratio is None
    assert not broken.vertebra(VertebraName.L4).cut_off


def test_a_wrong_voxel_size_is_noted(study):
    affine = study.affine.copy()
    affine[:3, 0] *= 4.0
    notes = measure(replace(study, affine=affine)).notes
    assert any("implausible width" in note for note in notes)


def test_refusals_are_one_sentence_each(study):
    with pytest.raises(BadInput, match="Expected a study with a label map"):
        measure(replace(study, labels=None))
    with pytest.raises(BadInput, match="no lumbar level"):
        measure(replace(study, labels=np.zeros_like(study.labels)))
    with pytest.raises(BadInput, match="L3-L4"):
        measure(without(study, "L3-L4", "L3", "L4"))


def test_a_stored_spine_comes_back_the_same(spine):
    assert Spine.from_json(spine.to_json()) == spine
