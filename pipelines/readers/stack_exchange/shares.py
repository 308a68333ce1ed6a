"""A dump in shares: which task keeps a row, so that a question and its answers meet in one of them.

Questions and answers lie far apart in a file, so each task streams all of it and keeps the rows of its share: a row
belongs to the share of its question's id, and what has no id to the share of its place. A share is put on disk in
buckets that fit in memory, again by question.
"""

import re
import struct
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from tempfile import TemporaryFile
from typing import IO, NamedTuple

from pipelines.readers.stack_exchange.rows import RowError, Stretch, attributes_at, parts_of

SHARE_BYTES = 1 << 30  # of the file: what one task makes documents of
BUCKET_BYTES = 32 << 20
MAX_BUCKET_BYTES = 8 * BUCKET_BYTES  # only a file made for it has this many posts of few questions
_ANSWER = b"2"
_MAX_ID_DIGITS = 18
_HEADER = struct.Struct("<QQI")  # question, offset, bytes
_MIXER = 0x9E3779B97F4A7C15  # 2**64 / golden ratio (Knuth, The Art of Computer Programming 3, 6.4)

# The start of a row as dumps write it; others are parsed.
_USUAL = re.compile(rb'<row\s++Id="([0-9]{1,18})"\s++PostTypeId="([0-9]{1,3})"(?:\s++ParentId="([0-9]{1,18})")?+')


class Row(NamedTuple):
    """A row's element, and where it stands."""

    offset: int
    data: bytes


def question_of(element: bytes) -> int | None:
    """The id of the question that a row belongs to: an answer to its parent, everything else to itself.

    None: it is malformed, or has no id.
    """
    usual = _USUAL.match(element)
    if usual is not None and (usual[2] != _ANSWER or usual[3] is not None):
        return int(usual[3] if usual[2] == _ANSWER else usual[1])
    try:
        found = attributes_at(element)
    except RowError:
        return None
    name = "ParentId" if found.get("PostTypeId") == _ANSWER else "Id"
    value = found.get(name, b"")
    return int(value) if value.isdigit() and len(value) <= _MAX_ID_DIGITS else None


def share_of(number: int, shares: int) -> int:
    """The share of `shares` that question (or offset) `number` falls into; neighbours fall apart."""
    return ((number * _MIXER & 0xFFFFFFFFFFFFFFFF) >> 24) % shares


def bucket_count(size_bytes: int) -> int:
    """Into how many buckets a share of `size_bytes` is cut."""
    return max(1, -(-size_bytes // BUCKET_BYTES))


class Buckets:
    """Rows on disk by question; a context manager, whose files are gone at its end."""

    def __init__(self, count: int, max_bytes: int = MAX_BUCKET_BYTES) -> None:
        self._stack = ExitStack()
        opened = (TemporaryFile() for _ in range(count))  # noqa: SIM115  the stack closes them
        self._files: list[IO[bytes]] = [self._stack.enter_context(file) for file in opened]
        self._sizes_bytes = [0] * count
        self._max_bytes = max_bytes

    def __enter__(self) -> "Buckets":
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def add(self, question: int, row: Row) -> bool:
        """Keep `row`; False where its bucket is full."""
        number = (question * _MIXER & 0xFFFFFFFFFFFFFFFF) % (1 << 24) % len(self._files)
        size_bytes = _HEADER.size + len(row.data)
        if self._sizes_bytes[number] + size_bytes > self._max_bytes:
            return False
        self._sizes_bytes[number] += size_bytes
        self._files[number].write(_HEADER.pack(question, row.offset, len(row.data)))
        self._files[number].write(row.data)
        return True

    def threads(self) -> Iterator[list[Row]]:
        """The rows of each question as they stood in the file, bucket by bucket, questions by ascending id."""
        for file in self._files:
            file.seek(0)
            rows: dict[int, list[Row]] = defaultdict(list)
            while header := file.read(_HEADER.size):
                question, offset, size_bytes = _HEADER.unpack(header)
                rows[question].append(Row(offset, file.read(size_bytes)))
            for question in sorted(rows):
                yield rows[question]


def own(found: Iterable[Stretch], share: int, shares: int) -> Iterator[tuple[int | None, Stretch]]:
    """Of all stretches those of one share in their parts, each with its question; None: there is none."""
    for stretch in found:
        question = question_of(stretch.data) if stretch.problem is None else None
        if share_of(stretch.offset if question is None else question, shares) == share:
            for part in parts_of(stretch):
                yield question, part
