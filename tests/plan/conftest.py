"""The analytic model of these tests, importable by its name."""

import importlib.util
import sys
from pathlib import Path

if "analytic_spine" not in sys.modules:
    spec = importlib.util.spec_from_file_location(
        "analytic_spine", Path(__file__).with_name("analytic_spine.py")
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules["analytic_spine"] = module
    spec.loader.exec_module(module)
