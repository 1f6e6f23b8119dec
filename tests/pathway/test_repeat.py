"""The same course walked twice gives the same plan, byte for byte."""

import json

import pytest


@pytest.fixture(scope="module")
def twice(opentraction, tmp_path_factory):
    """One form, one moment, two processes."""
    folder = tmp_path_factory.mktemp("twice")
    scan = folder / "scan"
    made = opentraction.run("phantom", scan, "--seed", 1, "--age", 46, "--protrusion", "L4-L5=6")
    assert made.code == 0, made.err
    form = opentraction.form_of("phantom_p1")
    return [opentraction.walk(scan, form, folder / name, *opentraction.signed) for name in ("one", "two")]


@pytest.mark.full
@pytest.mark.parametrize(
    "name", ["patient", "spine", "findings", "eligibility", "plan", "approved", "outcome", "course"]
)
def test_the_same_course_is_the_same_to_the_byte(twice, name):
    one, two = ((walked.folder / f"{name}.json").read_bytes() for walked in twice)
    assert one == two


@pytest.mark.full
def test_the_session_repeats_too(twice):
    one, two = (walked.course.sessions[0] for walked in twice)
    assert one == two
    first, second = ((walked.folder / "session-01.record").read_bytes() for walked in twice)
    assert first == second


@pytest.mark.full
def test_another_seed_of_the_phantom_gives_another_plan(twice, opentraction, tmp_path):
    """So that two equal plans above are no accident of a plan that looks at nothing."""
    made = opentraction.run("phantom", tmp_path / "scan", "--seed", 5, "--age", 46, "--protrusion", "L4-L5=6")
    assert made.code == 0, made.err
    form = opentraction.form_of("phantom_p1")
    other = opentraction.walk(tmp_path / "scan", form, tmp_path / "case", "--at", opentraction.at)
    mine = json.loads((tmp_path / "case" / "plan.json").read_text())["value"]
    theirs = json.loads((twice[0].folder / "plan.json").read_text())["value"]
    assert other.course.plan is not None
    assert mine["prediction"] != theirs["prediction"]
    assert mine["spine_digest"] != theirs["spine_digest"]
