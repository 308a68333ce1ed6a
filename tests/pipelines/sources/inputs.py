"""Real inputs, which are no part of this repository: the folder MIXDOWN_DATA has them, where there is one."""

import os
from pathlib import Path

import pytest


def real_data(pattern: str) -> list[Path]:
    """The files in MIXDOWN_DATA that match `pattern`; the test is skipped where there are none."""
    folder = os.environ.get("MIXDOWN_DATA")
    found = sorted(Path(folder).glob(pattern)) if folder else []
    if not found:
        pytest.skip(f"no {pattern} in MIXDOWN_DATA")
    return found
