"""Landmarks: exact values of a drawn spine, any picture scale and side, what is derived and what assumed."""

import json
import math

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from opentraction.chart import BadInput, Level, Quality, SpineSource, VertebraName
from opentraction.evaluate import landmark_help, landmark_template, read_landmarks, spine_of_landmarks
from opentraction.evaluate.examining.landmarks import Landmarks, parse_landmarks

DEPTH = 34.0
FRONT, BACK = 12.0, 8.0
BODY = 27.0


def drawn(slip: float = 0.0, wedge_height: tuple[float, float] = (FRONT, BACK)) -> dict:
    """Bodies L3 to S1 as rectangles, discs as wedges; (across to the back, down) in mm, front on the left.

    Each body is stacked on the one above with the disc's front and back heights measured across the bisector.
    """
    front, back = wedge_height
    half = math.asin((front - back) / 2 / DEPTH)
    middle = (front + back) / 2
    place, tilt = np.array([100.0, 60.0]), 0.0
    bodies = {}
    for index, name in enumerate(("L3", "L4", "L5", "S1")):
        ahead = np.array(
            [-math.cos(tilt), math.sin(tilt)]
        )  # along the endplate to the front (left, then down)
        down = np.array([math.sin(tilt), math.cos(tilt)])
        shift = slip * (1 if index == 3 else 0)
        top = place - shift * ahead
        corners = {"upper_front": top + DEPTH / 2 * ahead, "upper_back": top - DEPTH / 2 * ahead}
        bottom = top + BODY * down
        if name != "S1":
            corners["lower_front"] = bottom + DEPTH / 2 * ahead
            corners["lower_back"] = bottom - DEPTH / 2 * ahead
        bodies[name] = {key: [float(v) for v in point] for key, point in corners.items()}
        turned = tilt + half
        place = bottom + middle * np.array([math.sin(turned), math.cos(turned)])
        tilt += 2 * half
    return {"unit": "mm", "front": "left", "bodies": bodies}


def spine_of(fields: dict):
    return spine_of_landmarks(parse_landmarks(yaml.safe_dump(fields)))


def test_drawn_spine_is_measured_exactly():
    spine = spine_of(drawn())
    half = math.asin((FRONT - BACK) / 2 / DEPTH)
    for level in (Level.L3_L4, Level.L4_L5, Level.L5_S1):
        disc = spine.disc(level)
        assert disc.wedge_deg.value == pytest.approx(math.degrees(2 * half), abs=1e-6)
        assert disc.height_mid_mm.value == pytest.approx((FRONT + BACK) / 2, abs=1e-6)
        slope = 0.8 * (FRONT - BACK) / 2 / math.cos(half)
        assert disc.height_front_mm.value == pytest.approx(10 + slope, rel=2e-3)
        assert disc.height_back_mm.value == pytest.approx(10 - slope, rel=2e-3)
        assert disc.depth_mm.value == pytest.approx(DEPTH * math.cos(half), rel=1e-6)
        assert abs(disc.listhesis.slip_mm.value) < 1.0
        assert disc.farfan_index.value == pytest.approx(20 / disc.depth_mm.value, rel=1e-6)
    body = spine.vertebra(VertebraName.L4)
    assert body.height_front_mm.value == pytest.approx(BODY)
    assert body.wedge_deg.value == pytest.approx(0, abs=1e-6)
    assert spine.vertebra(VertebraName.S1).height_front_mm is None


def test_slip_of_the_upper_body_forward_is_positive():
    flat = (10.0, 10.0)
    still, slipped = spine_of(drawn(0.0, flat)), spine_of(drawn(5.0, flat))
    disc = slipped.disc(Level.L5_S1)
    assert still.disc(Level.L5_S1).listhesis.slip_mm.value == pytest.approx(0, abs=1e-6)
    assert disc.listhesis.slip_mm.value == pytest.approx(5.0, abs=1e-6)
    assert disc.listhesis.slip_percent.value == pytest.approx(500 / DEPTH, abs=1e-6)
    assert disc.listhesis.grade == 1


@settings(max_examples=30, deadline=None)
@given(scale=st.floats(0.2, 2.0), mirrored=st.booleans(), angle=st.floats(-30, 30), dx=st.floats(-50, 50))
def test_scale_side_turn_and_place_of_the_picture_do_not_matter(scale, mirrored, angle, dx):
    fields, straight = drawn(3.0), spine_of(drawn(3.0))
    c, s = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    for corners in fields["bodies"].values():
        for key, (x, y) in corners.items():
            turned = (c * x - s * y + dx, s * x + c * y)
            corners[key] = [(-1 if mirrored else 1) * turned[0] / scale, turned[1] / scale]
    fields |= {"unit": "pixel", "mm_per_pixel": scale, "front": "right" if mirrored else "left"}
    spine = spine_of(fields)
    for first, second in zip(straight.discs, spine.discs, strict=True):
        for name in ("height_front_mm", "height_back_mm", "depth_mm", "wedge_deg", "volume_mm3"):
            assert getattr(second, name).value == pytest.approx(
                getattr(first, name).value, rel=1e-6, abs=1e-6
            )
        assert second.listhesis.slip_mm.value == pytest.approx(first.listhesis.slip_mm.value, abs=1e-6)


def test_quality_says_what_the_picture_shows():
    spine = spine_of(drawn())
    assert spine.source is SpineSource.LANDMARKS
    assert not spine.laterality_known
    assert spine.lordosis_deg is None
    assert spine.targetable == (Level.L3_L4, Level.L4_L5, Level.L5_S1)
    for disc in spine.discs:
        assert disc.height_mid_mm.quality is Quality.DERIVED
        assert disc.wedge_deg.quality is Quality.DERIVED
        for measure in (disc.width_mm, disc.area_mm2, disc.volume_mm3):
            assert measure.quality is Quality.ASSUMED
            assert measure.sd > 0.09 * measure.value
        assert 1.1 < disc.width_mm.value / disc.depth_mm.value < 1.7
    said = " ".join(spine.notes)
    assert "14 landmarks" in said
    assert "L1-L2, L2-L3" in said


def test_stated_spreads_are_those_of_clicking_again():
    """Each point moved 400 times by 1 mm / sqrt(2), so that a height between two spreads by 1 mm."""
    draw, fields = np.random.default_rng(1), drawn(3.0)
    found: dict[str, list[float]] = {}
    for _ in range(400):
        moved = {
            name: {
                key: [float(v) for v in np.array(point) + draw.normal(0, 2**-0.5, 2)]
                for key, point in corners.items()
            }
            for name, corners in fields["bodies"].items()
        }
        spine = spine_of_landmarks(Landmarks(**{**fields, "bodies": moved}))
        disc, body = spine.disc(Level.L4_L5), spine.vertebra(VertebraName.L4)
        for name, value in (
            ("front", disc.height_front_mm), ("back", disc.height_back_mm), ("wedge", disc.wedge_deg),
            ("slip", disc.listhesis.slip_mm), ("farfan", disc.farfan_index), ("body", body.wedge_deg),
        ):  # fmt: skip
            found.setdefault(name, []).append(value.value)
            found.setdefault(f"{name} stated", []).append(value.sd)
    for name in ("front", "back", "wedge", "slip", "farfan", "body"):
        assert np.mean(found[f"{name} stated"]) == pytest.approx(np.std(found[name]), rel=0.16), name


def test_outline_holds_its_area_and_volume():
    disc = spine_of(drawn()).disc(Level.L4_L5)
    points = np.array(disc.outline_mm)
    nxt = np.roll(points, -1, axis=0)
    area = 0.5 * float(np.sum(points[:, 0] * nxt[:, 1] - points[:, 1] * nxt[:, 0]))
    assert area == pytest.approx(disc.area_mm2.value)
    assert np.ptp(points[:, 0]) == pytest.approx(disc.depth_mm.value)
    assert np.ptp(points[:, 1]) == pytest.approx(disc.width_mm.value)
    assert disc.volume_mm3.value == pytest.approx(area * disc.mean_height_mm.value)


def test_rearmost_point_gives_the_protrusion():
    fields = drawn()
    bodies = fields["bodies"]
    top, bottom = np.array(bodies["L4"]["lower_back"]), np.array(bodies["L5"]["upper_back"])
    line = (bottom - top) / np.linalg.norm(bottom - top)
    behind = np.array([line[1], -line[0]])
    behind *= np.sign(behind[0])
    fields["discs"] = {
        "L4-L5": {"rearmost": [float(v) for v in (top + bottom) / 2 + 6.0 * behind], "kind": "extrusion"}
    }
    protrusion = spine_of(fields).disc(Level.L4_L5).protrusion
    assert protrusion.depth_mm.value == pytest.approx(6.0)
    assert protrusion.kind == "extrusion"


def test_all_of_the_lumbar_spine_gives_the_lordosis():
    fields = yaml.safe_load(landmark_template())
    spine = spine_of(fields)
    assert spine.lordosis_deg is None
    flat = drawn(0.0, (10.0, 10.0))["bodies"]
    step = np.array(flat["L4"]["upper_front"]) - np.array(flat["L3"]["upper_front"])
    for name, count in (("L2", 1), ("L1", 2)):
        flat[name] = {
            key: [float(v) for v in np.array(point) - count * step] for key, point in flat["L3"].items()
        }
    whole = spine_of({"unit": "mm", "bodies": flat})
    assert whole.lordosis_deg.value == pytest.approx(0, abs=1e-6)
    assert len(whole.discs) == 5


def test_example_reads_from_yaml_and_json_alike(tmp_path):
    (tmp_path / "a.yaml").write_text(landmark_template())
    (tmp_path / "a.json").write_text(json.dumps(yaml.safe_load(landmark_template())))
    first, second = read_landmarks(tmp_path / "a.yaml"), read_landmarks(tmp_path / "a.json")
    assert first == second
    assert first.disc(Level.L4_L5).protrusion.depth_mm.value == pytest.approx(4.5, abs=0.3)


def test_help_describes_every_field():
    text = landmark_help()
    for word in ("mm_per_pixel", "front", "posture", "bodies", "discs", "upper_front", "lower_back"):
        assert word in text
    assert not any(line.startswith("#") for line in text.splitlines())


def _broken(edit) -> str:
    fields = yaml.safe_load(landmark_template())
    edit(fields)
    return yaml.safe_dump(fields)


def _swap(fields):
    fields["bodies"]["L3"], fields["bodies"]["L4"] = fields["bodies"]["L4"], fields["bodies"]["L3"]


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda f: f["bodies"].pop("L4"), "between L3 and L5 is missing"),
        (lambda f: f.update(front="right"), "Is the patient's front on the left"),
        (lambda f: f.update(mm_per_pixel=5.0), "mm deep"),
        (lambda f: f.update(mm_per_pixel=-0.5), "greater than 0"),
        (lambda f: f.pop("mm_per_pixel"), "need mm_per_pixel"),
        (lambda f: f["bodies"]["L4"].pop("lower_back"), "needs its two lower corners"),
        (lambda f: [f["bodies"].pop(name) for name in ("L3", "L4")], "at least 10 points"),
        (lambda f: f["bodies"]["L4"].update(uper_front=[1, 2]), "Did you mean 'upper_front'"),
        (lambda f: f["bodies"].update(C5=f["bodies"]["L3"]), "C5"),
        (lambda f: f["bodies"]["S1"].update(upper_front=[199, 499], upper_back=[256, 458]), "mm high"),
        (_swap, "lies above"),
        (lambda f: f["bodies"]["L4"].update(lower_back=[158, 290]), "L4 is 0 mm deep"),
        (lambda f: f["bodies"]["L5"].update(upper_back=[231, 275]), "L4 and L5 would overlap at the back"),
    ],
)
def test_wrong_landmarks_are_refused_in_one_sentence(edit, words, tmp_path):
    path = tmp_path / "points.yaml"
    path.write_text(_broken(edit))
    with pytest.raises(BadInput, match=words) as caught:
        read_landmarks(path)
    assert "\n" not in str(caught.value)
