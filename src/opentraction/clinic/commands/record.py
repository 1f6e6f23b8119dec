"""`opentraction record`: open, verify and replay a session record."""

from pathlib import Path

from opentraction import deliver
from opentraction.clinic.console import print_json


def describe(file: Path, *, as_json: bool) -> None:
    """Say where a record ended, whether every byte fits, and whether its decisions come out again."""
    opened = deliver.open_record(file)
    check = deliver.verify_record(file)
    replay = deliver.replay_record(file)
    if as_json:
        print_json(
            {
                "record": opened.model_dump(mode="json"),
                "check": check.model_dump(mode="json"),
                "replay": replay.model_dump(mode="json"),
            }
        )
        return
    print(opened.sentence)
    print(f"  {check.sentence} Head {check.head[:16]}.")
    again = "all come out again" if replay.same else replay.first_difference
    print(f"  {replay.decisions} decisions decided anew: {again}.")
    if opened.session is not None:
        for trip in opened.session.trips:
            print(f"  trip at {trip.time_s:.1f} s: {trip.interlock}. {trip.sentence}")
