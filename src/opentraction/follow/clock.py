"""Times that can be put in order."""

from collections.abc import Iterable
from datetime import datetime

from opentraction.chart import BadInput


def check_one_clock(times: Iterable[datetime]) -> None:
    """Raises BadInput when some times carry a time zone and others do not: they cannot be ordered."""
    given = tuple(times)
    aware = sum(item.tzinfo is not None for item in given)
    if 0 < aware < len(given):
        raise BadInput(
            f"Expected times all with a time zone or all without, got {aware} with and {len(given) - aware} "
            "without. Write them in one way, so that they can be put in order."
        )
