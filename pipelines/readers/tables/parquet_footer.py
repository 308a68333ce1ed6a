"""The footer of a Parquet file: row groups with the sizes of their columns, before anything of them is read.

pyarrow tells the same through its metadata objects, but a damaged or encrypted column ends the whole process there: its
binding lets a C++ exception pass (seen with 26.0: "Definition level histogram size mismatch"). So the few fields that
are asked for are read here, in time linear in the footer: those of parquet.thrift
(https://github.com/apache/parquet-format).
"""

import io
from collections.abc import Mapping
from typing import Any, BinaryIO, NamedTuple

from mixer.thrift import CompactReader

MAGIC = b"PAR1"
_BYTE_ARRAY = 6
# PLAIN_DICTIONARY, DELTA_BYTE_ARRAY, RLE_DICTIONARY: a value may be longer than what is stored of it
_EXPANDING_ENCODINGS = frozenset({2, 7, 8})


class Column(NamedTuple):
    """A top-level column of one row group, with all that is inside it."""

    uncompressed_bytes: int
    values: int
    expands: bool


class RowGroup(NamedTuple):
    """What the footer tells of a row group; sizes and counts are at least 0."""

    rows: int
    uncompressed_bytes: int
    columns: Mapping[str, Column]


def row_groups_of(file: BinaryIO) -> list[RowGroup]:
    """The row groups of an open file; ValueError or LookupError where the footer cannot be read."""
    size_bytes = file.seek(0, io.SEEK_END)
    file.seek(max(0, size_bytes - 8))
    tail = file.read(8)
    length = int.from_bytes(tail[:4], "little")
    if tail[4:] != MAGIC or length > size_bytes - 12:
        raise ValueError("no Parquet footer at the end of the file")
    file.seek(size_bytes - 8 - length)
    metadata = CompactReader(file.read(length)).struct()
    return [_row_group(group) for group in _list(metadata.get(4), dict)]


def _row_group(group: dict[int, Any]) -> RowGroup:
    columns: dict[str, Column] = {}
    for chunk in _list(group.get(1), dict):
        told = chunk.get(3)
        path = _list(told.get(3), bytes) if isinstance(told, dict) else []
        if not path:
            continue
        name = path[0].decode("utf-8", "replace")
        before = columns.get(name, Column(0, 0, False))
        expands = told.get(1) == _BYTE_ARRAY and not _EXPANDING_ENCODINGS.isdisjoint(_list(told.get(2), int))
        columns[name] = Column(
            before.uncompressed_bytes + _count(told.get(6)),
            max(before.values, _count(told.get(5))),
            before.expands or expands,
        )
    return RowGroup(_count(group.get(3)), _count(group.get(2)), columns)


def _list(value: Any, kind: type) -> list[Any]:
    return [member for member in value if isinstance(member, kind)] if isinstance(value, list) else []


def _count(value: Any) -> int:
    return max(0, value) if isinstance(value, int) else 0
