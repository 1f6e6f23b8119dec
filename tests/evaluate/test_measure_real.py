"""Real scans: measured against their published or noted values, looked at critically, never invented."""

import functools
import json

import pytest

from opentraction.chart import LEVELS, Level, Quality, Spine, VertebraName
from opentraction.evaluate import assume_missing, genant, measure, read_study

HEALTHY = {
    # height [mm] in the middle of the mid-sagittal slice, by a rough script on the same labels (not truth)
    "lumbar_mri_t2_healthy_a": {"L1-L2": 14.4, "L2-L3": 12.2, "L3-L4": 15.0, "L4-L5": 14.9},
    "lumbar_mri_t2_healthy_b": {"L1-L2": 11.5, "L2-L3": 13.3, "L3-L4": 14.2, "L4-L5": 7.7},
}
DISC_CM3 = {
    "L1-L2": (3.72, 3.53),
    "L2-L3": (5.06, 4.77),
    "L3-L4": (5.66, 5.19),
    "L4-L5": (6.10, 5.80),
    "L5-S1": (5.90, 5.67),
}
"""Published volume, and that of the resampled label at hand (4-8 % less: two outer slices are trimmed)."""


@functools.cache
def bodies_and_discs(folder) -> Spine:
    return measure(read_study(folder / "t2w.nii.gz", labels=folder / "derived_bodies_and_discs.nii.gz"))


@pytest.mark.parametrize("case", HEALTHY)
def test_healthy_spines(shared_data, case):
    spine = bodies_and_discs(shared_data / case)
    assert [disc.level for disc in spine.discs] == list(LEVELS[:4])
    assert any("L5-S1 is not on the image or its labels" in note for note in spine.notes)
    assert spine.lordosis_deg is None
    for disc in spine.discs:
        assert disc.height_mid_mm.quality is Quality.DERIVED
        assert disc.height_mid_mm.value == pytest.approx(HEALTHY[case][disc.level.value], abs=2.0)
        assert abs(disc.listhesis.slip_mm.value) < 3.5
        assert disc.protrusion is None
        assert disc.signal_ratio.value > 0.5
    for vertebra in spine.vertebrae:
        assert genant(vertebra, spine.voxel_mm) == 0
        assert 15.0 < vertebra.height_mid_mm.value < 32.0
        assert 24.0 < vertebra.depth_mm.value < 40.0
    whole = assume_missing(spine)
    assert [disc.seen for disc in whole.discs] == [True] * 4 + [False]


def test_narrow_disc_of_healthy_b_is_the_narrowest(shared_data):
    spine = bodies_and_discs(shared_data / "lumbar_mri_t2_healthy_b")
    assert min(spine.discs, key=lambda disc: disc.mean_height_mm.value).level is Level.L4_L5


def test_slipped_case_is_measured_as_slipped(shared_data):
    spine = bodies_and_discs(shared_data / "lumbar_mri_t2_listhesis_s02")
    slip = spine.disc(Level.L5_S1).listhesis
    assert slip.slip_mm.low > 2.0
    assert slip.grade == 1
    for level in LEVELS[:4]:
        assert spine.disc(level).listhesis.grade == 0
    assert 20.0 < spine.lordosis_deg.value < 75.0


def test_fractured_case_shows_its_wedge_and_its_slip(shared_data):
    spine = bodies_and_discs(shared_data / "lumbar_mri_t2_fracture_f02")
    broken = spine.vertebra(VertebraName.L1)
    assert broken.wedge_deg.value < -12.0
    assert genant(broken, spine.voxel_mm) >= 2
    for name in (VertebraName.T11, VertebraName.T12):
        assert genant(spine.vertebra(name), spine.voxel_mm) == 0
    slip = spine.disc(Level.L5_S1).listhesis
    assert slip.slip_mm.low > 4.0
    assert slip.grade >= 1


def test_manual_discs_against_their_published_volumes(shared_data):
    folder = shared_data / "lumbar_mri_t2_discs_a"
    spine = measure(read_study(folder / "t2w.nii.gz", labels=folder / "discs.nii.gz"))
    assert len(spine.discs) == 5
    assert spine.vertebrae == ()
    for disc in spine.discs:
        published, at_hand = DISC_CM3[disc.level.value]
        volume = disc.volume_mm3.value / 1000.0
        print(
            f"{disc.level}: {volume:.2f} cm3, published {published}, "
            f"difference {100 * (volume / published - 1):+.1f} %, {100 * (volume / at_hand - 1):+.1f} % from "
            "the label at hand, whose two outer slices were trimmed when it was resampled to 1 mm"
        )
        assert volume == pytest.approx(at_hand, rel=0.005)
        assert volume == pytest.approx(published, rel=0.09)
        assert disc.volume_mm3.low / 1000.0 < published < disc.volume_mm3.high / 1000.0
        assert disc.mean_height_mm.value * disc.area_mm2.value == pytest.approx(
            disc.volume_mm3.value, rel=0.15
        )
        assert disc.listhesis is None


def test_ct_mask_of_whole_vertebrae_gives_derived_discs_and_a_crushed_l1(shared_data):
    study = read_study(shared_data / "verse004_ct_mask" / "sub-verse004_seg-vert_msk.nii.gz")
    spine = measure(study)
    assert [disc.level for disc in spine.discs] == list(LEVELS[:4])
    for disc in spine.discs:
        assert disc.height_mid_mm.quality is Quality.DERIVED
        assert 3.0 < disc.mean_height_mm.value < 14.0
        assert 26.0 < disc.depth_mm.value < 40.0
        assert disc.signal_ratio is None
    assert spine.vertebra(VertebraName.L5).width_mm.value < 58.0, "without its transverse processes"
    crushed = spine.vertebra(VertebraName.L1)
    assert crushed.height_mid_mm.value < 0.6 * spine.vertebra(VertebraName.L2).height_mid_mm.value
    assert genant(crushed, spine.voxel_mm) == 3
    assert any("arches" in note for note in spine.notes)


def test_coarse_ct_of_whole_vertebrae_is_measured_down_to_the_sacrum(shared_data):
    """3 mm voxels, discs derived; the sacrum has no arch to tell its front by and takes its neighbours'.

    Body heights against the other program's report, which counts whole and half voxels.
    """
    folder = shared_data / "totalsegmentator_ct_example"
    spine = measure(read_study(folder / "example_ct.nii.gz", labels=folder / "spine_totalseg.nii.gz"))
    report = json.loads((folder / "spine_report.json").read_text())["results"]
    assert [disc.level for disc in spine.discs] == list(LEVELS)
    assert 20.0 < spine.lordosis_deg.value < 75.0
    for vertebra in (spine.vertebra(name) for name in VertebraName if name.value in ("L1", "L3", "L5")):
        for mine, theirs in (("mid", "middle"), ("back", "posterior")):
            height = getattr(vertebra, f"height_{mine}_mm").value
            assert height == pytest.approx(report[f"vertebrae_{vertebra.name}_height_{theirs}_mm"], abs=4.5)
        assert genant(vertebra, spine.voxel_mm) is None
        assert vertebra.width_mm.value < 1.45 * vertebra.depth_mm.value, "without its transverse processes"
    for disc in spine.discs:
        assert disc.height_mid_mm.quality is Quality.DERIVED
        assert disc.height_mid_mm.sd > 1.0
        assert abs(disc.listhesis.slip_mm.value) < 3.0
