"""The demo's builders as modules."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

DEMO = Path(__file__).parents[2] / "recipes" / "demo"


def load_builder(name: str) -> ModuleType:
    """The script `recipes/demo/{name}.py`, imported."""
    spec = importlib.util.spec_from_file_location(f"demo_{name}", DEMO / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
