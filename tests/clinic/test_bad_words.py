"""Bad forms, numbers and words at the command line: one sentence, exit code 2, nothing half-written."""

import pytest
from command_line import form, one_sentence, say

from opentraction import evaluate


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (form(pian={"back_nrs": 5}), "pian"),
        (form(pain={"back_nsr": 5}), "back_nsr"),
        (form(pain={"back_nrs": 1e9}), "back_nrs"),
        (form(patient={"patient_id": "p1", "mass_kg": 1e9, "sex": "male"}), "mass_kg"),
        (form(patient={"patient_id": "p1", "mass_kg": float("nan"), "sex": "male"}), "mass_kg"),
        (form(fingertip_floor_cm=1e9), "fingertip_floor_cm"),
        (form(screening={"XX99": "no"}), "XX99"),
        (form(screening={"G01": "perhaps"}), "perhaps"),
        (form(report=[{"kind": "disc displacement", "level": "C5-C6"}]), "C5-C6"),
        (form(myotomes={"left": {"C6": 4}}), "C6"),
        (form(examined_at="yesterday"), "yesterday"),
        ("just words", "form"),
        ("patient: [", "line"),
        ("", "form"),
    ],
)
def test_a_bad_form_names_the_field(text, words, tmp_path):
    path = tmp_path / "form.yaml"
    path.write_text(text)
    for command in (["screen"], ["plan", "--out", tmp_path / "case"]):
        said = say(*command, "--form", path, "--json")
        one_sentence(said)
        assert words in said.err
    assert sorted(tmp_path.iterdir()) == [path]


def test_a_form_that_is_no_text(tmp_path):
    path = tmp_path / "form.yaml"
    path.write_bytes(bytes(range(256)))
    one_sentence(say("screen", "--form", path))


@pytest.mark.parametrize("force", ["1e9", "-5", "0", "nan", "inf"])
def test_an_impossible_force_is_refused(force, tmp_path):
    path = tmp_path / "form.yaml"
    path.write_text(form())
    said = say("plan", "--form", path, f"--cap-n={force}", "--out", tmp_path / "case", "--json")
    one_sentence(said)
    assert sorted(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("minutes", ["1e9", "-5", "0", "nan"])
def test_an_impossible_length_of_session_is_refused(minutes, tmp_path):
    path = tmp_path / "form.yaml"
    path.write_text(form())
    one_sentence(say("plan", "--form", path, f"--minutes={minutes}", "--out", tmp_path / "case", "--json"))
    assert sorted(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "words",
    [
        ["report", "absent.json"],
        ["deliver", "absent"],
        ["follow", "absent.yaml"],
        ["record", "absent.record"],
        ["plan", "--form", "absent.yaml"],
        ["validate", "--targets", "absent.csv"],
        ["course", "absent"],
        ["evidence", "--figure", "forest.jpg"],
        ["evaluate", "absent.nii.gz", "--picture", "scan.pdf"],
        ["phantom", "out", "--protrusion", "C5-C6=4"],
        ["phantom", "out", "--protrusion", "L4-L5=1e9"],
        ["phantom", "out", "--grade", "L4-L5=nine"],
        ["phantom", "out", "--grade", "L4-L5=9"],
        ["phantom", "out", "--slip", "L4-L5=nan"],
        ["phantom", "out", "--voxel-mm", "0"],
        ["phantom", "out", "--oblique-deg", "90"],
        ["phantom", "out", "--age", "200"],
        ["phantom", "out", "--format", "jpeg"],
    ],
    ids=" ".join,
)
def test_wrong_words_give_one_sentence(words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    one_sentence(say(*words))
    assert not list(tmp_path.iterdir())


def test_a_picture_of_landmarks_is_refused_not_left_out(tmp_path):
    path = tmp_path / "landmarks.yaml"
    path.write_text(evaluate.landmark_template())
    said = say("evaluate", path, "--picture", tmp_path / "scan.png", "--out", tmp_path / "spine.json")
    one_sentence(said)
    assert "--picture" in said.err
    assert sorted(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("words", [["no-such-command"], ["course"], ["evaluate", "--no-such-option"]])
def test_what_the_command_line_does_not_know_gives_exit_code_2_and_points_to_help(
    words, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    said = say(*words)
    assert said.code == 2
    assert "Traceback" not in said.err
    assert "-h" in said.err


@pytest.mark.parametrize("text", ["", "{}", "[1, 2]", "not json", '{"kind": "Course"}', '{"kind": "Plan"}'])
def test_a_damaged_file_of_a_course_is_refused(text, tmp_path):
    (tmp_path / "course.json").write_text(text)
    (tmp_path / "plan.json").write_text(text)
    one_sentence(say("report", tmp_path / "course.json", "--out", tmp_path / "page.html"))
    one_sentence(say("deliver", tmp_path, "--approve-as", "Dr A", "--consent-by", "p"))
    (tmp_path / "session.record").write_text(text + "\n")
    said = say("record", tmp_path / "session.record")
    assert said.code in (0, 2)
    assert "Traceback" not in said.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["course.json", "plan.json", "session.record"]
