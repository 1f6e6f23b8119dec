"""A return visit from the command line: eight change questions stand in for the whole form."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import yaml
from command_line import form, ok, say
from courses_by_hand import draft_course

from opentraction import screen
from opentraction.chart import Course, Reply, RuleState, Spine, Verdict
from opentraction.screen import answer, gates, with_answers

FIRST = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3)


@pytest.fixture
def case(tmp_path):
    """A case folder whose first visit, three days ago, was suitable: all asked, no to all."""
    base = draft_course()
    said = [answer(gate.gate_id, Reply.NO, by="Dr A", at=FIRST) for gate in gates()]
    findings = with_answers(base.findings.replace(items=(), answers=(), examined_at=FIRST), said)
    eligibility = screen.screen(base.patient, findings, at=FIRST)
    assert eligibility.verdict.permits_plan
    course = base.replace(findings=findings, eligibility=eligibility)
    folder = tmp_path / "case"
    folder.mkdir()
    (folder / "course.json").write_text(course.to_json())
    return folder


def changes(tmp_path, at=None, by="Tess Turn", **said):
    """A file of answers: no to all but those said."""
    at = at or datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)
    replies = {change.change_id: "no" for change in screen.change_questions()} | said
    fields = {"answered_by": by, "at": at.isoformat(), "changes": replies}
    path = tmp_path / "changes.yaml"
    path.write_text(yaml.safe_dump(fields))
    return path


def verdict(case, file, *more):
    said = ok("screen", "--since", case, "--changes", file, "--json", *more)
    return json.loads(said.out)["value"]["verdict"]


def test_three_days_later_the_old_form_alone_no_longer_settles_it(case):
    last = Course.from_json((case / "course.json").read_text())
    now = screen.screen(last.patient, last.findings, at=datetime.now(UTC))
    assert now.verdict is Verdict.NOT_YET_KNOWN


def test_no_change_renews_and_a_change_reopens_or_stops(case, tmp_path):
    assert Verdict(verdict(case, changes(tmp_path))).permits_plan
    assert verdict(case, changes(tmp_path, C05="yes")) == Verdict.NOT_YET_KNOWN
    assert verdict(case, changes(tmp_path, C06="unknown")) == Verdict.NOT_YET_KNOWN
    assert verdict(case, changes(tmp_path, C07=None)) == Verdict.NOT_YET_KNOWN
    assert verdict(case, changes(tmp_path, C01="yes")) == Verdict.EMERGENCY


def test_what_is_printed_says_that_nothing_was_kept(case, tmp_path):
    before = (case / "course.json").read_text()
    said = ok("screen", "--since", case / "course.json", "--changes", changes(tmp_path, C02="yes"))
    assert "Verdict: emergency" in said.out
    assert "Emergency department now" in said.out
    assert "Nothing was written down" in said.out
    assert (case / "course.json").read_text() == before


def test_the_empty_file_holds_every_question_and_once_filled_it_is_read(case, tmp_path):
    template = ok("screen", "--changes-help").out
    for change in screen.change_questions():
        assert f"# {change.ask}\n  {change.change_id}:" in template
    filled = template.replace("answered_by:", "answered_by: Tess Turn")
    now = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
    filled = filled.replace("at:            #", f"at: {now}  #")
    for change in screen.change_questions():
        filled = filled.replace(f"{change.change_id}:\n", f"{change.change_id}: no\n")
    path = tmp_path / "filled.yaml"
    path.write_text(filled)
    assert Verdict(verdict(case, path)).permits_plan
    path.write_text(template)
    assert say("screen", "--since", case, "--changes", path).code == 2


def test_a_weaker_muscle_on_the_new_form_is_an_emergency(case, tmp_path):
    course = Course.from_json((case / "course.json").read_text())
    now = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)
    patient = {"patient_id": course.patient.patient_id, "mass_kg": 70, "birth_date": "1985-05-05"}
    fields = {"patient": patient, "examined_at": now.isoformat()}
    strong, weak = ({"left": {"L5": grade}, "right": {"L5": 5}} for grade in (5, 4))
    path = tmp_path / "form.yaml"
    for before, today, expected in ((strong, strong, False), (strong, weak, True), (weak, weak, False)):
        path.write_text(form(**fields, myotomes=before))
        examined = screen_findings(path, course.spine)
        findings = course.findings.replace(items=examined.items)
        (case / "course.json").write_text(course.replace(findings=findings).to_json())
        path.write_text(form(**fields, myotomes=today))
        got = verdict(case, changes(tmp_path), "--form", path)
        assert (got == Verdict.EMERGENCY) == expected


def screen_findings(path, spine: Spine):
    """What the form and the spine say."""
    from opentraction import evaluate

    return evaluate.examine(spine, evaluate.read_examination(path))


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["--since", "CASE"], 2, "got only one of them"),
        (["--changes", "FILE"], 2, "got only one of them"),
        (["--since", "nowhere", "--changes", "FILE"], 2, "Expected a Course file"),
        (["--since", "CASE", "--changes", "OLD"], 2, "after the last screening"),
        (["--since", "CASE", "--changes", "WRONG"], 2, "Did you mean 'C01'"),
        (["--since", "CASE", "--changes", "MAYBE"], 2, "expected 'yes', 'no' or 'unknown'"),
        (["--since", "CASE", "--changes", "NOBODY"], 2, "answered_by"),
        (["--since", "CASE", "--changes", "FILE", "--form", "OTHER"], 3, "folder of the same patient"),
    ],
)
def test_a_bad_request_is_one_sentence(case, tmp_path, words, code, sentence):
    places = {
        "CASE": lambda: case,
        "FILE": lambda: changes(tmp_path),
        "OLD": lambda: changes(tmp_path, at=FIRST - timedelta(hours=1)),
        "WRONG": lambda: changes(tmp_path, C1="no"),
        "MAYBE": lambda: changes(tmp_path, C01="perhaps"),
        "NOBODY": lambda: changes(tmp_path, by=""),
        "OTHER": lambda: tmp_path / "other.yaml",
    }
    (tmp_path / "other.yaml").write_text(form())
    said = say("screen", *(places.get(word, lambda word=word: word)() for word in words))
    assert said.code == code
    assert sentence in said.err
    assert "Traceback" not in said.err
    assert said.err.count("\n") == 1


def test_course_and_plan_take_the_changes_only_with_an_earlier_visit(tmp_path):
    path = tmp_path / "form.yaml"
    path.write_text(form())
    said = say("plan", "--form", path, "--out", tmp_path / "new", "--changes", changes(tmp_path))
    assert said.code == 2
    assert "earlier visit on record" in said.err
    assert not (tmp_path / "new" / "course.json").exists()


def test_plan_works_the_changes_into_the_record(case, tmp_path):
    course = Course.from_json((case / "course.json").read_text())
    path = tmp_path / "form.yaml"
    path.write_text(form(patient={"patient_id": course.patient.patient_id}, examined_at=FIRST.isoformat()))
    (case / "report.html").write_text("the page of the visit before")
    ok("plan", "--form", path, "--out", case, "--changes", changes(tmp_path, C01="yes"))
    assert "emergency" in (case / "report.html").read_text().lower()
    after = Course.from_json((case / "course.json").read_text())
    assert after.eligibility.verdict is Verdict.EMERGENCY
    assert after.plan is None
    met = {rule.rule_id for rule in after.eligibility.contraindications if rule.state is RuleState.MET}
    assert {"RF01", "RF02", "RF03", "RF04"} <= met
    later = changes(tmp_path, at=datetime.now(UTC))
    assert verdict(case, later) == Verdict.EMERGENCY, "no change since: the emergency on record stands"
