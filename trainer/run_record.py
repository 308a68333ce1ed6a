"""`run.json`: what a run was told, what it ran on, and how far it came."""

import json
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mixer import storage

RUN_RECORD_NAME = "run.json"


def write_record(folder: Path, header: dict[str, Any], result: dict[str, Any], *, is_finished: bool) -> None:
    """Replace the file whole, so that a reader never sees half of it; `result` is what is known so far."""
    record = header | {"versions": versions(), "is_finished": is_finished, "result": result}
    storage.write_bytes(str(folder / RUN_RECORD_NAME), json.dumps(record, indent=1).encode())


def versions() -> dict[str, str | None]:
    """Of mixdown and of what decides a run's bits."""
    try:
        mixdown = metadata.version("mixdown")
    except metadata.PackageNotFoundError:
        mixdown = "not installed"
    return {
        "mixdown": mixdown,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "cuda": torch.version.cuda,
        "numpy": np.__version__,
    }
