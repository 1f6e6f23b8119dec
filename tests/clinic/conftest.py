"""Courses made by hand and the command line in this process, importable by the names of their modules."""

import importlib.util
import sys
from pathlib import Path

for name in ("courses_by_hand", "command_line"):
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
