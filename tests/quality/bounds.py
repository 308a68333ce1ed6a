"""Kernels compiled with a check of every index, once for all tests that ask for them."""

import os
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

import quality

# Numba says nothing where NUMBA_BOUNDSCHECK came too late, or a kernel compiled without checks was found.
CHECKED_RUN = """
import importlib, json, sys
import numpy as np
from quality.characters import decode
try:
    decode(np.frombuffer(b"abc", np.uint8), 0, 3, np.empty(2, np.uint32))
except IndexError:
    module, name = sys.argv[1:]
    print(json.dumps(getattr(importlib.import_module(module), name)()))
else:
    sys.exit("an index out of bounds was not noticed")
"""


def with_bounds_checks(request: pytest.FixtureRequest, function: Callable[[], Any]) -> str:
    """What a function of a test module returns, as JSON, where an index out of bounds is an IndexError.

    It runs in a process of its own. The cache of compiled kernels is kept for the next run on the same sources.
    """
    sources = sorted(Path(quality.__path__[0]).rglob("*.py"))
    version = sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:16]
    assert request.config.cache is not None
    cache = request.config.cache.mkdir(f"bounds-checked-kernels-{version}")
    run = subprocess.run(
        [sys.executable, "-c", CHECKED_RUN, function.__module__, function.__name__],
        env=os.environ | {"NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(cache)},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout.rstrip("\n")
