"""The finders read nothing out of bounds, whatever stands at the beginning and the end of the bytes."""

import json
import random
from typing import Any

import pyarrow as pa
import pytest

from quality.signal_group import documents_of
from quality.signals.pii import SIGNALS, PiiSettings
from tests.quality.bounds import with_bounds_checks
from tests.quality.pii.test_find import PIECES
from tests.quality.pii.test_golden import CASES


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


@pytest.mark.slow
def test_nothing_is_read_out_of_bounds(request: pytest.FixtureRequest) -> None:
    assert with_bounds_checks(request, found_in_each) == json.dumps(found_in_each())
