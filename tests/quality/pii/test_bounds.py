"""The finders read nothing out of bounds, whatever stands at the beginning and the end of the bytes."""

import json
import os
import random
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import quality
from quality.signal_group import documents_of
from quality.signals.pii import SIGNALS, PiiSettings
from tests.quality.pii.test_find import PIECES
from tests.quality.pii.test_golden import CASES

CHECKED_RUN = """
import json, sys
import numpy as np
from quality.pii.top_level_domains import is_top_level_domain, top_level_domains
from tests.quality.pii.test_bounds import found_in_each
try:
    is_top_level_domain(np.frombuffer(b"abc", np.uint8), 1, 5, top_level_domains())
except IndexError:
    json.dump(found_in_each(), sys.stdout)
"""


def found_in_each() -> list[list[Any]]:
    """Findings in the golden texts cut at every fifth byte, and in pieces put together; each in an array of its own."""
    draw = random.Random(3)
    texts = ["".join(case["text"]).encode() for case in CASES]
    cut = [text[:end] for text in texts for end in range(len(text) % 5, len(text), 5)]
    cut += [text[start:] for text in texts for start in range(1, len(text), 5)]
    cut += ["".join(draw.choices(PIECES, k=6)).encode() for _ in range(500)]
    return [_found(text) for text in [*texts, *cut, b"", b"\xe2\x80", b"\xc2", b"1\xe2", b"Tel\xff 1-2"]]


def _found(text: bytes) -> list[Any]:
    binary = pa.array([text], pa.binary())
    array = pa.StringArray.from_buffers(1, *binary.buffers()[1:])
    found: list[Any] = SIGNALS.measure(documents_of(array), PiiSettings()).edits.tolist()
    return found


def test_nothing_is_read_out_of_bounds(request: pytest.FixtureRequest) -> None:
    sources = sorted(Path(quality.__path__[0]).rglob("*.py"))
    version = sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:16]
    assert request.config.cache is not None
    cache = request.config.cache.mkdir(f"bounds-checked-kernels-{version}")
    checked = subprocess.run(
        [sys.executable, "-c", CHECKED_RUN],
        env=os.environ | {"NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(cache)},
        cwd=Path(__file__).parents[3],
        capture_output=True,
        check=True,
    )
    assert json.loads(checked.stdout) == json.loads(json.dumps(found_in_each()))
