"""Label conventions: the exact numbers, and detection by evidence."""

import numpy as np
import pytest

from opentraction.chart import BadInput
from opentraction.evaluate import read_study
from opentraction.evaluate.reading.conventions import BY_KEY, OWN_NUMBER, RANK, missing_between, rank_of
from opentraction.evaluate.reading.detection import Structure, detect, structures_of

_SPACING = {"C": 17.0, "T": 25.0, "L": 36.0, "S": 36.0}


def spine(names: list[str], numbers: dict[str, int], *, upside_down: bool = False, stretch: float = 1.0):
    """Structures of the given names, stacked at usual distances, numbered by a table."""
    place, at = {}, 0.0
    for name in [each for each in RANK if each not in ("T13", "L6", "L7")]:
        place[name] = at
        at -= _SPACING[name[0]] * stretch
    for name in names:
        if "-" in name:
            upper, lower = name.split("-")
            place[name] = (place[upper] + place[lower]) / 2
    sign = -1.0 if upside_down else 1.0
    return {numbers[name]: Structure(numbers[name], 9000, (0.0, 0.0, sign * place[name])) for name in names}


def table(key: str) -> dict[str, int]:
    return {name: number for number, name in BY_KEY[key].numbers.items()}


LUMBAR = ["L1", "L2", "L3", "L4", "L5"]
LUMBAR_DISCS = ["L1-L2", "L2-L3", "L3-L4", "L4-L5"]


@pytest.mark.parametrize(
    ("key", "name", "number"),
    [
        ("totalspineseg", "cord", 1), ("totalspineseg", "canal", 2), ("totalspineseg", "C1", 11),
        ("totalspineseg", "C7", 17), ("totalspineseg", "T1", 21), ("totalspineseg", "T12", 32),
        ("totalspineseg", "L1", 41), ("totalspineseg", "L5", 45), ("totalspineseg", "L6", 46),
        ("totalspineseg", "S1", 50), ("totalspineseg", "C2-C3", 63), ("totalspineseg", "C6-C7", 67),
        ("totalspineseg", "C7-T1", 71), ("totalspineseg", "T1-T2", 72), ("totalspineseg", "T11-T12", 82),
        ("totalspineseg", "T12-L1", 91), ("totalspineseg", "L1-L2", 92), ("totalspineseg", "L4-L5", 95),
        ("totalspineseg", "L5-S1", 100),
        ("verse", "C1", 1), ("verse", "C7", 7), ("verse", "T1", 8), ("verse", "T12", 19),
        ("verse", "T13", 28),
        ("verse", "L1", 20), ("verse", "L5", 24), ("verse", "L6", 25), ("verse", "S1", 26),
        ("verse", "T12-L1", 119), ("verse", "L5-S1", 124), ("verse", "C7-T1", 107),
        ("totalsegmentator", "S1", 26), ("totalsegmentator", "L5", 27), ("totalsegmentator", "L1", 31),
        ("totalsegmentator", "T12", 32), ("totalsegmentator", "T1", 43), ("totalsegmentator", "C7", 44),
        ("totalsegmentator", "C1", 50), ("totalsegmentator", "cord", 79),
        ("vertebrae_mr", "L5", 2), ("vertebrae_mr", "L1", 6), ("vertebrae_mr", "C1", 25),
        ("spider", "L5", 1), ("spider", "L1", 5), ("spider", "L5-S1", 201), ("spider", "L4-L5", 202),
        ("bodies_ct", "T12", 12), ("bodies_ct", "L1", 13), ("bodies_ct", "S1", 19),
        ("mrspineseg", "S1", 1), ("mrspineseg", "L5", 2), ("mrspineseg", "T12", 7), ("mrspineseg", "T9", 10),
        ("mrspineseg", "L5-S1", 11), ("mrspineseg", "L1-L2", 15), ("mrspineseg", "T12-L1", 16),
    ],
)  # fmt: skip
def test_published_numbers(key, name, number):
    assert BY_KEY[key].numbers[number] == name


def test_every_readable_name_has_a_number_of_our_own():
    for convention in BY_KEY.values():
        if convention.readable:
            assert set(convention.numbers.values()) <= set(OWN_NUMBER)
    assert len(set(OWN_NUMBER.values())) == len(OWN_NUMBER)


@pytest.mark.parametrize(
    ("key", "names"),
    [
        ("totalspineseg", ["T11", "T12", *LUMBAR, *LUMBAR_DISCS]),
        ("totalspineseg", [*LUMBAR_DISCS, "L5-S1"]),
        ("totalspineseg", LUMBAR),
        ("verse", LUMBAR),
        ("verse", ["T9", "T10", "T11", "T12", *LUMBAR]),
        ("verse", [*LUMBAR, "S1", *LUMBAR_DISCS, "L5-S1"]),
        ("verse", ["L2", "L3", "L4"]),
        ("totalsegmentator", ["T11", "T12", *LUMBAR, "S1"]),
        ("totalsegmentator", LUMBAR),
    ],
)
def test_detected_by_numbers_order_and_distances(key, names):
    naming = detect(spine(names, table(key)), "labels")
    assert naming.convention.key == key
    assert set(naming.names.values()) == set(names)


def test_endplates_of_verse_are_left_out_and_said():
    found = spine(LUMBAR, table("verse"))
    for number in list(found):
        found[200 + number] = Structure(200 + number, 300, found[number].centre_mm)
    naming = detect(found, "labels")
    assert naming.convention.key == "verse"
    assert "220, 221" in naming.notes[0]


@pytest.mark.parametrize(
    ("key", "names", "words"),
    [
        ("spider", [*LUMBAR, *LUMBAR_DISCS, "L5-S1"], "SPIDER"),
        ("mrspineseg", [*LUMBAR, "S1", *LUMBAR_DISCS, "L5-S1"], "MRSpineSeg"),
        ("bodies_ct", ["T8", "T9", "T10", "T11", "T12", *LUMBAR, "S1"], "VertebralBodiesCT"),
        ("vertebrae_mr", ["T11", "T12", *LUMBAR], "vertebrae_mr"),
    ],
)
def test_known_but_unread_conventions_are_named(key, names, words):
    with pytest.raises(BadInput, match=words):
        detect(spine(names, table(key)), "labels")


def test_lower_thoracic_distances_are_no_neck():
    found = spine(["T8", "T9", "T10"], {"T8": 5, "T9": 6, "T10": 7})
    with pytest.raises(BadInput, match="topmost"):
        detect(found, "labels")


def test_reversed_levels_are_refused():
    with pytest.raises(BadInput, match="from foot to head"):
        detect(spine([*LUMBAR, *LUMBAR_DISCS], table("totalspineseg"), upside_down=True), "labels")


def test_ambiguous_numbers_ask_and_the_answer_settles_it():
    """One number alone has no order and no distance: 31 is T11 or L1."""
    found = {31: Structure(31, 9000, (0.0, 0.0, 0.0))}
    with pytest.raises(BadInput, match=r"more than one convention.*Which one wrote it\?"):
        detect(found, "labels")
    assert detect(found, "labels", asked="totalspineseg").names == {31: "T11"}
    assert detect(found, "labels", asked="totalsegmentator").names == {31: "L1"}


def test_named_convention_is_still_checked():
    with pytest.raises(BadInput, match="are not those of VerSe"):
        detect(spine(LUMBAR, table("totalspineseg")), "labels", asked="verse")
    with pytest.raises(BadInput, match="Expected a label convention"):
        detect(spine(LUMBAR, table("verse")), "labels", asked="verze")


def test_names_in_the_file_decide():
    found = spine(["L4", "L5"], {"L4": 1, "L5": 2}) | {3: Structure(3, 9, (0.0, 0.0, 0.0))}
    naming = detect(found, "labels", embedded=((1, "vertebrae_L4"), (2, "vertebrae_L5"), (3, "liver")))
    assert naming.names == {1: "L4", 2: "L5"}
    with pytest.raises(BadInput, match="do not fit the picture"):
        detect(found, "labels", embedded=((1, "vertebrae_L5"), (2, "vertebrae_L4")))


def test_parts_of_vertebrae_are_no_levels(shared_data):
    folder = shared_data / "tptbox_samples"
    with pytest.raises(BadInput, match="parts of vertebrae"):
        read_study(
            folder / "sub-mri_label-6_T2w.nii.gz", labels=folder / "sub-mri_seg-subreg_label-6_msk.nii.gz"
        )


def test_real_totalsegmentator_labels_give_their_lumbar_levels(shared_data):
    folder = shared_data / "totalsegmentator_ct_example"
    study = read_study(folder / "example_ct.nii.gz", labels=folder / "spine_totalseg.nii.gz")
    assert {"L1", "L2", "L3", "L4", "L5", "S1"} <= set(study.names)
    assert any("L1, L2, L3, L4, L5" in note for note in study.notes)


def test_missing_between_knows_what_most_people_lack():
    assert missing_between(["T12", "L1", "L2", "L3", "L4", "L5", "S1"]) == []
    assert missing_between(["L1", "L2", "L4"]) == ["L3"]
    assert missing_between(["L1-L2", "L3-L4"]) == ["L2-L3"]
    assert missing_between(["T11", "L1"]) == ["T12"]


def test_rank_orders_discs_between_their_bodies():
    assert rank_of("L4") < rank_of("L4-L5") < rank_of("L5")
    assert rank_of("canal") is None


def test_structures_are_measured_in_world_millimetres():
    labels = np.zeros((10, 10, 10), np.int16)
    labels[2:4, 3:7, 0:5] = 7
    affine = np.diag([2.0, 1.0, 3.0, 1.0])
    affine[:3, 3] = (10.0, 20.0, 30.0)
    found = structures_of(labels, affine)[7]
    assert found.voxels == 2 * 4 * 5
    assert found.centre_mm == pytest.approx((10 + 2.5 * 2, 20 + 4.5, 30 + 2 * 3))
    assert found.cut
