"""Measuring the rendering of a phantom returns what it was made from: 50 phantoms at 1 mm voxels.

The first 15 run in the quick tests, all 50 in the full ones.
"""

import math

import pytest

from opentraction.chart import Quality, Spine
from opentraction.evaluate import Phantom, PhantomSpec, make_phantom, measure, render

QUICK = [pytest.param(range(start, start + 5)) for start in (0, 5, 10)]
REST = [pytest.param(range(start, start + 5), marks=pytest.mark.full) for start in range(15, 50, 5)]
HEIGHTS = ("height_front_mm", "height_mid_mm", "height_back_mm", "mean_height_mm", "dabbs_mm")
BODY_HEIGHTS = ("height_front_mm", "height_mid_mm", "height_back_mm")


def errors(phantom: Phantom, spine: Spine) -> dict[str, float]:
    """The worst difference of each kind between a measured spine and the truth."""
    worst: dict[str, float] = {}

    def note(kind: str, error: float) -> None:
        worst[kind] = max(worst.get(kind, 0.0), abs(error))

    for truth in phantom.spine.discs:
        disc = spine.disc(truth.level)
        for name in HEIGHTS:
            note("disc height mm", getattr(disc, name).value - getattr(truth, name).value)
        note("disc wedge deg", disc.wedge_deg.value - truth.wedge_deg.value)
        note("volume %", 100 * (disc.volume_mm3.value / truth.volume_mm3.value - 1))
        note("area %", 100 * (disc.area_mm2.value / truth.area_mm2.value - 1))
        note("depth mm", disc.depth_mm.value - truth.depth_mm.value)
        note("farfan", disc.farfan_index.value - truth.farfan_index.value)
        assert disc.listhesis is not None
        assert truth.listhesis is not None
        note("slip mm", disc.listhesis.slip_mm.value - truth.listhesis.slip_mm.value)
        if disc.protrusion is not None and truth.protrusion is not None:
            note("protrusion mm", disc.protrusion.depth_mm.value - truth.protrusion.depth_mm.value)
        assert disc.height_mid_mm.quality is Quality.MEASURED
    for body in phantom.spine.vertebrae:
        measured = spine.vertebra(body.name)
        assert measured is not None
        if body.height_front_mm is None:
            continue
        for name in BODY_HEIGHTS:
            note("body height mm", getattr(measured, name).value - getattr(body, name).value)
        assert body.wedge_deg is not None
        assert measured.wedge_deg is not None
        note("body wedge deg", measured.wedge_deg.value - body.wedge_deg.value)
    assert spine.lordosis_deg is not None
    assert phantom.spine.lordosis_deg is not None
    note("lordosis deg", spine.lordosis_deg.value - phantom.spine.lordosis_deg.value)
    return worst


@pytest.mark.parametrize("seeds", QUICK + REST, ids=lambda seeds: f"{seeds[0]}-{seeds[-1]}")
def test_measured_rendering_returns_the_truth(seeds):
    """Heights 0.5 mm, angles 1.5 degrees, volume 3 %.

    Labels alone pass 0.5 mm at two of 900 body heights: an endplate that is flat and lies along the grid is
    known from them to half a voxel only. There the grey values decide.
    """
    worst: dict[str, float] = {}
    for seed in seeds:
        phantom = make_phantom(PhantomSpec.random(seed))
        for kind, error in errors(phantom, measure(render(phantom))).items():
            worst[kind] = max(worst.get(kind, 0.0), error)
    print("worst of", list(seeds), {kind: round(error, 3) for kind, error in worst.items()})
    assert worst["disc height mm"] <= 0.5
    assert worst["disc wedge deg"] <= 1.5
    assert worst["body height mm"] <= 0.5
    assert worst["body wedge deg"] <= 1.5
    assert worst["lordosis deg"] <= 1.5
    assert worst["volume %"] <= 3.0
    assert worst["area %"] <= 3.0
    assert worst["slip mm"] <= 1.0
    assert worst["farfan"] <= 0.03
    assert worst.get("protrusion mm", 0.0) <= 1.0


def test_all_ages_grades_and_faults_occur_among_the_50():
    """The 50 are worth the name: both sexes, 20 to 80 years, all grades, slips both ways, each protrusion."""
    specs = [PhantomSpec.random(seed) for seed in range(50)]
    assert {spec.sex.value for spec in specs} == {"female", "male"}
    assert min(spec.age_years for spec in specs) < 25
    assert max(spec.age_years for spec in specs) > 75
    assert {grade for spec in specs for grade in spec.pfirrmann} == {1, 2, 3, 4, 5}
    slips = [slip for spec in specs for slip in spec.slip_mm]
    assert min(slips) < -2
    assert max(slips) > 7
    assert {each.kind.value for spec in specs for each in spec.protrusions} == {
        "bulge",
        "protrusion",
        "extrusion",
    }
    assert any(spec.fractured for spec in specs)
    assert all(math.isfinite(spec.lordosis_deg) for spec in specs)
