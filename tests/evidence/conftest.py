"""The small courses of the follow tests, as a fixture here too."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest

from opentraction.chart import Course


@pytest.fixture(scope="session")
def make_course() -> Callable[..., Course]:
    place = Path(__file__).resolve().parent.parent / "follow" / "conftest.py"
    spec = importlib.util.spec_from_file_location("small_courses", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.course_of  # type: ignore[no-any-return]
