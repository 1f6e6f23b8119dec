"""What the commands say of a picture that was given by hand, and of lists that disagree."""

from command_line import ok
from courses_by_hand import draft_course, make_eligibility, make_rule

from opentraction import evaluate
from opentraction.chart import RuleState
from opentraction.clinic.commands.screen import print_eligibility


def test_a_picture_of_another_scan_says_that_it_was_given_by_hand(tmp_path):
    own, other, page = tmp_path / "own", tmp_path / "other", tmp_path / "page.html"
    ok("phantom", own, "--seed", 1, "--voxel-mm", 2)
    ok("phantom", other, "--seed", 4, "--age", 60, "--voxel-mm", 2)
    course = draft_course().replace(spine=evaluate.measure(evaluate.read_study(own)))
    (tmp_path / "course.json").write_text(course.to_json())
    marks = []
    for scan in (own, other):
        ok("report", tmp_path / "course.json", "--out", page, "--scan", scan)
        marks.append("GIVEN BY HAND" in page.read_text())
    assert marks == [False, True]


def test_what_lists_disagree_on_is_said_once(capsys):
    rule = make_rule(1, RuleState.MET, conflict="Published lists disagree: stop (A); go on (B).")
    print_eligibility(make_eligibility(contraindications=(rule,)))
    assert capsys.readouterr().out.count("disagree") == 1
