"""The fault suite delivers the same hand-made plans as the tests of delivery."""

from __future__ import annotations

import importlib.util
from pathlib import Path

_spec = importlib.util.spec_from_file_location(
    "delivery_conftest", Path(__file__).parents[1] / "deliver" / "conftest.py"
)
assert _spec is not None
assert _spec.loader is not None
_delivery = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_delivery)

deliver = _delivery.deliver
