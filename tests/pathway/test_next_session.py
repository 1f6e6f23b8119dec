"""A second run into a folder is the next session of the same patient, and of nobody else."""

import json
import shutil

import pytest
import yaml

from opentraction import evaluate
from opentraction.chart import Course

AT = ("2026-11-20T12:00", "2026-11-20T18:00")

NUMBNESS = """\
adverse_events:
  - {at: 2026-11-20T13:00:00+00:00, what: new numbness of the left foot, severity: severe, after_session: 1}
"""


@pytest.mark.full
def test_a_second_run_into_the_folder_is_the_next_session(root, tmp_path, opentraction, phantom_specs):
    scan, case = tmp_path / "scan", tmp_path / "case"
    phantom = evaluate.make_phantom(phantom_specs["phantom_p1"])
    evaluate.write_nifti(evaluate.render(phantom, voxel_mm=1.5), scan)
    form = root / "tests" / "pathway" / "cases" / "phantom_p1.yaml"
    signed = ("--form", form, "--out", case, "--approve-as", "Dr Test", "--consent-by", "the patient")
    for at in AT:
        done = opentraction.run("course", scan, *signed, "--at", at)
        assert done.code == 0, done.err
    course = Course.from_json((case / "course.json").read_text())
    assert len(course.sessions) == len(course.doses) == 2
    assert course.sessions[0].session_id != course.sessions[1].session_id
    assert course.outcome.sessions_delivered == 2
    assert course.plan.course.steps[0].first == 2
    records = sorted(path.name for path in case.glob("*.record"))
    assert records == ["session-01.record", "session-02.record"]

    answers = tmp_path / "answers.yaml"
    answers.write_text(NUMBNESS)
    done = opentraction.run("course", scan, *signed, "--at", AT[1], "--questionnaires", answers)
    assert done.code == 0, done.err
    stopped = Course.from_json((case / "course.json").read_text())
    assert stopped.sessions == course.sessions
    assert stopped.plan is not None
    assert stopped.approved is None
    assert "advise to stop" in stopped.stopped_because
    assert "new numbness" in stopped.stopped_because

    other = yaml.safe_load(form.read_text())
    other["patient"]["patient_id"] = "somebody-else"
    (tmp_path / "other.yaml").write_text(yaml.safe_dump(json.loads(json.dumps(other, default=str))))
    before = {path.name: path.read_bytes() for path in case.iterdir()}
    refused = opentraction.run(
        "course", scan, "--form", tmp_path / "other.yaml", "--out", case, "--at", AT[1]
    )
    assert refused.code == 3, refused.err
    assert "somebody-else" in refused.err
    assert {path.name: path.read_bytes() for path in case.iterdir()} == before
    shutil.rmtree(case)
