"""Repeats of a list of documents, found as the stage does, however the documents are spread over parts and batches."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from dedup.repeats.apply import find_repeats
from dedup.repeats.meeting import Plan
from dedup.repeats.occurrences import Cuts, Texts
from dedup.repeats.settings import LineSettings, SubstringSettings
from tests.dedup.repeats.local_frame import LocalFrame

FINISHED_SQL = "cuts binary"
Span = tuple[int, int, int]  # start, end, kind


def as_text(texts: Sequence[bytes]) -> pa.LargeStringArray:
    """Any bytes as a column of text."""
    offsets = np.cumsum([0, *map(len, texts)]).astype(np.int64)
    return pa.LargeStringArray.from_buffers(len(texts), pa.py_buffer(offsets), pa.py_buffer(b"".join(texts)))


def tasks(parts: int) -> list[str]:
    """What the frame that finding starts from says."""
    return [json.dumps({"part": part}) for part in range(parts)]


def found_spans(
    texts: Sequence[bytes],
    lines: LineSettings | None = None,
    substrings: SubstringSettings | None = None,
    parts: Sequence[Sequence[int]] = (),
    batch_documents: int = 2,
    buckets: int = 5,
    partitions: int = 3,
    frame: Any = None,
) -> list[list[Span]]:
    """The cuts of each text, whose order is that of the list; `parts` says which texts lie in which, in rows' order."""
    parts = parts or [range(len(texts))]
    plan = Plan(lines, substrings, buckets, partitions, len(parts))

    def read(part: int) -> Iterator[Texts]:
        numbers = list(parts[part])
        for first in range(0, len(numbers), batch_documents):
            own = numbers[first : first + batch_documents]
            rows = np.arange(first, first + len(own), dtype=np.int64)
            yield Texts(as_text([texts[number] for number in own]), np.array(own, np.int64), (part << 32) + rows)

    def finish(part: int, cuts: Cuts) -> pa.RecordBatch:
        rows = [
            [int(position) >> 32 == part and int(position) & 0xFFFFFFFF, *map(int, rest)]
            for position, *rest in zip(*cuts, strict=True)
        ]
        return pa.RecordBatch.from_pylist([{"cuts": repr((part, rows)).encode()}])

    if frame is None:
        frame = LocalFrame([pa.table({"task": [task]}) for task in tasks(len(parts))])
    spans: list[list[Span]] = [[] for _ in texts]
    rows = find_repeats(frame, plan, read, lambda _: (True, True), finish, FINISHED_SQL).collect()
    for row in rows:
        part, cuts = eval(bytes(row["cuts"]))
        for at, start, end, kind in cuts:
            spans[parts[part][at]].append((start, end, kind))
    return spans


def covered(spans: Sequence[Span], size: int) -> list[bool]:
    """Which bytes of a text of `size` the spans cover."""
    marks = [False] * size
    for start, end, _ in spans:
        marks[start:end] = [True] * (end - start)
    return marks
