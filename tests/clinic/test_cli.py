"""Every command with and without --json, the exit codes, the help: what a person and a machine rely on."""

import json
import shutil
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from command_line import ok, say

from opentraction.chart import (
    ApprovedPlan,
    Course,
    Dose,
    Effect,
    Eligibility,
    Level,
    Outcome,
    Patient,
    Plan,
    Session,
    SessionEnd,
    Spine,
)
from opentraction.clinic.cli import app
from opentraction.deliver import RecordCheck, RecordedSession, ReplayReport, SettingSheet, list_tables

COMMANDS = [
    "demo", "phantom", "evaluate", "screen", "plan", "deliver", "record", "follow", "evidence", "course",
    "validate", "report",
]  # fmt: skip
HEAVY = ("jax", "numpy", "scipy", "matplotlib", "nibabel", "pydicom", "jinja2")
NEEDS_A_NAME = "Sign with --approve-as NAME"


def form_text(root: Path, **changes: object) -> str:
    """The form of the first phantom, examined two hours ago."""
    fields = yaml.safe_load((root / "tests" / "pathway" / "cases" / "phantom_p1.yaml").read_text())
    now = datetime.now().astimezone().replace(microsecond=0)
    fields["examined_at"] = (now - timedelta(hours=2)).isoformat()
    fields.update(changes)
    return "# INVENTED\n" + yaml.safe_dump(fields, sort_keys=False)


@pytest.fixture(scope="module")
def made(tmp_path_factory, root):
    """A small phantom, measured, and its form; what the commands are given."""
    folder = tmp_path_factory.mktemp("made")
    scan, form = folder / "scan", folder / "form.yaml"
    form.write_text(form_text(root))
    phantom = ok(
        "phantom", scan, "--seed", 1, "--age", 46, "--protrusion", "L4-L5=6", "--voxel-mm", 2, "--json"
    )
    measured = ok(
        "evaluate", scan, "--out", folder / "spine.json", "--picture", folder / "scan.svg", "--json"
    )
    return SimpleNamespace(folder=folder, scan=scan, form=form, phantom=phantom, measured=measured)


@pytest.fixture(scope="module")
def case(made):
    """A course that stops at its draft, then the refusals and the session, in the order of a visit."""
    folder = made.folder / "case"
    draft = ok("course", made.scan, "--form", made.form, "--out", folder, "--json")
    drafted = Course.from_json((folder / "course.json").read_text())
    files = sorted(path.name for path in folder.iterdir())
    unsigned = say("deliver", folder)
    without_consent = say("deliver", folder, "--approve-as", "Dr Test")
    after_refusals = sorted(path.name for path in folder.iterdir())
    drafted_report = (folder / "report.html").read_text()
    signed = ok(
        "deliver", folder, "--approve-as", "Dr Test", "--consent-by", "the patient", "--seed", 3, "--json"
    )
    return SimpleNamespace(
        folder=folder, draft=draft, drafted=drafted, files=files, unsigned=unsigned,
        without_consent=without_consent, after_refusals=after_refusals, signed=signed,
        drafted_report=drafted_report, report=(folder / "report.html").read_text(),
        record=folder / "session-01.record",
    )  # fmt: skip


def test_course_stops_at_a_draft_when_nobody_signs(case):
    assert Course.from_json(case.draft.out) == case.drafted
    assert case.drafted.plan is not None
    assert case.drafted.approved is None
    assert case.drafted.sessions == ()
    assert "no clinician has signed" in case.drafted.stopped_because
    assert {"plan.json", "report.html", "course.json"} <= set(case.files)
    assert not {"approved.json", "session-01.record"} & set(case.files)
    assert not case.drafted.plan.consent.given


def test_a_draft_is_not_delivered(case):
    assert case.unsigned.code == 3
    assert NEEDS_A_NAME in case.unsigned.err
    assert case.unsigned.out == ""
    assert len(case.unsigned.err.splitlines()) == 1


def test_nobody_signs_without_consent(case):
    assert case.without_consent.code == 3
    assert "consent is not recorded" in case.without_consent.err
    assert case.after_refusals == case.files


def test_the_report_tells_of_the_session_and_still_shows_the_scan(case, tmp_path):
    """The picture is kept in the folder: the scan itself is not read again."""
    session, picture = Session.from_json(case.signed.out), "Mid-sagittal picture of the spine"
    assert picture in case.drafted_report
    assert "No session was delivered." in case.drafted_report
    assert picture in case.report
    assert "No session was delivered." not in case.report
    assert f"Record {session.session_id}." in case.report
    ok("report", case.folder / "course.json", "--out", tmp_path / "again.html")
    assert picture in (tmp_path / "again.html").read_text()


def test_a_signed_plan_is_delivered_and_remembered(case):
    session = Session.from_json(case.signed.out)
    assert session.end is SessionEnd.DONE
    assert session.simulated
    assert case.signed.err == ""
    approved = ApprovedPlan.from_json((case.folder / "approved.json").read_text())
    assert approved.approval.by.name == "Dr Test"
    assert approved.plan.consent.by == "the patient"
    course = Course.from_json((case.folder / "course.json").read_text())
    assert course.sessions == (session,)
    dose = Dose.from_json((case.folder / f"dose-{session.session_id}.json").read_text())
    assert course.doses == (dose,)
    assert course.stopped_because == ""
    assert course.outcome.sessions_delivered == 1
    assert course.outcome == Outcome.from_json((case.folder / "outcome.json").read_text())


def test_record_opens_the_session(case):
    parts = json.loads(ok("record", case.record, "--json").out)
    opened = RecordedSession(**parts["record"])
    assert opened.complete
    assert opened.session.session_id == Session.from_json(case.signed.out).session_id
    assert RecordCheck(**parts["check"]).damaged_line is None
    assert ReplayReport(**parts["replay"]).same
    said = ok("record", case.record)
    assert "done" in said.out
    assert "all come out again" in said.out


def test_report_is_written_from_the_stored_course(case, made, tmp_path):
    page = tmp_path / "again.html"
    said = ok("report", case.folder / "course.json", "--out", page, "--scan", made.scan)
    assert str(page) in said.out
    assert "SIMULATED" in page.read_text()
    assert "data:image/png" in page.read_text()
    other = ok("report", case.folder / "course.json", "--out", page, "--json")
    assert json.loads(other.out)["report"] == str(page)


def test_phantom(made, tmp_path):
    spine = Spine.from_json(made.phantom.out)
    assert spine.simulated
    assert spine == Spine.from_json((made.scan / "truth.json").read_text())
    patient = Patient.from_json((made.scan / "patient.json").read_text())
    assert patient.simulated
    said = ok("phantom", tmp_path / "other", "--voxel-mm", 3, "--format", "both")
    assert said.out.startswith("SIMULATED")
    assert list((tmp_path / "other" / "dicom").glob("*.dcm"))
    assert (tmp_path / "other" / "labels.nii.gz").is_file()


def test_evaluate(made, tmp_path):
    spine = Spine.from_json(made.measured.out)
    assert spine == Spine.from_json((made.folder / "spine.json").read_text())
    assert spine.disc(Level.L4_L5).protrusion is not None
    assert (made.folder / "scan.svg").read_text().lstrip().startswith(("<svg", "<?xml"))
    said = ok("evaluate", made.scan, "--picture", tmp_path / "scan.png")
    assert (tmp_path / "scan.png").read_bytes().startswith(b"\x89PNG")
    assert "SIMULATED" in said.out
    for level in Level:
        assert level.value in said.out


def test_screen(made):
    words = ("screen", "--form", made.form, "--spine", made.folder / "spine.json")
    eligibility = Eligibility.from_json(ok(*words, "--json").out)
    assert eligibility.verdict.permits_plan
    assert eligibility.verdict.value in ok(*words).out
    form = yaml.safe_load(ok("screen", "--form-help").out)
    assert {"patient", "pain", "screening", "report"} <= set(form)
    assert "G01" in ok("screen", "--questions").out
    assert "G01" in [
        gate["gate_id"] for gate in json.loads(ok("screen", "--questions", "--json").out)["gates"]
    ]


def test_plan(made, tmp_path):
    words = ("plan", "--form", made.form, "--spine", made.folder / "spine.json", "--cap-n", 120)
    drafted = Plan.from_json(ok(*words, "--out", tmp_path, "--json").out)
    assert drafted == Plan.from_json((tmp_path / "plan.json").read_text())
    assert drafted.profile.peak_force_n <= 120
    assert 120.0 in [limit.force_n for limit in drafted.limits]


@pytest.mark.full
def test_plan_in_words(made, tmp_path):
    said = ok("plan", "--form", made.form, "--spine", made.folder / "spine.json", "--out", tmp_path)
    drafted = Plan.from_json((tmp_path / "plan.json").read_text())
    assert drafted.profile.name in said.out
    assert all(option.name in said.out for option in drafted.alternatives)
    assert str(tmp_path / "plan.json") in said.out


def rating_words(table_id: str) -> list[str]:
    """What a person reads off the plate of a table whose maker does not say it."""
    profile = next(table for table in list_tables() if table.table_id == table_id)
    plate = {"force_max_n": "890", "rate_max_n_per_s": "50", "native_unit": "lb"}
    missing = [f"{name}={value}" for name, value in plate.items() if getattr(profile, name) is None]
    return [word for given in missing for word in ("--rating", given)]


def test_tables_are_listed(case):
    rows = json.loads(ok("deliver", case.folder, "--sheet", "list", "--json").out)
    names = [table.table_id for table in list_tables()]
    assert [row["table_id"] for row in rows] == names
    assert [
        line.split()[0] for line in ok("deliver", case.folder, "--sheet", "list").out.splitlines()
    ] == names


@pytest.mark.parametrize("table_id", [table.table_id for table in list_tables()])
def test_a_setting_sheet_or_a_reason_for_every_table(case, table_id):
    words = ("deliver", case.folder, "--sheet", table_id, *rating_words(table_id))
    offered = next(table for table in list_tables() if table.table_id == table_id).modes
    if case.drafted.plan.profile.family not in offered:
        refused = say(*words)
        assert refused.code == 3
        assert all(family.value in refused.err for family in offered)
        return
    sheet = SettingSheet.from_json(ok(*words, "--json").out)
    assert "Dr Test" in sheet.approved_by
    assert sheet.limit.force_n > 0
    said = ok(*words).out
    assert f"Setting sheet for {table_id}" in said
    assert "Never above" in said


def test_a_typed_return_is_reported_not_measured(case, tmp_path):
    table_id = list_tables()[0].table_id
    folder = tmp_path / "case"
    shutil.copytree(case.folder, folder)
    lasted_s = case.drafted.plan.profile.duration_s
    typed = f"highest_pull: 30\nduration_s: {lasted_s}\nend: done\nby: {{name: Therapist Test}}\n"
    (tmp_path / "typed.yaml").write_text(typed)
    words = (
        "deliver",
        folder,
        "--sheet",
        table_id,
        *rating_words(table_id),
        "--reported",
        tmp_path / "typed.yaml",
    )
    session = Session.from_json(ok(*words, "--json").out)
    assert session.kind == "reported, not measured"
    assert all(sample.measured_n is None for sample in session.samples)
    course = Course.from_json((folder / "course.json").read_text())
    assert course.sessions[-1] == session
    assert course.outcome.sessions_delivered == len(course.sessions) == 2
    assert course.doses[-1].reported_not_measured


QUESTIONNAIRES = """\
questionnaires:
  - {instrument: NRS back pain, at: 2026-05-04T09:00:00+00:00, after_session: 0, recall: now, items: [7]}
  - {instrument: NRS back pain, at: 2026-06-01T09:00:00+00:00, after_session: 6, recall: now, items: [3]}
"""


def test_follow(tmp_path):
    file = tmp_path / "answers.yaml"
    file.write_text(QUESTIONNAIRES)
    outcome = Outcome.from_json(ok("follow", file, "--json").out)
    assert outcome.recorded
    assert [change.change for change in outcome.changes] == [-4.0]
    assert "not an effect" in ok("follow", file).out
    assert yaml.safe_load(ok("follow", "--form-help").out)["questionnaires"]


def test_follow_without_answers_says_that_no_outcome_is_recorded(tmp_path):
    file = tmp_path / "answers.yaml"
    file.write_text("questionnaires: []\n")
    outcome = Outcome.from_json(ok("follow", file, "--json").out)
    assert not outcome.recorded
    assert outcome.scores == ()
    assert "No outcome recorded" in ok("follow", file).out


def test_evidence(tmp_path):
    figure = tmp_path / "forest.svg"
    effects = [Effect(**fields) for fields in json.loads(ok("evidence", "--figure", figure, "--json").out)]
    assert effects
    assert all(effect.low <= effect.estimate <= effect.high for effect in effects)
    assert len(list(tmp_path.glob("forest*.svg"))) == len(effects)
    assert effects[0].name in ok("evidence", "--figure", tmp_path / "forest.png").out
    assert (tmp_path / "forest.png").read_bytes().startswith(b"\x89PNG")


def test_an_emergency_gives_no_plan_and_says_where_to_send(made, root, tmp_path):
    """The screening worked and its answer is 'hospital now': exit code 0, with a report to act on."""
    form = tmp_path / "form.yaml"
    fields = yaml.safe_load(made.form.read_text())
    form.write_text(form_text(root, screening={**fields["screening"], "G01": "yes"}))
    out = tmp_path / "case"
    said = ok(
        "course",
        made.scan,
        "--form",
        form,
        "--out",
        out,
        "--approve-as",
        "Dr Test",
        "--consent-by",
        "the patient",
    )
    course = Course.from_json((out / "course.json").read_text())
    assert course.eligibility.verdict == "emergency"
    assert course.plan is None
    assert course.approved is None
    assert course.sessions == ()
    assert course.eligibility.send_to
    page = (out / "report.html").read_text()
    assert "emergency" in said.out
    assert course.eligibility.send_to.split(".")[0] in page
    assert course.eligibility.send_to.split(".")[0] in said.out
    assert not (out / "plan.json").exists()
    refused = say("deliver", out, "--approve-as", "Dr Test", "--consent-by", "the patient")
    assert refused.code != 0
    assert refused.out == ""
    drafted = say("plan", "--form", form, "--out", tmp_path / "drafted", "--json")
    assert drafted.code == 0
    assert Eligibility.from_json(drafted.out).verdict == "emergency"
    assert not (tmp_path / "drafted" / "plan.json").exists()


def test_every_command_is_in_this_table():
    assert {command.callback.__name__ for command in app.registered_commands} == set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_an_example_of_the_command(command):
    said = ok(command, "--help")
    assert f"Example: opentraction {command}" in " ".join(said.out.split())


def test_help_shows_where_to_start_and_imports_nothing_heavy():
    program = (
        "import sys\nfrom opentraction.clinic.cli import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n"
        "    print('HEAVY', [n for n in sys.argv[2].split(',') if n in sys.modules], end.code)\n"
    )
    # argv[2] would be read as a command, so --help stands first and ends the reading
    done = subprocess.run(
        [sys.executable, "-c", program, "--help", ",".join(HEAVY)],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert "Start with: opentraction demo" in " ".join(done.stdout.split())
    assert "HEAVY [] 0" in done.stdout


@pytest.mark.full
def test_standard_output_of_a_real_process_holds_the_json_and_nothing_else(made, tmp_path):
    program = "from opentraction.clinic.cli import main; main()"
    words = ["course", made.scan, "--form", made.form, "--out", tmp_path / "case", "--json"]
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, words)],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    assert Course.from_json(done.stdout) == Course.from_json((tmp_path / "case" / "course.json").read_text())
    assert done.stderr == ""
