"""A session in a process of its own, for the tests that kill it or fill its disk.

Arguments: folder with approved.json and plant.json, name of the record, pace, largest file [bytes] or 0.
"""

from __future__ import annotations

import json
import resource
import sys
from datetime import UTC, datetime
from pathlib import Path

from opentraction.chart import ApprovedPlan, PatientPlant
from opentraction.deliver import SimulatedTable, run


def main(folder: Path, record: str, pace: float, largest: int) -> None:
    approved = ApprovedPlan.from_json((folder / "approved.json").read_text(encoding="utf-8"))
    plant = PatientPlant.from_json((folder / "plant.json").read_text(encoding="utf-8"))
    table = SimulatedTable(plant, seed=1, pace=pace or None)
    if largest:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))
    session = run(approved, table, record=folder / record, started_at=datetime(2026, 3, 2, 10, 0, tzinfo=UTC))
    print(
        json.dumps(
            {
                "end": session.end,
                "trips": [trip.interlock for trip in session.trips],
                "note": session.note,
                "true_force_n": table.true_force_n(),
                "driven": table.driven(),
            }
        )
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], float(sys.argv[3]), int(sys.argv[4]))
