"""Sessions on a simulated table, for the tests of delivery and of its faults."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from opentraction.chart import ApprovedPlan, Session
from opentraction.deliver import Fault, SimulatedTable, run


def by_hand() -> ModuleType:
    """The module of plans and plants made by hand, loaded once under a name that tests can import."""
    name = "sessions_by_hand"
    if name not in sys.modules:
        place = Path(__file__).with_name(f"{name}.py")
        spec = importlib.util.spec_from_file_location(name, place)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


by_hand()


class Delivered:
    """A session that was run, with the table it was run on and where its record lies."""

    def __init__(self, session: Session, table: SimulatedTable, record: Path) -> None:
        self.session, self.table, self.record = session, table, record


@pytest.fixture
def deliver(tmp_path: Path) -> Callable[..., Delivered]:
    """Deliver a plan on a simulated table: deliver(approved=..., faults=..., seed=..., **options of run)."""
    hand = by_hand()

    def deliver_once(
        approved: ApprovedPlan | None = None,
        *,
        faults: Sequence[Fault] = (),
        seed: int = 1,
        table: SimulatedTable | None = None,
        **options: Any,
    ) -> Delivered:
        on = table or hand.make_table(faults=faults, seed=seed)
        record = tmp_path / f"session-{len(list(tmp_path.iterdir()))}.jsonl"
        session = run(approved or hand.make_approved(), on, record=record, started_at=hand.NOW, **options)
        return Delivered(session, on, record)

    return deliver_once
