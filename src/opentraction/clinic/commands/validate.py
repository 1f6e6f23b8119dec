"""`opentraction validate`: the model against published measurements."""

from pathlib import Path

from opentraction import mechanics
from opentraction.clinic.console import print_json


def print_validation(*, targets: Path | None, as_json: bool) -> None:
    """Print the table of targets with pass and fail."""
    report = mechanics.validate(targets)
    if as_json:
        print_json(report)
    else:
        print(report.table())
