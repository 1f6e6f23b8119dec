"""A command of `opentraction` run in the process of the test, as its entry point runs it."""

import contextlib
import io
import sys
from dataclasses import dataclass
from unittest import mock

import pytest

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
