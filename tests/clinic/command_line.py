"""A command of `opentraction` run in the process of the test, as its entry point runs it."""

import contextlib
import io
import sys
from dataclasses import dataclass
from unittest import mock

import pytest
import yaml

from opentraction.clinic.cli import main


@dataclass(frozen=True)
class Said:
    """Exit code and both streams of one command."""

    code: int
    out: str
    err: str


def say(*words: object) -> Said:
    """Run a command and take down what it said."""
    out, err = io.StringIO(), io.StringIO()
    argv = ["opentraction", *map(str, words)]
    with (
        mock.patch.object(sys, "argv", argv),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        pytest.raises(SystemExit) as ended,
    ):
        main()
    code = ended.value.code
    return Said(0 if code is None else int(code), out.getvalue(), err.getvalue())


def ok(*words: object) -> Said:
    """Run a command that has to succeed."""
    said = say(*words)
    assert said.code == 0, said.err
    return said


ONE_SENTENCE_S_LENGTH = 500
"""The longest names four published sources of a limit."""


def form(**changes):
    """A form with little on it but what has to be there."""
    fields = {
        "examined_at": "2026-05-04T09:00:00+00:00",
        "examined_by": "Dr A",
        "patient": {"patient_id": "p1", "mass_kg": 70, "sex": "male"},
        "pain": {"back_nrs": 5},
    }
    return yaml.safe_dump({**fields, **changes}, sort_keys=False)


def one_sentence(said):
    """Exit code 2, one line on standard error, nothing on standard output."""
    assert said.code == 2, said.err + said.out
    assert said.out == ""
    assert "Traceback" not in said.err
    assert len(said.err.splitlines()) == 1, said.err
    assert said.err.startswith("opentraction: ")
    assert 40 < len(said.err) < ONE_SENTENCE_S_LENGTH, said.err
    assert said.err.rstrip()[-1] in ".?", said.err
